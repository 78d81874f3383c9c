"""Breaks records in known ways, one at a time, so that the checker's misses can be counted.

Every mutation keeps the rest of the record consistent (``reasoning`` follows the steps, ``answer_key`` follows
``chosen_key``), so that it is found for what it is and not for a side effect. A mutation gives all its variants
of one record; a class that does not apply gives none.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace

from medreason.kg.naming import in_sentence
from medreason.kg.store import Graph
from medreason.quality.facts import Facts
from medreason.quality.recompute import recompute
from medreason.questions.vignette import parse_duration, patient_of, vignette
from medreason.records import Evidence, Finding, Patient, Record, Step
from tests.quality.flips import flips, names_in, with_step, with_steps


def one_flip(record: Record, graph: Graph, rng: random.Random) -> Record | None:
    found = [mutant for _, mutant in flips(record, graph)]
    return rng.choice(found) if found else None


def edge_replaced(record: Record, graph: Graph, rng: random.Random) -> Record | None:
    """An edge of a step gives way to any other edge of the graph."""
    return _replaced(record, rng, lambda step: graph.edge_at(rng.randrange(graph.n_edges)).id)


def edge_replaced_nearby(record: Record, graph: Graph, rng: random.Random) -> Record | None:
    """An annotation edge gives way to another annotation edge of the same disease."""
    places = []
    for step in record.steps:
        for edge in step.edges:
            e = graph.edge(edge)
            if e.relation == "has_phenotype":
                out = [graph.edge_at(n) for n in graph.outgoing[graph.require(e.head)].tolist()]
                others = [o.id for o in out if o.relation == e.relation and o.id not in step.edges]
                places += [(step, edge, other) for other in others]
    if not places:
        return None
    step, old, new = rng.choice(places)
    return with_step(record, replace(step, edges=tuple(new if e == old else e for e in step.edges)))


def _replaced(record: Record, rng: random.Random, draw: Callable[[Step], str]) -> Record | None:
    step = rng.choice(record.steps)
    new = draw(step)
    old = rng.choice(step.edges)
    if new in step.edges:
        return None
    return with_step(record, replace(step, edges=tuple(new if e == old else e for e in step.edges)))


def edge_removed(record: Record, graph: Graph, rng: random.Random) -> Record | None:
    """One citation is left out, others stay."""
    steps = [s for s in record.steps if len(s.edges) > 1]
    if not steps:
        return None
    step = rng.choice(steps)
    old = rng.choice(step.edges)
    return with_step(record, replace(step, edges=tuple(e for e in step.edges if e != old)))


def edge_added(record: Record, graph: Graph, rng: random.Random) -> Record | None:
    """A step cites one edge more than it uses."""
    step = rng.choice(record.steps)
    new = graph.edge_at(rng.randrange(graph.n_edges)).id
    return None if new in step.edges else with_step(record, replace(step, edges=(*step.edges, new)))


def edge_excluded(record: Record, graph: Graph, rng: random.Random) -> Record | None:
    """The references of a cited edge are declared excluded."""
    edges = [graph.edge(e) for s in record.steps for e in s.edges]
    edges = [e for e in edges if any(r.references for r in e.evidence)]
    if not edges:
        return None
    hidden = {r for row in rng.choice(edges).evidence for r in row.references}
    return replace(record, excluded_publications=(*record.excluded_publications, *sorted(hidden)))


def uncited(record: Record, graph: Graph, rng: random.Random) -> Record:
    """A step cites nothing."""
    return with_step(record, replace(rng.choice(record.steps), edges=()))


def chosen_changed(record: Record, graph: Graph, rng: random.Random) -> Record:
    """Another option is called chosen, and the answer."""
    key = rng.choice([o.key for o in record.options if o.key != record.chosen_key])
    return replace(record, chosen_key=key, answer_key=key)


def evidence_swapped(record: Record, graph: Graph, rng: random.Random) -> Record | None:
    """Two options trade their evidence."""
    pairs = [(a, b) for a in record.evidence for b in record.evidence if record.evidence[a] != record.evidence[b]]
    if not pairs:
        return None
    a, b = rng.choice(pairs)
    return replace(record, evidence={**record.evidence, a: record.evidence[b], b: record.evidence[a]})


def _one_row(record: Record, rng: random.Random, change: Callable[[Evidence], Evidence]) -> Record | None:
    places = [(key, i) for key, rows in record.evidence.items() for i in range(len(rows))]
    if not places:
        return None
    key, place = rng.choice(places)
    rows = tuple(change(r) if i == place else r for i, r in enumerate(record.evidence[key]))
    return replace(record, evidence={**record.evidence, key: rows})


def stance_flipped(record: Record, graph: Graph, rng: random.Random) -> Record | None:
    flip = {"supports": "contradicts", "compatible": "contradicts", "contradicts": "supports"}
    return _one_row(record, rng, lambda r: replace(r, stance=flip[r.stance]))  # type: ignore[arg-type]


def weight_changed(record: Record, graph: Graph, rng: random.Random) -> Record | None:
    return _one_row(record, rng, lambda r: replace(r, weight=r.weight + rng.choice([-1, 1]) * rng.uniform(0.01, 3)))


def evidence_dropped(record: Record, graph: Graph, rng: random.Random) -> Record | None:
    keys = [k for k, rows in record.evidence.items() if rows]
    if not keys:
        return None
    key = rng.choice(keys)
    place = rng.randrange(len(record.evidence[key]))
    rows = tuple(r for i, r in enumerate(record.evidence[key]) if i != place)
    return replace(record, evidence={**record.evidence, key: rows})


def margin_changed(record: Record, graph: Graph, rng: random.Random) -> Record:
    return replace(record, margin=record.margin + rng.choice([-1, 1]) * rng.uniform(0.01, 3))


def status_flipped(record: Record, graph: Graph, rng: random.Random) -> Record | None:
    """A finding that weighs for or against some option changes its status."""
    weighing = {r.finding for rows in record.evidence.values() for r in rows}
    places = [i for i, f in enumerate(record.findings) if f.concept in weighing]
    return _flip_status(record, rng.choice(places)) if places else None


def any_status_flipped(record: Record, graph: Graph, rng: random.Random) -> Record:
    """Any finding changes its status, also one that nothing in the record rests on."""
    return _flip_status(record, rng.randrange(len(record.findings)))


def _flip_status(record: Record, place: int) -> Record:
    flip = {"observed": "excluded", "excluded": "observed"}
    findings = tuple(
        replace(f, status=flip[f.status]) if i == place else f  # type: ignore[arg-type]
        for i, f in enumerate(record.findings)
    )
    return replace(record, findings=findings)


def number_changed(record: Record, graph: Graph, rng: random.Random) -> Record | None:
    """A number in the text, outside names, becomes another."""
    places = []
    pattern = names_in(record, graph)
    for step in record.steps:
        masked = [m.span() for m in pattern.finditer(step.text)]
        for m in re.finditer(r"\d+", step.text):
            if not any(a < m.end() and m.start() < b for a, b in masked):
                places.append((step, m))
    if not places:
        return None
    step, m = rng.choice(places)
    number = str(max(0, int(m.group()) + rng.choice([-2, -1, 1, 2, 10])))
    if number == m.group():
        number = str(int(number) + 1)
    return with_step(record, replace(step, text=step.text[: m.start()] + number + step.text[m.end() :]))


def name_swapped(record: Record, graph: Graph, rng: random.Random) -> Record | None:
    """Wherever a step names one option's disease, it names another one's."""
    a, b = rng.sample([graph.name(o.concept) for o in record.options], 2)
    steps = [s for s in record.steps if a in s.text and b not in s.text]
    if not steps or a in b or b in a:
        return None
    step = rng.choice(steps)
    return with_step(record, replace(step, text=step.text.replace(a, b)))


def finding_swapped(record: Record, graph: Graph, rng: random.Random) -> Record | None:
    """A step names another finding of the case in place of one."""
    names = [graph.name(f.concept) for f in record.findings]
    pairs = [
        (s, a, b)
        for s in record.steps for a in names for b in names
        if a != b and re.search(rf"\b{re.escape(a)}\b", s.text) and b not in s.text and a not in b and b not in a
    ]  # fmt: skip
    if not pairs:
        return None
    step, a, b = rng.choice(pairs)
    return with_step(record, replace(step, text=step.text.replace(a, b)))


def misnumbered(record: Record, graph: Graph, rng: random.Random) -> Record:
    step = rng.choice(record.steps)
    return with_steps(record, tuple(replace(s, n=s.n + 1) if s is step else s for s in record.steps))


def reasoning_changed(record: Record, graph: Graph, rng: random.Random) -> Record:
    return replace(record, reasoning=record.reasoning + " The diagnosis is certain.")


def picture_number_changed(record: Record, graph: Graph, rng: random.Random) -> Record | None:
    """One of the two numbers of the picture is told a tenth or more higher or lower, or they trade places."""
    places = [(s, m) for s in record.steps for m in re.finditer(PICTURE, s.text)]
    if not places:
        return None
    step, m = rng.choice(places)
    (a, b), (c, d) = m.span(1), m.span(2)
    x, y = m.group(1), m.group(2)
    moved = [f"{max(0.0, float(n) + rng.choice([-1, 1]) * rng.choice([0.1, 0.2, 1.0, 5.0])):.1f}" for n in (x, y)]
    x2, y2 = rng.choice([(moved[0], y), (x, moved[1]), (y, x)])
    if (x2, y2) == (x, y):
        return None
    return with_step(record, replace(step, text=step.text[:a] + x2 + step.text[b:c] + y2 + step.text[d:]))


def score_part_changed(record: Record, graph: Graph, rng: random.Random) -> Record:
    """One part of one score changes, with or without the total."""
    key = rng.choice(sorted(record.scores))
    score, part = record.scores[key], rng.choice(["evidence", "picture", "patient", "total"])
    by = rng.choice([-1, 1]) * rng.choice([0.01, 0.5, 2.0, float("nan")])
    changes = {part: getattr(score, part) + by}
    if part != "total" and rng.random() < 0.5:
        changes["total"] = score.total + by
    return replace(record, scores={**record.scores, key: replace(score, **changes)})


def score_parts_traded(record: Record, graph: Graph, rng: random.Random) -> Record | None:
    """What one part of a score loses, another gains; the totals stay."""
    key = rng.choice(sorted(record.scores))
    a, b = rng.sample(["evidence", "picture", "patient"], 2)
    score = record.scores[key]
    moved = replace(score, **{a: getattr(score, a) + 2.0, b: getattr(score, b) - 2.0})
    return replace(record, scores={**record.scores, key: moved})


def score_dropped(record: Record, graph: Graph, rng: random.Random) -> Record:
    key = rng.choice(sorted(record.scores))
    return replace(record, scores={k: s for k, s in record.scores.items() if k != key})


AGES = ("", "P0D", "P20D", "P5M", "P3Y", "P14Y", "P17Y", "P33Y", "P52Y", "P70Y")


def patient_changed(record: Record, graph: Graph, rng: random.Random) -> Record | None:
    """Age, sex or more of the patient is another than the question (of a phenopacket) tells."""
    if record.source != "phenopackets":
        return None
    p = record.patient
    changed: list[Patient] = [replace(p, age=age) for age in AGES if age != p.age]
    changed += [replace(p, sex=sex) for sex in ("female", "male", "") if sex != p.sex]
    changed += [replace(p, fetal=not p.fetal), replace(p, deceased=not p.deceased)]
    return replace(record, patient=rng.choice(changed))


def patient_and_question_changed(record: Record, graph: Graph, rng: random.Random) -> Record | None:
    """Age or sex changes in the question as well, where that weighs on an option."""
    told = record.question.split(" had ", 1)
    facts, right = Facts(graph), None
    for age in rng.sample([a for a in AGES if a], len(AGES) - 1):
        for sex in rng.sample(["FEMALE", "MALE"], 2):
            made = patient_of(parse_duration(age), sex)
            other = replace(record, patient=made)
            right = right or recompute(facts, record).against
            if len(told) == 2 and recompute(facts, other).against != right:
                words = vignette([Finding("", "@", "observed")], parse_duration(age), sex).split(" had ", 1)[0]
                return replace(other, question=f"{words} had {told[1]}")
    return None


def via_changed(record: Record, graph: Graph, rng: random.Random) -> Record | None:
    """The concept that finding and annotated term share is another, or is told where there is none, or not told."""
    rows = [r for found in record.evidence.values() for r in found if r.via]
    first = rng.choice(rows) if rows and rng.random() < 0.8 else None

    def other(row: Evidence) -> Evidence:
        above = [graph.curie(int(n)) for n in graph.ancestors[graph.require(row.finding)]]
        return replace(row, via=rng.choice([c for c in [*above, ""] if c != row.via]))

    if first is None:
        return _one_row(record, rng, other)
    changed = {k: tuple(other(r) if r is first else r for r in found) for k, found in record.evidence.items()}
    return replace(record, evidence=changed)


def _related_places(record: Record, graph: Graph) -> list[tuple[Step, Evidence]]:
    """Steps that tell how a finding and an annotated term are related, with the evidence told."""
    rows = [r for found in record.evidence.values() for r in found if r.via]
    return [
        (step, row) for step in record.steps for row in rows
        if row.edge in step.edges and in_sentence(graph.name(row.via)).lower() in step.text.lower()
    ]  # fmt: skip


def related_concept_exchanged(record: Record, graph: Graph, rng: random.Random) -> Record | None:
    """In what is said of a related term, shared concept, term or finding gives way to another name."""
    places = _related_places(record, graph)
    if not places:
        return None
    step, row = rng.choice(places)
    term = graph.edge(row.edge).tail
    slots = [row.via, term, row.finding]
    gone = rng.choice(slots)
    others = {f.concept for f in record.findings} | set(slots) | {e.via for v in record.evidence.values() for e in v}
    others |= {graph.edge(e).tail for e in step.edges}
    new = rng.choice(sorted(others - {gone, ""}))
    old_name, new_name = re.escape(graph.name(gone)), in_sentence(graph.name(new))
    text = re.sub(rf"\b{old_name}", lambda _: new_name, step.text, flags=re.IGNORECASE)
    return with_step(record, replace(step, text=text)) if text.lower() != step.text.lower() else None


def too_young_removed(record: Record, graph: Graph, rng: random.Random) -> Record | None:
    """What of age or sex weighs against the chosen option is passed over (or said of another option)."""
    disease = next(o for o in record.options if o.key == record.chosen_key)
    name = graph.name(disease.concept)
    against = recompute(Facts(graph), record).against[record.chosen_key]
    places = []
    for step in record.steps:
        start = 0
        for end in (m.end() for m in re.finditer(r"\.(?= |$)", step.text)):
            part = step.text[start:end]
            for concept in against.values():
                if in_sentence(graph.concept_at(concept).name).lower() in part.lower() and name.lower() in part.lower():
                    places.append((step, start, end))
            start = end
    if not places:
        return None
    step, start, end = rng.choice(places)
    return with_step(record, replace(step, text=(step.text[:start] + step.text[end:]).strip()))


def age_said_of_another(record: Record, graph: Graph, rng: random.Random) -> Record | None:
    """What is said of age or sex is said of another option, or the other onset or mode is named."""
    against = recompute(Facts(graph), record).against
    concepts = sorted({graph.concept_at(c).name for told in against.values() for c in told.values()})
    places = [(s, c) for s in record.steps for c in concepts if in_sentence(c).lower() in s.text.lower()]
    if not places:
        return None
    step, concept = rng.choice(places)
    other = rng.choice([c for c in (*COURSES, *concepts) if c != concept])
    text = re.sub(re.escape(concept), lambda _: in_sentence(other), step.text, flags=re.IGNORECASE)
    return with_step(record, replace(step, text=text))


COURSES = ("Adult onset", "Infantile onset", "Late onset", "X-linked recessive inheritance")
# Two numbers with a decimal in one sentence, which is only said of the picture.
PICTURE = r"\b(\d+\.\d)\b(?! %)[^%.]*?\b(\d+\.\d)\b(?! %)"


Mutation = Callable[[Record, Graph, random.Random], Record | None]
# The classes that must be caught in at least 99 of 100 records each.
MUTATIONS: dict[str, Mutation] = {
    f.__name__: f
    for f in (
        edge_replaced, edge_replaced_nearby, edge_removed, edge_added, edge_excluded, uncited, one_flip,
        chosen_changed, evidence_swapped, evidence_dropped, stance_flipped, weight_changed, margin_changed,
        status_flipped, number_changed, name_swapped, finding_swapped, misnumbered, reasoning_changed,
        picture_number_changed, score_part_changed, score_parts_traded, score_dropped, patient_changed, via_changed,
    )
}  # fmt: skip
# Those that apply to some records only, and are looked for in more of them.
RARE: dict[str, Mutation] = {
    f.__name__: f
    for f in (patient_and_question_changed, related_concept_exchanged, too_young_removed, age_said_of_another)
}
