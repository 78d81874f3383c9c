"""Defects for records of the offline teacher, by kind; see :mod:`tests.quality.defects`.

Why each is a defect: in a record that holds every cited edge is needed by a statement, every statement follows from
graph and case, and every number is the graph's. A plant that takes away, exchanges or contradicts one of these makes
the record false, except where the function works out that it does not.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from medreason.kg.naming import in_sentence
from medreason.kg.store import Graph
from medreason.quality.facts import Facts
from medreason.quality.recompute import Verdict, recompute
from medreason.records import Record, Step
from tests.quality import mutations
from tests.quality.defects import Harmless, Made, Plant
from tests.quality.flips import flips, names_in, with_step, with_steps

_NEGATIVE = re.compile(r"\b(?:not|no|nothing|without|unrecorded|nor)\b", re.IGNORECASE)
_ENDS = re.compile(r"(?<=\.) (?=[A-Z])")
_CARRIERS = re.compile(r"annotated diseases|diseases (?:are )?(?:annotated|recorded)", re.IGNORECASE)


@lru_cache(maxsize=2)
def _facts(graph: Graph) -> Facts:
    return Facts(graph)


def annotation_edges(step: Step, graph: Graph) -> list[str]:
    """The edges of a step that tie a disease to a finding."""
    return [e for e in step.edges if graph.edge(e).relation == "has_phenotype"]


def _still_reached(step: Step, edge: str, graph: Graph) -> bool:
    """Whether an ``is_a`` edge can be spared: its ends stay joined by the others that the step cites."""
    gone = graph.edge(edge)
    if gone.relation != "is_a":
        return False
    up: dict[str, list[str]] = {}
    for e in map(graph.edge, step.edges):
        if e.relation == "is_a" and e.id != edge:
            up.setdefault(e.head, []).append(e.tail)
    reached, waiting = set[str](), [gone.head]
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            waiting += up.get(node, [])
    return gone.tail in reached


# -- edges -------------------------------------------------------------------------------------------------


def left_out(record: Record, graph: Graph, rng: random.Random) -> Made:
    """One citation of a step is left out."""
    step = rng.choice(record.steps)
    edge = rng.choice(step.edges)
    made = with_step(record, replace(step, edges=tuple(e for e in step.edges if e != edge)))
    return Harmless(made) if _still_reached(step, edge, graph) else made


def _exchanged(record: Record, graph: Graph, rng: random.Random, draw: Callable[[str], list[str]]) -> Made:
    places = [(s, e) for s in record.steps for e in annotation_edges(s, graph)]
    rng.shuffle(places)
    for step, edge in places:
        if others := [o for o in draw(edge) if o not in step.edges]:
            new = rng.choice(others)
            return with_step(record, replace(step, edges=tuple(new if e == edge else e for e in step.edges)))
    return None


def other_finding_cited(record: Record, graph: Graph, rng: random.Random) -> Made:
    """An annotation gives way to another one of the same disease: the statement loses its edge."""

    def draw(edge: str) -> list[str]:
        e = graph.edge(edge)
        own = (graph.edge_at(n) for n in graph.outgoing[graph.require(e.head)].tolist())
        return [o.id for o in own if o.relation == e.relation and o.tail != e.tail]

    return _exchanged(record, graph, rng, draw)


def other_disease_cited(record: Record, graph: Graph, rng: random.Random) -> Made:
    """An annotation gives way to one of the same finding in another disease."""

    def draw(edge: str) -> list[str]:
        e = graph.edge(edge)
        own = (graph.edge_at(n) for n in graph.incoming[graph.require(e.tail)].tolist())
        return [o.id for o in own if o.relation == e.relation and o.head != e.head]

    return _exchanged(record, graph, rng, draw)


def random_cited(record: Record, graph: Graph, rng: random.Random) -> Made:
    """An annotation gives way to any edge of the graph."""
    return _exchanged(record, graph, rng, lambda _: [graph.edge_at(rng.randrange(graph.n_edges)).id])


def edge_unknown(record: Record, graph: Graph, rng: random.Random) -> Made:
    """The id of a cited edge is one digit off: there is no such edge."""
    step = rng.choice(record.steps)
    edge = rng.choice(step.edges)
    place = rng.randrange(1, len(edge))
    digit = rng.choice([d for d in "0123456789abcdef" if d != edge[place]])
    new = edge[:place] + digit + edge[place + 1 :]
    if graph.edge_number(new) is not None:
        return None
    return with_step(record, replace(step, edges=tuple(new if e == edge else e for e in step.edges)))


def other_subject(record: Record, graph: Graph, rng: random.Random) -> Made:
    """A step cites what another step cites: edges of the right form, of another option or finding."""
    pairs = [
        (a, b) for a in record.steps for b in record.steps
        if annotation_edges(a, graph) and annotation_edges(b, graph)
        and not set(annotation_edges(a, graph)) <= set(annotation_edges(b, graph))
    ]  # fmt: skip
    if not pairs:
        return None
    a, b = rng.choice(pairs)
    return with_step(record, replace(a, edges=b.edges))


# -- names -------------------------------------------------------------------------------------------------


class Place(NamedTuple):
    """A name in a step, and the sentence that it stands in."""

    step: Step
    start: int
    end: int
    sentence: str


def _places(record: Record, graph: Graph, name: str) -> Iterator[Place]:
    """Where a name stands by itself, not inside a longer one."""
    pattern = names_in(record, graph)
    for step in record.steps:
        ends = [0, *(m.end() for m in _ENDS.finditer(step.text)), len(step.text) + 1]
        for m in pattern.finditer(step.text):
            if m.group().casefold() == name.casefold():
                begin = max(e for e in ends if e <= m.start())
                stop = min(e for e in ends if e > m.start())
                yield Place(step, m.start(), m.end(), step.text[begin:stop])


def _named(record: Record, place: Place, name: str) -> Record:
    text = place.step.text
    first = place.start == 0 or text[: place.start].endswith(". ")
    new = name[:1].upper() + name[1:] if first else in_sentence(name)
    return with_step(record, replace(place.step, text=text[: place.start] + new + text[place.end :]))


def _recorded(verdict: Verdict, facts: Facts, disease: int, finding: int) -> bool:
    """Whether a visible annotation of a disease stands at or below a finding."""
    return any(a.present and finding in facts.above(a.term) for a in verdict.view.annotations(disease))


def _renamed_finding(record: Record, graph: Graph, rng: random.Random, pool: list[str]) -> Made:
    facts = _facts(graph)
    verdict = recompute(facts, record)
    seen = {f.concept for f in record.findings if f.status == "observed"}
    numbers = {c: graph.require(c) for c in {*seen, *pool}}
    places = [(p, c) for c in sorted(seen) for p in _places(record, graph, graph.name(c))]
    rng.shuffle(places)
    for place, own in places:
        if "bits" in place.sentence or len([p for p, c in places if c == own and p.step is place.step]) > 1:
            continue  # named twice in the step: another sentence may keep its edge
        told = {graph.edge(e).tail for e in annotation_edges(place.step, graph)} | {own}
        kin = {a for t in told for a in (graph.require(t), *facts.above(graph.require(t)))}
        others = [
            c for c in pool
            if c != own and numbers[c] not in kin and numbers[own] not in facts.above(numbers[c])
            and graph.name(c).casefold() not in place.step.text.casefold()
        ]  # fmt: skip
        if not others:
            continue
        new = rng.choice(others)
        return _finding_told(record, graph, verdict, place, (own, new), seen)
    return None


def _finding_told(
    record: Record, graph: Graph, verdict: Verdict, place: Place, names: tuple[str, str], seen: set[str]
) -> Record | Harmless:
    """The record with the new name, or that it is as true as the old one."""
    (own, new), facts = names, _facts(graph)
    made = _named(record, place, graph.name(new))
    if _CARRIERS.search(place.sentence):
        same = verdict.view.carriers(graph.require(own)) == verdict.view.carriers(graph.require(new))
        if same and new in seen:
            return Harmless(made)
    elif _NEGATIVE.search(place.sentence) and new in seen:
        diseases = [d for d in verdict.diseases.values() if facts.name(d).casefold() in place.sentence.casefold()]
        if len(diseases) == 1 and not _recorded(verdict, facts, diseases[0], graph.require(new)):
            return Harmless(made)
    return made


def finding_renamed(record: Record, graph: Graph, rng: random.Random) -> Made:
    """A finding's name gives way to that of another finding of the case, neither above nor below it."""
    return _renamed_finding(record, graph, rng, [f.concept for f in record.findings if f.status == "observed"])


def drawn(graph: Graph, rng: random.Random, count: int, *, diseases: bool) -> list[str]:
    """Diseases, or else findings, of annotations drawn at random."""
    facts = _facts(graph)
    edges = [e for e in rng.sample(range(graph.n_edges), 40 * count) if graph.relation[e] == facts.has]
    return list(dict.fromkeys(graph.curie(int((graph.head if diseases else graph.tail)[e])) for e in edges))[:count]


def finding_strange(record: Record, graph: Graph, rng: random.Random) -> Made:
    """A finding's name gives way to that of any finding that the case does not have."""
    case = {f.concept for f in record.findings}
    pool = drawn(graph, rng, 8, diseases=False)
    return _renamed_finding(record, graph, rng, [c for c in pool if c not in case])


def _renamed_disease(record: Record, graph: Graph, rng: random.Random, pool: list[str]) -> Made:
    facts = _facts(graph)
    verdict = recompute(facts, record)
    places = [(p, o) for o in record.options if o.concept for p in _places(record, graph, graph.name(o.concept))]
    rng.shuffle(places)
    for place, option in places:
        others = [c for c in pool if c != option.concept and graph.name(c) not in place.sentence]
        if others and "bits" not in place.sentence:
            new = graph.require(rng.choice(others))
            made = _named(record, place, facts.name(new))
            return Harmless(made) if _as_true(record, graph, verdict, place, new) else made
    return None


def _as_true(record: Record, graph: Graph, verdict: Verdict, place: Place, new: int) -> bool:
    """Whether a sentence that cites nothing of the disease is as true of another option."""
    keys = [k for k, d in verdict.diseases.items() if d == new]
    if not keys:
        return False
    if re.search(r"\byounger|\bonset|\bfemale\b", place.sentence):
        return True  # the patient's age or sex may weigh against both: not looked into
    if not _NEGATIVE.search(place.sentence):
        return False
    said = place.sentence.casefold()
    findings = [graph.require(f.concept) for f in record.findings if graph.name(f.concept).casefold() in said]
    return not any(_recorded(verdict, _facts(graph), new, f) for f in findings)


def disease_renamed(record: Record, graph: Graph, rng: random.Random) -> Made:
    """An option's name gives way to another option's."""
    return _renamed_disease(record, graph, rng, [o.concept for o in record.options if o.concept])


def disease_strange(record: Record, graph: Graph, rng: random.Random) -> Made:
    """An option's name gives way to that of any disease that is no option."""
    options = {o.concept for o in record.options}
    pool = drawn(graph, rng, 4, diseases=True)
    return _renamed_disease(record, graph, rng, [c for c in pool if c not in options])


# -- order -------------------------------------------------------------------------------------------------


def renumbered(record: Record, steps: list[Step]) -> Record:
    """The record with these steps, numbered from 1."""
    return with_steps(record, tuple(replace(s, n=n) for n, s in enumerate(steps, 1)))


def moved(record: Record, place: int, to: int) -> Record:
    """The record with one step at another place (counted without it)."""
    steps = list(record.steps)
    step = steps.pop(place)
    return renumbered(record, [*steps[:to], step, *steps[to:]])


def conclusion_early(record: Record, graph: Graph, rng: random.Random) -> Made:
    """The conclusion comes before a step that tells evidence."""
    last = len(record.steps) - 1
    return moved(record, last, rng.randrange(1, last)) if last > 1 else None


def comparison_early(record: Record, graph: Graph, rng: random.Random) -> Made:
    """The comparison of the leading options comes before the step that tells what one of them has on record."""
    place = len(record.steps) - 2
    names = [o.text for o in record.options if o.text in record.steps[place].text] if place > 1 else []
    tell = [i for i in range(1, place) if any(name in record.steps[i].text for name in names)]
    return moved(record, place, rng.randrange(1, max(tell) + 1)) if len(names) > 1 and tell else None


def option_late(record: Record, graph: Graph, rng: random.Random) -> Made:
    """An option's step comes after the conclusion, or else changes places with another option's, which is no defect."""
    own = [i for i, s in enumerate(record.steps[:-1]) if i and sum(o.text in s.text for o in record.options) == 1]
    if len(own) < 2:
        return None
    if rng.random() < 0.2:
        a, b = rng.sample(own, 2)
        steps = list(record.steps)
        steps[a], steps[b] = steps[b], steps[a]
        return Harmless(renumbered(record, steps))
    return moved(record, rng.choice(own), len(record.steps) - 1)


# -- numbers -----------------------------------------------------------------------------------------------


def _numbers(
    record: Record, graph: Graph, wanted: Callable[[str, re.Match[str]], bool]
) -> list[tuple[Step, re.Match[str]]]:
    """The numbers outside names that are wanted, by step."""
    pattern, places = names_in(record, graph), []
    for step in record.steps:
        masked = [m.span() for m in pattern.finditer(step.text)]
        for m in re.finditer(r"\d+(?:\.\d+)?", step.text):
            if not any(a < m.end() and m.start() < b for a, b in masked) and wanted(step.text, m):
                places.append((step, m))
    return places


def _number(wanted: Callable[[str, re.Match[str]], bool]) -> Plant:
    def plant(record: Record, graph: Graph, rng: random.Random) -> Made:
        places = _numbers(record, graph, wanted)
        if not places:
            return None
        step, m = rng.choice(places)
        own = m.group()
        by = rng.choice([-2, -1, 1, 2, 10])
        new = f"{abs(float(own) + by / 10):.1f}" if "." in own else str(abs(int(own) + by))
        if new == own:
            new = str(int(float(own)) + 3)
        return with_step(record, replace(step, text=step.text[: m.start()] + new + step.text[m.end() :]))

    return plant


def _in_sentence(text: str, m: re.Match[str]) -> str:
    return _ENDS.split(text[: m.start()])[-1] + _ENDS.split(text[m.start() :])[0]


carriers_changed = _number(lambda text, m: bool(_CARRIERS.search(_in_sentence(text, m))))
percent_changed = _number(lambda text, m: text[m.end() : m.end() + 2] in (" %", "% ", " %."))
bits_changed = _number(lambda text, m: "bits" in _in_sentence(text, m))
count_changed = _number(
    lambda text, m: "bits" not in (s := _in_sentence(text, m)) and not _CARRIERS.search(s)
    and not text[m.end() :].startswith((" %", "%"))
)  # fmt: skip


# -- the choice --------------------------------------------------------------------------------------------


def letters_traded(record: Record, graph: Graph, rng: random.Random) -> Made:
    """The chosen option and another trade their letters; everything else stays."""
    other = rng.choice([o for o in record.options if o.key != record.chosen_key])
    trade = {record.chosen_key: other.key, other.key: record.chosen_key}
    return replace(record, options=tuple(replace(o, key=trade.get(o.key, o.key)) for o in record.options))


def answer_changed(record: Record, graph: Graph, rng: random.Random) -> Made:
    """Another letter stands as the answer beside the chosen one."""
    key = rng.choice([o.key for o in record.options if o.key != record.chosen_key])
    return replace(record, answer_key=key)


def other_concluded(record: Record, graph: Graph, rng: random.Random) -> Made:
    """The last step concludes for another option, in the same words."""
    step = record.steps[-1]
    own = next(o.text for o in record.options if o.key == record.chosen_key)
    others = [o.text for o in record.options if o.key != record.chosen_key and o.text not in own and own not in o.text]
    if own not in step.text or not others:
        return None
    return with_step(record, replace(step, text=step.text.replace(own, rng.choice(others))))


# -- steps -------------------------------------------------------------------------------------------------


def step_missing(record: Record, graph: Graph, rng: random.Random) -> Made:
    """A step is left out, and the numbers show the gap."""
    gone = rng.choice(record.steps[:-1]) if len(record.steps) > 1 else None
    return with_steps(record, tuple(s for s in record.steps if s is not gone)) if gone else None


def step_dropped(record: Record, graph: Graph, rng: random.Random) -> Made:
    """A step is left out and the others are numbered anew.

    A defect where the step is the conclusion, or the only one that tells the evidence of an option by itself; the
    opening and a comparison can be spared.
    """
    place = rng.randrange(len(record.steps))
    step = record.steps[place]
    named = [o for o in record.options if o.text in step.text]
    tells = len(named) == 1 and annotation_edges(step, graph)
    made = renumbered(record, [s for s in record.steps if s is not step])
    return Harmless(made) if place < len(record.steps) - 1 and not tells else made


def step_repeated(record: Record, graph: Graph, rng: random.Random) -> Made:
    """A step stands twice."""
    steps = list(record.steps)
    place = rng.randrange(len(steps) - 1)
    return renumbered(record, [*steps[: place + 1], steps[place], *steps[place + 1 :]])


def _one_flip(record: Record, graph: Graph, rng: random.Random) -> Made:
    found = [mutant for _, mutant in flips(record, graph)]
    return rng.choice(found) if found else None


KINDS: dict[str, dict[str, Plant]] = {
    "edge removed": {
        "one citation left out": left_out, "every citation left out": mutations.uncited, "no such edge": edge_unknown,
    },
    "edge swapped": {
        "other finding, same disease": other_finding_cited, "other disease, same finding": other_disease_cited,
        "any edge": random_cited,
    },
    "citation beside the point": {"another step's edges": other_subject, "one edge more": mutations.edge_added},
    "polarity reversed": {
        "in the text": _one_flip, "stance": mutations.stance_flipped, "status of a finding": mutations.status_flipped,
    },
    "concept renamed": {
        "finding of the case": finding_renamed, "any finding": finding_strange, "other option": disease_renamed,
        "any disease": disease_strange,
    },
    "order": {
        "conclusion early": conclusion_early, "comparison early": comparison_early, "option after the end": option_late,
    },
    "number changed": {
        "count": count_changed, "carriers": carriers_changed, "per cent": percent_changed, "bits": bits_changed,
        "margin": mutations.margin_changed, "weight": mutations.weight_changed, "score": mutations.score_part_changed,
    },
    "other option": {
        "chosen": mutations.chosen_changed, "answer": answer_changed, "letters traded": letters_traded,
        "evidence traded": mutations.evidence_swapped, "conclusion": other_concluded,
    },
    "step dropped or repeated": {
        "dropped, gap left": step_missing, "dropped": step_dropped, "repeated": step_repeated,
        "evidence dropped": mutations.evidence_dropped,
    },
}  # fmt: skip
