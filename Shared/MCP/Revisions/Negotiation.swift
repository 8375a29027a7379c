/// Agreeing on a revision.
extension ProtocolRevision {
  /// What to answer to `initialize`: what was asked for if we speak it, else the newest that has a handshake (revision
  /// 2025-11-25, lifecycle).
  public static func answer(toInitialize requested: String?) -> ProtocolRevision {
    guard let revision = requested.flatMap(ProtocolRevision.init(rawValue:)), revision.isSupported,
      revision.era == .legacy
    else { return .latestLegacy }
    return revision
  }

  /// The newest of the other side's revisions that we speak.
  public static func common(with theirs: some Sequence<String>) -> ProtocolRevision? {
    theirs.compactMap { ProtocolRevision(rawValue: $0) }.filter(\.isSupported).max()
  }

  /// The revision of a request after a handshake, by its header.
  ///
  /// - Throws: `MessageProblem` for a header that names no revision that we speak in this era.
  public static func ofLegacyRequest(header: String?) throws(MessageProblem) -> ProtocolRevision {
    guard let header else { return assumed }
    guard let revision = ProtocolRevision(rawValue: header), revision.isSupported, revision.era == .legacy else {
      throw MessageProblem(.invalidRequest, "The header MCP-Protocol-Version names no revision that is spoken here.")
    }
    return revision
  }
}

/// Tells the era of what a client sends, when both eras share one address.
extension Era {
  /// A modern request says so in its `_meta`; a modern client that forgets it still sends the header, and is told what is
  /// missing as a modern one.
  public static func of(_ message: MCPMessage, versionHeader: String?) -> Era {
    if message.method == "initialize" { return .legacy }
    if message.protocolVersion != nil { return .modern }
    guard let versionHeader, isDate(versionHeader) else { return .legacy }
    return versionHeader >= ProtocolRevision.july2026.rawValue ? .modern : .legacy
  }

  /// Revisions are dates, so that later ones, which we do not know, sort behind.
  private static func isDate(_ text: String) -> Bool {
    text.utf8.count == 10
      && text.utf8.enumerated().allSatisfy { index, byte in
        index == 4 || index == 7
          ? byte == UInt8(ascii: "-") : (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      }
  }
}
