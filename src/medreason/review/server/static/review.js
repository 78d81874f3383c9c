// The reviewing page: saves by itself, keys, undo. Without this file the same form works by its buttons.
"use strict";
(() => {
  const form = document.getElementById("review");
  if (!form) return;
  const byId = (id) => document.getElementById(id);
  const state = byId("state");
  const task = form.dataset.task;
  const closed = "closed" in form.dataset;
  const kept = "review:" + task;
  const QUIET = 600;          // milliseconds without a change before a save
  const IDLE = 60000;         // milliseconds without a sign of life that still count as reading
  const LONGEST = 30000;      // milliseconds between two tries while the server cannot be reached
  let csrf = form.dataset.csrf;
  let revision = Number(form.dataset.revision);
  let dirty = false;          // something on the page has not been sent
  let inflight = null;        // what was sent and not yet answered; sent again unchanged until it is
  let conflict = false;
  let over = false;           // the study is closed, or the task is another's: trying again is of no use
  let timer = 0;
  let wait = 1000;
  let seconds = Number(form.elements.seconds.value) || 0;
  let alive = Date.now();

  // ---- what the page holds -------------------------------------------------------------------------------
  const radios = [...form.querySelectorAll("input[type=radio]")];
  const groups = new Map();
  for (const radio of radios) {
    if (!groups.has(radio.name)) groups.set(radio.name, []);
    groups.get(radio.name).push(radio);
  }
  const names = [...groups.keys()];
  const chosen = (name) => (groups.get(name) || []).find((r) => r.checked)?.value ?? null;

  function body() {
    const out = { steps: {}, scales: {}, preference: chosen("preference"), confidence: null,
      outside_specialty: byId("outside").checked, comment: byId("comment").value, seconds: Math.round(seconds) };
    const sure = chosen("confidence");
    out.confidence = sure === null ? null : Number(sure);
    for (const name of names) {
      const [kind, side, what] = name.split(".");
      if (kind === "step") (out.steps[side] ??= [])[Number(what)] = chosen(name);
      if (kind === "scale") {
        const value = chosen(name);
        (out.scales[side] ??= {})[what] = value === null ? null : Number(value);
      }
    }
    return out;
  }

  function put(saved) {
    const set = (name, value) => {
      for (const r of groups.get(name) || []) r.checked = value !== null && value !== undefined && r.value === String(value);
    };
    for (const name of names) {
      const [kind, side, what] = name.split(".");
      if (kind === "step") set(name, saved.steps?.[side]?.[Number(what)]);
      if (kind === "scale") set(name, saved.scales?.[side]?.[what]);
    }
    set("preference", saved.preference);
    set("confidence", saved.confidence);
    byId("outside").checked = Boolean(saved.outside_specialty);
    byId("comment").value = saved.comment || "";
  }

  // ---- saving ----------------------------------------------------------------------------------------------
  function say(words, kind) {
    if (state.textContent !== words) state.textContent = words;
    state.dataset.kind = kind || "";
  }
  const clock = () => new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });

  function keep() {
    // A reload of this tab finds what could not be sent; closing the tab forgets it.
    try {
      if (dirty || inflight) sessionStorage.setItem(kept, JSON.stringify({ base: revision, sent: inflight, body: body() }));
      else sessionStorage.removeItem(kept);
    } catch { /* storage is full or forbidden: the page itself still holds everything */ }
  }

  async function ask(method, address, data) {
    const reply = await fetch(address, { method, headers: { "Accept": "application/json",
      "Content-Type": "application/json", "X-CSRF-Token": csrf }, body: data ? JSON.stringify(data) : undefined,
      credentials: "same-origin", cache: "no-store" });
    let found = {};
    try { found = await reply.json(); } catch { /* a proxy's page */ }
    return { status: reply.status, found };
  }

  async function renew() {
    // After a new sign-in in another tab the cookie is new, and this page's token is not.
    const { status, found } = await ask("GET", `/task/${task}/answer`);
    if (status === 200 && found.csrf && found.csrf !== csrf) { csrf = found.csrf; form.elements.csrf.value = csrf; return true; }
    return false;
  }

  function later(ms) { clearTimeout(timer); timer = setTimeout(() => { flush(); }, ms); }
  function changed() {
    if (closed) return;
    dirty = true;
    keep();
    if (conflict || over) return;
    if (!inflight) say("Saving …");
    later(QUIET);
  }

  let running = null;
  function flush() {
    clearTimeout(timer);
    running ??= send().finally(() => { running = null; });
    return running;
  }

  // Sends until nothing is left; true when the server has acknowledged all that the page holds.
  async function send() {
    while ((dirty || inflight) && !conflict && !over) {
      if (!inflight) { inflight = { base: revision, body: body() }; dirty = false; keep(); }
      say("Saving …");
      let reply;
      try { reply = await ask("PUT", `/task/${task}/answer`, inflight); } catch { return retry("Not saved – no connection. Trying again …"); }
      if (reply.status === 200) {
        revision = reply.found.revision;
        form.elements.base.value = revision;
        inflight = null;
        wait = 1000;
        if (byId("undo")) byId("undo").disabled = revision < 1;
        keep();
      } else if (reply.status === 401 || reply.status === 403) {
        let renewed = false;
        try { renewed = await renew(); } catch { /* no connection */ }
        if (renewed) continue;
        return retry("Not saved – your session has ended. Open your personal link in another tab; this page keeps your answers and saves them then.");
      } else if (reply.status === 409 && reply.found.error === "conflict") {
        conflict = true;
        byId("conflict").hidden = false;
        say("Not saved – changed in another window.", "bad");
        return false;
      } else if (reply.status >= 500 || reply.status === 429 || reply.status === 408) {
        return retry("Not saved – the server does not answer. Trying again …");
      } else {
        over = true;
        say(`Not saved – ${reply.found.message || "the server refused it"}.`, "bad");
        return false;
      }
    }
    if (!dirty && !inflight) { say(`Saved at ${clock()}`, "good"); return true; }
    return false;
  }

  function retry(words) {
    say(words, "bad");
    keep();
    later(wait);
    wait = Math.min(2 * wait, LONGEST);
    return false;
  }
  const again = () => { if ((dirty || inflight) && !conflict && !over) { wait = 1000; flush(); } };
  addEventListener("online", again);
  addEventListener("focus", again);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) again(); });
  addEventListener("beforeunload", (event) => { if ((dirty || inflight) && !over) { event.preventDefault(); } });
  addEventListener("pagehide", () => {
    if ((dirty || inflight) && !conflict && !over) {
      fetch(`/task/${task}/answer`, { method: "PUT", keepalive: true, credentials: "same-origin",
        headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
        body: JSON.stringify(dirty ? { base: revision, body: body() } : inflight) }).catch(() => {});
    }
  });

  byId("mine").addEventListener("click", async () => {
    let reply;
    try { reply = await ask("GET", `/task/${task}/answer`); } catch { return; }
    if (reply.status !== 200) return;
    revision = reply.found.revision;
    inflight = null; conflict = false; dirty = true;
    byId("conflict").hidden = true;
    flush();
  });
  byId("theirs").addEventListener("click", () => {
    dirty = false; inflight = null;
    keep();
    location.reload();
  });

  // ---- done and undo -----------------------------------------------------------------------------------------
  function lacking(list) {
    const box = byId("missing");
    box.replaceChildren(...list.map((words) => { const li = document.createElement("li"); li.textContent = words; return li; }));
    byId("still").hidden = list.length === 0;
    if (list.length) {
      byId("still").scrollIntoView({ block: "center" });
      const open = names.find((name) => chosen(name) === null);
      if (open) go(names.indexOf(open)); else byId("still").focus();
    }
  }

  let leaving = false;
  async function finish() {
    if (closed || leaving) return;
    leaving = true;
    try {
      if (!(await flush()) && (dirty || inflight)) return;
      let reply;
      try { reply = await ask("POST", `/task/${task}/done`, { base: revision, body: body() }); } catch { say("Saved, but not marked as done – no connection. Press Done again.", "bad"); return; }
      if (reply.status === 200) location.assign(reply.found.next);
      else if (reply.status === 422) { revision = reply.found.revision ?? revision; lacking(reply.found.missing || []); }
      else say(`Not marked as done – ${reply.found.message || "the server refused it"}.`, "bad");
    } finally { leaving = false; }
  }

  async function undo() {
    if (closed || !(dirty || inflight || revision)) return;
    if ((dirty || inflight) && !(await flush())) return;
    let reply;
    try { reply = await ask("POST", `/task/${task}/undo`, { base: revision }); } catch { say("Not undone – no connection.", "bad"); return; }
    if (reply.status === 200) {
      revision = reply.found.revision;
      form.elements.base.value = revision;
      put(reply.found.body);
      say(`Undone, saved at ${clock()}`, "good");
    } else say(`Not undone – ${reply.found.message || "the server refused it"}.`, "bad");
  }

  // ---- keys ----------------------------------------------------------------------------------------------------
  const dialog = byId("keys");
  const single = byId("single");
  try { single.checked = localStorage.getItem("review:single") !== "off"; } catch { /* forbidden: on */ }
  single.addEventListener("change", () => { try { localStorage.setItem("review:single", single.checked ? "on" : "off"); } catch { /* forbidden */ } });
  let current = -1;
  function go(index) {
    current = Math.max(0, Math.min(names.length - 1, index));
    const group = groups.get(names[current]);
    if (!group) return;
    const one = group.find((r) => r.checked) || group[0];
    one.focus({ preventScroll: true });
    (one.closest("li.step, table, fieldset") || one).scrollIntoView({ block: "nearest" });
  }
  form.addEventListener("focusin", (event) => {
    if (event.target.type === "radio") current = names.indexOf(event.target.name);
  });
  function choose(digit) {
    const group = groups.get(names[current]);
    const one = group?.[digit - 1];
    if (!one || one.disabled) return;
    one.checked = true;
    one.dispatchEvent(new Event("change", { bubbles: true }));
    if (current < names.length - 1) go(current + 1); else one.focus();
  }
  function cite() {
    const group = groups.get(names[Math.max(0, current)]);
    const here = document.activeElement?.closest?.("li.step") || group?.[0].closest("li.step");
    const details = here?.querySelector("details");
    if (details) details.open = !details.open;
  }
  function openHelp() { if (!dialog.open) dialog.showModal(); }
  const KEYS = { j: () => go(current + 1), k: () => go(current - 1), e: cite, u: undo, "?": openHelp,
    x: () => { byId("outside").click(); byId("outside").focus(); }, c: () => byId("comment").focus() };

  document.addEventListener("keydown", (event) => {
    alive = Date.now();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); finish(); return; }
    if (dialog.open || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const writing = event.target.matches?.("textarea, input[type=text]");
    if (event.key === "Escape" && writing) { event.target.blur(); go(Math.max(0, current)); return; }
    if (writing || !single.checked) return;
    if (/^[1-9]$/.test(event.key) && !closed) { event.preventDefault(); if (current < 0) go(0); choose(Number(event.key)); return; }
    const act = KEYS[event.key];
    if (act && !(closed && "ux".includes(event.key))) { event.preventDefault(); act(); }
  });

  // ---- the rest --------------------------------------------------------------------------------------------------
  form.addEventListener("change", changed);
  byId("comment").addEventListener("input", changed);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const which = event.submitter?.id;
    if (which === "undo") undo(); else if (which === "save") { dirty = true; flush(); } else finish();
  });
  byId("help").hidden = false;
  byId("help").addEventListener("click", openHelp);
  if (byId("save")) byId("save").hidden = true;
  for (const kind of ["pointermove", "pointerdown", "wheel", "touchstart", "scroll"]) {
    addEventListener(kind, () => { alive = Date.now(); }, { passive: true });
  }
  setInterval(() => { if (!document.hidden && Date.now() - alive < IDLE) seconds += 1; }, 1000);
  if (revision < 1 && byId("undo")) byId("undo").disabled = true;

  try {
    const lost = JSON.parse(sessionStorage.getItem(kept) || "null");
    if (lost && !closed) {
      // What was sent before the reload may have arrived: it is sent once more, and the server knows it again.
      put(lost.body);
      dirty = Boolean(lost.sent);
      inflight = lost.sent || { base: lost.base, body: lost.body };
      flush();
    }
  } catch { /* nothing to restore */ }
  form.dataset.ready = "yes";
})();
