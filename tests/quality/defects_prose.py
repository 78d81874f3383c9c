"""Defects for records of language models, by kind; see :mod:`tests.quality.defects`.

The errors in words are those of :mod:`tests.quality.plants`, put into whole records. Added here: what a record holds
besides its words (edges, sheet, letters), names that neither question nor sheet has, the order of the steps, and steps
left out or said twice.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from medreason.kg.store import Graph
from medreason.quality.facts import Facts
from medreason.quality.recompute import recompute
from medreason.records import Record, SheetLine, Step, to_dict
from tests.quality import plants
from tests.quality.chains import Case
from tests.quality.defects import Harmless, Made, Plant
from tests.quality.defects_offline import drawn, letters_traded, moved, renumbered
from tests.quality.flips import with_step, with_steps

COUNT = re.compile(r"(?<![\d.])(\d+) of (\d+)(?!\d)")


@lru_cache(maxsize=128)
def _case(graph: Graph, key: str, record_of: _Held) -> Case:
    return Case(graph, to_dict(record_of.record))


class _Held:
    """A record that can be a key of a cache: by its id."""

    def __init__(self, record: Record) -> None:
        self.record = record

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.record is self.record

    def __hash__(self) -> int:
        return hash(self.record.id)


def case_of(record: Record, graph: Graph) -> Case:
    """The question, sheet and chain of a record, as the plants read them."""
    return _case(graph, record.id, _Held(record))


def _chosen(record: Record, graph: Graph, key: str) -> Record:
    """The record with another option as choice and answer, its margin the right one for it."""
    scores = recompute(Facts(graph), record).scores
    others = [score for k, score in scores.items() if k != key]
    lead = scores[key] - max(others, default=0.0) if key in scores else 0.0
    return replace(record, chosen_key=key, answer_key=key, margin=lead)


def in_words(kind: str) -> Plant:
    """The plants of one kind of :mod:`tests.quality.plants`, as records."""

    def plant(record: Record, graph: Graph, rng: random.Random) -> list[Made]:
        made: list[Made] = []
        for planted in plants.KINDS[kind](case_of(record, graph), rng):
            with_text = with_steps(record, tuple(planted.steps))
            made.append(with_text if planted.chosen == record.chosen_key else _chosen(with_text, graph, planted.chosen))
        return made

    return plant


def _lines(record: Record, *, contradicts: bool = False) -> list[SheetLine]:
    """The evidence lines that rest on edges."""
    found = [line for line in record.sheet if line.option and line.edges]
    return [line for line in found if line.stance == "contradicts"] if contradicts else found


# -- edges and sheet ---------------------------------------------------------------------------------------


def edge_left_out(record: Record, graph: Graph, rng: random.Random) -> Made:
    """A step cites a line and leaves out one of its edges."""
    step = rng.choice([s for s in record.steps if s.edges] or [record.steps[0]])
    if not step.edges:
        return None
    gone = rng.choice(step.edges)
    return with_step(record, replace(step, edges=tuple(e for e in step.edges if e != gone)))


def edge_exchanged(record: Record, graph: Graph, rng: random.Random) -> Made:
    """An edge of a step gives way to any edge of the graph."""
    step = rng.choice([s for s in record.steps if s.edges] or [record.steps[0]])
    new = graph.edge_at(rng.randrange(graph.n_edges)).id
    if not step.edges or new in step.edges:
        return None
    gone = rng.choice(step.edges)
    return with_step(record, replace(step, edges=tuple(new if e == gone else e for e in step.edges)))


def _line_changed(record: Record, old: SheetLine, new: SheetLine, edges: dict[str, str] | None = None) -> Record:
    """The record with another line, and in its steps other edges."""
    told = edges or {}
    changed = {s.n: tuple(told.get(e, e) for e in s.edges) for s in record.steps if old.id in s.cites}
    steps = tuple(replace(s, edges=changed.get(s.n, s.edges)) for s in record.steps)
    sheet = tuple(new if line is old else line for line in record.sheet)
    return replace(with_steps(record, steps), sheet=sheet)


def _line_exchanged(record: Record, graph: Graph, rng: random.Random, *, same_disease: bool) -> Made:
    """A line's annotation gives way to another one, in the sheet and in the steps that cite the line."""
    places = []
    for line in _lines(record):
        for edge in line.edges:
            e = graph.edge(edge)
            if e.relation == "has_phenotype":
                rows = graph.outgoing[graph.require(e.head)] if same_disease else graph.incoming[graph.require(e.tail)]
                others = [graph.edge_at(n) for n in rows.tolist()]
                places += [(line, edge, o.id) for o in others if o.relation == e.relation and o.id != edge]
    if not places:
        return None
    line, edge, new = rng.choice(places)
    edges = tuple(new if e == edge else e for e in line.edges)
    return _line_changed(record, line, replace(line, edges=edges), {edge: new})


def line_other_finding(record: Record, graph: Graph, rng: random.Random) -> Made:
    """A line rests on what the same disease has of another finding."""
    return _line_exchanged(record, graph, rng, same_disease=True)


def line_other_disease(record: Record, graph: Graph, rng: random.Random) -> Made:
    """A line rests on what another disease has of the same finding."""
    return _line_exchanged(record, graph, rng, same_disease=False)


def line_stance(record: Record, graph: Graph, rng: random.Random) -> Made:
    """A line's stance is turned round."""
    line = rng.choice(_lines(record))
    turned = replace(line, stance="supports" if line.stance == "contradicts" else "contradicts")
    return _line_changed(record, line, turned)


def line_count(record: Record, graph: Graph, rng: random.Random) -> Made:
    """A count is changed on a line and in every step that tells it: sheet and chain agree, the graph says otherwise."""
    lines = [line for line in _lines(record) if COUNT.search(line.text)]
    if not lines:
        return None
    line = rng.choice(lines)
    m = COUNT.search(line.text)
    assert m
    new = f"{int(m[1]) + 1} of {int(m[2]) + 1}"
    made = _line_changed(record, line, replace(line, text=line.text[: m.start()] + new + line.text[m.end() :]))
    old = re.compile(rf"(?<!\d){m[1]} of {m[2]}(?!\d)")
    told = (old.sub(new, s.text) if line.id in s.cites else s.text for s in made.steps)
    return with_steps(made, tuple(replace(s, text=text) for s, text in zip(made.steps, told, strict=True)))


def line_dropped(record: Record, graph: Graph, rng: random.Random) -> Made:
    """What speaks against an option is taken off the sheet, and off the citations."""
    lines = _lines(record, contradicts=True)
    if not lines:
        return None
    line = rng.choice(lines)
    steps = []
    for s in record.steps:
        cites = tuple(c for c in s.cites if c != line.id)
        held = {e for other in record.sheet if other.id in cites for e in other.edges}
        steps.append(replace(s, cites=cites, edges=tuple(e for e in s.edges if e in held)))
    return replace(with_steps(record, tuple(steps)), sheet=tuple(x for x in record.sheet if x is not line))


# -- names -------------------------------------------------------------------------------------------------


def _strange(record: Record, name: str) -> bool:
    """Whether neither question nor sheet nor chain has a telling word of a name."""
    words = [w for w in re.findall(r"[a-z]{5,}", name.casefold()) if w not in ("disease", "syndrome", "abnormal")]
    told = [record.question, *(o.text for o in record.options), *(ln.text for ln in record.sheet)]
    text = " ".join([*told, *(s.text for s in record.steps)]).casefold()
    return bool(words) and not any(w[:6] in text for w in words)


def _renamed(record: Record, old: list[str], new: list[str], rng: random.Random) -> list[Made]:
    made: list[Made] = []
    for step in record.steps:
        for name in old:
            for m in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", step.text, re.IGNORECASE):
                told = rng.choice(new)
                told = plants.upper(told) if m.group()[:1].isupper() else plants.low(told)
                made.append(with_step(record, replace(step, text=step.text[: m.start()] + told + step.text[m.end() :])))
    return made


def finding_strange(record: Record, graph: Graph, rng: random.Random) -> list[Made]:
    """A finding's name gives way to that of a finding that neither question nor sheet has."""
    own = [graph.name(f.concept) for f in record.findings]
    new = [n for c in drawn(graph, rng, 8, diseases=False) if _strange(record, n := graph.name(c))]
    return _renamed(record, own, new, rng) if new else []


def disease_strange(record: Record, graph: Graph, rng: random.Random) -> list[Made]:
    """An option's name gives way to that of a disease that is no option."""
    new = [n for c in drawn(graph, rng, 8, diseases=True) if _strange(record, n := graph.name(c))]
    return _renamed(record, [o.text for o in record.options], new, rng) if new else []


# -- order -------------------------------------------------------------------------------------------------


def _evidence(record: Record, step: Step) -> dict[str, set[str]]:
    """The evidence lines that a step cites, by option."""
    option = {line.id: line.option for line in _lines(record)}
    held: dict[str, set[str]] = {}
    for cite in step.cites:
        if cite in option:
            held.setdefault(option[cite], set()).add(cite)
    return held


def conclusion_early(record: Record, graph: Graph, rng: random.Random) -> list[Made]:
    """The last step, which concludes, comes before a step that tells evidence."""
    last = len(record.steps) - 1
    return [moved(record, last, to) for to in range(1, last)]


def comparison_early(record: Record, graph: Graph, rng: random.Random) -> list[Made]:
    """A step that compares what others told comes before one of these; before others it may come.

    A comparison is a step, not the last, that cites evidence of two options or more, all of it told before.
    """
    made: list[Made] = []
    for place, step in enumerate(record.steps[1:-1], 1):
        own = {c for cites in _evidence(record, step).values() for c in cites}
        earlier = [(i, _evidence(record, record.steps[i]).values()) for i in reversed(range(place))]
        first = {c: i for i, cited in earlier for cs in cited for c in cs}
        if len(_evidence(record, step)) > 1 and own <= first.keys():
            needed = max(first[c] for c in own)
            for to in range(1, place):
                changed = moved(record, place, to)
                made.append(changed if to <= needed else Harmless(changed))
    return made


def options_traded(record: Record, graph: Graph, rng: random.Random) -> list[Made]:
    """Two steps that each tell one option trade places: neither uses the other, unless it speaks of it."""
    own = [i for i, s in enumerate(record.steps[1:-1], 1) if len(_evidence(record, s)) == 1]
    found: list[Made] = []
    for a in own:
        for b in own:
            between = [set(_evidence(record, record.steps[i])) for i in range(a, b + 1)]
            if a < b and all(len(x) == 1 for x in between) and len(set().union(*between)) == len(between):
                steps = list(record.steps)
                steps[a], steps[b] = steps[b], steps[a]
                found.append(Harmless(renumbered(record, steps)))
    return found


def step_referred(record: Record, graph: Graph, rng: random.Random) -> list[Made]:
    """A step says that it rests on one that comes later."""
    made: list[Made] = []
    for place, step in enumerate(record.steps[1:-1], 1):
        later = rng.randrange(place + 2, len(record.steps) + 1)
        told = rng.choice([f"This follows from step {later}.", f"As step {later} shows, the counts differ.",
                           f"Together with step {later}, this weighs more."])  # fmt: skip
        made.append(with_step(record, replace(step, text=f"{step.text} {told}")))
    return made


# -- steps -------------------------------------------------------------------------------------------------


def step_missing(record: Record, graph: Graph, rng: random.Random) -> list[Made]:
    """A step is left out, and the numbers show the gap."""
    return [with_steps(record, tuple(s for s in record.steps if s is not gone)) for gone in record.steps[:-1]]


def conclusion_dropped(record: Record, graph: Graph, rng: random.Random) -> Made:
    """The chain ends before its conclusion."""
    return renumbered(record, list(record.steps[:-1]))


def step_dropped(record: Record, graph: Graph, rng: random.Random) -> list[Made]:
    """A step is left out, the others are numbered anew.

    A defect where no other step names an option that the step names and that has evidence, or cites what contradicts
    the chosen option; other steps can be spared.
    """
    against = {line.id for line in record.sheet if line.option == record.chosen_key and line.stance == "contradicts"}
    options = {line.option for line in _lines(record)}
    made: list[Made] = []
    for gone in record.steps[:-1]:
        rest = [s for s in record.steps if s is not gone]
        cited = {c for s in rest for c in s.cites}
        silent = against & set(gone.cites) - cited
        unnamed = [o for o in record.options if o.key in options and not any(o.text in s.text for s in rest)]
        unnamed = [o for o in unnamed if o.text in gone.text and not any(o.text.split(",")[0] in s.text for s in rest)]
        changed = renumbered(record, rest)
        made.append(changed if silent or unnamed else Harmless(changed))
    return made


def step_repeated(record: Record, graph: Graph, rng: random.Random) -> list[Made]:
    """A step stands twice."""
    steps = list(record.steps)
    return [renumbered(record, [*steps[: i + 1], steps[i], *steps[i + 1 :]]) for i in range(len(steps) - 1)]


def _grouped() -> Iterator[tuple[str, str, Plant]]:
    families = {
        "edge removed": ("not_cited", "no_citation"),
        "citation beside the point": ("cited_in_vain", "cited_of_other"),
        "polarity reversed": (
            "made_not_recorded", "said_not_recorded", "made_recorded", "against_for", "for_against", "absent_present",
            "present_absent", "broader_as_itself", "contradiction_dropped",
        ),
        "concept renamed": ("other_finding", "other_option", "swapped"),
        "finding misattributed": ("attributed", "attributed_beside", "foreign_finding", "foreign_disease"),
        "number changed": ("count_changed", "count_moved", "percentage", "share_in_words", "always"),
        "other option": ("other_conclusion", "chosen_changed"),
        "words that do not belong": ("certainty", "never", "causal", "epidemiology", "mechanism"),
    }  # fmt: skip
    for family, kinds in families.items():
        for kind in kinds:
            yield family, kind.replace("_", " "), in_words(kind)


_OWN: dict[str, dict[str, Plant]] = {
    "edge removed": {"one edge of a step": edge_left_out},
    "edge swapped": {
        "any edge": edge_exchanged, "other finding, same disease": line_other_finding,
        "other disease, same finding": line_other_disease,
    },
    "polarity reversed": {"stance of a line": line_stance, "line against taken off": line_dropped},
    "concept renamed": {"any finding": finding_strange, "any disease": disease_strange},
    "order": {
        "conclusion early": conclusion_early, "comparison early": comparison_early, "a later step named": step_referred,
        "options traded": options_traded,
    },
    "number changed": {"count, sheet and steps": line_count},
    "other option": {"letters traded": letters_traded},
    "step dropped or repeated": {
        "dropped, gap left": step_missing, "dropped": step_dropped, "conclusion dropped": conclusion_dropped,
        "repeated": step_repeated,
    },
}  # fmt: skip
KINDS: dict[str, dict[str, Plant]] = {}
for _family, _kind, _plant in _grouped():
    KINDS.setdefault(_family, {})[_kind] = _plant
for _family, _plants in _OWN.items():
    KINDS.setdefault(_family, {}).update(_plants)
