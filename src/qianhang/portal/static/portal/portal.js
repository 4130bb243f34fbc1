/* Small conveniences. Every page works without this file; nothing here decides anything. */
(() => {
  "use strict";

  // Menus are <details>: Escape and a click elsewhere close them, and only one is open.
  const openMenus = () => document.querySelectorAll("details[data-menu][open]");
  document.addEventListener("click", (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      for (const menu of openMenus()) { menu.open = false; menu.querySelector("summary").focus(); }
    }
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const search = document.querySelector("[data-slash]");
      if (search?.offsetParent) { event.preventDefault(); search.focus(); search.select(); }
    }
  });

  // Filters apply themselves when a choice is made; text fields still wait for Enter or the button.
  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("form[data-auto-submit]");
    if (form && event.target.matches("select, input[type=checkbox], input[type=date]")) form.requestSubmit();
  });

  // Empty filters do not belong in the address.
  document.addEventListener("submit", (event) => {
    if (event.target.matches?.("form.filters")) {
      for (const field of event.target.elements) if (field.name && field.value === "") field.disabled = true;
    }
    const question = event.submitter?.dataset.confirm ?? event.target.dataset?.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
  });
  window.addEventListener("pageshow", () => {
    for (const field of document.querySelectorAll("form.filters :disabled")) field.disabled = false;
  });

  // Ticked rows: how many, all at once, and no reload under one's hands while something is ticked.
  const boxesOf = (form) => [...document.querySelectorAll("[data-pick]")].filter((box) => box.form === form);
  const countPicked = (form) => {
    const boxes = boxesOf(form), picked = boxes.filter((box) => box.checked).length;
    const all = form.querySelector("[data-pick-all]");
    all.hidden = !boxes.length;
    all.querySelector("input").checked = picked > 0 && picked === boxes.length;
    all.querySelector("input").indeterminate = picked > 0 && picked < boxes.length;
    form.querySelector("[data-pick-count]").textContent = picked ? ` (${picked})` : "";
  };
  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("[data-pick-all]")?.closest("form") ?? (event.target.matches?.("[data-pick]") && event.target.form);
    if (!form) return;
    if (!event.target.matches("[data-pick]")) for (const box of boxesOf(form)) box.checked = event.target.checked;
    countPicked(form);
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.matches?.("[data-keep-picked]") && event.target.querySelector("[data-pick]:checked")) event.preventDefault();
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-bulk]").forEach(countPicked));

  // A file input speaks the browser's language; over it lie our words. It stays itself for keyboard and screen reader.
  const speakOurLanguage = (input) => {
    if (input.parentElement.classList.contains("file")) return;
    const { chooseFile, chooseFiles, noFile } = document.body.dataset;
    const box = document.createElement("div");
    const names = document.createElement("span");
    const button = document.createElement("span");
    box.className = "file";
    button.className = "file-button";
    button.textContent = input.multiple ? chooseFiles : chooseFile;
    button.ariaHidden = names.ariaHidden = "true";
    const show = () => { names.textContent = [...input.files].map((file) => file.name).join(", ") || noFile; };
    input.replaceWith(box);
    box.append(button, names, input);
    input.addEventListener("change", show);
    input.form?.addEventListener("reset", () => setTimeout(show));
    show();
  };

  const setUp = (root) => {
    for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
    root.querySelectorAll("input[type=file]").forEach(speakOurLanguage);
    root.querySelectorAll("form[data-bulk]").forEach(countPicked);
    const problem = root.querySelector("[data-focus]");
    if (problem) problem.focus();
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    const holder = button.closest(".copy, .code");
    await navigator.clipboard.writeText(holder.querySelector(button.dataset.copy).textContent.trim());
    const word = button.querySelector("span");
    const before = word.textContent;
    word.textContent = button.dataset.copied;
    setTimeout(() => { word.textContent = before; }, 2000);
  });

  // Relative times age in place, in the page's language.
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });
  const steps = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]];
  setInterval(() => {
    if (document.hidden) return;
    for (const span of document.querySelectorAll("[data-ago]")) {
      const time = span.parentElement.querySelector("time");
      const away = (new Date(time.dateTime) - Date.now()) / 1000;
      if (Math.abs(away) < 60) continue;
      const [size, unit] = steps.find(([size]) => Math.abs(away) >= size);
      span.textContent = words.format(Math.trunc(away / size), unit);
    }
  }, 30000);

  document.addEventListener("htmx:load", (event) => setUp(event.target));
  setUp(document);
})();
