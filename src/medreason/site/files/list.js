/* The list of items: search, filters, and the keys that move through it. */
"use strict";
const LIST = (() => {
  const STEP = 60;
  const FIELDS = ["q", "out", "sys", "src", "lead", "flag", "sort"];
  const at = (id) => document.getElementById(id);
  let found = [], shown = 0, asked = 0, complete = false;

  const KEY = 0, TITLE = 1, TEXT = 2, SYSTEMS = 3, SOURCE = 4, OUTCOME = 5, LEAD = 6, FLAGS = 7, REVIEWED = 8;

  function fill(id, all, options) {
    at(id).replaceChildren(h("option", { value: "" }, all), ...options.map(([value, text]) => h("option", { value }, text)));
  }
  const cut = (text) => (text.length > 60 ? text.slice(0, 59) + "…" : text);
  const counted = (table, name = (x) => x) => table
    .map(([value, n], i) => [n, name(value), i])
    .sort((a, b) => b[0] - a[0] || (a[1] < b[1] ? -1 : 1))
    .map(([n, value, i]) => [String(i), cut(value) + " (" + n.toLocaleString("en") + ")"]);

  const outcome = (name) => (name === "kept" ? "record" : "no record: " + name.split("/")[1].replaceAll("_", " "));

  function begin() {
    const about = MR.about, tables = about.tables;
    fill("out", "records and others", [
      ["kept", "records (" + about.kept.toLocaleString("en") + ")"],
      ["lost", "no record (" + (about.items - about.kept).toLocaleString("en") + ")"],
      ...counted(tables.outcome, outcome).filter(([i]) => tables.outcome[i][0] !== "kept"),
      ["reviewed", "reviewed by a clinician (" + about.reviewed.toLocaleString("en") + ")"],
    ]);
    fill("sys", "all organ systems", counted(tables.system, system));
    fill("src", "all sources", counted(tables.source));
    fill("flag", "any flags", [["none", "no flags"], ...counted(tables.flag, (x) => x.replaceAll("_", " "))]);
    const [low, high] = about.leads;
    fill("lead", "any lead", low === null ? [] : [
      ["narrow", "narrow: below " + low + " bits (hard)"],
      ["middle", "middle: " + low + " to " + high + " bits"],
      ["wide", "wide: above " + high + " bits (easy)"],
    ]);
    for (const id of ["sys", "src", "flag", "lead"]) at(id).closest("label").hidden = at(id).length < (id === "src" || id === "flag" ? 3 : 2);
    for (const id of FIELDS) at(id).addEventListener(id === "q" ? "input" : "change", () => changed(id));
    at("clear").addEventListener("click", () => { location.hash = "#/"; at("q").focus(); });
    at("more").addEventListener("click", () => { const first = shown; more(); focus(first); });
    at("find").addEventListener("submit", (event) => { event.preventDefault(); focus(0); });
  }
  const system = (name) => name.replace(/^Abnormality of (the )?/, "").replace(/^./, (c) => c.toUpperCase());

  let typing = 0;
  function changed(id) {
    clearTimeout(typing);
    const hash = address();
    if (id !== "q") { location.hash = hash; return; }
    typing = setTimeout(() => { history.replaceState(null, "", hash); LIST.last = hash; show(); }, 120);
  }
  function address() {
    const asked_ = new URLSearchParams();
    for (const id of FIELDS) if (at(id).value.trim()) asked_.set(id, at(id).value.trim());
    return asked_.size ? "#/?" + asked_ : "#/";
  }
  function read(query) {
    const asked_ = new URLSearchParams(query);
    for (const id of FIELDS) {
      const value = asked_.get(id) || "";
      if (id !== "q" || at("q").value.trim() !== value) at(id).value = value;
      if (at(id).value !== value && id !== "q") at(id).value = "";
    }
  }

  function allowed(marks) {
    const out = at("out").value, sys = at("sys").value, src = at("src").value, flag = at("flag").value, lead = at("lead").value;
    const kept = MR.about.tables.outcome.findIndex(([name]) => name === "kept");
    const [low, high] = MR.about.leads.map((value) => (value === null ? null : Math.round(10 * value)));
    return (row, n) => (!marks || marks[n] === 1)
      && (!out || (out === "kept" ? row[OUTCOME] === kept : out === "lost" ? row[OUTCOME] !== kept
        : out === "reviewed" ? row[REVIEWED] === 1 : row[OUTCOME] === Number(out)))
      && (!sys || row[SYSTEMS].includes(Number(sys))) && (!src || row[SOURCE] === Number(src))
      && (!flag || (flag === "none" ? row[FLAGS].length === 0 && row[OUTCOME] === kept : row[FLAGS].includes(Number(flag))))
      && (!lead || (row[LEAD] !== null && row[OUTCOME] === kept
        && (lead === "narrow" ? row[LEAD] < low : lead === "wide" ? row[LEAD] > high : row[LEAD] >= low && row[LEAD] <= high)));
  }
  function sorted(numbers) {
    const rows = MR.lines, by = at("sort").value;
    const lead = (n, none) => (rows[n][LEAD] === null ? none : rows[n][LEAD]);
    if (by === "wide") numbers.sort((a, b) => lead(b, -1e9) - lead(a, -1e9) || a - b);
    if (by === "narrow") numbers.sort((a, b) => lead(a, 1e9) - lead(b, 1e9) || a - b);
    if (by === "id") numbers.sort((a, b) => (rows[a][KEY] < rows[b][KEY] ? -1 : 1));
    return numbers;
  }

  async function show() {
    const mine = (asked += 1);
    let marks = null;
    try { marks = await MR.search(at("q").value); } catch (error) { at("count").textContent = error.message; return; }
    if (mine !== asked) return;
    const fits = allowed(marks), numbers = [];
    MR.lines.forEach((row, n) => { if (fits(row, n)) numbers.push(n); });
    found = sorted(numbers);
    shown = 0;
    at("list").replaceChildren();
    more();
    const still = complete ? "" : " so far, the list is still being read";
    at("count").textContent = (found.length ? count(found.length, "item") : "No item") + " of "
      + MR.about.items.toLocaleString("en") + still + (found.length || !complete ? "" : ": take a filter away, or shorten a word");
    at("clear").hidden = address() === "#/";
    document.documentElement.dataset.shown = String(mine);
  }
  function more() {
    const next = found.slice(shown, shown + STEP);
    at("list").append(...next.map(entry));
    shown += next.length;
    at("more").hidden = shown >= found.length;
    at("more").textContent = "Show " + Math.min(STEP, found.length - shown) + " more of " + (found.length - shown).toLocaleString("en");
  }
  function entry(n) {
    const row = MR.lines[n], tables = MR.about.tables, name = tables.outcome[row[OUTCOME]][0], kept = name === "kept";
    return h("li", { class: kept ? "" : "lost" },
      h("a", { href: "#/r/" + encodeURIComponent(row[KEY]) }, said(row[TITLE])),
      h("p", { class: "text" }, said(row[TEXT])),
      h("p", { class: "facts" },
        h("span", { class: kept ? "tag kept" : "tag" }, outcome(name)),
        kept ? h("span", {}, row[REVIEWED] ? "clinician reviewed" : "not clinician-reviewed") : null,
        row[LEAD] !== null ? h("span", {}, "lead " + (row[LEAD] / 10).toFixed(1) + " bits") : null,
        row[SYSTEMS].slice(0, 3).map((s) => h("span", {}, said(system(tables.system[s][0])))),
        row[SYSTEMS].length > 3 ? h("span", {}, "+" + (row[SYSTEMS].length - 3) + " systems") : null,
        row[FLAGS].map((f) => h("span", { class: "tag" }, said(tables.flag[f][0].replaceAll("_", " ")))),
        row[TITLE] === row[KEY] ? null : h("span", { class: "id" }, said(row[KEY]))));
  }
  function focus(n) {
    while (n >= shown && shown < found.length) more();
    const link = at("list").querySelectorAll("a")[n];
    if (link) link.focus();
    return Boolean(link);
  }
  /* Arrow keys move through the list, the first from the search field. */
  function key(event) {
    if (event.key === "Escape" && document.activeElement === at("q") && at("q").value) {
      at("q").value = "";
      changed("q");
      return true;
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return false;
    const links = [...at("list").querySelectorAll("a")], now = links.indexOf(document.activeElement);
    if (now < 0 && (event.key === "ArrowUp" || (document.activeElement !== at("q") && document.activeElement !== document.body))) return false;
    if (now === 0 && event.key === "ArrowUp") { at("q").focus(); return true; }
    return focus(event.key === "ArrowDown" ? now + 1 : now - 1);
  }

  return {
    begin, read, show, key, system, outcome,
    grown(all) { complete = all; },
    number(key_) { return MR.lines.findIndex((row) => row[KEY] === key_); },
    neighbour(n, step) {
      const i = found.indexOf(n);
      return (i < 0 ? (found.length || !MR.lines[n + step] ? null : n + step) : found[i + step]) ?? null;
    },
    keyOf(n) { return MR.lines[n][KEY]; },
    lineOf(n) { return MR.lines[n]; },
    focusItem(n) { const i = found.indexOf(n); if (i >= 0) focus(i); },
  };
})();
