import FoundationEssentials
public import Hummingbird
public import Model
public import ServiceTokens

/// Who of our services is calling, and whether it may.
public struct ServiceAuthentication: Sendable {
  private let verifier: ServiceTokenVerifier
  private let allowed: Set<ServiceName>

  public init(_ verifier: ServiceTokenVerifier, allowed: Set<ServiceName>) {
    self.verifier = verifier
    self.allowed = allowed
  }

  /// The calling service.
  ///
  /// - Throws: ``ServiceTokenRefused`` without a valid token, `forbidden` for a service that has no business here.
  public func caller(of request: Request) throws -> ServiceName {
    guard let text = request.headers[.authorization], text.hasPrefix("Bearer ") else {
      throw ServiceTokenRefused(.missing)
    }
    let caller = try verifier.verify(Secret(String(text.dropFirst("Bearer ".count))))
    guard allowed.contains(caller) else {
      throw ServiceError(
        .forbidden, "The \(caller.rawValue) service may not make this call.", facts: ServiceTokenRefused.credentialFact)
    }
    return caller
  }
}
