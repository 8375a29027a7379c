/// The tools that are there from the start, by name.
enum PracticeTool: String, CaseIterable, Sendable {
  case echo, whoami, stream, fail, crash, slow, count, elicit
  case deleteThing = "delete_thing"
  case listMessages = "list_messages"
  case region

  /// The definition, as the server lists it.
  var definition: String {
    switch self {
    case .echo:
      #"{"name":"echo","title":"Echo","description":"Gives back the text that it is given.","inputSchema":{"type":"object","#
        + #""properties":{"text":{"type":"string","description":"What to give back."}},"required":["text"]},"#
        + #""annotations":{"readOnlyHint":true,"idempotentHint":true,"openWorldHint":false}}"#
    case .whoami:
      #"{"name":"whoami","title":"Who am I?","description":"Says who calls: person, scopes, and whether a token came.","#
        + #""inputSchema":{"type":"object"},"outputSchema":{"type":"object","properties":{"subject":{"type":"string"},"#
        + #""scopes":{"type":"array","items":{"type":"string"}},"hasToken":{"type":"boolean"},"#
        + #""tokenFingerprint":{"type":"string"},"client":{"type":"string"}},"required":["subject","scopes","hasToken"]},"#
        + #""annotations":{"readOnlyHint":true,"openWorldHint":false}}"#
    case .stream:
      #"{"name":"stream","title":"Stream","description":"Reports progress, then answers; or answers with many bytes.","#
        + #""inputSchema":{"type":"object","properties":{"count":{"type":"integer","minimum":0,"maximum":10000},"#
        + #""delayMilliseconds":{"type":"integer","minimum":0,"maximum":60000},"#
        + #""bytes":{"type":"integer","minimum":0,"maximum":1073741824}}},"annotations":{"readOnlyHint":true}}"#
    case .fail:
      #"{"name":"fail","title":"Fail","description":"Answers that it failed.","inputSchema":{"type":"object","#
        + #""properties":{"message":{"type":"string"}}},"annotations":{"readOnlyHint":true}}"#
    case .crash:
      #"{"name":"crash","title":"Crash","description":"Answers with an error of the protocol.","#
        + #""inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}}"#
    case .slow:
      #"{"name":"slow","title":"Slow","description":"Takes its time.","inputSchema":{"type":"object","properties":{"#
        + #""milliseconds":{"type":"integer","minimum":0,"maximum":600000},"as":{"type":"string","#
        + #""enum":["events","object"]}},"required":["milliseconds"]},"#
        + #""annotations":{"readOnlyHint":true}}"#
    case .count:
      #"{"name":"count","title":"Count","description":"Says how often it was called, by everybody together.","#
        + #""inputSchema":{"type":"object"},"annotations":{"readOnlyHint":false,"destructiveHint":false}}"#
    case .elicit:
      #"{"name":"elicit","title":"Ask","description":"Asks the person: to open an address, or to fill in a form.","#
        + #""inputSchema":{"type":"object","properties":{"mode":{"type":"string","enum":["url","form"]},"#
        + #""message":{"type":"string"}}},"annotations":{"readOnlyHint":true}}"#
    case .deleteThing:
      #"{"name":"delete_thing","title":"Delete a thing","description":"Deletes a thing. There are no things here.","#
        + #""inputSchema":{"type":"object","properties":{"id":{"type":"string"}},"required":["id"]},"#
        + #""annotations":{"readOnlyHint":false,"destructiveHint":true,"idempotentHint":true,"openWorldHint":false}}"#
    case .listMessages:
      #"{"name":"list_messages","title":"Messages","description":"Lists the practice mailbox. Needs the scope mail.read.","#
        + #""inputSchema":{"type":"object","properties":{"limit":{"type":"integer","minimum":1,"maximum":100}}},"#
        + #""annotations":{"readOnlyHint":true}}"#
    case .region:
      #"{"name":"region","title":"Region","description":"Gives back where it was routed to by header.","#
        + #""inputSchema":{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"},"#
        + #""shard":{"type":"integer","x-mcp-header":"Shard"}},"required":["region"]},"annotations":{"readOnlyHint":true}}"#
    }
  }
}
