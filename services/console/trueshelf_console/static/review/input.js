// Keys, wheel and pointer: from what a hand does to what happens. Every act here has a key and a button.
// @ts-check
import { actOf, chordOf, REASON_CODES, typing } from "./keymap.js";
import { blamed, toggleReason } from "./decide.js";
import { colourAt, deltaE, hex, toLab } from "./probe.js";
import { cross } from "./strokes.js";
import { el, t } from "./texts.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./modes.js").Pane} Pane */

/** @param {Desk} desk */
export function listen(desk) {
  addEventListener("keydown", (event) => {
    if (desk.strokes.tool && !typing(/** @type {HTMLElement} */ (event.target)) && /** @type {HTMLElement} */ (event.target).tagName === "CANVAS" && desk.strokes.key(event)) {
      event.preventDefault();
      return;
    }
    if (desk.draft.form && !desk.settings.off && !event.repeat && reasonKey(desk, event)) {
      event.preventDefault();
      return;
    }
    const act = actOf(event, desk.settings);
    if (!act || !desk.handlers[act.id]) return;
    event.preventDefault();
    if (event.repeat && act.group !== "look") return;
    desk.act(act.id);
  });
  addEventListener("keyup", (event) => {
    if (event.code === "Space" && desk.modes.peeking) {
      desk.modes.peeking = false;
      desk.modes.redraw();
    }
  });
  addEventListener("blur", () => {
    desk.modes.peeking = false;
    desk.modes.redraw();
  });
  desk.modes.madePane.push((pane) => pointer(desk, pane));
  desk.view.listeners.push(() => probeCentre(desk));
}

/** @param {Desk} desk @param {KeyboardEvent} event */
function reasonKey(desk, event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || typing(/** @type {HTMLElement} */ (event.target))) return false;
  const reason = desk.found.reasons[REASON_CODES.indexOf(chordOf(event))];
  const whom = blamed(desk).find((each) => each.id === desk.draft.active) || blamed(desk)[0];
  if (!reason || !whom) return false;
  toggleReason(desk, whom.id, reason.code);
  return true;
}

/** @param {Desk} desk @param {Pane} pane */
function pointer(desk, pane) {
  const { canvas } = pane;
  const { view, modes, strokes } = desk;
  /** @type {"" | "pan" | "wipe" | "draw"} */
  let doing = "";
  let last = [0, 0];
  let moved = 0;
  const at = (/** @type {MouseEvent} */ event) => /** @type {[number, number]} */ ([event.offsetX, event.offsetY]);
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    view.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0018)), ...at(event));
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    last = at(event);
    moved = 0;
    if (strokes.tool && pane.kind === "source") {
      doing = "draw";
      strokes.start(strokes.at(...at(event)));
    } else doing = modes.mode === "wipe" && Math.abs(event.offsetX - modes.wipe * view.box.w) < 12 ? "wipe" : "pan";
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = at(event);
    moved += Math.abs(x - last[0]) + Math.abs(y - last[1]);
    if (doing === "pan") view.pan(x - last[0], y - last[1]);
    else if (doing === "wipe") {
      modes.adjust(x / view.box.w - modes.wipe);
      syncAmount(desk);
    } else if (strokes.tool && pane.kind === "source") strokes.move(strokes.at(x, y));
    last = [x, y];
    probeAt(desk, pane, x, y);
  });
  const end = () => {
    if (doing === "draw") strokes.end();
    if (doing === "pan" && moved < 4 && pane.kind === "master") desk.choose(pane.subject);
    doing = "";
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  canvas.addEventListener("focus", () => probeCentre(desk));
}

/** @param {Desk} desk */
export function syncAmount(desk) {
  const amount = /** @type {HTMLInputElement} */ (document.getElementById("amount"));
  const used = desk.modes.mode === "wipe" || desk.modes.mode === "overlay";
  amount.disabled = !used;
  amount.value = String(desk.modes.mode === "overlay" ? desk.modes.opacity : desk.modes.wipe);
}

/** @param {Desk} desk */
function probeCentre(desk) {
  const focused = desk.modes.panes.find((pane) => pane.canvas === document.activeElement);
  if (focused) probeAt(desk, focused, desk.view.box.w / 2, desk.view.box.h / 2);
}

/** Say what colours source and result have at a point of the stage, and how far they are apart.
 * @param {Desk} desk @param {Pane} pane @param {number} px @param {number} py */
function probeAt(desk, pane, px, py) {
  const place = /** @type {HTMLElement} */ (document.getElementById("probe"));
  const [x, y] = desk.view.toStage(px, py);
  const { subject } = pane;
  const colour = (/** @type {import("./panes.js").Layer["kind"]} */ kind) => {
    const picture = desk.stage.pictureOf({ subject, kind });
    const bitmap = desk.pictures.best(picture);
    const rect = desk.stage.rectOf({ subject, kind });
    return bitmap ? colourAt(bitmap, (x - rect.x) / rect.w, (y - rect.y) / rect.h) : null;
  };
  const [source, result] = [colour("source"), subject.master ? colour("master") : null];
  const parts = [];
  for (const [name, rgb] of /** @type {[string, import("./probe.js").Triple | null][]} */ ([["probe_source", source], ["probe_result", result]])) {
    if (!rgb) continue;
    const swatch = el("span", { class: "swatch" });
    swatch.style.backgroundColor = hex(rgb);
    parts.push(swatch, `${t(name)} ${hex(rgb)} (${rgb.join(" ")}) `);
  }
  if (source && result) parts.push(el("strong", { id: "delta" }, `ΔE ${deltaE(toLab(source), toLab(result)).toFixed(1)}`));
  const shown = [subject.source, subject.master].every((each) => !each || desk.pictures.whole(each));
  if (parts.length && !shown) parts.push(" ", t("probe_preview"));
  place.replaceChildren(...(parts.length ? parts : [t("probe_none")]));
}

/** Marks on the pictures that no mode knows: the tools' strokes, and the cross of a focused pane. @param {Desk} desk */
export function marks(desk) {
  const paint = desk.modes.paint.bind(desk.modes);
  desk.modes.paint = () => {
    paint();
    for (const pane of desk.modes.panes) {
      const context = /** @type {CanvasRenderingContext2D} */ (pane.canvas.getContext("2d"));
      if (pane.kind === "source" || desk.modes.mode !== "side") desk.strokes.paint(context);
      if (pane.canvas.matches(":focus-visible") && !desk.strokes.tool) cross(context, [desk.view.box.w / 2, desk.view.box.h / 2]);
    }
  };
}
