"""Ties mentions to concepts, gathers the findings of a patient, and links option texts to diseases.

Scores (in (0, 1], higher is surer; a rule of thumb for a reader, not a probability) are a product:
how the words match: exact 1, normalised 0.95, reordered 0.85, measured 0.9, fuzzy the rapidfuzz ratio;
what kind of name it is: preferred or exact 1, abbreviation 0.9, narrow 0.85, broad or related 0.75;
and 0.8 where another concept has an equally good name, named as ``runner_up``.
What it is not: disambiguation by context. Equal names go to the better kind of name, then to the
smaller id (an option's: to the larger vocabulary first).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from medreason.linking.detect import detect
from medreason.linking.lexicon import Entry, Lexicon, content_key, lexicon
from medreason.linking.normalise import words
from medreason.linking.recogniser import recogniser
from medreason.records import Finding, Link, Mention

if TYPE_CHECKING:
    from medreason.kg.store import Graph

FINDING_TYPES = ("phenotype",)
OPTION_TYPES = ("disease",)
NOT_STATED = frozenset({"uncertain", "hypothetical"})  # scopes of a mention that is no finding yet
MIN_RATIO = 0.92  # below it, names of different diseases are as frequent as misspelt ones

METHOD_SCORES = {"exact": 1.0, "normalised": 0.95, "reordered": 0.85, "measured": 0.9}
_RANK_SCORES = (1.0, 1.0, 0.9, 0.85, 0.75, 0.75)  # by Entry.rank
_SHARED = 0.8

# Words that turn one disease name into another at a distance of a letter or two.
_OPPOSITES = re.compile(
    r"hyper|hypo|macro|micro|brady|tachy|poly|oligo|dominant|recessive|congenital|acquired|without|with|"
    r"proximal|distal|anterior|posterior|primary|secondary|alpha|beta|gamma|delta|early|late|male|female|non"
)


class _Curies:
    """The ids of nodes, read from the graph once each and remembered with the recogniser."""

    def __init__(self, graph: Graph, known: dict[int, str]) -> None:
        self._graph = graph
        self._known = known

    def __call__(self, number: int) -> str:
        curie = self._known.get(number)
        if curie is None:
            curie = self._known[number] = self._graph.curie(number)
        return curie


def _link(curie: Callable[[int], str], mention: Mention, entries: Sequence[Entry], method: str, base: float) -> Link:
    rank, number = entries[0].rank, entries[0].number
    score = base * _RANK_SCORES[rank]
    runner_up = ""
    if len(entries) > 1:
        other = next((e for e in entries if e.number != number), None)
        if other is not None:
            runner_up = curie(other.number)
            if min(other.rank, 1) == min(rank, 1):
                score *= _SHARED
    return Link(mention, curie(number), method, round(score, 4), runner_up)


def link(graph: Graph, text: str, types: tuple[str, ...] = FINDING_TYPES, *, nested: bool = False) -> tuple[Link, ...]:
    """All mentions of a text that name a concept of these types, left to right, relatives' ones included.

    Args:
        graph: The graph whose names are looked for.
        text: Any text, e.g. a vignette.
        types: Node types whose names count.
        nested: Also give the names of broader concepts inside longer names.

    Returns:
        One link a mention; ``text[m.start:m.end] == m.text`` holds for each.
    """
    names = recogniser(graph, types)
    found = detect(text, names, graph.ancestors if nested else None)
    curie = _Curies(graph, names.curies)
    return tuple([_link(curie, mention, entries, how, METHOD_SCORES[how]) for mention, entries, how in found])


def findings(graph: Graph, text: str, types: tuple[str, ...] = FINDING_TYPES) -> tuple[Finding, ...]:
    """The findings of the patient in a text, one a concept, in the order in which the text first names them.

    What is said of relatives is left out, and what is only possible or hypothetical. A concept both observed
    and excluded is observed. The wording, method and score are those of the surest mention with the status kept.
    """
    best: dict[str, Link] = {}
    for found in link(graph, text, types):
        if found.mention.subject != "patient" or found.mention.scope in NOT_STATED:
            continue
        old = best.get(found.concept)
        if old is None or _precedence(found) > _precedence(old):
            best[found.concept] = found
    return tuple([Finding(c, f.mention.text, f.mention.status, f.method, f.score) for c, f in best.items()])


def _precedence(found: Link) -> tuple[bool, float]:
    return found.mention.status == "observed", found.score


def link_option(graph: Graph, text: str, types: tuple[str, ...] = OPTION_TYPES) -> Link | None:
    """The disease an option text names as a whole, or ``None``.

    Tried in this order: the name as written (case aside), its normal form, its words in another order, and
    last the most similar name with a ratio of at least 0.92 that has the same numbers, single letters
    and opposites ("hyper", "recessive"), so that type 1 never becomes type 2. O(names) for it, else O(1).
    """
    start = len(text) - len(text.lstrip())
    surface = text.strip().rstrip(".")
    key = words(surface)
    if not key:
        return None
    names = lexicon(graph, types)
    mention = Mention(surface, start, start + len(surface))
    in_order = names.named(key)
    if entries := in_order or names.reordered(content_key(key)):
        ranked = _ranked_for_option(graph, names, entries, surface)
        method = "normalised" if in_order else "reordered"
        if ranked[0].text.lower() == surface.lower():
            method = "exact"
        return _link(graph.curie, mention, ranked, method, METHOD_SCORES[method])
    return _most_similar(graph, names, mention, key)


def _ranked_for_option(graph: Graph, names: Lexicon, entries: Sequence[Entry], surface: str) -> list[Entry]:
    """An option is a name, no word of a sentence, so its very wording counts first.

    Of equally good names that of the larger vocabulary wins (OMIM before DECIPHER), then the smaller id.
    """

    def order(entry: Entry) -> tuple[bool, int, int, int]:
        prefix = graph.curie(entry.number).partition(":")[0]
        return entry.text.lower() != surface.lower(), entry.rank, -names.vocabularies[prefix], entry.number

    return sorted(entries, key=order)


def _signature(key: Sequence[str]) -> tuple[list[str], list[str]]:
    marks = sorted(w for w in key if len(w) == 1 or any(c.isdigit() for c in w))
    return marks, sorted(_OPPOSITES.findall(" ".join(key)))


def _most_similar(graph: Graph, names: Lexicon, mention: Mention, key: tuple[str, ...]) -> Link | None:
    from rapidfuzz import fuzz, process

    wanted = _signature(key)
    cutoff = MIN_RATIO * 100
    keys = names.keys
    hits = process.extract(" ".join(key), names.joined, scorer=fuzz.ratio, score_cutoff=cutoff, limit=20)
    near = [(score / 100, keys[at]) for _, score, at in hits if _signature(keys[at]) == wanted]
    if not near:
        return None
    near.sort(key=lambda hit: (-hit[0], names.named(hit[1])[0]))
    entries = [e for _, hit in near for e in _ranked_for_option(graph, names, names.named(hit), "")]
    return _link(graph.curie, mention, entries, "fuzzy", near[0][0])
