// What the screen needs before it is looked at: the pictures and reports of this case, and those of the next one.
// @ts-check
import { report } from "./api.js";
import { SOFT } from "./panes.js";
import { hashes, Pictures } from "./prefetch.js";
import { t } from "./texts.js";

/** @typedef {import("./subjects.js").Subject} Subject */

/** @param {Subject[]} subjects */
const picturesOf = (subjects) => hashes(subjects.flatMap((each) => [each.source, each.master, each.heat, each.cutout]));

export class Supply {
  /** @param {import("./desk.js").Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.pictures = new Pictures(() => desk.modes.redraw(), (sha) => this.lost(sha));
    /** qa's whole reports, by subject. @type {Map<string, any>} */
    this.reports = new Map();
    /** Of the next case. @type {Subject[]} */
    this.ahead = [];
    this.refreshing = 0;
    this.renewing = false;
    /** Previews that did not come under a new address either. @type {Set<string>} */
    this.gone = new Set();
    /** Asks for addresses that still hold. @type {() => Promise<void>} */
    this.renew = async () => undefined;
  }

  /** These are on the screen now: what belongs to nothing is dropped. @param {Subject[]} subjects */
  lay(subjects) {
    this.ahead = [];
    this.pictures.keepOnly(picturesOf(subjects));
    const known = new Set(subjects.map((each) => each.id));
    for (const id of this.reports.keys()) if (!known.has(id)) this.reports.delete(id);
  }

  /** Fetch what is shown of them first, as things are looked at now. @param {Subject[]} subjects */
  fetch(subjects) {
    const { desk, pictures } = this;
    for (const { master, source, heat, cutout } of subjects) {
      void pictures.preview(master);
      void pictures.preview(source);
      if (desk.modes.heat) void pictures.full(heat);
      if (desk.stage.ground !== "made") void pictures.full(cutout);
    }
    for (const { id, view } of subjects) {
      if (!view.report_url || this.reports.has(id)) continue;
      void report(view.report_url).then((whole) => {
        if (whole && [...desk.subjects, ...this.ahead].some((each) => each.id === id)) this.reports.set(id, whole);
        if (whole && desk.active?.id === id) desk.update();
      });
    }
  }

  /** The next case. @param {Subject[]} subjects */
  fetchAhead(subjects) {
    this.ahead = subjects;
    for (const sha of picturesOf(subjects)) this.pictures.wanted?.add(sha);
    this.fetch(subjects);
    this.sharpenAhead();
  }

  /** Fetch the next case's whole pictures too where the screen will show more than their previews have. */
  sharpenAhead() {
    const { view } = this.desk;
    for (const subject of this.ahead) {
      const k = view.kOf(subject.frame) * (window.devicePixelRatio || 1);
      for (const [picture, width] of /** @type {const} */ ([[subject.source, subject.source.width], [subject.master, subject.frame.w]])) {
        if (!picture || picture.sha256 === picture.preview_sha256) continue;
        void this.pictures.preview(picture).then((small) => {
          if (small && k * width > SOFT * small.width && this.ahead.includes(subject)) void this.pictures.full(picture);
        });
      }
    }
  }

  /** An address may be over after some minutes: new ones are asked for, at most every ten seconds. @param {string} sha */
  lost(sha) {
    if (this.renewing) return; // whatever is lost meanwhile is fetched once more below
    const now = Date.now();
    if (now - this.refreshing < 10_000) {
      this.miss(sha);
      return;
    }
    this.refreshing = now;
    this.renewing = true;
    void this.renew().catch(() => undefined).then(() => {
      this.renewing = false;
      this.fetch(this.desk.subjects);
    });
  }

  /** @param {string} sha */
  miss(sha) {
    const { desk } = this;
    this.gone.add(sha);
    if (desk.subjects.some((each) => this.unseen(each))) {
      desk.tell(t("picture_gone"), "bad");
      desk.update();
    } else desk.say(t("picture_lost"));
  }

  /** Whether a picture of it cannot be shown at all. @param {Subject} subject */
  unseen({ source, master }) {
    return [source, master].some((each) => each && this.gone.has(each.preview_sha256) && !this.pictures.best(each));
  }
}
