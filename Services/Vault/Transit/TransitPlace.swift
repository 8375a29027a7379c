import Foundation
import ServiceKit

/// Where a Transit secrets engine is (HashiCorp Vault, OpenBao), and which of its keys wraps ours.
package struct TransitPlace: Sendable {
  package static let defaultMount = "transit"
  package static let defaultKey = "lanyard"
  /// Of a whole call, head and body. Rare, and never in the hot path; yet a vault that opens should not hang on a lost packet.
  package static let defaultLimitSeconds = 5

  /// Without a slash at the end.
  var url: String
  var mount: String
  var key: String
  var namespace: String?
  /// Read for every call: whoever renews the token replaces the file.
  var tokenFile: String
  var authorityFile: String?
  var limitSeconds: Int

  package init(
    url: String, mount: String = defaultMount, key: String = defaultKey, namespace: String? = nil, tokenFile: String,
    authorityFile: String? = nil, limitSeconds: Int = defaultLimitSeconds
  ) {
    self.url = url
    self.mount = mount
    self.key = key
    self.namespace = namespace
    self.tokenFile = tokenFile
    self.authorityFile = authorityFile
    self.limitSeconds = limitSeconds
  }

  /// What the parts are called where they are said: settings of a vault, options of a command.
  package struct Names: Sendable {
    var url, mount, key, tokenFile, authorityFile: String

    package init(url: String, mount: String, key: String, tokenFile: String, authorityFile: String) {
      self.url = url
      self.mount = mount
      self.key = key
      self.tokenFile = tokenFile
      self.authorityFile = authorityFile
    }
  }

  /// Everything that is wrong with it, one sentence each. Files are not looked at.
  package func problems(_ names: Names) -> [String] {
    var problems: [String] = []
    let parts = URLComponents(string: url)
    let isSecure = parts?.scheme == "https"
    if parts?.host == nil || url.hasSuffix("/") || !isSecure && parts?.scheme != "http" {
      problems.append("\(names.url) must be an https URL without a slash at the end")
    } else if !isSecure, !PeerAddress.isLoopback(parts?.host ?? "") {
      problems.append("\(names.url) must be https, save on this machine")
    }
    if isSecure, authorityFile == nil { problems.append("\(names.authorityFile) is missing") }
    if tokenFile.isEmpty { problems.append("\(names.tokenFile) is missing") }
    for (name, text) in [(names.key, key), (names.mount, mount)] where !Self.isName(text) {
      problems.append("\(name) must be letters, digits, '-', '_' or '.'")
    }
    return problems
  }

  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && text != "." && text != ".."
      && text.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || "-_.".utf8.contains(byte)
      }
  }
}
