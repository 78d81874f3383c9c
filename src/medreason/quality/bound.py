"""Counts and shares that stand right beside a name, and so are told of it whatever else the sentence says.

"Mitral regurgitation in 33 of 58", "7 of 8 for amenorrhea", "1 of 1 in Marfan syndrome", "Marfan syndrome (45 of
58)": here the words next to a count say whose it is. In a comparison of two options one bound count tells of the other
one ("28 of 28 against 93 of 251 in Marfan syndrome": the first is not Marfan syndrome's), and so does the option of
which it is said that it does better. Counts further from any name are judged, more loosely, by
:mod:`medreason.quality.asserted`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from medreason.quality.counted import SHARES, Count, counts, shares
from medreason.quality.prose import FINDINGS, OPTIONS, Sentence, places
from medreason.quality.subjects import Subjects
from medreason.quality.vocabulary import content
from medreason.records import SheetLine

_FEW = r"(?:(?:just|only|all|merely|about|even|a|the|its|single) )*"
_SEEN = r"(?:(?:seen|recorded|found|counted|present|documented|noted|described|on record|carried|shared|there|also) )*"
_BEFORE_FINDING = re.compile(
    rf"(?P<f>{FINDINGS})(?:,? (?:(?:is|are|was|were) )?(?:(?:each|both|all|also|likewise) )*{_SEEN}(?:in|at|for|by)"
    rf" {_FEW}"
    rf"| \(|, (?:at |for |with |in )?{_FEW})$"
)
_AFTER_FINDING = re.compile(rf"^(?: patients?)? for {_FEW}(?P<f>{FINDINGS})")
_AFTER_OPTION = re.compile(
    r"^(?: (?:patients?|cases?|examined|counted|reported))*"
    rf" (?:with|for|in|of) (?:the )?(?P<o>{OPTIONS})"
)
_BEFORE_OPTION = re.compile(rf"(?P<o>{OPTIONS})(?: \(|,? (?:with|at|by) {_FEW}| in {_FEW})$")
_HAS_FINDING = re.compile(
    r"(?P<o>[\ue400-\ue7ff]\ue800*),? (?:(?:also|only|even|still) )?"
    r"(?:has|brings|offers|shows|carries|records|adds|shares|gives|reaches) (?:(?:the|its|an?|both|only|also) )*$"
)
_AGAINST = re.compile(
    r"^(?: patients?)?,? (?:against|versus|vs\.?|compared (?:with|to)) (?:(?:just|only|a|the|single) )*$"
)
_ONE = r"[\ue400-\ue7ff]\ue800*(?!\ue800)"
# An option of which a sentence says that it does better, and whose counts come first.
_BETTER = re.compile(
    rf"(?P<s>{_ONE}),? (?:[a-z]+ )?(?:leads?|does better"
    r"|(?:is|has) (?:[a-z]+ )?(?:better|firmer|firmest|larger|higher|best)"
    r"|has (?:the )?(?:counts|numbers|figures)|gives the|matches|agrees with)\b"
)
_FAVOURED = re.compile(rf"\bfavou?rs? (?:(?P<s>{_ONE}) over (?={_ONE})|the (?P<w>latter|former)\b)")
_OBJECT = re.compile(r"\b(?:than|over|where|matches|with|from|beside|on) (?:the )?$")
_ADJACENT = re.compile(
    rf"(?P<f>{FINDINGS})(?:,? (?:(?:is|are|was|were) )?(?:(?:each|both|all|also) )*{_SEEN}(?:in )?{_FEW}|, )$"
)


class Tied(NamedTuple):
    """What the words beside a count tie it to: concepts, the words that name them, options; empty: nothing is said."""

    findings: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    options: frozenset[str] = frozenset()


class Bound:
    """Reads counts and shares against the lines of one question.

    Args:
        subjects: The question's lines, findings and options.
    """

    def __init__(self, subjects: Subjects) -> None:
        self._subjects = subjects

    def check(
        self, sentence: Sentence, before: Sequence[Sentence], cited: Sequence[SheetLine]
    ) -> Iterator[tuple[str, str]]:
        """Rule and message of each count and share that no cited line tells of the names beside it.

        Args:
            sentence: The sentence.
            before: The step's sentences before it.
            cited: The lines that the step cites.
        """
        found = [*counts(sentence.text)]
        tied = [self._tied(sentence, c) for c in found]
        for i, count in enumerate(found):
            lines = [ln for ln in cited if (count.k, count.n) in {(c.k, c.n) for c in counts(ln.text)}]
            if lines and not any(self._fits(line, tied[i]) for line in lines):
                told = sentence.text[count.start : count.end]
                yield "number", f"{told} stands beside a name of which no cited line tells it"
            elif lines and (wrong := self._compared(sentence, found, tied, i, lines)):
                yield "number", wrong
        yield from self._shares(sentence, before, cited)

    def _tied(self, sentence: Sentence, count: Count) -> Tied:
        before, after = sentence.masked[: count.start], sentence.masked[count.end :]
        findings = _AFTER_FINDING.search(after) or _BEFORE_FINDING.search(before)
        options = _AFTER_OPTION.search(after) or _BEFORE_OPTION.search(before)
        if options is None and findings is not None and findings.string is before:
            options = _HAS_FINDING.search(before[: findings.start()])
        names = [sentence.named[i] for i in places(findings["f"])] if findings else []
        return Tied(
            frozenset().union(*(n.concepts for n in names)),
            frozenset().union(*(content(sentence.text[n.start : n.end]) for n in names)),
            frozenset(sentence.named[i].option for i in places(options["o"])) if options else frozenset(),
        )

    def _fits(self, line: SheetLine, tied: Tied) -> bool:
        """Whether a line may be the one that is told; the carriers of a finding belong to no option."""
        named = tied.findings & self._subjects.near(line) or tied.words & self._subjects.telling(line)
        if tied.findings and not named:
            return False
        return not (tied.options and line.option and line.option not in tied.options)

    def _compared(
        self, sentence: Sentence, found: Sequence[Count], tied: Sequence[Tied], i: int, lines: Sequence[SheetLine]
    ) -> str:
        """What is wrong with a count of a comparison that is not tied to an option itself."""
        holders = {line.option for line in lines if line.option and self._fits(line, tied[i])}
        if tied[i].options or not holders or len(sentence.options) < 2:
            return ""
        told = sentence.text[found[i].start : found[i].end]
        second = i > 0 and _AGAINST.match(sentence.masked[found[i - 1].end : found[i].start])
        first = i + 1 < len(found) and _AGAINST.match(sentence.masked[found[i].end : found[i + 1].start])
        other = tied[i + 1] if first else tied[i - 1] if second else Tied()
        if len(other.options) == 1 and holders == other.options:
            return f"{told} is set against a count of the only option that has it"
        own = sentence.text[_clause(sentence.text, found[i].start) : found[i].start]
        if not second and not re.search(r"\bagainst\b", own):
            better = self._better(sentence, found[i].start)
            if better and better not in holders and (first or self._alone(sentence, found[i].start, better)):
                return f"{told} is told as a count of {better}, of which no cited line tells it"
        return ""

    def _better(self, sentence: Sentence, before: int) -> str:
        """Key of the option that a sentence sets first, before a place."""
        text = sentence.masked[:before]
        matches = [*_FAVOURED.finditer(text), *_BETTER.finditer(text)]
        if not matches:
            return ""
        match = matches[0]
        if match.re is _FAVOURED and match["w"]:
            keys = [n.option for n in sentence.named if n.option and n.end <= match.start()]
            return keys[0 if match["w"] == "former" else 1] if len(keys) == 2 else ""
        return sentence.named[places(match["s"])[0]].option

    def _alone(self, sentence: Sentence, before: int, key: str) -> bool:
        """Whether every other option between the one set first and a count is only what it is compared with."""
        own = next(n for n in sentence.named if n.option == key)
        others = [n for n in sentence.named if n.option and own.end <= n.start and n.end <= before and n.option != key]
        return all(_OBJECT.search(sentence.text[: n.start]) for n in others)

    def _shares(
        self, sentence: Sentence, before: Sequence[Sentence], cited: Sequence[SheetLine]
    ) -> Iterator[tuple[str, str]]:
        """Shares in words right behind a finding ("wheezing in almost every patient")."""
        found = [*counts(sentence.text)]
        for pattern, least, most in SHARES:
            for match in pattern.finditer(sentence.text):
                tied = _ADJACENT.search(sentence.masked[: match.start()])
                if tied is None or any(_explains(sentence, match, c) and least <= c.k / c.n <= most for c in found):
                    continue
                concepts = frozenset().union(*(sentence.named[i].concepts for i in places(tied["f"])))
                options = self._spoken(sentence, before, match.start())
                lines = [ln for ln in cited if ln.option in options and self._subjects.near(ln) & concepts]
                known = [s for ln in lines if (s := shares(ln.text))]
                fits = any(s[0] <= most and s[1] >= least and (least < 1 or s[2] > 1) for s in known)
                if known and not fits:
                    yield "share", f"no cited line bears {match.group()!r} of what stands before it"

    def _spoken(self, sentence: Sentence, before: Sequence[Sentence], at: int) -> set[str]:
        """The options that a share may belong to: the last before it, or those of the sentences before, or any."""
        earlier = [n.option for n in sentence.named if n.option and n.end <= at]
        if earlier and len(sentence.options) > 1 and not re.search(r"\bboth\b|\balike\b", sentence.text):
            return {earlier[-1], *(n.option for n in sentence.named if n.option and n.start >= at)}
        return sentence.options or next((s.options for s in reversed(before) if s.options), set(self._subjects.options))


def _explains(sentence: Sentence, share: re.Match[str], count: Count) -> bool:
    """Whether a count stands beside a share, with no finding between them: "most patients, 124 of 197"."""
    low, high = sorted((count.end, share.start())) if count.end <= share.start() else (share.end(), count.start)
    return high - low < 80 and not any(low <= n.start < high and not n.option for n in sentence.named)


def _clause(text: str, before: int) -> int:
    """Where the clause of a place begins: behind the last comma, colon or semicolon that no digit stands beside."""
    ends = [m.end() for m in re.finditer(r"[;:]|, (?!\d)", text[:before])]
    return ends[-1] if ends else 0
