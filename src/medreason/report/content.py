"""What the report says about single records and about their distributions: plain values for the template."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from medreason.kg.frequency import in_words, pool
from medreason.kg.hierarchy import ladder
from medreason.kg.source import INVERSE_READING, IS_A
from medreason.kg.store import Graph
from medreason.records import Edge
from medreason.report.figures import PathEdge, path_figure

CHOSEN_RECORDS = 12
STANCE_SIGN = {"supports": "+", "compatible": "~", "contradicts": "−"}
CODE_NAMES = {
    "PCS": "published clinical study (PCS)",
    "TAS": "traceable author statement (TAS)",
    "IEA": "inferred electronically (IEA)",
    "": "no evidence code",
}
LINKS = {
    "PMID": "https://pubmed.ncbi.nlm.nih.gov/{}/",
    "OMIM": "https://omim.org/entry/{}",
    "ORPHA": "https://www.orpha.net/en/disease/detail/{}",
    "HP": "https://hpo.jax.org/browse/term/HP:{}",
}


class Bar(NamedTuple):
    """A row of a distribution: label, count, share of the largest (0 to 100)."""

    label: str
    items: int
    width: float


def bars(counts: Counter[str], limit: int = 12) -> list[Bar]:
    """The largest rows of a distribution, the rest summed up as "other"."""
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    if len(ranked) > limit:
        ranked = [*ranked[: limit - 1], ("other", sum(c for _, c in ranked[limit - 1 :]))]
    top = max((c for _, c in ranked), default=1)
    return [Bar(label, count, round(100 * count / top, 1)) for label, count in ranked]


def link(reference: str) -> str:
    """Web address of a reference, empty where none is known."""
    if reference.startswith(("https://", "http://")):
        return reference
    prefix, _, local = reference.partition(":")
    return LINKS[prefix].format(local) if prefix in LINKS and local else ""


def frequency_words(graph: Graph, edge: Edge) -> str:
    """The frequencies of an edge: counts pooled over its reports, others as stated."""
    given = [row.frequency for row in edge.evidence if row.frequency is not None]
    counts = [f for f in given if f.n is not None]
    words = [in_words(graph, pool(counts))] if counts else []
    if len(counts) > 1:
        words[0] += f" in {len(counts)} reports"
    words += [in_words(graph, pool([f])) for f in given if f.n is None]
    return ", ".join(dict.fromkeys(words)) or "not stated"


class Citation(NamedTuple):
    """An edge as a reader sees it."""

    number: int
    id: str
    head: str
    relation: str
    tail: str
    frequency: str
    code: str
    references: list[tuple[str, str]]


def citation(graph: Graph, edge_id: str, number: int, excluded: Iterable[str]) -> Citation:
    """An edge with its references (those of the case's own publications left out) and their links."""
    edge = graph.edge(edge_id)
    hidden = set(excluded)
    found = dict.fromkeys(r for row in edge.evidence for r in row.references if r not in hidden)
    relation = edge.relation.replace("_", " ")
    if edge.polarity == "absent":
        relation = f"{relation}: not observed"
    touched = any(hidden & set(row.references) for row in edge.evidence)
    frequency = "" if edge.relation == IS_A else "pooled, withheld" if touched else frequency_words(graph, edge)
    codes = ", ".join(dict.fromkeys(row.code for row in edge.evidence if row.code))
    references = [(r, link(r)) for r in found]
    return Citation(
        number, edge.id, graph.name(edge.head), relation, graph.name(edge.tail), frequency, codes, references
    )


def highlighted(question: str, findings: Sequence[dict[str, Any]]) -> Markup:
    """The question with its findings marked, observed and excluded told apart; longest wording first."""
    taken = [""] * len(question)
    for finding in sorted(findings, key=lambda f: -len(f["text"])):
        text = finding["text"]
        start = question.lower().find(text.lower()) if text else -1
        while start >= 0:
            if not any(taken[start : start + len(text)]):
                taken[start : start + len(text)] = [finding["status"]] * len(text)
                break
            start = question.lower().find(text.lower(), start + 1)
    parts, at = [], 0
    while at < len(question):
        end = at
        while end < len(question) and taken[end] == taken[at]:
            end += 1
        piece = escape(question[at:end])
        parts.append(f'<mark class="{taken[at]}">{piece}</mark>' if taken[at] else str(piece))
        at = end
    return Markup("".join(parts))


def paths(graph: Graph, record: dict[str, Any]) -> Markup:
    """The path graph of the chosen option and the runner-up."""
    totals = {k: score["total"] for k, score in record["scores"].items()}
    keys = sorted(totals, key=lambda k: (k != record["chosen_key"], -totals[k], k))[:2]
    findings: dict[str, None] = {}
    terms: dict[str, None] = {}
    diseases: dict[str, None] = {}
    lines: dict[PathEdge, None] = {}
    reading = INVERSE_READING["has_phenotype"].replace("_", " ")
    for key in keys:
        strongest = sorted(record["evidence"][key], key=lambda e: -abs(e["weight"]))[:6]
        for piece in strongest:
            edge = graph.edge(piece["edge"])
            finding, term, disease = graph.name(piece["finding"]), graph.name(edge.tail), graph.name(edge.head)
            findings[finding] = diseases[disease] = None
            relation = reading if edge.polarity == "present" else "not observed in"
            if edge.tail == graph.current_id(piece["finding"]):
                lines[PathEdge(f"finding:{finding}", f"disease:{disease}", relation, piece["stance"])] = None
            else:
                terms[term] = None
                below = piece["stance"] == "compatible" or edge.polarity == "absent"
                step = "related" if piece["via"] else "is a" if below else "has subtype"
                lines[PathEdge(f"finding:{finding}", f"term:{term}", step, piece["stance"])] = None
                lines[PathEdge(f"term:{term}", f"disease:{disease}", relation, piece["stance"])] = None
    label = f"Paths from the findings of {record['id']} to the best supported option and the runner-up"
    return path_figure(list(findings), list(terms), list(diseases), list(lines), label)


def choose(records: Sequence[dict[str, Any]], count: int = CHOSEN_RECORDS) -> list[dict[str, Any]]:
    """Records to show: one of every main organ system in turn, widest and narrowest margins alternating."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for record in sorted(records, key=lambda r: (-r["margin"], r["id"])):
        groups.setdefault((record["organ_systems"] or [""])[0], []).append(record)
    order = sorted(groups, key=lambda g: (-len(groups[g]), g))
    chosen: list[dict[str, Any]] = []
    turn = 0
    while len(chosen) < min(count, len(records)):
        for name in order:
            if groups[name] and len(chosen) < count:
                chosen.append(groups[name].pop(0 if turn % 2 == 0 else -1))
                turn += 1
    return chosen


def distributions(graph: Graph, records: Sequence[dict[str, Any]]) -> dict[str, list[Bar]]:
    """Path lengths, relations, evidence kinds and organ systems over all records."""
    lengths: Counter[str] = Counter()
    relations: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    systems: Counter[str] = Counter()
    known: dict[str, Edge] = {}
    for record in records:
        systems.update(record["organ_systems"])
        cited = dict.fromkeys(e for s in record["steps"] for e in s["edges"])
        for edge_id in cited:
            edge = known.setdefault(edge_id, graph.edge(edge_id))
            relations[edge.relation.replace("_", " ") + (" (not observed)" if edge.polarity == "absent" else "")] += 1
            if edge.relation != IS_A:
                codes.update({CODE_NAMES.get(row.code, row.code) for row in edge.evidence})
        for found in record["evidence"].values():
            for piece in found:
                hops = _hops(graph, piece)
                lengths["1 edge" if hops == 1 else f"{hops} edges"] += 1
    return {"lengths": bars(lengths), "relations": bars(relations), "codes": bars(codes), "systems": bars(systems, 16)}


def _hops(graph: Graph, piece: dict[str, Any]) -> int:
    """Number of edges from a finding to the disease: the annotation and the is_a walks up to what is shared."""
    finding, term = graph.require(piece["finding"]), graph.require(graph.edge(piece["edge"]).tail)
    via = graph.require(piece["via"]) if piece["via"] else term if term in graph.ancestors[finding] else finding
    return 1 + len(ladder(graph, finding, via)) + len(ladder(graph, term, via))


def shown(graph: Graph, record: dict[str, Any]) -> dict[str, Any]:
    """Everything the template needs for one record."""
    numbers: dict[str, int] = {}
    for step in record["steps"]:
        for edge in step["edges"]:
            numbers.setdefault(edge, len(numbers) + 1)
    hidden = record["excluded_publications"]
    options = []
    for option in record["options"]:
        found = sorted(record["evidence"].get(option["key"], []), key=lambda e: -e["weight"])
        rows = []
        for piece in found:
            edge = graph.edge(piece["edge"])
            cite = citation(graph, piece["edge"], numbers.get(piece["edge"], 0), hidden)
            name = graph.name(piece["finding"])
            term = "" if graph.name(edge.tail) == name else graph.name(edge.tail)
            rows.append(
                {
                    "sign": STANCE_SIGN[piece["stance"]],
                    "finding": name,
                    "term": term,
                    "via": graph.name(piece["via"]) if piece["via"] else "",
                    "cite": cite,
                    "stance": piece["stance"],
                    "weight": piece["weight"],
                }
            )
        options.append({**option, "rows": rows, "score": record["scores"].get(option["key"])})
    steps = [{**s, "citations": [citation(graph, e, numbers[e], hidden) for e in s["edges"]]} for s in record["steps"]]
    return {
        **record,
        "vignette": highlighted(record["question"], record["findings"]),
        "option_rows": options,
        "chain": steps,
        "figure": paths(graph, record),
        "answer_text": next(o["text"] for o in record["options"] if o["key"] == record["chosen_key"]),
    }
