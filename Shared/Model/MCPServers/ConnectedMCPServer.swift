/// The answer of `POST /v1/mcp-servers/{id}/connect`.
public struct ConnectedMCPServer: Codable, Sendable {
  public enum Status: String, Codable, Sendable {
    /// Calls work.
    case ready
    /// `flow`: the person must connect an account.
    case consentRequired
  }

  public var status: Status
  public var flow: Flow?

  public init(status: Status, flow: Flow? = nil) {
    self.status = status
    self.flow = flow
  }
}
