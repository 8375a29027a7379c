public import Foundation
public import Model

/// A request to a provider as data: for userinfo, and for revocation that does not follow RFC 7009.
public struct RequestTemplate: Codable, Hashable, Sendable {
  public enum Method: String, Codable, Hashable, Sendable { case get = "GET", post = "POST", delete = "DELETE" }

  /// What goes into the `Authorization` header.
  public enum Authentication: String, Codable, Hashable, Sendable { case bearer, clientBasic, none }

  public struct Body: Codable, Hashable, Sendable {
    public enum Format: String, Codable, Hashable, Sendable {
      case form, json
      /// ``Body/text`` as it stands; it is no template.
      case text
    }
    public var format: Format
    /// Names and templates, for form and JSON.
    public var fields: [String: String]
    public var text: String?
    /// The media type of a text body.
    public var contentType: String?

    public init(format: Format, fields: [String: String] = [:], text: String? = nil, contentType: String? = nil) {
      self.format = format
      self.fields = fields
      self.text = text
      self.contentType = contentType
    }
  }

  public var method: Method
  public var authentication: Authentication
  /// Names and templates.
  public var headers: [String: String]
  public var body: Body?

  public init(
    method: Method = .get, authentication: Authentication = .bearer, headers: [String: String] = [:], body: Body? = nil
  ) {
    self.method = method
    self.authentication = authentication
    self.headers = headers
    self.body = body
  }

  /// Every template of the request, with its place for error texts.
  var templates: [(field: String, text: String)] {
    headers.map { ("headers.\($0.key)", $0.value) } + (body?.fields.map { ("body.\($0.key)", $0.value) } ?? [])
  }
}

/// The values of one call that templates may name.
public struct RequestValues: Sendable {
  private let values: [String: Secret<String>]

  /// Every name that a template may use beside the provider's variables.
  public static let names: Set<String> = [
    "accessToken", "refreshToken", "clientId", "clientSecret", "providerAccountId",
  ]

  public init(
    accessToken: Secret<String>? = nil, refreshToken: Secret<String>? = nil, client: ClientCredentials? = nil,
    providerAccountId: String? = nil
  ) {
    var values: [String: Secret<String>] = [:]
    values["accessToken"] = accessToken
    values["refreshToken"] = refreshToken
    values["clientId"] = client.map { Secret($0.id) }
    values["clientSecret"] = client?.secret
    values["providerAccountId"] = providerAccountId.map { Secret($0) }
    self.values = values
  }

  func value(_ name: String) throws -> Secret<String> {
    guard let value = values[name] else { throw ProviderError.missingValue(name) }
    return value
  }

  /// Fills a template; each value goes through `encode` first.
  func fill(_ text: String, encode: (String) -> String = { $0 }) throws -> String {
    guard let template = Template(text) else {
      throw ProviderError.invalid(field: "template", reason: "unbalanced braces")
    }
    return try template.filled { name in try value(name).expose(encode) }
  }
}

/// An Integration's registration at a provider.
public struct ClientCredentials: Sendable {
  public var id: String
  /// Absent for a public client.
  public var secret: Secret<String>?

  public init(id: String, secret: Secret<String>?) {
    self.id = id
    self.secret = secret
  }
}

/// A request that is ready to be sent. All of it but method and host is under cover: tokens stand in bodies, headers,
/// even paths.
public struct ProviderRequest: Sendable, CustomStringConvertible {
  public struct Content: Sendable {
    public var url: String
    /// In the order of sending; names in their usual spelling.
    public var headers: [(name: String, value: String)]
    public var body: Data?
  }

  /// `GET`, `POST`, `DELETE`.
  public let method: String
  /// Host and port, for logs.
  public let authority: String
  public let content: Secret<Content>

  public var description: String { "\(method) \(authority)" }

  init(method: String, url: String, headers: [(name: String, value: String)], body: Data?) throws {
    guard let parsed = ProviderURL(url) else { throw ProviderError.endpointRefused(field: "request") }
    // A line break inside a value would start a header of its own.
    for header in headers where !header.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) {
      throw ProviderError.invalid(field: header.name, reason: "it holds a control character")
    }
    self.method = method
    authority = parsed.authority
    content = Secret(Content(url: url, headers: headers, body: body))
  }

  init(_ template: RequestTemplate, url: String, values: RequestValues) throws {
    var headers: [(name: String, value: String)] = []
    switch template.authentication {
    case .bearer: headers.append(("Authorization", try values.fill("Bearer {accessToken}")))
    case .clientBasic:
      headers.append(
        ("Authorization", try Self.basic(id: values.value("clientId"), secret: values.value("clientSecret"))))
    case .none: break
    }
    if template.headers["Accept"] == nil { headers.append(("Accept", "application/json")) }
    for (name, text) in template.headers.sorted(by: { $0.key < $1.key }) {
      headers.append((name, try values.fill(text)))
    }
    let body = try template.body.map { try Self.body($0, values: values) }
    if let body { headers.append(("Content-Type", body.contentType)) }
    try self.init(
      method: template.method.rawValue, url: values.fill(url, encode: Percent.encode), headers: headers,
      body: body?.bytes)
  }

  /// `client_secret_basic` (RFC 6749 section 2.3.1): both parts form-encoded before base64.
  static func basic(id: Secret<String>, secret: Secret<String>) -> String {
    let pair = id.expose(Percent.encode) + ":" + secret.expose(Percent.encode)
    return "Basic " + Data(pair.utf8).base64EncodedString()
  }

  /// A body of names and values, in the given order.
  static func body(_ fields: [(String, String)], format: TokenRequestRule.Format) throws -> (
    bytes: Data, contentType: String
  ) {
    switch format {
    case .form: (Data(Percent.form(fields).utf8), "application/x-www-form-urlencoded")
    case .json:
      (
        try WireJSON.encode(Dictionary(fields, uniquingKeysWith: { _, last in last })), "application/json"
      )
    }
  }

  private static func body(
    _ body: RequestTemplate.Body, values: RequestValues
  ) throws -> (bytes: Data, contentType: String) {
    let fields = try body.fields.sorted { $0.key < $1.key }.map { ($0.key, try values.fill($0.value)) }
    return switch body.format {
    case .form: try Self.body(fields, format: .form)
    case .json: try Self.body(fields, format: .json)
    case .text: (Data((body.text ?? "").utf8), body.contentType ?? "application/json")
    }
  }
}
