/// What the answer to a modern `server/discover` says about a server whose era is not known.
public enum ServerProbe: Hashable, Sendable {
  /// It is modern, and speaks this revision.
  case modern(ProtocolRevision)
  /// It is modern, and speaks none of ours.
  case incompatible(supported: [String])
  /// It knows only the handshake: go on with `initialize`.
  case legacy
  /// It said nothing about its era: it wants authorization, is busy, or is broken.
  case undecided

  /// Judges an answer.
  ///
  /// - Parameters:
  ///   - status: The HTTP status.
  ///   - message: The body, if it is one message.
  public init(status: Int, message: MCPMessage?) {
    switch status {
    case 200...299: self = Self.success(message)
    // Who is not let in learns nothing, and a server that is down has no era.
    case 401, 403, 407, 408, 425, 429, 500...: self = .undecided
    case 400...499: self = Self.modernError(message) ?? .legacy
    default: self = .undecided
    }
  }

  private static func success(_ message: MCPMessage?) -> ServerProbe {
    guard let message, message.isResponse else { return .undecided }
    guard message.has(.result) else { return modernError(message) ?? .legacy }
    guard let versions = message.text("supportedVersions", in: .result).flatMap({ try? JSONNode($0.bytes) })?.elements
    else { return .legacy }
    return verdict(on: versions.compactMap(\.string))
  }

  private static func verdict(on versions: [String]) -> ServerProbe {
    guard versions.contains(where: { $0 >= ProtocolRevision.july2026.rawValue }) else { return .legacy }
    let modern = versions.filter { ProtocolRevision(rawValue: $0)?.era == .modern }
    if let revision = ProtocolRevision.common(with: modern) { return .modern(revision) }
    // It may still have a handshake beside the newer revisions.
    return ProtocolRevision.common(with: versions) == nil ? .incompatible(supported: versions) : .legacy
  }

  /// The verdict of an error that only a modern server sends.
  private static func modernError(_ message: MCPMessage?) -> ServerProbe? {
    switch message?.errorCode.map({ RPCErrorCode(rawValue: $0) }) {
    case .unsupportedProtocolVersion?:
      let data = message?.errorData.flatMap { try? JSONNode($0.bytes) }
      guard let versions = data?["supported"]?.elements else { return .undecided }
      return verdict(on: versions.compactMap(\.string))
    case .headerMismatch?, .missingClientCapability?, .methodNotFound?: return .modern(.latest)
    default: return nil
    }
  }
}
