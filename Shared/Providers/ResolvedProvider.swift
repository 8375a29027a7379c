/// A provider whose URLs hold no variables any more, each checked.
public struct ResolvedProvider: Hashable, Sendable {
  /// The row with every variable filled in.
  public let provider: Provider
  /// The values that were used.
  public let variables: [String: String]
}

extension Provider {
  /// Fills the URLs with values for the variables, with defaults where none is given.
  ///
  /// Each value is held against its anchored pattern before, and each URL is checked after: https, no user name, no dot
  /// segments, the fixed part of its host unchanged. Hosts are only checked for their form; the egress client checks
  /// where they lead.
  ///
  /// - Parameter insecureHosts: `host:port` entries that may use http: the operator's own list, empty in most
  ///   deployments.
  /// - Throws: ``ProviderError``.
  public func resolve(
    variables given: [String: String] = [:], insecureHosts: Set<String> = []
  ) throws -> ResolvedProvider {
    for name in given.keys where variables[name] == nil { throw ProviderError.unknownVariable(name) }
    var values: [String: String] = [:]
    for (name, variable) in variables {
      let value: String
      if let own = given[name] {
        // Only the operator's settings can fill such a variable, by way of its default.
        guard variable.from != .configuration || own == variable.defaultValue else {
          throw ProviderError.variableRefused(name: name, pattern: variable.pattern)
        }
        value = own
      } else if let fallback = variable.defaultValue {
        value = fallback
      } else {
        continue
      }
      guard variable.accepts(value) else { throw ProviderError.variableRefused(name: name, pattern: variable.pattern) }
      values[name] = value
    }
    let fill = URLFill(variables: variables, values: values, insecureHosts: insecureHosts)
    var row = self
    row.providerUrl = try fill.url(providerUrl, field: "providerUrl")
    row.issuer = try issuer.map { try fill.url($0, field: "issuer") }
    row.mcpServerUrl = try mcpServerUrl.map { try fill.url($0, field: "mcpServerUrl") }
    row.endpoints.authorization = try fill.url(endpoints.authorization, field: "endpoints.authorization")
    row.endpoints.token = try fill.url(endpoints.token, field: "endpoints.token")
    row.endpoints.refresh = try endpoints.refresh.map { try fill.url($0, field: "endpoints.refresh") }
    row.endpoints.revocation = try endpoints.revocation.map { try fill.url($0, field: "endpoints.revocation") }
    row.endpoints.userinfo = try endpoints.userinfo.map { try fill.url($0, field: "endpoints.userinfo") }
    row.variables = [:]
    return ResolvedProvider(provider: row, variables: values)
  }
}

/// Fills variables into one URL after the other. Places for a call's values stay open.
private struct URLFill {
  let variables: [String: Provider.Variable]
  let values: [String: String]
  let insecureHosts: Set<String>

  func url(_ text: String, field: String) throws -> String {
    guard let template = Template(text) else { throw ProviderError.endpointRefused(field: field) }
    let filled = try template.filled { name in
      guard variables[name] != nil else { return nil }
      guard let value = values[name] else { throw ProviderError.missingVariable(name) }
      return value
    }
    // The check needs a whole URL; a call's value is percent-encoded when it goes in and cannot change its shape.
    let probe = Template(filled)?.filled { _ in "x" }
    guard let probe, let url = ProviderURL(probe), allowed(url), keepsHost(template, url) else {
      throw ProviderError.endpointRefused(field: field)
    }
    return filled
  }

  private func allowed(_ url: ProviderURL) -> Bool {
    url.isHTTPS || insecureHosts.contains("\(url.host):\(url.port ?? 80)")
  }

  /// What the template says literally about its host must still be there, at both ends.
  private func keepsHost(_ template: Template, _ url: ProviderURL) -> Bool {
    guard template.parts.count > 1, case .literal(let start)? = template.parts.first else { return true }
    guard let scheme = start.firstRange(of: "://") else { return false }
    let head = start[scheme.upperBound...]
    if let end = head.firstIndex(where: { $0 == "/" || $0 == "?" }) {
      return ProviderURL(String(start[..<end]))?.authority == url.authority
    }
    // The host begins in the first literal and goes on behind one variable.
    guard url.host.hasPrefix(head) else { return false }
    guard template.parts.count > 2, case .literal(let tail) = template.parts[2] else { return true }
    return url.authority.hasSuffix(tail.prefix { $0 != "/" && $0 != "?" })
  }
}
