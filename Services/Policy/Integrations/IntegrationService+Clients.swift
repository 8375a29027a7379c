import Logging
import Model
import ServiceKit

extension IntegrationService {
  /// Integrations with what the vault knows of their clients. An owner sees the rest also while the vault cannot be asked.
  func described(_ integrations: [Integration], by principal: Principal) async -> [Integration] {
    guard !integrations.isEmpty else { return [] }
    do {
      let found = try await vault.describeClients(
        integrations.map(\.id), of: principal.organizationId, actor: principal.actor)
      let clients = Dictionary(found.map { ($0.integrationId, $0) }, uniquingKeysWith: { first, _ in first })
      return integrations.map { integration in
        var integration = integration
        integration.secrets = clients[integration.id]?.secrets ?? []
        integration.problem = clients[integration.id]?.problem
        return integration
      }
    } catch {
      let code = (error as? any ServiceErrorConvertible)?.serviceError.code.rawValue
      logger.warning("the clients of Integrations are not described", metadata: ["error": "\(code ?? "other")"])
      return integrations
    }
  }
}
