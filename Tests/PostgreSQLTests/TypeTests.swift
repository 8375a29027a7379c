import FoundationEssentials
import PostgreSQL
import TestSupport
import Testing

private enum Colour: String, PostgresBindable, PostgresDecodable { case red, green }

private struct Key: PostgresBindable, PostgresDecodable, Equatable {
  var rawValue: String
  var postgresBind: PostgresBind { .text(rawValue) }
  static func decode(_ cell: PostgresCell) throws -> Key { Key(rawValue: try String.decode(cell)) }
}

struct TypeTests {
  @Test func everyTypeSurvivesTheRoundTrip() async throws {
    try await withDatabase { client, _ in
      let uuid = UUID()
      let date = Date(timeIntervalSince1970: 1_700_000_000.123456)
      let old = Date(timeIntervalSince1970: -5_000_000_000.5)
      let megabyte = (0..<1_048_576).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      let row = try #require(
        try await client.read(
          """
          SELECT \("naïve 🦊 text")::text AS text, \(Int64.min) AS int, \(-1.5) AS double, \(true) AS bool,
            \(megabyte) AS bytes, \(date) AS date, \(old) AS old, \(uuid) AS uuid, \(["a", "", "🦊,\"{}"]) AS texts,
            \([Int64.max, 0]) AS ints, \([[1, 2], []] as [[UInt8]]) AS blobs, \([date]) AS dates, \([uuid]) AS uuids,
            \(Colour.green)::text AS colour, \(Key(rawValue: "k1"))::text AS key, \([] as [String]) AS none,
            \([] as [UInt8]) AS nothing, \("")::text AS empty, 7::int2 AS small, 70000::int4 AS medium,
            1.5::float4 AS single, '{"a": 1}'::jsonb AS jsonb, '{"a":1}'::json AS json, DATE '2026-01-02' AS day,
            \(Data([9, 8])) AS data
          """
        ).first)
      #expect(try row.get("text", as: String.self) == "naïve 🦊 text")
      #expect(try row.get("int", as: Int64.self) == .min)
      #expect(try row.get("double", as: Double.self) == -1.5)
      #expect(try row.get("bool", as: Bool.self))
      #expect(try row.get("bytes", as: [UInt8].self) == megabyte)
      #expect(abs(try row.get("date", as: Date.self).timeIntervalSince(date)) < 0.000_001)
      #expect(try row.get("old", as: Date.self) == old)
      #expect(try row.get("uuid", as: UUID.self) == uuid)
      #expect(try row.get("uuid", as: String.self) == uuid.uuidString.lowercased())
      #expect(try row.get("texts", as: [String].self) == ["a", "", "🦊,\"{}"])
      #expect(try row.get("ints", as: [Int64].self) == [.max, 0])
      #expect(try row.get("blobs", as: [[UInt8]].self) == [[1, 2], []])
      #expect(try row.get("dates", as: [Date].self).count == 1)
      #expect(try row.get("uuids", as: [UUID].self) == [uuid])
      #expect(try row.get("colour", as: Colour.self) == .green)
      #expect(try row.get("key", as: Key.self) == Key(rawValue: "k1"))
      #expect(try row.get("none", as: [String].self) == [])
      #expect(try row.get("nothing", as: [UInt8].self) == [])
      #expect(try row.get("empty", as: String?.self) == "")
      #expect(try row.get("small", as: Int.self) == 7)
      #expect(try row.get("medium", as: Int32.self) == 70_000)
      #expect(try row.get("single", as: Double.self) == 1.5)
      #expect(try row.get("jsonb", as: String.self) == #"{"a": 1}"#)
      #expect(try row.get("json", as: String.self) == #"{"a":1}"#)
      #expect(try row.get("day", as: Date.self) == Date(timeIntervalSince1970: 1_767_312_000))
      #expect(try row.get("data", as: Data.self) == Data([9, 8]))
    }
  }

  @Test func datesKeepTheirMicroseconds() async throws {
    try await withDatabase { client, _ in
      for microseconds in [1, 123_456, 999_999] {
        let date = Date(timeIntervalSince1970: 1_767_312_000 + Double(microseconds) / 1_000_000)
        let row = try #require(
          try await client.read("SELECT (extract(microseconds FROM \(date)) % 1000000)::int8 AS micros").first)
        #expect(try row.get("micros", as: Int.self) == microseconds)
      }
    }
  }

  @Test func nullsOfEveryTypeAreBoundAndRead() async throws {
    try await withDatabase { client, _ in
      let row = try #require(
        try await client.read(
          """
          SELECT \(nil as String?)::text AS a, \(nil as Int?) AS b, \(nil as Bool?) AS c, \(nil as Date?) AS d,
            \(nil as [UInt8]?) AS e, \(nil as UUID?) AS f, \(nil as [String]?) AS g, \(nil as Key?)::text AS h
          """
        ).first)
      #expect(try row.get("a", as: String?.self) == nil)
      #expect(try row.get("b", as: Int?.self) == nil)
      #expect(try row.get("c", as: Bool?.self) == nil)
      #expect(try row.get("d", as: Date?.self) == nil)
      #expect(try row.get("e", as: [UInt8]?.self) == nil)
      #expect(try row.get("f", as: UUID?.self) == nil)
      #expect(try row.get("g", as: [String]?.self) == nil)
      #expect(try row.get("h", as: Key?.self) == nil)
    }
  }

  @Test func unnestTakesBatchesWithNulls() async throws {
    try await withDatabase("CREATE TABLE item (id bigint PRIMARY KEY, name text, at timestamptz, body bytea)") {
      client, _ in
      let dates: [Date?] = [Date(timeIntervalSince1970: 1), nil, Date(timeIntervalSince1970: 3)]
      let names: [String?] = ["a", "b", nil]
      let bodies: [[UInt8]] = [[1], [], [3]]
      let count = try await client.execute(
        """
        INSERT INTO item (id, name, at, body)
        SELECT * FROM unnest(\([Int64(1), 2, 3]), \(names), \(dates), \(bodies))
        """)
      #expect(count == 3)
      let rows = try await client.read("SELECT id, name, at, body FROM item ORDER BY id")
      #expect(try rows.map { try $0.get("name", as: String?.self) } == names)
      #expect(try rows.map { try $0.get("at", as: Date?.self) } == dates)
      #expect(try rows.map { try $0.get("body", as: [UInt8].self) } == bodies)
    }
  }

  @Test func textFitsJSONEnumAndUUIDColumns() async throws {
    try await withDatabase(
      "CREATE TYPE mood AS ENUM ('good'); CREATE TABLE item (body jsonb, mood mood, id uuid, at timestamptz)"
    ) { client, _ in
      let id = UUID().uuidString.lowercased()
      try await client.write(
        "INSERT INTO item (body, mood, id) VALUES (\(#"{"k": 1}"#), \("good"), \(id))")
      let row = try #require(
        try await client.read("SELECT body, mood, array[mood] AS moods, id FROM item WHERE id = \(id)").first)
      #expect(try row.get("body", as: String.self) == #"{"k": 1}"#)
      #expect(try row.get("mood", as: String.self) == "good")
      #expect(try row.get("moods", as: [String].self) == ["good"])
      #expect(try row.get("id", as: String.self) == id)
    }
  }

  @Test func aWrongTypeNamesTheColumnAndNeverTheValue() async throws {
    try await withDatabase { client, _ in
      let row = try #require(try await client.read("SELECT 'canary'::text AS secret, NULL::text AS gone").first)
      let wrong = await failure { try row.get("secret", as: Int.self) }
      guard case .decoding("secret", "Int64", _)? = wrong else {
        return #expect(Bool(false), "\(String(describing: wrong))")
      }
      #expect(!"\(String(describing: wrong))".contains("canary"))
      #expect(
        await failure { try row.get("gone", as: String.self) }
          == .decoding(column: "gone", expected: "String", found: "NULL"))
      #expect(
        await failure { try row.get("absent", as: String.self) }
          == .decoding(column: "absent", expected: "String", found: "no such column"))
      #expect(await failure { try row.get("secret", as: [String].self) } != nil)
      #expect(
        await failure { try row.get("secret", as: Colour.self) }
          == .decoding(column: "secret", expected: "Colour", found: "another value"))
      #expect(!"\(row)".contains("canary"))
    }
  }

  @Test(arguments: [
    "'; DROP TABLE item; --", "\\'; SELECT 1", "$1", "%s", "\u{2019}; --", "\"", "E'\\x00'", "1 OR 1=1",
  ])
  func injectionShapesArriveAsText(evil: String) async throws {
    try await withDatabase("CREATE TABLE item (name text)") { client, _ in
      try await client.write("INSERT INTO item (name) VALUES (\(evil))")
      let rows = try await client.read("SELECT name FROM item WHERE name = \(evil)")
      #expect(try rows.map { try $0.get("name", as: String.self) } == [evil])
      #expect(try await client.read("SELECT name FROM item").count == 1)
    }
  }

  @Test func textWithANulByteIsRefusedInsteadOfCut() async throws {
    try await withDatabase { client, _ in
      #expect(await failure { try await client.read("SELECT \("admin\0x")::text AS a") } == .invalidParameter)
      #expect(await failure { try await client.read("SELECT \(["a\0b"]) AS a") }?.sqlState == .characterNotInRepertoire)
    }
  }
}
