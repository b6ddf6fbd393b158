// Photos that wait on the phone: in IndexedDB, so that they outlive the page; in memory where the browser refuses that.
// @ts-check

/**
 * @typedef {object} Snap
 * @property {string} id
 * @property {string} account
 * @property {string} sku empty: not named yet
 * @property {string} [group] of photos of one article that is named later
 * @property {string} shot
 * @property {string} name
 * @property {Record<string, string>} form
 * @property {Blob} photo
 * @property {number} at
 * @property {string} [failed]
 */

const STORE = "snaps";

export class Kept {
  /** @param {string} account whose photos these are */
  constructor(account) {
    this.account = account;
    /** @type {Map<string, Snap>} */
    this.memory = new Map();
    this.lasting = false;
    /** @type {IDBDatabase | null} */
    this.db = null;
  }

  /** @returns {Promise<Snap[]>} what waits from before */
  async open() {
    try {
      this.db = await new Promise((resolve, reject) => {
        const request = indexedDB.open("trueshelf-capture", 1);
        request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
        request.onsuccess = () => resolve(request.result);
        request.onerror = request.onblocked = () => reject(request.error);
      });
      this.lasting = true;
      const all = await this.#do("readonly", (store) => store.getAll());
      // Another person's photos on the same phone are theirs to send.
      return all.filter((/** @type {Snap} */ snap) => snap.account === this.account).sort((/** @type {Snap} */ a, /** @type {Snap} */ b) => a.at - b.at);
    } catch {
      this.lasting = false;
      return [];
    }
  }

  /** @param {Snap} snap */
  async put(snap) {
    this.memory.set(snap.id, snap);
    if (!this.lasting) return;
    try {
      await this.#do("readwrite", (store) => store.put(snap));
    } catch {
      this.lasting = false; // the phone is full, or the window is private
    }
  }

  /** @param {string} id */
  async remove(id) {
    this.memory.delete(id);
    if (this.db) await this.#do("readwrite", (store) => store.delete(id)).catch(() => undefined);
  }

  /**
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest} act
   * @returns {Promise<any>} once it is on the disk
   */
  #do(mode, act) {
    return new Promise((resolve, reject) => {
      if (!this.db) {
        reject(new Error("no database"));
        return;
      }
      const transaction = this.db.transaction(STORE, mode);
      const request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  }
}
