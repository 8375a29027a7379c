/// Why a database URL was refused. Never holds the password.
public struct PostgresConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// All of them, one sentence each.
  public let problems: [String]
  public var description: String { problems.joined(separator: " ") }
}

extension PostgresConfiguration {
  private static let defaultPort = 5432

  /// Reads `postgres://user:password@host:port/database?sslmode=verify-full&sslrootcert=/path` (or `postgresql://`).
  ///
  /// A unix socket is `postgres://user@/database?host=/directory&port=5432`. Parts are percent-decoded. `sslmode` is
  /// `disable` or `verify-full`; without it TLS is off. `application_name` is taken too, anything else is refused.
  /// - Throws: ``PostgresConfigurationError`` with every problem found.
  public init(url: String) throws {
    var reader = URLReader()
    self = try reader.read(url)
  }

  private struct URLReader {
    var problems: [String] = []

    mutating func read(_ url: String) throws -> PostgresConfiguration {
      guard let scheme = ["postgres://", "postgresql://"].first(where: { url.hasPrefix($0) }) else {
        throw PostgresConfigurationError(problems: ["The database URL must begin with postgres:// or postgresql://."])
      }
      let (main, query) = split(url.dropFirst(scheme.count), at: "?")
      let (authority, path) = split(main, at: "/")
      var server = authority
      var credentials: Substring = ""
      if let at = authority.lastIndex(of: "@") {
        credentials = authority[..<at]
        server = authority[authority.index(after: at)...]
      }
      let (userPart, passwordPart) = split(credentials, at: ":")
      let user = decode(userPart, "user")
      let database = decode(path ?? "", "database")
      let password = passwordPart.map { decode($0, "password") }
      if user.isEmpty { problems.append("The database URL names no user.") }
      if database.isEmpty { problems.append("The database URL names no database.") }

      let options = parameters(query ?? "")
      var (host, port) = hostAndPort(server)
      if let value = options["host"] { host = value }
      if let value = options["port"] { port = value }
      let portNumber = port.isEmpty ? defaultPort : Int(port) ?? 0
      if !(1...65_535).contains(portNumber) { problems.append("The port in the database URL is not 1 to 65535.") }
      if host.isEmpty { problems.append("The database URL names no host; for a socket write ?host=/directory.") }
      let tls = encryption(options)
      guard problems.isEmpty else { throw PostgresConfigurationError(problems: problems) }

      var result = PostgresConfiguration(
        address: host.hasPrefix("/")
          ? .unixSocket(directory: host, port: portNumber) : .tcp(host: host, port: portNumber),
        database: database, user: user, password: password.map { PostgresPassword($0) }, tls: tls)
      if let name = options["application_name"] { result.applicationName = name }
      return result
    }

    private func split(_ text: Substring?, at separator: Character) -> (Substring, Substring?) {
      let text = text ?? ""
      guard let index = text.firstIndex(of: separator) else { return (text, nil) }
      return (text[..<index], text[text.index(after: index)...])
    }

    private mutating func hostAndPort(_ server: Substring) -> (String, String) {
      if server.hasPrefix("["), let end = server.firstIndex(of: "]") {
        let host = server[server.index(after: server.startIndex)..<end]
        let rest = server[server.index(after: end)...]
        return (String(host), String(rest.dropFirst()))
      }
      let (host, port) = split(server, at: ":")
      return (decode(host, "host"), String(port ?? ""))
    }

    private mutating func parameters(_ query: Substring) -> [String: String] {
      var result: [String: String] = [:]
      let known: Set<String> = ["host", "port", "sslmode", "sslrootcert", "application_name"]
      for pair in query.split(separator: "&") {
        let (key, value) = split(pair, at: "=")
        guard known.contains(String(key)) else {
          // The key alone: a misplaced password would be in the value.
          problems.append("The database URL has a parameter that is not known: \(key.prefix(32)).")
          continue
        }
        result[String(key)] = decode(value ?? "", String(key))
      }
      return result
    }

    private mutating func encryption(_ options: [String: String]) -> TLS {
      switch (options["sslmode"], options["sslrootcert"]) {
      case (nil, nil), ("disable", _): return .disable
      case ("verify-full", let file?): return .verifyFull(caFile: file)
      case ("verify-full", nil):
        problems.append("sslmode=verify-full needs sslrootcert=/path/to/ca.pem.")
      default:
        problems.append("sslmode in the database URL must be disable or verify-full.")
      }
      return .disable
    }

    private mutating func decode(_ text: Substring, _ part: String) -> String {
      var bytes: [UInt8] = []
      var rest = Substring(text).utf8[...]
      while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
          bytes.append(byte)
          continue
        }
        guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16),
          value != 0
        else {
          problems.append("The \(part) in the database URL is not percent-encoded correctly.")
          return ""
        }
        bytes.append(value)
        rest = rest.dropFirst(2)
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  }
}
