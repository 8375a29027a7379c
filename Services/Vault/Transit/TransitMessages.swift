/// What is said to the `encrypt` and `decrypt` calls of Transit. Bytes travel in base64.
enum TransitMessages {
  struct Encrypt: Encodable {
    var plaintext: String
    var associatedData: String

    private enum CodingKeys: String, CodingKey {
      case plaintext
      case associatedData = "associated_data"
    }
  }

  struct Decrypt: Encodable {
    var ciphertext: String
    var associatedData: String

    private enum CodingKeys: String, CodingKey {
      case ciphertext
      case associatedData = "associated_data"
    }
  }

  /// Every answer has what it says in `data`.
  struct Answer<Content: Decodable>: Decodable {
    var data: Content
  }

  struct Ciphertext: Decodable { var ciphertext: String }
  struct Plaintext: Decodable { var plaintext: String }
}
