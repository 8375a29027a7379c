// The mail service's API, called with an account's token.

/** An error with a code, as the platform's own errors have one. */
export class MailError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** Every message of the account that the token belongs to, newest first. */
export async function fetchMessages(providerUrl, accessToken) {
  let answer;
  try {
    answer = await fetch(`${providerUrl}/api/messages`, { headers: { Authorization: `Bearer ${accessToken}` } });
  } catch {
    throw new MailError("provider_unavailable", "The mail service cannot be reached.");
  }
  if (answer.status === 401) throw new MailError("token_refused", "The mail service refuses the token.");
  if (answer.status === 403) throw new MailError("insufficient_scope", "The mail service wants more permission.");
  if (!answer.ok) throw new MailError("provider_unavailable", `The mail service answered ${answer.status}.`);
  const { messages } = await answer.json();
  return messages.map((message) => ({ ...message, receivedAt: new Date(message.receivedAt) }));
}
