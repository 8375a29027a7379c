import Foundation
import Model
import Sealing
import ServiceTokens

/// Makes what a deployment is missing. Nothing that exists is changed: a key that were replaced here would be lost
/// data.
struct Deployment {
  let layout: DeploymentLayout
  /// Names and addresses for the certificates, besides the usual ones.
  let hosts: [String]

  /// Two runs at once wait for each other.
  func create() throws -> InitReport {
    try ProtectedFolder.make(layout.directory)
    return try ProtectedFolder.withLock(on: layout.directory) {
      try ProtectedFolder.make(layout.serviceKeysFolder)
      try ProtectedFolder.make(layout.tlsFolder)
      var report = InitReport(directory: layout.directory)
      try makeKeyring(&report)
      try makeJournalKeys(&report)
      try makeServiceKeys(&report)
      try makeCertificates(&report)
      return report
    }
  }

  private func makeKeyring(_ report: inout InitReport) throws {
    try make(layout.keyring, &report) { path in
      let day = WireTime.text(Date()).prefix(10)
      try KeyringFile(path: path).create(Keyring.generate(keyId: "root-\(day)-\(RandomText.base32(bytes: 3))"))
    }
  }

  private func makeJournalKeys(_ report: inout InitReport) throws {
    try make(layout.journalKey, &report) { try JournalKeyPair.generate().write($0) }
    try make(layout.journalPublicKey, &report) { try JournalKeyPair.load(layout.journalKey).publicKey.write($0) }
  }

  private func makeServiceKeys(_ report: inout InitReport) throws {
    for service in DeploymentLayout.services {
      try make(layout.serviceKey(service), &report) {
        try ServiceKeyFile.write(ServiceKey.generate(for: service), to: $0)
      }
    }
    // Pins every key, and keeps pins that are there: a key on its way in or out may be pinned besides.
    let exists = FileManager.default.fileExists(atPath: layout.serviceKeys)
    let pinned = exists ? try ServiceKeySet(contentsOf: layout.serviceKeys).all : []
    let own = try DeploymentLayout.services.map { try ServiceKeyFile.read(layout.serviceKey($0)).publicKey }
    let missing = own.filter { key in !pinned.contains { $0.keyId == key.keyId } }
    if missing.isEmpty {
      report.kept.append(layout.serviceKeys)
    } else {
      try ServiceKeySet(pinned + missing).write(to: layout.serviceKeys)
      try ProtectedFolder.protectFile(layout.serviceKeys)
      report.created.append(layout.serviceKeys)
    }
  }

  private func makeCertificates(_ report: inout InitReport) throws {
    let authority: CertificateAuthority
    if exists(layout.authorityCertificate), exists(layout.authorityKey) {
      authority = try CertificateAuthority.load(certificate: layout.authorityCertificate, key: layout.authorityKey)
      report.kept += [layout.authorityCertificate, layout.authorityKey]
    } else if exists(layout.authorityCertificate) || exists(layout.authorityKey) {
      throw CommandFailure.configuration(
        ["\(layout.tlsFolder) has only one of ca.crt and ca.key; restore the other or remove the folder"])
    } else {
      authority = try CertificateAuthority.make()
      try PrivateFile.write(Array(authority.keyPEM.expose { $0 }.utf8), to: layout.authorityKey, replacing: false)
      try PrivateFile.write(
        Array(try authority.certificatePEM().utf8), to: layout.authorityCertificate, replacing: false)
      report.created += [layout.authorityCertificate, layout.authorityKey]
    }
    for service in DeploymentLayout.services { try makeCertificate(for: service, authority, &report) }
  }

  private func makeCertificate(
    for service: ServiceName, _ authority: CertificateAuthority, _ report: inout InitReport
  ) throws {
    let paths = [layout.certificate(service), layout.certificateKey(service)]
    if paths.allSatisfy(exists) {
      report.kept += paths
      return
    }
    guard !paths.contains(where: exists) else {
      throw CommandFailure.configuration(
        ["only one of \(paths.joined(separator: " and ")) exists; remove it to have both made anew"])
    }
    let issued = try authority.issue(for: service, hosts: hosts)
    try PrivateFile.write(Array(issued.keyPEM.expose { $0 }.utf8), to: paths[1], replacing: false)
    try PrivateFile.write(Array(issued.certificatePEM.utf8), to: paths[0], replacing: false)
    report.created += paths
  }

  private func make(_ path: String, _ report: inout InitReport, _ body: (String) throws -> Void) throws {
    if exists(path) {
      report.kept.append(path)
    } else {
      try body(path)
      report.created.append(path)
    }
  }

  private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}
