"""Puts frames, names and counts together into sentences."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from medreason.kg.naming import join, sentence_case
from medreason.synth.draw import pick
from medreason.synth.frames import OPENERS
from medreason.synth.world import TERM_WORDS, Fact, World

_HEAD = re.compile(r" (?:of|in|with|on|at|by|to|from|within|during|after|without|due)\b|[,(]")
_SINGULAR = ("ss", "is", "us", "ascites", "diabetes", "herpes", "rickets", "caries", "rabies", "series", "biceps")


def plural(name: str) -> bool:
    """Whether a finding reads as more than one thing: its head noun ends in a plural s."""
    head = _HEAD.split(name.lower(), maxsplit=1)[0].rstrip()
    return head.endswith(("s", "teeth", "striae")) and not head.endswith(_SINGULAR)


def be(names: Sequence[str]) -> dict[str, str]:
    """The verbs that agree with the findings named."""
    many = len(names) > 1 or plural(names[0])
    return {"be": "are" if many else "is", "have": "have" if many else "has"}


def sentence(rng: random.Random, frame: str, openers: Sequence[str] = OPENERS, tail: str = "", **slots: str) -> str:
    """One sentence: opener, frame with its slots filled, tail, full stop (a frame that ends in ? or . keeps it)."""
    opener = pick(rng, openers)
    text = ("" if "graph" in opener and "graph" in frame else opener) + frame.format(**slots) + tail
    return sentence_case(text if text.endswith(("?", ".")) else text + ".")


def stem(rng: random.Random, parts: Sequence[Sequence[str]], **slots: str) -> str:
    """A question: one frame of each part."""
    return " ".join(sentence_case(pick(rng, frames).format(**slots)) for frames in parts)


def often(fact: Fact) -> str:
    """How often a finding is recorded, in words; empty where it is not recorded."""
    if fact.n:
        return f"{fact.k} of {fact.n} patients"
    if fact.percent == fact.percent:
        return f"{fact.percent:g} % of patients"
    return TERM_WORDS.get(fact.term, "")


def item(world: World, finding: int, term: int, fact: Fact) -> str:
    """A finding in a list: its name, the narrower term that is on record, and how often."""
    notes = [f"recorded as {world.told(term)}"] if term != finding else []
    notes += [words] if (words := often(fact)) else []
    return f"{world.told(finding)} ({': '.join(notes)})" if notes else world.told(finding)


def patients(world: World, counts: Sequence[tuple[int, Fact]]) -> str:
    """Patients with a finding, by disease: ``12 of 20 patients with D and 1 of 15 patients with E``."""
    return join([f"{fact.k} of {fact.n} patients with {world.name(disease)}" for disease, fact in counts])
