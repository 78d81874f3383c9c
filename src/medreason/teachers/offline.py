"""The offline teacher: from evidence alone to a chain, with no model and without the answer key.

It weighs the evidence for every option, names the best supported one, and writes the reasoning in a
clinician's order: findings, candidate by candidate, what tells the best two apart, conclusion. It always
says which option leads and by how much; whether the lead is enough is decided by the margin threshold.
It is not a diagnostic tool: it knows no base rates and compares only the options it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from medreason.kg.patient import Conflict, conflicts
from medreason.kg.store import Graph
from medreason.kg.view import GraphView
from medreason.records import Chain, Question, Score, Step
from medreason.teachers.prose import Sentence, Writer
from medreason.teachers.weigh import PICTURE_FACTOR, Weighed, Weigher

NAME = "offline/2"
PHENOTYPE_ROOT = "HP:0000118"
# How much a step shows: the strongest findings in full, further ones as a list. More reads like a table.
FULL, LISTED, MISSING = 2, 3, 2
SYSTEMS, PER_SYSTEM = 2, 2


class _Candidate(NamedTuple):
    key: str
    disease: int
    evidence: tuple[Weighed, ...]
    score: Score
    conflicts: tuple[Conflict, ...]
    covered: frozenset[int]


def _supported(candidate: _Candidate) -> bool:
    """Whether any finding is recorded for the disease itself: weaker links alone decide nothing."""
    return any(w.stance == "supports" for w in candidate.evidence)


class OfflineTeacher:
    """Writes chains on one graph.

    Args:
        graph: An open graph with ``has_phenotype`` edges.
        margin: Lead in bits from which an option counts as decided.
    """

    name = NAME

    def __init__(self, graph: Graph, *, margin: float) -> None:
        self._graph = graph
        self._weigher = Weigher(graph)
        self._root = graph.number(PHENOTYPE_ROOT)
        self.margin = margin

    def teach(self, question: Question, view: GraphView) -> Chain:
        """Writes the chain of a question; ``question.answer_key`` is not read.

        Returns:
            A chain; without ``chosen_key`` and steps where nothing supports the option that leads.
        """
        observed, excluded = self._weigher.telling(question.findings)
        candidates = []
        for option in question.options:
            number = self._graph.number(option.concept) if option.concept else None
            if number is not None:
                weighed = self._weigher.weigh(view, number, observed, excluded)
                score = self._weigher.score(view, number, weighed, observed, question.patient)
                against = conflicts(view, number, question.patient)
                covered = self._weigher.covered(view, number, excluded)
                candidates.append(_Candidate(option.key, number, weighed, score, against, covered))
        evidence = {c.key: tuple(self._weigher.record(w) for w in c.evidence) for c in candidates}
        scores = {c.key: c.score for c in candidates}
        ranked = sorted(candidates, key=lambda c: (-c.score.total, c.key))
        if not ranked or ranked[0].score.total <= 0 or not _supported(ranked[0]):
            return Chain("", 0.0, evidence, (), scores=scores)
        best = ranked[0]
        second = ranked[1] if len(ranked) > 1 else None
        margin = round(best.score.total - (second.score.total if second else 0.0), 4)
        steps = self._write(Writer(self._weigher, view, question.id), view, observed, excluded, ranked)
        return Chain(best.key, margin, evidence, steps, scores=scores)

    def decided(self, chain: Chain) -> bool:
        """Whether a chain's lead reaches the threshold."""
        return bool(chain.chosen_key) and chain.margin >= self.margin

    # -- composing -----------------------------------------------------------------------------------

    def _write(
        self,
        writer: Writer,
        view: GraphView,
        observed: Sequence[int],
        excluded: Sequence[int],
        ranked: Sequence[_Candidate],
    ) -> tuple[Step, ...]:
        best, others = ranked[0], ranked[1:]
        told = {w.finding for c in ranked for w in c.evidence}
        blocks = [self._orient(writer, view, observed, excluded, told)]
        silent: list[_Candidate] = []
        for candidate in sorted(ranked, key=lambda c: c.key):
            if candidate.evidence:
                blocks.append(self._candidate(writer, view, candidate, observed, leads=candidate is best))
            else:
                silent.append(candidate)
        apart = self._compare(writer, best, others[0]) if others and others[0].evidence else []
        if apart:
            apart.append(self._picture(writer, best, others[0]))
        closing = [s for c in silent for s in (writer.no_edge(c.disease), *self._conflicts(writer, c))]
        supports = [w for w in best.evidence if w.stance == "supports"]
        heaviest = sorted(supports, key=lambda w: (-w.weight, w.finding))[:2]
        end = [*closing, writer.conclusion(best.disease, heaviest)]
        blocks += [apart, end]
        return tuple(self._step(n, block) for n, block in enumerate((b for b in blocks if b), 1))

    def _step(self, n: int, sentences: Sequence[Sentence]) -> Step:
        edges = dict.fromkeys(e for s in sentences for e in s.edges)
        return Step(n, " ".join(s.text for s in sentences), tuple(self._graph.edge_at(e).id for e in edges))

    def _orient(
        self, writer: Writer, view: GraphView, observed: Sequence[int], excluded: Sequence[int], told: set[int]
    ) -> list[Sentence]:
        groups: dict[int, list[int]] = {}
        rare = sorted(observed, key=lambda f: (-view.information(f), f))
        for finding in rare:
            for system in sorted(self.systems(finding)):
                groups.setdefault(system, []).append(finding)
        sentences: list[Sentence] = []
        used: set[int] = set()
        for system, members in sorted(groups.items(), key=lambda g: (-len(g[1]), g[0])):
            fresh = [m for m in members if m not in used and m != system][:PER_SYSTEM]
            if fresh and len(sentences) < SYSTEMS:
                used.update(fresh)
                sentences.append(writer.organ(system, fresh))
        if not sentences:
            return []
        carried = [f for f in rare if view.carrier_count(f) > 0]
        if carried:
            sentences.append(writer.selective(carried[0]))
        if view.excluded:
            sentences.append(writer.own_paper())
        missing = [x for x in excluded if x in told][:PER_SYSTEM]
        if missing:
            sentences.append(writer.absent_here(missing))
        return sentences

    def systems(self, finding: int) -> list[int]:
        """Top-level branches of a finding: the children of Phenotypic abnormality among its ancestors."""
        root = self._root
        if root is None:
            return []
        above = self._weigher.above(finding)
        return [a for a in above if a != root and any(p == root for p in self._parents(a))]

    def _parents(self, number: int) -> list[int]:
        return [int(n) for n in self._graph.tail[self._graph.outgoing[number]]]

    def _candidate(
        self, writer: Writer, view: GraphView, candidate: _Candidate, observed: Sequence[int], *, leads: bool
    ) -> list[Sentence]:
        order = sorted(candidate.evidence, key=lambda w: (-w.weight, w.finding))
        supports = [w for w in order if w.stance == "supports"]
        sentences = [writer.support(candidate.disease, w) for w in supports[:FULL]]
        if rest := supports[FULL : FULL + LISTED]:
            sentences.append(writer.more(candidate.disease, rest))
        weaker = [w for w in order if w.stance == "compatible"]
        sentences += [writer.compatible(candidate.disease, w) for w in weaker[:1]]
        contrary = [w for w in reversed(order) if w.stance == "contradicts"]
        # What speaks against the best option is told in full, whatever there is of it.
        sentences += [writer.against(candidate.disease, w) for w in (contrary if leads else contrary[:FULL])]
        sentences += self._conflicts(writer, candidate)
        # A finding whose annotation counts for another one has no evidence, but it is recorded.
        met = candidate.covered | {w.finding for w in candidate.evidence}
        missing = sorted((f for f in observed if f not in met), key=lambda f: (-view.information(f), f))
        if missing:
            sentences.append(writer.unrecorded(candidate.disease, missing[:MISSING]))
        return sentences

    @staticmethod
    def _conflicts(writer: Writer, candidate: _Candidate) -> list[Sentence]:
        return [writer.conflict(candidate.disease, c) for c in candidate.conflicts]

    @staticmethod
    def _picture(writer: Writer, best: _Candidate, second: _Candidate) -> Sentence:
        shared = (best.score.picture / PICTURE_FACTOR, second.score.picture / PICTURE_FACTOR)
        return writer.picture(best.disease, second.disease, *shared)

    def _compare(self, writer: Writer, best: _Candidate, second: _Candidate) -> list[Sentence]:
        other = {w.finding: w for w in second.evidence}
        supports = [w for w in best.evidence if w.stance == "supports"]
        met = second.covered | other.keys()
        alone = sorted((w for w in supports if w.finding not in met), key=lambda w: (-w.weight, w.finding))
        sentences = [writer.compare(best.disease, second.disease, w, shared=None) for w in alone[:FULL]]
        if not sentences:
            both = [w for w in supports if other.get(w.finding) and other[w.finding].stance == "supports"]
            if both:
                top = max(both, key=lambda w: (w.weight, -w.finding))
                sentences = [writer.compare(best.disease, second.disease, top, shared=other[top.finding])]
        contrary = [w for w in second.evidence if w.stance == "contradicts"]
        return sentences + [writer.against(second.disease, w) for w in contrary[:1] if sentences]
