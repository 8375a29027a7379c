import Egress
import Foundation
import HTTPTypes
import Model

/// Sends one message to its webhook through the guarded client.
struct NotificationSender: Sendable {
  /// For all of it: receivers are to store a message and answer. Well below the time that a claim lasts.
  private static let deadline = Duration.seconds(15)
  /// Nothing of the answer but its status counts.
  private static let maximumAnswerBytes = 65_536
  /// The receiver says that it is gone for good (RFC 9110 section 15.5.11; Standard Webhooks).
  private static let gone = 410

  let egress: EgressClient

  func send(_ message: DueNotification) async -> ReportNotification {
    let (outcome, status, problem) = await attempt(message)
    return ReportNotification(
      organizationId: message.organizationId, webhookId: message.webhookId, id: message.id, attempt: message.attempt,
      outcome: outcome, status: status, problem: problem)
  }

  private func attempt(_ message: DueNotification) async -> (ReportNotification.Outcome, Int?, String?) {
    var headers: HTTPFields = [.contentType: "application/json", .userAgent: "Lanyard-Webhooks"]
    let own = [
      "webhook-id": message.id.rawValue, "webhook-timestamp": String(message.timestamp),
      "webhook-signature": message.signature,
    ]
    for (name, value) in own {
      if let name = HTTPField.Name(name) { headers[name] = value }
    }
    let request = EgressRequest(
      .post, message.url, headers: headers, body: Data(message.body.utf8),
      maximumResponseBytes: Self.maximumAnswerBytes, totalTimeout: Self.deadline,
      tenant: message.organizationId.rawValue)
    do {
      let status = try await egress.send(request).status.code
      switch status {
      case 200..<300: return (.delivered, status, nil)
      case Self.gone: return (.refused, status, "gone")
      // A redirect is not followed: it would send the message to where nobody wrote it to.
      case 300..<400: return (.failed, status, "redirect")
      default: return (.failed, status, "status")
      }
    } catch EgressError.refused {
      return (.refused, nil, "address_refused")
    } catch EgressError.tooLarge {
      // There was an answer, and it is not one that a receiver of messages gives.
      return (.failed, nil, "answer_too_large")
    } catch {
      return (.failed, nil, error.outcome)
    }
  }
}
