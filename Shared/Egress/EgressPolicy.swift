/// Where requests may go. Set by the operator, never by an organization.
public struct EgressPolicy: Sendable {
  /// Ports that any https host may be asked at.
  public static let standardPorts: Set<Int> = [443]

  /// Destinations that are exempt from the rules on scheme, port and address: `LANYARD_EGRESS_ALLOW`.
  public var allowed: Set<EgressDestination>
  /// The operator's own services and database. Refused even where ``allowed`` names them, under whatever name they are
  /// reached.
  public var ownServices: Set<EgressDestination>
  public var ports: Set<Int>

  public init(
    allowed: Set<EgressDestination> = [], ownServices: Set<EgressDestination> = [], ports: Set<Int> = standardPorts
  ) {
    self.allowed = allowed
    self.ownServices = ownServices
    self.ports = ports
  }

  /// - Parameter ownOrigins: addresses of our own services; never a destination, whatever metadata says and the operator allows.
  public init(allowed: Set<EgressDestination>, ownOrigins: some Sequence<String>) {
    self.init(allowed: allowed, ownServices: Set(ownOrigins.compactMap { try? EgressURL($0).destination }))
  }

  /// Reads a list such as `127.0.0.1:9700, idp.corp:8443`; entries are separated by commas or blanks.
  /// - Throws: ``EgressListError`` with the first entry that is no `host:port`.
  public static func destinations(_ list: String) throws(EgressListError) -> Set<EgressDestination> {
    var entries: Set<EgressDestination> = []
    for entry in list.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
      guard let destination = EgressDestination(String(entry)) else { throw EgressListError(entry: String(entry)) }
      entries.insert(destination)
    }
    return entries
  }

  /// The destinations as `host:port` texts, for other modules that must know which hosts may use http.
  public var allowedHosts: Set<String> { Set(allowed.map(\.description)) }

  /// Checks a URL without any network: what can be said when it is saved. The addresses are checked when it is used.
  public func check(_ url: EgressURL) throws(EgressRefusal) {
    if ownServices.contains(url.destination) { throw .ownService }
    if allowed.contains(url.destination) { return }
    guard url.scheme == .https else { throw .scheme }
    guard ports.contains(url.port) else { throw .port }
    guard url.address == nil else { throw .addressLiteral }
    guard url.host.contains(".") else { throw .localName }
  }

  /// Reads and checks a URL without any network: the check for the moment when it is saved.
  @discardableResult
  public func check(_ text: String) throws(EgressRefusal) -> EgressURL {
    let url = try EgressURL(text)
    try check(url)
    return url
  }

  /// Checks what a name leads to: every address must pass, not only the one that is used.
  ///
  /// - Parameter own: the addresses of ``ownServices`` with the same port.
  func check(_ addresses: [IPAddress], of url: EgressURL, own: Set<IPAddress>) throws(EgressRefusal) {
    for address in addresses {
      let plain = address.unmapped
      if own.contains(where: { $0 == plain || ($0.isThisMachine && plain.isThisMachine) }) { throw .ownService }
    }
    if allowed.contains(url.destination) { return }
    for address in addresses {
      if let denial = address.denial { throw .deniedAddress(denial) }
    }
  }
}

/// An entry of a destination list that cannot be read.
public struct EgressListError: Error, Hashable, Sendable {
  public let entry: String
}
