// What shall be different next time: preset, capture, words, a box or strokes; or which shots to take again.
// @ts-check
import { clamp } from "./strokes.js";
import { el, t, word } from "./texts.js";

/** @typedef {import("./desk.js").Desk} Desk */
const SHOTS = ["front", "profile", "macro", "clasp", "bundle", "scale", "piece"];

/** @param {Desk} desk */
export function changeView(desk) {
  return desk.draft.then === "reshoot" ? shotsView(desk) : regenerateView(desk);
}

/** @param {Desk} desk */
function shotsView(desk) {
  const set = el("fieldset", {}, el("legend", {}, t("shots")));
  for (const shot of SHOTS) {
    set.append(el("label", { class: "reason" }, el("input", {
      type: "checkbox", checked: desk.draft.shots.includes(shot), "data-f": `shot:${shot}`, disabled: desk.readOnly,
      change: () => {
        const { shots } = desk.draft;
        desk.draft.shots = shots.includes(shot) ? shots.filter((each) => each !== shot) : [...shots, shot];
        desk.update();
      },
    }), " ", word("shot", shot)));
  }
  return set;
}

/** @param {Desk} desk */
function regenerateView(desk) {
  const { change } = desk.draft;
  const box = el("div", { class: "change" });
  if (desk.presets.length) {
    box.append(el("label", {}, t("preset"), select(desk, "preset", change.preset, [["", t("as_before")], ...desk.presets.map((/** @type {any} */ each) => /** @type {[string, string]} */ ([each.name, presetName(each)]))], (value) => { change.preset = value; })));
  }
  /** @type {[string, string][]} */
  const captures = desk.found.captures.map((/** @type {any} */ each, /** @type {number} */ i) => [each.capture_id, `${i + 1} · ${word("shot", each.shot)}`]);
  box.append(el("label", {}, t("capture"), select(desk, "capture", change.capture, [["", t("as_before")], ...captures], (value) => {
    if (value !== change.capture) Object.assign(change, { box: null, strokes: [] });
    change.capture = value;
    const subject = desk.subjects.find((each) => each.id === value);
    if (subject) desk.choose(subject);
  })));
  if (desk.presets.some((/** @type {any} */ each) => each.mode === "lifestyle")) {
    box.append(el("label", {}, t("height_cm"), el("input", { type: "number", min: "0.1", max: "1000", step: "0.1", value: change.height || "", "data-f": "height", disabled: desk.readOnly, input: (/** @type {Event} */ e) => { change.height = /** @type {HTMLInputElement} */ (e.target).value; desk.save(); } })));
  }
  box.append(el("label", {}, t("what_else"), el("input", { type: "text", maxlength: "1000", value: change.note, "data-f": "change-note", disabled: desk.readOnly, input: (/** @type {Event} */ e) => { change.note = /** @type {HTMLInputElement} */ (e.target).value; desk.save(); } })));
  box.append(toolsView(desk));
  return box;
}

/** Mode and preset; what somebody else's generator makes is named by its title, with its price. @param {any} each */
function presetName(each) {
  const mode = word("mode", each.mode);
  return each.credits === undefined ? `${mode} · ${word("preset", each.name)}` : `${mode} · ${each.title} · ${t("credits", { n: each.credits })}`;
}

/** @param {Desk} desk */
function toolsView(desk) {
  const { change } = desk.draft;
  const tools = el("fieldset", { class: "tools-set" }, el("legend", {}, t("tools")), el("p", { class: "hint" }, t("tools_hint")));
  const row = el("div", { class: "buttons" });
  for (const tool of /** @type {const} */ (["box", "product", "backdrop"])) {
    row.append(el("button", { type: "button", "data-f": `tool:${tool}`, "data-tool": tool, disabled: desk.readOnly, "aria-pressed": String(desk.strokes.tool === tool), click: () => desk.useTool(desk.strokes.tool === tool ? "" : tool) }, t(`tool_${tool}`)));
  }
  row.append(el("button", { type: "button", "data-f": "tool:clear", disabled: desk.readOnly || (!change.box && !change.strokes.length), click: () => { desk.strokes.clear(); desk.update(); } }, t("tool_clear")));
  tools.append(row, el("label", {}, t("radius"), el("input", { type: "range", min: "0.002", max: "0.06", step: "0.002", value: String(desk.strokes.radius), "data-f": "radius", input: (/** @type {Event} */ e) => { desk.strokes.radius = Number(/** @type {HTMLInputElement} */ (e.target).value); } })));
  const numbers = el("div", { class: "numbers" });
  for (const side of /** @type {const} */ (["x", "y", "w", "h"])) {
    numbers.append(el("label", {}, t(`box_${side}`), el("input", {
      type: "number", min: "0", max: "100", step: "0.5", "data-f": `box:${side}`, disabled: desk.readOnly,
      value: change.box ? String(Math.round(change.box[side] * 1000) / 10) : "",
      change: (/** @type {Event} */ e) => {
        const box = change.box || { x: 0, y: 0, w: 1, h: 1 };
        box[side] = clamp(Number(/** @type {HTMLInputElement} */ (e.target).value) / 100);
        box.w = Math.max(0.01, Math.min(box.w, 1 - box.x));
        box.h = Math.max(0.01, Math.min(box.h, 1 - box.y));
        change.box = box;
        desk.update();
      },
    })));
  }
  tools.append(numbers, el("p", { class: "hint", id: "drawn" }, t("drawn", { box: change.box ? 1 : 0, strokes: change.strokes.length })));
  return tools;
}

/** @param {Desk} desk @param {string} name @param {string} value @param {[string, string][]} options @param {(value: string) => void} keep */
function select(desk, name, value, options, keep) {
  const made = /** @type {HTMLSelectElement} */ (el("select", { "data-f": name, disabled: desk.readOnly, change: (/** @type {Event} */ e) => { keep(/** @type {HTMLSelectElement} */ (e.target).value); desk.update(); } }));
  for (const [code, text] of options) made.append(el("option", { value: code, selected: code === value }, text));
  return made;
}
