// What sending has in common: fetch and upload with our secret, SHA-256, words, waiting between tries.
// @ts-check

/** @typedef {{status: number, body: any}} Answer status 0: nobody answered */

/** @returns {any} the page's configuration */
export function config() {
  const element = document.getElementById("intake-config");
  return element ? JSON.parse(element.textContent || "{}") : { texts: {}, limits: {} };
}

/**
 * @param {string} text with %(name)s
 * @param {Record<string, unknown>} [values]
 */
export function words(text, values = {}) {
  return (text || "").replace(/%\((\w+)\)s|%%/g, (all, name) => (all === "%%" ? "%" : String(values[name] ?? "")));
}

/** Goes with what a page asks by itself: a screen that nobody sits at keeps no session alive. */
export const LIVE = { "X-Live": "1" };

/** The session's secret, and how to get the one of a new login of the same person. */
export class Wire {
  /** @param {{csrf?: string, account?: string, stranger?: string}} page its secret, whose it is, what to say to another person */
  constructor({ csrf = "", account = "", stranger = "" }) {
    this.csrf = csrf;
    this.account = account;
    this.said = stranger;
    /** What to say while somebody else is logged in: nothing of this page is sent in their name. */
    this.stranger = "";
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @param {Record<string, string>} [more] further headers: `LIVE` with what the page asks by itself
   * @returns {Promise<Answer>}
   */
  async ask(method, path, body, more) {
    return this.#checked(() => this.#once(method, path, body, more));
  }

  /** @returns {Promise<boolean>} whether a session of the page's person holds; its secret is ours then */
  async renew() {
    const answer = await this.#once("GET", "/intake/session");
    if (answer.status !== 200) return false;
    const same = this.account !== "" && answer.body.account === this.account;
    this.stranger = same ? "" : this.said;
    if (same) this.csrf = answer.body.csrf;
    return same;
  }

  /**
   * @param {() => Promise<Answer>} send
   * @returns {Promise<Answer>} a session that is not the page's person's counts as over
   */
  async #checked(send) {
    const answer = await send();
    if (answer.status !== 403 || answer.body?.code !== "csrf") return answer;
    if (await this.renew()) return send();
    return this.stranger ? { status: 401, body: { code: "stranger", detail: this.stranger } } : answer;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @param {Record<string, string>} [more]
   * @returns {Promise<Answer>}
   */
  async #once(method, path, body, more = {}) {
    /** @type {Record<string, string>} */
    const headers = { Accept: "application/json", "X-CSRF-Token": this.csrf, ...more };
    if (body !== undefined && !(body instanceof FormData)) headers["Content-Type"] = "application/json";
    try {
      const response = await fetch(path, {
        method,
        headers,
        body: body === undefined ? undefined : body instanceof FormData ? body : JSON.stringify(body),
      });
      const type = response.headers.get("content-type") || "";
      return { status: response.status, body: type.includes("json") ? await response.json() : null };
    } catch {
      return { status: 0, body: null };
    }
  }

  /**
   * Upload one photo.
   * @param {string} path
   * @param {Blob} photo
   * @param {(sent: number) => void} progress
   * @returns {Promise<Answer>}
   */
  async upload(path, photo, progress) {
    return this.#checked(() => this.#upload(path, photo, progress));
  }

  /**
   * @param {string} path
   * @param {Blob} photo
   * @param {(sent: number) => void} progress
   * @returns {Promise<Answer>}
   */
  #upload(path, photo, progress) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest(); // fetch tells no progress of what is sent
      request.open("POST", path);
      request.setRequestHeader("Accept", "application/json");
      request.setRequestHeader("X-CSRF-Token", this.csrf);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.upload.onprogress = (event) => progress(event.loaded);
      request.onload = () => {
        let body = null;
        try {
          body = JSON.parse(request.responseText);
        } catch {
          // a proxy's page; the status says enough
        }
        resolve({ status: request.status, body });
      };
      request.onerror = request.onabort = request.ontimeout = () => resolve({ status: 0, body: null });
      request.send(photo);
    });
  }
}

/**
 * @param {Blob} blob
 * @returns {Promise<string>} hexadecimal; empty where the browser cannot (no https): then ingest recognises it itself
 */
export async function sha256(blob) {
  if (!globalThis.crypto?.subtle) return "";
  const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {Answer} answer @returns {"ok" | "offline" | "away" | "session" | "refused"} */
export function kindOf(answer) {
  if (answer.status >= 200 && answer.status < 300) return "ok";
  if (answer.status === 0) return "offline";
  if (answer.status === 401) return "session";
  if ([429, 500, 502, 503, 504].includes(answer.status)) return "away";
  return "refused";
}

/** @param {Answer} answer @returns {string} why, and what to do */
export function reasonOf(answer) {
  const { detail = "", advice = "", errors = [] } = answer.body || {};
  const fields = errors.map((/** @type {any} */ each) => each.message).join("; ");
  return [detail || String(answer.status), fields && !detail.includes(fields) ? fields : "", advice].filter(Boolean).join(" — ");
}

/**
 * @param {string} tag
 * @param {{text?: string, className?: string}} [what]
 * @param {...(Node | string)} children
 */
export function element(tag, what = {}, ...children) {
  const made = document.createElement(tag);
  if (what.text !== undefined) made.textContent = what.text;
  if (what.className) made.className = what.className;
  made.append(...children);
  return made;
}
