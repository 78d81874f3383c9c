"""Finds chains that give their answer away instead of reaching it.

A chain is written before its answer is known, so it may name its options, weigh them and conclude. It may not

    given         speak of an answer that was told ("as the given answer says", "the correct answer is …")
    justified     take an option as the answer and argue from that ("since marasmus is the answer, …")
    letter        call the letter of the answer right before anything concludes for it ("so B must be right")
    abbreviation  name the answer by an abbreviation that question, options and sheet do not have
    identifier    carry an id of the answer's node that the question does not have ("path to OMIM:277600")
    one-sided     name the answer, and no other option at all, before the conclusion

The rules read words: no model, no graph walk. A chain that knows the answer and says it in none of these ways passes;
what the reasoning adds beyond the answer is measured by :mod:`medreason.quality.answerability`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from medreason.kg.store import Graph
from medreason.quality.leaks.names import AnswerNames, NamedAt
from medreason.quality.problem import Problem
from medreason.records import Option, Step

RULES = ("given", "justified", "letter", "abbreviation", "identifier", "one-sided")
HIDDEN = "\x00"  # stands where a name of the answer stood
_ANSWER = r"(?:answers?|option|choice|key|solution|diagnosis|label)"
_TOLD = (
    r"(?:given|provided|stated|supplied|known|expected|reference|gold|marked|listed|keyed|indicated|established|true)"
)
_GIVEN = re.compile(
    rf"\b(?:correct|right|{_TOLD})[ -]{_ANSWER}\b"
    rf"|\b{_ANSWER} (?:that )?(?:is|was|has been|being|were) (?:already )?(?:{_TOLD}|told|correct|right)\b"
    rf"|\banswer[ -]key\b|\b{_ANSWER} (?:above |below )?(?:says|states|tells|gives|names|confirms|indicates)\b"
    r"|\b(?:we|I) (?:are|am|were|was|have been) (?:told|given|informed)\b"
    r"|\b(?:as|since|because) (?:it (?:is|was) )?(?:stated|given|told) in the (?:answer|key|solution|prompt)\b"
    r"|\b(?:the|this|a) (?:hint|solution)\b"
    r"|\b(?:the )?(?:correct|right) one (?:is|being)\b|\bthe answer (?:is|must be|being|should be|:)",
    re.IGNORECASE,
)
_REASON = r"(?:since|because|as|given that|knowing that|seeing that|considering that|inasmuch as|now that)"
_JUSTIFIED = re.compile(
    rf"\b{_REASON} (?:the )?(?:answer|diagnosis|option|solution)? ?(?:is )?(?:the )?{HIDDEN}"
    rf"[^.;\x00]{{0,24}}\b(?:is|being|was|must be|has to be)\b[^.;\x00]{{0,16}}"
    rf"\b(?:the (?:answer|diagnosis|option|solution|one)|{_TOLD}|correct|right)\b"
    rf"|\b{_REASON} (?:the )?(?:answer|diagnosis|solution) (?:is|was|must be|being) (?:the )?{HIDDEN}"
    rf"|{HIDDEN}[^.;\x00]{{0,12}}\b(?:is|being|was)\b[^.;\x00]{{0,12}}"
    rf"\b(?:{_TOLD}|correct|right) (?:answer|option|one|choice)\b"
    rf"|\b(?:to (?:justify|arrive at|reach|get to)|leading to the (?:given|known)) (?:the )?{HIDDEN}",
    re.IGNORECASE,
)
_RIGHT = r"(?:right|correct|the (?:right |correct |best )?(?:answer|option|choice|one|key|solution))"


def _letter(key: str) -> re.Pattern[str]:
    """Patterns that call a letter right."""
    k = rf"(?:the )?(?:[Oo]ption |[Cc]hoice |[Aa]nswer |[Ll]etter )?\(?{re.escape(key)}\)?"
    before = r"(?:^|[.;:,(]\s*|\b(?i:so|thus|hence|therefore|that|then|and|but|only) )"
    return re.compile(
        rf"{before}{k} (?:is|must be|has to be|was|should be|being|seems|stands as) (?:clearly |therefore )?{_RIGHT}\b"
        rf"|\b(?:the )?(?:answer|key|solution)\b ?(?:is|:|=|must be|should be) ?{k}(?![\w-])"
        rf"|\b(?:choose|pick|select|mark|go with) {k}(?![\w-])"
        rf"|\b{_RIGHT} (?:is|:|=) ?{k}(?![\w-])"
    )


class LeakFinder:
    """Reads the chains of one question.

    Args:
        graph: Where the answer's concept has its names and ids; ``None``: its text alone counts.
        item: Id of the question, for problems.
        question: Its text.
        options: Its options; at least the answer.
        answer_key: Key of the answer.
        allowed: Texts that a writer had before it (lines of its sheet): abbreviations in them are no leak.
    """

    def __init__(
        self,
        graph: Graph | None,
        item: str,
        question: str,
        options: Sequence[Option],
        answer_key: str,
        allowed: Iterable[str] = (),
    ) -> None:
        self._item = item
        self._names = AnswerNames(graph, question, options, answer_key)
        self._others = [AnswerNames(graph, question, options, o.key) for o in options if o.key != answer_key]
        self._letter = _letter(answer_key) if answer_key else None
        asked = "\n".join([question, *(o.text for o in options)])
        # A sheet gives ids as references, each option's own among them; a chain that repeats one points at a node.
        self._had = {"abbreviation": "\n".join([asked, *allowed]), "identifier": asked}

    def find(self, steps: Sequence[Step]) -> list[Problem]:
        """One problem for each step and rule that is broken; the last step is the conclusion. O(words x names)."""
        return list(self._find(steps))

    def _find(self, steps: Sequence[Step]) -> Iterator[Problem]:
        named = False
        for step in steps:
            places = self._names.find(step.text)
            for rule, words in self._rules(step.text, places):
                yield Problem(self._item, step.n, "leak", f"{rule}: {words}")
            named |= step is not steps[-1] and any(p.kind in ("name", "synonym") for p in places)
        if named and self._others and not any(_named(o, s.text) for o in self._others for s in steps):
            text = f"one-sided: {self._names.option.text} is named before the conclusion, and no other option is"
            yield Problem(self._item, 0, "leak", text)

    def _rules(self, text: str, places: Sequence[NamedAt]) -> Iterator[tuple[str, str]]:
        """Broken rules and the words that break them, one for each rule."""
        if match := _GIVEN.search(text):
            yield "given", _around(text, match.start(), match.end())
        hidden, at = _hide(text, [p for p in places if p.kind != "letter"])
        if match := _JUSTIFIED.search(hidden):
            yield "justified", _around(text, at[match.start()], at[match.end() - 1] + 1)
        if self._letter is not None and (match := self._letter.search(text)):
            yield "letter", _around(text, match.start(), match.end())
        for kind, had in self._had.items():
            found = (text[p.start : p.end] for p in places if p.kind == kind)
            if words := next((w for w in found if w not in had), ""):
                yield kind, words


def _named(names: AnswerNames, text: str) -> bool:
    return any(p.kind != "letter" for p in names.find(text))


def _hide(text: str, places: Sequence[NamedAt]) -> tuple[str, list[int]]:
    """The text with one sign for each name, and the place of each of its characters in the text."""
    out: list[str] = []
    at: list[int] = []
    end = 0
    for place in [*places, NamedAt(len(text), len(text), "name")]:
        out += text[end : place.start]
        at += range(end, place.start)
        if place.start < place.end:
            out.append(HIDDEN)
            at.append(place.start)
        end = place.end
    return "".join(out), at


def _around(text: str, start: int, end: int) -> str:
    """The words of a place with a little of what stands beside them."""
    start, end = max(0, start - 20), min(len(text), end + 20)
    start = text.rfind(" ", 0, start) + 1 if start else 0
    stop = text.find(" ", end)
    return text[start : len(text) if stop < 0 else stop]


def find_leaks(
    graph: Graph | None, question_text: str, options: Sequence[Option], answer_key: str, steps: Sequence[Step]
) -> list[Problem]:
    """Leaks of one chain; as :class:`LeakFinder` with no further texts."""
    return LeakFinder(graph, "", question_text, options, answer_key).find(steps)
