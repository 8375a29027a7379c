/// The place of one sealed value. A sealed value opens only at the place that it was sealed for.
public struct RecordAddress: Sendable, Hashable {
  public var organizationId: String
  /// The kind of record, for example `connection`.
  public var kind: String
  public var recordId: String
  /// Which of the record's values it is, for example `tokens`.
  public var field: String
  /// Counts the writes of the record; an older ciphertext does not open as the newer version.
  public var recordVersion: UInt64

  public init(organizationId: String, kind: String, recordId: String, field: String, recordVersion: UInt64) {
    self.organizationId = organizationId
    self.kind = kind
    self.recordId = recordId
    self.field = field
    self.recordVersion = recordVersion
  }

  /// The associated data: every part with its length, headed by domain and format.
  func authenticated(algorithm: UInt8, organizationKeyVersion: UInt32) -> [UInt8] {
    var fields = LengthPrefixed()
    fields.append(SealedRecord.domain)
    fields.append(SealedRecord.magic + [algorithm])
    fields.append(organizationId)
    fields.append(kind)
    fields.append(recordId)
    fields.append(field)
    fields.append(recordVersion)
    fields.append(organizationKeyVersion)
    return fields.bytes
  }
}
