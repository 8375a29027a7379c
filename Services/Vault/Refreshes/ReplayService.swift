import Audit
import FoundationEssentials
import Model
import Sealing

/// Opens what an exchanger had to put into its journal, and commits it like any other refresh.
struct ReplayService: Sendable {
  let refreshes: RefreshService
  /// Absent when the vault was set up without one: then nothing can have been sealed to it.
  let key: JournalKeyPair?

  func replay(_ request: ReplayRefresh, by caller: AuditEntry.Caller) async throws -> RefreshCommitment {
    let tokens = try open(request)
    return try await refreshes.commit(CommitRefresh(lease: request.lease, tokens: tokens), by: caller)
  }

  private func open(_ request: ReplayRefresh) throws -> TokenSet {
    let refused = ServiceError(.invalidRequest, "The journal entry does not open with this vault's journal key.")
    guard let key, let sealed = Data(base64Encoded: request.sealedTokens) else { throw refused }
    do {
      let place = Array(try WireJSON.encode(request.lease))
      return try JournalSeal.open(Array(sealed), authenticating: place, with: key).expose {
        try WireJSON.decode(TokenSet.self, from: Data($0))
      }
    } catch {
      throw refused
    }
  }
}
