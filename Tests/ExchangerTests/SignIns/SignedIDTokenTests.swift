import Foundation
import Model
import Testing

@testable import ExchangerKit

@Suite struct SignedIDTokenTests {
  private let provider = TestIdentityProvider.shared

  private func verify(_ text: Secret<String>) throws -> JSONValue {
    let token = try SignedIDToken(text)
    let key = try provider.keys().compactMap(VerificationKey.init).first { $0.id == token.keyId }
    guard let key else { throw SignInFailure.unknownKey }
    return try token.claims(
      verifiedBy: key, issuer: TestIdentityProvider.issuer, clientId: TestIdentityProvider.clientId,
      nonce: TestIdentityProvider.nonce, now: TestIdentityProvider.now)
  }

  @Test(arguments: zip(SignatureAlgorithm.allCases, ["rsa", "p256", "ed25519"]))
  func aTokenWithAnyOfTheThreeAlgorithmsIsGood(_ algorithm: SignatureAlgorithm, _ key: String) throws {
    let token = try provider.sign(header: ["alg": .string(algorithm.rawValue), "kid": .string(key)], as: algorithm)
    #expect(try verify(token)["sub"] == "ada")
  }

  @Test(
    arguments: [
      (["alg": "none", "kid": "rsa"], SignInFailure.algorithmRefused),
      (["alg": "HS256", "kid": "rsa"], .algorithmRefused),
      (["alg": "RS384", "kid": "rsa"], .algorithmRefused), (["kid": "rsa"], .algorithmRefused),
      (["alg": "RS256"], .unknownKey), (["alg": "RS256", "kid": ""], .unknownKey),
      (["alg": "RS256", "kid": "other"], .unknownKey), (["alg": "ES256", "kid": "rsa"], .unknownKey),
      (["alg": "RS256", "kid": "p256"], .unknownKey), (["alg": "RS256", "kid": "rsa", "crit": ["x"]], .malformed),
    ] as [([String: JSONValue], SignInFailure)])
  func aHeaderThatNamesNoGoodKeyIsRefusedBeforeTheSignature(
    _ header: [String: JSONValue], _ failure: SignInFailure
  ) throws {
    let token = try provider.sign(header: header)
    #expect(throws: failure) { try verify(token) }
  }

  @Test func whatIsNotSignedIsNotBelieved() throws {
    #expect(throws: SignInFailure.badSignature) { try verify(try provider.sign(as: nil)) }
    #expect(throws: SignInFailure.badSignature) { try verify(try TestIdentityProvider().sign()) }
    let parts = try provider.sign().expose { $0.split(separator: ".").map(String.init) }
    let other = TestIdentityProvider.text(try JSONEncoder().encode(["sub": "admin"]))
    #expect(throws: SignInFailure.badSignature) {
      try verify(Secret([parts[0], other, parts[2]].joined(separator: ".")))
    }
    for text in ["", "x", "..", parts.prefix(2).joined(separator: "."), parts.joined(separator: ".") + ".x"] {
      #expect(throws: SignInFailure.malformed) { try verify(Secret(text)) }
    }
  }

  @Test(
    arguments: [
      ("iss", "https://other.example", SignInFailure.otherIssuer), ("iss", "https://id.example.com/", .otherIssuer),
      ("iss", nil, .otherIssuer), ("aud", "client-2", .otherAudience), ("aud", nil, .otherAudience),
      ("aud", ["client-1", "client-2"], .otherAudience), ("azp", "client-2", .otherAudience),
      ("azp", 1, .otherAudience),
      ("exp", 1_799_999_900, .expired), ("exp", nil, .expired), ("exp", "never", .expired),
      ("nbf", 1_800_000_100, .notYetValid), ("iat", 1_800_000_100, .notYetValid), ("nonce", "nonce-2", .otherNonce),
      ("nonce", nil, .otherNonce), ("nonce", ["nonce-1"], .otherNonce),
    ] as [(String, JSONValue?, SignInFailure)])
  func aSignedTokenForSomethingElseIsRefused(_ name: String, _ value: JSONValue?, _ failure: SignInFailure) throws {
    var claims = TestIdentityProvider.claims
    claims[name] = value
    let token = try provider.sign(claims)
    #expect(throws: failure) { try verify(token) }
  }

  @Test func severalAudiencesNeedAPartyThatIsUs() throws {
    var claims = TestIdentityProvider.claims
    claims["aud"] = ["client-1", "client-2"]
    claims["azp"] = "client-1"
    #expect(try verify(try provider.sign(claims))["sub"] == "ada")
  }

  @Test func keysForSomethingElseAreNotTaken() throws {
    let rsa = try #require(try provider.keys().first)
    func key(_ changes: [String: JSONValue?]) -> VerificationKey? {
      guard case .object(var members) = rsa else { return nil }
      for (name, value) in changes { members[name] = value }
      return VerificationKey(.object(members))
    }
    #expect(key([:]) != nil)
    #expect(key(["use": "enc"]) == nil && key(["kid": nil]) == nil && key(["alg": "PS256"]) == nil)
    #expect(key(["key_ops": ["sign"]]) == nil && key(["key_ops": ["verify"]]) != nil)
    #expect(key(["n": "AQAB"]) == nil, "a short modulus")
    #expect(key(["kty": "oct", "k": "c2VjcmV0"]) == nil)
  }
}
