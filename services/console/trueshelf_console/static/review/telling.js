// What goes wrong with a case, said where everybody sees it: why, what changed, what to do.
// @ts-check
import { askAgain } from "./again.js";
import { changesBetween } from "./bodies.js";
import { el, t, word } from "./texts.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./api.js").Refused} Refused */

/** Say what passes by itself or by a login; false for what is a refusal. @param {Desk} desk @param {Refused} error @returns {boolean} */
export function passing(desk, error) {
  if (error.status === 401) {
    const login = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
    desk.tell(t("session_over"), "bad", el("a", { class: "button", href: login }, t("log_in")));
    return true;
  }
  if (error.code === "csrf") {
    desk.tell(t("stranger"), "bad");
    return true;
  }
  if (error.status === 0 || error.status >= 500) {
    desk.tell(t(error.status === 0 ? "unreachable" : "service_away"), "bad");
    return true;
  }
  return false;
}

/** Say what the person has to do first: to prove who they are, or to look longer. @param {Desk} desk @param {Refused} error @param {() => void} then @returns {boolean} */
export function tellWait(desk, error, then) {
  if (error.code === "reauthenticate") {
    const again = () => askAgain(then);
    desk.tell(t("again_needed"), "warn", el("div", { class: "buttons" }, el("button", { type: "button", "data-do": "again", click: again }, t("again_ask"))));
    again();
  } else if (error.status === 429) desk.tell(t("too_fast", { n: error.wait }), "warn");
  else return false;
  return true;
}

/** What is different now, line by line. @param {any} before @param {any} now */
function changes(before, now) {
  const said = (/** @type {string} */ what, /** @type {string} */ detail) => (what === "changed_state" ? word("state", detail) : detail);
  return el("ul", {}, ...changesBetween(before, now).map(([what, detail]) => el("li", {}, t(what, { detail: said(what, detail) }))));
}

/** A decision was not taken. @param {Desk} desk @param {Refused} error @param {any} before @param {any} now @param {Node[]} more */
export function tellRefusal(desk, error, before, now, ...more) {
  desk.tell(`${t("refused")} ${error.message}`, "bad", changes(before, now), el("p", {}, `${error.advice} ${t("answers_kept")}`), ...more);
}

/** A heartbeat brought another version. @param {Desk} desk @param {any} found */
export function tellChange(desk, found) {
  const list = changes(desk.found, found);
  desk.draft.version = found.version;
  desk.tell(t("case_changed"), "warn", list, el("p", {}, t("answers_kept")));
}
