// Talking to the console: one function per thing that is asked; what is refused is thrown as it was said.
// @ts-check

export class Refused extends Error {
  /** @param {number} status @param {any} said @param {number} [wait] seconds after which it may be sent again */
  constructor(status, said, wait = 0) {
    super(said?.detail || String(status));
    this.status = status;
    this.code = String(said?.code || "");
    this.wait = wait;
    this.advice = String(said?.advice || "");
  }
}

/** Goes with what the page asks by itself: a screen that nobody sits at keeps no session alive. */
export const LIVE = { "X-Live": "1" };

const page = () => document.getElementById("review")?.dataset;
const csrf = () => page()?.csrf || "";

/** @param {string} method @param {string} path @param {any} [body] @param {Record<string, string>} [more] @returns {Promise<any>} */
export const ask = (method, path, body, more = {}) => asked(method, `/review/api${path}`, body, more);

/** @param {string} method @param {string} address @param {any} body @param {Record<string, string>} more @returns {Promise<any>} */
async function asked(method, address, body, more) {
  try {
    return await once(method, address, body, more);
  } catch (error) {
    if (/** @type {Refused} */ (error).code !== "csrf" || !(await renew())) throw error;
    return once(method, address, body, more);
  }
}

/** Somebody has logged in anew in another tab: the page goes on with their session if it is its own person's.
 * @returns {Promise<boolean>} */
async function renew() {
  const mine = page();
  const now = await once("GET", "/review/api/session", undefined, LIVE).catch(() => null);
  if (!mine || !now || now.account !== mine.account) return false;
  mine.csrf = now.csrf;
  return true;
}

/** @param {string} method @param {string} address @param {any} body a form, or what goes as JSON @param {Record<string, string>} more @returns {Promise<any>} */
async function once(method, address, body, more) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", "X-CSRF-Token": csrf(), ...more };
  const form = body instanceof URLSearchParams;
  if (body !== undefined && !form) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(address, { method, headers, body: form || body === undefined ? body : JSON.stringify(body), keepalive: address.endsWith("/give-back") });
  } catch {
    throw new Refused(0, { code: "unreachable" });
  }
  if (answer.status === 204) return null;
  const said = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(answer.status, said, Number(answer.headers.get("Retry-After")));
  return said;
}

/** @param {string} id @param {Record<string, string>} [more] */
export const getCase = (id, more) => ask("GET", `/cases/${id}`, undefined, more);
/** @param {string} id @param {Record<string, string>} [more] */
export const lease = (id, more) => ask("POST", `/cases/${id}/lease`, undefined, more);
/** @param {string} id */
export const begin = (id) => ask("POST", `/cases/${id}/begin`);
/** @param {string} id */
export const giveBack = (id) => ask("POST", `/cases/${id}/give-back`);
/** @param {any} wish @param {Record<string, string>} [more] */
export const takeNext = (wish, more) => ask("POST", "/next", wish, more);
/** @param {string} id @param {any} body @param {string} key */
export const decide = (id, body, key) => ask("POST", `/cases/${id}/decisions`, body, { "Idempotency-Key": key });
/** @param {string} id */
export const undo = (id) => ask("POST", `/decisions/${id}/undo`);

/** Give the password once more. @param {string} password */
export const prove = (password) => asked("POST", "/login/again", new URLSearchParams({ password }), {});

/** The whole report of qa, or null: the summaries are there without it. @param {string} url @returns {Promise<any>} */
export async function report(url) {
  if (!url) return null;
  try {
    const answer = await fetch(url, { mode: "cors", credentials: "omit" });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
