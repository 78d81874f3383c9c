"""Turns what a sentence says into its opposite, at every place where that can be done with one word or two."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from medreason.kg.store import Graph
from medreason.records import Record, Step

# (pattern, replacement): each turns what a sentence says into its opposite. Outside names only.
FLIPS = (
    (r"\b(is|are|was|were|has|does|would) not\b", r"\1"),
    (r"\bdo(es)? not (\w+)", r"\2"),
    (r"\b(is|are|was|has|would|does|remains?)\b(?! not)", r"\1 not"),
    (r"\b(is|are|was|has)\b(?! not)", r"\1 no"),
    (r"\b(recorded|reported|documented|observed|noted|seen|described|annotated)\b", r"not \1"),
    (r"\b(carries|lists|list|adds|explains|describe|report|holds|fits|fit|matches|agrees)\b", r"does not \1"),
    (r"\bnot\b ?", ""),
    (r"\b[Nn]o\b", "a"),
    (r"\b[Nn]o\b ?", ""),
    (r"\bnothing\b", "something"),
    (r"\bnothing\b", "all"),
    (r"\bwithout\b", "with"),
    (r"\bwith\b", "without"),
    (r"\bunrecorded\b", "recorded"),
    (r"\brecorded\b", "unrecorded"),
    (r"\bsupports\b", "contradicts"),
    (r"\bsupports\b", "opposes"),
    (r"\bsupported\b", "opposed"),
    (r"\bsupported\b", "contradicted"),
    (r"\bspeaks for\b", "speaks against"),
    (r"\b(speaks|counts|weighs?|argues|point) against\b", r"\1 for"),
    (r"\b[Aa]gainst\b", "for"),
    (r"\b[Aa]gainst\b", "in favour of"),
    (r"\bin favour of\b", "against"),
    (r"\b[Ff]or\b", "against"),
    (r"\btowards\b", "away from"),
    (r"\b[Aa]bsent\b", "present"),
    (r"\b[Aa]bsent\b", "recorded"),
    (r"\b[Aa]bsent\b", "seen"),
    (r"\babsence\b", "presence"),
    (r"\babsence\b", "record"),
    (r"\blacks\b", "has"),
    (r"\blacks\b", "shows"),
    (r"\blacking\b", "having"),
    (r"\bfits\b", "does not fit"),
    (r"\bcompatible\b", "incompatible"),
    (r"\bcompatible\b", "not compatible"),
    (r"\b(broader|wider)\b", "narrower"),
    (r"\bweaker\b", "stronger"),
    (r"\b(is|are|was) likewise\b", r"\1 not"),
    (r"\bconsistent\b", "inconsistent"),
    (r"\bagrees\b", "disagrees"),
    (r"\bwould explain\b", "cannot explain"),
    (r"\baccounts? for\b", "excludes"),
    (r"\b[Bb]est\b", "worst"),
    (r"\b[Bb]est\b", "least"),
    (r"\b([Mm]ost|[Mm]ore)\b", "less"),
    (r"\bmore exactly\b", "less exactly"),
    (r"\bLess directly\b", "More directly"),
    (r"\blarger\b", "smaller"),
    (r"\bahead\b", "behind"),
    (r"\brarest\b", "commonest"),
    (r"\bBoth\b", "Neither"),
    (r"\brecord\b", "absence"),
    (r"\bfalls?\b", "does not fall"),
    (r"\bobligate\b", "occasional"),
    (r"\bvery frequent\b", "very rare"),
    (r"\bvery frequent\b", "frequent"),
    (r"\bfrequent\b", "occasional"),
    (r"\boccasional\b", "frequent"),
    (r"\bvery rare\b", "very frequent"),
    (r"\bunstated\b", "obligate"),
    (r"\bleft open\b", "graded very frequent"),
)


def with_steps(record: Record, steps: tuple[Step, ...]) -> Record:
    """The record with other steps, its reasoning rendered anew."""
    return replace(record, steps=steps, reasoning="\n".join(f"{s.n}. {s.text}" for s in steps))


def with_step(record: Record, step: Step) -> Record:
    return with_steps(record, tuple(step if s.n == step.n else s for s in record.steps))


@lru_cache(maxsize=512)
def _name_pattern(record_id: str, names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(n) for n in sorted(names, key=len, reverse=True)), re.IGNORECASE)


def names_in(record: Record, graph: Graph) -> re.Pattern[str]:
    edges = [graph.edge(e) for s in record.steps for e in s.edges]
    ids = {e.head for e in edges} | {e.tail for e in edges} | {f.concept for f in record.findings}
    ids |= {o.concept for o in record.options}
    return _name_pattern(record.id, tuple(sorted(graph.name(i) for i in ids)))


def flips(record: Record, graph: Graph) -> Iterator[tuple[str, Record]]:
    """Every polarity flip at every place outside names; the label is the flip."""
    pattern = names_in(record, graph)
    for step in record.steps:
        masked = [m.span() for m in pattern.finditer(step.text)]
        for find, put in FLIPS:
            for m in re.finditer(find, step.text):
                if any(a < m.end() and m.start() < b for a, b in masked):
                    continue
                text = step.text[: m.start()] + m.expand(put) + step.text[m.end() :]
                yield f"{m.group()} -> {m.expand(put)}", with_step(record, replace(step, text=text))
