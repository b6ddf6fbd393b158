// Files that were dropped or picked, with the folders they lie in.
// @ts-check

/** @typedef {{path: string, file: File}} Found */

/**
 * @param {DataTransfer} transfer
 * @returns {Promise<Found[]>}
 */
export async function dropped(transfer) {
  // Entries are gone as soon as the event's handler has returned: take them all before the first await.
  const entries = [...transfer.items].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry?.() || item.getAsFile());
  /** @type {Found[]} */
  const found = [];
  for (const entry of entries) {
    if (entry instanceof File) found.push({ path: entry.name, file: entry });
    else if (entry) await walk(entry, "", found);
  }
  return found;
}

/**
 * @param {FileList | null} files
 * @returns {Found[]}
 */
export function picked(files) {
  return [...(files || [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** @param {string} name */
export function isSheet(name) {
  return /\.(csv|tsv|txt|xlsx?|ods)$/i.test(name);
}

/**
 * @param {any} entry a FileSystemEntry
 * @param {string} folder
 * @param {Found[]} found
 * @returns {Promise<void>}
 */
async function walk(entry, folder, found) {
  if (entry.name.startsWith(".")) return;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    found.push({ path: folder + entry.name, file });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // at most 100 at a time
    if (!some.length) return;
    for (const each of some) await walk(each, `${folder}${entry.name}/`, found);
  }
}
