import Crypto
import FoundationEssentials
import Model
import ServiceTokens
import Testing

@Suite struct GrantTests {
  let fixture: Fixture
  let now = Date(timeIntervalSince1970: 1_800_000_000)

  init() throws { fixture = try Fixture() }

  @Test func aGrantArrivesAsItWasSigned() throws {
    let key = ServiceKey.generate(for: .policy)
    let grant = fixture.grant(from: now)
    let signed = try GrantSigner(key: key).sign(grant)
    let verifier = GrantVerifier(keys: try ServiceKeySet([key.publicKey]))
    let received = try verifier.verify(signed.token.secret, presentedBy: .gateway, now: now)
    #expect(received == grant)
    #expect(signed.expiresAt == grant.expiresAt)
    #expect(!"\(signed)".contains("eyJ"))
  }

  @Test func eachOfSeveralPresentersMayPresentIt() throws {
    let verifier = GrantVerifier(keys: fixture.keySet)
    let token = try fixture.signed(fixture.grant(from: now, presenters: [.gateway, .exchanger]))
    #expect(refusal(verifier, token, presentedBy: .gateway, now: now) == nil)
    #expect(refusal(verifier, token, presentedBy: .exchanger, now: now) == nil)
    #expect(refusal(verifier, token, presentedBy: .policy, now: now) == .wrongPresenter)
    #expect(
      refusal(verifier, try fixture.signed(fixture.grant(from: now, presenters: [])), now: now) == .wrongPresenter)
  }

  @Test func aSignerRefusesAGrantThatLivesTooLong() throws {
    let signer = GrantSigner(key: .generate(for: .policy))
    #expect(throws: GrantRefused.self) { try signer.sign(fixture.grant(from: now, lifetime: 60.1)) }
    #expect(throws: GrantRefused.self) { try signer.sign(fixture.grant(from: now, lifetime: 0)) }
  }

  @Test func aRememberedGrantStillExpiresAndStillHasOnePresenter() throws {
    let verifier = GrantVerifier(keys: fixture.keySet)
    let token = try fixture.signed(fixture.grant(from: now))
    #expect(refusal(verifier, token, now: now) == nil)
    #expect(refusal(verifier, token, presentedBy: .exchanger, now: now) == .wrongPresenter)
    #expect(refusal(verifier, token, now: now + 59.9) == nil)
    #expect(refusal(verifier, token, now: now + 60) == .expired)
  }

  @Test func aHundredBadGrantsAreRefused() throws {
    let verifier = GrantVerifier(keys: fixture.keySet)
    let good = try fixture.signed(fixture.grant(from: now))
    // The good one is remembered first: memory must not help the bad ones.
    #expect(refusal(verifier, good, now: now) == nil)
    var bad: [(token: String, presenter: ServiceName, at: Date)] = []
    func add(_ token: String, _ presenter: ServiceName = .gateway, at time: Date? = nil) {
      bad.append((token, presenter, time ?? now))
    }

    // Tampered: a changed character at 50 places, and whole parts exchanged.
    let characters = Array(good)
    for place in stride(from: 0, to: characters.count, by: max(1, characters.count / 49)).prefix(50) {
      var changed = characters
      changed[place] = changed[place] == "A" ? "Q" : "A"
      add(String(changed))
    }
    let other = try fixture.signed(fixture.grant(from: now, presenters: [.gateway, .vault]))
    let (mine, theirs) = (good.split(separator: "."), other.split(separator: "."))
    add("\(mine[0]).\(theirs[1]).\(mine[2])")
    add("\(mine[0]).\(mine[1]).\(theirs[2])")
    add("\(mine[0]).\(mine[1]).")
    add("\(mine[0]).\(mine[1])")
    add(String(good.dropLast(4)))
    add(good + ".")
    add(good + "=")

    // Expired, at the moment itself and later; also one that was never seen before.
    for seconds in [60.0, 60.001, 61, 120, 3_600] { add(good, at: now + seconds) }
    for seconds in [60.0, 61, 90, 600] { add(try fixture.signed(fixture.grant(from: now - seconds))) }
    // From the future, beyond the skew.
    for seconds in [5.01, 6, 60, 3_600] { add(try fixture.signed(fixture.grant(from: now + seconds))) }
    // Living too long, or backwards.
    for lifetime in [60.01, 61, 3_600, 0, -1] { add(try fixture.signed(fixture.grant(from: now, lifetime: lifetime))) }
    // Replayed by another service than the one it was made for.
    for presenter in ServiceName.allCases where presenter != .gateway { add(good, presenter) }
    for presenter in [ServiceName.policy, .vault, .exchanger] {
      add(try fixture.signed(fixture.grant(from: now, presenters: [presenter])))
    }
    // Signed by a service that is not policy, under its own key id and under policy's.
    let payload = try WireJSON.encode(fixture.grant(from: now))
    for service in ServiceName.allCases where service != .policy {
      add(try fixture.signed(fixture.grant(from: now), by: service))
      add(try fixture.token(header: fixture.grantHeader(.policy), payload: payload, signedBy: service))
    }
    // Other headers: algorithm, type, key id, more fields; a service token in a grant's place; the public key as an HMAC key.
    let changes: [(String, String?)] = [
      ("alg", "none"), ("alg", "HS256"), ("alg", "ES256"), ("alg", nil), ("typ", "lanyard-service+jwt"), ("typ", "JWT"),
      ("typ", nil), ("kid", "policy-2"), ("kid", nil), ("kid", ""), ("jwk", "x"), ("crit", "exp"),
    ]
    for (field, value) in changes {
      var header = fixture.grantHeader()
      header[field] = value
      add(try fixture.token(header: header, payload: payload, signedBy: .policy))
    }
    var header = fixture.grantHeader()
    header["alg"] = "HS256"
    let input = "\(RandomText.base64URL(try WireJSON.encode(header))).\(RandomText.base64URL(payload))"
    let publicKey = try #require(fixture.keys[.policy]).publicKey.rawRepresentation
    let code = HMAC<SHA256>.authenticationCode(for: Data(input.utf8), using: SymmetricKey(data: publicKey))
    add("\(input).\(RandomText.base64URL(code))")
    // Not a grant at all.
    add(try fixture.token(header: fixture.grantHeader(), payload: Data("{}".utf8), signedBy: .policy))
    add("")
    add(String(repeating: "A", count: 10_000))

    let refused = bad.filter { refusal(verifier, $0.token, presentedBy: $0.presenter, now: $0.at) != nil }
    print("figure: bad grants \(bad.count), refused \(refused.count)")
    #expect(bad.count >= 100)
    #expect(refused.count == bad.count)
    #expect(refusal(verifier, good, now: now) == nil, "and the good one is still good")
  }
}
