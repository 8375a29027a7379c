import Foundation
import Synchronization
import Testing

@testable import FailPoints

@Suite struct FailPointTests {
  private func withFolder(_ body: (FailPointFolder) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fail-points-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(FailPointFolder(path: folder.path))
  }

  private func arm(_ name: String, _ action: String, in folder: FailPointFolder) throws {
    try action.write(toFile: "\(folder.path)/\(name)", atomically: true, encoding: .utf8)
  }

  private func names(in folder: FailPointFolder) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  @Test func everyPointHasANameOfItsOwn() {
    let names = FailPoint.allCases.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names.allSatisfy { $0.hasPrefix("exchanger.") || $0.hasPrefix("vault.") })
  }

  @Test func nothingHappensWhereNothingIsArmed() async throws {
    try await withFolder { folder in
      for point in FailPoint.allCases { try await folder.pass(point, about: "con_1") }
      #expect(try names(in: folder).isEmpty)
    }
  }

  @Test func anArmedPointStrikesOnceAndSaysWhom() async throws {
    try await withFolder { folder in
      try arm("vault.lease.given", "fail", in: folder)
      try await folder.pass(.leaseWritten, about: "con_1")
      await #expect(throws: FailPointStruck.self) { try await folder.pass(.leaseGiven, about: "con_1") }
      try await folder.pass(.leaseGiven, about: "con_1")
      #expect(try names(in: folder) == ["vault.lease.given.struck"])
      let struck = try String(contentsOfFile: "\(folder.path)/vault.lease.given.struck", encoding: .utf8)
      #expect(struck == "\(ProcessInfo.processInfo.processIdentifier)")
    }
  }

  @Test func aPointThatIsArmedForOneRecordLetsOthersPass() async throws {
    try await withFolder { folder in
      try arm("vault.lease.given@con_2", "fail", in: folder)
      try await folder.pass(.leaseGiven, about: "con_1")
      await #expect(throws: FailPointStruck.self) { try await folder.pass(.leaseGiven, about: "con_2") }
    }
  }

  @Test func ofManyThatPassTogetherOneIsStruck() async throws {
    try await withFolder { folder in
      try arm("exchanger.refresh.answered", "fail", in: folder)
      let struck = await withTaskGroup(of: Int.self) { group in
        for _ in 0..<50 {
          group.addTask {
            do {
              try await folder.pass(.refreshAnswered, about: "con_1")
              return 0
            } catch {
              return 1
            }
          }
        }
        return await group.reduce(0, +)
      }
      #expect(struck == 1)
    }
  }

  @Test func whoIsHeldGoesOnWhenTheTestLetsGo() async throws {
    try await withFolder { folder in
      try arm("exchanger.refresh.answered@con_1", "hold", in: folder)
      let sign = "\(folder.path)/exchanger.refresh.answered@con_1.struck"
      let order = Order()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          try await folder.pass(.refreshAnswered, about: "con_1")
          order.steps.withLock { $0.append("gone on") }
        }
        while !FileManager.default.fileExists(atPath: sign) { try await Task.sleep(for: .milliseconds(5)) }
        order.steps.withLock { $0.append("let go") }
        try FileManager.default.removeItem(atPath: sign)
        try await group.waitForAll()
      }
      #expect(order.steps.withLock { $0 } == ["let go", "gone on"])
    }
  }

  @Test func anActionIsReadOrRefused() {
    #expect(FailPointAction("kill\n") == .kill)
    #expect(FailPointAction("stop") == .stop)
    #expect(FailPointAction("fail") == .fail)
    #expect(FailPointAction("hold") == .hold)
    #expect(FailPointAction("delay 250") == .delay(milliseconds: 250))
    for text in ["", "die", "delay", "delay soon", "delay -1", "kill now", "hold 5"] {
      #expect(FailPointAction(text) == nil)
    }
  }
}

/// What was done, from several tasks.
private final class Order: Sendable {
  let steps = Mutex<[String]>([])
}
