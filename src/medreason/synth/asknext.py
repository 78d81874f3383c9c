"""Which finding to ask for next, among diseases still open: the one with the largest expected information."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from medreason.kg.naming import join
from medreason.questions.disorders import DisorderIndex
from medreason.synth import frames, stems
from medreason.synth.contrast import alike_pairs, clean, far, gain, near
from medreason.synth.contrast import bits as in_words
from medreason.synth.draft import Choice, Draft, Said
from medreason.synth.draw import balanced, pick, shuffled, some
from medreason.synth.options import of_findings
from medreason.synth.words import be, item, patients, sentence, stem
from medreason.synth.world import World

KIND = "next"
WRONG = 4
MUCH, LITTLE = 0.15, 0.03
GIVEN = (2, 3)
TRIPLES_OF_A_PAIR = 4
MODEST = 0.3


class Subject(NamedTuple):
    """Diseases still open, the finding that tells most, and those that tell little."""

    diseases: tuple[int, ...]
    finding: int
    others: tuple[int, ...]


def _of(world: World, open_: Sequence[int]) -> list[Subject]:
    facts = [world.counted(d) for d in open_]
    both = [t for t in facts[0] if all(t in f for f in facts[1:])]
    little, much = [], []
    for term in both:
        told = [f[term] for f in facts]
        bits = gain([f.share for f in told])
        pairs = list(combinations(told, 2))
        if bits <= LITTLE and all(near(a, b) for a, b in pairs):
            little.append(term)
        elif bits >= MUCH and any(far(a, b) for a, b in pairs) and clean(world, open_, term):
            much.append(term)
    return [Subject(tuple(open_), t, tuple(little)) for t in much] if len(little) >= WRONG else []


def subjects(world: World) -> list[Subject]:
    """Pairs of diseases, and pairs with a third disease that is like both, with a finding that tells much."""
    pairs = alike_pairs(world)
    nexts: dict[int, set[int]] = {}
    for a, b in pairs:
        nexts.setdefault(a, set()).add(b)
    found: list[Subject] = []
    for a, b in pairs:
        of_pair = _of(world, (a, b))
        found += of_pair
        thirds = sorted(nexts.get(a, set()) & nexts.get(b, set())) if of_pair else []
        for third in thirds[:TRIPLES_OF_A_PAIR]:
            found += _of(world, (a, b, third))
    return found


def make(world: World, _: DisorderIndex, subject: Subject, rng: random.Random) -> Draft | None:
    """A question about diseases that are open, or ``None`` where they share too few other findings."""
    finding, facts = subject.finding, world.facts
    open_ = shuffled(rng, subject.diseases)
    pool = [t for t in subject.others if t not in world.above(finding) and finding not in world.above(t)]
    if len(pool) < WRONG:
        return None
    size = pick(rng, GIVEN)
    wrong = balanced(rng, finding, pool, of_findings(world, open_), WRONG)
    options = (finding, *wrong)
    given = _given(world, open_, options, size, rng)
    if len(given) < min(GIVEN):
        return None
    known: list[Said] = []
    for disease in open_:
        listed = join([item(world, t, t, facts[disease][t]) for t in given])
        text = sentence(
            rng, pick(rng, frames.HAS), D=world.name(disease), L=listed, **be([world.told(t) for t in given])
        )
        known.append(Said(text, tuple(facts[disease][t].edge for t in given)))
    said: dict[int, Said] = {}
    bits: dict[int, float] = {}
    for term in options:
        counts = [(d, facts[d][term]) for d in shuffled(rng, open_)]
        bits[term] = gain([f.share for _, f in counts])
        tail = pick(rng, frames.GAIN).format(x=in_words(bits[term]))
        text = sentence(rng, pick(rng, frames.COUNTS), tail=tail, F=world.told(term), P=patients(world, counts))
        said[term] = Said(text, tuple(f.edge for _, f in counts))
    steps = [said[t] for t in shuffled(rng, options)]
    least = in_words(max(bits[t] for t in wrong))
    end = pick(rng, frames.END_NEXT)
    last = sentence(rng, end, frames.CLOSERS, F=world.told(finding), x=in_words(bits[finding]), y=least)
    names = [world.told(t) for t in given]
    asked = stem(
        rng, (stems.CASE_OPEN, stems.ASK_NEXT),
        L=join(names), O=join([world.name(d) for d in open_]), **be(names),
    )  # fmt: skip
    edges = dict.fromkeys(e for t in options for e in said[t].edges)
    return Draft(
        KIND,
        f"{':'.join(map(str, subject.diseases))}:{finding}",
        asked,
        tuple(Choice(t, world.name(t)) for t in options),
        (*known, *steps, Said(last, tuple(edges))),
        tuple((world.graph.curie(t), n) for t, n in zip(given, names, strict=True)),
        int(len(open_) > 2) + int(bits[finding] < MODEST),
        of_findings(world, [*open_, *given]).table(options),
    )


def _given(world: World, open_: Sequence[int], options: Sequence[int], size: int, rng: random.Random) -> list[int]:
    """Findings that every open disease is recorded with, none of them an option or above or below one."""
    first = world.facts[open_[0]]
    taken = [*options]
    found: list[int] = []
    common = [t for t in first if all(t in world.facts[d] and world.facts[d][t].share > 0 for d in open_)]
    for term in some(rng, common, len(common)):
        if not any(term == o or term in world.above(o) or o in world.above(term) for o in taken):
            found.append(term)
            taken.append(term)
        if len(found) == size:
            break
    return found
