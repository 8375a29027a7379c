/// The same message with some members changed. Each makes new text and leaves every other value as it is written.
extension MCPMessage {
  /// Makes several changes at once.
  public func edited(_ change: (inout MessageEdits) -> Void) -> [UInt8] {
    var edits = MessageEdits()
    change(&edits)
    return edited(edits)
  }

  /// Makes these changes.
  public func edited(_ edits: MessageEdits) -> [UInt8] {
    var rewriter = MessageRewriter(edits)
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count + 256)
    do {
      try bytes.withRawBytes { (buffer) throws(JSONProblem) in try rewriter.rewrite(buffer, into: &output) }
      try rewriter.finish()
    } catch {
      preconditionFailure("a message that was read once is read again: \(error)")
    }
    return output
  }

  /// With another `id`.
  public func with(id: MessageIdentifier) -> [UInt8] { edited { $0.set("id", id.text) } }

  /// With another `params.name`.
  public func with(name: String) -> [UInt8] { edited { $0.set("name", JSONText(name), in: .params) } }

  /// A request or a notification as the legacy era knows it: without the `_meta` members of modern requests.
  public func legacyRequest(_ more: (inout MessageEdits) -> Void = { _ in }) -> [UInt8] {
    edited { edits in
      for name in MetaName.ofModernRequests { edits.remove(name, in: .requestMeta) }
      more(&edits)
    }
  }

  /// A request as the modern era needs it, in the name of this client.
  public func modernRequest(_ envelope: ModernEnvelope, _ more: (inout MessageEdits) -> Void = { _ in }) -> [UInt8] {
    edited { edits in
      envelope.stamp(&edits)
      more(&edits)
    }
  }

  /// A response as the modern era needs it: with `resultType`, and with the caching hints where its method demands them.
  public func modernResponse(
    to method: String, caching: CacheHint = .never, _ more: (inout MessageEdits) -> Void = { _ in }
  ) -> [UInt8] {
    edited { edits in
      edits.modernize(to: method, caching: caching, isComplete: resultType == .complete)
      more(&edits)
    }
  }

  /// A response as the legacy era knows it: without what only modern clients read.
  public func legacyResponse(_ more: (inout MessageEdits) -> Void = { _ in }) -> [UInt8] {
    edited { edits in
      edits.makeLegacyResult()
      more(&edits)
    }
  }
}

extension MessageEdits {
  /// What a legacy server's result lacks for a modern client. Also for results that pass through in pieces.
  ///
  /// - Parameter isComplete: Whether the result is a complete one; others are never cached and carry no hints.
  public mutating func modernize(to method: String, caching: CacheHint, isComplete: Bool = true) {
    setIfAbsent("resultType", JSONText(ResultType.complete.rawValue), in: .result)
    guard isComplete, CacheHint.isNeeded(for: method) else { return }
    setIfAbsent("ttlMs", JSONText(caching.milliseconds), in: .result)
    setIfAbsent("cacheScope", JSONText(caching.scope.rawValue), in: .result)
  }

  /// Takes away what only modern clients read.
  public mutating func makeLegacyResult() {
    for name in ["resultType", "ttlMs", "cacheScope"] { remove(name, in: .result) }
    remove(MetaName.serverInfo, in: .resultMeta)
    remove(MetaName.subscriptionId, in: .resultMeta)
  }
}

/// What every modern request carries about the client that sends it.
public struct ModernEnvelope: Sendable, Hashable {
  public var revision: ProtocolRevision
  public var capabilities: ClientCapabilities
  public var client: Implementation

  public init(revision: ProtocolRevision = .latest, capabilities: ClientCapabilities, client: Implementation) {
    self.revision = revision
    self.capabilities = capabilities
    self.client = client
  }

  /// Puts it over whatever the request carried.
  public func stamp(_ edits: inout MessageEdits) {
    edits.set(MetaName.protocolVersion, JSONText(revision.rawValue), in: .requestMeta)
    edits.set(MetaName.clientCapabilities, capabilities.text, in: .requestMeta)
    edits.set(MetaName.clientInfo, client.text, in: .requestMeta)
  }

  /// The `_meta` members of a request of our own.
  var members: [(String, JSONText?)] {
    [
      (MetaName.protocolVersion, JSONText(revision.rawValue)), (MetaName.clientCapabilities, capabilities.text),
      (MetaName.clientInfo, client.text),
    ]
  }
}
