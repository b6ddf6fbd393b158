// Panes: canvases that draw layers where the one viewport says they lie. Nothing here knows a mode.
// @ts-check
import { into } from "./viewport.js";

/** @typedef {import("./subjects.js").Subject} Subject */
/** @typedef {import("./viewport.js").Rect} Rect */
/** @typedef {"made" | "white" | "grey" | "black" | "checker"} Ground */
/** @typedef {{subject: Subject, kind: "source" | "master" | "heat", alpha?: number, clip?: [number, number]}} Layer */

export const GROUNDS = /** @type {const} */ (["made", "white", "grey", "black", "checker"]);
const COLOURS = { made: "#8d9491", white: "#ffffff", grey: "#808080", black: "#000000" };
const SQUARE = 12;
/** Screen pixels per pixel of a preview from which on the whole picture shows more. */
export const SOFT = 1.05;

export class Stage {
  /**
   * @param {import("./viewport.js").Viewport} view @param {import("./prefetch.js").Pictures} pictures
   */
  constructor(view, pictures) {
    this.view = view;
    this.pictures = pictures;
    /** @type {Subject[]} */
    this.subjects = [];
    /** @type {Subject | null} */
    this.active = null;
    /** @type {Ground} */
    this.ground = "made";
    /** Boxes to show, as shares of the active frame. @type {{x: number, y: number, w: number, h: number}[]} */
    this.boxes = [];
    /** Cut-outs composed for a ground, by subject. @type {Map<string, HTMLCanvasElement | OffscreenCanvas>} */
    this.composed = new Map();
  }

  /** Where a subject's picture lies on the active one's stage. @param {Subject} subject @param {Rect} rect @returns {Rect} */
  placed(subject, rect) {
    if (!this.active || subject === this.active || subject.group === this.active.group) return rect;
    return into(subject.frame, this.active.frame)(rect);
  }

  /** @param {Layer} layer @returns {Rect} */
  rectOf({ subject, kind }) {
    const { width, height } = subject.source;
    return this.placed(subject, kind === "source" ? { x: 0, y: 0, w: width, h: height } : subject.frame);
  }

  /** @param {Layer} layer */
  pictureOf({ subject, kind }) {
    return kind === "source" ? subject.source : kind === "heat" ? subject.heat : subject.master;
  }

  /** Draw layers into a canvas. @param {HTMLCanvasElement} canvas @param {Layer[]} layers @returns {boolean} whether all were there */
  draw(canvas, layers) {
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const dpr = window.devicePixelRatio || 1;
    const { w, h } = this.view.box;
    const [wide, high] = [Math.round(w * dpr), Math.round(h * dpr)];
    if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
    context.setTransform(dpr, 0, 0, dpr, 0, 0);
    context.globalAlpha = 1;
    this.paintGround(context, w, h);
    let complete = true;
    for (const layer of layers) complete = this.paint(context, layer, dpr) && complete;
    this.paintBoxes(context);
    return complete;
  }

  /** @param {CanvasRenderingContext2D} context @param {number} w @param {number} h */
  paintGround(context, w, h) {
    context.fillStyle = this.ground === "checker" ? "#ffffff" : COLOURS[this.ground];
    context.fillRect(0, 0, w, h);
    if (this.ground !== "checker") return;
    context.fillStyle = "#c4c4c4";
    for (let y = 0; y * SQUARE < h; y += 1) {
      for (let x = y % 2; x * SQUARE < w; x += 2) context.fillRect(x * SQUARE, y * SQUARE, SQUARE, SQUARE);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {Layer} layer @param {number} dpr @returns {boolean} */
  paint(context, layer, dpr) {
    const { subject } = layer;
    let kind = layer.kind;
    /** @type {CanvasImageSource & {width: number, height: number} | null} */
    let image = null;
    if (kind === "master" && this.ground !== "made" && subject.cutout) {
      image = this.cutOut(subject);
      if (image) kind = "source";
    }
    const picture = this.pictureOf({ subject, kind });
    image ||= this.pictures.best(picture);
    if (!image || !picture) return false;
    const rect = this.rectOf({ subject, kind });
    const [x, y] = this.view.toPane(rect.x, rect.y);
    const { k, box } = this.view;
    context.save();
    context.globalAlpha = layer.alpha ?? 1;
    if (layer.clip) {
      context.beginPath();
      context.rect(layer.clip[0] * box.w, 0, (layer.clip[1] - layer.clip[0]) * box.w, box.h);
      context.clip();
    }
    context.imageSmoothingEnabled = (k * dpr * rect.w) / picture.width <= 2;
    context.imageSmoothingQuality = "medium";
    drawVisible(context, image, { x, y, w: rect.w * k, h: rect.h * k }, box);
    context.restore();
    return true;
  }

  /** Boxes lie where the active frame says, so the same place of the product is framed in every pane.
   * @param {CanvasRenderingContext2D} context */
  paintBoxes(context) {
    if (!this.active) return;
    const { frame } = this.active;
    const { k } = this.view;
    for (const each of this.boxes) {
      const [x, y] = this.view.toPane(frame.x + each.x * frame.w, frame.y + each.y * frame.h);
      for (const [colour, width] of /** @type {[string, number][]} */ ([["#ffffff", 5], ["#c2185b", 2.5]])) {
        context.strokeStyle = colour;
        context.lineWidth = width;
        context.strokeRect(x - 3, y - 3, each.w * frame.w * k + 6, each.h * frame.h * k + 6);
      }
    }
  }

  /** The source's product alone, its alpha from the cut-out; null until both are decoded. @param {Subject} subject */
  cutOut(subject) {
    const there = this.composed.get(subject.id);
    const source = this.pictures.best(subject.source);
    const alpha = this.pictures.best(subject.cutout);
    if (!source || !alpha) {
      void this.pictures.full(subject.cutout);
      return there ?? null;
    }
    if (there && there.width === source.width) return there;
    const canvas = new OffscreenCanvas(source.width, source.height);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
    context.drawImage(alpha, 0, 0, source.width, source.height);
    const mask = context.getImageData(0, 0, source.width, source.height);
    context.drawImage(source, 0, 0);
    const image = context.getImageData(0, 0, source.width, source.height);
    for (let i = 0; i < image.data.length; i += 4) image.data[i + 3] = mask.data[i];
    context.putImageData(image, 0, 0);
    this.composed.set(subject.id, canvas);
    return canvas;
  }

  /** Ask for the whole picture where the preview has fewer pixels than the screen shows. @param {Layer[]} layers @returns {boolean} whether nothing was lacking */
  sharpen(layers) {
    const dpr = window.devicePixelRatio || 1;
    let sharp = true;
    for (const layer of layers) {
      const picture = this.pictureOf(layer);
      if (!picture || this.pictures.whole(picture)) continue;
      const small = this.pictures.bitmap(picture.preview_sha256);
      if (!small || (this.view.k * dpr * this.rectOf(layer).w) / small.width <= SOFT) continue;
      sharp = false;
      void this.pictures.full(picture);
    }
    return sharp;
  }
}

/** Draw only what can be seen: a 12-megapixel picture at 800 % is mostly outside.
 * @param {CanvasRenderingContext2D} context @param {CanvasImageSource & {width: number, height: number}} image @param {Rect} at @param {{w: number, h: number}} box */
function drawVisible(context, image, at, box) {
  const left = Math.max(0, Math.floor(((0 - at.x) / at.w) * image.width));
  const top = Math.max(0, Math.floor(((0 - at.y) / at.h) * image.height));
  const right = Math.min(image.width, Math.ceil(((box.w - at.x) / at.w) * image.width));
  const bottom = Math.min(image.height, Math.ceil(((box.h - at.y) / at.h) * image.height));
  if (right <= left || bottom <= top) return;
  const [sx, sy] = [at.w / image.width, at.h / image.height];
  context.drawImage(
    image, left, top, right - left, bottom - top,
    at.x + left * sx, at.y + top * sy, (right - left) * sx, (bottom - top) * sy,
  );
}
