import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Ports of this machine that nobody listens on at the moment.
enum FreePorts {
  static func two() throws -> (Int, Int) {
    let sockets = try (0..<2).map { _ in try bound() }
    defer { for socket in sockets { close(socket.descriptor) } }
    return (sockets[0].port, sockets[1].port)
  }

  private struct Failure: Error {}

  private static func bound() throws -> (descriptor: Int32, port: Int) {
    #if canImport(Glibc)
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(descriptor, pointer, length) == 0 ? getsockname(descriptor, pointer, &length) : -1
      }
    }
    guard result == 0 else { throw Failure() }
    return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
  }
}
