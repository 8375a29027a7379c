import Foundation
import Testing

/// A page of the console with a form, in the browser of somebody who is signed in.
struct OpenPage {
  private static let session = "lanyard-session=lyb_" + String(repeating: "b", count: 43)

  let gateway: RunningGateway
  let text: String
  private let cookies: String
  private let token: String

  static func at(_ target: String, _ gateway: RunningGateway) async throws -> OpenPage {
    let page = try await gateway.call("GET", target, as: nil, headers: ["Cookie": session])
    let browser = try #require(page.header("Set-Cookie")?.split(separator: ";").first)
    let token = try #require(page.text.firstMatch(of: /name="csrf" value="([0-9a-f]+)"/))
    return OpenPage(gateway: gateway, text: page.text, cookies: "\(session); \(browser)", token: String(token.1))
  }

  /// Sends a form of the page.
  func press(_ address: String, _ fields: String) async throws -> RunningGateway.Answer {
    try await gateway.call(
      "POST", address, as: nil, json: "csrf=\(token)&\(fields)",
      headers: ["Content-Type": "application/x-www-form-urlencoded", "Cookie": cookies])
  }

  /// What a hidden field of the page holds.
  func hidden(_ name: String) throws -> String {
    let parts = text.split(separator: "<input type=\"hidden\" name=\"\(name)\" value=\"", maxSplits: 1)
    return String(try #require(parts.dropFirst().first?.split(separator: "\"").first))
  }
}
