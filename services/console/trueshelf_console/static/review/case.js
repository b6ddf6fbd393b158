// The page of a case: puts the parts together and gives every act its handler.
// @ts-check
import { answerItem, nextFinding } from "./checklist.js";
import { positive } from "./decide.js";
import { Desk } from "./desk.js";
import { showPhone } from "./facts.js";
import { Flow } from "./flow.js";
import { showHelp } from "./help.js";
import { listen, marks, syncAmount } from "./input.js";
import { label } from "./keymap.js";
import { MODES } from "./modes.js";
import { GROUNDS } from "./panes.js";
import { loadTexts, t, word } from "./texts.js";

const get = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const STEP = 60;

loadTexts();
const data = JSON.parse(get("case-data").textContent || "{}");
const desk = new Desk(data);
const flow = new Flow(desk);
listen(desk);
marks(desk);

/** @param {"reject" | "dispute"} form */
function openForm(form) {
  if (desk.readOnly) return desk.say(t("cannot_decide"));
  if (form === "dispute" && desk.found.kind !== "slot") return;
  if (desk.found.kind === "generation") return desk.enter(".then");
  desk.draft.form = desk.draft.form === form ? "" : form;
  for (const item of desk.found.checklist.items) {
    const failed = desk.draft.answers[desk.draft.active]?.[item.code]?.answer === "no";
    const reason = desk.found.reasons.find((/** @type {any} */ each) => each.item === item.code);
    if (failed && reason && desk.draft.form) (desk.draft.reasons[desk.draft.active] ||= {})[reason.code] ??= desk.draft.answers[desk.draft.active][item.code].note;
  }
  desk.update();
  if (desk.draft.form) desk.reveal(".item.current");
  desk.enter(".form");
  if (desk.draft.form) desk.say(t(form === "reject" ? "reject_title" : "dispute_title"));
}

/** @param {typeof MODES[number]} mode */
function setMode(mode) {
  desk.modes.set(mode);
  for (const button of document.querySelectorAll("[data-mode-button]")) {
    button.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (button).dataset.modeButton === mode));
  }
  syncAmount(desk);
  desk.say(t(`act_${mode}`));
}

/** @param {number} by */
function step(by) {
  const all = desk.found.checklist.items.length;
  desk.item = Math.min(all - 1, Math.max(0, desk.item + by));
  desk.mark();
  desk.reveal(".item.current");
  const item = desk.found.checklist.items[desk.item];
  if (item) desk.say(item.text[desk.language] || item.text.en);
}

/** @param {import("./panes.js").Ground} ground */
function setGround(ground) {
  desk.stage.ground = ground;
  /** @type {HTMLSelectElement} */ (get("ground")).value = ground;
  if (ground !== "made") for (const subject of desk.subjects) void desk.pictures.full(subject.cutout);
  desk.modes.redraw();
  desk.say(t(`ground_${ground}`));
}

function toggleHeat() {
  desk.modes.heat = !desk.modes.heat;
  for (const subject of desk.subjects) if (desk.modes.heat) void desk.pictures.full(subject.heat);
  document.querySelector("[data-act=heat]")?.setAttribute("aria-pressed", String(desk.modes.heat));
  desk.say(t(desk.modes.heat ? "heat_on" : "heat_off"));
  desk.modes.redraw();
}

function close() {
  if (desk.strokes.tool) return desk.useTool("");
  if (desk.draft.form) {
    desk.draft.form = "";
    desk.update();
  } else desk.untell();
}

/** @param {number} by */
function adjust(by) {
  desk.modes.adjust(by);
  syncAmount(desk);
}

const answer = (/** @type {"yes" | "no" | "not_applicable"} */ what) => () => answerItem(desk, desk.item, what, true);
desk.handlers = {
  approve: () => positive(desk.found) && void flow.decide(positive(desk.found)),
  reject: () => openForm("reject"),
  dispute: () => openForm("dispute"),
  undo: () => void flow.undo.take(),
  undo_too: () => void flow.undo.take(),
  skip: () => void flow.skip(),
  send: () => void flow.send(),
  close,
  yes: answer("yes"),
  no: answer("no"),
  not_applicable: answer("not_applicable"),
  item_next: () => step(1),
  item_back: () => step(-1),
  finding: () => nextFinding(desk),
  variant_next: () => {
    const index = desk.subjects.findIndex((each) => each.id === desk.draft.active);
    const next = desk.subjects[(index + 1) % desk.subjects.length];
    if (next) desk.choose(next);
  },
  peek: () => {
    desk.modes.peeking = true;
    desk.modes.redraw();
  },
  less: () => adjust(-0.05),
  more: () => adjust(0.05),
  fit: () => desk.view.fit(),
  actual: () => {
    const active = desk.active;
    const shown = active?.master || active?.source;
    if (active && shown) desk.view.actual(shown.width / active.frame.w, devicePixelRatio || 1);
  },
  zoom_in: () => desk.view.zoom(1.25),
  zoom_out: () => desk.view.zoom(0.8),
  left: () => desk.view.pan(STEP, 0),
  right: () => desk.view.pan(-STEP, 0),
  up: () => desk.view.pan(0, STEP),
  down: () => desk.view.pan(0, -STEP),
  heat: toggleHeat,
  ground: () => setGround(GROUNDS[(GROUNDS.indexOf(desk.stage.ground) + 1) % GROUNDS.length]),
  phone: () => showPhone(desk, /** @type {HTMLDialogElement} */ (get("phone"))),
  help: () => showHelp(desk.settings, /** @type {HTMLDialogElement} */ (get("help"))),
};
for (const mode of MODES) desk.handlers[mode] = () => setMode(mode);

for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-act]"))) {
  const act = button.dataset.act || "";
  const key = label(desk.keyOf(act));
  button.title = `${t(`act_${act}`)} (${key})`;
  button.setAttribute("aria-keyshortcuts", key);
  button.addEventListener("click", () => desk.act(act));
}
get("ground").addEventListener("change", (event) => setGround(/** @type {any} */ (event.target).value));
get("amount").addEventListener("input", (event) => {
  const value = Number(/** @type {HTMLInputElement} */ (event.target).value);
  desk.modes.adjust(value - (desk.modes.mode === "overlay" ? desk.modes.opacity : desk.modes.wipe));
});
desk.view.listeners.push(() => {
  const active = desk.active;
  const shown = active?.master || active?.source;
  if (active && shown) get("zoom").textContent = `${Math.round(desk.view.ratio(shown.width / active.frame.w, devicePixelRatio || 1) * 100)} %`;
});

/** A phone is told why it cannot review (R-62), before any case is taken. */
let started = false;
function fitScreen() {
  const least = data.case.min_viewport_width;
  const narrow = innerWidth < least;
  get("review").classList.toggle("narrow-screen", narrow);
  get("too-narrow").hidden = !narrow;
  if (narrow) get("narrow-text").textContent = t("too_narrow", { width: innerWidth, least });
  if (!narrow && !started) {
    started = true;
    void flow.open(data.case, "lease");
  }
  desk.modes.measure();
}
addEventListener("resize", fitScreen);
fitScreen();
get("review").dataset.ready = word("kind", data.case.kind) ? "1" : "1";
