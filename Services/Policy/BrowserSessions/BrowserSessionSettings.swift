import ServiceKit

/// How long links and the sessions of browsers live, in seconds.
struct BrowserSessionSettings: Sendable {
  var linkSeconds: Int
  var maximumSeconds: Int
  var idleSeconds: Int
  /// For how long after they proved themselves people may do dangerous things.
  var stepUpSeconds: Int

  /// Long enough to get a mail and open it, short enough for a link that lies about.
  static let standardLinkSeconds = 600
  /// A working day: whoever is present longer signs in again.
  static let standardMaximumSeconds = 28_800
  /// Somebody who has left their desk.
  static let standardIdleSeconds = 3_600
  /// Long enough for an errand, short enough for a screen that was left unlocked.
  static let standardStepUpSeconds = 600
  /// What the host's page hands over is for one errand, and never outlives this.
  static let handedOverSeconds = 3_600
  /// How far the idle time may lag behind: a write per request would buy nothing.
  static let idleLagSeconds = 60

  init(_ settings: Settings) {
    linkSeconds = settings.int(
      "signInLink.seconds", default: Self.standardLinkSeconds, in: 60...86_400, unit: "seconds",
      "How long a one-time sign-in link can be used.")
    maximumSeconds = settings.int(
      "browserSession.maximumSeconds", default: Self.standardMaximumSeconds, in: 300...604_800, unit: "seconds",
      "How long somebody stays signed in in a browser at most.")
    idleSeconds = settings.int(
      "browserSession.idleSeconds", default: Self.standardIdleSeconds, in: 120...604_800, unit: "seconds",
      "After how long without a request a browser is signed out.")
    stepUpSeconds = settings.int(
      "browserSession.stepUpSeconds", default: Self.standardStepUpSeconds, in: 60...86_400, unit: "seconds",
      "For how long after they proved themselves people may change what is dangerous, such as the identity provider.")
  }

  /// How long a session lives that was handed over.
  var handedOverSeconds: Int { min(Self.handedOverSeconds, maximumSeconds) }
}
