import HTTPTypes
import Hummingbird
import NIOCore

/// Lets a waiting fault strike instead of, or after, the endpoint's own work.
struct FaultMiddleware: RouterMiddleware {
  typealias Context = SandboxContext

  let endpoint: ProviderEndpoint
  let faults: FaultList
  let counters: Counters

  func handle(
    _ request: Request, context: SandboxContext, next: (Request, SandboxContext) async throws -> Response
  ) async throws -> Response {
    let grantType = context.form["grant_type"]
    let clientID = ClientAuthentication.claimedID(request.headers[.authorization], context.form)
    guard let fault = faults.take(endpoint, grantType: grantType, clientID: clientID) else {
      return try await next(request, context)
    }
    counters.count(.faulted, at: endpoint, grantType: grantType)
    if fault.kind == .resetBefore { try await context.channel.reset() }
    if fault.kind == .slow {
      try await Task.sleep(for: .milliseconds(fault.delayMilliseconds ?? Limits.defaultFaultDelayMilliseconds))
    }
    guard fault.processesFirst else { return try fault.substitute() }
    let response = try await next(request, context)
    return try await fault.spoil(response, on: context.channel)
  }
}

/// Ends the handling of a request whose connection is gone. Nothing is left to answer.
struct ConnectionCut: Error {}

extension Channel {
  /// Cuts the connection so that the other side sees a reset: lingering for zero seconds drops what is unsent.
  func reset() async throws -> Never {
    if let options = self as? any SocketOptionProvider {
      // C's `struct linger` is two ints, on or off and the seconds; its Swift name lives in a module that is not ours.
      let lingerForNoTime = SIMD2<Int32>(1, 0)
      try? await options.unsafeSetSocketOption(level: .socket, name: .so_linger, value: lingerForNoTime).get()
    }
    try? await close()
    throw ConnectionCut()
  }
}
