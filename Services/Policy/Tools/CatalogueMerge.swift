import FoundationEssentials
import Model

/// What becomes of a stored catalogue when the server was looked at again.
struct CatalogueMerge: Sendable, Hashable {
  /// Everything that is kept, by name.
  var tools: [String: ToolRecord]
  /// What must be written.
  var written: [ToolRecord]
  /// What nobody ever approved or blocked, and is gone.
  var forgotten: [String]
  /// Whether anything is different in what people approve.
  var changed: Bool

  /// How a catalogue is taken.
  struct Mode: Sendable {
    /// Whether what is missing is gone. A member may be shown fewer tools than there are.
    var saysWhatIsGone: Bool
    /// Whether what is there counts as approved: the first look at a server that the owner did not pin.
    var approves: Bool
  }

  init(of known: [ToolRecord], with fetched: [String: ToolRecord.Definition], mode: Mode, now: Date) {
    tools = Dictionary(uniqueKeysWithValues: known.map { ($0.name, $0) })
    (written, forgotten, changed) = ([], [], false)
    for (name, definition) in fetched.sorted(by: { $0.key < $1.key }) {
      let old = tools[name]
      var tool =
        old
        ?? ToolRecord(
          name: name, definition: definition, approved: mode.approves ? definition : nil, isPresent: true,
          isBlocked: false, firstSeenAt: now, changedAt: now)
      let isSame = old?.isPresent == true && old?.definition.hash == definition.hash
      tool.isPresent = true
      tool.definition = definition
      // What an agent is not guided by may differ in words of one hash; the newest are kept.
      if tool.approved?.hash == definition.hash { tool.approved = definition }
      if !isSame { tool.changedAt = now }
      guard tool != old else { continue }
      changed = changed || !isSame
      tools[name] = tool
      written.append(tool)
    }
    if mode.saysWhatIsGone { removeMissing(from: fetched, now) }
  }

  private mutating func removeMissing(from fetched: [String: ToolRecord.Definition], _ now: Date) {
    for var tool in tools.values.sorted(by: { $0.name < $1.name }) where fetched[tool.name] == nil {
      if tool.approved == nil, !tool.isBlocked {
        tools[tool.name] = nil
        forgotten.append(tool.name)
        changed = true
      } else if tool.isPresent {
        tool.isPresent = false
        tool.changedAt = now
        tools[tool.name] = tool
        written.append(tool)
        changed = true
      }
    }
  }

  /// How many tools there are in each state.
  var totals: [String: Int] {
    tools.values.reduce(into: [:]) { totals, tool in totals[tool.state.rawValue, default: 0] += 1 }
  }
}
