/** @file The host's choice of light, dark and accent colour. */

import { themeParts } from "./options.js";

/** @import { Theme } from "./options.js" */

const LIGHT_TEXT = "#ffffff";
const DARK_TEXT = "#10131a";
// Relative luminance above which dark text has more contrast than white (WCAG 2.2, contrast ratio).
const DARK_TEXT_FROM = 0.18;

/** @param {HTMLElement} host of the dialog's shadow root @param {Theme} theme */
export function applyTheme(host, theme) {
  const { scheme, accent } = themeParts(theme);
  host.dataset.scheme = scheme;
  if (accent === undefined) return;
  host.style.setProperty("--accent", accent);
  host.style.setProperty("--accent-text", luminance(accent) > DARK_TEXT_FROM ? DARK_TEXT : LIGHT_TEXT);
}

/** @param {string} colour any CSS colour @returns {number} relative luminance from 0 to 1 */
function luminance(colour) {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  if (!canvas) return 0;
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  const [red, green, blue] = Array.from(canvas.getImageData(0, 0, 1, 1).data, (value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
