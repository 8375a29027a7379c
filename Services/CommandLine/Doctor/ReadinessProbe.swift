import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import ServiceKit

/// Asks a running service whether it is ready.
enum ReadinessProbe {
  /// A service answers within its own checks' two seconds; more means that it hangs.
  private static let timeoutSeconds: Int64 = 5
  /// Far more than a readiness report has.
  private static let maximumBytes = 65_536

  static func finding(_ url: String) async -> Finding {
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    let client = HTTPClient(configuration: configuration)
    let finding = await ask(client, url)
    try? await client.shutdown()
    return finding
  }

  private static func ask(_ client: HTTPClient, _ url: String) async -> Finding {
    do {
      let response = try await client.execute(
        HTTPClientRequest(url: url + "/readyz"), timeout: .seconds(timeoutSeconds))
      let body = try await response.body.collect(upTo: maximumBytes)
      guard response.status.code == 200 else {
        let report = try? JSONDecoder().decode(Health.Report.self, from: Data(body.readableBytesView))
        let failed = report?.checks.filter { $0.value != "ok" }.keys.sorted().joined(separator: ", ") ?? "no report"
        return .problem(url, "not ready (\(failed)). To do: look into the service's log.")
      }
      return .ok(url, "ready")
    } catch {
      return .problem(
        url, "does not answer (\(type(of: error))). To do: check that the service runs and the port is right.")
    }
  }
}
