/* The live log: server-sent events append text; the view follows the end until the reader scrolls away. */
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
    const url = new URL(section.dataset.stream, location.href);
    url.searchParams.set("offset", section.dataset.next || "0");
    const source = new EventSource(url);
    source.addEventListener("open", () => say(status.dataset.live));
    source.addEventListener("error", () => say(status.dataset.waiting));
    source.addEventListener("log", (event) => {
      text.append(JSON.parse(event.data).text);
      if (text.textContent.length > KEEP) text.textContent = text.textContent.slice(-KEEP / 2);
      toEnd();
    });
    source.addEventListener("end", () => {
      source.close();
      say(status.dataset.ended);
      section.dispatchEvent(new CustomEvent("log-ended", { bubbles: true }));
    });
    window.addEventListener("pagehide", () => source.close(), { once: true });
  };
  for (const section of document.querySelectorAll("[data-log]")) start(section);
})();
