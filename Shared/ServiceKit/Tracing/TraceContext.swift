import Model
public import Tracing

/// The trace that a request belongs to, as W3C Trace Context defines it (`traceparent`, level 1, section 3.2).
public struct TraceContext: Sendable, Hashable {
  /// 32 lower-case hexadecimal digits, the same on every hop.
  public let traceId: String
  /// 16 lower-case hexadecimal digits: this process's part of the trace.
  public let spanId: String
  /// Whether someone upstream records this trace.
  public let isSampled: Bool

  init(traceId: String, spanId: String, isSampled: Bool) {
    self.traceId = traceId
    self.spanId = spanId
    self.isSampled = isSampled
  }

  /// A new trace.
  public static func start() -> TraceContext {
    TraceContext(traceId: randomHex(bytes: 16), spanId: randomHex(bytes: 8), isSampled: false)
  }

  /// The next part of the same trace.
  public func child() -> TraceContext {
    TraceContext(traceId: traceId, spanId: Self.randomHex(bytes: 8), isSampled: isSampled)
  }

  /// The header's value.
  public var traceparent: String { "00-\(traceId)-\(spanId)-\(isSampled ? "01" : "00")" }

  /// Reads a header's value. Returns nil for anything that the recommendation calls invalid; the trace then starts anew.
  public init?(traceparent: String) {
    let bytes = Array(traceparent.utf8)
    // Later versions may add fields behind a dash; version 00 has none.
    guard bytes.count == 55 || (bytes.count > 55 && bytes[55] == UInt8(ascii: "-") && !traceparent.hasPrefix("00")),
      bytes[2] == UInt8(ascii: "-"), bytes[35] == UInt8(ascii: "-"), bytes[52] == UInt8(ascii: "-"),
      let version = Self.hex(bytes[0..<2]), version != "ff", let traceId = Self.hex(bytes[3..<35]),
      let spanId = Self.hex(bytes[36..<52]), let flags = Self.hex(bytes[53..<55]),
      let flagBits = UInt8(flags, radix: 16),
      traceId.contains(where: { $0 != "0" }), spanId.contains(where: { $0 != "0" })
    else { return nil }
    self.init(traceId: traceId, spanId: spanId, isSampled: flagBits & 1 == 1)
  }

  private static func hex(_ bytes: ArraySlice<UInt8>) -> String? {
    let isHex = bytes.allSatisfy { byte in
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
    return isHex ? String(decoding: bytes, as: UTF8.self) : nil
  }

  private static func randomHex(bytes count: Int) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in RandomText.bytes(count) {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}

extension InstrumentationContext {
  private enum TraceKey: InstrumentationContextKey { typealias Value = TraceContext }
  private enum RequestIdKey: InstrumentationContextKey { typealias Value = String }

  /// The trace of the running request.
  public var trace: TraceContext? {
    get { self[TraceKey.self] }
    set { self[TraceKey.self] = newValue }
  }

  /// The id of the running request, as it goes to peers and into problem documents.
  public var requestId: String? {
    get { self[RequestIdKey.self] }
    set { self[RequestIdKey.self] = newValue }
  }
}

/// Carries the trace and the request id across processes, by the headers `traceparent` and `X-Request-Id`.
///
/// It records no spans: a tracer that does can be put beside it.
public struct TraceInstrument: Instrument {
  static let traceHeader = "traceparent"
  static let requestIdHeader = "X-Request-Id"

  public init() {}

  public func extract<Carrier, Extract: Extractor>(
    _ carrier: Carrier, into context: inout InstrumentationContext, using extractor: Extract
  ) where Extract.Carrier == Carrier {
    let received = extractor.extract(key: Self.traceHeader, from: carrier).flatMap { TraceContext(traceparent: $0) }
    context.trace = received?.child() ?? .start()
    let requestId = extractor.extract(key: Self.requestIdHeader, from: carrier)
    context.requestId = requestId.flatMap(Self.validRequestId) ?? "req_\(RandomText.base32(bytes: 10))"
  }

  public func inject<Carrier, Inject: Injector>(
    _ context: InstrumentationContext, into carrier: inout Carrier, using injector: Inject
  ) where Inject.Carrier == Carrier {
    if let trace = context.trace { injector.inject(trace.traceparent, forKey: Self.traceHeader, into: &carrier) }
    if let id = context.requestId { injector.inject(id, forKey: Self.requestIdHeader, into: &carrier) }
  }

  /// A request id from outside goes into our logs, so it may only be what an id looks like.
  private static func validRequestId(_ text: String) -> String? {
    let allowed = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
        true
      default: false
      }
    }
    return allowed && (1...64).contains(text.utf8.count) && Redaction.clean(text) == text ? text : nil
  }
}
