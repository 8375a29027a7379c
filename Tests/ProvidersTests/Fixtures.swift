import Foundation
import Model
import Providers

let client = ClientCredentials(id: "client id", secret: Secret("s3cret&="))

/// Values that make the rows with variables complete.
let exampleVariables = ["zendesk": ["subdomain": "acme"], "shopify": ["shop": "acme-store"]]

let sandboxIssuer = "http://127.0.0.1:9700"

func catalogue() throws -> ProviderCatalogue { try ProviderCatalogue.load(sandboxIssuer: sandboxIssuer) }

func resolved(_ id: String) throws -> ResolvedProvider {
  try catalogue().require(id).resolve(variables: exampleVariables[id] ?? [:], insecureHosts: ["127.0.0.1:9700"])
}

/// A request as text, for comparison with a golden one. Tests only: it opens the cover.
func text(_ request: ProviderRequest) -> String {
  request.content.expose { content in
    let headers = content.headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
    let body = content.body.map { String(decoding: $0, as: UTF8.self) } ?? ""
    return "\(request.method) \(content.url)\n\(headers)\n\n\(body)"
  }
}

func data(_ text: String) -> Data { Data(text.utf8) }
