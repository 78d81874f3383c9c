/* Where one is: the address behind # says it, so that links and the back button work. Keys: / Escape arrows. */
"use strict";
const CARD = (() => {
  let card, owner = null, pinned = false, timer = 0;
  function place() {
    const box = owner.getBoundingClientRect(), width = card.offsetWidth, room = document.documentElement.clientWidth;
    card.style.left = Math.max(8, Math.min(box.left, room - width - 8)) + scrollX + "px";
    const below = box.bottom + 6 + card.offsetHeight <= innerHeight || box.top < card.offsetHeight + 6;
    card.style.top = (below ? box.bottom + 6 : box.top - card.offsetHeight - 6) + scrollY + "px";
  }
  function close() {
    clearTimeout(timer);
    if (owner) { owner.setAttribute("aria-expanded", "false"); owner.removeAttribute("aria-describedby"); }
    owner = null;
    pinned = false;
    card.hidden = true;
  }
  function open(button, content) {
    clearTimeout(timer);
    if (owner === button) return;
    if (owner) close();
    owner = button;
    card.replaceChildren(...content().filter(Boolean));
    card.hidden = false;
    button.setAttribute("aria-expanded", "true");
    button.setAttribute("aria-describedby", "card");
    place();
  }
  return {
    open, close,
    begin(element) {
      card = element;
      card.addEventListener("mouseenter", () => clearTimeout(timer));
      card.addEventListener("mouseleave", () => CARD.leave());
      addEventListener("resize", close);
    },
    leave() {
      clearTimeout(timer);
      if (!pinned) timer = setTimeout(() => { if (!card.contains(document.activeElement)) close(); }, 200);
    },
    pin(button, content) {
      if (owner === button && pinned) { close(); return; }
      open(button, content);
      pinned = true;
    },
    get isOpen() { return owner !== null; },
  };
})();

(() => {
  const at = (id) => document.getElementById(id);
  let ready = null, seen = null, typed = false;

  const queryOf = (hash) => (hash.includes("?") ? hash.slice(hash.indexOf("?")) : "");

  /* The search field takes the very next key, also from a record, whose way back to the list ends later. */
  function search() {
    if (at("listing").hidden) {
      const back = LIST.last || "#/";
      at("listing").hidden = false;
      at("record").hidden = typed = true;
      seen = null;
      LIST.read(queryOf(back));
      location.hash = back;
    }
    at("q").focus();
    at("q").select();
  }

  async function route() {
    CARD.close();
    const hash = location.hash || "#/";
    const record = hash.match(/^#\/r\/(.*)$/);
    at("listing").hidden = Boolean(record);
    at("record").hidden = !record;
    if (!record) {
      LIST.last = hash;
      document.title = "Reasoning records · medreason";
      if (!typed) LIST.read(queryOf(hash));
      typed = false;
      await LIST.show();
      if (seen !== null) LIST.focusItem(seen);
      seen = null;
      return;
    }
    at("record").replaceChildren(h("p", { role: "status" }, "Reading …"));
    let key = record[1];
    try { key = decodeURIComponent(key); } catch { /* an address that was cut off: looked for as it stands */ }
    let n = LIST.number(key);
    if (n < 0) { await ready; n = LIST.number(key); }
    if (location.hash !== hash) return;
    if (n < 0) {
      at("record").replaceChildren(h("h1", {}, "No such item"), h("p", {}, "This run has no item ", said(key), "."), h("p", {}, h("a", { href: "#/" }, "All items")));
      return;
    }
    seen = n;
    await RECORD.show(n);
  }
  function failed(error) {
    const place = at("listing").hidden ? at("record") : at("count");
    place.textContent = error.message;
  }

  addEventListener("beforeprint", () => { for (const folded of at("record").querySelectorAll("details")) folded.open = true; });
  addEventListener("hashchange", () => route().catch(failed));
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const writing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (event.key === "Escape" && CARD.isOpen) { CARD.close(); return; }
    if (event.key === "/" && !writing) {
      event.preventDefault();
      search();
      return;
    }
    if (!at("record").hidden) {
      if (event.key === "Escape") location.hash = LIST.last || "#/";
      const way = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
      const scrolls = document.activeElement.closest(".scroll");
      const link = way && !scrolls && at("record").querySelector("a[rel=" + way + "]");
      if (link) link.click();
      return;
    }
    if (!/^SELECT$/.test(document.activeElement.tagName) && LIST.key(event)) event.preventDefault();
  });

  async function begin() {
    CARD.begin(at("card"));
    RECORD.begin(at("record"));
    await MR.load("about");
    LIST.begin();
    let first = true;
    ready = MR.list((all) => {
      LIST.grown(all);
      if (first || all) { first = false; if (at("record").hidden) route().catch(failed); }
    });
    if (location.hash.startsWith("#/r/")) route().catch(failed);
    await ready;
    if (!MR.about.items) route().catch(failed);
    document.documentElement.dataset.read = "all";
  }
  begin().catch(failed);
})();
