import Crypto
import FoundationEssentials
import Model
import SwiftASN1
import X509

/// A certificate authority in a temporary folder, with one server certificate for `127.0.0.1`.
final class TestAuthority {
  let folder: String
  /// The authority's certificate.
  var authorityFile: String { "\(folder)/ca.pem" }
  var certificateFile: String { "\(folder)/server.pem" }
  var keyFile: String { "\(folder)/server.key" }

  init(host: String? = nil) throws {
    folder = FileManager.default.temporaryDirectory.path + "/lanyard-ca-\(RandomText.base32(bytes: 8))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let (authorityKey, serverKey) = (P256.Signing.PrivateKey(), P256.Signing.PrivateKey())
    let issuer = try DistinguishedName { CommonName("Test authority \(RandomText.base32(bytes: 4))") }
    let authority = try Self.certificate(
      for: authorityKey.publicKey, subject: issuer, issuer: issuer, signedBy: authorityKey,
      extensions: Certificate.Extensions {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
        Critical(KeyUsage(keyCertSign: true))
      })
    let name: GeneralName =
      host.map { .dnsName($0) } ?? .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1]))
    let server = try Self.certificate(
      for: serverKey.publicKey, subject: DistinguishedName { CommonName("server") }, issuer: issuer,
      signedBy: authorityKey,
      extensions: Certificate.Extensions {
        Critical(BasicConstraints.notCertificateAuthority)
        SubjectAlternativeNames([name])
      })
    try write(authority.serializeAsPEM().pemString, authorityFile)
    try write(server.serializeAsPEM().pemString, certificateFile)
    try write(serverKey.pemRepresentation, keyFile)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func write(_ text: String, _ path: String) throws { try Data(text.utf8).write(to: URL(filePath: path)) }

  private static func certificate(
    for key: P256.Signing.PublicKey, subject: DistinguishedName, issuer: DistinguishedName,
    signedBy issuerKey: P256.Signing.PrivateKey, extensions: Certificate.Extensions
  ) throws -> Certificate {
    try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key), notValidBefore: Date() - 60,
      notValidAfter: Date() + 3_600, issuer: issuer, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: extensions, issuerPrivateKey: .init(issuerKey))
  }
}
