// One table of keys: handlers, the help sheet and the settings page are made from it. By place on the keyboard
// (KeyboardEvent.code), so that a Russian or Kazakh layout changes nothing.
// @ts-check

/** @typedef {{id: string, code: string, group: "decide" | "judge" | "look", fixed?: boolean}} Act */

/** @type {readonly Act[]} */
export const ACTS = [
  { id: "approve", code: "KeyA", group: "decide" },
  { id: "reject", code: "KeyR", group: "decide" },
  { id: "dispute", code: "KeyS", group: "decide" },
  { id: "undo", code: "KeyU", group: "decide" },
  { id: "skip", code: "KeyG", group: "decide" },
  { id: "send", code: "Ctrl+Enter", group: "decide", fixed: true },
  { id: "undo_too", code: "Ctrl+KeyZ", group: "decide", fixed: true },
  { id: "close", code: "Escape", group: "decide", fixed: true },
  { id: "yes", code: "KeyY", group: "judge" },
  { id: "no", code: "KeyN", group: "judge" },
  { id: "not_applicable", code: "KeyX", group: "judge" },
  { id: "item_next", code: "KeyJ", group: "judge" },
  { id: "item_back", code: "KeyK", group: "judge" },
  { id: "finding", code: "KeyF", group: "judge" },
  { id: "variant_next", code: "KeyV", group: "judge" },
  { id: "side", code: "Digit1", group: "look" },
  { id: "wipe", code: "Digit2", group: "look" },
  { id: "overlay", code: "Digit3", group: "look" },
  { id: "blink", code: "Digit4", group: "look" },
  { id: "peek", code: "Space", group: "look", fixed: true },
  { id: "less", code: "Comma", group: "look" },
  { id: "more", code: "Period", group: "look" },
  { id: "fit", code: "Digit0", group: "look" },
  { id: "actual", code: "KeyZ", group: "look" },
  { id: "zoom_in", code: "Equal", group: "look" },
  { id: "zoom_out", code: "Minus", group: "look" },
  { id: "left", code: "ArrowLeft", group: "look", fixed: true },
  { id: "right", code: "ArrowRight", group: "look", fixed: true },
  { id: "up", code: "ArrowUp", group: "look", fixed: true },
  { id: "down", code: "ArrowDown", group: "look", fixed: true },
  { id: "heat", code: "KeyH", group: "look" },
  { id: "ground", code: "KeyB", group: "look" },
  { id: "phone", code: "KeyP", group: "look" },
  { id: "help", code: "Shift+Slash", group: "look" },
];
/** While reasons are asked for, the digits choose them. */
export const REASON_CODES = ["Digit1", "Digit2", "Digit3", "Digit4", "Digit5", "Digit6", "Digit7", "Digit8", "Digit9", "Digit0"];
const KEPT = "trueshelf-review-keys";
const LOCKED = new Set(["Tab", "Enter", "Escape", "Space", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]);

/** @typedef {{off: boolean, map: Record<string, string>}} Settings */

/** @returns {Settings} */
export function loadSettings() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) || "{}");
    return { off: kept.off === true, map: typeof kept.map === "object" && kept.map ? kept.map : {} };
  } catch {
    return { off: false, map: {} };
  }
}

/** @param {Settings} settings */
export function saveSettings(settings) {
  localStorage.setItem(KEPT, JSON.stringify(settings));
}

/** Every act with the key that it has now. @param {Settings} settings @returns {Act[]} */
export function keymap(settings) {
  return ACTS.map((act) => (act.fixed ? act : { ...act, code: settings.map[act.id] || act.code }));
}

/** Why an act may not have a key: `locked`, or the act that has it; null when it may.
 * @param {Settings} settings @param {string} id @param {string} chord @returns {string | null} */
export function conflict(settings, id, chord) {
  const plain = chord.split("+").at(-1) || "";
  if (LOCKED.has(plain) || chord.startsWith("Ctrl+") || /^(Shift|Control|Alt|Meta)(Left|Right)$/.test(plain)) return "locked";
  const holder = keymap(settings).find((act) => act.id !== id && act.code === chord);
  return holder ? holder.id : null;
}

/** @param {KeyboardEvent} event */
export function chordOf(event) {
  const code = event.code.startsWith("Numpad") ? numpad(event.code) : event.code;
  return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.shiftKey ? "Shift+" : ""}${code}`;
}

/** @param {string} code */
function numpad(code) {
  const rest = code.slice(6);
  return /^\d$/.test(rest) ? `Digit${rest}` : { Add: "Equal", Subtract: "Minus", Enter: "Enter" }[rest] || code;
}

/** How a key is written on the keyboard. @param {string} chord */
export function label(chord) {
  const names = { Equal: "+", Minus: "−", Comma: ",", Period: ".", Slash: "/", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };
  const parts = chord.split("+");
  const last = parts.pop() || "";
  const plain = last.replace(/^(Key|Digit)/, "");
  if (chord === "Shift+Slash") return "?";
  return [...parts, /** @type {Record<string, string>} */ (names)[last] || plain].join(" + ");
}

/**
 * Which act a key asks for; null when it asks for none here. Letters are left to fields that are typed into, and
 * what a control does with Space, Enter and arrows stays with it (WCAG 2.1.4).
 * @param {KeyboardEvent} event @param {Settings} settings @returns {Act | null}
 */
export function actOf(event, settings) {
  if (event.altKey || event.isComposing) return null;
  const act = keymap(settings).find((each) => each.code === chordOf(event)) || shifted(event, settings);
  if (!act) return null;
  const target = /** @type {HTMLElement} */ (event.target);
  const chord = act.code;
  if (target.closest?.("dialog[open]") && act.id !== "help") return null;
  if (typing(target)) return chord === "Escape" || chord === "Ctrl+Enter" ? act : null;
  const exempt = /^(Arrow|Space|Escape)/.test(chord) || chord.startsWith("Ctrl+");
  if (settings.off && !exempt) return null;
  if (/^(Arrow|Space)/.test(chord) && target.closest?.("button, a, input, select, summary, dialog, [role=slider]")) return null;
  return act;
}

/** "+" needs Shift on most keyboards. @param {KeyboardEvent} event @param {Settings} settings */
function shifted(event, settings) {
  return event.shiftKey && event.code === "Equal" ? keymap(settings).find((each) => each.code === "Equal") : undefined;
}

/** @param {HTMLElement} target */
export function typing(target) {
  if (target.isContentEditable || target.tagName === "TEXTAREA" || target.tagName === "SELECT") return true;
  return target.tagName === "INPUT" && !/^(radio|checkbox|range|button|submit)$/.test(/** @type {HTMLInputElement} */ (target).type);
}
