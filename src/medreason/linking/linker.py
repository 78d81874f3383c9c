"""Links given mentions of a text to concepts, with what the text itself explains.

The ladder: exact name, levelled name, trigrams re-ranked, optionally a dense encoder, optionally a chooser. A mention
is tried as written and as the text explains it: short forms spelt out and long forms shortened, bracketed short forms
left out, unexplained initials where the text names the disease elsewhere. "A and B cancer" may become two concepts.
What it is not: detection; see :func:`medreason.linking.link` for texts whose mentions are not known.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from medreason.linking.abbreviations import explained
from medreason.linking.candidates import Candidate, CandidateIndex
from medreason.linking.choose import DEFAULT, Chooser, Open, Thresholds
from medreason.linking.ngrams import fold
from medreason.linking.wording import WEAK
from medreason.records import Link, Mention

if TYPE_CHECKING:
    from medreason.linking.dense import DenseIndex

_AND = re.compile(r"\s*(?:,\s*(?:and|or)\s+|,\s*|\s+and/or\s+|\s+(?:and|or)\s+)\s*")
_COORDINATED = re.compile(r"\b(?:and|or)\b")
_SHORT = re.compile(r"[A-Z][A-Za-z0-9-]{1,7}")
_LITTLE = frozenset({"of", "the", "in", "and", "with", "due", "to", "a"})
# A part of "A and B cancer" must be this sure, and the whole must be no name itself.
_SURE_PART = 0.85


class Dense(Protocol):
    """Similar names by embedding; :class:`medreason.linking.dense.DenseIndex` is one."""

    def search(self, text: str, k: int = 10, types: Sequence[str] = ()) -> tuple[Candidate, ...]:
        """Candidates by cosine, best first."""
        ...


class Linker:
    """Decides for each mention of a text which concept it means.

    Args:
        index: Names to search.
        thresholds: When a candidate is kept, and when taken without asking.
        dense: Similar names by embedding.
        chooser: Asked once a text for the mentions that stay open.
    """

    def __init__(
        self,
        index: CandidateIndex,
        thresholds: Thresholds = DEFAULT,
        *,
        dense: Dense | DenseIndex | None = None,
        chooser: Chooser | None = None,
    ) -> None:
        self.index = index
        self.thresholds = thresholds
        self.dense = dense
        self.chooser = chooser
        self._initials = _initials(index)

    def candidates(self, text: str) -> tuple[Candidate, ...]:
        """What a wording alone could mean, best first, without thresholds."""
        k = self.thresholds.k
        if self.thresholds.similar_only:
            named = tuple(c for c in self.index.search(text, k) if c.method == "exact")
            return named or (self.dense.search(text, k, self.index.types) if self.dense is not None else ())
        found = self.index.search(text, k)
        if self.dense is None or (found and found[0].score > self.thresholds.accept):
            return found
        return best_of((*found, *self.dense.search(text, k, self.index.types)), k)

    def link(self, text: str, mentions: Sequence[Mention]) -> list[tuple[Link, ...]]:
        """For each mention its concept, several where it joins several, none where nothing fits.

        Each link names the way, the score, and the runner-up (empty if there was none).

        Args:
            text: The text, for the short forms it explains.
            mentions: Spans of it.
        """
        known = explained(text)
        folded = fold(text)
        results: list[tuple[Link, ...]] = []
        open_: list[tuple[int, Open]] = []
        seen: dict[str, tuple[tuple[Candidate, ...], ...]] = {}
        for i, mention in enumerate(mentions):
            wording = mention.text.strip()
            if wording not in seen:
                seen[wording] = self._joined(wording, known, folded)
            parts = seen[wording]
            links = [self._taken(mention, part) for part in parts]
            results.append(tuple(link for link in links if link is not None))
            if self.chooser is not None and len(parts) == 1 and links[0] is None:
                kept = tuple(c for c in parts[0] if c.score > self.thresholds.keep)
                if kept:
                    open_.append((i, Open(wording, known.get(wording, wording), kept)))
        if self.chooser is not None and open_:
            for (i, asked), curie in zip(open_, self.chooser.choose(text, [a for _, a in open_]), strict=True):
                results[i] = _chosen(mentions[i], asked, curie)
        return results

    def _taken(self, mention: Mention, found: Sequence[Candidate]) -> Link | None:
        limits = self.thresholds
        kept = [c for c in found if c.score > limits.keep or c.method in {"exact", "learned"}]
        if not kept:
            return None
        best = kept[0]
        sure = best.score > limits.accept or best.method in {"exact", "learned"}
        if not sure and (self.chooser is not None or not limits.alone):
            return None
        runner_up = kept[1].concept if len(kept) > 1 else ""
        return Link(mention, best.concept, best.method, best.score, runner_up)

    def _joined(self, wording: str, known: dict[str, str], folded: str) -> tuple[tuple[Candidate, ...], ...]:
        """Candidates of a wording; of each of its parts where it joins several concepts and is none itself."""
        whole = self._best_form(wording, known, folded)
        if not _COORDINATED.search(wording) or (whole and whole[0].method in {"exact", "normalised", "learned"}):
            return (whole,)
        parts = [self._best_form(part, known, folded) for part in apart(wording)]
        sure = [p for p in parts if p and p[0].score >= _SURE_PART]
        if len(parts) > 1 and len(sure) == len(parts):
            return tuple({p[0].concept: p for p in sure}.values())
        return (whole,)

    def _best_form(self, wording: str, known: dict[str, str], folded: str) -> tuple[Candidate, ...]:
        best: tuple[Candidate, ...] = ()
        for form in self._forms(wording, known, folded):
            found = self.candidates(form)
            if found and (not best or found[0].score > best[0].score):
                best = found
        return best

    def _forms(self, wording: str, known: dict[str, str], folded: str) -> Iterator[str]:
        """The wording, and what else it is called in this text; distinct."""
        forms = {wording: None}
        short = wording if wording in known else wording.removesuffix("s")
        if short in known:
            forms = {known[short]: None} if len(short) <= 5 else {wording: None, known[short]: None}
        else:
            bare = re.sub(r"\s*[(\[]([^()\[\]]*)[)\]]", lambda m: "" if m[1] in known else m[0], wording)
            pieces = re.split(r"([\s/-])", bare)
            forms["".join(known.get(p, p) if len(p) > 1 else p for p in pieces)] = None
        low = wording.lower()
        for brief, long in known.items():
            if long.lower() in low and low != long.lower():
                forms[re.sub(re.escape(long), lambda _, b=brief: b, wording, flags=re.IGNORECASE)] = None  # type: ignore[misc]
        if short not in known and _SHORT.fullmatch(wording) and sum(map(str.isupper, wording)) > 1:
            forms |= dict.fromkeys(name for name, words in self._initials.get(wording.lower(), ()) if words(folded))
        yield from forms


class _AllIn:
    """Whether a folded text holds all of some words."""

    __slots__ = ("words",)

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)

    def __call__(self, folded: str) -> bool:
        return all(word in folded for word in self.words)


def _initials(index: CandidateIndex) -> dict[str, list[tuple[str, _AllIn]]]:
    """Initials of names of two to six words → the names, and the test whether a text holds their words."""
    found: dict[str, list[tuple[str, _AllIn]]] = defaultdict(list)
    for row in index.rows:
        words = fold(row.text).split() if row.kind in {0, 1} else []
        if not 2 <= len(words) <= 6:
            continue
        telling = [w for w in words if len(w) > 3 and w not in WEAK]
        if not telling:
            continue
        main = [w for w in words if w not in _LITTLE]
        shapes = {tuple(words), tuple(main), tuple(main[:-1]) if main[-1] in WEAK else tuple(main)}
        for shape in shapes:
            if len(shape) > 1:
                found["".join(w[0] for w in shape)].append((row.text, _AllIn(telling)))
    return dict(found)


def apart(wording: str) -> list[str]:
    """The concepts a wording joins: "breast and ovarian cancer" gives "breast cancer" and "ovarian cancer".

    What the last part ends with (its words but the first) is taken for the others that have no such end.
    """
    parts = [part for part in _AND.split(wording) if part]
    if len(parts) < 2:
        return [wording]
    end = parts[-1].split()[1:] or []
    if not end:
        return parts
    tail = " ".join(end[-1:]) if len(parts[-1].split()) == 2 else " ".join(end)
    head = fold(end[-1])
    return [part if fold(part).split()[-1:] == [head] else f"{part} {tail}" for part in parts]


def best_of(found: Sequence[Candidate], k: int) -> tuple[Candidate, ...]:
    """Each concept once, by its best score, best first, at most ``k``."""
    best: dict[str, Candidate] = {}
    for candidate in found:
        if candidate.concept not in best or candidate.score > best[candidate.concept].score:
            best[candidate.concept] = candidate
    return tuple(sorted(best.values(), key=lambda c: (-c.score, c.concept))[:k])


def _chosen(mention: Mention, asked: Open, curie: str | None) -> tuple[Link, ...]:
    if curie is None:
        return ()
    of = {c.concept: c for c in asked.candidates}
    if curie not in of:
        raise ValueError(f"{curie} was not offered for {asked.text!r}")
    runner_up = next((c.concept for c in asked.candidates if c.concept != curie), "")
    return (Link(mention, curie, "chosen", of[curie].score, runner_up),)
