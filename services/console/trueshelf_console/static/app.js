// What every page does: problems of a fragment are shown, a lost connection is said, forms are sent once.
// @ts-check
const notice = /** @type {HTMLElement} */ (document.getElementById("notice"));

document.addEventListener("htmx:beforeSwap", (event) => {
  const detail = /** @type {CustomEvent} */ (event).detail;
  // The console answers problems as fragments with a target of their own: show them, whatever the status.
  if (detail.xhr.status >= 400 && (detail.xhr.getResponseHeader("HX-Retarget") || "") !== "") {
    detail.shouldSwap = true;
    detail.isError = false;
  }
});

document.addEventListener("htmx:sendError", () => {
  const text = document.createElement("p");
  text.className = "notice bad";
  text.textContent = notice.dataset.lost || "";
  notice.replaceChildren(text);
});

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
  window.addEventListener("pageshow", () => delete form.dataset.sent, { once: true });
});
