"""Checks the records of language models: the sheet against the graph, the chain against the sheet.

The sheet is re-derived, not believed: every evidence line must be a recomputed piece of evidence (docs/scoring.md) with
the frequency and the references of its edge, every walk must be walked by its edges, and nothing that speaks against
an option may be missing. The chain is then checked by :mod:`medreason.quality.grounding`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from medreason.kg.store import Graph
from medreason.quality.facts import Facts, View
from medreason.quality.grounding import Grounder, Grounding
from medreason.quality.problem import Problem
from medreason.quality.recompute import Verdict, Weight
from medreason.quality.rules import same
from medreason.records import Record, SheetLine

_ID = re.compile(r"[FEC][1-9]\d*")
_FRACTION = re.compile(r"\b(\d+) of (\d+)\b")
_SOURCES = re.compile(r"\[([^\[\]]*)\]$")
_CARRIERS = re.compile(r"on record for (\d+) of (\d+) annotated diseases")


_OFTEN = (
    r"(?:how often is not stated|seen in \d+ of \d+ patients?(?: \(single report\))?|seen in [^,;()]{1,30} of patients"
    r"|frequency: [a-z ]+)"
)
_PATIENT = re.compile(
    r"age: the earliest onset recorded is [^,;]+, and the patient is younger"
    r"|sex: [^,;]+ is recorded, and the patient is (?:fe)?male; this weighs against it "
    r"(?:but settles nothing|without ruling it out)"
)
_FINDING = re.compile(
    r"(?: \(\"[^\"]*\"\))?: (?:present(?:; on record for \d+ of \d+ annotated diseases)?|looked for and absent)"
    r"(?:; this counts against no option|; no option has it on record)?"
)


def grounding(record: Record, graph: Graph) -> Grounding:
    """Problems and claims of a record's chain against its own sheet."""
    grounder = Grounder(graph, record.id, record.question, record.options, record.findings, record.sheet)
    return grounder.check(record.steps, record.chosen_key)


def check(record: Record, facts: Facts, verdict: Verdict) -> Iterator[Problem]:
    """Everything that is wrong with a record's choice, sheet and chain."""
    yield from _choice(record, verdict)
    yield from _lines(record, facts, verdict)
    yield from _complete(record, facts, verdict)
    yield from grounding(record, facts.graph).problems


def _wrong(record: Record, rule: str, message: str) -> Problem:
    return Problem(record.id, 0, rule, message)


def _choice(record: Record, verdict: Verdict) -> Iterator[Problem]:
    if record.chosen_key not in {o.key for o in record.options}:
        yield _wrong(record, "choice", f"the chosen option {record.chosen_key!r} does not exist")
    if record.chosen_key != record.answer_key:
        yield _wrong(record, "choice", f"the chain chose {record.chosen_key}, and the answer is {record.answer_key}")
    others = [score for key, score in verdict.scores.items() if key != record.chosen_key]
    own = verdict.scores.get(record.chosen_key)
    lead = 0.0 if own is None else own - max(others, default=0.0)
    if not same(record.margin, lead):
        yield _wrong(record, "margin", f"the margin is {lead:.4f} bits, not {record.margin:g}")
    written = record.written
    if written is not None and written.hinted != ("hinted" in record.flags):
        yield _wrong(record, "hinted", "the flag hinted and the way the chain was written disagree")


def _lines(record: Record, facts: Facts, verdict: Verdict) -> Iterator[Problem]:
    seen: set[str] = set()
    for line in record.sheet:
        if not _ID.fullmatch(line.id) or line.id in seen:
            yield _wrong(record, "sheet", f"{line.id!r} is no id of a line, or occurs twice")
        seen.add(line.id)
        kind = line.id[:1]
        if kind == "F":
            yield from _finding(record, line, facts, verdict)
        elif kind == "C":
            if line.text not in record.context or line.edges:
                yield _wrong(record, "sheet", f"{line.id} is no sentence of the context")
        elif line.stance == "related":
            yield from _walk(record, line, facts, verdict.view)
        elif not line.edges:
            yield from _patient(record, line, facts, verdict)
        else:
            yield from _evidence(record, line, facts, verdict)


def _finding(record: Record, line: SheetLine, facts: Facts, verdict: Verdict) -> Iterator[Problem]:
    status = {facts.graph.current_id(f.concept): f.status for f in record.findings}
    concept = line.concepts[0] if line.concepts else ""
    if concept not in status:
        yield _wrong(record, "sheet", f"{line.id} is about {concept}, which is no finding of the case")
        return
    number = facts.graph.require(concept)
    told = "looked for and absent" if status[concept] == "excluded" else "present"
    if told not in line.text or not line.text.startswith(facts.name(number)):
        yield _wrong(record, "sheet", f"{line.id} does not say that {facts.name(number)} is {told}")
    elif not _FINDING.fullmatch(line.text.removeprefix(facts.name(number))):
        yield _wrong(record, "sheet", f"{line.id} says more of {facts.name(number)} than a line of the sheet may")
    supported = [key for key, weights in verdict.evidence.items() if number in weights]
    supported = [key for key in supported if verdict.evidence[key][number].stance == "supports"]
    if "no option has it" in line.text and supported:
        yield _wrong(record, "sheet", f"{line.id}: option {supported[0]} has {facts.name(number)} on record")
    for count, of in _CARRIERS.findall(line.text):
        view = verdict.view
        if (int(count), int(of)) != (view.carriers(number), view.diseases):
            right = f"{view.carriers(number)} of {view.diseases}"
            yield _wrong(record, "sheet", f"{line.id}: {facts.name(number)} is on record for {right} diseases")


def _visible(record: Record, line: SheetLine, facts: Facts, view: View) -> Iterator[Problem | int]:
    """The edges of a line by number, or what is wrong with them."""
    for edge in line.edges:
        number = facts.edge_number(edge)
        if number is None:
            yield _wrong(record, "citation", f"{line.id}: edge {edge} is not in the graph")
        elif number in view.dropped:
            message = f"{line.id}: edge {edge} rests on the excluded publication {view.dropped[number]}"
            yield _wrong(record, "excluded", message)
        else:
            yield number


def _evidence(record: Record, line: SheetLine, facts: Facts, verdict: Verdict) -> Iterator[Problem]:
    graph = facts.graph
    found = list(_visible(record, line, facts, verdict.view))
    edges = {e for e in found if isinstance(e, int)}
    yield from (p for p in found if isinstance(p, Problem))
    weights = verdict.evidence.get(line.option, {})
    finding = graph.number(line.concepts[0]) if line.concepts else None
    weight = weights.get(finding) if finding is not None else None
    if weight is None or weight.edge not in edges or weight.stance != line.stance:
        yield _wrong(record, "sheet", f"{line.id}: it does not follow that this {line.stance} option {line.option}")
        return
    walked = {e for e in edges if e != weight.edge}
    if any(graph.relation[e] != facts.is_a for e in walked):
        yield _wrong(record, "sheet", f"{line.id} rests on edges that do not belong to it")
    below = {finding, weight.term} | {int(graph.tail[e]) for e in walked}
    if any(int(graph.head[e]) not in below for e in walked):
        yield _wrong(record, "sheet", f"{line.id}: its is_a edges do not start at the finding or the annotated term")
    yield from _words(record, line, facts, verdict.view, weight)


def _words(record: Record, line: SheetLine, facts: Facts, view: View, weight: Weight) -> Iterator[Problem]:
    """Names, fraction and references of a line are those of its edge."""
    for node in (weight.finding, weight.term):
        if facts.name(node) not in line.text:
            yield _wrong(record, "sheet", f"{line.id} does not name {facts.name(node)}")
    if not _form(facts, weight).fullmatch(line.text):
        yield _wrong(record, "sheet", f"{line.id} does not say in a sheet's words that this {line.stance} its option")
    pooled = view.seen(weight.edge)
    if pooled.n is not None and "how often is not stated" in line.text:
        yield _wrong(record, "frequency", f"{line.id} leaves out the frequency of edge {line.edges[0]}")
    told = {(int(k), int(n)) for k, n in _FRACTION.findall(line.text)}
    if told and told != {(pooled.k, pooled.n)}:
        yield _wrong(record, "frequency", f"{line.id} states a frequency that edge {line.edges[0]} does not have")
    sources = _SOURCES.search(line.text)
    known = {r for row in facts.graph.edge_at(weight.edge).evidence for r in row.references} - view.hidden
    given = re.sub(r" and \d+ more$", "", sources[1]).split("; ") if sources and sources[1] else []
    for reference in given:
        if reference not in known:
            yield _wrong(record, "reference", f"{line.id}: {reference} is no visible reference of its edge")


def _form(facts: Facts, weight: Weight) -> re.Pattern[str]:
    """The words in which a line may say a piece of evidence."""
    name, term, via = (re.escape(facts.name(n)) for n in (weight.finding, weight.term, weight.via))
    kind = "" if weight.term == weight.finding else f" as {term}"
    forms = {
        "supports": rf" is recorded{kind}, {_OFTEN}",
        "compatible": (
            rf": only the broader {term} is recorded, {_OFTEN}"
            if weight.via == weight.term
            else rf": not recorded itself; the related {term} is \(both are kinds of {via}\)"
        ),
        "contradicts": (
            rf"(?: is absent here, yet recorded{kind} {_OFTEN}"
            rf"|: looked for{kind} in the disease and not found, (?:0 of \d+ patients had it|reported as not seen))"
        ),
    }
    return re.compile(rf"{name} \(F\d+\){forms[weight.stance]} \[[^\[\]]*\]")


def _walk(record: Record, line: SheetLine, facts: Facts, view: View) -> Iterator[Problem]:
    graph = facts.graph
    found = list(_visible(record, line, facts, view))
    yield from (p for p in found if isinstance(p, Problem))
    edges = [e for e in found if isinstance(e, int)]
    nodes = [graph.number(c) for c in line.concepts]
    if len(edges) != len(line.edges) or len(nodes) != len(edges) + 1:
        yield _wrong(record, "sheet", f"{line.id} is no walk")
        return
    for edge, start, end in zip(edges, nodes, nodes[1:], strict=False):
        if {int(graph.head[edge]), int(graph.tail[edge])} != {start, end}:
            yield _wrong(record, "sheet", f"{line.id}: its edges do not make a walk")
            return
        told = graph.edge_at(edge)
        if f"{graph.name(told.head)} | {told.relation}" not in line.text or graph.name(told.tail) not in line.text:
            yield _wrong(record, "sheet", f"{line.id} does not say edge {told.id} as it is")
        if told.polarity == "absent" and "not seen" not in line.text:
            yield _wrong(record, "polarity", f"{line.id}: edge {told.id} reports an absence")


def _patient(record: Record, line: SheetLine, facts: Facts, verdict: Verdict) -> Iterator[Problem]:
    rule = line.text.split(":", 1)[0]
    concept = verdict.against.get(line.option, {}).get(rule)
    if line.stance != "contradicts" or concept is None or facts.name(concept) not in line.text:
        message = f"{line.id}: the patient's age or sex does not weigh against option {line.option}"
        yield _wrong(record, "sheet", message)
    elif not _PATIENT.fullmatch(line.text):
        yield _wrong(record, "sheet", f"{line.id} does not say in a sheet's words what the patient's {rule} weighs")


def _complete(record: Record, facts: Facts, verdict: Verdict) -> Iterator[Problem]:
    """Nothing that speaks against an option is missing from the sheet."""
    lines = [line for line in record.sheet if line.stance == "contradicts"]
    for key, weights in verdict.evidence.items():
        held = {facts.edge_number(e) for line in lines if line.option == key for e in line.edges}
        for weight in weights.values():
            if weight.stance == "contradicts" and weight.edge not in held:
                name = facts.name(weight.finding)
                yield _wrong(record, "complete", f"{name} contradicts option {key}, and no line of the sheet says so")
    for key, against in verdict.against.items():
        rules = {line.text.split(":", 1)[0] for line in lines if line.option == key}
        for rule in against.keys() - rules:
            yield _wrong(record, "complete", f"the patient's {rule} weighs against option {key}, and no line says so")
