import Egress
import HTTPTypes
import Model
import ServiceKit

/// Everything that the gateway can be told from outside.
public struct GatewayConfiguration: Sendable {
  /// An hour: a new tool is there on the same day, and a busy server is asked no more than it would be by one client.
  private static let toolListSeconds = 3_600
  /// From "always" to a week.
  private static let toolListRange = 1...604_800

  /// The address that browsers know; nil only while the settings are described.
  let publicURL: PublicURL?
  /// Whose pages may call the public API from a browser.
  let hostOrigins: HostOrigins
  /// How the network address of a browser is found.
  let callerAddress: CallerAddress
  let connectSignIn: ConnectSignIn
  let clientRegistration: ClientRegistration
  let limits: GatewayLimits
  /// Whether calls are carried to MCP servers that apps name themselves.
  let explicitServers: MCPProxyRoutes.Switch
  /// Seconds after which a stored list of an MCP server's tools is fetched again when somebody uses the server.
  let toolListSeconds: Int
  /// Where MCP servers may be besides public https hosts.
  let egressAllow: Set<EgressDestination>
  let measure: MeasureRoutes

  init(_ settings: Settings) {
    let text = settings.requiredString(
      "public.url", type: "URL", "The address that browsers know: an https origin, or an http one on a loopback host.")
    publicURL = PublicURL(text)
    if publicURL == nil, !text.isEmpty {
      settings.problem("LANYARD_PUBLIC_URL must be an https origin without a path, or an http one on a loopback host")
    }
    hostOrigins = HostOrigins(
      settings.list(
        "public.hostOrigins",
        "Origins of the host platform's pages, which may call the public API from a browser. On a loopback host the port may be *."
      ),
      own: publicURL)
    for entry in hostOrigins.rejected {
      settings.problem(
        "LANYARD_PUBLIC_HOST_ORIGINS: \(entry) is not an https origin, or an http one on a loopback host")
    }
    let header = settings.optionalString(
      "public.addressHeader", type: "header name",
      "The header to which the proxy in front appends the browser's address, such as X-Forwarded-For. "
        + "Set it only where every request passes that proxy.")
    callerAddress = CallerAddress(header: header.flatMap { HTTPField.Name($0) })
    if header != nil, callerAddress.header == nil {
      settings.problem("LANYARD_PUBLIC_ADDRESS_HEADER must be the name of a header")
    }
    connectSignIn = settings.choice(
      "connect.signIn", default: ConnectSignIn.required,
      "Whether a person must be signed in, or be handed over by the host's page, before they can connect an account.")
    clientRegistration = settings.choice(
      "client.registration", default: ClientRegistration.enabled,
      "Whether MCP clients may register themselves; those with a client metadata document need not.")
    limits = GatewayLimits(settings)
    explicitServers = settings.choice(
      "mcp.explicitServers", default: MCPProxyRoutes.Switch.disabled,
      "Whether members' apps may have calls carried to public MCP servers that they name themselves, for development. "
        + "No ceiling and no rule of an organization holds there.")
    toolListSeconds = settings.int(
      "mcp.toolListSeconds", default: Self.toolListSeconds, in: Self.toolListRange, unit: "seconds",
      "How old the stored list of an MCP server's tools may be; an older one is fetched again behind whoever uses it.")
    let entries = settings.list(
      "egress.allow",
      "host:port entries that are exempt from the rules on scheme, port and address: MCP servers of your own network.")
    do {
      egressAllow = try EgressPolicy.destinations(entries.joined(separator: ","))
    } catch {
      egressAllow = []
      settings.problem("LANYARD_EGRESS_ALLOW: \(error.entry) is not host:port")
    }
    measure = MeasureRoutes(settings)
  }
}
