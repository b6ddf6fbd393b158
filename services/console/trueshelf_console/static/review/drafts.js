// What was typed about each case, kept in this tab for the account that typed it and for nobody who logs in after it.
// @ts-check

/** @typedef {import("./bodies.js").Draft} Draft */

const PREFIX = "trueshelf-draft-";

export class Drafts {
  /** Drops what another account left in this tab. @param {string} account */
  constructor(account) {
    this.own = `${PREFIX}${account}:`;
    try {
      const foreign = (/** @type {string} */ key) => key.startsWith(PREFIX) && !key.startsWith(this.own);
      for (const key of Object.keys(sessionStorage).filter(foreign)) sessionStorage.removeItem(key);
    } catch {
      // a browser that keeps nothing has nothing of others
    }
  }

  /** @param {string} id @param {Draft} draft */
  keep(id, draft) {
    try {
      sessionStorage.setItem(this.own + id, JSON.stringify(draft));
    } catch {
      // a full store loses nothing that is on the screen
    }
  }

  /** @param {string} id @returns {Draft | null} */
  kept(id) {
    try {
      return JSON.parse(sessionStorage.getItem(this.own + id) || "null");
    } catch {
      return null;
    }
  }

  /** A decision stands: what was typed is no longer needed. @param {string} id */
  forget(id) {
    try {
      sessionStorage.removeItem(this.own + id);
    } catch {
      // nothing was kept
    }
  }
}
