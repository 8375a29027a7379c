/** @file Names that apps give themselves, made fit to be shown: one line, of bounded length, and nothing that turns the text around. */

/**
 * As the connect page shows it: control and format characters (such as those that reverse what follows) are gone.
 *
 * @param {string} text
 * @param {number} maximum in characters as people see them
 * @returns {string}
 */
export function line(text, maximum) {
  const plain = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").replace(/\p{Cf}+/gu, "").replace(/ +/g, " ").trim();
  const characters = Array.from(new Intl.Segmenter().segment(plain), ({ segment }) => segment);
  return characters.length <= maximum ? plain : `${characters.slice(0, maximum - 1).join("")}…`;
}
