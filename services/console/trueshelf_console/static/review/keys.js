// The settings of the keys: each act's key, changed by pressing another one; all single keys can be switched off.
// @ts-check
import { ACTS, chordOf, conflict, keymap, label, loadSettings, saveSettings } from "./keymap.js";
import { el, loadTexts, t } from "./texts.js";

loadTexts();
const get = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
let settings = loadSettings();
/** @type {string | null} */
let waiting = null;

function draw() {
  const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset?.f;
  /** @type {HTMLInputElement} */ (get("off")).checked = settings.off;
  const tables = /** @type {const} */ (["decide", "judge", "look"]).map((group) => {
    const body = el("tbody");
    for (const act of keymap(settings).filter((each) => each.group === group)) {
      const changed = !act.fixed && settings.map[act.id];
      body.append(el("tr", { "data-act": act.id },
        el("th", { scope: "row" }, t(`act_${act.id}`)),
        el("td", {}, el("kbd", {}, label(act.code)), changed ? ` ${t("key_changed")}` : ""),
        el("td", {}, act.fixed ? t("key_fixed") : el("button", {
          type: "button", "data-f": act.id, "aria-pressed": String(waiting === act.id),
          click: () => { waiting = act.id; draw(); say(t("press_key", { act: t(`act_${act.id}`) })); },
        }, t(waiting === act.id ? "waiting_key" : "change_key"), el("span", { class: "sr-only" }, ` ${t(`act_${act.id}`)}`)))));
    }
    const head = el("thead", {}, el("tr", {}, el("th", { scope: "col" }, t("col_act")), el("th", { scope: "col" }, t("col_key")), el("th", { scope: "col" }, t("col_change"))));
    return el("div", { class: "scroll" }, el("table", {}, el("caption", {}, t(`keys_${group}`)), head, body));
  });
  get("tables").replaceChildren(...tables);
  if (focused) /** @type {HTMLElement | null} */ (document.querySelector(`[data-f="${focused}"]`))?.focus();
}

/** @param {string} text @param {string} looks */
function say(text, looks = "info") {
  get("key-said").replaceChildren(el("p", { class: `notice ${looks}` }, text));
}

addEventListener("keydown", (event) => {
  if (!waiting || /^(Shift|Control|Alt|Meta)/.test(event.code)) return;
  if (event.code === "Tab") {
    waiting = null;
    draw();
    return;
  }
  event.preventDefault();
  event.stopPropagation();
  const act = waiting;
  waiting = null;
  if (event.code === "Escape") {
    say(t("key_kept"));
    draw();
    return;
  }
  const chord = chordOf(event);
  const taken = conflict(settings, act, chord);
  if (taken) say(taken === "locked" ? t("key_locked", { key: label(chord) }) : t("key_taken", { key: label(chord), act: t(`act_${taken}`) }), "bad");
  else {
    settings.map[act] = chord;
    if (ACTS.find((each) => each.id === act)?.code === chord) delete settings.map[act];
    saveSettings(settings);
    say(t("key_saved", { key: label(chord), act: t(`act_${act}`) }), "good");
  }
  draw();
}, true);

get("off").addEventListener("change", (event) => {
  settings.off = /** @type {HTMLInputElement} */ (event.target).checked;
  saveSettings(settings);
  say(t(settings.off ? "keys_off" : "keys_on"), "good");
});
get("reset").addEventListener("click", () => {
  settings = { off: false, map: {} };
  saveSettings(settings);
  say(t("keys_reset"), "good");
  draw();
});
draw();
