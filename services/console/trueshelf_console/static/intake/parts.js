// Small parts of a delivery's page.
// @ts-check
import { element } from "./wire.js";

/** @typedef {import("./sender.js").Job} Job */

const MEGABYTE = 1_000_000;

/** @param {Job} job */
export function line(job) {
  const bar = /** @type {HTMLProgressElement} */ (document.createElement("progress"));
  bar.max = job.file.size || 1;
  bar.value = job.loaded || 0;
  bar.setAttribute("aria-label", job.label);
  return element("li", {}, element("span", { text: job.label }), bar);
}

/**
 * @param {string} kind
 * @param {string} said
 */
export function badge(kind, said) {
  return element("li", { className: `badge ${kind}`, text: said });
}

export function renew() {
  document.getElementById("outcome")?.dispatchEvent(new Event("renew"));
}

/** @param {number} bytes */
export function mega(bytes) {
  return (bytes / MEGABYTE).toFixed(1);
}

/**
 * @param {string} id
 * @param {boolean} yes
 */
export function show(id, yes) {
  const found = document.getElementById(id);
  if (found) found.hidden = !yes;
}

/**
 * @param {string} id
 * @param {string} said
 */
export function text(id, said) {
  const found = document.getElementById(id);
  if (found) found.textContent = said;
}

/**
 * @param {string} id
 * @param {string} event
 * @param {() => void} act
 */
export function on(id, event, act) {
  document.getElementById(id)?.addEventListener(event, act);
}
