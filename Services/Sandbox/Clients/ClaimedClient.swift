import FoundationEssentials

extension ClientAuthentication {
  /// The client that a request names, whether or not it can prove it.
  static func claimedID(_ authorization: String?, _ form: FormFields) -> String? {
    guard let authorization else { return form["client_id"] }
    let parts = authorization.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "basic", let data = Data(base64Encoded: String(parts[1])) else {
      return nil
    }
    return FormFields.decode(data.prefix { $0 != UInt8(ascii: ":") })
  }
}
