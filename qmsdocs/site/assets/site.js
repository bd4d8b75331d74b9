"use strict";
// The little that every page does: the day on paper, the place in the table of contents, steps through a redline.
(() => {
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const today = () => { const now = new Date(); return `${now.getDate()} ${months[now.getMonth()]} ${now.getFullYear()}`; };
  let sheet = null;
  window.addEventListener("beforeprint", () => {
    for (const place of document.querySelectorAll(".printed")) place.textContent = today();
    for (const details of document.querySelectorAll("details:not([open])")) { details.open = true; details.dataset.paper = "1"; }
    if (sheet === null) {
      sheet = new CSSStyleSheet();
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    }
    sheet.replaceSync(`@media print{@page{@bottom-right{content:"Printed on ${today()}";font:8.5pt system-ui,sans-serif;color:#333}}}`);
  });
  window.addEventListener("afterprint", () => {
    for (const details of document.querySelectorAll("details[data-paper]")) { details.open = false; delete details.dataset.paper; }
  });

  // "/" goes to the search, as on most documentation sites
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    const field = document.querySelector("input[type=search]");
    event.preventDefault();
    if (field) field.focus(); else location.href = document.body.dataset.root + "search.html";
  });

  const ask = document.querySelector('form[action="search.html"]');
  if (ask) {
    ask.hidden = false;
    ask.addEventListener("submit", (event) => {
      event.preventDefault();
      location.href = "search.html#" + new URLSearchParams({ q: ask.elements.q.value.trim() });
    });
  }

  const entries = new Map([...document.querySelectorAll(".toc a")].map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
  if (entries.size && "IntersectionObserver" in window) {
    const seen = new Set();
    const heads = [...entries.keys()].map((id) => document.getElementById(id)).filter(Boolean);
    const watch = new IntersectionObserver((changes) => {
      for (const change of changes) change.isIntersecting ? seen.add(change.target) : seen.delete(change.target);
      const first = heads.find((head) => seen.has(head));
      if (!first) return;
      for (const link of entries.values()) link.removeAttribute("aria-current");
      entries.get(first.id).setAttribute("aria-current", "true");
    }, { rootMargin: "-70px 0px -55% 0px" });
    heads.forEach((head) => watch.observe(head));
  }

  const steps = document.getElementById("_steps");
  const changes = steps ? [...document.querySelectorAll("[id^=change-]")] : [];
  if (changes.length) {
    let at = -1;
    steps.hidden = false;
    const said = steps.querySelector("[role=status]");
    steps.addEventListener("click", (event) => {
      const step = Number(event.target.dataset.step);
      if (!step) return;
      at = at < 0 && step < 0 ? changes.length - 1 : (at + step + changes.length) % changes.length;
      const change = changes[at];
      change.tabIndex = -1;
      change.scrollIntoView({ block: "center" });
      change.focus({ preventScroll: true });
      said.textContent = `${at + 1} of ${changes.length}`;
    });
  }
})();
