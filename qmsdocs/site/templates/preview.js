"use strict";
// Shows the page anew when its document changed: the server says when, nothing is asked for in between.
(() => {
  const mine = document.body.dataset.document;
  const said = document.querySelector(".live");
  let source = null, busy = false, again = false, shown = null;

  const refresh = async () => {
    if (busy) { again = true; return; }
    busy = true;
    try {
      do {
        again = false;
        const text = await (await fetch(location.href, { cache: "no-store" })).text();
        if (text === shown) continue;
        shown = text;
        const fresh = new DOMParser().parseFromString(text, "text/html");  // runs no script
        const place = [scrollX, scrollY];
        document.querySelector("main").replaceWith(document.adoptNode(fresh.querySelector("main")));
        document.title = fresh.title;
        scrollTo(...place);
      } while (again);
    } catch { /* the server is gone; the stream says so */ } finally { busy = false; }
  };

  const listen = () => {
    if (source) return;
    source = new EventSource("/_/events");
    source.onopen = () => { said.textContent = ""; refresh(); };
    source.onmessage = (event) => {
      const changed = JSON.parse(event.data);
      if (!mine || changed.includes("*") || changed.includes(mine)) refresh();
    };
    source.onerror = () => { said.textContent = "qmsdocs watch has ended"; };
  };
  const rest = () => { if (source) { source.close(); source = null; } };  // a browser keeps six connections to a host

  document.addEventListener("visibilitychange", () => document.hidden ? rest() : listen());
  addEventListener("pagehide", rest);
  addEventListener("pageshow", listen);
})();
