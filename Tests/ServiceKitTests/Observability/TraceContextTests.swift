import ServiceKit
import Testing

@Suite struct TraceContextTests {
  @Test func aValidHeaderIsReadAndWritten() throws {
    let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    let trace = try #require(TraceContext(traceparent: text))
    #expect(trace.traceparent == text)
    #expect(trace.isSampled)
    let child = trace.child()
    #expect(child.traceId == trace.traceId)
    #expect(child.spanId != trace.spanId)
    #expect(child.isSampled)
    #expect(TraceContext(traceparent: TraceContext.start().traceparent) != nil)
  }

  @Test func aLaterVersionMayHaveMoreFields() {
    #expect(TraceContext(traceparent: "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more") != nil)
  }

  @Test(arguments: [
    "", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
    "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
    "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
    "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
  ])
  func anInvalidHeaderIsNotBelieved(text: String) {
    #expect(TraceContext(traceparent: text) == nil)
  }
}
