"use strict";
// Full-text search over an index that is a plain script. Every word typed must be found, the last one as a beginning.
(() => {
  const form = document.getElementById("_search"), field = document.getElementById("_q");
  const status = document.getElementById("_found"), list = document.getElementById("_results");
  const words = qmsIndex.words.split(" "), postings = qmsIndex.postings.split("\n");
  const MOST = 30, TEXTS = 10, AROUND = 90;
  const texts = new Map(), waiting = new Map();
  const fold = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");

  function first(word) {
    let low = 0, high = words.length;
    while (low < high) { const mid = (low + high) >> 1; if (words[mid] < word) low = mid + 1; else high = mid; }
    return low;
  }
  function unitsOf(word) {
    const found = new Map();
    for (let at = first(word); at < words.length && words[at].startsWith(word); at++) {
      const exact = words[at] === word ? 2 : 1;
      let unit = 0;
      for (const part of postings[at].split(" ")) {
        const [step, weight] = part.split(".");
        unit += parseInt(step, 36);
        found.set(unit, Math.max(found.get(unit) ?? 0, (Number(weight) || 1) * exact));
      }
    }
    return found;
  }
  function search(text) {
    const typed = fold(text).match(/[\p{L}\p{N}]+(?:[.-][\p{L}\p{N}]+)*/gu) ?? [];
    if (!typed.length) return { typed, hits: [] };
    const documents = new Map();   // document -> per word: best score, and the units
    typed.forEach((word, place) => {
      for (const [unit, score] of unitsOf(word)) {
        const number = qmsIndex.units[unit][0];
        let entry = documents.get(number);
        if (!entry) documents.set(number, entry = { number, words: new Array(typed.length).fill(0), units: new Map() });
        entry.words[place] = Math.max(entry.words[place], score);
        entry.units.set(unit, (entry.units.get(unit) ?? 0) + 1);
      }
    });
    const rank = { Effective: 1.5, Record: 1 };
    const hits = [...documents.values()].filter((entry) => entry.words.every(Boolean));
    for (const hit of hits) {
      const together = Math.max(...hit.units.values());
      hit.score = (hit.words.reduce((a, b) => a + b, 0) + together) * (rank[qmsIndex.documents[hit.number][3]] ?? 0.7);
      hit.unit = [...hit.units].filter(([unit]) => qmsIndex.units[unit][1] || qmsIndex.units[unit][2]).sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0];
    }
    hits.sort((a, b) => b.score - a.score || a.number - b.number);
    return { typed, hits };
  }

  // --- what is shown ---

  function element(name, className, ...children) {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...children);
    return made;
  }
  function marked(text, typed) {
    const plain = [...text].map((char) => fold(char)[0] ?? char).join("");
    let at = -1;
    for (const word of typed) { at = plain.search(new RegExp("(?<![\\p{L}\\p{N}])" + word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "u")); if (at >= 0) break; }
    const from = Math.max(at - AROUND, 0), to = Math.min(Math.max(at, 0) + 2 * AROUND, text.length);
    const made = [from > 0 ? "…" : ""];
    const pattern = new RegExp("(?<![\\p{L}\\p{N}])(?:" + typed.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|") + ")[\\p{L}\\p{N}]*", "gu");
    let last = from;
    if (plain.length === text.length) for (const found of plain.slice(from, to).matchAll(pattern)) {
      made.push(text.slice(last, from + found.index), element("mark", "", text.slice(from + found.index, from + found.index + found[0].length)));
      last = from + found.index + found[0].length;
    }
    made.push(text.slice(last, to), to < text.length ? "…" : "");
    return made;
  }
  window.qmsText = ([id, parts]) => {
    texts.set(id, parts);
    for (const done of waiting.get(id) ?? []) done(parts);
    waiting.delete(id);
  };
  function withText(id, folder, done) {
    if (texts.has(id)) return done(texts.get(id));
    if (waiting.has(id)) return void waiting.get(id).push(done);
    waiting.set(id, [done]);
    const script = document.createElement("script");
    script.src = `${folder}/text.js`;
    document.head.append(script);
  }
  function show() {
    const { typed, hits } = search(field.value);
    status.textContent = !typed.length ? "" : hits.length ? `${hits.length} found${hits.length > MOST ? `, the best ${MOST} shown` : ""}` : "Nothing found. Try fewer words, or the beginning of one.";
    list.replaceChildren(...hits.slice(0, MOST).map((hit, place) => {
      const [id, title, folder, note] = qmsIndex.documents[hit.number];
      const [, anchor, heading] = hit.unit === undefined ? [0, "", ""] : qmsIndex.units[hit.unit];
      const link = element("a", "", element("b", "", id), " ", title);
      link.href = `${folder}/index.html`;
      const kind = note.toLowerCase().replace(/[^a-z]+/g, "-");
      const head = element("h2", "", link);
      const item = element("li", "", head);
      const where = element("p", "where", note === "Record" ? "Record" : element("span", `s s-${kind}`, note));
      if (heading && anchor) {
        const section = element("a", "", heading);
        section.href = `${folder}/index.html#${encodeURIComponent(anchor)}`;
        where.append(" · ", section);
      }
      item.append(where);
      if (hit.unit !== undefined && place < TEXTS) withText(id, folder, (parts) => {
        const part = parts.find((found) => found[0] === anchor && found[1] === heading);
        if (part && part[2] && item.isConnected) item.append(element("p", "", ...marked(part[2], typed)));
      });
      return item;
    }));
  }
  const state = () => new URLSearchParams(location.hash.slice(1)).get("q") ?? "";
  let frame = 0;
  field.addEventListener("input", () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      show();
      const hash = field.value.trim() ? "#" + new URLSearchParams({ q: field.value.trim() }) : "";
      try { history.replaceState(null, "", hash || location.pathname + location.search); } catch { location.hash = hash; }
    });
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); list.querySelector("a")?.click(); });
  window.addEventListener("hashchange", () => { if (field.value.trim() !== state()) { field.value = state(); show(); } });
  form.hidden = false;
  document.getElementById("_without").remove();
  field.value = state();
  show();
  field.focus();
})();
