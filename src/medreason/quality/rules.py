"""The rules on a record as a whole: ids and keys, evidence, choice, margin, text, organ systems.

Each rule yields problems and stops at none, so that a report shows everything that is wrong with a record.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from medreason.quality.facts import Facts
from medreason.quality.language import Names, sentences
from medreason.quality.problem import Problem
from medreason.quality.recompute import Verdict
from medreason.quality.systems import organ_systems
from medreason.records import Evidence, Record

# Weights are written with four decimals; half of the last one, and room for another order of summing.
TOLERANCE = 1e-3


def same(a: float, b: float) -> bool:
    """Whether two numbers of bits are equal as far as they are written (never for NaN)."""
    return math.isfinite(a) and abs(a - b) <= TOLERANCE


def shape(record: Record, facts: Facts) -> Iterator[Problem]:
    """Id, keys and options."""
    number = facts.graph.number

    def wrong(rule: str, message: str) -> Problem:
        return Problem(record.id, 0, rule, message)

    keys = [o.key for o in record.options]
    if not record.id:
        yield wrong("id", "the record has no id")
    if len(set(keys)) < len(keys):
        yield wrong("options", "two options have the same key")
    concepts = [number(o.concept) for o in record.options if o.concept]
    if None in concepts:
        yield wrong("options", "an option's concept is not in the graph")
    if len(set(concepts)) < len(concepts):
        yield wrong("options", "two options are the same concept")
    names = {o.key: facts.graph.name(o.concept).casefold() for o in record.options if number(o.concept) is not None}
    for option in record.options:
        others = {name for key, name in names.items() if key != option.key} - {names.get(option.key)}
        if option.text.casefold() in others:
            yield wrong("options", f"option {option.key} bears the name of another option's concept")
    if record.clinician_reviewed:
        yield wrong("review", "no review is recorded with this version")
    for label, key in (("answer_key", record.answer_key), ("chosen_key", record.chosen_key)):
        if key not in keys:
            yield wrong("keys", f"{label} {key!r} is none of the options")
    if record.answer_key != record.chosen_key:
        yield wrong(
            "keys", f"a kept record must have chosen its answer: {record.chosen_key} is not {record.answer_key}"
        )


def findings(record: Record, facts: Facts) -> Iterator[Problem]:
    """Findings are in the graph, have one status, and are worded as in the question."""

    def wrong(message: str) -> Problem:
        return Problem(record.id, 0, "findings", message)

    status: dict[int, str] = {}
    given: set[int] = set()
    for finding in record.findings:
        node = facts.graph.number(finding.concept)
        if node is None:
            yield wrong(f"the finding {finding.concept} is not in the graph")
        elif status.setdefault(node, finding.status) != finding.status:
            yield wrong(f"{finding.concept} is given as observed and as excluded")
        elif node in given:
            yield wrong(f"{finding.concept} is given twice")
        if node is not None:
            given.add(node)
        if not finding.text.strip():
            yield wrong(f"{finding.concept} has no wording")
        if finding.text.casefold() not in record.question.casefold():
            yield wrong(f"the wording {finding.text!r} does not occur in the question")


def status(record: Record) -> Iterator[Problem]:
    """Findings of a phenopacket have the status that the question gives them.

    The vignettes of that source name excluded findings in one sentence of their own, which ends in "not found";
    free text is not judged here.
    """
    if record.source != "phenopackets":
        return
    said: dict[int, set[str]] = {}
    names = Names((place, finding.text) for place, finding in enumerate(record.findings))
    for sentence in sentences(record.question, names):
        gone = [t.text for t in sentence[-2:]] == ["not", "found"]
        for place in (p for token in sentence for p in token.concepts):
            said.setdefault(place, set()).add("excluded" if gone else "observed")
    for place, finding in enumerate(record.findings):
        if finding.text and finding.status not in said.get(place, {finding.status}):
            message = f"the question does not give {finding.concept} as {finding.status}"
            yield Problem(record.id, 0, "findings", message)


def evidence(record: Record, facts: Facts, verdict: Verdict) -> Iterator[Problem]:
    """The evidence map is the recomputed one, entry by entry."""
    for key in sorted(set(record.evidence) - set(verdict.evidence)):
        yield Problem(record.id, 0, "evidence", f"evidence for {key!r}, which is no option with a concept")
    for key, expected in verdict.evidence.items():
        curie = facts.graph.curie
        rows = {
            (
                facts.graph.edge_at(w.edge).id,
                w.stance,
                curie(w.finding),
                "" if w.via in (w.finding, w.term) else curie(w.via),
            ): w.weight
            for w in expected.values()
        }
        if key not in record.evidence:
            yield Problem(record.id, 0, "evidence", f"the evidence for option {key} is missing")
            continue
        given = [(row, _key(row, facts)) for row in record.evidence[key]]
        for row, found in given:
            if found not in rows:
                message = f"option {key}: edge {row.edge} {row.stance} through {row.finding} does not follow"
                yield Problem(record.id, 0, "evidence", message)
            elif not same(row.weight, rows[found]):
                message = f"option {key}: edge {row.edge} weighs {rows[found]:g} bits, not {row.weight:g}"
                yield Problem(record.id, 0, "weight", message)
        counts = Counter(found for _, found in given)
        for edge, stance, finding, via in rows:
            if counts[edge, stance, finding, via] != 1:
                times = counts[edge, stance, finding, via]
                message = f"option {key}: edge {edge} {stance} through {finding} is listed {times} times, not once"
                yield Problem(record.id, 0, "evidence", message)


def _key(row: Evidence, facts: Facts) -> tuple[str, str, str, str]:
    return row.edge, row.stance, facts.graph.current_id(row.finding) or row.finding, row.via


def choice(record: Record, verdict: Verdict) -> Iterator[Problem]:
    """Chosen option and margin are the recomputed ones."""
    if not verdict.scores:
        yield Problem(record.id, 0, "choice", "no option can be scored")
        return
    key, best = verdict.ranking[0]
    if best <= 0:
        yield Problem(record.id, 0, "choice", "the evidence speaks for no option")
    if not same(verdict.scores.get(record.chosen_key, math.nan), best):
        yield Problem(record.id, 0, "choice", f"the evidence supports {key} best, not {record.chosen_key}")
    chosen = verdict.evidence.get(record.chosen_key, {})
    if not any(w.stance == "supports" for w in chosen.values()):
        yield Problem(record.id, 0, "choice", f"no finding supports the chosen option {record.chosen_key}")
    if not same(record.margin, verdict.margin):
        yield Problem(record.id, 0, "margin", f"the margin is {verdict.margin:.4f} bits, not {record.margin:g}")


def scores(record: Record, verdict: Verdict) -> Iterator[Problem]:
    """The scores and their parts are the recomputed ones."""
    if set(record.scores) != set(verdict.parts):
        told = ", ".join(sorted(verdict.parts)) or "no option"
        yield Problem(record.id, 0, "score", f"scores are expected of {told}")
    for key, parts in verdict.parts.items():
        given = record.scores.get(key)
        for name in ("evidence", "picture", "patient", "total") if given else ():
            right, told_bits = float(getattr(parts, name)), float(getattr(given, name))
            if not same(told_bits, right):
                message = f"option {key}: {name} is {right:g} bits, not {told_bits:g}"
                yield Problem(record.id, 0, "score", message)


_AGE_OPENINGS = (
    (re.compile(r"^At last examination this (\d+)-year-old "), "P{}Y"),
    (re.compile(r"^At last examination, at the age of (\d+) years? and (\d+) months?, this "), "P{}Y{}M"),
    (re.compile(r"^At last examination, at the age of (\d+) months?, this "), "P{}M"),
    (re.compile(r"^At last examination, at the age of (\d+) days?, this "), "P{}D"),
    (re.compile(r"^At last examination, on the day of birth, this "), "P0D"),
)
_SEX_WORDS = {"man": "male", "boy": "male", "male": "male", "woman": "female", "girl": "female", "female": "female"}
_WHO = re.compile(r"\b(?:this|old) (man|boy|male|woman|girl|female)\b")


def patient(record: Record) -> Iterator[Problem]:
    """Age and sex are those that the question tells (checked where the question is a vignette of our own making)."""
    if record.source != "phenopackets":
        return
    opening = record.question.split(" had ", 1)[0]
    ages = [form.format(*m.groups()) for pattern, form in _AGE_OPENINGS if (m := pattern.match(opening))]
    if record.patient.age != (ages[0] if ages else ""):
        yield Problem(record.id, 0, "patient", f"the question does not tell the age {record.patient.age or 'unknown'}")
    who = _WHO.search(opening.casefold())
    if record.patient.sex != (_SEX_WORDS[who[1]] if who else ""):
        yield Problem(record.id, 0, "patient", f"the question does not tell the sex {record.patient.sex or 'unknown'}")
    if record.patient.fetal != ("fetus, examined at" in opening) or record.patient.deceased != ("deceased)" in opening):
        yield Problem(record.id, 0, "patient", "the question tells fetal or deceased otherwise")
    if record.patient.treatments:
        yield Problem(record.id, 0, "patient", "the question tells of no treatment")


def text(record: Record) -> Iterator[Problem]:
    """Steps are numbered from 1, none says what another says word by word, and ``reasoning`` is their text."""
    if not record.steps:
        yield Problem(record.id, 0, "steps", "the record has no steps")
    for place, step in enumerate(record.steps, 1):
        if step.n != place:
            yield Problem(record.id, step.n, "steps", f"step {place} is numbered {step.n}")
    first: dict[str, int] = {}
    for step in record.steps:
        words = " ".join(re.findall(r"\w+", step.text.casefold()))
        if words and first.setdefault(words, step.n) != step.n:
            yield Problem(record.id, step.n, "repeated", f"the step says what step {first[words]} says")
    if record.reasoning != "\n".join(f"{s.n}. {s.text}" for s in record.steps):
        yield Problem(record.id, 0, "reasoning", "the reasoning is not the text of the steps")


def systems(record: Record, facts: Facts) -> Iterator[Problem]:
    """Organ systems are those of the rule in ``quality/systems.py``."""
    expected = organ_systems(facts.graph, record.findings)
    if record.organ_systems != expected:
        told = ", ".join(expected) or "none"
        yield Problem(record.id, 0, "organ_systems", f"the findings make the organ systems {told}")


def wording(record: Record, facts: Facts) -> Iterator[Problem]:
    """Options and findings bear the names of their concepts, and no option that of another disease.

    A phenopacket is put into words from the graph's names. Elsewhere the wording is the question's own.
    """
    graph = facts.graph
    for option in record.options:
        number = graph.number(option.concept) if option.concept else None
        name = graph.concept_at(number).name if number is not None else ""
        if record.source == "phenopackets" and option.text != name:
            yield Problem(record.id, 0, "options", f"option {option.key} does not bear the name of its concept")
        others = facts.diseases_named(option.text) - {number}
        if number is not None and option.text.casefold() != name.casefold() and others:
            yield Problem(record.id, 0, "options", f"option {option.key} bears the name of another disease")
    for finding in record.findings if record.source == "phenopackets" else ():
        number = graph.number(finding.concept)
        if number is not None and finding.text.casefold() != graph.concept_at(number).name.casefold():
            message = f"the wording {finding.text!r} is not the name of {finding.concept}"
            yield Problem(record.id, 0, "findings", message)
