import FoundationEssentials
import PostgreSQL
import Testing

struct SQLTests {
  @Test func interpolationsBecomePlaceholders() {
    let evil = "1'; DROP TABLE connection; --"
    let sql: SQL = "SELECT 1 WHERE id = \(evil) AND n = \(3)"
    #expect(sql.text == "SELECT 1 WHERE id = $1 AND n = $2")
    #expect(sql.parameterCount == 2)
  }

  @Test func appendedStatementsAreNumberedOn() {
    let first: SQL = "SELECT '$1' WHERE a = \("x")"
    let second: SQL = " AND b = \(1) AND c = '$1' AND d = \(true)"
    let whole = first.appending(second)
    #expect(whole.text == "SELECT '$1' WHERE a = $1 AND b = $2 AND c = '$1' AND d = $3")
    #expect(whole.parameterCount == 3)
  }

  @Test func moreThanNineParametersAreNumberedOn() {
    var sql: SQL = "SELECT \(0)"
    for number in 1...12 { sql.append(", \(number)") }
    let outer: SQL = "WITH a AS (SELECT \("x")) \(sql) WHERE \(false)"
    #expect(outer.text.hasSuffix("$11, $12, $13, $14 WHERE $15"))
    #expect(outer.parameterCount == 15)
  }

  @Test func printingShowsNoValue() {
    let sql: SQL = "SELECT \("canary")"
    var dumped = ""
    dump(sql, to: &dumped)
    for text in ["\(sql)", String(reflecting: sql), dumped] { #expect(!text.contains("canary")) }
  }
}

struct PostgresURLTests {
  @Test func aFullURLIsRead() throws {
    let url = "postgres://va%40ult:p%3Aw%2F@db.example:6432/vault?sslmode=verify-full&sslrootcert=/ca.pem"
    let read = try PostgresConfiguration(url: url)
    #expect(read.address == .tcp(host: "db.example", port: 6_432))
    #expect(read.user == "va@ult")
    #expect(read.database == "vault")
    #expect(read.tls == .verifyFull(caFile: "/ca.pem"))
    #expect(read.password != nil)
  }

  @Test func aSocketDirectoryIsRead() throws {
    let read = try PostgresConfiguration(url: "postgresql://me@/data?host=/run/pg&port=6000&application_name=vault")
    #expect(read.address == .unixSocket(directory: "/run/pg", port: 6_000))
    #expect(read.applicationName == "vault")
    #expect(read.password == nil)
  }

  @Test func anIPv6AddressIsRead() throws {
    #expect(try PostgresConfiguration(url: "postgres://me@[::1]:5000/d").address == .tcp(host: "::1", port: 5_000))
  }

  @Test(arguments: [
    ("mysql://a@h/d", 1), ("postgres://h/d", 1), ("postgres://:canary@h:99999/", 3),
    ("postgres://me:canary@h/d?sslmode=require", 1), ("postgres://me:canary%zz@h/d", 1),
    ("postgres://me:canary@h/d?sslmode=verify-full", 1), ("postgres://me:canary@h/d?password=canary&options=canary", 2),
    ("postgres://me:canary@/d", 1),
  ])
  func aBadURLIsRefusedWithEveryProblemAndWithoutThePassword(url: String, problems: Int) {
    do {
      _ = try PostgresConfiguration(url: url)
      Issue.record("accepted \(url)")
    } catch let error as PostgresConfigurationError {
      #expect(error.problems.count == problems, "\(error)")
      #expect(!"\(error)".contains("canary"))
    } catch {
      Issue.record("unexpected error \(type(of: error))")
    }
  }

  @Test func theConfigurationNeverPrintsThePassword() throws {
    let configuration = try PostgresConfiguration(url: "postgres://me:canary@h/d")
    var dumped = ""
    dump(configuration, to: &dumped)
    for text in ["\(configuration)", String(reflecting: configuration), dumped] { #expect(!text.contains("canary")) }
  }
}
