// Where is the product? A box and strokes on the source, by pointer or by keys, in shares of the picture.
// @ts-check
import { t } from "./texts.js";

/** @typedef {import("./bodies.js").Stroke} Stroke */
/** @typedef {"" | "box" | "product" | "backdrop"} Tool */
const COLOURS = { product: "rgba(0, 150, 70, 0.55)", backdrop: "rgba(200, 30, 60, 0.55)" };
const STEP = 0.01;
export const clamp = (/** @type {number} */ value) => Math.min(1, Math.max(0, value));

export class Strokes {
  /** @param {import("./viewport.js").Viewport} view @param {() => void} changed @param {(text: string) => void} say */
  constructor(view, changed, say) {
    this.view = view;
    this.changed = changed;
    this.say = say;
    /** @type {Tool} */
    this.tool = "";
    this.radius = 0.015;
    /** @type {{box: any, strokes: Stroke[]} | null} the draft's change */
    this.change = null;
    this.size = { width: 1, height: 1 };
    /** @type {[number, number] | null} */
    this.cursor = null;
    /** @type {[number, number] | null} */
    this.from = null;
  }

  /** @param {{box: any, strokes: Stroke[]} | null} change @param {{width: number, height: number}} size of the source */
  attach(change, size) {
    this.change = change;
    this.size = size;
    this.from = null;
    if (!change) this.tool = "";
  }

  /** Shares of the source at a pane's point. @param {number} px @param {number} py @returns {[number, number]} */
  at(px, py) {
    const [x, y] = this.view.toStage(px, py);
    return [clamp(x / this.size.width), clamp(y / this.size.height)];
  }

  /** @param {[number, number]} point */
  start(point) {
    if (!this.tool || !this.change) return;
    this.from = point;
    if (this.tool !== "box") this.change.strokes.push({ label: this.tool, points: [point], radius: this.radius });
    this.changed();
  }

  /** @param {[number, number]} point */
  move(point) {
    this.cursor = point;
    if (!this.from || !this.change) return this.changed();
    if (this.tool === "box") this.change.box = boxOf(this.from, point);
    else {
      const stroke = this.change.strokes.at(-1);
      const last = stroke?.points.at(-1);
      if (stroke && last && Math.hypot(point[0] - last[0], point[1] - last[1]) > this.radius / 4) stroke.points.push(point);
    }
    this.changed();
  }

  end() {
    if (this.change?.box && (this.change.box.w < 0.005 || this.change.box.h < 0.005)) this.change.box = null;
    if (this.from) this.say(t(this.tool === "box" ? "drawn_box" : "drawn_stroke"));
    this.from = null;
    this.changed();
  }

  clear() {
    if (this.change) Object.assign(this.change, { box: null, strokes: [] });
    this.changed();
  }

  /** Arrows move the cross, Enter begins and ends. @param {KeyboardEvent} event @returns {boolean} whether it was for the tool */
  key(event) {
    if (!this.tool || event.ctrlKey || event.altKey || event.metaKey) return false;
    const far = event.shiftKey ? 5 * STEP : STEP;
    const by = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] }[event.code];
    const at = this.cursor || /** @type {[number, number]} */ ([0.5, 0.5]);
    if (by) this.move([clamp(at[0] + by[0]), clamp(at[1] + by[1])]);
    else if (event.code === "Enter") {
      if (this.from) this.end();
      else this.start(at);
    } else if (event.code === "Escape" && this.from) this.end();
    else return false;
    return true;
  }

  /** @param {CanvasRenderingContext2D} context */
  paint(context) {
    if (!this.change) return;
    const { width, height } = this.size;
    const k = this.view.k;
    const longer = Math.max(width, height);
    const pane = (/** @type {[number, number]} */ [u, v]) => this.view.toPane(u * width, v * height);
    context.save();
    context.lineCap = context.lineJoin = "round";
    for (const stroke of this.change.strokes) {
      context.strokeStyle = COLOURS[stroke.label];
      context.lineWidth = Math.max(2, 2 * stroke.radius * longer * k);
      context.setLineDash(stroke.label === "backdrop" ? [context.lineWidth * 1.6, context.lineWidth * 1.4] : []);
      context.beginPath();
      stroke.points.forEach((point, index) => {
        const [x, y] = pane(point);
        if (index) context.lineTo(x, y);
        else {
          context.moveTo(x, y);
          context.lineTo(x + 0.01, y);
        }
      });
      context.stroke();
    }
    context.setLineDash([]);
    const box = this.change.box;
    if (box) {
      const [x, y] = pane([box.x, box.y]);
      for (const [colour, line] of /** @type {[string, number][]} */ ([["#ffffff", 5], ["#0b57d0", 2.5]])) {
        context.strokeStyle = colour;
        context.lineWidth = line;
        context.strokeRect(x, y, box.w * width * k, box.h * height * k);
      }
    }
    if (this.tool && this.cursor) cross(context, pane(this.cursor));
    context.restore();
  }
}

/** @param {CanvasRenderingContext2D} context @param {[number, number]} point */
export function cross(context, [x, y]) {
  for (const [colour, width] of /** @type {[string, number][]} */ ([["#ffffff", 4], ["#111111", 1.5]])) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(x - 12, y);
    context.lineTo(x + 12, y);
    context.moveTo(x, y - 12);
    context.lineTo(x, y + 12);
    context.stroke();
  }
}

/** @param {[number, number]} a @param {[number, number]} b */
export function boxOf(a, b) {
  const [x, y] = [Math.min(a[0], b[0]), Math.min(a[1], b[1])];
  const round = (/** @type {number} */ value) => Math.round(value * 1e5) / 1e5;
  return { x: round(x), y: round(y), w: round(Math.abs(a[0] - b[0])), h: round(Math.abs(a[1] - b[1])) };
}
