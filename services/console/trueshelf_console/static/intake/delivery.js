// One delivery: photos joined with rows, sent, and what became of them.
// @ts-check
import { badge, line, mega, on, renew, show, text } from "./parts.js";
import { Sender } from "./sender.js";
import { Wire, config, element, kindOf, reasonOf, words } from "./wire.js";

/** @typedef {import("./files.js").Found} Found */
/** @typedef {import("./sender.js").Job} Job */

const MOST_NAMES = 100;

export class Delivery {
  /**
   * @param {HTMLElement} root
   * @param {Wire} wire
   */
  constructor(root, wire) {
    this.wire = wire;
    this.address = `/intake/${root.dataset.delivery}`;
    const { texts, limits } = config();
    this.texts = texts;
    /** @type {Map<string, Found>} */
    this.photos = new Map();
    /** @type {Set<string>} */
    this.known = new Set();
    /** @type {Set<string>} */
    this.waiting = new Set();
    this.painted = false;
    this.ticking = 0;
    this.sender = new Sender(wire, {
      limits,
      texts,
      prepare: (sku) => wire.ask("PUT", `${this.address}/skus/${encodeURIComponent(sku)}`),
      ended: (sku) => this.#ended(sku),
      changed: () => this.#changed(),
      done: () => void this.#done(),
    });
    on("send", "click", () => void this.#send());
    on("pause", "click", () => this.#pause());
    document.addEventListener("visibilitychange", () => void this.#back());
    window.addEventListener("online", () => this.sender.held?.kind === "offline" && this.sender.start());
  }

  get busy() {
    return this.sender.active > 0 || (this.sender.held !== null && this.sender.left);
  }

  /** @param {Found[]} found */
  async add(found) {
    for (const each of found) this.photos.set(each.path, each);
    await this.#join();
  }

  async #join() {
    const names = [...this.photos.keys()];
    const answer = await this.wire.ask("POST", `${this.address}/photos`, { names });
    if (kindOf(answer) !== "ok") return this.#problem(answer, () => void this.#join());
    text("sending-held", "");
    const joined = answer.body;
    this.waiting = new Set(joined.waiting_skus);
    if (!this.sender.left) this.sender.load([]);
    this.joined = joined.photos.map((/** @type {any} */ each) => ({ ...each, found: this.photos.get(names[each.at]) }));
    show("joined", true);
    const tally = /** @type {HTMLElement} */ (document.getElementById("joined-tally"));
    tally.replaceChildren(badge("good", words(this.texts.joined, { n: joined.photos.length })));
    const lists = /** @type {HTMLElement} */ (document.getElementById("joined-lists"));
    const row = (/** @type {any} */ each) => `${words(this.texts.row, each)}: ${each.sku}, ${each.file}`;
    lists.replaceChildren(
      ...this.#list(this.texts.rowsWithout, joined.rows_without.map(row)),
      ...this.#list(this.texts.ambiguous, joined.ambiguous.map((/** @type {any} */ each) => `${row(each)} ← ${each.names.join(", ")}${each.more > 0 ? ` … (+${each.more})` : ""}`), this.texts.ambiguousFix),
      ...this.#list(this.texts.photosWithout, joined.photos_without),
      ...this.#list(this.texts.ofWrong, joined.photos_of_wrong_rows),
    );
    this.#buttons();
  }

  async #send() {
    if (this.sender.left && this.sender.jobs.length) {
      this.sender.start();
      return this.#buttons();
    }
    const begun = await this.wire.ask("POST", `${this.address}/begin`);
    show("sending", true);
    if (kindOf(begun) !== "ok") return this.#problem(begun, () => void this.#send());
    renew();
    if (begun.body.state !== "open") return text("sending-words", this.texts.completeBefore);
    this.known = new Set(begun.body.known.map((/** @type {string[]} */ each) => each.join("\n")));
    this.sender.load(
      (this.joined || []).map((/** @type {any} */ each) => ({
        label: `${each.sku} · ${each.shot} · ${each.found.path}`,
        sku: each.sku,
        path: `${this.address}/rows/${each.row}`,
        file: each.found.file,
        known: (/** @type {string} */ digest) => this.known.has([each.sku, each.shot, digest].join("\n")),
      })),
    );
    this.sender.start();
    return this.#buttons();
  }

  /** @param {string} sku */
  async #ended(sku) {
    if (this.waiting.has(sku)) return null;
    return this.wire.ask("POST", `${this.address}/skus/${encodeURIComponent(sku)}/complete`);
  }

  #pause() {
    this.sender.pause();
    this.#buttons();
  }

  async #done() {
    const failed = this.sender.jobs.some((job) => job.state === "failed") || this.sender.refusedSkus.size > 0;
    const wrongRows = document.querySelector(".errors") !== null;
    if (!failed && !this.waiting.size && !wrongRows) await this.wire.ask("POST", `${this.address}/finish`);
    this.#changed();
    this.#buttons();
    renew();
  }

  #buttons() {
    const send = /** @type {HTMLButtonElement} */ (document.getElementById("send"));
    const running = !this.sender.paused && this.sender.left;
    const ended = this.sender.jobs.length > 0 && !this.sender.left;
    send.hidden = running || ended;
    send.textContent = this.sender.left && this.sender.jobs.length ? this.texts.resume : words(this.texts.send, { n: (this.joined || []).length });
    send.disabled = !(this.joined || []).length;
    show("pause", running);
  }

  #changed() {
    if (this.ticking) return;
    this.ticking = requestAnimationFrame(() => {
      this.ticking = 0;
      this.#paint();
    });
  }

  #paint() {
    const jobs = this.sender.jobs;
    if (!jobs.length) return;
    const of = (/** @type {string} */ state) => jobs.filter((job) => job.state === state);
    const [there, failed, sending] = [of("there"), of("failed"), of("sending")];
    const ended = jobs.length - of("waiting").length - sending.length;
    const all = jobs.reduce((sum, job) => sum + job.file.size, 0);
    const sent = jobs.reduce((sum, job) => sum + (job.state === "failed" ? job.file.size : job.loaded || 0), 0);
    const said = [words(this.texts.progress, { done: ended, all: jobs.length, mb: mega(sent), allMb: mega(all) })];
    if (there.length) said.push(words(this.texts.there, { n: there.length }));
    if (failed.length) said.push(words(this.texts.failed, { n: failed.length }));
    if (ended === jobs.length) {
      if (!failed.length) said.push(there.length === jobs.length && !jobs.some((job) => job.arrived) ? this.texts.nothing : this.texts.finished);
      if (this.waiting.size) said.push(words(this.texts.waiting, { skus: [...this.waiting].slice(0, 20).join(", ") }));
    }
    text("sending-words", said.join(" · "));
    const bar = /** @type {HTMLProgressElement} */ (document.getElementById("sending-bar"));
    bar.max = all || 1;
    bar.value = ended === jobs.length ? bar.max : sent;
    const now = /** @type {HTMLElement} */ (document.getElementById("sending-now"));
    now.replaceChildren(...sending.map((job) => line(job)));
    this.#held();
    this.#failed(failed);
  }

  #held() {
    const place = /** @type {HTMLElement} */ (document.getElementById("sending-held"));
    const held = this.sender.held;
    if (!held) return place.replaceChildren();
    if (held.kind === "session") return place.replaceChildren(this.#sessionOver(() => this.sender.start()));
    const said = words(this.texts[held.kind], { s: Math.max(1, Math.ceil((held.until - Date.now()) / 1000)) });
    if (place.textContent?.startsWith(said)) return;
    const now = element("button", { text: this.texts.now });
    now.addEventListener("click", () => this.sender.start());
    place.replaceChildren(element("div", { className: "notice warn" }, element("p", { text: said }), now));
  }

  /** @param {Job[]} failed */
  #failed(failed) {
    const place = /** @type {HTMLElement} */ (document.getElementById("sending-failed"));
    const skus = [...this.sender.refusedSkus];
    const key = failed.map((job) => job.path + job.why).join() + skus.join();
    if (place.dataset.shows === key) return;
    place.dataset.shows = key;
    place.replaceChildren();
    if (!failed.length && !skus.length) return;
    const list = element("ul", { className: "names" });
    for (const job of failed.slice(0, MOST_NAMES)) {
      const again = element("button", { text: this.texts.again });
      again.addEventListener("click", () => this.sender.retry(job));
      list.append(element("li", {}, element("bdi", { text: job.label }), ": ", element("span", { text: job.why || "" }), " ", again));
    }
    for (const [sku, why] of skus) list.append(element("li", { text: `${words(this.texts.skuRefused, { sku })}: ${why}` }));
    place.append(element("h3", { text: this.texts.failedTitle }), list);
  }

  /**
   * @param {import("./wire.js").Answer} answer
   * @param {() => void} again
   */
  #problem(answer, again) {
    show("sending", true);
    show("joined", true);
    const place = /** @type {HTMLElement} */ (document.getElementById("sending-held"));
    const kind = kindOf(answer);
    if (kind === "session") return place.replaceChildren(this.#sessionOver(again));
    const said = kind === "refused" ? reasonOf(answer) : words(this.texts[kind], { s: 5 });
    const now = element("button", { text: this.texts.now });
    now.addEventListener("click", again);
    place.replaceChildren(element("div", { className: "notice bad" }, element("p", { text: said }), now));
    if (kind !== "refused") {
      setTimeout(() => {
        if (place.contains(now)) again();
      }, 5000);
    }
  }

  /** @param {() => void} again */
  #sessionOver(again) {
    this.afterLogin = again;
    const link = /** @type {HTMLAnchorElement} */ (element("a", { text: this.texts.login }));
    link.href = "/login?next=/intake&over=1";
    link.target = "_blank";
    link.rel = "noopener";
    const now = element("button", { text: this.texts.resume });
    const said = element("p", { text: this.wire.stranger || this.texts.session });
    this.over = said;
    now.addEventListener("click", () => void this.#back());
    return element("div", { className: "notice warn" }, said, element("p", {}, link, " ", now));
  }

  async #back() {
    if (document.hidden || !this.afterLogin) return;
    const holds = await this.wire.renew();
    if (this.over) this.over.textContent = this.wire.stranger || this.texts.session;
    const again = this.afterLogin;
    if (!holds || !again) return;
    this.afterLogin = undefined;
    again();
  }

  /**
   * @param {string} title
   * @param {string[]} names
   * @param {string} [fix]
   * @returns {Node[]}
   */
  #list(title, names, fix) {
    if (!names.length) return [];
    const list = element("ul", { className: "names" }, ...names.slice(0, MOST_NAMES).map((name) => element("li", {}, element("bdi", { text: name }))));
    if (names.length > MOST_NAMES) list.append(element("li", { text: words(this.texts.more, { n: names.length - MOST_NAMES }) }));
    list.tabIndex = 0;
    return [element("h3", { text: words(title, { n: names.length }) }), ...(fix ? [element("p", { className: "hint", text: fix })] : []), list];
  }
}
