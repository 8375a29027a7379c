import Foundation

@testable import GatewayKit

extension FormFields {
  /// A form as a browser sends it.
  init(filled pairs: [String: String]) {
    let body = pairs.map { name, value in
      "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
    }
    self.init(Data(body.joined(separator: "&").utf8))
  }
}
