/// The bare hop between two services, for `make bench`: the least that any call of this kind can cost.
public enum MeasureEndpoints {
  /// Answers `{}`. Served only where measure routes are enabled.
  public static let echo = Endpoint<Empty, Empty>(.vault, .post, "/internal/measure/echo", callers: [.gateway])
}
