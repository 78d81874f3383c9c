"""Which disorder fits findings drawn from its annotations: the right one has all on record, the others lack two."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

from medreason.kg.naming import join
from medreason.questions.disorders import DisorderIndex
from medreason.synth import frames, stems
from medreason.synth.draft import Choice, Draft, Said
from medreason.synth.draw import pick, shuffled, some, weighted
from medreason.synth.options import of_diseases
from medreason.synth.words import be, item, sentence, stem
from medreason.synth.world import Fact, World

KIND = "diagnosis"
SIZES = (4, 5, 6)
MIN_ANNOTATIONS = 8
POOL = 48
AROUND = 8
TRIES = 8
SHARED_WEIGHT = (1.0, 3.0, 3.0, 2.0, 0.5)
"""How much oftener a finding is taken that 0, 1, … 4 of the other options have on record too."""
WRONG = 4
UPWARDS = 0.2
MAX_CARRIERS = 0.15
RATIO = 2


def subjects(world: World) -> list[int]:
    """Diseases with enough findings on record to ask about."""
    return [d for d in world.diseases if world.sizes[d] >= MIN_ANNOTATIONS]


def _findings(world: World, disease: int, others: Sequence[int], rng: random.Random) -> list[int]:
    """Findings of a case: frequent ones oftener, those that some others have too oftener still, some one level up.

    None is above or below another; each other disease has at least one of them and lacks at least two.
    """
    facts = {t: f for t, f in world.facts[disease].items() if f.present and f.share > 0}
    terms = list(facts)
    shared = {t: sum(t in world.profile(o) for o in others) for t in terms}
    weights = [facts[t].share * SHARED_WEIGHT[shared[t]] for t in terms]
    for _ in range(TRIES):
        size, found = pick(rng, SIZES), list[int]()
        for term in weighted(rng, terms, weights, 3 * size):
            finding = pick(rng, [*world.parents(term), term]) if rng.random() < UPWARDS else term
            near = any(finding == o or finding in world.above(o) or o in world.above(finding) for o in found)
            common = len(world.carriers(finding)) > MAX_CARRIERS * len(world.diseases)
            if not (near or common or world.absent_at_or_above(disease, finding)):
                found.append(finding)
            if len(found) == size:
                break
        have = [sum(f in world.profile(o) for f in found) for o in others]
        if len(found) == size and all(1 <= h <= size - 2 for h in have):
            return found
    return []


def witness(world: World, disease: int, finding: int) -> tuple[int, Fact]:
    """The annotation that stands for a finding: the term itself, else the nearest narrower one on record."""
    facts = world.facts[disease]
    if finding in facts and facts[finding].present:
        return finding, facts[finding]
    below_it = [t for t, f in facts.items() if f.present and finding in world.above(t)]
    nearest = min(below_it, key=lambda t: (len(world.ladder(t, finding)), t))
    return nearest, facts[nearest]


def _step(world: World, disease: int, findings: Sequence[int], rng: random.Random) -> Said:
    """What one option has on record of the findings, and what it has not."""
    on = [f for f in findings if f in world.profile(disease)]
    off = [f for f in findings if f not in world.profile(disease)]
    edges: list[int] = []
    items: list[str] = []
    for finding in on:
        term, fact = witness(world, disease, finding)
        items.append(item(world, finding, term, fact))
        edges += [fact.edge, *(world.ladder(term, finding) if term != finding else ())]
    name = world.name(disease)
    text = sentence(rng, pick(rng, frames.HAS), D=name, L=join(items), **be([world.told(f) for f in on]))
    if off:
        names = [world.told(f) for f in off]
        frame = pick(rng, frames.LACKS)
        text += " " + sentence(rng, frame, D=name, L=join(names), N=join(names, "or"), **be(names))
    return Said(text, tuple(dict.fromkeys(edges)))


def _set(world: World, disorders: DisorderIndex, disease: int, rng: random.Random) -> list[int]:
    """Five diseases, no two the same disorder, that share findings with the one given; in an order of chance."""
    terms = [t for t, f in world.facts[disease].items() if f.present]
    shared = np.zeros(world.graph.n_nodes, dtype=np.int8)
    for term in some(rng, terms, AROUND):
        if len(world.carriers(term)) <= MAX_CARRIERS * len(world.diseases):
            shared[world.carriers(term)] += 1
    size = world.sizes[disease]
    fair = (shared >= 2) & (world.space == world.space[disease])
    fair &= (world.sizes <= RATIO * size) & (RATIO * world.sizes >= size) & (world.sizes >= MIN_ANNOTATIONS)
    drawn = [disease]
    for other in some(rng, np.flatnonzero(fair).tolist(), POOL):
        if not any(disorders.same(other, o) for o in drawn):
            drawn.append(other)
        if len(drawn) == WRONG + 1:
            return shuffled(rng, drawn)
    return []


def make(world: World, disorders: DisorderIndex, seed_disease: int, rng: random.Random) -> Draft | None:
    """A question about one of five like diseases, or ``None`` where no fair one was drawn.

    The five are drawn around ``seed_disease``, which of them is the answer is drawn after that, and the findings last:
    so that the options alone tell nothing.
    """
    drawn = _set(world, disorders, seed_disease, rng)
    if not drawn:
        return None
    findings = _findings(world, drawn[0], drawn[1:], rng)
    return told(world, drawn, findings, rng) if findings else None


def told(world: World, drawn: Sequence[int], findings: Sequence[int], rng: random.Random) -> Draft | None:
    """The question about given diseases, the right one first, and findings; ``None`` if one is recorded both ways."""
    disease, wrong = drawn[0], list(drawn[1:])
    if not all(_usable(world, d, findings) for d in drawn):
        return None
    own = world.name(disease)
    shared = {d: sum(f in world.profile(d) for f in findings) for d in wrong}
    most = max(shared.values())
    count = len(findings)
    last = sentence(rng, pick(rng, frames.END_DIAGNOSIS), frames.CLOSERS, D=own, m=str(count), j=str(most))
    said = {d: _step(world, d, findings, rng) for d in (disease, *wrong)}
    steps = [said[d] for d in shuffled(rng, list(said))]
    names = [world.told(f) for f in findings]
    hops = any(f not in world.facts[disease] or not world.facts[disease][f].present for f in findings)
    hard = (2 * most >= count) + hops + (float(np.mean([world.bits[f] for f in findings])) < 6)
    return Draft(
        KIND,
        f"{disease}",
        stem(rng, (stems.CASE, stems.ASK_DIAGNOSIS), L=join(names), **be(names)),
        tuple(Choice(d, world.name(d)) for d in (disease, *wrong)),
        (*steps, Said(last, _direct(world, disease, findings))),
        tuple((world.graph.curie(f), n) for f, n in zip(findings, names, strict=True)),
        int(hard),
        of_diseases(world, findings).table([disease, *wrong]),
    )


def _direct(world: World, disease: int, findings: Sequence[int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(witness(world, disease, f)[1].edge for f in findings))


def _usable(world: World, disease: int, findings: Sequence[int]) -> bool:
    """Whether everything on record can be told: no finding recorded both ways."""
    profile = world.profile(disease)
    facts = world.facts[disease]
    for f in findings:
        if f in profile and not any(x.present and (t == f or f in world.above(t)) for t, x in facts.items()):
            return False
    return True
