/** @file Unguessable names. */

const BYTES = 16; // 128 bits: cannot be guessed in the life of a page.

/** @returns {string} a random name in hexadecimal */
export function randomName() {
  return Array.from(crypto.getRandomValues(new Uint8Array(BYTES)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
