/** @file Builds elements without any HTML text: whatever an app or a provider calls itself is only ever text. */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | boolean | ((event: any) => void) | undefined>} [attributes] a function is a handler; `true` is
 *   an attribute without a value; `false` and `undefined` are none
 * @param {...(Node | string | undefined | false)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== false).map((child) => child || ""));
  return made;
}

/**
 * A name's first letter, and a picture over it as soon as it is there: a picture that does not load changes nothing.
 *
 * @param {string} className
 * @param {string} name
 * @param {string} [picture]
 */
export function mark(className, name, picture) {
  const letter = element("span", {}, firstLetter(name));
  const made = element("span", { class: `mark ${className}`, "aria-hidden": "true" }, letter);
  if (picture && /^(https?:|data:image\/)/.test(picture)) {
    const shown = () => made.classList.add("pictured");
    made.append(element("img", { src: picture, alt: "", referrerpolicy: "no-referrer", load: shown }));
  }
  return made;
}

/** @param {string} name */
function firstLetter(name) {
  const [first = "?"] = new Intl.Segmenter().segment(name.trim())[Symbol.iterator]().next().value?.segment ?? "?";
  return first.toLocaleUpperCase();
}
