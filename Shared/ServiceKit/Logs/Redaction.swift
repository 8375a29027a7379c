import Synchronization

/// Takes out of log texts what must not be there.
///
/// This is the second line of defence: our code logs no secret, and ``Secret`` prints itself redacted. What is caught here would come from
/// a library's own records, such as a request line with its query.
enum Redaction {
  static let mark = "[redacted]"

  /// Words that make a metadata key suspicious wherever they stand in it.
  private static let secretWords: Set<String> = [
    "token", "tokens", "secret", "secrets", "password", "passwords", "authorization", "cookie", "cookies", "verifier",
    "credential", "credentials", "assertion", "apikey",
  ]
  /// Words that are suspicious at the end of a key, unless one of ``harmlessBefore`` stands before them.
  private static let secretLastWords: Set<String> = ["code", "state", "key", "nonce"]
  private static let harmlessBefore: Set<String> = ["status", "error", "exit", "reason", "problem", "public"]

  /// The beginnings of our own credentials and of signed tokens.
  private static let prefixes = ["lyk_", "lys_", "lyb_", "lyl_", "lyc_", "lym_", "lyr_", "eyJ"]
  /// The schemes whose next word is a credential.
  private static let schemes = ["Bearer", "Basic"]
  private static let suspiciousStarts = (prefixes + schemes).map { Array($0.utf8) }

  /// Keys at most that are remembered: ours are some dozens, and a library's are not endless either.
  private static let rememberedKeys = 1_000
  private static let verdicts = Mutex<[String: Bool]>([:])

  /// Whether values under this key are never shown.
  static func isSecretKey(_ key: String) -> Bool {
    if let known = verdicts.withLock({ $0[key] }) { return known }
    let verdict = judge(key)
    verdicts.withLock { if $0.count < rememberedKeys { $0[key] = verdict } }
    return verdict
  }

  private static func judge(_ key: String) -> Bool {
    let words = words(of: key)
    if words.contains(where: secretWords.contains) { return true }
    guard let last = words.last, secretLastWords.contains(last) else { return false }
    return !words.dropLast().contains(where: harmlessBefore.contains)
  }

  /// The text without credentials and without the query of any URL in it.
  static func clean(_ text: String) -> String {
    guard isSuspicious(text) else { return text }
    var result = ""
    var word = ""
    var redactNext = false
    func flush() {
      guard !word.isEmpty else { return }
      if redactNext {
        result += mark
        redactNext = false
      } else if schemes.contains(word) {
        result += word
        redactNext = true
      } else {
        result += cleanWord(word)
      }
      word = ""
    }
    for character in text {
      if character.isWhitespace || character == "\"" || character == "'" || character == "," || character == ";" {
        flush()
        result.append(character)
      } else {
        word.append(character)
      }
    }
    flush()
    return result
  }

  /// One pass over the bytes: nearly every text is harmless, and every value of every record comes through here.
  private static func isSuspicious(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      for (index, byte) in bytes.enumerated() {
        switch byte {
        case UInt8(ascii: "?"): return true
        case UInt8(ascii: "l"), UInt8(ascii: "e"), UInt8(ascii: "B"):
          if suspiciousStarts.contains(where: { bytes[index...].starts(with: $0) }) { return true }
        default: continue
        }
      }
      return false
    }
  }

  private static func cleanWord(_ word: String) -> String {
    var word = word
    if let question = word.firstIndex(of: "?"), word.index(after: question) < word.endIndex {
      word = word[...question] + mark
    }
    for prefix in prefixes {
      guard let range = word.range(ofText: prefix) else { continue }
      // Three letters alone also begin ordinary words; a signed token has a dot and some length behind them.
      let rest = word[range...]
      if prefix == "eyJ", rest.utf8.count < 20 { continue }
      word = word[..<range] + mark
    }
    return word
  }

  private static func words(of key: String) -> [String] {
    var words: [String] = []
    var word = ""
    for character in key {
      if character.isLetter || character.isNumber {
        if character.isUppercase, word.last?.isLowercase == true {
          words.append(word.lowercased())
          word = ""
        }
        word.append(character)
      } else if !word.isEmpty {
        words.append(word.lowercased())
        word = ""
      }
    }
    if !word.isEmpty { words.append(word.lowercased()) }
    return words
  }
}

extension String {
  /// Where a text begins in this one.
  fileprivate func range(ofText text: String) -> Index? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start }
      start = index(after: start)
    }
    return nil
  }
}
