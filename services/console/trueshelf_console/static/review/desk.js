// What is on the desk: one case, what is typed about it, and how the page shows both.
// @ts-check
import { emptyDraft } from "./bodies.js";
import { checklistView } from "./checklist.js";
import { decideView, missingView, overrideView } from "./decide.js";
import { Drafts } from "./drafts.js";
import { factsView, tabsView } from "./facts.js";
import { keymap, loadSettings, typing } from "./keymap.js";
import { Modes } from "./modes.js";
import { Stage } from "./panes.js";
import { Strokes } from "./strokes.js";
import { subjectsOf } from "./subjects.js";
import { Supply } from "./supply.js";
import { el, t } from "./texts.js";
import { Viewport } from "./viewport.js";

/** @typedef {import("./bodies.js").Draft} Draft */
/** @typedef {import("./subjects.js").Subject} Subject */

const get = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

export class Desk {
  /** @param {any} data what the server wrote into the page */
  constructor(data) {
    this.language = data.language;
    this.presets = data.presets;
    this.senior = data.senior;
    this.wish = data.wish;
    this.settings = loadSettings();
    this.drafts = new Drafts(data.account);
    /** @type {any} */
    this.found = null;
    /** @type {Draft} */
    this.draft = emptyDraft(0, "");
    /** @type {Subject[]} */
    this.subjects = [];
    this.item = 0;
    /** What the person has unfolded, by its name. @type {Set<string>} */
    this.unfolded = new Set();
    /** Why nothing can be decided here; empty when something can. */
    this.held = "";
    /** @type {Record<string, () => void>} */
    this.handlers = {};
    this.view = new Viewport();
    this.supply = new Supply(this);
    this.pictures = this.supply.pictures;
    this.stage = new Stage(this.view, this.pictures);
    this.modes = new Modes(get("panes"), this.stage, (subject) => this.choose(subject));
    this.strokes = new Strokes(this.view, () => this.modes.redraw(), (text) => { this.say(text); this.update(); });
    this.view.listeners.push(() => this.modes.redraw(), () => this.supply.sharpenAhead());
  }

  get active() {
    return this.subjects.find((each) => each.id === this.draft.active) || this.subjects[0] || null;
  }

  get readOnly() {
    return Boolean(this.held) || this.found?.state !== "open";
  }

  /** Checklist items are answered in this kind of case. */
  get judged() {
    return this.found.kind === "slot" || this.found.kind === "second";
  }

  get acknowledges() {
    return this.judged || this.found.kind === "rendition";
  }

  /** @param {string} act */
  keyOf(act) {
    return keymap(this.settings).find((each) => each.id === act)?.code || "";
  }

  /** @param {string} id */
  act(id) {
    this.handlers[id]?.();
  }

  /** Lay a case on the desk. What was typed about it before comes back. @param {any} found @param {Draft} [draft] */
  lay(found, draft) {
    const before = this.active;
    this.found = found;
    this.subjects = subjectsOf(found);
    const first = found.disputed || this.subjects[0]?.id || "";
    this.draft = draft || this.drafts.kept(found.case_id) || emptyDraft(found.version, first);
    this.draft.version = found.version;
    if (!this.subjects.some((each) => each.id === this.draft.active)) this.draft.active = first;
    this.item = 0;
    this.stage.subjects = this.subjects;
    this.stage.composed.clear();
    this.stage.boxes = [];
    get("panes").dataset.case = found.case_id;
    this.supply.lay(this.subjects);
    this.show(this.active, Boolean(before && this.active && before.group === this.active.group));
    this.supply.fetch(this.subjects);
    this.update();
    get("side").scrollTop = 0;
  }

  /** New addresses and leases of the case that is already there. @param {any} found */
  renewed(found) {
    this.found = found;
    this.subjects = subjectsOf(found);
    this.stage.subjects = this.subjects;
    this.show(this.active, true);
  }

  /** @param {Subject | null} subject @param {boolean} sameSource */
  show(subject, sameSource) {
    this.stage.active = subject;
    if (subject) {
      const { frame } = subject;
      const old = this.view.frame;
      if (sameSource && old.x === frame.x && old.y === frame.y && old.w === frame.w && old.h === frame.h) this.view.changed();
      else this.view.reframe(frame, sameSource);
      const asked = this.draft.form === "generation" || this.draft.then === "regenerate";
      this.strokes.attach(asked && !this.readOnly ? this.draft.change : null, subject.source);
    }
    this.modes.build();
  }

  /** Judge another variant or capture. @param {Subject} subject */
  choose(subject) {
    if (this.draft.active === subject.id) return;
    const same = this.active?.group === subject.group;
    this.draft.active = subject.id;
    this.item = 0;
    this.show(subject, same);
    if (this.found.kind === "generation" && this.draft.change.capture !== subject.id) {
      Object.assign(this.draft.change, { capture: subject.id, box: null, strokes: [] });
    }
    this.say(t("now_variant", { n: subject.number }));
    this.update();
  }

  /** @param {import("./strokes.js").Tool} tool */
  useTool(tool) {
    this.strokes.tool = tool;
    if (tool && this.modes.mode !== "side") this.modes.set("side");
    this.update();
    if (tool) this.modes.panes[0]?.canvas.focus();
    this.say(t(tool ? `tool_${tool}` : "tool_none"));
  }

  /** @param {{x: number, y: number, w: number, h: number}[]} boxes */
  showBoxes(boxes) {
    this.stage.boxes = boxes;
    this.modes.redraw();
  }

  /** Draw the page's side anew and keep the focus where it was. */
  update() {
    if (!this.found) return;
    const field = /** @type {HTMLInputElement | null} */ (document.activeElement);
    const focused = field?.dataset?.f;
    const caret = field && typing(field) && field.type !== "number" ? field.selectionStart : null;
    const inForm = field?.closest(".form");
    const asked = this.found.kind === "generation" || this.draft.form === "reject";
    if (this.active) this.strokes.attach(asked && this.draft.then === "regenerate" && !this.readOnly ? this.draft.change : null, this.active.source);
    get("facts").replaceChildren(factsView(this));
    get("tabs").replaceChildren(tabsView(this));
    get("work").replaceChildren(checklistView(this), overrideView(this) || "");
    get("decide").replaceChildren(decideView(this));
    this.modes.label();
    const again = focused && /** @type {HTMLInputElement | null} */ (document.querySelector(`[data-f="${CSS.escape(focused)}"]`));
    if (again) {
      again.focus({ preventScroll: true });
      if (caret !== null && again.tagName !== "SELECT") again.setSelectionRange(caret, caret);
    } else if (inForm) this.enter(".form");
    document.title = `${this.found.sku} · Trueshelf`;
    this.modes.redraw();
    this.save();
  }

  refreshMissing() {
    const place = document.getElementById("missing");
    place?.replaceChildren(...missingView(this));
    const lacks = Boolean(place?.children.length);
    for (const made of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("[data-do=send]"))) made.disabled = this.readOnly || lacks;
    if (!this.draft.form && this.found.kind !== "generation") {
      const yes = /** @type {HTMLButtonElement | null} */ (document.querySelector("[data-do=approve], [data-do=rendition_accept]"));
      const option = this.found.decisions_open.find((/** @type {any} */ each) => each.kind === yes?.dataset.do);
      if (yes) yes.disabled = this.readOnly || lacks || (option && !option.open);
    }
  }

  /** Show which item the answer keys are for. */
  mark() {
    document.querySelectorAll(".item").forEach((row, index) => row.classList.toggle("current", index === this.item));
  }

  /** @param {string} selector */
  reveal(selector) {
    document.querySelector(selector)?.scrollIntoView({ block: "nearest" });
  }

  /** Go where something is asked, so that Tab goes on from there. @param {string} selector */
  enter(selector) {
    this.reveal(selector);
    /** @type {HTMLElement | null} */ (document.querySelector(`${selector} input:enabled`))?.focus({ preventScroll: true });
  }

  /** Said to screen readers, and shown for a while. @param {string} text */
  say(text) {
    get("said").textContent = text;
  }

  /** Something that has to be seen. @param {string} text @param {"bad" | "warn" | "info"} looks @param {(Node | string)[]} more */
  tell(text, looks = "warn", ...more) {
    if (get("banner").textContent?.startsWith(text) && !more.length) return;
    get("banner").replaceChildren(el("div", { class: `notice ${looks}` }, el("p", {}, text), ...more));
  }

  untell() {
    get("banner").replaceChildren();
  }

  save() {
    this.drafts.keep(this.found.case_id, this.draft);
  }
}
