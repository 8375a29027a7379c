// What each error code means to the person who reads it.

const texts = {
  user_cancelled: "No account was added.",
  access_denied: "The mail service was told not to give access, so no account was added.",
  popup_blocked: "Your browser blocked the sign-in window. Allow popups for this page and try again.",
  flow_expired: "Signing in took too long. Try again.",
  integration_not_found: "Your organization has not set up this mail service yet. Ask its administrator.",
  application_blocked: "Your organization does not allow Inbox to read mail.",
  policy_denied: "Your organization does not allow Inbox to read mail.",
  connection_not_found: "This account is not connected any more.",
  insufficient_scope: "Inbox was not allowed to read these messages.",
  reauthorization_required: "The access to this mailbox has ended.",
  provider_unavailable: "The mail service cannot answer right now.",
  rate_limited: "Too many requests at once. Try again in a moment.",
};

export function explain(error) {
  return texts[error.code] ?? error.message ?? "Something went wrong. Try again.";
}
