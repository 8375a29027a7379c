import Foundation

/// Processor time of processes, user and system together.
enum ProcessorTime {
  /// Of this process and all its threads, by `getrusage`.
  static var ofThisProcess: Duration {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    return duration(usage.ru_utime) + duration(usage.ru_stime)
  }

  /// Of a PostgreSQL server with its children, those that have ended included.
  ///
  /// In the kernel's ticks (10 ms): good for runs of seconds.
  static func ofServer(_ postmaster: Int32) throws -> Duration {
    let children = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap(Int32.init)
      .compactMap(ProcessStatus.init).filter { $0.parent == postmaster }
    guard let parent = ProcessStatus(postmaster) else { throw NoSuchProcess(id: postmaster) }
    let ticks = parent.ownTicks + parent.endedChildrenTicks + children.reduce(0) { $0 + $1.ownTicks }
    return .seconds(1) * ticks / max(sysconf(Int32(_SC_CLK_TCK)), 1)
  }

  struct NoSuchProcess: Error { var id: Int32 }

  private static func duration(_ time: timeval) -> Duration {
    .seconds(time.tv_sec) + .microseconds(Int64(time.tv_usec))
  }
}

/// The fields of `/proc/<id>/stat` that processor time needs (proc_pid_stat(5)).
private struct ProcessStatus {
  var parent: Int32
  var ownTicks: Int
  var endedChildrenTicks: Int

  init?(_ id: Int32) {
    // The process may be gone by now.
    guard let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
      // The name in parentheses may hold anything, spaces too: the fields start after the last one.
      let end = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    // Counted from the state, which is field 3 of the manual: parent 4, utime 14, stime 15, cutime 16, cstime 17.
    guard fields.count > 14, let parent = Int32(fields[1]), let user = Int(fields[11]), let system = Int(fields[12]),
      let childrenUser = Int(fields[13]), let childrenSystem = Int(fields[14])
    else { return nil }
    self.parent = parent
    ownTicks = user + system
    endedChildrenTicks = childrenUser + childrenSystem
  }
}
