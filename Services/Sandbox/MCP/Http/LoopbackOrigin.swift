/// Origins of pages on this machine.
enum LoopbackOrigin {
  private static let hosts = ["localhost", "127.0.0.1", "[::1]"]

  static func contains(_ origin: String) -> Bool {
    guard let rest = ["http://", "https://"].first(where: { origin.hasPrefix($0) }).map({ origin.dropFirst($0.count) })
    else { return false }
    return hosts.contains { host in
      guard rest.hasPrefix(host) else { return false }
      let port = rest.dropFirst(host.count)
      return port.isEmpty || (port.first == ":" && port.dropFirst().allSatisfy(\.isNumber))
    }
  }
}
