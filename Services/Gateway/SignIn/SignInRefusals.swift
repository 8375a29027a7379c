import Model

/// Thrown by a page that needs a person where nobody is signed in. The browser gets a page that says how to, and comes back afterwards.
struct SignInRequired: Error {
  /// Nil where there is nothing to come back to.
  var returningTo: LocalPath?
}

/// Thrown by a page that is for somebody else than whoever is signed in.
struct OtherPersonSignedIn: Error {
  var caller: Caller
  /// Where to go on once they have signed out.
  var returningTo: LocalPath?
}
