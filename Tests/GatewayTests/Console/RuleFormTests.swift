import Foundation
import Model
import Testing

@testable import GatewayKit

/// A rule in the console's form: nothing is lost on the way there and back, and what is wrong is said in the form's words.
@Suite struct RuleFormTests {
  private static let ada = UserID(rawValue: "usr_ada")
  private static let directory = ConsoleDirectory(
    members: [
      User(id: ada, status: .active, externalId: "7", email: "Ada@example.org"),
      User(id: UserID(rawValue: "usr_one"), status: .active, externalId: "8", email: "twin@example.org"),
      User(id: UserID(rawValue: "usr_two"), status: .active, externalId: "9", email: "twin@example.org"),
    ], integrations: [], servers: [], charms: [], applications: [])

  private static func draft(_ json: String) throws -> RuleDraft {
    try WireJSON.decode(RuleDraft.self, from: Data(json.utf8))
  }

  private static func refusal(_ form: RuleForm) -> String? {
    do {
      _ = try form.draft(directory)
      return nil
    } catch {
      return (error as? ServiceError)?.detail
    }
  }

  @Test func aRuleOfEverythingComesBackAsItWas() throws {
    let draft = try Self.draft(
      #"""
      {"name":"All","effect":"allow","mode":"shadow",
       "subjects":{"users":["usr_ada","usr_one","usr_gone"],"groups":["a b"],"roles":["admin","member"],"charms":["c"],"applications":["x"]},
       "resources":{"integrations":["int_1"],"mcpServers":["mcp_unknown"],"tools":["a*","\\*"],"annotations":["destructive","openWorld"],"scopes":["s:t"]},
       "conditions":{"arguments":[{"pointer":"/a","operator":"equals","value":"1"},{"pointer":"/b","operator":"in","value":[1,"x y",null]},
        {"pointer":"/c","operator":"prefix","value":"5"},{"pointer":"/d","operator":"lessThan","value":2.5}],
        "hours":{"timeZone":"Europe/Berlin","days":["mon","sun"],"from":"22:00","to":"06:30"},"rate":{"calls":3,"perSeconds":60}}}
      """#)
    #expect(RuleForm.holds(draft, Self.directory))
    let form = RuleForm(draft, Self.directory)
    // An address that is two members' names nobody.
    #expect(form.users == ["Ada@example.org", "usr_one", "usr_gone"])
    let again = try form.draft(Self.directory)
    #expect(again == draft)
  }

  @Test(arguments: [
    #"{"name":"x","effect":"deny","resources":{"tools":["a\nb"]}}"#,
    #"{"name":"x","effect":"deny","subjects":{"groups":[" a"]}}"#,
    #"{"name":"x","effect":"deny","conditions":{"arguments":[{"pointer":"/a b","operator":"equals","value":1}]}}"#,
    #"{"name":"x","effect":"deny","conditions":{"arguments":[{"pointer":"/a equals","operator":"prefix","value":"b"}]}}"#,
  ])
  func whatNoLineCanSayIsNotOffered(json: String) throws {
    #expect(!RuleForm.holds(try Self.draft(json), Self.directory))
  }

  @Test func emptyFieldsMatchEverything() throws {
    let filled = ["name": "x", "effect": "deny", "groups": " \r\n\r\n", "tools": "", "from": " "]
    let form = RuleForm(FormFields(filled: filled))
    #expect(try form.draft(Self.directory) == RuleDraft(name: "x", effect: .deny))
  }

  @Test(arguments: [
    (["tools": "ok\na\\b"], "Tools, line 2: "), (["arguments": "/a equals 1\n/b equals"], "Arguments, line 2: "),
    (["arguments": "a equals 1"], "Arguments, line 1: "), (["timeZone": "Nowhere"], "Time zone: "),
    (["calls": "many", "perSeconds": "60"], "Calls: "), (["calls": "5"], "Seconds: is missing"),
    (["users": "nobody@example.org"], "No member is called nobody@example.org"),
    (["users": "twin@example.org"], "Several members are called twin@example.org"), (["name": ""], "Name: "),
    (["server-nonsense": "true"], "MCP servers, line 1: "),
  ])
  func whatIsWrongIsSaidInTheWordsOfTheForm(filled: [String: String], told: String) throws {
    let form = RuleForm(FormFields(filled: ["name": "x", "effect": "deny"].merging(filled) { $1 }))
    #expect(try #require(Self.refusal(form)).contains(told))
  }

  @Test(arguments: [
    ("/a equals 1", #"{"pointer":"/a","operator":"equals","value":1}"#),
    ("/a equals one", #"{"pointer":"/a","operator":"equals","value":"one"}"#),
    ("/a  notEquals  two words", #"{"pointer":"/a","operator":"notEquals","value":"two words"}"#),
    (#"/a prefix "5""#, #"{"pointer":"/a","operator":"prefix","value":"5"}"#),
    ("/a prefix 5", #"{"pointer":"/a","operator":"prefix","value":"5"}"#),
    (#"/a in ["x", 2]"#, #"{"pointer":"/a","operator":"in","value":["x",2]}"#),
  ])
  func aLineIsACondition(line: String, json: String) throws {
    let expected = try WireJSON.decode(JSONValue.self, from: Data(json.utf8))
    #expect(try ArgumentLines.document([line]) == .array([expected]))
  }

  @Test(arguments: [
    (#"{"name":"x","effect":"deny"}"#, "Everybody may not use anything."),
    (
      #"{"name":"x","effect":"allow","subjects":{"users":["usr_ada"]},"resources":{"mcpServers":["mcp_1"]}}"#,
      "Ada@example.org may use the MCP server mcp_1."
    ),
    (
      #"{"name":"x","effect":"deny","subjects":{"roles":["member"]},"resources":{"annotations":["destructive"],"integrations":["int_1"]}}"#,
      "Everybody with the role Member may not call tools that may destroy something through the Integration int_1."
    ),
    (
      #"{"name":"x","effect":"deny","resources":{"integrations":["int_1"],"scopes":["a","b"]}}"#,
      "Everybody may not be given the scope a or b through the Integration int_1."
    ),
    (
      #"{"name":"x","effect":"allow","resources":{"tools":["a","b","c","d","e","f","g"]},"conditions":{"rate":{"calls":1,"perSeconds":9}}}"#,
      "Everybody may call the tool a, b, c, d, e or 2 more, up to 1 call in 9 seconds."
    ),
  ])
  func aRuleIsSaidInPlainWords(json: String, sentence: String) throws {
    #expect(RuleText(try Self.draft(json), Self.directory).sentence == sentence)
  }
}
