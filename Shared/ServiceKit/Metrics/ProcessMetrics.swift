import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What Linux says about this process. The files are made by the kernel on reading: nothing waits for a disk.
enum ProcessMetrics {
  static func lines() -> [String] {
    var lines: [String] = []
    func gauge(_ name: String, _ value: Double?) {
      guard let value else { return }
      lines.append("# TYPE lanyard_process_\(name) gauge")
      lines.append("lanyard_process_\(name) \(value)")
    }
    let status = text("/proc/self/status")
    gauge("resident_memory_bytes", bytes("VmRSS", in: status))
    gauge("anonymous_memory_bytes", bytes("RssAnon", in: status))
    gauge("open_fds", (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")).map { Double($0.count) })
    gauge("start_time_seconds", startTime())
    return lines
  }

  private static func text(_ path: String) -> String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// A line like `VmRSS:     4096 kB`.
  private static func bytes(_ name: String, in status: String) -> Double? {
    for line in status.split(separator: "\n") where line.hasPrefix("\(name):") {
      let number = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
      return number.flatMap { Double($0) }.map { $0 * 1_024 }
    }
    return nil
  }

  /// Seconds since 1970: the machine's start, and the process's start in clock ticks after it (proc(5), field 22).
  private static func startTime() -> Double? {
    let boot = text("/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
    // The second field is the name in brackets and may hold spaces; the rest begins behind the last bracket.
    let fields = text("/proc/self/stat").split(separator: ")").last?.split(separator: " ")
    guard let seconds = boot?.split(separator: " ").last.flatMap({ Double($0) }), let fields, fields.count > 19,
      let ticks = Double(fields[19])
    else { return nil }
    return seconds + ticks / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
  }
}
