import Foundation
import Model

/// The parameters of an authorization request, before anything is known about who asks (RFC 6749 section 4.1.1).
///
/// Client and redirect URI are checked first, and with a page: nobody is sent to an address of which we do not know that it is
/// the client's (RFC 6749 section 4.1.2.1). Everything else is answered to the client.
struct AuthorizationQuery: Sendable {
  private static let names = [
    "response_type", "client_id", "redirect_uri", "code_challenge", "code_challenge_method", "resource", "state",
    "scope",
    "response_mode", "request", "request_uri",
  ]
  /// Base64url of 32 bytes.
  private static let challengeLength = 43

  let clientId: String
  let redirectUri: String
  let state: String?
  private let parameters: OAuthParameters

  /// - Throws: `invalid_request` for a request that names no client or no address, or something of ours twice.
  init(_ query: String) throws {
    parameters = OAuthParameters(query)
    let twice = parameters.malformed.intersection(Self.names).subtracting(["resource"])
    guard twice.isEmpty else {
      throw ServiceError(
        .invalidRequest, "The application's request is malformed: it gives \(twice.sorted()[0]) twice.")
    }
    guard let clientId = parameters["client_id"] else {
      throw ServiceError(.invalidRequest, "The application's request does not say which application it is (client_id).")
    }
    guard let redirectUri = parameters["redirect_uri"] else {
      throw ServiceError(.invalidRequest, "The application's request does not say where to go on (redirect_uri).")
    }
    self.clientId = clientId
    self.redirectUri = redirectUri
    state = parameters["state"]
  }

  /// The request in one spelling: where a person comes back to after signing in, and what a form stands for.
  var canonical: String { OAuthParameters.encode(Self.names.map { ($0, parameters[$0]) }) }

  /// What the client wants, once it is known who it is.
  ///
  /// - Throws: ``OAuthRefusal``, to be answered to the client.
  func wish(_ resources: MCPResources) throws -> (target: ClientTokenTarget, codeChallenge: String) {
    guard parameters["request"] == nil else { throw OAuthRefusal(.requestNotSupported, "Send plain parameters.") }
    guard parameters["request_uri"] == nil else {
      throw OAuthRefusal(.requestURINotSupported, "Send plain parameters.")
    }
    guard parameters["response_type"] == "code" else {
      throw OAuthRefusal(.unsupportedResponseType, "response_type must be code.")
    }
    guard parameters["response_mode"] ?? "query" == "query" else {
      throw OAuthRefusal(.invalidRequest, "response_mode must be query.")
    }
    guard parameters["code_challenge_method"] == "S256", let challenge = parameters["code_challenge"],
      challenge.utf8.count == Self.challengeLength, challenge.utf8.allSatisfy(Self.isBase64URL)
    else { throw OAuthRefusal(.invalidRequest, "PKCE is required: code_challenge with code_challenge_method S256.") }
    guard let resource = parameters["resource"], let target = resources.target(of: resource) else {
      throw OAuthRefusal(
        .invalidTarget, "resource is required once, and must be the exact address of an MCP endpoint here.")
    }
    return (target, challenge)
  }

  private static func isBase64URL(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
