import Foundation
import Model
import Sealing
import ServiceTokens
import SwiftASN1
import X509

/// Checks of the files that `lanyard init` made.
struct FileChecks {
  /// Days before its end from which a certificate is reported.
  private static let renewalDays = 30.0
  private static let secondsPerDay = 86_400.0

  let layout: DeploymentLayout

  func findings() -> [Finding] {
    [
      check(layout.keyring, "restore it from its own backup; without it nothing that is stored can be opened") {
        _ = try KeyringFile(path: $0).load()
      },
      check(layout.journalKey, "run lanyard init") { _ = try JournalKeyPair.load($0) },
      check(layout.journalPublicKey, "run lanyard init") { path in
        guard try JournalPublicKey.load(path) == JournalKeyPair.load(layout.journalKey).publicKey else {
          throw CommandFailure.configuration(["it does not belong to \(layout.journalKey)"])
        }
      },
    ] + serviceKeys() + certificates()
  }

  private func serviceKeys() -> [Finding] {
    let pinned = Result { try ServiceKeySet(contentsOf: layout.serviceKeys) }
    var findings = [check(layout.serviceKeys, "run lanyard init") { _ in _ = try pinned.get() }]
    for service in DeploymentLayout.services {
      findings.append(
        check(layout.serviceKey(service), "chmod 600, or run lanyard init when it is missing") { path in
          let key = try ServiceKeyFile.read(path)
          guard key.service == service else {
            throw CommandFailure.configuration(["it is the key of the \(key.service.rawValue) service"])
          }
          guard let set = try? pinned.get(), set.key(withId: key.keyId) != nil else {
            throw CommandFailure.configuration(["\(layout.serviceKeys) does not pin it"])
          }
        })
    }
    return findings
  }

  private func certificates() -> [Finding] {
    let files = [(layout.authorityCertificate, layout.authorityKey)]
    let own = DeploymentLayout.services.map { (layout.certificate($0), layout.certificateKey($0)) }
    return (files + own).flatMap { certificate, key in
      [
        check(certificate, "remove it and its key, and run lanyard init") { path in
          let ends = try Certificate(pemEncoded: CommandFile.text(path, isPrivate: false)).notValidAfter
          guard ends.timeIntervalSinceNow > Self.renewalDays * Self.secondsPerDay else {
            throw CommandFailure.configuration(["it ends at \(WireTime.text(ends))"])
          }
        },
        check(key, "chmod 600, or remove it and its certificate and run lanyard init") { path in
          _ = try CommandFile.text(path, isPrivate: true)
        },
      ]
    }
  }

  private func check(_ path: String, _ remedy: String, _ body: (String) throws -> Void) -> Finding {
    do {
      try body(path)
      return .ok(path)
    } catch {
      let problems = CommandFailure(error).problems.joined(separator: "; ")
      return .problem(path, "\(problems). To do: \(remedy).")
    }
  }
}
