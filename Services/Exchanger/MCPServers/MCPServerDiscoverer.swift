import Egress
import Foundation
import MCP
import Model
import Providers

/// Finds out by an MCP server's URL alone how to get tokens for it: RFC 9728, then RFC 8414, every URL through the egress guard.
///
/// Everything that is read comes from strangers. A step that fails ends the search, and says what was seen: what was found before
/// it stays in the report. Nothing is sent anywhere but questions without credentials.
struct MCPServerDiscoverer: Sendable {
  /// For one document; at most three places each for two documents, together below what the owner's call may take.
  private static let deadline = Duration.seconds(5)
  /// Bytes of an authorization server's name.
  private static let maximumIssuerBytes = 2_048
  /// Scopes of a list that are taken over: beyond it a server lists, it does not ask.
  private static let maximumScopes = 50
  /// A client may ask for it to stay connected (OpenID Connect Core section 11).
  private static let offlineAccess = "offline_access"

  let transport: any ProviderTransport
  let metadata: MetadataDiscovery
  let policy: EgressPolicy

  /// - Throws: `invalid_request` for a URL that can be no server's.
  func discover(_ request: DiscoverMCPServer) async throws -> MCPServerDiscovery {
    guard let server = ProviderURL(request.url), (try? policy.check(request.url)) != nil else {
      throw ServiceError(
        .invalidRequest, "url must be a plain https URL of an MCP server. \(EgressError.tenantMessage)",
        facts: ["fields": ["url"]])
    }
    var found = MCPServerDiscovery(url: request.url)
    let greeting = await ServerGreeting.of(request.url, over: transport)
    found.access = greeting.access
    found.checks.append(greeting.check)
    guard greeting.access != .unknown else { return found }
    found.challengedScopes = greeting.challenge?.scope.flatMap(Self.scopes)
    let document = await resourceMetadata(of: server, hint: greeting.challenge?.resourceMetadata, &found)
    guard found.checks.allSatisfy(\.ok) else { return found }
    // A server that answers anybody and publishes nothing has no authorization to be found.
    guard document != nil || found.access == .oauth else { return found }
    found.resource = document?.resource ?? request.url
    found.supportedScopes = document?.scopesSupported.map { Self.limited($0) }
    await authorizationServer(document, at: server, &found)
    return found
  }

  // MARK: The resource

  /// The first place that holds a document decides: a document that speaks of another server is a finding, not a reason to look on.
  private func resourceMetadata(
    of server: ProviderURL, hint: String?, _ found: inout MCPServerDiscovery
  ) async -> ResourceMetadata? {
    let name = "resource_metadata"
    for place in (hint.map { [$0] } ?? []) + ResourceMetadata.locations(of: server) {
      guard let reply = try? await transport.fetch(place, within: Self.deadline), reply.status == 200,
        let document = try? JSONDecoder().decode(ResourceMetadata.self, from: reply.body)
      else { continue }
      guard document.covers(server) else {
        found.fail(name, "It describes another resource than this server. Tokens for that one must not come here.")
        return nil
      }
      found.pass(name, "The server describes itself (RFC 9728).")
      return document
    }
    if hint != nil {
      found.fail(name, "The server says where it describes itself, but nothing that can be used was found there.")
    } else if found.access == .oauth {
      found.pass(name, "The server publishes none; its own origin is tried as the authorization server.")
    }
    return nil
  }

  // MARK: The authorization server

  private func authorizationServer(
    _ document: ResourceMetadata?, at server: ProviderURL, _ found: inout MCPServerDiscovery
  ) async {
    let name = "authorization_server"
    let named = document?.authorizationServers?.first
    // Until 2025-03-26, an MCP server's authorization server was at its origin.
    let issuer = named ?? "\(server.scheme)://\(server.authority)"
    found.issuer = named.map(Self.shown)
    let published: AuthorizationServerMetadata?
    do {
      published = try await metadata.metadata(of: issuer, exactly: named != nil)
    } catch {
      found.fail(name, "Its metadata names another issuer than the one that the server named.")
      return
    }
    guard let published else {
      found.fail(name, "No metadata was found for the authorization server. \(EgressError.tenantMessage)")
      return
    }
    found.issuer = published.issuer
    let others = (document?.authorizationServers?.count ?? 1) - 1
    let rest = others > 0 ? " \(others) more are named and not used." : ""
    found.pass(name, "Its metadata was found (RFC 8414).\(rest)")
    guard published.codeChallengeMethodsSupported?.contains("S256") == true else {
      found.fail("pkce", "It does not offer PKCE with S256, without which codes can be stolen.")
      return
    }
    found.pass("pkce", "It offers PKCE with S256.")
    do {
      found.authorizationServer = try description(of: published)
    } catch {
      found.fail("endpoints", Self.sentence(error))
      return
    }
    found.pass("endpoints", "Authorization and token endpoint are there and may be used.")
    found.supportsClientIdMetadata =
      published.clientIdMetadataDocumentSupported == true
      && published.tokenEndpointAuthMethodsSupported?.contains("none") == true
    if let endpoint = published.registrationEndpoint, ProviderURL(endpoint) != nil,
      (try? policy.check(endpoint)) != nil
    {
      found.registrationEndpoint = endpoint
    }
  }

  /// The server as a provider, every endpoint checked. Its own spelling of the issuer is the one that counts from now on.
  private func description(of published: AuthorizationServerMetadata) throws -> CustomProvider {
    var custom = try CustomProvider(providerUrl: published.issuer, pkce: .required).completed(by: published)
    // In the body where there is a choice: the authorization server of the official SDK wants the id there in any case.
    if published.tokenEndpointAuthMethodsSupported?.contains("client_secret_post") == true { custom.clientAuth = .post }
    if published.scopesSupported?.contains(Self.offlineAccess) == true {
      custom.identityScopes = (custom.identityScopes ?? []) + [Self.offlineAccess]
    }
    try metadata.check(custom)
    return custom
  }

  /// A stranger's text as it can be stored and shown; that it differs from a known issuer is news whatever it says.
  private static func shown(_ issuer: String) -> String {
    let plain = String(
      decoding: issuer.utf8.filter { (0x21...0x7E).contains($0) }.prefix(maximumIssuerBytes), as: UTF8.self)
    return plain.isEmpty ? "none" : plain
  }

  private static func sentence(_ error: any Error) -> String {
    (error as? any ServiceErrorConvertible)?.serviceError.detail ?? EgressError.tenantMessage
  }

  // MARK: Scopes

  private static func scopes(_ text: String) -> [String]? {
    let scopes = limited(text.split(separator: " ").map(String.init))
    return scopes.isEmpty ? nil : scopes
  }

  /// RFC 6749 section 3.3, each once; what is no scope is dropped.
  private static func limited(_ scopes: [String]) -> [String] {
    var seen: Set<String> = []
    let usable = scopes.filter { scope in
      !scope.isEmpty && scope.utf8.count <= 256 && seen.insert(scope).inserted
        && scope.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }
    return Array(usable.prefix(maximumScopes))
  }
}

extension MCPServerDiscovery {
  fileprivate mutating func pass(_ name: String, _ detail: String) {
    checks.append(IntegrationCheck(name: name, ok: true, detail: detail))
  }

  fileprivate mutating func fail(_ name: String, _ detail: String) {
    checks.append(IntegrationCheck(name: name, ok: false, detail: detail))
  }
}
