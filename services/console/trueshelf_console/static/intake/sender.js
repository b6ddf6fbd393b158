// Sends photos, three at a time; what cannot be sent now waits and goes on by itself.
// @ts-check
import { kindOf, reasonOf, sha256 } from "./wire.js";

const PARALLEL = 3;
const FIRST_WAIT = 2;
const LONGEST_WAIT = 30;

/**
 * @typedef {object} Job
 * @property {string} label
 * @property {string} sku
 * @property {string} path where the photo is sent to
 * @property {File} file
 * @property {(digest: string) => boolean} known whether it is there already
 * @property {"waiting" | "sending" | "sent" | "there" | "failed"} [state]
 * @property {number} [loaded]
 * @property {string} [why]
 * @property {boolean} [arrived] sent in this visit
 */

/** @typedef {{kind: "offline" | "away" | "session", until: number}} Held */

export class Sender {
  /**
   * @param {import("./wire.js").Wire} wire
   * @param {{prepare: (sku: string) => Promise<import("./wire.js").Answer>, ended: (sku: string, jobs: Job[]) => Promise<import("./wire.js").Answer | null>, changed: () => void, done: () => void, limits: {bytes: number}, texts: Record<string, string>}} page
   */
  constructor(wire, page) {
    this.wire = wire;
    this.page = page;
    /** @type {Job[]} */
    this.jobs = [];
    this.paused = true;
    /** @type {Held | null} */
    this.held = null;
    this.wait = FIRST_WAIT;
    this.active = 0;
    this.next = 0;
    /** @type {Map<string, Promise<import("./wire.js").Answer>>} */
    this.prepared = new Map();
    /** @type {Map<string, Job[]>} */
    this.bySku = new Map();
    /** @type {Map<string, string>} SKU → why it was not taken */
    this.refusedSkus = new Map();
    this.timer = 0;
  }

  /** @param {Job[]} jobs */
  load(jobs) {
    this.jobs = jobs;
    this.next = 0;
    this.bySku.clear();
    this.prepared.clear();
    this.refusedSkus.clear();
    for (const job of jobs) {
      job.state = "waiting";
      job.loaded = 0;
      const list = this.bySku.get(job.sku) || [];
      list.push(job);
      this.bySku.set(job.sku, list);
    }
  }

  get left() {
    return this.jobs.some((job) => job.state === "waiting" || job.state === "sending");
  }

  start() {
    this.paused = false;
    this.held = null;
    clearTimeout(this.timer);
    this.#pump();
  }

  pause() {
    this.paused = true;
    this.page.changed();
  }

  /** @param {Job} job */
  retry(job) {
    job.state = "waiting";
    job.loaded = 0;
    this.prepared.delete(job.sku);
    this.refusedSkus.delete(job.sku);
    this.next = Math.min(this.next, this.jobs.indexOf(job));
    this.start();
  }

  #pump() {
    while (!this.paused && !this.held && this.active < PARALLEL) {
      while (this.next < this.jobs.length && this.jobs[this.next].state !== "waiting") this.next += 1;
      if (this.next >= this.jobs.length) break;
      const job = this.jobs[this.next];
      this.next += 1;
      job.state = "sending";
      this.active += 1;
      void this.#run(job).finally(() => {
        this.active -= 1;
        this.page.changed();
        this.#pump();
      });
    }
    this.page.changed();
    if (!this.active && !this.left && !this.paused && !this.held) this.page.done();
  }

  /** @param {Job} job */
  async #run(job) {
    const { texts, limits } = this.page;
    if (job.file.size > limits.bytes) return this.#fail(job, texts.tooLarge);
    if (job.file.size === 0) return this.#fail(job, texts.empty);
    if (!this.prepared.has(job.sku)) this.prepared.set(job.sku, this.page.prepare(job.sku));
    const card = await /** @type {Promise<import("./wire.js").Answer>} */ (this.prepared.get(job.sku));
    if (kindOf(card) !== "ok") {
      this.prepared.delete(job.sku);
      return this.#notOk(job, card);
    }
    let digest = "";
    try {
      digest = await sha256(job.file);
    } catch {
      return this.#fail(job, texts.unreadable);
    }
    if (job.arrived || (digest && job.known(digest))) {
      job.state = "there"; // not sent twice; ingest would recognise it, too
    } else {
      const answer = await this.wire.upload(job.path, job.file, (sent) => {
        job.loaded = Math.min(sent, job.file.size);
        this.page.changed();
      });
      if (kindOf(answer) !== "ok") return this.#notOk(job, answer);
      job.state = answer.status === 200 ? "there" : "sent";
      job.arrived = true;
    }
    job.loaded = job.file.size;
    this.wait = FIRST_WAIT;
    await this.#endOf(job);
  }

  /** @param {Job} job */
  async #endOf(job) {
    const jobs = this.bySku.get(job.sku) || [];
    if (!jobs.every((each) => each.state === "sent" || each.state === "there")) return;
    const answer = await this.page.ended(job.sku, jobs);
    if (answer && kindOf(answer) === "refused") this.refusedSkus.set(job.sku, reasonOf(answer));
    else if (answer && kindOf(answer) !== "ok") {
      job.state = "waiting"; // it is there; what is missing is to say that no more come
      this.#hold(kindOf(answer), job);
    }
  }

  /**
   * @param {Job} job
   * @param {import("./wire.js").Answer} answer
   */
  #notOk(job, answer) {
    const kind = kindOf(answer);
    if (kind === "refused" && answer.body?.code !== "cut_off") return this.#fail(job, reasonOf(answer));
    job.state = "waiting";
    job.loaded = 0;
    return this.#hold(kind, job);
  }

  /**
   * @param {string} kind
   * @param {Job} job
   */
  #hold(kind, job) {
    this.next = Math.min(this.next, this.jobs.indexOf(job));
    if (this.held) return;
    const held = kind === "session" ? "session" : kind === "away" ? "away" : "offline";
    this.held = { kind: held, until: Date.now() + this.wait * 1000 };
    clearTimeout(this.timer);
    if (held !== "session") this.timer = setTimeout(() => this.start(), this.wait * 1000);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }

  /**
   * @param {Job} job
   * @param {string} why
   */
  #fail(job, why) {
    job.state = "failed";
    job.why = why;
    job.loaded = 0;
  }
}
