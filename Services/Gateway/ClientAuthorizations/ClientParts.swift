import Egress
import Model
import ServiceKit

/// The parts of the authorization server for MCP clients.
struct ClientParts: Sendable {
  let registration: ClientRegistration
  let egress: EgressClient

  func add(to router: ServiceRouter, _ parts: GatewayParts, _ responder: PageResponder) {
    MetadataRoutes(resources: parts.resources, registration: registration).add(to: router)
    RegistrationRoutes(
      peers: parts.peers, registration: registration, callerAddress: parts.callerAddress,
      attempts: RateLimiter(perMinute: parts.limits.clientRegistrationsPerAddress)
    ).add(to: router)
    AuthorizeRoutes(
      peers: parts.peers, people: parts.people, responder: responder, resources: parts.resources,
      clients: ClientDirectory(peers: parts.peers, documents: ClientDocuments(egress: egress)),
      attempts: RateLimiter(perMinute: parts.limits.authorizationsPerUser)
    ).add(to: router)
    TokenRoutes(
      peers: parts.peers, resources: parts.resources, callerAddress: parts.callerAddress,
      refusals: parts.authenticator.refusals
    ).add(to: router)
  }
}
