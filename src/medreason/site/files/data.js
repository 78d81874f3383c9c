/* What the pages read: pieces of data, each a script of its own, because a page opened from disk may load scripts but
   not files. Every piece is loaded when it is needed, once. */
"use strict";
const MR = (() => {
  const waiting = new Map();
  const held = { lines: [], words: new Map(), items: new Map() };
  let about = null;

  function load(name) {
    if (!waiting.has(name)) {
      waiting.set(name, new Promise((done, failed) => {
        const script = document.createElement("script");
        script.src = "data/" + name + ".js";
        script.charset = "utf-8";
        script.onload = () => { script.remove(); done(); };
        script.onerror = () => {
          script.remove();
          waiting.delete(name);
          failed(new Error("The file data/" + name + ".js of this folder is missing or cannot be read."));
        };
        document.head.append(script);
      }));
    }
    return waiting.get(name);
  }

  /* Every word as the index has it: see medreason/site/words.py. */
  function words(text) {
    const plain = text.normalize("NFKD").toLowerCase().replace(/\p{M}+/gu, "");
    const found = plain.match(/[\p{L}\p{N}]+/gu) || [];
    return [...new Set(found.map((word) => {
      const head = word.slice(0, about.longest);
      return /[\ud800-\udbff]$/.test(head) ? head.slice(0, -1) : head;
    }))];
  }

  /* The pieces of the index whose words may begin with a prefix. */
  function pieces(prefix) {
    const first = about.pieces, found = [];
    for (let n = 0; n < first.length; n += 1) {
      const after = n + 1 < first.length ? first[n + 1] : null;
      if (after !== null && after <= prefix && !after.startsWith(prefix)) continue;
      if (first[n] > prefix && !first[n].startsWith(prefix)) break;
      found.push(n);
    }
    return found;
  }

  function mark(piece, prefix, marks) {
    const list = piece[0];
    let low = 0, high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle] < prefix) low = middle + 1; else high = middle;
    }
    for (let at = low; at < list.length && list[at].startsWith(prefix); at += 1) {
      let item = -1;
      for (const gap of piece[1][at].split(" ")) { item += parseInt(gap, 36); marks[item] = 1; }
    }
  }

  /* Which items hold a word that begins with each word of the query: a byte an item; null for a query without words. */
  async function search(query) {
    const asked = words(query);
    if (!asked.length) return null;
    const needed = [...new Set(asked.flatMap(pieces))];
    await Promise.all(needed.map((n) => load("words-" + n)));
    let all = null;
    for (const word of asked) {
      const marks = new Uint8Array(about.items);
      for (const n of pieces(word)) mark(held.words.get(n), word, marks);
      if (all) for (let i = 0; i < marks.length; i += 1) all[i] &= marks[i]; else all = marks;
    }
    return all;
  }

  async function item(n) {
    const piece = Math.floor(n / about.shard);
    await load("items-" + piece);
    return held.items.get(piece)[n - piece * about.shard];
  }

  /* Loads the list piece by piece; tells after each how much is there. */
  async function list(told) {
    for (let n = 0; n < about.chunks; n += 1) {
      await load("list-" + n);
      told(held.lines.length === about.items);
    }
  }

  return {
    load, words, search, item, list,
    get about() { return about; },
    get lines() { return held.lines; },
    isAbout(value) { about = value; },
    isLines(rows) { for (const row of rows) held.lines.push(row); },
    isWords(n, list_, items) { held.words.set(n, [list_, items]); },
    isItems(n, rows) { held.items.set(n, rows); },
  };
})();

/* An element with attributes and children; text is always set as text. */
function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}
/* A text from the data: kept apart from what stands beside it, whichever way it is written. */
const said = (text) => h("bdi", {}, String(text));
const count = (n, one) => n.toLocaleString("en") + " " + one + (n === 1 ? "" : "s");
const bits = (value) => value.toFixed(1).replace("-", "−");
const plus = (value) => (value >= 0 ? "+" : "") + bits(value);
