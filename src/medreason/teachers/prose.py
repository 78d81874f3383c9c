"""Turns weighed evidence into sentences: chooses a frame, fills its slots, keeps what it cites.

Frames rotate by a seed drawn from the item's id, without repeats inside a chain until a list is used up. The
choice depends on nothing else, so the same item reads the same in every run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from medreason.kg.hierarchy import ladder
from medreason.kg.naming import in_sentence, join, sentence_case
from medreason.kg.patient import Conflict
from medreason.kg.view import GraphView
from medreason.teachers import phrases
from medreason.teachers.weigh import Weighed, Weigher

_PLURAL = {"is": "are", "was": "were", "has": "have", "remain": "remain", "fit": "fit"}
_SINGULAR = {"remain": "remains", "fit": "fits", "point": "points", "come": "comes", "fall": "falls",
             "belong": "belongs", "place": "places", "sit": "sits"}  # fmt: skip
_VERBS = ("is", "was", "has", "remain", "fit", "point", "come", "fall", "belong", "place", "sit")


class Sentence(NamedTuple):
    """A sentence and the numbers of the edges it stands on."""

    text: str
    edges: tuple[int, ...] = ()


def _verbs(count: int) -> dict[str, str]:
    if count > 1:
        return {v: _PLURAL.get(v, v) for v in _VERBS}
    return {v: _SINGULAR.get(v, v) for v in _VERBS}


def _term_above(w: Weighed) -> bool:
    """Whether the annotated term lies above the finding (a broader annotation, or one that was not seen)."""
    return w.term == w.via


def _number(value: float) -> str:
    return f"{value:g}"


class Writer:
    """Writes the sentences of one chain."""

    def __init__(self, weigher: Weigher, view: GraphView, item: str) -> None:
        self._weigher = weigher
        self._view = view
        self._item = item
        self._turn: dict[str, int] = {}
        self._order: dict[str, list[str]] = {}

    # -- choosing ------------------------------------------------------------------------------------

    def _pick(self, kind: str, frames: Sequence[str]) -> str:
        order = self._order.get(kind)
        if order is None:
            key = [hashlib.sha256(f"{self._item}\x1f{kind}\x1f{i}".encode()).digest() for i in range(len(frames))]
            order = [frames[i] for i in sorted(range(len(frames)), key=key.__getitem__)]
            self._order[kind] = order
        turn = self._turn.get(kind, 0)
        self._turn[kind] = turn + 1
        return order[turn % len(order)]

    def _say(self, kind: str, frames: Sequence[str], edges: Iterable[int], count: int, /, **slots: object) -> Sentence:
        text = self._pick(kind, frames).format(**_verbs(count), **slots)
        return Sentence(sentence_case(text), tuple(dict.fromkeys(edges)))

    # -- names ---------------------------------------------------------------------------------------

    def name(self, number: int) -> str:
        """A finding's or organ system's name as it stands in a sentence."""
        return in_sentence(self._weigher.graph.concept_at(number).name)

    def disease(self, number: int) -> str:
        """A disease's name, capitals as the source has them."""
        return self._weigher.graph.concept_at(number).name

    def _finding(self, w: Weighed) -> tuple[str, list[int]]:
        """A finding with the annotated term it was found through, and the edges that says it."""
        if w.term == w.finding:
            return self.name(w.finding), [w.edge]
        frame = phrases.WIDER if _term_above(w) else self._pick("narrower", phrases.NARROWER)
        return frame.format(f=self.name(w.finding), t=self.name(w.term)), self._cited(w)

    def _cited(self, w: Weighed) -> list[int]:
        """The annotation edge and the is_a walks from finding and annotated term up to what they share."""
        graph = self._weigher.graph
        return [w.edge, *ladder(graph, w.finding, w.via), *ladder(graph, w.term, w.via)]

    def frequency(self, w: Weighed) -> str:
        """A frequency in words, with its n: "in 3 of 3 reported patients", never "100 %"."""
        pooled = w.frequency
        if pooled is None:
            stated = any(row.frequency for row in self._weigher.graph.edge_at(w.edge).evidence)
            aside = w.edge in self._view.touched and stated
            return self._pick("aside", phrases.FREQUENCY_ASIDE) if aside else self._pick("open", phrases.FREQUENCY_OPEN)
        if pooled.n is not None:
            patients = "patient" if pooled.n == 1 else "patients"
            return self._pick("count", phrases.FREQUENCY_COUNT).format(k=pooled.k, n=pooled.n, patients=patients)
        if pooled.percent is not None:
            return self._pick("percent", phrases.FREQUENCY_PERCENT).format(p=_number(pooled.percent))
        if pooled.term not in phrases.GRADES:
            return self._pick("open", phrases.FREQUENCY_OPEN)
        an, grade = phrases.GRADES[pooled.term]
        return self._pick("term", phrases.FREQUENCY_TERM).format(an=an, grade=grade)

    # -- sentences -----------------------------------------------------------------------------------

    def organ(self, system: int, findings: Sequence[int]) -> Sentence:
        """Which organ system some findings belong to, citing the is_a walks up to it."""
        edges = [e for f in findings for e in ladder(self._weigher.graph, f, system)]
        names = join([self.name(f) for f in findings])
        return self._say("organ", phrases.ORGAN, edges, len(findings), f=names, S=self.name(system))

    def own_paper(self) -> Sentence:
        """That the case's own publication is left out of everything that follows."""
        return self._say("own_paper", phrases.OWN_PAPER, (), 1)

    def selective(self, finding: int) -> Sentence:
        """The most selective finding and how many diseases carry it."""
        count = self._view.carrier_count(finding)
        slots = {"f": self.name(finding), "c": count, "N": self._view.n_diseases}
        return self._say("selective", phrases.SELECTIVE, (), 1, **slots)

    def absent_here(self, findings: Sequence[int]) -> Sentence:
        """Findings that were looked for in the patient and are absent."""
        names = join([self.name(f) for f in findings])
        return self._say("absent", phrases.ABSENT_HERE, (), len(findings), f=names)

    def support(self, disease: int, w: Weighed) -> Sentence:
        """One finding recorded for a disease, with its frequency."""
        text, edges = self._finding(w)
        q = self.frequency(w)
        return self._say("support", phrases.SUPPORT, edges, 1, D=self.disease(disease), f=text, q=q)

    def more(self, disease: int, weighed: Sequence[Weighed]) -> Sentence:
        """Further findings recorded for a disease."""
        parts = [self._finding(w) for w in weighed]
        edges = [e for _, cited in parts for e in cited]
        names = join([text for text, _ in parts])
        return self._say("more", phrases.MORE, edges, len(parts), D=self.disease(disease), f=names)

    def compatible(self, disease: int, w: Weighed) -> Sentence:
        """A finding that falls under a broader term recorded for the disease, or beside a related one."""
        if w.via != w.term:
            slots = {"D": self.disease(disease), "f": self.name(w.finding), "t": self.name(w.term)}
            return self._say("related", phrases.RELATED, self._cited(w), 1, a=self.name(w.via), **slots)
        slots = {"D": self.disease(disease), "f": self.name(w.finding), "t": self.name(w.term)}
        return self._say("compatible", phrases.COMPATIBLE, self._cited(w), 1, q=self.frequency(w), **slots)

    def against(self, disease: int, w: Weighed) -> Sentence:
        """A finding that contradicts a disease."""
        text, edges = self._finding(w)
        if w.status == "excluded":
            q = self.frequency(w)
            return self._say("excluded", phrases.AGAINST_EXCLUDED, edges, 1, D=self.disease(disease), f=text, q=q)
        if w.frequency is not None and w.frequency.n is not None:
            slots = {"k": w.frequency.k, "n": w.frequency.n, "D": self.disease(disease), "f": text}
            patients = "patient" if w.frequency.n == 1 else "patients"
            return self._say("unseen", phrases.AGAINST_UNSEEN_COUNT, edges, 1, patients=patients, **slots)
        return self._say("lacking", phrases.AGAINST_UNSEEN, edges, 1, D=self.disease(disease), f=text)

    def conflict(self, disease: int, conflict: Conflict) -> Sentence:
        """What of the patient's age or sex weighs against a disease."""
        frames = phrases.TOO_YOUNG if conflict.rule == "age" else phrases.FEMALE
        concept = self.name(self._weigher.graph.require(conflict.concept))
        return self._say(conflict.rule, frames, (), 1, D=self.disease(disease), o=concept)

    def picture(self, best: int, second: int, shared: float, other: float) -> Sentence:
        """How close the records of the two leading options lie to the case as a whole."""
        slots = {"A": self.disease(best), "B": self.disease(second), "x": f"{shared:.1f}", "y": f"{other:.1f}"}
        return self._say("picture", phrases.PICTURE, (), 1, **slots)

    def unrecorded(self, disease: int, findings: Sequence[int]) -> Sentence:
        """Findings the graph does not record for a disease: not recorded, never "does not occur"."""
        names = join([self.name(f) for f in findings], "or")
        return self._say("unrecorded", phrases.UNRECORDED, (), 1, D=self.disease(disease), f=names)

    def no_edge(self, disease: int) -> Sentence:
        """Nothing of the case is recorded for a disease."""
        return self._say("no_edge", phrases.NO_EDGE, (), 1, D=self.disease(disease))

    def compare(self, best: int, second: int, w: Weighed, *, shared: Weighed | None) -> Sentence:
        """What tells the best option from the runner-up."""
        text, edges = self._finding(w)
        slots = {"A": self.disease(best), "B": self.disease(second), "f": text}
        if shared is None:
            return self._say("one", phrases.COMPARE_ONE, edges, 1, q=self.frequency(w), **slots)
        slots["f"] = self.name(w.finding)
        edges += self._cited(shared)
        return self._say("both", phrases.COMPARE_BOTH, edges, 1, **slots)

    def conclusion(self, best: int, weighed: Sequence[Weighed]) -> Sentence:
        """Which option the recorded evidence supports best, and by which findings."""
        edges = [e for w in weighed for e in self._cited(w)]
        names = join([self.name(w.finding) for w in weighed])
        return self._say("conclusion", phrases.CONCLUSION, edges, len(weighed), A=self.disease(best), f=names)
