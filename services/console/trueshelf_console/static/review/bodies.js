// What is typed so far about a case, what is still missing, and the decision's body. Pure: no page in here.
// @ts-check

/** @typedef {{answer: "yes" | "no" | "not_applicable", note: string}} Answer */
/** @typedef {{code: string, checklist_item: string | null, note: string}} Reason */
/** @typedef {{label: "product" | "backdrop", points: [number, number][], radius: number}} Stroke */
/**
 * @typedef {object} Draft
 * @property {number} version of the case that was looked at
 * @property {string} active the subject being judged
 * @property {Record<string, Record<string, Answer>>} answers by subject, then item
 * @property {Record<string, Record<string, string>>} seen acknowledged findings with their notes, by subject
 * @property {Record<string, string>} override by subject
 * @property {Record<string, Record<string, string>>} reasons by subject: code → note
 * @property {"" | "reject" | "dispute" | "generation"} form which question is open
 * @property {"regenerate" | "reshoot" | "keep_original" | "abandon" | ""} then
 * @property {{preset: string, capture: string, height?: string, note: string, box: {x: number, y: number, w: number, h: number} | null, strokes: Stroke[]}} change
 * @property {string[]} shots
 * @property {string} note
 */

/** @param {number} version @param {string} active @returns {Draft} */
export function emptyDraft(version, active) {
  return {
    version, active, answers: {}, seen: {}, override: {}, reasons: {}, form: "", then: "",
    change: { preset: "", capture: "", height: "", note: "", box: null, strokes: [] }, shots: [], note: "",
  };
}

/** Items that hold up an approval of the active subject: `[what, which]`. @param {any} found @param {Draft} draft @param {any} subject @param {boolean} senior */
export function missingForApproval(found, draft, subject, senior) {
  /** @type {[string, string][]} */
  const missing = [];
  if (found.kind === "slot" || found.kind === "second") {
    for (const item of found.checklist.items) {
      const given = draft.answers[subject.id]?.[item.code]?.answer;
      if (!given) missing.push(["missing_item", item.code]);
      else if (given === "no") missing.push(["missing_no", item.code]);
    }
  }
  for (const check of subject.checks) {
    if (check.verdict === "clear") continue;
    const note = draft.seen[subject.id]?.[check.check];
    const must = found.kind === "rendition" && check.verdict === "stop";
    if (note === undefined) missing.push(["missing_finding", check.check]);
    else if (must && !note.trim()) missing.push(["missing_why", check.check]);
  }
  if (subject.view.verdict === "stop") {
    if (!senior) missing.push(["missing_senior", ""]);
    else if (found.kind !== "rendition" && !(draft.override[subject.id] || "").trim()) missing.push(["missing_override", ""]);
  }
  return missing;
}

/** @param {any} found @param {Draft} draft @param {string} id @returns {Reason[]} */
export function reasonsOf(found, draft, id) {
  const items = new Set(found.checklist.items.map((/** @type {any} */ item) => item.code));
  const known = new Map(found.reasons.map((/** @type {any} */ each) => [each.code, each.item]));
  return Object.entries(draft.reasons[id] || {}).map(([code, note]) => {
    const item = known.get(code) ?? null;
    return { code, checklist_item: item && items.has(item) ? item : null, note: note.trim() };
  });
}

/** What a refusal lacks: `[what, which]`. @param {any} found @param {Draft} draft @param {any[]} subjects */
export function missingForReasons(found, draft, subjects) {
  /** @type {[string, string][]} */
  const missing = [];
  for (const subject of subjects) {
    const reasons = reasonsOf(found, draft, subject.id);
    if (!reasons.length) missing.push(["missing_reason", String(subject.number)]);
    if (reasons.some((each) => each.code === "other" && !each.note)) missing.push(["missing_words", String(subject.number)]);
  }
  return missing;
}

/** What the way on lacks. @param {Draft} draft */
export function missingForThen(draft) {
  /** @type {[string, string][]} */
  const missing = [];
  if (!draft.then) missing.push(["missing_then", ""]);
  if (draft.then === "reshoot" && !draft.shots.length) missing.push(["missing_shots", ""]);
  return missing;
}

/** What follows, as review takes it. @param {Draft} draft @param {any[]} presets */
export function thenOf(draft, presets) {
  if (draft.then === "reshoot") return { kind: "reshoot", shots: draft.shots };
  if (draft.then !== "regenerate") return { kind: draft.then };
  const { preset, capture, height, note, box, strokes } = draft.change;
  const chosen = presets.find((each) => each.name === preset);
  /** @type {Record<string, any>} */
  const change = {};
  if (chosen) Object.assign(change, { mode: chosen.mode, preset: chosen.name });
  if (capture) change.capture_ids = [capture];
  if (Number(height) > 0) change.height_cm = Number(height);
  if (note.trim()) change.note = note.trim();
  if (box) change.box = box;
  if (strokes.length) change.strokes = strokes;
  return { kind: "regenerate", change };
}

/**
 * The body of a decision.
 * @param {string} kind @param {any} found @param {Draft} draft @param {any[]} subjects @param {any[]} presets
 * @param {{width: number, height: number, device_pixel_ratio: number}} viewport
 */
export function bodyOf(kind, found, draft, subjects, presets, viewport) {
  const active = subjects.find((each) => each.id === draft.active) || subjects[0];
  const base = {
    kind, viewport, case_version: draft.version,
    about: { kind: found.kind, sku: found.sku, slot: found.slot, category: found.category },
  };
  const seen = () => Object.entries(draft.seen[active.id] || {}).map(([check, note]) => ({ check, note: note.trim() }));
  switch (kind) {
    case "approve":
      return {
        ...base, variant_id: active.id, master_sha256: active.view.master_sha256, acknowledged: seen(),
        answers: found.checklist.items.map((/** @type {any} */ item) => ({ item: item.code, ...draft.answers[active.id][item.code] })),
        override_reason: (draft.override[active.id] || "").trim(),
      };
    case "reject":
      return {
        ...base, then: thenOf(draft, presets),
        variants: subjects.map((each) => ({ variant_id: each.id, reasons: reasonsOf(found, draft, each.id) })),
      };
    case "dispute":
      return { ...base, variant_id: active.id, reasons: reasonsOf(found, draft, active.id) };
    case "spot_good":
      return { ...base, note: draft.note.trim() };
    case "spot_bad":
      return { ...base, reasons: reasonsOf(found, draft, found.case_id) };
    case "rendition_accept":
      return { ...base, rendition_sha256: active.view.rendition_sha256, acknowledged: seen() };
    case "rendition_reject":
      return { ...base, rendition_sha256: active.view.rendition_sha256, reasons: reasonsOf(found, draft, active.id) };
    default: {
      const reasons = draft.note.trim() ? [{ code: "other", checklist_item: null, note: draft.note.trim() }] : [];
      return { ...base, ...thenOf({ ...draft, then: /** @type {any} */ (kind) }, presets), reasons };
    }
  }
}

/** What is different between two views of one case, as `[what, detail]`. @param {any} before @param {any} after */
export function changesBetween(before, after) {
  /** @type {[string, string][]} */
  const found = [];
  if (before.version !== after.version) found.push(["changed_version", `${before.version} → ${after.version}`]);
  if (before.state !== after.state) found.push(["changed_state", after.state]);
  if (after.closed_because) found.push(["changed_closed", after.closed_because]);
  const ids = (/** @type {any} */ view) => view.variants.map((/** @type {any} */ each) => `${each.variant_id} ${each.master_sha256}`);
  const [old, now] = [new Set(ids(before)), new Set(ids(after))];
  if ([...old].some((each) => !now.has(each)) || [...now].some((each) => !old.has(each))) found.push(["changed_variants", `${old.size} → ${now.size}`]);
  if (before.checklist.sha256 !== after.checklist.sha256) found.push(["changed_checklist", after.checklist.version]);
  if (JSON.stringify(before.decisions_open) !== JSON.stringify(after.decisions_open)) found.push(["changed_options", ""]);
  return found;
}
