"""Which finding tells two diseases apart: the right one's shares differ clearly, those of every other lie close."""

from __future__ import annotations

import random
from typing import NamedTuple

from medreason.questions.disorders import DisorderIndex
from medreason.synth import frames, stems
from medreason.synth.contrast import alike_pairs, clean, far, near
from medreason.synth.draft import Choice, Draft, Said
from medreason.synth.draw import balanced, pick, shuffled
from medreason.synth.options import of_findings
from medreason.synth.words import patients, sentence, stem
from medreason.synth.world import World

KIND = "distinguish"
WRONG = 4
MODEST, CLOSE = 0.6, 0.5


class Subject(NamedTuple):
    """Two diseases, the finding that separates them, and those that do not."""

    diseases: tuple[int, int]
    finding: int
    others: tuple[int, ...]


def subjects(world: World) -> list[Subject]:
    """Every finding that separates a pair of diseases, with at least three that do not."""
    found: list[Subject] = []
    for pair in alike_pairs(world):
        one, two = (world.counted(d) for d in pair)
        both = [t for t in one if t in two]
        close = tuple(t for t in both if near(one[t], two[t]))
        if len(close) < WRONG:
            continue
        apart = [t for t in both if far(one[t], two[t]) and clean(world, pair, t)]
        found += [Subject(pair, t, close) for t in apart]
    return found


def make(world: World, _: DisorderIndex, subject: Subject, rng: random.Random) -> Draft | None:
    """A question about one pair of diseases."""
    finding = subject.finding
    pair = shuffled(rng, subject.diseases)
    cues = of_findings(world, pair)
    pool = [t for t in subject.others if t not in world.above(finding) and finding not in world.above(t)]
    if len(pool) < WRONG:
        return None
    wrong = balanced(rng, finding, pool, cues, WRONG)
    said: dict[int, Said] = {}
    for term in (finding, *wrong):
        order = shuffled(rng, pair)
        facts = [(d, world.facts[d][term]) for d in order]
        tail = pick(rng, frames.FAR if term == finding else frames.NEAR)
        text = sentence(rng, pick(rng, frames.COUNTS), tail=tail, F=world.told(term), P=patients(world, facts))
        said[term] = Said(text, tuple(f.edge for _, f in facts))
    steps = [said[t] for t in shuffled(rng, list(said))]
    names = {"D": world.name(pair[0]), "E": world.name(pair[1])}
    last = sentence(rng, pick(rng, frames.END_APART), frames.CLOSERS, F=world.told(finding), **names)
    one, two = (world.facts[d][finding] for d in pair)
    modest = abs(one.share - two.share) < MODEST
    alike = max(world.close(finding, t) for t in wrong) >= CLOSE
    return Draft(
        KIND,
        f"{subject.diseases[0]}:{subject.diseases[1]}:{finding}",
        stem(rng, (stems.ASK_APART,), **names),
        tuple(Choice(t, world.name(t)) for t in (finding, *wrong)),
        (*steps, Said(last, said[finding].edges)),
        hard=int(modest) + int(alike),
        table=cues.table([finding, *wrong]),
    )
