import Hummingbird
import NIOCore

/// What travels with one request: its form, and the connection that a fault may have to cut.
struct SandboxContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel
  /// The form body of a POST, the query of a GET. Filled by ``IntakeMiddleware``.
  var form = FormFields.empty

  init(source: ApplicationRequestContextSource) {
    self.coreContext = .init(source: source)
    self.channel = source.channel
  }

  var maxUploadSize: Int { Limits.requestBodyBytes }
}
