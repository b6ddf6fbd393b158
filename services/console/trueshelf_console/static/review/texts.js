// The page's texts: written by the server in the person's language, looked up here by name.
// @ts-check

/** @type {Record<string, any>} */
let texts = {};

/** Read the texts that stand in the page. @param {string} id */
export function loadTexts(id = "texts") {
  texts = JSON.parse(/** @type {HTMLElement} */ (document.getElementById(id)).textContent || "{}");
}

/**
 * Return a text with its {places} filled. A name that the page does not know is shown as it is.
 * @param {string} name @param {Record<string, string | number>} [values] @returns {string}
 */
export function t(name, values = {}) {
  const text = String(texts[name] ?? name);
  return text.replace(/\{(\w+)\}/g, (whole, key) => String(values[key] ?? whole));
}

/** Return the word for a code of some family, as `mode.white_background`; the code itself when there is none.
 * @param {string} family @param {string | null | undefined} code @returns {string} */
export function word(family, code) {
  return String(texts[`${family}.${code}`] ?? code ?? "");
}

/**
 * Make an element. Attributes that are functions become listeners; nothing is ever parsed as HTML.
 * @param {string} tag @param {Record<string, any>} [attributes] @param {(Node | string | null | undefined | false)[]} children
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") made.addEventListener(name, value);
    else if (name in made && typeof value !== "string") Object.assign(made, { [name]: value });
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false).map((c) => /** @type {Node | string} */ (c)));
  return made;
}
