import Foundation
import Synchronization

/// Ports for servers that are told theirs before they listen, and for tests of places where nobody does.
public enum FreePort {
  /// Below what systems give to outgoing connections and to whoever asks for just any port: what is free now is still free in a moment.
  private static let candidates = 16_768..<32_768
  /// What this process was given before: nobody may listen there yet.
  private static let chosen = Mutex<Set<Int>>([])

  private struct NoneIsFree: Error {}

  /// A port of loopback that nobody listens on.
  public static func next() throws -> Int {
    for port in candidates.shuffled() where isFree(port) {
      if chosen.withLock({ $0.insert(port).inserted }) { return port }
    }
    throw NoneIsFree()
  }

  private static func isFree(_ port: Int) -> Bool {
    #if canImport(Glibc)
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    address.sin_port = in_port_t(port).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
