// A page that moves by itself: asks every three seconds while it is seen, and replaces only the parts that changed.
// Focus, scrolling, opened details and a running selection stay. "Pause updates" stops it (WCAG 2.2.2).
// @ts-check
const EVERY = 3000;
const root = /** @type {HTMLElement | null} */ (document.querySelector("[data-live]"));
const button = /** @type {HTMLButtonElement | null} */ (document.getElementById("live-pause"));
const notice = /** @type {HTMLElement} */ (document.getElementById("notice"));
/** @type {Map<string, string>} */
const shown = new Map();
let tag = "";
let paused = false;
let asking = false;
/** @type {Element | null} */
let lost = null;

/** @param {Element} part */
function inUse(part) {
  const selection = document.getSelection();
  return Boolean(selection && !selection.isCollapsed && selection.anchorNode && part.contains(selection.anchorNode));
}

/**
 * @param {Element} old
 * @param {Element} fresh
 */
function replace(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement?.id : "";
  const scrolls = [...old.querySelectorAll(".scroll[id]")].map((each) => [each.id, each.scrollLeft, each.scrollTop]);
  const opened = [...old.querySelectorAll("details[id][open]")].map((each) => each.id);
  old.replaceChildren(...fresh.childNodes);
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  for (const [id, left, top] of scrolls) document.getElementById(String(id))?.scrollTo(Number(left), Number(top));
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

/** @param {string} html @returns {boolean} whether all of it is shown now */
function renew(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  let whole = true;
  for (const fresh of page.querySelectorAll("[data-part]")) {
    const old = document.getElementById(fresh.id);
    const text = fresh.innerHTML;
    if (!old || shown.get(fresh.id) === text) continue;
    if (inUse(old)) {
      whole = false;
      continue;
    }
    shown.set(fresh.id, text);
    replace(old, fresh);
  }
  return whole;
}

function found() {
  lost?.remove();
  lost = null;
  root?.classList.remove("stale");
}

function gone() {
  root?.classList.add("stale");
  if (lost) return;
  lost = document.createElement("p");
  lost.className = "notice bad";
  lost.textContent = notice.dataset.lost || "";
  notice.append(lost);
}

async function ask() {
  if (!root || paused || asking || document.visibilityState !== "visible") return;
  asking = true;
  try {
    const answer = await fetch(String(root.dataset.live), {
      headers: { "HX-Request": "true", "X-Live": "1", "HX-Current-URL": location.href, ...(tag ? { "If-None-Match": tag } : {}) },
      cache: "no-store",
      redirect: "manual",
    });
    const login = answer.headers.get("HX-Redirect");
    if (login) location.assign(login);
    else if (answer.status === 304) found();
    else if (answer.ok) {
      found();
      tag = renew(await answer.text()) ? answer.headers.get("ETag") || "" : "";
    } else gone();
  } catch {
    gone();
  } finally {
    asking = false;
  }
}

if (root) {
  for (const part of root.querySelectorAll("[data-part]")) shown.set(part.id, part.innerHTML);
  if (button) {
    button.hidden = false;
    button.addEventListener("click", () => {
      paused = !paused;
      button.setAttribute("aria-pressed", String(paused));
      void ask();
    });
  }
  document.addEventListener("visibilitychange", () => void ask());
  setInterval(() => void ask(), EVERY);
}
