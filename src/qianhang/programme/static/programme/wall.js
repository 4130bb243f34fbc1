/* The wall: says when what it shows is no longer true, and fills the screen. Without this file it is loaded anew. */
(() => {
  "use strict";
  const wall = document.getElementById("wall");
  const lost = document.querySelector("[data-lost]");
  const pauseMs = Number(wall.dataset.every) * 1000;
  let lastTrue = Date.now();

  // As the server wrote it, in the region's time.
  const shown = () => document.querySelector(".wall-at time")?.innerText.replace(/\s+/g, " ") ?? "–";
  const show = (words) => {
    const said = words ? `${words} ${shown()}` : "";
    if (lost.textContent !== said) lost.textContent = said;
    wall.classList.toggle("is-lost", Boolean(words));
  };

  // An answer without the screen in it is a sign-in page or an error page: what is there stays, and is said to be old.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.responseText.includes('id="wall-live"')) {
      lastTrue = Date.now();
      show("");
    } else {
      event.detail.shouldSwap = false;
      show(event.detail.xhr.status < 500 ? lost.dataset.wordsSignedOut : lost.dataset.words);
    }
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, () => show(lost.dataset.words));
  window.addEventListener("offline", () => show(lost.dataset.words));
  // Also when no answer comes at all, such as after the machine has slept.
  setInterval(() => { if (Date.now() - lastTrue > pauseMs * 3 && !lost.textContent) show(lost.dataset.words); }, pauseMs);

  const button = document.querySelector("[data-full-screen]");
  if (document.fullscreenEnabled) {
    button.hidden = false;
    button.addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()));
    document.addEventListener("fullscreenchange", () => button.setAttribute("aria-pressed", String(Boolean(document.fullscreenElement))));
  }
})();
