// Side by side, wipe, overlay, blink: four ways to draw the same state.
// @ts-check
import { el, t, word } from "./texts.js";

/** @typedef {import("./panes.js").Layer} Layer */
/** @typedef {import("./subjects.js").Subject} Subject */
/** @typedef {{canvas: HTMLCanvasElement, figure: HTMLElement, caption: HTMLElement, subject: Subject, kind: "source" | "master"}} Pane */
export const MODES = /** @type {const} */ (["side", "wipe", "overlay", "blink"]);
/** @typedef {typeof MODES[number]} Mode */
const BLINK_MS = 700;

export class Modes {
  /** @param {HTMLElement} host @param {import("./panes.js").Stage} stage @param {(subject: Subject) => void} choose */
  constructor(host, stage, choose) {
    this.host = host;
    this.stage = stage;
    this.choose = choose;
    /** @type {Mode} */
    this.mode = "side";
    this.wipe = 0.5;
    this.opacity = 0.5;
    this.heat = false;
    /** Space is held: the source is shown in the results' place. */
    this.peeking = false;
    this.phase = false;
    /** @type {Pane[]} */
    this.panes = [];
    this.asked = 0;
    /** @type {((pane: Pane) => void)[]} */
    this.madePane = [];
    this.timer = 0;
    new ResizeObserver(() => this.measure()).observe(host);
  }

  get still() {
    return matchMedia("(prefers-reduced-motion: reduce)").matches;
  }

  /** @param {Mode} mode */
  set(mode) {
    this.mode = mode;
    clearInterval(this.timer);
    this.phase = false;
    if (mode === "blink" && !this.still) {
      this.timer = window.setInterval(() => {
        this.phase = !this.phase;
        this.redraw();
      }, BLINK_MS);
    }
    this.build();
  }

  /** The panes that the mode and the case want; canvases are made only when their number changes. */
  build() {
    const { active, subjects } = this.stage;
    if (!active) {
      this.host.replaceChildren();
      this.panes = [];
      return;
    }
    /** @type {{subject: Subject, kind: "source" | "master"}[]} */
    let wanted;
    if (!active.master) wanted = [{ subject: active, kind: "source" }];
    else if (this.mode !== "side") wanted = [{ subject: active, kind: "master" }];
    else {
      const slots = new Set(subjects.map((each) => each.view.slot));
      const shown = slots.size === 1 && subjects.length <= 3 ? subjects : [active];
      wanted = [{ subject: active, kind: /** @type {const} */ ("source") }, ...shown.map((subject) => ({ subject, kind: /** @type {const} */ ("master") }))];
    }
    while (this.panes.length > wanted.length) this.panes.pop()?.figure.remove();
    while (this.panes.length < wanted.length) this.add(wanted[this.panes.length]);
    this.panes.forEach((pane, index) => Object.assign(pane, wanted[index]));
    this.host.dataset.mode = this.mode;
    this.label();
    this.measure();
  }

  /** @param {{subject: Subject, kind: "source" | "master"}} wanted */
  add(wanted) {
    const canvas = /** @type {HTMLCanvasElement} */ (el("canvas", { tabindex: "0", role: "img" }));
    const caption = el("figcaption");
    const figure = el("figure", { class: "pane" }, canvas, caption);
    const pane = { canvas, caption, figure, ...wanted };
    canvas.addEventListener("click", () => pane.kind === "master" && this.choose(pane.subject));
    this.panes.push(pane);
    this.host.append(figure);
    for (const listener of this.madePane) listener(pane);
  }

  label() {
    for (const pane of this.panes) {
      const { subject, kind } = pane;
      const active = subject === this.stage.active;
      let text = kind === "source" && subject.master ? t(this.stage.subjects.length && subject.view.marketplace ? "pane_master" : "pane_source") : "";
      if (kind === "source" && !subject.master) text = t("pane_capture", { n: subject.number, shot: word("shot", subject.view.shot) });
      if (kind === "master") {
        text = subject.view.marketplace
          ? t("pane_rendition", { marketplace: subject.view.marketplace })
          : t("pane_variant", { n: subject.number, mode: word("mode", subject.view.mode), preset: word("preset", subject.view.preset) });
        if (this.mode !== "side") text = `${t("pane_source")} ↔ ${text}`;
      }
      pane.caption.replaceChildren(el("span", {}, text), " ");
      if (kind === "master") pane.caption.append(el("span", { class: `verdict ${subject.view.verdict}` }, word("verdict", subject.view.verdict)));
      pane.canvas.setAttribute("aria-label", pane.caption.textContent || "");
      pane.figure.classList.toggle("active", kind === "master" && active && this.panes.length > 2);
    }
  }

  measure() {
    const first = this.panes[0]?.canvas;
    if (!first) return;
    const { clientWidth: w, clientHeight: h } = first;
    if (!w || !h) return;
    const { box } = this.stage.view;
    if (box.w !== w || box.h !== h) {
      this.stage.view.box = { w, h };
      this.stage.view.changed();
    }
    this.redraw();
  }

  /** @param {Pane} pane @returns {Layer[]} */
  layers(pane) {
    const { subject, kind } = pane;
    const source = /** @type {Layer} */ ({ subject, kind: "source" });
    if (kind === "source" || this.peeking) return [source];
    const result = /** @type {Layer} */ ({ subject, kind: this.heat && subject.heat ? "heat" : "master" });
    switch (this.mode) {
      case "wipe":
        return [{ ...source, clip: [0, this.wipe] }, { ...result, clip: [this.wipe, 1] }];
      case "overlay":
        return [source, { ...result, alpha: this.opacity }];
      case "blink":
        return [this.phase ? source : result];
      default:
        return [result];
    }
  }

  redraw() {
    if (this.asked) return;
    this.asked = requestAnimationFrame(() => this.paint());
  }

  paint() {
    this.asked = 0;
    let complete = this.panes.length > 0;
    let sharp = complete;
    for (const pane of this.panes) {
      const layers = this.layers(pane);
      complete = this.stage.draw(pane.canvas, layers) && complete;
      if (this.mode === "wipe" && pane.kind === "master" && !this.peeking) this.divider(pane.canvas);
      sharp = this.stage.sharpen(layers) && sharp;
    }
    // What is measured and tested from outside: whose pictures are on the screen, and whether as sharp as it can show.
    this.host.dataset.painted = complete ? this.host.dataset.case || "" : "";
    this.host.dataset.sharp = complete && sharp ? this.host.dataset.case || "" : "";
    const { scale, cx, cy } = this.stage.view;
    this.host.dataset.view = [scale, cx, cy].map((value) => value.toFixed(4)).join(" ");
  }

  /** @param {HTMLCanvasElement} canvas */
  divider(canvas) {
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const { w, h } = this.stage.view.box;
    context.fillStyle = "#ffffff";
    context.fillRect(this.wipe * w - 2, 0, 4, h);
    context.fillStyle = "#c2185b";
    context.fillRect(this.wipe * w - 1, 0, 2, h);
  }

  /** More or less of what the mode has: the wipe's place, the overlay's opacity. @param {number} by @returns {number | null} */
  adjust(by) {
    if (this.mode === "wipe") this.wipe = Math.min(1, Math.max(0, this.wipe + by));
    else if (this.mode === "overlay") this.opacity = Math.min(1, Math.max(0, this.opacity + by));
    else return null;
    this.redraw();
    return this.mode === "wipe" ? this.wipe : this.opacity;
  }
}
