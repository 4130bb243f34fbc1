/* The review page's conveniences: keys, clicks between document and findings, adding from a selection. Everything here
   has a link or a button that does the same. */
(() => {
  "use strict";

  const review = document.querySelector("[data-review]");
  // Document and findings beside each other, each scrolling on its own.
  const wide = window.matchMedia("(min-width: 1080px)");

  if (review) {
    const text = review.querySelector("[data-document]");
    const cards = () => [...review.querySelectorAll(".finding")];
    const current = () => review.querySelector(".finding.is-current");
    const marksOf = (card) => text.querySelectorAll(`mark[data-f="${card.id.slice(1)}"]`);

    const show = (card, { scroll = true } = {}) => {
      for (const old of review.querySelectorAll(".is-current")) old.classList.remove("is-current");
      card.classList.add("is-current");
      card.focus({ preventScroll: true });
      if (scroll) {
        card.scrollIntoView({ block: "nearest", behavior: "auto" });
        if (wide.matches) review.scrollIntoView({ block: "start", behavior: "auto" });
      }
      const marks = marksOf(card);
      for (const mark of marks) mark.classList.add("is-current");
      marks[0]?.scrollIntoView({ block: "center", behavior: "auto" });
    };
    const step = (by) => {
      const all = cards(), at = all.indexOf(current());
      const next = all[at === -1 ? (by > 0 ? 0 : all.length - 1) : at + by];
      if (next) show(next);
    };

    text.addEventListener("click", (event) => {
      if (!window.getSelection().isCollapsed) return;
      const mark = event.target.closest("mark");
      const card = mark && document.getElementById(`f${mark.dataset.f}`);
      if (card) { show(card); card.scrollIntoView({ block: "center" }); }
    });
    review.addEventListener("click", (event) => {
      const card = event.target.closest(".finding");
      if (card && !event.target.closest("a, button, input, select, textarea, label")) show(card, { scroll: false });
    });
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, textarea, select")) return;
      if (event.key === "j" || event.key === "k") { event.preventDefault(); step(event.key === "j" ? 1 : -1); }
      else if (["a", "e", "r"].includes(event.key)) {
        const button = current()?.querySelector(`[data-key="${event.key}"]`);
        if (button) { event.preventDefault(); button.click(); }
      }
    });

    // An address that names a finding, or a place in the document, marks both.
    const fromAddress = () => {
      if (location.hash === "#add") {
        if (wide.matches) review.scrollIntoView({ block: "start", behavior: "auto" });
        text.querySelector("mark.k-selected")?.scrollIntoView({ block: "center", behavior: "auto" });
        return;
      }
      const found = /^#[fq](\d+)/.exec(location.hash);
      const card = found && document.getElementById(`f${found[1]}`);
      if (!card) return;
      show(card);
      card.querySelector(".finding-form input:not([type=hidden])")?.focus({ preventScroll: true });
    };
    window.addEventListener("hashchange", fromAddress);
    // After the browser's own jump to the place, which knows nothing of the two panes.
    if (document.readyState === "complete") fromAddress();
    else window.addEventListener("load", () => setTimeout(fromAddress));

    // A decision came back as cards: keep the place, go on to the next open one, and let the marks follow.
    let decided = null;
    document.addEventListener("htmx:configRequest", (event) => {
      if (event.target.id !== "decide") return;
      // The buttons stand outside the form they belong to, so htmx does not see which one was pressed.
      const button = event.detail.triggeringEvent?.submitter;
      if (!button) return;
      event.detail.parameters[button.name] = button.value;
      decided = button.closest(".finding")?.id;
    });
    document.addEventListener("htmx:afterRequest", (event) => {
      if (event.target.id !== "decide") return;
      if (!event.detail.successful) { location.reload(); return; }
      const card = decided && document.getElementById(decided);
      decided = null;
      if (!card) return;
      for (const mark of marksOf(card)) mark.classList.toggle("is-rejected", card.classList.contains("is-rejected"));
      const all = cards();
      const next = all.slice(all.indexOf(card) + 1).find((one) => one.classList.contains("is-proposed"));
      show(next ?? card);
    });

    // Words selected in the document can become a finding. Offsets count characters, as the server does.
    const adder = document.querySelector("[data-select-add]");
    document.addEventListener("selectionchange", () => {
      const selection = window.getSelection();
      const range = selection.rangeCount ? selection.getRangeAt(0) : null;
      const inside = range && !range.collapsed && text.contains(range.commonAncestorContainer);
      if (!adder) return;
      adder.hidden = !inside;
      if (!inside) return;
      const before = document.createRange();
      before.setStart(text, 0);
      before.setEnd(range.startContainer, range.startOffset);
      const address = new URL(adder.href);
      address.searchParams.set("at", [...before.toString()].length);
      address.searchParams.set("length", [...range.toString()].length);
      adder.href = address.href;
    });
  }

  // Sending a document: how far it is, then that it is being read.
  const form = document.querySelector("form[data-reading]");
  if (form) {
    const drop = form.querySelector("[data-drop]");
    for (const kind of ["dragenter", "dragover"]) drop.addEventListener(kind, () => drop.classList.add("is-over"));
    for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("is-over"));
    form.addEventListener("submit", () => {
      const box = form.querySelector("[data-reading-progress]");
      const words = box.querySelector("span");
      box.hidden = false;
      box.querySelector("progress").removeAttribute("value");
      words.textContent = words.dataset.reads;
      form.querySelector("button.is-main").setAttribute("aria-disabled", "true");
    });
    window.addEventListener("pageshow", () => {
      form.querySelector("[data-reading-progress]").hidden = true;
      form.querySelector("button.is-main").removeAttribute("aria-disabled");
    });
  }
})();
