"use strict";
// The register, searched, filtered and sorted over its data; the address keeps the state, so that a view can be sent.
(() => {
  const byId = (id) => document.getElementById(id);
  const table = byId("_register"), body = table.tBodies[0], form = byId("_filters");
  const count = byId("_count"), more = byId("_more"), view = byId("_view"), today = table.dataset.day;
  const KEYS = ["id", "address", "title", "type", "revision", "status", "conditions", "effective", "review", "owner", "clauses", "change", "draft"];
  const ALARMS = new Set(["overdue", "approval broken", "rejected"]), STEP = 100;
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const rows = qmsRegister.rows.map((values, place) => {
    const row = Object.fromEntries(KEYS.map((key, at) => [key, values[at]]));
    for (const key of ["type", "status", "owner"]) row[key] = qmsRegister.tables[key][row[key]];
    row.conditions = row.conditions ? row.conditions.split("|") : [];
    row.clauses = row.clauses ? row.clauses.split("|") : [];
    row.place = place;
    row.text = [row.id, row.title, row.change, row.owner, row.draft].join("\n").toLowerCase();
    return row;
  });
  const filters = ["q", "type", "status", "owner", "clause", "due"].map((name) => [name, byId("_f-" + name)]);
  const compare = new Intl.Collator("en", { numeric: true, sensitivity: "base" }).compare;
  const statuses = ["Draft", "In review", "Approved", "Effective", "Superseded", "Suspended", "Cancelled", "Obsolete"];
  const heads = [...table.querySelectorAll("th[data-key]")];
  let sort = "", found = rows, shown = STEP;

  const plus = (days) => { const day = new Date(today + "T00:00:00Z"); day.setUTCDate(day.getUTCDate() + days); return day.toISOString().slice(0, 10); };
  const dayText = (iso) => { const [year, month, day] = iso.split("-").map(Number); return `${day} ${months[month - 1]} ${year}`; };

  function chosen() {
    const state = Object.fromEntries(filters.map(([name, field]) => [name, field.value.trim()]));
    const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    const limit = state.due && state.due !== "overdue" ? plus(Number(state.due)) : "";
    return (row) =>
      (!state.type || row.type === state.type) && (!state.status || row.status === state.status) &&
      (!state.owner || row.owner === state.owner) && (!state.clause || row.clauses.includes(state.clause)) &&
      (!state.due || (row.review !== "" && row.status === "Effective" && (limit ? row.review <= limit : row.review < today))) &&
      words.every((word) => row.text.includes(word));
  }
  function order(list) {
    const down = sort.startsWith("-"), key = sort.replace(/^-/, "");
    if (!key) return list;
    const value = key === "status" ? (row) => String(statuses.indexOf(row.status)) : (row) => row[key];
    return list.map((row) => [value(row), row]).sort(([a, x], [b, y]) =>
      (a === "" || b === "" ? (a === "") - (b === "") : down ? compare(b, a) : compare(a, b)) || x.place - y.place).map(([, row]) => row);
  }

  // --- rows, as the page itself has them ---

  function element(name, className, ...children) {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...children);
    return made;
  }
  function cell(label, content) { const made = element("td", "", content); made.dataset.l = label; return made; }
  const plain = (text) => element("span", "", text || "–");
  function day(iso) {
    if (!iso) return element("span", "no", "–");
    const made = element("time", "", dayText(iso));
    made.dateTime = iso;
    return made;
  }
  function line(row) {
    const link = (text) => { const made = element("a", "", text); made.href = row.address; return made; };
    const head = element("th", "", link(row.id));
    head.scope = "row";
    head.className = "k-id";
    const title = element("td", "k-title", link(row.title));
    for (const text of [row.change, row.draft]) if (text) title.append(element("small", "", text));
    const state = element("div", "", element("span", "s s-" + row.status.toLowerCase().replace(/[^a-z]+/g, "-"), row.status));
    for (const condition of row.conditions) state.append(element("span", ALARMS.has(condition) ? "c alarm" : "c", condition));
    return element("tr", row.status === "Obsolete" ? "gone" : "", head, title, cell("Type", plain(row.type)), cell("Revision", plain(row.revision)),
      cell("Status", state), cell("In force", day(row.effective)), cell("Review by", day(row.review)), cell("Owner", plain(row.owner)));
  }

  function show() {
    found = order(rows.filter(chosen()));
    body.replaceChildren(...found.slice(0, shown).map(line));
    count.textContent = found.length === rows.length ? `${rows.length} documents` : found.length ? `${found.length} of ${rows.length} documents` : "Nothing matches. Clear the filters to see all documents.";
    more.hidden = found.length <= shown;
    for (const head of heads) {
      if (sort.replace(/^-/, "") === head.dataset.key) head.setAttribute("aria-sort", sort.startsWith("-") ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
  }
  function save() {
    const state = new URLSearchParams();
    for (const [name, field] of filters) if (field.value.trim()) state.set(name, field.value.trim());
    if (sort) state.set("sort", sort);
    const hash = state.toString();
    try { history.replaceState(null, "", hash ? "#" + hash : location.pathname + location.search); } catch { location.hash = hash; }
  }
  function load() {
    const state = new URLSearchParams(location.hash.slice(1));
    for (const [name, field] of filters) {
      field.value = state.get(name) ?? "";
      if (field.selectedIndex < 0) field.value = "";
    }
    const wanted = state.get("sort") ?? "";
    sort = heads.some((head) => head.dataset.key === wanted.replace(/^-/, "")) ? wanted : "";
    shown = STEP;
    show();
  }

  // --- the view as CSV: what begins like a formula is made text ---

  const quoted = (text) => '"' + (/^[=+\-@\t\r]/.test(text) ? "'" + text : text).replaceAll('"', '""') + '"';
  function csv() {
    const names = ["id", "title", "type", "revision", "status", "conditions", "effective", "review", "owner", "clauses", "change"];
    const lines = [names, ...found.map((row) => names.map((name) => [].concat(row[name]).join(", ")))];
    return lines.map((line) => line.map(quoted).join(",")).join("\r\n") + "\r\n";
  }
  view.querySelector("a").addEventListener("click", (event) => {
    const link = event.currentTarget, address = URL.createObjectURL(new Blob(["\ufeff", csv()], { type: "text/csv" }));
    link.href = address;
    setTimeout(() => { URL.revokeObjectURL(address); link.href = "#"; }, 1000);
  });

  for (const head of heads) {
    const button = element("button", "", head.textContent);
    button.type = "button";
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const key = head.dataset.key;
      sort = sort === key ? "-" + key : sort === "-" + key ? "" : key;
      show();
      save();
    });
  }
  let frame = 0;
  const changed = () => { cancelAnimationFrame(frame); frame = requestAnimationFrame(() => { shown = STEP; show(); save(); }); };
  form.addEventListener("input", changed);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(changed));
  more.addEventListener("click", () => {
    const before = shown;
    shown += STEP;
    show();
    body.rows[before]?.querySelector("a").focus();
  });
  window.addEventListener("hashchange", load);
  window.addEventListener("beforeprint", () => { shown = found.length; show(); });
  form.hidden = view.hidden = false;
  byId("_pages")?.remove();
  load();
})();
