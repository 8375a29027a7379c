/// The response to one request, judged while it passes in pieces: whether it may, and what it says became of the request.
///
/// A ``MessageRewriter`` reads it beside its own work. Only a few short values are kept, however long the response is.
public struct PassingResponse: Sendable {
  /// Bytes of a value that are kept: no `id` has more, and no word of the protocol either, were each of its letters escaped.
  private static let maximumBytes = MessageIdentifier.maximumBytes

  /// The members whose values are looked at.
  private enum Member {
    case id, resultType, isError, code
  }

  /// Whether what was read so far can still be the response to the request, and one that every client takes as it is; from the message's
  /// end on, whether it is.
  ///
  /// Not a message with a method or with another `id`, and not one with a result and an error. Nor a response that asks the person for
  /// something: each client is asked in its own way, so that is read as a whole or not at all.
  public private(set) var mayPass = true
  /// `result.isError`: the tool says that it failed.
  public private(set) var isToolError = false
  public private(set) var errorCode: Int?

  private let request: MessageIdentifier
  private var hasId = false
  private var hasResult = false
  private var hasError = false
  /// The member whose value is at hand, and the value as far as it is kept.
  private var member: Member?
  private var value: [UInt8] = []

  /// - Parameter request: the `id` of what is answered.
  public init(to request: MessageIdentifier) { self.request = request }

  mutating func open(_ scope: MessageScope) {
    switch scope {
    case .result: hasResult = true
    case .error: hasError = true
    case .message, .params, .requestMeta, .resultMeta: break
    }
    if hasResult, hasError { mayPass = false }
  }

  mutating func close(_ scope: MessageScope) {
    guard scope == .message else { return }
    let isWhole = hasId && (hasResult || errorCode != nil)
    if !isWhole { mayPass = false }
  }

  mutating func begin(_ name: [UInt8], in scope: MessageScope) {
    switch scope {
    case .message:
      if name.elementsEqual("method".utf8) { mayPass = false }
      if name.elementsEqual("id".utf8) { member = .id }
    case .result:
      if name.elementsEqual("resultType".utf8) { member = .resultType }
      if name.elementsEqual("isError".utf8) { member = .isError }
    case .error:
      if name.elementsEqual("code".utf8) { member = .code }
    case .params, .requestMeta, .resultMeta: break
    }
  }

  mutating func take(_ bytes: Slice<UnsafeRawBufferPointer>) {
    guard member != nil else { return }
    // One more than fits, so that what is cut off is not taken for the whole.
    value += bytes.prefix(Self.maximumBytes + 1 - value.count)
  }

  mutating func end() {
    guard let member else { return }
    judge(member, JSONText(unchecked: value))
    self.member = nil
    value = []
  }

  private mutating func judge(_ member: Member, _ text: JSONText) {
    switch member {
    case .id:
      hasId = MessageIdentifier(text) == request
      if !hasId { mayPass = false }
    case .resultType:
      if text.string == ResultType.inputRequired.rawValue { mayPass = false }
    case .isError: isToolError = text.boolean == true
    case .code:
      errorCode = text.integer
      if errorCode == RPCErrorCode.urlElicitationRequired.rawValue { mayPass = false }
    }
  }
}
