import Foundation
import Model
import Testing

/// What is wrong with a rule is said at once, all of it, with the place.
@Suite struct RuleReadingTests {
  private static let everything = #"{"name":"n","effect":"deny"}"#

  private func read(_ json: String) throws -> RuleDraft {
    try WireJSON.decode(RuleDraft.self, from: Data(json.utf8))
  }

  private func problems<Value: Decodable>(_ json: String, as type: Value.Type = RuleDraft.self) -> [RuleProblem] {
    do {
      _ = try WireJSON.decode(type, from: Data(json.utf8))
      return []
    } catch let problems as RuleProblems {
      return problems.problems
    } catch {
      Issue.record("\(error)")
      return []
    }
  }

  /// A rule with one part, and the place that is named.
  @Test(arguments: [
    (#""subjects":{"groups":[]}"#, "/subjects/groups"),
    (#""subjects":{"groups":null}"#, "/subjects/groups"),
    (#""subjects":{"groups":"sales"}"#, "/subjects/groups"),
    (#""subjects":{"groups":["sales",1]}"#, "/subjects/groups/1"),
    (#""subjects":{"groups":[" "]}"#, "/subjects/groups/0"),
    (#""subjects":{"groups":["a\u0000"]}"#, "/subjects/groups/0"),
    (#""subjects":{"users":["int_1"]}"#, "/subjects/users/0"),
    (#""subjects":{"roles":["guest"]}"#, "/subjects/roles/0"),
    (#""subjects":{"group":["sales"]}"#, "/subjects/group"),
    (#""subjects":[]"#, "/subjects"),
    (#""resources":{"integrations":["github"]}"#, "/resources/integrations/0"),
    (#""resources":{"mcpServers":["mcp_"]}"#, "/resources/mcpServers/0"),
    (#""resources":{"tools":[""]}"#, "/resources/tools/0"),
    (#""resources":{"tools":["a\\b"]}"#, "/resources/tools/0"),
    (#""resources":{"annotations":["idempotent"]}"#, "/resources/annotations/0"),
    (#""resources":{"scopes":["mail read"]}"#, "/resources/scopes/0"),
    (#""conditions":{"arguments":[]}"#, "/conditions/arguments"),
    (#""conditions":{"arguments":[{"pointer":"q","operator":"equals","value":1}]}"#, "/conditions/arguments/0/pointer"),
    (#""conditions":{"arguments":[{"pointer":"","operator":"equals","value":1}]}"#, "/conditions/arguments/0/pointer"),
    (#""conditions":{"arguments":[{"pointer":"/q","operator":"is","value":1}]}"#, "/conditions/arguments/0/operator"),
    (#""conditions":{"arguments":[{"pointer":"/q","operator":"equals"}]}"#, "/conditions/arguments/0/value"),
    (
      #""conditions":{"arguments":[{"pointer":"/q","operator":"equals","value":[1]}]}"#, "/conditions/arguments/0/value"
    ),
    (#""conditions":{"arguments":[{"pointer":"/q","operator":"in","value":1}]}"#, "/conditions/arguments/0/value"),
    (
      #""conditions":{"arguments":[{"pointer":"/q","operator":"in","value":[1,{}]}]}"#,
      "/conditions/arguments/0/value/1"
    ),
    (#""conditions":{"arguments":[{"pointer":"/q","operator":"prefix","value":1}]}"#, "/conditions/arguments/0/value"),
    (
      #""conditions":{"arguments":[{"pointer":"/q","operator":"pattern","value":"\\d"}]}"#,
      "/conditions/arguments/0/value"
    ),
    (
      #""conditions":{"arguments":[{"pointer":"/q","operator":"lessThan","value":"5"}]}"#,
      "/conditions/arguments/0/value"
    ),
    (#""conditions":{"hours":{"days":["mon"]}}"#, "/conditions/hours/timeZone"),
    (#""conditions":{"hours":{"timeZone":"Mars/Olympus","days":["mon"]}}"#, "/conditions/hours/timeZone"),
    (#""conditions":{"hours":{"timeZone":"UTC"}}"#, "/conditions/hours"),
    (#""conditions":{"hours":{"timeZone":"UTC","days":["someday"]}}"#, "/conditions/hours/days/0"),
    (#""conditions":{"hours":{"timeZone":"UTC","from":"09:00"}}"#, "/conditions/hours/to"),
    (#""conditions":{"hours":{"timeZone":"UTC","to":"09:00"}}"#, "/conditions/hours/from"),
    (#""conditions":{"hours":{"timeZone":"UTC","from":"9:00","to":"17:00"}}"#, "/conditions/hours/from"),
    (#""conditions":{"hours":{"timeZone":"UTC","from":"09:60","to":"17:00"}}"#, "/conditions/hours/from"),
    (#""conditions":{"hours":{"timeZone":"UTC","from":"09:00","to":"24:01"}}"#, "/conditions/hours/to"),
    (#""conditions":{"hours":{"timeZone":"UTC","from":"09:00","to":"09:00"}}"#, "/conditions/hours/to"),
    (#""conditions":{"hours":{"timeZone":"UTC","from":"24:00","to":"00:00"}}"#, "/conditions/hours/to"),
    (#""conditions":{"rate":{"calls":0,"perSeconds":60}}"#, "/conditions/rate/calls"),
    (#""conditions":{"rate":{"calls":1,"perSeconds":-1}}"#, "/conditions/rate/perSeconds"),
    (#""conditions":{"rate":{"calls":1.5,"perSeconds":60}}"#, "/conditions/rate/calls"),
    (#""conditions":{"rate":{"calls":1,"perSeconds":86401}}"#, "/conditions/rate/perSeconds"),
    (#""conditions":{"weather":"fine"}"#, "/conditions/weather"),
    (#""mode":"watch""#, "/mode"),
    (#""order":1"#, "/order"),
    (#""a/b":1"#, "/a~1b"),
  ])
  func aProblemNamesItsPlace(_ part: String, _ place: String) {
    let found = problems(#"{"name":"n","effect":"deny",\#(part)}"#)
    #expect(found.map(\.pointer) == [place])
    #expect(found.allSatisfy { !$0.message.isEmpty })
  }

  @Test func allProblemsAreToldAtOnce() throws {
    let json = #"""
      {"effect":"maybe","subjects":{"roles":["guest","owner","boss"]},"resources":{"tools":[]},"conditions":
        {"arguments":[{"pointer":"/q","operator":"like","value":1}],"rate":{"calls":0}},"colour":"red"}
      """#
    let places = problems(json).map(\.pointer)
    #expect(
      places == [
        "/colour", "/name", "/effect", "/subjects/roles/0", "/subjects/roles/2", "/resources/tools",
        "/conditions/arguments/0/operator", "/conditions/rate/calls", "/conditions/rate/perSeconds",
      ])
  }

  @Test func theErrorOfAServiceNamesTheFieldsAndRepeatsNoValue() throws {
    let json = #"{"name":"n","effect":"deny","subjects":{"roles":["hunter2"]},"resources":{"tools":[]}}"#
    let error = #expect(throws: RuleProblems.self) { try read(json) }?.serviceError
    #expect(error?.code == .invalidRequest)
    #expect(error?.facts["fields"] == ["/subjects/roles/0", "/resources/tools"])
    #expect(error?.detail.contains("/subjects/roles/0 must be one of owner, admin, member") == true)
    #expect(error?.detail.contains("hunter2") == false)
  }

  @Test func absentPartsMatchEverything() throws {
    #expect(try read(Self.everything) == RuleDraft(name: "n", effect: .deny))
  }

  @Test func repeatedEntriesCountOnce() throws {
    let draft = try read(#"{"name":"n","effect":"deny","subjects":{"groups":["a","b","a"]}}"#)
    #expect(draft.subjects.groups == ["a", "b"])
    #expect(draft.entryCount == 2)
  }

  @Test func aRuleFromElsewhereIsReadAsStrictlyAsADraft() {
    let times = #""createdAt":"2026-01-02T03:04:05Z","updatedAt":"2026-01-02T03:04:05Z""#
    let json = #"{"id":"rul_1","name":"n","effect":"deny","newCondition":1,\#(times)}"#
    #expect(problems(json, as: Rule.self).map(\.pointer) == ["/newCondition"])
  }

  @Test func placesBeginAtTheDocument() {
    struct Body: Decodable { var rules: RuleDraftList }
    let json = #"{"rules":[\#(Self.everything),{"name":"","effect":"deny"}]}"#
    #expect(problems(json, as: Body.self).map(\.pointer) == ["/rules/1/name"])
  }

  // MARK: Limits

  @Test func listsAndTextsHaveLimits() {
    func groups(_ count: Int, bytes: Int = 1) -> [String] {
      let names = (0..<count).map { #""\#(String(repeating: "x", count: bytes))\#($0)""# }
      return problems(#"{"name":"n","effect":"deny","subjects":{"groups":[\#(names.joined(separator: ","))]}}"#)
        .map(\.pointer)
    }
    #expect(groups(RuleLimits.entries).isEmpty)
    #expect(groups(RuleLimits.entries + 1) == ["/subjects/groups"])
    #expect(groups(1, bytes: RuleLimits.textBytes - 1).isEmpty)
    #expect(groups(1, bytes: RuleLimits.textBytes) == ["/subjects/groups/0"])
    func pattern(_ bytes: Int) -> [String] {
      let text = String(repeating: "*", count: bytes)
      return problems(#"{"name":"n","effect":"deny","resources":{"tools":["\#(text)"]}}"#).map(\.pointer)
    }
    #expect(pattern(RuleLimits.patternBytes).isEmpty)
    #expect(pattern(RuleLimits.patternBytes + 1) == ["/resources/tools/0"])
  }

  @Test func rulesTogetherHaveLimits() {
    func list(_ rule: String, _ count: Int) -> [String] {
      problems("[\(Array(repeating: rule, count: count).joined(separator: ","))]", as: RuleDraftList.self).map(
        \.pointer)
    }
    #expect(list(Self.everything, RuleLimits.rules).isEmpty)
    #expect(list(Self.everything, RuleLimits.rules + 1) == [""])
    let names = (0..<RuleLimits.entries).map { #""g\#($0)""# }.joined(separator: ",")
    let large = #"{"name":"n","effect":"deny","subjects":{"groups":[\#(names)]}}"#
    let fitting = RuleLimits.entriesOfAllRules / RuleLimits.entries
    #expect(list(large, fitting).isEmpty)
    #expect(list(large, fitting + 1) == [""])
  }

  @Test func noMoreProblemsAreToldThanAPersonReads() {
    let unknown = (0..<RuleLimits.reportedProblems + 20).map { #""x\#($0)":1"# }.joined(separator: ",")
    let error = #expect(throws: RuleProblems.self) { try read(#"{"name":"n","effect":"deny",\#(unknown)}"#) }
    #expect(error?.problems.count == RuleLimits.reportedProblems)
    #expect(error?.omitted == 20)
    #expect(error?.serviceError.detail.contains("and 112 more") == true)
  }
}
