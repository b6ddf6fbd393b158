// What colour a pixel has, and how different two colours look: CIEDE2000 (Sharma, Wu, Dalal 2005).
// @ts-check

/** @typedef {[number, number, number]} Triple */

const RAD = Math.PI / 180;
const P25 = 25 ** 7;

/** Lab (D65, 2°) of 8-bit sRGB. @param {Triple} rgb @returns {Triple} */
export function toLab([r, g, b]) {
  const [R, G, B] = [r, g, b].map((v) => {
    const c = v / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  const x = (0.4124564 * R + 0.3575761 * G + 0.1804375 * B) / 0.95047;
  const y = 0.2126729 * R + 0.7151522 * G + 0.072175 * B;
  const z = (0.0193339 * R + 0.119192 * G + 0.9503041 * B) / 1.08883;
  const [fx, fy, fz] = [x, y, z].map((v) => (v > 216 / 24389 ? Math.cbrt(v) : (24389 / 27 * v + 16) / 116));
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

/** @param {number} b @param {number} a */
function hue(b, a) {
  if (a === 0 && b === 0) return 0;
  const h = Math.atan2(b, a) / RAD;
  return h < 0 ? h + 360 : h;
}

/** ΔE2000 of two Lab colours, all weights 1. @param {Triple} one @param {Triple} two @returns {number} */
export function deltaE(one, two) {
  const [L1, a1, b1] = one;
  const [L2, a2, b2] = two;
  const meanC = (Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2;
  const G = 0.5 * (1 - Math.sqrt(meanC ** 7 / (meanC ** 7 + P25)));
  const [A1, A2] = [(1 + G) * a1, (1 + G) * a2];
  const [C1, C2] = [Math.hypot(A1, b1), Math.hypot(A2, b2)];
  const [h1, h2] = [hue(b1, A1), hue(b2, A2)];
  const gray = C1 * C2 === 0;
  let dh = gray ? 0 : h2 - h1;
  if (dh > 180) dh -= 360;
  else if (dh < -180) dh += 360;
  const dH = 2 * Math.sqrt(C1 * C2) * Math.sin((dh / 2) * RAD);
  const L = (L1 + L2) / 2;
  const C = (C1 + C2) / 2;
  let H = h1 + h2;
  if (!gray) {
    if (Math.abs(h1 - h2) <= 180) H /= 2;
    else H = H < 360 ? (H + 360) / 2 : (H - 360) / 2;
  }
  const T = 1 - 0.17 * Math.cos((H - 30) * RAD) + 0.24 * Math.cos(2 * H * RAD)
    + 0.32 * Math.cos((3 * H + 6) * RAD) - 0.2 * Math.cos((4 * H - 63) * RAD);
  const turn = 30 * Math.exp(-(((H - 275) / 25) ** 2));
  const RT = -2 * Math.sqrt(C ** 7 / (C ** 7 + P25)) * Math.sin(2 * turn * RAD);
  const SL = 1 + (0.015 * (L - 50) ** 2) / Math.sqrt(20 + (L - 50) ** 2);
  const SC = 1 + 0.045 * C;
  const SH = 1 + 0.015 * C * T;
  const l = (L2 - L1) / SL;
  const c = (C2 - C1) / SC;
  const h = dH / SH;
  return Math.sqrt(l * l + c * c + h * h + RT * c * h);
}

/** @type {OffscreenCanvasRenderingContext2D | null} */
let pixel = null;

/**
 * The colour of a bitmap at a point given in shares of its size; null outside.
 * @param {ImageBitmap} bitmap @param {number} u @param {number} v @returns {Triple | null}
 */
export function colourAt(bitmap, u, v) {
  if (u < 0 || v < 0 || u >= 1 || v >= 1) return null;
  pixel ||= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  if (!pixel) return null;
  pixel.clearRect(0, 0, 1, 1);
  pixel.imageSmoothingEnabled = false;
  pixel.drawImage(bitmap, Math.floor(u * bitmap.width), Math.floor(v * bitmap.height), 1, 1, 0, 0, 1, 1);
  const [r, g, b] = pixel.getImageData(0, 0, 1, 1).data;
  return [r, g, b];
}

/** @param {Triple} rgb */
export function hex(rgb) {
  return `#${rgb.map((v) => v.toString(16).padStart(2, "0")).join("")}`;
}
