import Foundation
import Model
import Rules

/// Whether each part of a rule holds, spelled out.
struct ReferenceParts {
  var id: RuleID
  var rule: RuleDraft
  var question: Question

  func all(rate: Bool) -> [ReferenceEvaluator.State] {
    [subjects, integrations, servers, tools, annotations, scopes, arguments, hours] + (rate ? [self.rate] : [])
  }

  private func yes(_ holds: Bool) -> ReferenceEvaluator.State { holds ? .yes : .no }

  private var subjects: ReferenceEvaluator.State {
    let (subjects, subject) = (rule.subjects, question.subject)
    if let users = subjects.users, !users.contains(where: { $0 == subject.user }) { return .no }
    if let groups = subjects.groups, Set(groups).isDisjoint(with: subject.groups) { return .no }
    if let roles = subjects.roles, !roles.contains(subject.role) { return .no }
    if let charms = subjects.charms, !charms.contains(where: { $0 == subject.charm }) { return .no }
    if let applications = subjects.applications, !applications.contains(where: { $0 == subject.application }) {
      return .no
    }
    return .yes
  }

  private var integrations: ReferenceEvaluator.State {
    guard let list = rule.resources.integrations else { return .yes }
    return yes(list.contains { $0 == question.resource.integration })
  }

  private var servers: ReferenceEvaluator.State {
    guard let list = rule.resources.mcpServers else { return .yes }
    return yes(list.contains { $0 == question.resource.server })
  }

  private var tools: ReferenceEvaluator.State {
    guard let list = rule.resources.tools else { return .yes }
    guard question.resource.server != nil else { return .no }
    guard let tool = question.resource.tool else { return .open(.tool) }
    return yes(list.contains { ReferenceText.matches($0.rawValue, tool.name) })
  }

  private var annotations: ReferenceEvaluator.State {
    guard let list = rule.resources.annotations else { return .yes }
    guard question.resource.server != nil else { return .no }
    guard let tool = question.resource.tool else { return .open(.tool) }
    return yes(list.contains { tool.hints.contains($0) })
  }

  private var scopes: ReferenceEvaluator.State {
    guard let list = rule.resources.scopes else { return .yes }
    guard question.resource.integration != nil else { return .no }
    guard let asked = question.resource.scopes else { return .open(.scopes) }
    return yes(asked.contains { list.contains($0) })
  }

  private var arguments: ReferenceEvaluator.State {
    guard let list = rule.conditions.arguments else { return .yes }
    guard question.resource.server != nil else { return .no }
    guard question.resource.tool != nil, let arguments = question.arguments else { return .open(.arguments) }
    for condition in list {
      let value = ReferenceText.value(at: condition.pointer.rawValue, in: arguments)
      let holds = value.flatMap { ReferenceText.holds(condition.test, $0) } ?? (rule.effect == .deny)
      if !holds { return .no }
    }
    return .yes
  }

  private var hours: ReferenceEvaluator.State {
    guard let hours = rule.conditions.hours else { return .yes }
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = hours.timeZone
    let parts = calendar.dateComponents([.weekday, .hour, .minute], from: question.now)
    guard let weekday = parts.weekday, let hour = parts.hour, let minute = parts.minute else { return .no }
    let names: [RuleHours.Day] = [.sunday, .monday, .tuesday, .wednesday, .thursday, .friday, .saturday]
    let today = names[weekday - 1]
    let yesterday = names[(weekday + 5) % 7]
    func has(_ day: RuleHours.Day) -> Bool { hours.days?.contains(day) ?? true }
    guard let window = hours.window else { return yes(has(today)) }
    let (from, to, now) = (window.from.minutes, window.to.minutes, hour * 60 + minute)
    if from < to { return yes(has(today) && from <= now && now < to) }
    return yes((has(today) && now >= from) || (has(yesterday) && now < to))
  }

  private var rate: ReferenceEvaluator.State {
    guard let rate = rule.conditions.rate else { return .yes }
    guard let used = question.usage.calls(id) else { return .open(.rate) }
    return yes(rule.effect == .allow ? used < rate.calls : used >= rate.calls)
  }
}

/// Values and texts, compared the simple way.
enum ReferenceText {
  /// Nil where the operator cannot judge the value.
  static func holds(_ test: ArgumentCondition.Test, _ value: JSONValue) -> Bool? {
    switch test {
    case .equals(let other): equal(value, other)
    case .notEquals(let other): !equal(value, other)
    case .oneOf(let others): others.contains { equal(value, $0) }
    case .prefix(let start): text(value).map { Array($0.utf8.prefix(start.utf8.count)) == Array(start.utf8) }
    case .pattern(let pattern): text(value).map { matches(pattern.rawValue, $0) }
    case .lessThan(let bound): pair(value, bound).map { $0 < $1 }
    case .greaterThan(let bound): pair(value, bound).map { $0 > $1 }
    }
  }

  static func value(at pointer: String, in document: JSONValue) -> JSONValue? {
    var value: JSONValue? = document
    for part in pointer.components(separatedBy: "/").dropFirst() {
      let name = part.replacingOccurrences(of: "~1", with: "/").replacingOccurrences(of: "~0", with: "~")
      switch value {
      case .object(let members): value = members[name]
      case .array(let elements):
        guard let index = Int(name), elements.indices.contains(index) else { return nil }
        value = elements[index]
      default: return nil
      }
    }
    return value
  }

  static func matches(_ pattern: String, _ text: String) -> Bool {
    matches(Array(pattern.unicodeScalars)[...], Array(text.unicodeScalars)[...])
  }

  /// Tries everything that a star may stand for.
  private static func matches(_ pattern: ArraySlice<Unicode.Scalar>, _ text: ArraySlice<Unicode.Scalar>) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    if first == "*" {
      return matches(pattern.dropFirst(), text) || (!text.isEmpty && matches(pattern, text.dropFirst()))
    }
    let rest = first == "\\" ? pattern.dropFirst() : pattern
    return text.first == rest.first && matches(rest.dropFirst(), text.dropFirst())
  }

  private static func equal(_ left: JSONValue, _ right: JSONValue) -> Bool {
    if let (left, right) = pair(left, right) { return left == right }
    if let left = text(left), let right = text(right) { return Array(left.utf8) == Array(right.utf8) }
    switch (left, right) {
    case (.null, .null): return true
    case (.bool(let left), .bool(let right)): return left == right
    default: return false
    }
  }

  private static func text(_ value: JSONValue) -> String? {
    if case .string(let text) = value { text } else { nil }
  }

  private static func pair(_ left: JSONValue, _ right: JSONValue) -> (Decimal, Decimal)? {
    guard let left = number(left), let right = number(right) else { return nil }
    return (left, right)
  }

  private static func number(_ value: JSONValue) -> Decimal? {
    switch value {
    case .integer(let number): Decimal(number)
    case .number(let number): Decimal(number)
    default: nil
    }
  }
}
