// What each error code means to the person who reads it.

const texts = {
  user_cancelled: "Nothing was connected.",
  aborted: "Stopped.",
  access_denied: "The service was told not to give access. Open the server again to allow it.",
  popup_blocked: "Your browser blocked the sign-in window. Allow popups for this page and try again.",
  flow_expired: "Signing in took too long. Try again.",
  application_blocked: "Your organization does not allow Toolbox to use its servers.",
  insufficient_scope: "Not everything that this tool needs was allowed.",
  not_found: "Your organization has turned this server off. Reload Toolbox to see which there are.",
  not_connected: "The server was closed. Open it again.",
  provider_unavailable: "The server does not answer right now. Try again in a moment.",
  rate_limited: "Too many requests at once. Try again in a moment.",
};

export function explain(error) {
  // A rule of the organization explains itself better than we could.
  return texts[error.code] ?? (error.message || "Something went wrong. Try again.");
}
