import Crypto
import FoundationEssentials
public import Model

/// Why something could not be sealed for the journal, or opened from it.
public enum JournalError: Error, Sendable, Hashable {
  /// The key file or key bytes are not a valid X25519 key.
  case invalidKey
  /// It was sealed to another key than this one.
  case otherKey
  /// It does not open: damage, other associated data, another format. One answer for every reason.
  case cannotOpen
}

/// Seals to the vault's public key what cannot be stored in the database at the moment (RFC 9180, base mode).
///
/// `magic 0x4A 0x31 | suite u8 | key id 8 | encapsulated key 32 | ciphertext | tag 16`
public enum JournalSeal {
  private static let magic: [UInt8] = [0x4A, 0x31]
  /// DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
  private static let suiteNumber: UInt8 = 1
  private static let suite = HPKE.Ciphersuite(kem: .Curve25519_HKDF_SHA256, kdf: .HKDF_SHA256, aead: .AES_GCM_256)
  private static let info = Data("lanyard.journal".utf8)
  private static let encapsulatedBytes = 32
  private static let tagBytes = 16
  private static let headerBytes = magic.count + 1 + JournalPublicKey.keyIdBytes

  /// Seals a value. Everyone with the public key can; nobody can open it with the public key.
  ///
  /// - Parameter authenticated: What the entry belongs to; must be given again, unchanged, to open.
  public static func seal(
    _ plaintext: Secret<[UInt8]>, authenticating authenticated: [UInt8], to key: JournalPublicKey
  ) throws -> [UInt8] {
    let recipient = try Curve25519.KeyAgreement.PublicKey(rawRepresentation: key.rawRepresentation)
    var sender = try HPKE.Sender(recipientKey: recipient, ciphersuite: suite, info: info)
    let header = magic + [suiteNumber] + key.keyId
    let ciphertext = try plaintext.expose {
      try sender.seal($0, authenticating: place(header, authenticated))
    }
    return header + sender.encapsulatedKey + ciphertext
  }

  /// Opens a sealed value.
  ///
  /// - Throws: ``JournalError``.
  public static func open(
    _ sealed: [UInt8], authenticating authenticated: [UInt8], with key: JournalKeyPair
  ) throws -> Secret<[UInt8]> {
    guard sealed.count >= headerBytes + encapsulatedBytes + tagBytes, sealed.starts(with: magic + [suiteNumber]) else {
      throw JournalError.cannotOpen
    }
    let header = Array(sealed[..<headerBytes])
    guard Array(header.suffix(JournalPublicKey.keyIdBytes)) == key.publicKey.keyId else {
      throw JournalError.otherKey
    }
    do {
      let encapsulated = Data(sealed[headerBytes..<(headerBytes + encapsulatedBytes)])
      var recipient = try HPKE.Recipient(
        privateKey: key.privateKey, ciphersuite: suite, info: info, encapsulatedKey: encapsulated)
      var plaintext = try recipient.open(
        Data(sealed[(headerBytes + encapsulatedBytes)...]), authenticating: place(header, authenticated))
      defer { plaintext.wipe() }
      return Secret(Array(plaintext))
    } catch {
      throw JournalError.cannotOpen
    }
  }

  private static func place(_ header: [UInt8], _ authenticated: [UInt8]) -> [UInt8] {
    var fields = LengthPrefixed()
    fields.append(header)
    fields.append(authenticated)
    return fields.bytes
  }
}
