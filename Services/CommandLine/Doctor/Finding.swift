/// One thing that `lanyard doctor` looked at.
struct Finding: Codable {
  var subject: String
  var ok: Bool
  /// What was seen, and what to do about a problem.
  var detail: String

  static func ok(_ subject: String, _ detail: String = "") -> Finding {
    Finding(subject: subject, ok: true, detail: detail)
  }

  static func problem(_ subject: String, _ detail: String) -> Finding {
    Finding(subject: subject, ok: false, detail: detail)
  }
}
