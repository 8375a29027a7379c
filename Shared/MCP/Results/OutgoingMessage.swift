/// Writes whole messages of our own.
public enum OutgoingMessage {
  /// A request. With an envelope it is one of the modern era.
  public static func request(
    _ id: MessageIdentifier, _ method: String, _ params: [(String, JSONText?)] = [], envelope: ModernEnvelope? = nil,
    progressToken: MessageIdentifier? = nil
  ) -> [UInt8] {
    var meta = envelope?.members ?? []
    if let progressToken { meta.append((MetaName.progressToken, progressToken.text)) }
    let all = params + [("_meta", meta.isEmpty ? nil : .object(meta))]
    return JSONText.object([
      "jsonrpc": "2.0", "id": id.text, "method": JSONText(method),
      "params": all.allSatisfy({ $0.1 == nil }) ? nil : .object(all),
    ]).bytes
  }

  /// A notification.
  public static func notification(_ method: String, _ params: [(String, JSONText?)] = []) -> [UInt8] {
    JSONText.object([
      "jsonrpc": "2.0", "method": JSONText(method), "params": params.isEmpty ? nil : .object(params),
    ]).bytes
  }

  /// A response with a result.
  public static func response(to id: MessageIdentifier, _ result: JSONText) -> [UInt8] {
    JSONText.object(["jsonrpc": "2.0", "id": id.text, "result": result]).bytes
  }

  /// How far a request has come. `progress` grows with every one.
  public static func progress(
    _ token: MessageIdentifier, _ progress: Int, of total: Int? = nil, message: String? = nil
  ) -> [UInt8] {
    notification(
      "notifications/progress",
      [
        ("progressToken", token.text), ("progress", JSONText(progress)), ("total", total.map { JSONText($0) }),
        ("message", message.map { JSONText($0) }),
      ])
  }

  /// Takes a request back. Over HTTP only in the legacy era; a modern client closes the stream.
  public static func cancelled(_ request: MessageIdentifier, reason: String? = nil) -> [UInt8] {
    notification(
      "notifications/cancelled", [("requestId", request.text), ("reason", reason.map { JSONText($0) })])
  }

  /// Ends a handshake.
  public static let initialized = notification("notifications/initialized")
}
