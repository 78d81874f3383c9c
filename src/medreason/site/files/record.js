/* The page of one item: case, options, evidence, paths, the chain with the edges it cites, where it all comes from. */
"use strict";
const RECORD = (() => {
  const SIGN = { supports: "+", compatible: "~", contradicts: "−", related: "·" };
  let details;

  function reference(name) {
    const [prefix, local] = [name.slice(0, name.indexOf(":")), name.slice(name.indexOf(":") + 1)];
    const form = MR.about.links[prefix];
    const url = /^https?:\/\//.test(name) ? name : form && local && name.includes(":") ? form.replace("{}", encodeURIComponent(local)) : "";
    return url ? h("a", { href: url, rel: "noreferrer noopener" }, said(name)) : said(name);
  }
  const references = (names, most) => [
    names.slice(0, most).map((name) => [reference(name), " "]),
    names.length > most ? "+" + (names.length - most) : "",
  ];
  const isA = (edge) => edge[2] === "is a";
  function sentence(edge) {
    if (edge.length === 1) return h("code", {}, said(edge[0]));
    return [said(edge[1]), " ", h("span", { class: "rel" }, said(edge[2])), " ", said(edge[3])];
  }
  const often = (text) => (text === "not stated" ? "frequency not stated" : said(text));
  const section = (title, ...content) => h("section", {}, h("h2", {}, title), ...content);

  function status(d) {
    const kept = !d.stage;
    return h("p", { class: "status" },
      h("span", { class: kept ? "tag kept" : "tag lost" }, kept ? "record" : "no record: " + d.stage + " / " + d.reason.replaceAll("_", " ")),
      kept ? h("span", { class: d.reviewed ? "tag kept" : "tag warn" }, d.reviewed ? "reviewed by a clinician" : "not reviewed by a clinician") : null,
      (d.flags || []).map((flag) => h("span", { class: "tag" }, said(flag.replaceAll("_", " ")))));
  }

  function vignette(d) {
    return section("The case",
      h("p", { class: "vignette", dir: "auto" }, d.text.map(([text, kind]) => (kind ? h("mark", { class: kind, title: kind }, text) : text))),
      (d.context || []).map((text) => h("p", { dir: "auto" }, text)),
      d.patient ? h("p", { class: "small" }, "Patient: ", said(d.patient.join(", "))) : null,
      d.findings ? h("p", { class: "legend" }, h("mark", { class: "observed" }, "observed finding"), " ", h("mark", { class: "excluded" }, "looked for and not found")) : null);
  }

  function options(d) {
    if (!d.options) return null;
    return section("The options",
      h("ol", { class: "options" }, d.options.map(([key, text, concept]) => h("li", { class: key === d.answer ? "chosen" : null },
        h("span", { class: "key" }, key), " ", said(text), " ", concept ? h("code", {}, said(concept)) : null,
        key === d.answer ? h("span", { class: "answer" }, " the answer") : null))),
      d.lead ? h("p", { class: "small" }, "The best supported option leads the second by " + bits(d.lead) + " bits.") : null);
  }

  function evidence(d) {
    if (!d.evidence) return null;
    const rows = d.options.flatMap(([key, text, , total, picture, patient]) => {
      const own = d.evidence.filter((row) => row[1] === key).sort((a, b) => b[5] - a[5]);
      const head = h("tr", { class: "option" }, h("td", {}, key), h("th", { scope: "rowgroup", colspan: 3 }, said(text), key === d.answer ? " (the answer)" : ""),
        h("td", { class: "num" }, total === undefined ? "" : bits(total)));
      const rest = [["its record as a whole", picture], ["age or sex of the patient", patient]].filter(([, value]) => value);
      const none = own.length ? [] : [h("tr", {}, h("td", {}), h("td", { colspan: 4, class: "small" }, "nothing recorded about the findings of this case"))];
      return [head, ...own.map((row) => piece(d, row)), ...none,
        ...rest.map(([name, value]) => h("tr", {}, h("td", {}), h("td", { colspan: 3 }, name), h("td", { class: "num" }, plus(value))))];
    });
    return section("Evidence for and against each option",
      h("div", { class: "wide" }, h("table", { class: "evidence" },
        h("thead", {}, h("tr", {}, ["", "finding", "annotated as, in how many patients", "source"].map((x) => h("th", { scope: "col" }, x)), h("th", { class: "num", scope: "col" }, "bits"))),
        h("tbody", {}, rows))),
      h("p", { class: "legend" }, h("span", { class: "supports" }, "+ supports"), " · ", h("span", { class: "compatible" }, "~ compatible, weaker"), " · ",
        h("span", { class: "contradicts" }, "− contradicts"), " · ★ decisive: the pieces that make up most of the answer’s support, or weigh against the runner-up"));
  }
  function piece(d, [, , name, wording, stance, value, decisive, numbers]) {
    const edges = numbers.map((n) => d.edges[n]), first = edges.find((edge) => edge.length > 1 && !isA(edge));
    const names = edges.flatMap((edge) => edge[6] || []);
    return h("tr", {},
      h("td", { class: stance, title: stance }, SIGN[stance] || "", h("span", { class: "hidden" }, stance)),
      h("td", {}, decisive ? h("span", { title: "decisive", "aria-label": "decisive" }, "★ ") : null, said(name),
        wording && wording.toLowerCase() !== name.toLowerCase() ? h("span", { class: "small" }, " (“", said(wording), "”)") : null),
      h("td", { class: "detail" }, first ? [said(first[3]), first[4] ? [" · ", often(first[4])] : ""] : edges.map((edge) => h("code", {}, said(edge[0])))),
      h("td", { class: "detail" }, references([...new Set(names)], 3), first && first[5] ? " (" + first[5] + ")" : ""),
      h("td", { class: "num " + stance }, value ? plus(value) : ""));
  }

  function figure(d) {
    if (!d.figure) return null;
    const svg = new DOMParser().parseFromString(d.figure, "text/html").querySelector("svg");
    return section("Paths in the graph: the best supported option and the runner-up",
      h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Figure of the paths; the table of evidence has the same" }, document.importNode(svg, true)),
      h("p", { class: "legend" }, h("span", { class: "supports" }, "━ supports"), " · ", h("span", { class: "compatible" }, "┅ compatible, weaker"), " · ", h("span", { class: "contradicts" }, "╍ contradicts")));
  }

  /* A button for what a step cites, and the card that tells it: on hover, on focus, or kept open by a tap. */
  function cite(label, card) {
    return h("button", { type: "button", class: "cite", "aria-expanded": "false",
      onmouseenter: (event) => CARD.open(event.currentTarget, card), onmouseleave: () => CARD.leave(),
      onfocus: (event) => CARD.open(event.currentTarget, card), onblur: () => CARD.leave(),
      onclick: (event) => CARD.pin(event.currentTarget, card) }, label);
  }
  function edgeCard(d, n) {
    const edge = d.edges[n];
    return () => [h("p", {}, sentence(edge)), edge[4] ? h("p", {}, "Patients: ", often(edge[4])) : null, edge[5] ? h("p", {}, "Evidence code: ", said(edge[5])) : null,
      (edge[6] || []).length ? h("p", {}, "Source: ", references(edge[6], 6)) : null, h("p", { class: "small" }, "edge ", h("code", {}, said(edge[0])),
        edge.length === 1 ? ". This site was made without the graph, so its names are not known here." : "")];
  }
  function lineCard(line) {
    return () => [h("p", {}, said(line[1])), h("p", { class: "small" }, "line " + line[0] + " of the evidence sheet" + (line[2] ? ", option " + line[2] : "") + (line[3] ? ", " + line[3] : ""))];
  }
  function chain(d) {
    if (!d.steps) return null;
    return section("The chain, step by step",
      h("p", { class: "small" }, "Under each step what it cites: point at a number, reach it with Tab, or tap it.",
        d.stage ? " Edges are shown as the graph states them, the case’s own publication not set aside." : ""),
      h("ol", { class: "chain" }, d.steps.map(([n, text, edges, lines]) => h("li", { value: n },
        h("p", { dir: "auto" }, text),
        h("p", { class: "cites" },
          lines.map((id) => { const line = (d.sheet || []).find((x) => x[0] === id); return line ? cite(id, lineCard(line)) : h("span", { class: "tag" }, said(id)); }),
          edges.map((e) => cite("edge " + (e + 1), edgeCard(d, e))))))));
  }

  function edges(d) {
    if (!d.edges) return null;
    const row = (edge, n) => h("tr", {}, h("td", { class: "num" }, String(n + 1)), h("td", {}, sentence(edge)), h("td", { class: "detail" }, said(edge[4] || "")),
      h("td", { class: "detail" }, references(edge[6] || [], 4), edge[5] ? " (" + edge[5] + ")" : ""), h("td", {}, edge.length > 1 ? h("code", {}, said(edge[0])) : ""));
    return section("Edges of the graph behind this item",
      h("details", {}, h("summary", {}, count(d.edges.length, "edge") + ", numbered as the steps cite them"),
        h("div", { class: "wide" }, h("table", { class: "edges" }, h("thead", {}, h("tr", {}, ["", "statement", "patients", "source", "id"].map((x) => h("th", { scope: "col" }, x)))),
          h("tbody", {}, d.edges.map(row))))));
  }

  function samples(d) {
    if (!d.samples) return null;
    return section("Chains that were not kept", d.samples.map(([n, hinted, chosen, verdict, problems, steps]) => h("details", {},
      h("summary", {}, "sample " + n + (hinted ? ", after the answer was told" : "") + ": " + verdict.replaceAll("_", " ") + (chosen ? ", chose " + chosen : "")),
      problems.length ? h("ul", {}, problems.map((text) => h("li", { dir: "auto" }, text))) : null,
      h("ol", {}, steps.map(([at, text]) => h("li", { value: at, dir: "auto" }, text))))));
  }

  function origin(d) {
    const about = MR.about, w = d.written, graph = d.graph || about.graph;
    const facts = [["id", said(d.id)], ["question from", d.source && said(d.source)], ["licence as the source states it", d.licence && said(d.licence)],
      ["graph", graph && [said(graph[0] + " " + graph[1]), ", content SHA-256 ", h("code", {}, graph[2])]],
      ["written by", (d.teacher || about.teacher) && said(d.teacher || about.teacher)],
      ["language model", w && [said(w[0]), ", profile " + w[1] + ", sample " + w[3], w[4] ? ", after the answer was told" : "", w[6] ? ", " + count(w[6], "citation") + " trimmed" : ""]],
      ["prompt versions", w && Object.entries(w[2]).map(([name, version]) => name + " " + version).join(", ")],
      ["requests (SHA-256)", w && w[5].length && w[5].map((key) => [h("code", {}, key), " "])],
      ["calls of this item", d.spent && count(d.spent[0], "answered request") + ", " + d.spent[1].toLocaleString("en") + " prompt and " + d.spent[2].toLocaleString("en") + " reply tokens"],
      ["cost of this item", d.spent && (d.spent[3] === null ? "no price given" : d.spent[3].toFixed(4))],
      ["set aside as the case’s own publication", d.aside && d.aside.map((name) => [reference(name), " "])],
      ["organ systems", d.systems && d.systems.map(LIST.system).join(", ")],
      ["reviewed", d.stage ? "no record, nothing to review" : d.reviewed ? "by a clinician" : "not reviewed by a clinician; not clinically validated"],
      ["made by", "medreason " + about.version + (about.seed === null ? "" : ", seed " + about.seed)]];
    return section("Where it comes from", h("dl", {}, facts.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])));
  }

  function lost(d) {
    if (!d.stage) return null;
    return section("Why there is no record", h("p", {}, d.words ? d.words[0].toUpperCase() + d.words.slice(1) + "." : ""), h("p", { dir: "auto" }, d.detail),
      d.chosen ? h("p", {}, "Chosen: option " + d.chosen + (d.lead === undefined || d.lead === null ? "" : ", lead " + bits(d.lead) + " bits")) : null);
  }
  function published(d) {
    if (!d.published) return null;
    return [d.published[2] ? section("The options", h("p", { class: "pre", dir: "auto" }, d.published[2])) : null,
      section("The answer", h("p", { class: "pre", dir: "auto" }, d.published[0])), section("The chain (published method: steps cite nothing)", h("p", { class: "pre", dir: "auto" }, d.published[1]))];
  }

  async function show(n) {
    const d = await MR.item(n), line = LIST.lineOf(n), step = (by) => {
      const other = LIST.neighbour(n, by);
      return other === null ? null : h("a", { href: "#/r/" + encodeURIComponent(LIST.keyOf(other)), rel: by < 0 ? "prev" : "next" }, by < 0 ? "← previous" : "next →");
    };
    const title = h("h1", { tabindex: -1, id: "title" }, said(line[1]));
    details.replaceChildren(
      h("nav", { class: "crumbs", "aria-label": "Items" }, h("a", { href: LIST.last || "#/", id: "back" }, "All items"), step(-1), step(1)),
      title, status(d), line[1] === d.id ? "" : h("p", { class: "small id" }, said(d.id)),
      ...[lost(d), d.text ? vignette(d) : null, options(d), published(d), evidence(d), figure(d), chain(d), edges(d), samples(d), origin(d)].flat().filter(Boolean));
    document.title = line[1] + " · medreason";
    scrollTo(0, 0);
    title.focus({ preventScroll: true });
  }
  return { show, begin(place) { details = place; }, get place() { return details; } };
})();
