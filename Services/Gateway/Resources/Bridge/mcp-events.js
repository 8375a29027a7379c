/** @file Reads the answer of an MCP server: one JSON text, or the response among events. */

const MAXIMUM_CHARACTERS = 4 << 20; // As much as the gateway's own proxy takes.
const LINE_END = /\r\n|\r|\n/;

/**
 * @param {Response} response
 * @returns {Promise<any>} the message; nothing where there is none
 */
export async function readAnswer(response) {
  const isStream = response.headers.get("content-type")?.toLowerCase().startsWith("text/event-stream");
  let text = "";
  let read = 0;
  for await (const piece of pieces(response)) {
    read += piece.length;
    if (read > MAXIMUM_CHARACTERS) throw new RangeError("The answer is too long.");
    text += piece;
    if (!isStream) continue;
    const events = text.split(/\r\n\r\n|\n\n|\r\r/);
    text = events.pop() ?? "";
    for (const event of events) {
      const message = parse(data(event));
      // Progress and the like come before; behind the response nothing does, though the server may leave the stream open.
      if (message?.result !== undefined || message?.error !== undefined) return message;
    }
  }
  return isStream ? undefined : parse(text);
}

/** @param {Response} response */
async function* pieces(response) {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // Whoever has read enough lets the connection go.
    await reader.cancel().catch(() => {});
  }
}

/** @param {string} event */
function data(event) {
  const lines = event.split(LINE_END).filter((line) => line.startsWith("data:"));
  return lines.map((line) => line.slice("data:".length).replace(/^ /, "")).join("\n");
}

/** @param {string} text @returns {any} */
function parse(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value?.jsonrpc === "2.0" ? value : undefined;
  } catch {
    return undefined;
  }
}
