// Pictures: fetched and decoded once, kept while they are of use, dropped when they are not.
// @ts-check

/** @typedef {{sha256: string, url: string, width: number, height: number, bytes: number, preview_sha256: string, preview_url: string}} Picture */
/** @typedef {{bitmap: ImageBitmap | null, promise: Promise<ImageBitmap | null>, abort: AbortController, used: number, pixels: number}} Entry */

/** Decoded pixels that are kept: 4 bytes each. */
const MAX_PIXELS = 90e6;
const AT_ONCE = 4;

export class Pictures {
  /** @param {() => void} arrived called when a picture can be drawn @param {(sha: string) => void} failed */
  constructor(arrived, failed) {
    this.arrived = arrived;
    this.failed = failed;
    /** @type {Map<string, Entry>} */
    this.entries = new Map();
    /** @type {(() => void)[]} */
    this.waiting = [];
    this.running = 0;
    this.clock = 0;
  }

  /** The decoded picture, the whole one if it is there, else the preview. @param {Picture | null} picture @returns {ImageBitmap | null} */
  best(picture) {
    return picture ? this.bitmap(picture.sha256) || this.bitmap(picture.preview_sha256) : null;
  }

  /** @param {string} sha @returns {ImageBitmap | null} */
  bitmap(sha) {
    const entry = this.entries.get(sha);
    if (entry) entry.used = ++this.clock;
    return entry?.bitmap ?? null;
  }

  /** Whether the whole picture is decoded. @param {Picture} picture */
  whole(picture) {
    return this.entries.get(picture.sha256)?.bitmap != null;
  }

  /** @param {Picture | null} picture @returns {Promise<ImageBitmap | null>} */
  preview(picture) {
    return picture ? this.want(picture.preview_sha256, picture.preview_url) : Promise.resolve(null);
  }

  /** @param {Picture | null} picture @returns {Promise<ImageBitmap | null>} */
  full(picture) {
    return picture ? this.want(picture.sha256, picture.url) : Promise.resolve(null);
  }

  /** @param {string} sha @param {string} url @returns {Promise<ImageBitmap | null>} */
  want(sha, url) {
    const there = this.entries.get(sha);
    if (there) return there.promise;
    const abort = new AbortController();
    /** @type {Entry} */
    const entry = { bitmap: null, abort, used: ++this.clock, pixels: 0, promise: Promise.resolve(null) };
    this.entries.set(sha, entry);
    entry.promise = this.load(sha, url, entry);
    return entry.promise;
  }

  /** @param {string} sha @param {string} url @param {Entry} entry @returns {Promise<ImageBitmap | null>} */
  async load(sha, url, entry) {
    if (this.running >= AT_ONCE) await new Promise((go) => this.waiting.push(() => go(null)));
    this.running += 1;
    try {
      if (entry.abort.signal.aborted) return null;
      const answer = await fetch(url, { signal: entry.abort.signal, mode: "cors", credentials: "omit" });
      if (!answer.ok) throw new Error(String(answer.status));
      const bitmap = await createImageBitmap(await answer.blob(), { colorSpaceConversion: "none" });
      if (this.entries.get(sha) !== entry) {
        bitmap.close();
        return null;
      }
      entry.bitmap = bitmap;
      entry.pixels = bitmap.width * bitmap.height;
      this.evict();
      this.arrived();
      return bitmap;
    } catch {
      if (this.entries.get(sha) === entry) this.entries.delete(sha);
      if (!entry.abort.signal.aborted) this.failed(sha);
      return null;
    } finally {
      this.running -= 1;
      this.waiting.shift()?.();
    }
  }

  /** Stop what is still on its way and not among these. @param {Set<string>} wanted */
  keepOnly(wanted) {
    this.wanted = wanted;
    for (const [sha, entry] of this.entries) {
      if (entry.bitmap || wanted.has(sha)) continue;
      this.entries.delete(sha);
      entry.abort.abort();
    }
    this.evict();
  }

  /** Drop what was not used for longest, down to the limit; never what is on the screen. */
  evict() {
    let sum = [...this.entries.values()].reduce((all, entry) => all + entry.pixels, 0);
    const oldest = [...this.entries].sort((a, b) => a[1].used - b[1].used);
    for (const [sha, entry] of oldest) {
      if (sum <= MAX_PIXELS) return;
      if (!entry.bitmap || this.wanted?.has(sha)) continue;
      sum -= entry.pixels;
      entry.bitmap.close();
      this.entries.delete(sha);
    }
  }
}

/** Every hash of a list of pictures. @param {(Picture | null)[]} pictures */
export function hashes(pictures) {
  /** @type {Set<string>} */
  const found = new Set();
  for (const picture of pictures) if (picture) found.add(picture.sha256).add(picture.preview_sha256);
  return found;
}
