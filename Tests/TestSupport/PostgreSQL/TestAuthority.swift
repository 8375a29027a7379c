import Foundation

/// A certificate authority for one test, made by the openssl command in a temporary folder.
public struct TestAuthority: Sendable {
  /// What clients trust, as a PEM file.
  public var certificateFile: String { "\(folder)/ca.crt" }
  private let folder: String

  /// Days that a certificate is valid: the test may run at midnight.
  private static let days = "2"

  public init() throws {
    var template = Array("/tmp/lanyard-ca-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw CocoaError(.fileWriteUnknown) }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    try Command.run(
      "openssl",
      ["req", "-x509", "-days", Self.days, "-subj", "/CN=Test authority", "-out", certificateFile]
        + Self.newKey("\(folder)/ca.key"))
  }

  /// A certificate for a server of this DNS name.
  public func certificate(for host: String) throws -> ServerCertificate {
    let (request, key) = ("\(folder)/\(host).csr", "\(folder)/\(host).key")
    let (extensions, certificate) = ("\(folder)/\(host).ext", "\(folder)/\(host).crt")
    try Command.run("openssl", ["req", "-subj", "/CN=\(host)", "-out", request] + Self.newKey(key))
    try "basicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:\(host)\n"
      .write(toFile: extensions, atomically: true, encoding: .utf8)
    try Command.run(
      "openssl",
      [
        "x509", "-req", "-in", request, "-CA", certificateFile, "-CAkey", "\(folder)/ca.key", "-CAcreateserial",
        "-days", Self.days, "-extfile", extensions, "-out", certificate,
      ])
    return ServerCertificate(
      certificate: try String(contentsOfFile: certificate, encoding: .utf8),
      key: try String(contentsOfFile: key, encoding: .utf8))
  }

  /// Removes the folder with the keys.
  public func remove() { try? FileManager.default.removeItem(atPath: folder) }

  private static func newKey(_ file: String) -> [String] {
    ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", file]
  }
}

/// A server's certificate and its key, as PEM texts.
public struct ServerCertificate: Sendable {
  public let certificate: String
  public let key: String
}
