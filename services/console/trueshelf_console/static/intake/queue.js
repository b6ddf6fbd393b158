// The phone's queue: photos go one after the other; what cannot go now waits, over a reload, too.
// @ts-check
import { Kept } from "./kept.js";
import { element, kindOf, reasonOf, words } from "./wire.js";

/** @typedef {import("./kept.js").Snap} Snap */

const WAIT = 5000;
const SENT_SHOWN = 5;

export class Queue {
  /**
   * @param {import("./wire.js").Wire} wire
   * @param {string} account
   * @param {{texts: Record<string, string>, shots: Record<string, string>, limits: {bytes: number, endings: string[]}, sent: (sku: string) => void}} page
   */
  constructor(wire, account, page) {
    this.wire = wire;
    this.page = page;
    this.kept = new Kept(account);
    /** @type {Snap[]} */
    this.snaps = [];
    /** @type {{snap: Snap, at: number}[]} */
    this.sent = [];
    /** @type {Snap | null} */
    this.now = null;
    this.share = 0;
    this.held = "";
    this.timer = 0;
    /** @type {Map<string, string>} */
    this.thumbs = new Map();
    /** Photos that this browser cannot show: HEIC, outside Safari. @type {Set<string>} */
    this.unshown = new Set();
    window.addEventListener("online", () => this.go());
    document.addEventListener("visibilitychange", () => document.hidden || this.go());
    window.addEventListener("beforeunload", (event) => {
      if (!this.kept.lasting && this.snaps.length) event.preventDefault();
    });
  }

  async open() {
    const waiting = await this.kept.open();
    const have = new Set(this.snaps.map((snap) => snap.id));
    this.snaps = [...waiting.filter((snap) => !have.has(snap.id)), ...this.snaps];
    for (const snap of this.snaps) if (!this.kept.memory.has(snap.id)) await this.kept.put(snap);
    this.paint();
    this.go();
  }

  /** @param {File} file @returns {string} why it cannot be sent */
  problem(file) {
    const ending = (file.name.split(".").pop() || "").toLowerCase();
    if (!this.page.limits.endings.includes(ending)) return this.page.texts.unknown;
    if (file.size > this.page.limits.bytes) return this.page.texts.tooLarge;
    return file.size ? "" : this.page.texts.empty;
  }

  /**
   * @param {{sku: string, group?: string, shot: string, form: Record<string, string>}} what
   * @param {File} file
   */
  async add(what, file) {
    const photo = new Blob([await file.arrayBuffer()], { type: file.type }); // a camera's file may be gone later
    const id = globalThis.crypto?.randomUUID?.() || `${Date.now()}-${Math.random()}`;
    const snap = { ...what, id, account: this.kept.account, name: file.name, photo, at: Date.now() };
    this.snaps.push(snap);
    await this.kept.put(snap);
    this.paint();
    this.go();
  }

  /** @param {string} sku */
  waitsFor(sku) {
    return this.snaps.some((snap) => snap.sku === sku && !snap.failed);
  }

  /** @param {string} kind offline, away or session */
  hold(kind) {
    this.held = kind;
    clearTimeout(this.timer);
    if (kind !== "session") this.timer = setTimeout(() => this.go(), WAIT);
    this.paint();
  }

  go() {
    if (this.now) return;
    const next = this.snaps.find((snap) => snap.sku && !snap.failed);
    if (!next) {
      this.held = "";
      this.paint();
      return;
    }
    void this.#send(next);
  }

  /** @param {Snap} snap */
  async #send(snap) {
    this.now = snap;
    this.share = 0;
    this.paint();
    if (this.held === "session" && !(await this.wire.renew()) && this.wire.stranger) {
      this.now = null;
      this.hold("session"); // in another person's name nothing is sent
      return;
    }
    const asked = new URLSearchParams({ sku: snap.sku, shot: snap.shot, name: snap.name, ...snap.form });
    const answer = await this.wire.upload(`/capture/photos?${asked}`, snap.photo, (sent) => {
      this.share = sent / snap.photo.size;
      this.paint();
    });
    this.now = null;
    const kind = kindOf(answer);
    if (kind === "ok") {
      this.held = "";
      await this.#drop(snap);
      this.sent = [{ snap, at: Date.now() }, ...this.sent].slice(0, SENT_SHOWN);
      this.page.sent(snap.sku);
    } else if (kind === "refused" && !["cut_off", "intake_complete"].includes(answer.body?.code)) {
      snap.failed = reasonOf(answer);
      await this.kept.put(snap);
    } else {
      this.hold(kind === "refused" ? "away" : kind);
      return;
    }
    this.paint();
    this.go();
  }

  /** @param {Snap} snap */
  async #drop(snap) {
    this.snaps = this.snaps.filter((each) => each !== snap);
    await this.kept.remove(snap.id);
  }

  paint() {
    const { texts } = this.page;
    const at = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
    at("queue-empty").hidden = this.snaps.length + this.sent.length > 0;
    at("queue-kept").hidden = !this.kept.lasting;
    at("queue-memory").hidden = this.kept.lasting;
    const waiting = this.snaps.filter((snap) => !snap.failed).length;
    const held = at("queue-held");
    const why = this.held === "session" && this.wire.stranger ? this.wire.stranger : words(texts[this.held], { n: waiting });
    const said = this.held && waiting ? why : "";
    if (held.dataset.said !== said) {
      held.dataset.said = said;
      held.className = said ? "notice warn" : "";
      held.replaceChildren(said);
      if (said && this.held === "session") {
        const link = /** @type {HTMLAnchorElement} */ (element("a", { text: texts.login }));
        link.href = "/login?next=/capture&over=1";
        held.append(" ", link);
      }
    }
    const list = at("queue");
    if (list.contains(document.activeElement) && document.activeElement instanceof HTMLInputElement) {
      this.#progress(list); // somebody is typing a name: leave the list as it is
      return;
    }
    list.replaceChildren(...this.snaps.map((snap) => this.#line(snap)), ...this.sent.map(({ snap }) => this.#line(snap, true)));
    this.#forget();
  }

  /** An address keeps its whole photo in memory: those of photos that left the list are given up. */
  #forget() {
    const shown = new Set([...this.snaps, ...this.sent.map(({ snap }) => snap)].map((snap) => snap.id));
    for (const [id, address] of this.thumbs) {
      if (shown.has(id)) continue;
      URL.revokeObjectURL(address);
      this.thumbs.delete(id);
      this.unshown.delete(id);
    }
  }

  /** @param {HTMLElement} list */
  #progress(list) {
    if (!this.now) return;
    const line = list.querySelector(`[data-id="${CSS.escape(this.now.id)}"] .state`);
    if (line) line.textContent = words(this.page.texts.state_sending, { percent: Math.round(this.share * 100) });
  }

  /**
   * @param {Snap} snap
   * @param {boolean} [sent]
   */
  #line(snap, sent = false) {
    const { texts, shots } = this.page;
    let state = texts.state_waiting;
    if (sent) state = texts.state_sent;
    else if (snap.failed) state = words(texts.state_failed, { why: snap.failed });
    else if (!snap.sku) state = texts.state_unnamed;
    else if (snap === this.now) state = words(texts.state_sending, { percent: Math.round(this.share * 100) });
    const what = element("p", {}, element("bdi", { text: snap.sku || "—" }), ` · ${shots[snap.shot]}`);
    const line = element("li", {}, this.#picture(snap), element("div", {}, what, element("p", { className: "state muted", text: state })));
    line.dataset.id = snap.id;
    if (!sent && snap !== this.now && (snap.failed || !snap.sku)) line.lastElementChild?.append(this.#buttons(snap));
    return line;
  }

  /** @param {Snap} snap @returns {HTMLElement} the photo; where it cannot be shown, its format and name */
  #picture(snap) {
    const said = words(this.page.texts.photoOf, { shot: this.page.shots[snap.shot], sku: snap.sku });
    if (this.unshown.has(snap.id)) {
      const tile = element("span", { className: "unshown", text: (snap.name.split(".").pop() || "").toUpperCase() });
      tile.setAttribute("role", "img");
      tile.setAttribute("aria-label", `${said}, ${snap.name}`);
      tile.title = snap.name;
      return tile;
    }
    const picture = /** @type {HTMLImageElement} */ (document.createElement("img"));
    picture.onerror = () => {
      this.unshown.add(snap.id);
      picture.replaceWith(this.#picture(snap));
    };
    picture.src = this.#thumb(snap);
    picture.alt = said;
    return picture;
  }

  /** @param {Snap} snap */
  #buttons(snap) {
    const { texts } = this.page;
    const box = element("div", { className: "buttons" });
    if (!snap.sku) {
      const input = /** @type {HTMLInputElement} */ (document.createElement("input"));
      input.maxLength = 64;
      input.setAttribute("aria-label", texts.name);
      const give = element("button", { text: texts.give });
      give.addEventListener("click", () => void this.#name(snap, input.value.trim()));
      box.append(input, give);
    } else {
      box.append(this.#button(texts.again, () => void this.#again(snap)));
    }
    box.append(this.#button(texts.drop, () => void this.#drop(snap).then(() => this.paint())));
    return box;
  }

  /**
   * @param {string} said
   * @param {() => void} act
   */
  #button(said, act) {
    const button = element("button", { text: said });
    button.addEventListener("click", act);
    return button;
  }

  /**
   * Give all photos of an article the name that one of them is given.
   * @param {Snap} named
   * @param {string} sku
   */
  async #name(named, sku) {
    if (!sku) return;
    for (const snap of this.snaps.filter((each) => !each.sku && each.group === named.group)) {
      snap.sku = sku.normalize("NFC");
      await this.kept.put(snap);
    }
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    this.paint();
    this.go();
  }

  /** @param {Snap} snap */
  async #again(snap) {
    delete snap.failed;
    await this.kept.put(snap);
    this.paint();
    this.go();
  }

  /** @param {Snap} snap */
  #thumb(snap) {
    const known = this.thumbs.get(snap.id);
    if (known) return known;
    const made = URL.createObjectURL(snap.photo);
    this.thumbs.set(snap.id, made);
    return made;
  }
}
