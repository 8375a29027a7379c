import FoundationEssentials
public import Logging
import Model

/// Writes each record as one line of JSON: `{"level","time","service","message","source",…metadata}`.
///
/// Metadata stands under `metadata`. Values under suspicious keys, credentials and URL queries are replaced (see ``Redaction``); of an
/// attached error only the type is written, since error texts carry what they were made from.
public struct JSONLogHandler: LogHandler {
  public var logLevel: Logger.Level
  public var metadata: Logger.Metadata = [:]
  public var metadataProvider: Logger.MetadataProvider?
  private let service: String
  private let label: String
  private let sink: any LogSink

  /// The key under which the HTTP server keeps the request's id; we write it as `requestId`.
  static let serverRequestIdKey = "hb.request.id"

  /// - Parameters:
  ///   - service: the name of the process in every record.
  ///   - label: the logger's label.
  ///   - level: the least important records that are written.
  ///   - sink: where the lines go.
  public init(service: String, label: String, level: Logger.Level = .info, sink: any LogSink) {
    self.service = service
    self.label = label
    logLevel = level
    self.sink = sink
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    var merged = metadata
    if let provided = metadataProvider?.get() { merged.merge(provided) { _, new in new } }
    if let given = event.metadata { merged.merge(given) { _, new in new } }
    let requestId = merged.removeValue(forKey: Self.serverRequestIdKey)
    var line = JSONLine()
    line.object { line in
      line.field("level", event.level.rawValue)
      line.field("time", WireTime.text(Date()))
      line.field("service", service)
      line.field("source", label)
      line.field("message", Redaction.clean(event.message.description))
      if let error = event.error { line.field("errorType", "\(type(of: error))") }
      if let requestId { line.field("requestId", Redaction.clean(requestId.description)) }
      if !merged.isEmpty {
        line.key("metadata")
        Self.write(merged, to: &line)
      }
    }
    sink.write(line.text)
  }

  private static func write(_ metadata: Logger.Metadata, to line: inout JSONLine) {
    line.object { line in
      for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
        line.key(key)
        if Redaction.isSecretKey(key) { line.string(Redaction.mark) } else { write(value, to: &line) }
      }
    }
  }

  private static func write(_ value: Logger.MetadataValue, to line: inout JSONLine) {
    switch value {
    case .string(let text): line.string(Redaction.clean(text))
    case .dictionary(let values): write(values, to: &line)
    case .array(let values): line.array(values) { write($0, to: &$1) }
    case .stringConvertible(let value):
      switch value {
      case let value as Int: line.literal(String(value))
      case let value as Bool: line.literal(String(value))
      case let value as Double where value.isFinite: line.literal(String(value))
      default: line.string(Redaction.clean(value.description))
      }
    }
  }
}
