/// A named place where a test can stop, kill, delay or fail the process.
///
/// Only debug builds know how: in a release build ``pass(about:)`` does nothing, and neither the names nor the variable that arms
/// them are in the executable. `FailPointFolder` says how a test arms one.
public enum FailPoint: CaseIterable, Sendable {
  // The exchanger, in the order of a refresh.
  /// Somebody asks for a refresh; the vault has not heard of it.
  case refreshAsked
  /// The lease is ours; whether enough of it is left has not been looked at.
  case refreshLeased
  /// Enough of the lease is left; nothing has been sent to the provider.
  case refreshSending
  /// The provider has answered; the new tokens are in memory and nowhere else.
  case refreshAnswered
  /// The vault could not store the tokens; they are in the journal.
  case refreshJournalled
  /// The vault has stored the tokens; the caller has not been told.
  case refreshStored
  /// The vault has stored a journal entry that still lies in the journal.
  case replayStored

  // The vault.
  /// Lease and intent are written and not committed.
  case leaseWritten
  /// The lease is committed; the exchanger has not been told.
  case leaseGiven
  /// The new tokens are written and not committed.
  case tokensWritten
  /// The new tokens are committed; the exchanger has not been told.
  case tokensStored
  /// The end of a refresh without tokens is written and not committed.
  case failureWritten
  /// A batch of records is written under the new organization key and not committed.
  case rotationWritten
  /// The batch is committed.
  case rotationStored

  /// Does what a test has asked for here; in a release build, nothing.
  ///
  /// - Parameter subject: The record that is worked on, so that a test can choose one.
  /// - Throws: `FailPointStruck` when it was armed to fail.
  public func pass(about subject: String) async throws {
    #if DEBUG
      try await FailPointFolder.ofThisProcess?.pass(self, about: subject)
    #endif
  }
}
