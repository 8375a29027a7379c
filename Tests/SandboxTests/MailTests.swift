import FoundationEssentials
import NIOHTTP1
import Testing

@testable import SandboxKit

@Suite struct MailTests {
  @Test(arguments: Person.everyone)
  func everyoneHasSomethingToRead(person: Person) async throws {
    try await TestSandbox.run { sandbox in
      let tokens = try await sandbox.tokens(scope: "mail.read", as: person.id)
      let messages = try await sandbox.get("/api/messages", token: tokens.access).decode(Mailbox.self).messages
      #expect(messages.count >= 5)
      #expect(Set(messages.map(\.id)).count == messages.count)
      #expect(messages.map(\.receivedAt) == messages.map(\.receivedAt).sorted(by: >), "newest first")
      #expect(messages.allSatisfy { $0.receivedAt < sandbox.clock.now && $0.to == person.email })
      #expect(messages.contains { $0.isRead } && messages.contains { !$0.isRead })
      #expect(messages.allSatisfy { !$0.fromName.isEmpty && $0.from != person.email && !$0.snippet.isEmpty })
    }
  }

  @Test func messagesStayTheSameWhileTimePasses() async throws {
    try await TestSandbox.run { sandbox in
      let tokens = try await sandbox.tokens(scope: "mail.read")
      let before = try await sandbox.get("/api/messages", token: tokens.access)
      sandbox.clock.advance(seconds: 600)
      #expect(try await sandbox.get("/api/messages", token: tokens.access).body == before.body)
    }
  }

  @Test(arguments: ["/api/messages", "/userinfo"])
  func aPageOfAnyOriginMayAsk(path: String) async throws {
    try await TestSandbox.run { sandbox in
      let preflight = try await sandbox.send(
        .OPTIONS, path,
        headers: [
          ("origin", "null"), ("access-control-request-method", "GET"),
          ("access-control-request-headers", "authorization"),
        ])
      #expect(preflight.status == 204)
      #expect(preflight.headers.first(name: "access-control-allow-origin") == "*")
      #expect(preflight.headers.first(name: "access-control-allow-headers") == "Authorization")
      let tokens = try await sandbox.tokens()
      let answer = try await sandbox.get(path, token: tokens.access)
      #expect(answer.status == 200)
      #expect(answer.headers.first(name: "access-control-allow-origin") == "*")
      #expect(answer.headers.first(name: "access-control-allow-credentials") == nil)
    }
  }

  @Test func aPageCanReadWhyItIsRefused() async throws {
    try await TestSandbox.run { sandbox in
      let tokens = try await sandbox.tokens(scope: "email")
      let answer = try await sandbox.get("/api/messages", token: tokens.access)
      #expect(answer.status == 403)
      #expect(answer.headers.first(name: "access-control-allow-origin") == "*")
      #expect(answer.headers.first(name: "access-control-expose-headers")?.contains("WWW-Authenticate") == true)
    }
  }

  @Test func theTokenEndpointIsNotForPages() async throws {
    try await TestSandbox.run { sandbox in
      let answer = try await sandbox.post("/token", TestSandbox.credentials, headers: [("origin", "null")])
      #expect(answer.headers.first(name: "access-control-allow-origin") == nil)
    }
  }
}
