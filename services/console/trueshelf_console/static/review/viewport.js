// The one state of what is looked at. Every pane and every mode draws from it; nothing is ever synchronised.
// @ts-check

/** @typedef {{x: number, y: number, w: number, h: number}} Rect */

export const MAX_SCALE = 64;
export const MIN_SCALE = 0.25;

export class Viewport {
  constructor() {
    /** Times the size at which the frame fits the pane. */
    this.scale = 1;
    /** What lies in the pane's middle, as shares of the frame's width and height. */
    this.cx = 0.5;
    this.cy = 0.5;
    /** The picture that is judged, on the stage. @type {Rect} */
    this.frame = { x: 0, y: 0, w: 1, h: 1 };
    /** A pane's size in CSS pixels; all panes have the same. */
    this.box = { w: 1, h: 1 };
    /** @type {(() => void)[]} */
    this.listeners = [];
  }

  changed() {
    this.cx = Math.min(1.5, Math.max(-0.5, this.cx));
    this.cy = Math.min(1.5, Math.max(-0.5, this.cy));
    for (const listener of this.listeners) listener();
  }

  /** CSS pixels per unit of the stage. */
  get k() {
    return this.kOf(this.frame);
  }

  /** The same for another frame, were it the one that is judged. @param {Rect} frame */
  kOf(frame) {
    return 0.96 * Math.min(this.box.w / frame.w, this.box.h / frame.h) * this.scale;
  }

  /** Stage coordinates of a pane's point. @param {number} px @param {number} py @returns {[number, number]} */
  toStage(px, py) {
    const { frame, k } = this;
    return [
      frame.x + this.cx * frame.w + (px - this.box.w / 2) / k,
      frame.y + this.cy * frame.h + (py - this.box.h / 2) / k,
    ];
  }

  /** A pane's point of stage coordinates. @param {number} x @param {number} y @returns {[number, number]} */
  toPane(x, y) {
    const { frame, k } = this;
    return [
      (x - frame.x - this.cx * frame.w) * k + this.box.w / 2,
      (y - frame.y - this.cy * frame.h) * k + this.box.h / 2,
    ];
  }

  /** Zoom so that what lies under the point stays there. @param {number} factor @param {number} [px] @param {number} [py] */
  zoom(factor, px = this.box.w / 2, py = this.box.h / 2) {
    const [x, y] = this.toStage(px, py);
    this.scale = Math.min(MAX_SCALE, Math.max(MIN_SCALE, this.scale * factor));
    const [nx, ny] = this.toPane(x, y);
    this.pan(px - nx, py - ny);
  }

  /** Move the pictures by CSS pixels. @param {number} dx @param {number} dy */
  pan(dx, dy) {
    this.cx -= dx / (this.k * this.frame.w);
    this.cy -= dy / (this.k * this.frame.h);
    this.changed();
  }

  fit() {
    this.scale = 1;
    this.cx = this.cy = 0.5;
    this.changed();
  }

  /** One pixel of the picture to one of the screen. @param {number} pixelsPerUnit of the picture @param {number} dpr */
  actual(pixelsPerUnit, dpr) {
    this.zoom(pixelsPerUnit / dpr / this.k);
  }

  /** Screen pixels per pixel of a picture. @param {number} pixelsPerUnit @param {number} dpr */
  ratio(pixelsPerUnit, dpr) {
    return (this.k * dpr) / pixelsPerUnit;
  }

  /**
   * Judge another frame. On the same source the same product point stays in the middle; else the shares stay.
   * @param {Rect} frame @param {boolean} sameSource
   */
  reframe(frame, sameSource) {
    if (sameSource) {
      const x = this.frame.x + this.cx * this.frame.w;
      const y = this.frame.y + this.cy * this.frame.h;
      this.scale *= Math.min(this.box.w / this.frame.w, this.box.h / this.frame.h)
        / Math.min(this.box.w / frame.w, this.box.h / frame.h);
      this.cx = (x - frame.x) / frame.w;
      this.cy = (y - frame.y) / frame.h;
    }
    this.frame = frame;
    this.changed();
  }
}

/** Where the source's pixels lie in the result, undone: the result on the source's stage.
 * @param {{width: number, height: number}} size of the result
 * @param {{scale: number, offset_x: number, offset_y: number}} placement @returns {Rect} */
export function onStage(size, placement) {
  const s = placement.scale;
  return { x: -placement.offset_x / s || 0, y: -placement.offset_y / s || 0, w: size.width / s, h: size.height / s };
}

/** Map from one frame into another, whole and unstretched. @param {Rect} from @param {Rect} to */
export function into(from, to) {
  const r = Math.min(to.w / from.w, to.h / from.h);
  const dx = to.x + (to.w - from.w * r) / 2;
  const dy = to.y + (to.h - from.h * r) / 2;
  return (/** @type {Rect} */ rect) => ({
    x: dx + (rect.x - from.x) * r,
    y: dy + (rect.y - from.y) * r,
    w: rect.w * r,
    h: rect.h * r,
  });
}
