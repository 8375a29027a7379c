import FoundationEssentials
import Testing

@testable import Model

/// What owners, hosts and apps write in more than one way.
@Suite struct CommonFormsTests {
  private func read<Value: Decodable>(_ type: Value.Type, _ json: String) throws -> Value {
    try WireJSON.decode(type, from: Data(json.utf8))
  }

  @Test func aCustomProviderNeedsItsIssuerOrItsURL() throws {
    #expect(try read(CustomProvider.self, #"{"issuer":"https://a.example"}"#).providerUrl == "https://a.example")
    let both = try read(CustomProvider.self, #"{"issuer":"https://a.example","providerUrl":"https://b.example"}"#)
    #expect(both.providerUrl == "https://b.example")
    #expect(throws: DecodingError.self) { try read(CustomProvider.self, #"{"tokenEndpoint":"https://a.example/t"}"#) }
  }

  @Test(arguments: [
    (#""pkce":true"#, PKCESupport.supported), (#""pkce":false"#, .off), (#""pkce":"required""#, .required),
  ])
  func pkceIsAWordOrASwitch(_ member: String, _ expected: PKCESupport) throws {
    #expect(try read(CustomProvider.self, #"{"issuer":"https://a.example",\#(member)}"#).pkce == expected)
  }

  @Test(arguments: [
    ("basic", ClientAuthentication.basic), ("client_secret_basic", .basic), ("post", .post),
    ("client_secret_post", .post), ("none", .none),
  ])
  func clientAuthenticationHasItsRegisteredNames(_ name: String, _ expected: ClientAuthentication) throws {
    let custom = try read(CustomProvider.self, #"{"issuer":"https://a.example","clientAuth":"\#(name)"}"#)
    #expect(custom.clientAuth == expected)
  }

  @Test func aPlaceIsAPointerOrAMember() throws {
    let custom = try read(
      CustomProvider.self, #"{"issuer":"https://a.example","accountIdPath":"sub","avatarPath":"/image/url"}"#)
    #expect(custom.accountIdPath == .member("sub"))
    #expect(custom.avatarPath?.rawValue == "/image/url")
    for wrong in [#""accountIdPath":"a/b""#, #""clientAuth":"mtls""#, #""pkce":"sometimes""#, #""pkce":1"#] {
      #expect(throws: DecodingError.self) {
        try read(CustomProvider.self, #"{"issuer":"https://a.example",\#(wrong)}"#)
      }
    }
  }

  @Test(arguments: [
    (#"{}"#, CeilingChange.unchanged), (#"{"maximumScopes":null}"#, CeilingChange.removed),
    (#"{"maximumScopes":[]}"#, CeilingChange.set([])), (#"{"maximumScopes":["a"]}"#, CeilingChange.set(["a"])),
  ])
  func aCeilingStaysGoesOrIsSet(_ json: String, _ expected: CeilingChange) throws {
    let update = try read(UpdateIntegration.self, json)
    #expect(update.maximumScopes == expected)
    #expect(
      try read(UpdateIntegration.self, String(decoding: WireJSON.encode(update), as: UTF8.self)).maximumScopes
        == expected)
  }

  @Test func anIdThatIsNoneNamesNothing() throws {
    let application = #""application":{"id":"a"}"#
    let resolve = try read(
      ResolveRequest.self,
      #"{"integrationId":"nope","connectionKey":"6f9619ff-8b86-d011-b42d-00cf4fc964ff",\#(application)}"#)
    #expect(resolve.integrationId == .ofNothing)
    #expect(resolve.connectionKey == .ofNothing)
    #expect(IntegrationID(validating: IntegrationID.ofNothing.rawValue) != nil, "other services must take it")
    #expect(throws: DecodingError.self) { try read(ResolveRequest.self, #"{"connectionKey":7,\#(application)}"#) }
  }

  @Test func aListSaysThatItHasEnded() throws {
    let last = String(decoding: try WireJSON.encode(Page(items: [1])), as: UTF8.self)
    #expect(last == #"{"items":[1],"nextCursor":null}"#)
    #expect(try read(Page<Int>.self, last).nextCursor == nil)
  }

  @Test func daysHaveTheirWholeNamesAndTheDayItsEnd() throws {
    let rule =
      #"{"name":"n","effect":"deny","conditions":{"hours":{"timeZone":"UTC","days":["monday","tue"],"from":"00:00","to":"24:00"}}}"#
    let hours = try #require(try read(RuleDraft.self, rule).conditions.hours)
    #expect(hours.days == [.monday, .tuesday])
    #expect(hours.window?.to.text == "24:00")
    for none in [rule.replacing("24:00", with: "00:00"), rule.replacing("00:00\",\"to", with: "24:00\",\"to")] {
      #expect(throws: RuleProblems.self) { try read(RuleDraft.self, none) }
    }
  }

  @Test func aConfigurationMayComeAlone() throws {
    let alone = try read(PutConfiguration.self, #"{"charms":[]}"#)
    #expect(alone.configuration.charms?.isEmpty == true)
    let wrapped = try read(PutConfiguration.self, #"{"configuration":{"charms":[]},"version":"v"}"#)
    #expect(wrapped.version == "v")
    #expect(throws: RuleProblems.self) { try read(PutConfiguration.self, #"{"secrets":{}}"#) }
  }
}
