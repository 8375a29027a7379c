public import Model

/// What is wrong with a provider's description, or with the values for it.
public enum ProviderError: Error, Hashable, Sendable {
  case unknownProvider(String)
  case missingVariable(String)
  case unknownVariable(String)
  case variableRefused(name: String, pattern: String)
  /// A URL of the description is not usable; the field is named, the URL is not repeated.
  case endpointRefused(field: String)
  case invalid(field: String, reason: String)
  case issuerMismatch
  /// The catalogue's files cannot be read.
  case catalogueUnreadable(file: String)
  /// A request needs a value that the caller does not have, such as a refresh token.
  case missingValue(String)
}

extension ProviderError: ServiceErrorConvertible {
  public var serviceError: ServiceError {
    switch self {
    case .unknownProvider(let id):
      ServiceError(
        .invalidRequest, "There is no provider \"\(id.prefix(64))\" in the catalogue; use \"custom\" for others.")
    case .missingVariable(let name):
      ServiceError(.invalidRequest, "The provider needs a value for the variable \"\(name)\".")
    case .unknownVariable(let name):
      ServiceError(.invalidRequest, "The provider has no variable \"\(name.prefix(64))\".")
    case .variableRefused(let name, let pattern):
      ServiceError(.invalidRequest, "The value of the variable \"\(name)\" must match \(pattern).")
    case .endpointRefused(let field):
      ServiceError(.invalidRequest, "The URL of \"\(field)\" must be a plain https URL.")
    case .invalid(let field, let reason):
      ServiceError(.invalidRequest, "The provider's \"\(field)\" cannot be used: \(reason).")
    case .issuerMismatch:
      ServiceError(.integrationMisconfigured, "The provider's metadata names another issuer than the one configured.")
    case .missingValue(let name):
      ServiceError(.integrationMisconfigured, "A request to the provider needs \"\(name)\", which is not known.")
    case .catalogueUnreadable(let file):
      ServiceError(.internalError, "The provider catalogue cannot be read (\(file)).")
    }
  }
}
