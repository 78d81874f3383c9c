"""What rules that read the options alone get right: words and lengths, no case, no graph.

The rules over the graph (most annotated, most similar by annotations) stand in the summary of a run as ``blind_rules``;
those here need no graph, so they apply to options of every kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from medreason.quality.near import words
from medreason.records import Record
from medreason.statistics import Estimate, Guess, by_group, guess, holm, macro

SHORTEST_WORD = 4


class Item(NamedTuple):
    """A question as the rules see it; ``group`` is the answer's concept, empty where it is not known."""

    stem: str
    options: tuple[str, ...]
    answer: int
    group: str


class Rule(NamedTuple):
    """How often a rule names the answer.

    Attributes:
        guess: Per item, against chance.
        macro: Each answer disease weighing the same; items without a known concept are left out.
        p: Two-sided, corrected for all rules of the table (Holm).
        items: Items to which it applies.
    """

    guess: Guess
    macro: Estimate
    p: float
    items: int


def _shared(item: Item) -> list[float]:
    stem = {w for w in words(item.stem) if len(w) >= SHORTEST_WORD}
    return [float(len(stem & set(words(text)))) for text in item.options]


def _likeness(item: Item) -> list[float]:
    """Mean Jaccard index of an option's words with those of each other option."""
    bags = [set(words(text)) for text in item.options]
    out = []
    for i, own in enumerate(bags):
        others = [len(own & other) / max(1, len(own | other)) for j, other in enumerate(bags) if j != i]
        out.append(round(sum(others) / max(1, len(others)), 9))  # so that equal sums in another order tie
    return out


RULES: dict[str, Callable[[Item], Sequence[float]]] = {
    "longest name": lambda item: [len(text) for text in item.options],
    "shortest name": lambda item: [-len(text) for text in item.options],
    "most words shared with the question": _shared,
    "most similar to the other options, by words": _likeness,
    "least similar to the other options, by words": lambda item: [-v for v in _likeness(item)],
}


def item_of(record: Record) -> Item | None:
    """A record as the rules see it; None without a known answer or with fewer than two options."""
    keys = [o.key for o in record.options]
    if record.answer_key not in keys or len(keys) < 2:
        return None
    answer = keys.index(record.answer_key)
    return Item(record.question, tuple(o.text for o in record.options), answer, record.options[answer].concept)


def guesses(records: Iterable[Record], *, seed: int = 0) -> dict[str, Rule]:
    """Every rule against chance; a rule by place for each key. Ties are shared out. O(records x options²).

    Args:
        records: The dataset; records without a known answer are left out.
        seed: Seed of the tests and of the macro average's bootstrap.
    """
    named: dict[str, list[tuple[int, int, bool]]] = {name: [] for name in RULES}
    groups: dict[str, list[tuple[str, float]]] = {}
    places: dict[str, list[tuple[int, int, bool]]] = {}

    def add(to: list[tuple[int, int, bool]], rule: str, item: Item, chosen: list[int]) -> None:
        hit = item.answer in chosen
        to.append((len(chosen), len(item.options), hit))
        if item.group:
            groups.setdefault(rule, []).append((item.group, hit / len(chosen)))

    for record in records:
        if (item := item_of(record)) is None:
            continue
        for name, rule in RULES.items():
            values = rule(item)
            top = max(values)
            add(named[name], name, item, [i for i, v in enumerate(values) if v == top])
        for i, option in enumerate(record.options):
            place = f"position {option.key}"
            add(places.setdefault(place, []), place, item, [i])
    tried = {name: rows for name, rows in (*named.items(), *sorted(places.items())) if rows}
    found = {name: guess(rows, seed=seed) for name, rows in tried.items()}
    corrected = holm({name: g.p for name, g in found.items()})
    averages = {name: macro(by_group(groups.get(name, ())), seed=seed) for name in tried}
    return {name: Rule(g, averages[name], corrected[name], len(tried[name])) for name, g in found.items()}
