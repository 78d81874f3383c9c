"""Checks what one sentence of a chain says against graph and case (the table in docs/chain-language.md).

Each rule takes a sentence as read, and gives back the edges it stands on or raises :class:`Wrong`. A rule
believes nothing that the text says of itself: findings, edges, walks and numbers are looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from medreason.quality.citations import Citations
from medreason.quality.claims import Case, Claims
from medreason.quality.language import WORDS, Sentence, unreadable
from medreason.quality.problem import Wrong
from medreason.quality.reading import Said, read, senses
from medreason.quality.whole import check_wording
from medreason.quality.wordings import known

# That the case's own publication is left out. It names nothing, so it is known by its words.
OWN_PAPER = frozenset(
    tuple(text.split())
    for text in (
        "what the own paper of this case reports is set aside throughout",
        "throughout what the own paper of this case reports is set aside",
        "set aside throughout what the own paper of this case reports",
        "the own paper of this case is set aside here",
        "here the own paper of this case is set aside",
        "set aside here the own paper of this case",
    )
)


_OF_A_DISEASE = {("feature", "of"), ("features", "of"), ("patient", "with"), ("patients", "with")}
# Words of the disease's own record and of the patient at hand, for what is against a disease.
_OF_THE_RECORD = frozenset({"annotated", "annotation", "states", "marks", "marked", "lacking", "examined"})
_OF_THE_PATIENT = (("this", "patient"), ("the", "patient"), ("here",))
# What a negation follows in a statement that something is not recorded ("": the start of the sentence, "\x00": a
# name or mark), and the verbs of which such a statement has one.
_BEFORE: dict[str, frozenset[str]] = {
    "not": frozenset({"is", "are", "does", "do"}),
    "no": frozenset({"", "has", "have", "holds", "is"}),
    "nothing": frozenset({"", "\x00", "say", "states", "records"}),
    "unrecorded": frozenset({"remain", "remains"}),
    "without": frozenset({"\x00"}),
}
_VERBS = frozenset("is are has have does do remain remains leaves holds states say names joins".split())
_LITERATURE = frozenset({"report", "reports", "source", "sources"})
_LITERATURE_HELD = (("in", "the", "cited", "reports"), ("the", "source", "leaves", "open"))
# How a contrast ends, after the second disease; what stands before that disease.
_WITHOUT = frozenset(
    tuple(text.replace("_", "\x00").split())
    for text in (
        "_ which is not", "is not", "does not", "is not annotated with it", "has no record of it", "has no such edge",
    )
)  # fmt: skip
_TURNS = frozenset({"from", "whereas", "but", "and", "where", "\x00"})
# How a sentence on two diseases ends: "_" is the one that is ahead.
_AHEAD = tuple(
    tuple(text.replace("_", "\x00").split())
    for text in (
        "the sum of the evidence is larger for _",
        "the sum is larger for _",
        "more of the case is recorded for _",
        "the other findings add up further for _",
        "the remaining record carries _ ahead",
        "the total lies with _",
        "over all findings _ gathers more",
    )
)
_LEAD_WORDS = frozenset("sum larger more other further remaining ahead total gathers".split())


class Held(NamedTuple):
    """A sentence that holds: its kind of statement, the edges it stands on, the diseases (node numbers) it names."""

    kind: str
    edges: set[int]
    diseases: frozenset[int]


def check(sentence: Sentence, case: Case, cited: Citations) -> Held:
    """What a sentence says and stands on; raises :class:`Wrong` where it does not hold.

    A homonym is read in each of its senses, and the sentence holds if it does in one of them.
    """
    if wording := known(sentence):
        options = frozenset(case.verdict.diseases.values())
        named = frozenset(c for s in "ABD" if s in wording.slots for c in wording.slots[s].concepts)
        return Held(wording.kind, check_wording(wording, case, cited), named & options)
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

    def check(self) -> Held:
        """Finds the kind of a statement and applies its rule."""
        for disease in self._r.named:
            if disease not in self._case.verdict.diseases.values():
                raise Wrong("sentence", f"{self._cited.name(disease)} is no option of this record")
        if tuple(w for w in self._r.words if w != "\x00") in OWN_PAPER:
            return Held("own_paper", self._own_paper(), frozenset())
        r = self._r
        if r.negations and any(w in _LITERATURE for w in self._beside(*_LITERATURE_HELD)):
            raise Wrong(
                "polarity", "the record is spoken of, not the literature: no report or source goes with a negation"
            )
        self._of_diseases()
        rule = self._rule()
        used = rule()
        kind = rule.__name__.removeprefix("_")
        for word in r.words:
            if word != "\x00" and word not in WORDS[kind]:
                raise Wrong("vocabulary", f"the word {word!r} does not belong in a statement of this kind ({kind})")
        return Held(kind, used, frozenset(r.named))

    def _of_diseases(self) -> None:
        """Features and patients are those of a disease, not of a finding."""
        places = {place for place, _ in self._r.diseases}
        for i, pair in enumerate(zip(self._r.words, self._r.words[1:], strict=False)):
            if pair in _OF_A_DISEASE and i + 2 not in places:
                raise Wrong("sentence", f"{' '.join(pair)!r} is not followed by a disease")

    def _beside(self, *held: tuple[str, ...]) -> list[str]:
        """The words of the sentence outside some fixed wordings."""
        words = list(self._r.words)
        for wording in held:
            for i in range(len(words) - len(wording) + 1):
                if tuple(words[i : i + len(wording)]) == wording:
                    words[i : i + len(wording)] = ["\x00"] * len(wording)
        return words

    def _own_paper(self) -> set[int]:
        if self._r.named or self._r.said:
            raise Wrong("sentence", "what is set aside throughout is told without any name")
        if not self._case.verdict.view.hidden:
            raise Wrong("claim", "no publication of this record is excluded: nothing is set aside")
        return set()

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
        if any(self._r.has(*words) for words in _OF_THE_PATIENT):
            raise Wrong("polarity", "the patient has the finding: it is the disease that lacks it")
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
        if _OF_THE_RECORD.intersection(self._r.words):
            raise Wrong("polarity", "the disease has the finding: it is the patient who lacks it")
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
        words, (place,) = self._r.words, self._r.negations
        if (words[place - 1] if place else "") not in _BEFORE.get(words[place], frozenset()):
            raise Wrong("polarity", f"{words[place]!r} does not stand where it denies the record")
        if sum(w in _VERBS for w in words) > 1:
            raise Wrong("polarity", "more is said than that something is not recorded")
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
        if self._r.words[place + 1 :] not in _WITHOUT or self._r.words[place - 1] not in _TURNS:
            raise Wrong("sentence", "more is said of the second disease than that it is not recorded")
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
        place, words = self._r.diseases[-1][0], self._r.words
        tail = next((t for t in _AHEAD if words[-len(t) :] == t), ())
        if not tail or len(words) - len(tail) + tail.index("\x00") != place:
            raise Wrong("sentence", "it is not said plainly which option is ahead")
        if _LEAD_WORDS.intersection(words[: -len(tail)]):
            raise Wrong("sentence", "it is said twice which option is ahead")
        finding = self._one().finding
        self._plain()
        return set().union(*(self._weighed(disease, finding)[1] for disease in self._r.named))

    def _conclusion(self) -> set[int]:
        self._without("negation", "against", "lack", "broader", "open", "grade")
        if self._r.named != [self._case.chosen] or self._r.quantity:
            raise Wrong("claim", "the conclusion does not name the chosen option, and it alone")
        findings, disease = self._plain(), self._case.chosen
        evidence = self._case.evidence(disease)
        supports = {f: w for f, w in evidence.items() if w.stance == "supports"}
        if not findings or not set(findings) <= set(supports):
            raise Wrong("claim", "the conclusion names a finding that does not support the chosen option")
        least = min(supports[f].weight for f in findings)
        if any(w.weight > least for f, w in supports.items() if f not in findings):
            raise Wrong("claim", "a finding that weighs more is not named")
        used: set[int] = set()
        for finding in findings:
            w = supports[finding]
            used |= {self._cited.annotation(disease, w.term, present=True)} | self._cited.walk(w.term, finding)
        return used
