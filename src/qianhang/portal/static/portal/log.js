/* The live log: server-sent events append text (or, where no stream gets through, asking every two seconds); the view
   follows the end until the reader scrolls away. */
(() => {
  "use strict";
  const KEEP = 2_000_000; // characters; the whole log stays downloadable

  const start = (section) => {
    const text = section.querySelector("[data-log-text]");
    const status = section.querySelector("[data-log-status]");
    const follow = section.querySelector("[data-log-follow]");
    const wrap = section.querySelector("[data-log-wrap]");
    let following = true;
    const toEnd = () => { if (following) text.scrollTop = text.scrollHeight; };
    const setFollowing = (on) => { following = on; follow.setAttribute("aria-pressed", String(on)); toEnd(); };
    const say = (word) => { if (status.textContent !== word) status.textContent = word; };

    follow.hidden = wrap.hidden = false;
    follow.addEventListener("click", () => setFollowing(!following));
    wrap.addEventListener("click", () => {
      const on = section.classList.toggle("is-wrapped");
      wrap.setAttribute("aria-pressed", String(on));
      toEnd();
    });
    text.addEventListener("scroll", () => {
      const atEnd = text.scrollHeight - text.scrollTop - text.clientHeight < 24;
      if (atEnd !== following) { following = atEnd; follow.setAttribute("aria-pressed", String(atEnd)); }
    }, { passive: true });
    toEnd();

    if (!section.dataset.stream) return;
    let next = section.dataset.next || "0";
    let failures = 0;
    const add = (piece) => {
      text.append(piece);
      if (text.textContent.length > KEEP) text.textContent = text.textContent.slice(-KEEP / 2);
      toEnd();
    };
    const end = () => {
      say(status.dataset.ended);
      section.dispatchEvent(new CustomEvent("log-ended", { bubbles: true }));
    };

    const url = new URL(section.dataset.stream, location.href);
    url.searchParams.set("offset", next);
    const source = new EventSource(url);
    const leave = () => source.close();
    window.addEventListener("pagehide", leave, { once: true });
    source.addEventListener("open", () => say(status.dataset.live));
    source.addEventListener("error", () => {
      say(status.dataset.waiting);
      failures += 1;
      // Something between here and the server does not let a stream through: ask again and again instead.
      if (failures >= 3 && section.dataset.poll) { source.close(); poll(); }
    });
    source.addEventListener("log", (event) => {
      const piece = JSON.parse(event.data);
      failures = 0;
      next = String(piece.next);
      add(piece.text);
    });
    source.addEventListener("end", () => { source.close(); end(); });

    const poll = async () => {
      if (!section.isConnected) return;
      try {
        const answer = await fetch(`${section.dataset.poll}?offset=${next}`, { headers: { Accept: "application/json" } });
        if (answer.ok) {
          const piece = await answer.json();
          next = String(piece.next);
          add(piece.text);
          say(status.dataset.live);
          if (piece.complete) { end(); return; }
        }
      } catch { say(status.dataset.waiting); }
      setTimeout(poll, 2000);
    };
  };
  const startIn = (root) => {
    for (const section of root.querySelectorAll("[data-log]:not([data-started])")) {
      section.dataset.started = "";
      start(section);
    }
  };
  document.addEventListener("htmx:load", (event) => startIn(event.target));
  startIn(document);
})();
