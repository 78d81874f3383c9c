"""Checks what one sentence of a chain says against graph and case (the table in docs/chain-language.md).

Each rule takes a sentence as read, and gives back the edges it stands on or raises :class:`Wrong`. A rule
believes nothing that the text says of itself: findings, edges, walks and numbers are looked up.
"""

from __future__ import annotations

from collections.abc import Callable

from medreason.quality.citations import Citations
from medreason.quality.claims import Case, Claims
from medreason.quality.language import Sentence, unreadable
from medreason.quality.problem import Wrong
from medreason.quality.reading import Said, read, senses


def check(sentence: Sentence, case: Case, cited: Citations) -> set[int]:
    """Edges that a sentence stands on; raises :class:`Wrong` where it does not hold.

    A homonym is read in each of its senses, and the sentence holds if it does in one of them.
    """
    if fault := unreadable(sentence):
        raise Wrong("vocabulary", fault)
    first: Wrong | None = None
    for sense in senses(sentence):
        try:
            return _Statement(read(sentence, sense, case.is_disease), case, cited).check()
        except Wrong as wrong:
            first = first or wrong
    raise first or Wrong("sentence", "an empty sentence")


class _Statement(Claims):
    """The rules, one a kind of statement; each gives back the edges it uses."""

    def check(self) -> set[int]:
        """Finds the kind of a statement and applies its rule."""
        for disease in self._r.named:
            if disease not in self._case.verdict.diseases.values():
                raise Wrong("sentence", f"{self._cited.name(disease)} is no option of this record")
        return self._rule()()

    def _rule(self) -> Callable[[], set[int]]:
        r, roles = self._r, self._r.roles
        if r.has("best", "supported") or r.has("best", "supports"):
            return self._conclusion
        if not r.named:
            without_number = self._absence if roles["lack"] else self._grouping
            return self._selectivity if r.quantity else without_number
        if len(r.named) > 1:
            return self._contrast if roles["negation"] else self._shared
        if roles["against"]:
            return self._against
        if roles["negation"]:
            return self._not_recorded
        return self._broader if roles["broader"] or any(s.rank for s in r.said) else self._support

    # -- the case alone ------------------------------------------------------------------------------

    def _grouping(self) -> set[int]:
        self._without("negation", "against", "lack", "favour", "broader")
        findings = self._plain()
        first: Wrong | None = None
        for system in [f for f in findings if f in self._case.facts.branches]:
            members = [f for f in findings if f != system]
            try:
                used: set[int] = set()
                for finding in members:
                    used |= self._cited.walk(self._finding(finding), system)
                if used:
                    return used
            except Wrong as wrong:
                first = first or wrong
        raise first or Wrong("sentence", "neither a disease nor an organ system is named: no statement is recognised")

    def _selectivity(self) -> set[int]:
        self._without("negation", "against", "lack", "favour", "broader", "grade", "open")
        view, finding = self._case.verdict.view, self._finding(self._one().finding)
        self._plain()
        q = self._r.quantity
        recorded = any(w.startswith(("carr", "record")) for w in self._r.words)
        if q is None or q.kind != "count" or not recorded or "diseases" not in self._r.words:
            raise Wrong("sentence", "a number without a statement about annotated diseases")
        if (q.k, q.n) != (view.carriers(finding), view.diseases):
            told, right = f"{q.k} of {q.n}", f"{view.carriers(finding)} of {view.diseases}"
            raise Wrong("number", f"{told} diseases carry {self._cited.name(finding)}: the graph says {right}")
        if any(0 < view.carriers(f) < q.k for f in self._case.verdict.observed):
            raise Wrong("claim", f"{self._cited.name(finding)} is not the most selective finding")
        return set()

    def _absence(self) -> set[int]:
        self._without("negation", "against", "favour", "broader")
        findings = self._plain()
        if not findings:
            raise Wrong("sentence", "no finding is named as absent")
        for finding in findings:
            self._finding(finding, excluded=True)
        return set()

    # -- one disease ---------------------------------------------------------------------------------

    def _support(self) -> set[int]:
        self._without("lack")
        disease, said = self._r.named[0], self._r.said
        if not said:
            raise Wrong("sentence", "no finding is named")
        if self._r.quantity and len(said) > 1:
            raise Wrong("frequency", "one frequency for several findings")
        used: set[int] = set()
        for one in said:
            edge, edges = self._annotated(disease, one)
            self._frequency(edge)
            used |= edges
        return used

    def _broader(self) -> set[int]:
        self._without("lack", "favour")
        disease, findings = self._r.named[0], self._plain()
        if len(findings) != 2 or len(set(findings)) != 2:
            raise Wrong("sentence", "a finding and one broader term are expected")
        ranks = {s.rank: s.finding for s in self._r.said if s.rank}
        if not ranks or len(ranks) < sum(1 for s in self._r.said if s.rank):
            raise Wrong("sentence", "it is not said which of the two terms is the broader one")
        term = ranks.get("term", next((f for f in findings if f != ranks.get("finding")), -1))
        low = next(f for f in findings if f != term)
        if ranks.get("finding", low) != low or term not in self._above(self._finding(low)):
            raise Wrong("claim", f"{self._cited.name(term)} is not broader than {self._cited.name(low)}")
        edge = self._cited.annotation(disease, term, present=True)
        self._frequency(edge)
        return {edge} | self._cited.walk(low, term)

    def _against(self) -> set[int]:
        self._without("negation", "favour", "broader")
        if self._r.roles["against"] > 1 or self._r.roles["lack"] > 1:
            raise Wrong("polarity", "against, absent or lacks is said twice")
        said, disease = self._one(), self._r.named[0]
        if said.finding in self._case.gone:
            return self._against_excluded(disease, said)
        finding, q = self._finding(said.finding), self._r.quantity
        if not self._r.roles["lack"] and not (q and q.kind == "count" and q.k == 0):
            raise Wrong("polarity", "against is said, but neither 0 of n nor absent")
        term = finding if said.term is None else said.term
        if said.term is not None and (self._r.has("more", "exactly") or self._r.has("form", "of")):
            raise Wrong("claim", f"{self._cited.name(term)} is no more exact term for {self._cited.name(finding)}")
        if said.term is not None and term not in self._above(finding) - {finding}:
            raise Wrong("claim", f"{self._cited.name(term)} is not broader than {self._cited.name(finding)}")
        edge = self._cited.annotation(disease, term, present=False)
        self._frequency(edge)
        return {edge} | self._cited.walk(finding, term)

    def _against_excluded(self, disease: int, said: Said) -> set[int]:
        edge, used = self._annotated(disease, said, excluded=True)
        if not self._r.roles["lack"]:
            raise Wrong("polarity", "it is not said that the finding is absent in the patient")
        if not self._case.verdict.view.seen(edge).nearly_always:
            raise Wrong(
                "claim", f"{self._cited.name(said.finding)} is not nearly always there: it cannot weigh against"
            )
        self._frequency(edge)
        return used

    def _not_recorded(self) -> set[int]:
        self._without("lack", "favour", "broader", "open", "grade")
        if self._r.roles["negation"] != 1 or self._r.quantity:
            raise Wrong("polarity", "exactly one negation and no number are expected")
        disease, findings = self._r.named[0], self._plain()
        if not findings:
            if not self._r.has("case") and not self._r.has("this", "picture"):
                raise Wrong("sentence", "it is not said what is not recorded")
            if self._case.evidence(disease):
                raise Wrong("claim", f"there is evidence for or against {self._cited.name(disease)}")
        for finding in findings or self._case.verdict.observed:
            self._unrecorded(disease, self._finding(finding))
        return set()

    # -- the best option -----------------------------------------------------------------------------

    def _contrast(self) -> set[int]:
        self._without("against", "lack", "broader")
        if len(self._r.named) != 2 or len(self._r.negations) != 1:
            raise Wrong("polarity", "two diseases and exactly one negation are expected")
        (_, first), *_, (place, last) = self._r.diseases
        if first == last or self._r.negations[0] < place:
            raise Wrong("polarity", "the negation must follow the second disease")
        said = self._one()
        alone = said.term is None
        edge, used = self._weighed(first, said.finding) if alone else self._annotated(first, said)
        self._frequency(edge)
        self._unrecorded(last, said.finding)
        best = [self._case.verdict.diseases[key] for key, _ in self._case.verdict.ranking[:2]]
        if self._r.has("leading", "options") and {first, last} != set(best):
            raise Wrong("claim", "these are not the two leading options")
        return used

    def _shared(self) -> set[int]:
        self._without("against", "lack", "broader", "open", "grade")
        if len(self._r.named) != 2 or self._r.quantity:
            raise Wrong("sentence", "two diseases without a number are expected")
        if self._r.diseases[-1][1] != self._case.chosen or len(self._r.diseases) < 3:
            raise Wrong("claim", "it is not the chosen option that is said to be ahead")
        finding = self._one().finding
        self._plain()
        return set().union(*(self._weighed(disease, finding)[1] for disease in self._r.named))

    def _conclusion(self) -> set[int]:
        self._without("negation", "against", "lack", "broader", "open", "grade")
        if self._r.named != [self._case.chosen] or self._r.quantity:
            raise Wrong("claim", "the conclusion does not name the chosen option, and it alone")
        findings, disease = self._plain(), self._case.chosen
        evidence = self._case.evidence(disease)
        supports = {f: w for f, w in evidence.items() if w.stance == "supports"} or evidence
        if not findings or not set(findings) <= set(supports):
            raise Wrong("claim", "the conclusion names a finding that does not support the chosen option")
        least = min(supports[f].weight for f in findings)
        if any(w.weight > least for f, w in supports.items() if f not in findings):
            raise Wrong("claim", "a finding that weighs more is not named")
        used: set[int] = set()
        for finding in findings:
            w = supports[finding]
            low, high = (w.term, finding) if finding in self._above(w.term) else (finding, w.term)
            used |= {self._cited.annotation(disease, w.term, present=True)} | self._cited.walk(low, high)
        return used
