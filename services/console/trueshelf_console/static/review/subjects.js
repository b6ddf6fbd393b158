// From a case to what is laid side by side: per subject a source, a result, and where the one lies in the other.
// @ts-check
import { onStage } from "./viewport.js";

/** @typedef {import("./prefetch.js").Picture} Picture */
/** @typedef {import("./viewport.js").Rect} Rect */
/**
 * @typedef {object} Subject
 * @property {string} id the variant's, rendition's or capture's
 * @property {number} number from 1, as people see it
 * @property {string} group subjects of one group share a source and with it a stage
 * @property {Picture} source
 * @property {Picture | null} master null: there is only a source
 * @property {Picture | null} cutout
 * @property {Picture | null} heat
 * @property {Rect} frame the result on the source's stage; the source itself where there is no result
 * @property {any} view the variant, rendition or capture as the server told it
 * @property {any[]} checks
 */

const STILL = { scale: 1, offset_x: 0, offset_y: 0 };

/** @param {any} found @returns {Subject[]} */
export function subjectsOf(found) {
  if (found.kind === "rendition" && found.rendition) return [rendition(found.rendition)];
  if (found.kind === "generation") return found.captures.map(capture);
  return found.variants.map(variant);
}

/** @param {any} view @param {number} index @returns {Subject} */
function variant(view, index) {
  const placed = view.transforms.find((/** @type {any} */ each) => each.kind === "placement")?.placement ?? STILL;
  return {
    id: view.variant_id, number: index + 1, group: view.source.sha256, source: view.source, master: view.master,
    cutout: view.cutout, heat: view.heat, frame: onStage(view.master, placed), view, checks: view.checks,
  };
}

/** A master lies centred and whole in its rendition's canvas. @param {any} view @returns {Subject} */
function rendition(view) {
  const { file, master } = view;
  const scale = Math.min(file.width / master.width, file.height / master.height);
  const placed = {
    scale, offset_x: (file.width - master.width * scale) / 2, offset_y: (file.height - master.height * scale) / 2,
  };
  return {
    id: view.rendition_id, number: 1, group: master.sha256, source: master, master: file, cutout: null,
    heat: view.heat, frame: onStage(file, placed), view, checks: view.checks,
  };
}

/** @param {any} view @param {number} index @returns {Subject} */
function capture(view, index) {
  const { source } = view;
  return {
    id: view.capture_id, number: index + 1, group: source.sha256, source, master: null, cutout: null, heat: null,
    frame: { x: 0, y: 0, w: source.width, h: source.height }, view, checks: [],
  };
}

/** Checks that a person has to look at. @param {any[]} checks @returns {any[]} */
export function findingsOf(checks) {
  return checks.filter((check) => check.verdict !== "clear");
}
