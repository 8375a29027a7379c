/// What a protected resource says to a caller without a sufficient token (RFC 6750 section 3, RFC 9728 section 5.1).
public struct BearerChallenge: Hashable, Sendable {
  public static let invalidToken = "invalid_token"
  public static let insufficientScope = "insufficient_scope"

  /// Where the resource's metadata is.
  public var resourceMetadata: String?
  /// The scopes that the request needs, separated by spaces.
  public var scope: String?
  public var error: String?
  public var errorDescription: String?

  public init(
    resourceMetadata: String? = nil, scope: String? = nil, error: String? = nil, errorDescription: String? = nil
  ) {
    self.resourceMetadata = resourceMetadata
    self.scope = scope
    self.error = error
    self.errorDescription = errorDescription
  }

  public var scopes: [String] { scope?.split(separator: " ").map { String($0) } ?? [] }

  /// The Bearer challenge of an answer. With several, the one that says where the metadata is.
  public init?(headers: some Sequence<String>) {
    let challenges = AuthenticationChallenge.parse(headers).filter { $0.scheme == "bearer" }
    guard let challenge = challenges.first(where: { $0.parameters["resource_metadata"] != nil }) ?? challenges.first
    else { return nil }
    self.init(
      resourceMetadata: challenge.parameters["resource_metadata"], scope: challenge.parameters["scope"],
      error: challenge.parameters["error"], errorDescription: challenge.parameters["error_description"])
  }

  /// The header's value.
  public var headerValue: String {
    let parameters: [(String, String?)] = [
      ("error", error), ("error_description", errorDescription), ("scope", scope),
      ("resource_metadata", resourceMetadata),
    ]
    let words = parameters.compactMap { name, value in value.map { "\(name)=\"\(Self.harmless($0))\"" } }
    return words.isEmpty ? "Bearer" : "Bearer \(words.joined(separator: ", "))"
  }

  /// The characters that RFC 6750 section 3 allows in these values; a question mark stands for every other.
  private static func harmless(_ text: String) -> String {
    String(
      decoding: text.unicodeScalars.map { scalar in
        let isAllowed = (0x20...0x7E).contains(scalar.value) && scalar != "\"" && scalar != "\\"
        return isAllowed ? UInt8(scalar.value) : UInt8(ascii: "?")
      }, as: UTF8.self)
  }
}
