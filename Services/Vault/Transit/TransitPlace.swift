/// Where a Transit secrets engine is (HashiCorp Vault, OpenBao), and which of its keys wraps ours.
struct TransitPlace: Sendable {
  /// Without a slash at the end.
  var url: String
  var mount: String
  var key: String
  var namespace: String?
  /// Read for every call: whoever renews the token replaces the file.
  var tokenFile: String
  var authorityFile: String?
}
