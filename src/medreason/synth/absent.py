"""Which finding is recorded as absent in a disease; every other option is positively recorded in it."""

from __future__ import annotations

import random
from typing import NamedTuple

from medreason.questions.disorders import DisorderIndex
from medreason.synth import frames, stems
from medreason.synth.draft import Choice, Draft, Said
from medreason.synth.draw import balanced, pick, shuffled
from medreason.synth.options import of_findings
from medreason.synth.words import be, item, sentence, stem
from medreason.synth.world import OFTEN, Fact, World

KIND = "absent"
WRONG = 4
COMMON = 0.3
CLOSE = 0.5


class Subject(NamedTuple):
    """A disease and the finding that it is recorded without."""

    disease: int
    finding: int


def right(fact: Fact) -> bool:
    """Whether an edge may be the answer: NOT without a count, or 0 of at least ten patients."""
    return not fact.present and (fact.counted or not fact.n)


def wrong(fact: Fact) -> bool:
    """Whether an edge may be a wrong option: seen, in at least ten patients or by a term of "frequent" or more."""
    return fact.present and ((fact.counted and fact.k > 0) or (not fact.n and fact.term in OFTEN))


def _pool(world: World, disease: int, finding: int) -> list[int]:
    facts = world.facts[disease]
    found = [t for t, f in facts.items() if wrong(f) and not world.absent_at_or_above(disease, t)]
    return [t for t in found if t not in world.above(finding) and finding not in world.above(t)]


def subjects(world: World) -> list[Subject]:
    """Every recorded absence with three positively recorded findings beside it."""
    return [
        Subject(d, t)
        for d in world.diseases
        for t, f in world.facts[d].items()
        if right(f) and t not in world.profile(d) and len(_pool(world, d, t)) >= WRONG
    ]


def make(world: World, _: DisorderIndex, subject: Subject, rng: random.Random) -> Draft | None:
    """A question about one recorded absence, or ``None`` where the option names are not distinct."""
    disease, finding = subject
    name = world.name(disease)
    pool = _pool(world, disease, finding)
    cues = of_findings(world, [disease])
    chosen = balanced(rng, finding, pool, cues, WRONG)
    facts = world.facts[disease]
    said: dict[int, Said] = {}
    for term in chosen:
        text = sentence(
            rng, pick(rng, frames.HAS), D=name, L=item(world, term, term, facts[term]), **be([world.told(term)])
        )
        said[term] = Said(text, (facts[term].edge,))
    fact = facts[finding]
    count = f" (0 of {fact.n} patients)" if fact.n else ""
    text = sentence(rng, pick(rng, frames.UNSEEN), D=name, F=world.told(finding), c=count, **be([world.told(finding)]))
    said[finding] = Said(text, (fact.edge,))
    steps = [said[t] for t in shuffled(rng, [finding, *chosen])]
    last = sentence(rng, pick(rng, frames.END_ABSENT), frames.CLOSERS, D=name, F=world.told(finding))
    rare = min((facts[t].share for t in chosen), default=1.0) < COMMON
    near = max(world.close(finding, t) for t in chosen) >= CLOSE
    return Draft(
        KIND,
        f"{disease}:{finding}",
        stem(rng, (stems.ASK_ABSENT,), D=name),
        tuple(Choice(t, world.name(t)) for t in (finding, *chosen)),
        (*steps, Said(last, (fact.edge,))),
        hard=int(rare) + int(near),
        table=cues.table([finding, *chosen]),
    )
