import MCP

/// What an MCP client says about itself: which revision it speaks and how its person can be asked. Nothing of it is believed for security.
struct MCPClient: Sendable, Hashable {
  var revision: ProtocolRevision
  /// How the person may be asked in the middle of a call.
  var elicitation: Set<ElicitationMode>

  var era: Era { revision.era }

  /// Whether the client can show its person a form.
  var showsForms: Bool { elicitation.contains(.form) && revision.elicitationModes.contains(.form) }

  /// Whether the client can be told to open the connect page itself.
  var opensURLs: Bool { elicitation.contains(.url) && revision.elicitationModes.contains(.url) }
}
