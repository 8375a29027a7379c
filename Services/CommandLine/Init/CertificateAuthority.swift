import Crypto
import FoundationEssentials
import Model
import SwiftASN1
import X509

/// The deployment's own certificate authority, the only one that its services trust.
struct CertificateAuthority {
  /// Ten years: replacing it means touching every service, and its key is needed by nothing but `lanyard init`.
  private static let authorityDays = 3_650
  /// Two years: what runs that long without maintenance should make itself felt before the authority ends.
  private static let serviceDays = 730
  /// Certificates begin this much earlier, for clocks that are behind.
  private static let startsEarlierSeconds = 300.0
  private static let secondsPerDay = 86_400.0

  private let certificate: Certificate
  private let key: P256.Signing.PrivateKey

  /// A certificate with its key, as PEM.
  struct Issued {
    var certificatePEM: String
    var keyPEM: Secret<String>
  }

  /// The authority's key, as PEM.
  var keyPEM: Secret<String> { Secret(key.pemRepresentation + "\n") }

  /// The authority's certificate, as PEM.
  func certificatePEM() throws -> String { try certificate.serializeAsPEM().pemString + "\n" }

  /// A new authority with a P-256 key. It may sign services' certificates, not further authorities.
  static func make(now: Date = Date()) throws -> CertificateAuthority {
    let key = P256.Signing.PrivateKey()
    let signer = Certificate.PrivateKey(key)
    let name = try DistinguishedName { CommonName("Lanyard internal authority \(RandomText.base32(bytes: 5))") }
    let certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: signer.publicKey,
      notValidBefore: now - startsEarlierSeconds, notValidAfter: now + Double(authorityDays) * secondsPerDay,
      issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
        Critical(KeyUsage(keyCertSign: true, cRLSign: true))
        SubjectKeyIdentifier(hash: signer.publicKey)
      }, issuerPrivateKey: signer)
    return CertificateAuthority(certificate: certificate, key: key)
  }

  /// Reads an authority that was made before.
  static func load(certificate: String, key: String) throws -> CertificateAuthority {
    let keyText = try CommandFile.text(key, isPrivate: true)
    let certificateText = try CommandFile.text(certificate, isPrivate: false)
    guard let key = try? P256.Signing.PrivateKey(pemRepresentation: keyText),
      let certificate = try? Certificate(pemEncoded: certificateText)
    else { throw CommandFailure.configuration(["\(certificate) or \(key) is not a PEM file of this kind"]) }
    guard certificate.publicKey == Certificate.PrivateKey(key).publicKey else {
      throw CommandFailure.configuration(["the authority's certificate and key do not belong together"])
    }
    return CertificateAuthority(certificate: certificate, key: key)
  }

  /// A certificate for a service: for its name, this machine's loopback names, and further hosts.
  func issue(for service: ServiceName, hosts: [String], now: Date = Date()) throws -> Issued {
    let key = P256.Signing.PrivateKey()
    let subject = Certificate.PrivateKey(key)
    let names = try Self.names(service, hosts)
    let identifier = try certificate.extensions.subjectKeyIdentifier?.keyIdentifier
    let certificate = try Certificate(
      version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: subject.publicKey,
      notValidBefore: now - Self.startsEarlierSeconds,
      notValidAfter: min(now + Double(Self.serviceDays) * Self.secondsPerDay, certificate.notValidAfter),
      issuer: certificate.subject, subject: try DistinguishedName { CommonName(service.rawValue) },
      signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.notCertificateAuthority)
        Critical(KeyUsage(digitalSignature: true))
        // Services speak as clients too, where mutual TLS is asked for.
        try ExtendedKeyUsage([.serverAuth, .clientAuth])
        SubjectAlternativeNames(names)
        SubjectKeyIdentifier(hash: subject.publicKey)
        AuthorityKeyIdentifier(keyIdentifier: identifier)
      }, issuerPrivateKey: Certificate.PrivateKey(self.key))
    return Issued(
      certificatePEM: try certificate.serializeAsPEM().pemString + "\n", keyPEM: Secret(key.pemRepresentation + "\n"))
  }

  private static func names(_ service: ServiceName, _ hosts: [String]) throws -> [GeneralName] {
    var seen: Set<String> = []
    let texts = [service.rawValue, "localhost", "127.0.0.1", "::1"] + hosts.map { $0.lowercased() }
    return try texts.filter { seen.insert($0).inserted }.map { text in
      if let address = HostAddress.bytes(text) { return .ipAddress(ASN1OctetString(contentBytes: address[...])) }
      guard HostAddress.isName(text) else {
        throw CommandFailure(exitCode: 64, problems: ["--host \(text) is neither a host name nor an address"])
      }
      return .dnsName(text)
    }
  }
}
