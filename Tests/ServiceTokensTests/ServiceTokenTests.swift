import Crypto
import FoundationEssentials
import JWTKit
import Model
import ServiceTokens
import Testing

@Suite struct ServiceTokenTests {
  let fixture: Fixture
  let clock = TestClock()

  init() throws { fixture = try Fixture() }

  private func verifier(_ audience: ServiceName = .vault) -> ServiceTokenVerifier {
    ServiceTokenVerifier(audience: audience, keys: fixture.keySet) { [clock] in clock.now }
  }

  private func claims(
    iss: String = "gateway", aud: String = "vault", iat: Double = 0, lifetime: Double = 60
  ) throws -> Data {
    let start = clock.now.timeIntervalSince1970 + iat
    return Data(
      #"{"iss":"\#(iss)","aud":"\#(aud)","iat":\#(Int(start)),"exp":\#(Int(start + lifetime)),"jti":"1"}"#.utf8)
  }

  private func token(_ payload: Data, header: [String: String]? = nil, by service: ServiceName = .gateway) throws
    -> String
  {
    try fixture.token(header: header ?? fixture.serviceHeader(service), payload: payload, signedBy: service)
  }

  @Test func aTokenProvesItsIssuerToItsAudienceOnly() throws {
    let key = ServiceKey.generate(for: .gateway)
    let keys = try ServiceKeySet([key.publicKey])
    let token = try ServiceTokenIssuer(key: key).token(for: .vault)
    #expect(try ServiceTokenVerifier(audience: .vault, keys: keys).verify(token) == .gateway)
    let other = ServiceTokenVerifier(audience: .policy, keys: keys)
    #expect(token.expose { refusal(other, $0) } == .wrongAudience)
  }

  @Test func aTokenIsKeptForHalfItsLifeAndThenRenewed() throws {
    let clock = TestClock()
    let issuer = ServiceTokenIssuer(key: .generate(for: .gateway)) { clock.now }
    let first = try issuer.token(for: .vault).expose { $0 }
    clock.advance(by: 29)
    #expect(try issuer.token(for: .vault).expose { $0 } == first)
    #expect(try issuer.token(for: .policy).expose { $0 } != first)
    clock.advance(by: 2)
    #expect(try issuer.token(for: .vault).expose { $0 } != first)
  }

  @Test func aRememberedTokenIsRefusedOnceItExpires() throws {
    let verifier = verifier()
    let token = try token(claims())
    #expect(refusal(verifier, token) == nil)
    clock.advance(by: 59)
    #expect(refusal(verifier, token) == nil)
    clock.advance(by: 1)
    #expect(refusal(verifier, token) == .expired)
  }

  @Test func onlyEdDSAIsAccepted() throws {
    let verifier = verifier()
    for algorithm in ["none", "None", "HS256", "ES256", "RS256", "eddsa", ""] {
      var header = fixture.serviceHeader(.gateway)
      header["alg"] = algorithm
      #expect(refusal(verifier, try token(claims(), header: header)) == .wrongAlgorithm)
    }
  }

  @Test func aGrantIsNeverAServiceToken() throws {
    var header = fixture.serviceHeader(.gateway)
    header["typ"] = "lanyard-grant+jwt"
    #expect(refusal(verifier(), try token(claims(), header: header)) == .wrongType)
    header["typ"] = "JWT"
    #expect(refusal(verifier(), try token(claims(), header: header)) == .wrongType)
  }

  @Test(arguments: ["crit", "jwk", "jku", "x5c", "x5u", "zip", "b64"])
  func aHeaderWithMoreThanThreeFieldsIsRefused(field: String) throws {
    var header = fixture.serviceHeader(.gateway)
    header[field] = "x"
    #expect(refusal(verifier(), try token(claims(), header: header)) == .malformed)
  }

  @Test func anUnknownOrMissingKeyIdFindsNoKey() throws {
    var header = fixture.serviceHeader(.gateway)
    header["kid"] = "gateway-2"
    #expect(refusal(verifier(), try token(claims(), header: header)) == .unknownKey)
    header["kid"] = nil
    #expect(refusal(verifier(), try token(claims(), header: header)) == .malformed)
  }

  @Test func aServiceCannotSpeakForAnother() throws {
    // The sandbox signs with its own pinned key and claims to be the gateway.
    #expect(refusal(verifier(), try token(claims(iss: "gateway"), by: .sandbox)) == .wrongIssuer)
    // And with the gateway's key id.
    let forged = try token(claims(), header: fixture.serviceHeader(.gateway), by: .sandbox)
    #expect(refusal(verifier(), forged) == .badSignature)
  }

  @Test func timesAreBounded() throws {
    #expect(refusal(verifier(), try token(claims(lifetime: 61))) == .lifetimeTooLong)
    #expect(refusal(verifier(), try token(claims(lifetime: 0))) == .lifetimeTooLong)
    #expect(refusal(verifier(), try token(claims(lifetime: -5))) == .lifetimeTooLong)
    #expect(refusal(verifier(), try token(claims(iat: 6))) == .fromTheFuture)
    #expect(refusal(verifier(), try token(claims(iat: 5))) == nil)
    #expect(refusal(verifier(), try token(claims(iat: -60))) == .expired)
    let overflow = Data(#"{"iss":"gateway","aud":"vault","iat":\#(Int.min),"exp":\#(Int.max),"jti":"1"}"#.utf8)
    #expect(refusal(verifier(), try token(overflow)) == .lifetimeTooLong)
  }

  @Test func thereIsOneSpellingOfAToken() throws {
    let verifier = verifier()
    let token = try token(claims())
    #expect(refusal(verifier, token + "=") == .malformed)
    #expect(refusal(verifier, token + ".") == .malformed)
    #expect(refusal(verifier, " " + token) == .malformed)
    #expect(refusal(verifier, "") == .malformed)
    // 64 signature bytes leave four unused bits in the last character: all of them must be zero.
    let last = token.last.map { "AEIMQUYcgkosw048".contains($0) }
    #expect(last == false || ["A", "Q", "g", "w"].contains(token.last.map(String.init) ?? ""))
    for replacement in ["B", "R", "h", "x", "C", "D"] {
      #expect(refusal(verifier, token.dropLast() + replacement) == .malformed)
    }
    #expect(refusal(verifier, token + String(repeating: "A", count: 9_000)) == .tooLarge)
  }

  @Test func whatIsRememberedIsBounded() throws {
    let key = ServiceKey.generate(for: .gateway)
    let verifier = ServiceTokenVerifier(audience: .vault, keys: try ServiceKeySet([key.publicKey]))
    // One more than there is room for: the oldest gives way and is simply checked again.
    for _ in 0...ServiceTokenVerifier.rememberedTokens {
      _ = try verifier.verify(ServiceTokenIssuer(key: key).token(for: .vault))
    }
    #expect(verifier.rememberedCount == ServiceTokenVerifier.rememberedTokens)
  }

  @Test func aRefusalSaysNothingOutside() {
    let answers = Set(TokenRefusal.allCases.map { ServiceTokenRefused($0).serviceError.detail })
    #expect(answers.count == 1)
    #expect(Set(TokenRefusal.allCases.map { GrantRefused($0).serviceError.detail }).count == 1)
    #expect(GrantRefused(.expired).serviceError.code == .grantRefused)
    #expect(ServiceTokenRefused(.expired).serviceError.code == .unauthenticated)
  }

  @Test func rememberingMakesTheSecondCheckCheap() throws {
    let key = ServiceKey.generate(for: .gateway)
    let keys = try ServiceKeySet([key.publicKey])
    let tokens = try (0..<200).map { _ in try ServiceTokenIssuer(key: key).token(for: .vault) }
    let verifier = ServiceTokenVerifier(audience: .vault, keys: keys)
    func microseconds() throws -> Double {
      let time = try ContinuousClock().measure { for token in tokens { _ = try verifier.verify(token) } }
      return time / .microseconds(1) / Double(tokens.count)
    }
    let first = try microseconds()
    let second = try microseconds()
    print("figure: service token check \(first) µs the first time, \(second) µs remembered")
    #expect(second < first)
  }
}

/// Our tokens are ordinary JSON Web Tokens: an independent implementation reads them, and we read what it makes.
@Suite struct InteroperabilityTests {
  struct Claims: JWTPayload, Equatable {
    var iss: String
    var aud: String
    var iat: Int
    var exp: Int
    var jti: String
    func verify(using algorithm: some JWTAlgorithm) async throws {}
  }

  @Test func anotherLibraryReadsOurTokens() async throws {
    let key = ServiceKey.generate(for: .gateway)
    let token = try ServiceTokenIssuer(key: key).token(for: .vault)
    let library = await JWTKeyCollection().add(
      eddsa: EdDSA.PublicKey(backing: key.publicKey.publicKey), kid: JWKIdentifier(string: key.keyId))
    let claims = try await library.verify(token.expose { $0 }, as: Claims.self)
    #expect(claims.iss == "gateway")
    #expect(claims.aud == "vault")
    #expect(claims.exp - claims.iat == 60)
  }

  @Test func weReadTheTokensOfAnotherLibrary() async throws {
    let fixture = try Fixture()
    let library = try await JWTKeyCollection().add(
      eddsa: EdDSA.PrivateKey(backing: #require(fixture.keys[.gateway])), kid: "gateway-1")
    let now = Int(Date().timeIntervalSince1970)
    let token = try await library.sign(
      Claims(iss: "gateway", aud: "vault", iat: now, exp: now + 60, jti: "1"), kid: "gateway-1",
      header: ["typ": "lanyard-service+jwt"])
    let verifier = ServiceTokenVerifier(audience: .vault, keys: fixture.keySet)
    #expect(try verifier.verify(Secret(token)) == .gateway)
  }
}
