public import Foundation

extension ProviderRequest {
  /// A request that posts a JSON document without any credential: a registration (RFC 7591), or a question to an MCP server.
  ///
  /// - Throws: ``ProviderError/endpointRefused(field:)`` for a URL that is no plain one.
  public init(
    posting document: Data, to url: String, accepting types: String = "application/json",
    headers: [(name: String, value: String)] = []
  ) throws {
    try self.init(
      method: "POST", url: url, headers: [("Accept", types), ("Content-Type", "application/json")] + headers,
      body: document)
  }
}
