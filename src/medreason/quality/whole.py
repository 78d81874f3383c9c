"""Checks the statements that are known word by word (``wordings.py``) against graph and case."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice, product

from medreason.quality.citations import Citations
from medreason.quality.claims import Case
from medreason.quality.problem import Wrong
from medreason.quality.wordings import Kind, Wording

_MOST_SENSES = 32
_ROUNDING = 1e-4  # the four decimals of a score, where a tie of the first decimal is rounded


def check_wording(wording: Wording, case: Case, cited: Citations) -> set[int]:
    """Edges that a fixed statement stands on; raises :class:`Wrong` where it holds in no sense of its names."""
    letters = [s for s, token in wording.slots.items() if token.kind == "name"]
    first: Wrong | None = None
    for sense in islice(product(*(wording.slots[s].concepts for s in letters)), _MOST_SENSES):
        try:
            return _Whole(dict(zip(letters, sense, strict=True)), wording, case, cited).check()
        except Wrong as wrong:
            first = first or wrong
    raise first or Wrong("sentence", "a name is expected here")


class _Whole:
    """One fixed statement in one sense of its names."""

    def __init__(self, names: dict[str, int], wording: Wording, case: Case, cited: Citations) -> None:
        self._names = names
        self._wording = wording
        self._case = case
        self._cited = cited

    def check(self) -> set[int]:
        """Applies the rule of the statement's kind."""
        rules: dict[Kind, Callable[[], set[int]]] = {
            "related": self._related,
            "picture": self._picture,
            "age": self._patient,
            "sex": self._patient,
        }
        return rules[self._wording.kind]()

    def _key(self, slot: str) -> str:
        disease = self._names[slot]
        for key, number in self._case.verdict.diseases.items():
            if number == disease:
                return key
        raise Wrong("sentence", f"{self._cited.name(disease)} is no option of this record")

    def _related(self) -> set[int]:
        disease, finding, term, via = (self._names[s] for s in "Dfta")
        key = self._key("D")
        if finding not in self._case.seen:
            raise Wrong("finding", f"{self._cited.name(finding)} is no observed finding of the case")
        weight = self._case.verdict.evidence[key].get(finding)
        if weight is None or weight.stance != "compatible" or (weight.term, weight.via) != (term, via) or via == term:
            name, where = self._cited.name(finding), self._cited.name(disease)
            raise Wrong("claim", f"{name} is not linked to {where} in this way")
        edge = self._cited.annotation(disease, term, present=True)
        return {edge} | self._cited.walk(finding, via) | self._cited.walk(term, via)

    def _picture(self) -> set[int]:
        if self._names["A"] == self._names["B"]:
            raise Wrong("claim", "a disease is compared with itself")
        for slot, number in (("A", "x"), ("B", "y")):
            shared = self._case.verdict.parts[self._key(slot)].picture / 6
            told = self._wording.slots[number].text
            if told not in {f"{shared + off:.1f}" for off in (-_ROUNDING, 0.0, _ROUNDING)}:
                name = self._cited.name(self._names[slot])
                raise Wrong("number", f"the record of {name} shares {shared:.1f} bits a term, not {told[:12]}")
        return set()

    def _patient(self) -> set[int]:
        rule, concept = self._wording.kind, self._names["o"]
        if self._case.verdict.against[self._key("D")].get(rule) != concept:
            name = self._cited.name(self._names["D"])
            raise Wrong("claim", f"the patient's {rule} does not weigh against {name} through this")
        return set()
