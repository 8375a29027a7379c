import Egress
import Foundation
import Model
import Providers

/// Makes Lanyard a client of an authorization server (RFC 7591).
struct ClientRegistrar: Sendable {
  private static let deadline = Duration.seconds(15)
  /// Characters of an id or a secret; longer ones are refused before they are stored.
  private static let maximumCharacters = 2_048

  let transport: any ProviderTransport

  /// - Throws: `registration_unavailable` with what the server said, `provider_unavailable` where it said nothing.
  func register(_ request: RegisterAtIssuer) async throws -> IssuedClient {
    let reply: ProviderReply
    do {
      let document = try JSONEncoder().encode(ClientMetadata(request))
      reply = try await transport.send(
        try ProviderRequest(posting: document, to: request.registrationEndpoint), within: Self.deadline)
    } catch is ProviderSilence {
      throw ServiceError(
        .providerUnavailable, "The authorization server could not be asked. \(EgressError.tenantMessage)")
    }
    guard reply.isSuccess else {
      throw Self.refused("it refused (\(Self.reason(in: reply)))")
    }
    guard let answer = try? JSONDecoder().decode(RegistrationAnswer.self, from: reply.body) else {
      throw Self.refused("its answer cannot be read")
    }
    return try client(of: answer, for: request)
  }

  private func client(of answer: RegistrationAnswer, for request: RegisterAtIssuer) throws -> IssuedClient {
    guard (1...Self.maximumCharacters).contains(answer.clientId.count),
      answer.clientSecret.map({ (1...Self.maximumCharacters).contains($0.count) }) ?? true
    else { throw Self.refused("its answer holds no usable client id or secret") }
    // A server that registers another address would send codes there.
    guard answer.redirectUris?.contains(request.redirectUri) ?? true else {
      throw Self.refused("it registered another redirect URI")
    }
    let authentication = try answer.tokenEndpointAuthMethod.map(Self.authentication) ?? request.authentication
    guard authentication == .none || answer.clientSecret != nil else {
      throw Self.refused("it wants a client secret and gave none")
    }
    let end = answer.clientSecretExpiresAt ?? 0
    return IssuedClient(
      clientId: answer.clientId,
      clientSecret: authentication == .none ? nil : answer.clientSecret.map { WireSecret($0) },
      secretExpiresAt: end > 0 ? Date(timeIntervalSince1970: end) : nil, authentication: authentication)
  }

  private static func authentication(_ method: String) throws -> ClientAuthentication {
    switch method {
    case "client_secret_basic": return .basic
    case "client_secret_post": return .post
    case "none": return .none
    default: throw refused("it wants an authentication that Lanyard does not have")
    }
  }

  /// Its own word for the refusal, where it is one of RFC 7591 section 3.2.2; never its text.
  private static func reason(in reply: ProviderReply) -> String {
    struct Refusal: Decodable { var error: String }
    let known = [
      "invalid_redirect_uri", "invalid_client_metadata", "invalid_software_statement", "unapproved_software_statement",
      "access_denied", "invalid_token",
    ]
    let word = (try? JSONDecoder().decode(Refusal.self, from: reply.body))?.error
    return word.flatMap { known.contains($0) ? $0 : nil } ?? "status \(reply.status)"
  }

  private static func refused(_ why: String) -> ServiceError {
    ServiceError(
      .registrationUnavailable,
      "The authorization server did not register Lanyard: \(why). "
        + "Register a client there by hand and make an Integration of it.")
  }
}

/// What Lanyard says about itself (RFC 7591 section 2).
private struct ClientMetadata: Encodable {
  var redirectUris: [String]
  var clientName: String
  var clientUri: String
  var grantTypes = ["authorization_code", "refresh_token"]
  var responseTypes = ["code"]
  var tokenEndpointAuthMethod: String
  var applicationType = "web"
  var scope: String?

  enum CodingKeys: String, CodingKey {
    case redirectUris = "redirect_uris"
    case clientName = "client_name"
    case clientUri = "client_uri"
    case grantTypes = "grant_types"
    case responseTypes = "response_types"
    case tokenEndpointAuthMethod = "token_endpoint_auth_method"
    case applicationType = "application_type"
    case scope
  }

  init(_ request: RegisterAtIssuer) {
    redirectUris = [request.redirectUri]
    clientName = request.clientName
    clientUri = request.clientUri
    tokenEndpointAuthMethod =
      switch request.authentication {
      case .basic: "client_secret_basic"
      case .post: "client_secret_post"
      case .none: "none"
      }
    scope = request.scopes.map { $0.joined(separator: " ") }
  }
}

/// The answer (RFC 7591 section 3.2.1), as far as it is read.
private struct RegistrationAnswer: Decodable {
  var clientId: String
  var clientSecret: String?
  /// Unix seconds; 0 for never.
  var clientSecretExpiresAt: Double?
  var redirectUris: [String]?
  var tokenEndpointAuthMethod: String?

  enum CodingKeys: String, CodingKey {
    case clientId = "client_id"
    case clientSecret = "client_secret"
    case clientSecretExpiresAt = "client_secret_expires_at"
    case redirectUris = "redirect_uris"
    case tokenEndpointAuthMethod = "token_endpoint_auth_method"
  }
}
