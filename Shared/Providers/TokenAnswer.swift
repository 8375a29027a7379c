public import Foundation
public import Model

/// A provider's answer at the token endpoint, read by the row's rule.
public struct TokenAnswer: Sendable {
  /// What the provider granted.
  public enum GrantedScopes: Hashable, Sendable {
    /// Exactly these.
    case these([String])
    /// Nothing was said: as requested (RFC 6749 section 5.1).
    case asRequested
    /// The provider never says.
    case unknown
  }

  /// When the access token ends.
  public enum Expiry: Hashable, Sendable {
    /// Seconds from receipt of the answer.
    case seconds(Double)
    case at(Date)
    case never
    /// Nothing was said; nothing is to be invented.
    case unknown
  }

  public var accessToken: Secret<String>
  /// Absent means: the stored one stays good (RFC 6749 section 6).
  public var refreshToken: Secret<String>?
  public var idToken: Secret<String>?
  /// As sent; compare without case. Absent where a provider leaves it out.
  public var tokenType: String?
  public var scopes: GrantedScopes
  public var expiry: Expiry
  /// The facts that the row keeps.
  public var metadata: [String: String]
  /// The whole answer, for accounts that are read from it. Holds the tokens.
  public var document: Secret<JSONValue>
}

/// Why an answer holds no token.
public enum TokenAnswerError: Error, Hashable, Sendable {
  /// The provider named an error (RFC 6749 section 5.2). The code is cut to its permitted characters and 64 of them.
  case refused(code: String)
  /// Not a JSON object, nor a form: HTML, an empty body, a cut one. Says nothing about the token.
  case unreadable
  /// Readable, and without an access token.
  case missingAccessToken
}

extension Provider {
  /// Longest error code that is taken over, in characters.
  static let maximumErrorCodeLength = 64

  /// Reads a token answer's body. The status decides nothing here: some providers send errors with 200, others tokens
  /// with 201.
  public func readTokenAnswer(_ body: Data) -> Result<TokenAnswer, TokenAnswerError> {
    guard let document = Self.document(body) else { return .failure(.unreadable) }
    if let code = errorCode(in: document) { return .failure(.refused(code: code)) }
    let rule = tokenAnswer
    let objects = rule.objects.compactMap { $0.evaluate(in: document) }
    for object in objects {
      guard let token = rule.accessToken.evaluate(in: object)?.text, !token.isEmpty else { continue }
      let refreshToken = rule.refreshToken.evaluate(in: object)?.text
      return .success(
        TokenAnswer(
          accessToken: Secret(token),
          refreshToken: refreshToken.flatMap { $0.isEmpty ? nil : Secret($0) },
          idToken: object["id_token"]?.text.map { Secret($0) },
          tokenType: object["token_type"]?.text,
          scopes: granted(rule.scope.evaluate(in: object)),
          expiry: expiry(rule.expiry.evaluate(in: object)),
          metadata: rule.metadata.compactMapValues { $0.evaluate(in: document)?.text },
          document: Secret(document)))
    }
    return .failure(.missingAccessToken)
  }

  /// The error code of an answer, if it is one; `unspecified` where a failure has no code.
  func errorCode(in document: JSONValue) -> String? {
    let named = document["error"].flatMap { error in
      error.text ?? error["type"]?.text ?? error["code"]?.text ?? (error.isNull ? nil : "unspecified")
    }
    if let named, !named.isEmpty { return Self.clean(named) }
    if let test = tokenAnswer.succeeds, !test.holds(in: document) { return "unspecified" }
    return nil
  }

  private static func document(_ body: Data) -> JSONValue? {
    if let value = try? JSONDecoder().decode(JSONValue.self, from: body) {
      if case .object = value { return value }
      return nil
    }
    // Some providers answer form-encoded unless asked, or even if asked.
    guard let text = String(validating: body, as: UTF8.self), !text.contains("<"), let fields = Percent.fields(text),
      fields["access_token"] != nil || fields["error"] != nil
    else { return nil }
    return .object(fields.mapValues { .string($0) })
  }

  private static func clean(_ code: String) -> String {
    let kept = code.unicodeScalars.filter {
      $0.isASCII && ($0.properties.isAlphabetic || "0123456789_.-".unicodeScalars.contains($0))
    }
    let text = String(String.UnicodeScalarView(kept.prefix(maximumErrorCodeLength)))
    return text.isEmpty ? "unspecified" : text
  }

  private func granted(_ value: JSONValue?) -> TokenAnswer.GrantedScopes {
    switch (scopes.answer, value) {
    case (.absent, _), (.callback, _): return .unknown
    case (_, .array(let items)?): return .these(items.compactMap(\.text).filter { !$0.isEmpty })
    case (_, let value?):
      guard let text = value.text, !text.isEmpty else { return .asRequested }
      // Blank and comma both separate, whichever the row names: providers are not consistent between their own
      // endpoints.
      return .these(text.split { $0 == " " || $0 == "," }.map(String.init))
    case (_, nil): return .asRequested
    }
  }

  private func expiry(_ value: JSONValue?) -> TokenAnswer.Expiry {
    guard let value, !value.isNull else { return .unknown }
    if tokenAnswer.expiryKind == .iso {
      return value.text.flatMap(WireTime.date).map { .at($0) } ?? .unknown
    }
    guard let number = value.double, number.isFinite, number >= 0 else { return .unknown }
    if number == 0 { return .never }
    return switch tokenAnswer.expiryKind {
    case .seconds, .iso: .seconds(number)
    case .epoch: .at(Date(timeIntervalSince1970: number))
    case .epochMilliseconds: .at(Date(timeIntervalSince1970: number / 1000))
    }
  }
}
