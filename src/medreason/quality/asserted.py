"""Judges what a sentence surely says of options and findings: statements, counts and shares, against the sheet.

A statement that no line bears is told with the line that says otherwise, where there is one. Statements that rest on a
broader or a related term must name the term or say what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from medreason.quality.counted import SHARES, Count, counts, place, shares
from medreason.quality.prose import Sentence, Statement
from medreason.quality.subjects import Subjects
from medreason.quality.vocabulary import Named, content
from medreason.records import SheetLine

# How a sentence says that not the finding itself is recorded.
_LOOSE = re.compile(
    r"\b(?:broader|related|general|wider|vaguer|unspecific|less specific\w*|kin|relatives?|near(?:est|by)?"
    r"|similar|loose\w*"
    r"|approximat\w*|partly|partial\w*|as such|in the (?:shape|form) of|in its|form|only as|kind of|sideways"
    r"|indirect\w*"
    r"|comes? close|stands? in|cousin|akin|resembl\w*|likeness|counterpart|in place of|instead|equivalent|looser)\b",
    re.IGNORECASE,
)
_ITSELF = re.compile(
    r"\b(?:itself|themselves|as such|by name|under (?:its|their) own|exact\w*|plain\w*|severe form)\b", re.IGNORECASE
)
_UNSEEN = re.compile(r"\b(?:not|never) (?:\w+ )?(?:seen|found|present|observed)\b", re.IGNORECASE)
_ABSENCE = re.compile(
    r"\b(?:not|no|none|never|absent|absence|missing|0 of|zero|against|contradict\w*|yet|although|though|despite"
    r"|neither|nor|without)\b",
    re.IGNORECASE,
)
# A count that stands for the evidence as a whole.
_TALLY = re.compile(r"\b(?:counts?|figures?|numbers?|series|frequenc(?:y|ies)|samples?)\b", re.IGNORECASE)
# Words of a sentence in which a count need not belong to the name before it.
_LISTED = re.compile(
    r"\beach\b|\blikewise\b|\brespectively\b|\bevery patient counted\b"
    r"|\d+ of \d+(?: patients)?(?:,| and| against| versus) \d+ of \d+|\bagainst \d",
    re.IGNORECASE,
)
_RIGHT_BEFORE = re.compile(r" ?\(| (?:was |were |is |are )?(?:seen |recorded |found |counted |present )?in ")
_CARRIERS = re.compile(r"on record for (\d+) of (\d+)")


class Asserted:
    """Reads sentences against the lines of one question."""

    def __init__(self, subjects: Subjects) -> None:
        self._subjects = subjects
        self._case = subjects.seen | subjects.gone

    # -- statements ----------------------------------------------------------------------------------

    def statements(self, sentence: Sentence, cited: Sequence[SheetLine]) -> Iterator[tuple[str, str]]:
        """Rule and message of every statement that the sheet does not bear, or that the step does not cite.

        Args:
            sentence: The sentence.
            cited: The lines that its step cites.
        """
        for statement in sentence.statements():
            for f in statement.findings:
                named = sentence.named[f]
                if named.concepts & self._case:
                    for key in dict.fromkeys(sentence.named[o].option for o in statement.options):
                        yield from self._statement(sentence, statement, named, key)
                        yield from self._uncited(statement, named, key, cited)

    def _uncited(
        self, statement: Statement, named: Named, key: str, cited: Sequence[SheetLine]
    ) -> Iterator[tuple[str, str]]:
        """A statement that something is recorded for an option, in a step that cites no line of the two."""
        lines = self._subjects.held(key, named.concepts & self._case)
        if statement.sense == "recorded" and lines and not any(line in cited for line in lines):
            yield "uncited", f"the step says what {lines[0].id} records for option {key}, without citing it"

    def _statement(self, sentence: Sentence, statement: Statement, named: Named, key: str) -> Iterator[tuple[str, str]]:
        where = self._subjects.options[key].text
        name = sentence.text[named.start : named.end]
        lines = self._subjects.held(key, named.concepts & self._case)
        stances = {line.stance for line in lines}
        if statement.sense == "not recorded":
            yield from self._not_recorded(sentence, named, key, lines)
            said = _UNSEEN.search(sentence.text[statement.start : statement.end])
            if said and "contradicts" not in stances:
                yield "absence", f"{said.group()!r} says more than that {name} is not recorded for {where}"
        elif not lines:
            if statement.sense != "against":
                yield "unsupported", f"no line ties {name} to {where}"
        elif statement.sense == "recorded":
            if stances == {"compatible"} and not self.loosely(sentence, lines):
                yield "broader", f"{lines[0].id} records a broader or related term for {where}, not {name} itself"
            unseen = [ln for ln in lines if ln.stance == "contradicts" and self._subjects.seen & self._about(ln)]
            if unseen and len(unseen) == len(lines) and not _ABSENCE.search(sentence.text):
                yield "polarity", f"{unseen[0].id}: {name} was not found in {where}"
        elif statement.sense == "for" and stances == {"contradicts"}:
            yield "polarity", f"{lines[0].id} speaks against {where}, and the sentence lets {name} speak for it"
        elif statement.sense == "against" and "contradicts" not in stances and "supports" in stances:
            yield "polarity", f"{lines[0].id} supports {where}, and the sentence lets {name} speak against it"

    def _about(self, line: SheetLine) -> set[str]:
        return {self._subjects.current(c) for c in line.concepts[:1]}

    def _not_recorded(
        self, sentence: Sentence, named: Named, key: str, lines: Sequence[SheetLine]
    ) -> Iterator[tuple[str, str]]:
        own = [ln for ln in lines if self._about(ln) & named.concepts]
        told = [
            ln for ln in own if ln.stance == "supports" or (ln.stance == "contradicts" and "yet recorded" in ln.text)
        ]
        narrower = [ln for ln in told if len(ln.edges) > 1]
        if not told or (narrower == told and _ITSELF.search(sentence.text)):
            return
        where = self._subjects.options[key].text
        name = sentence.text[named.start : named.end]
        yield "polarity", f"{told[0].id} records {name} for {where}, and the sentence says that it is not recorded"

    def loosely(self, sentence: Sentence, lines: Sequence[SheetLine]) -> bool:
        """Whether a sentence says that the finding itself is not what is recorded."""
        if _LOOSE.search(sentence.masked):
            return True
        terms = {self._subjects.current(c) for ln in lines for c in ln.concepts[1:2]}
        return any(n.concepts & terms and not n.concepts & self._case for n in sentence.named)

    # -- counts --------------------------------------------------------------------------------------

    def counts(
        self, sentence: Sentence, before: Sequence[Sentence], cited: Sequence[SheetLine]
    ) -> Iterator[tuple[str, str]]:
        """Counts and shares that are told of another finding or option than the cited lines tell them of.

        Args:
            sentence: The sentence.
            before: The step's sentences before it: what a count may belong to if the sentence names nothing.
            cited: The lines that the step cites.
        """
        found = [*counts(sentence.text)]
        for i, count in enumerate(found):
            lines = [ln for ln in cited if (count.k, count.n) in {(c.k, c.n) for c in counts(ln.text)}]
            if lines and not self._placed(sentence, before, lines, found, i) and not self._open(sentence, lines, count):
                told = sentence.text[count.start : count.end]
                yield "number", f"{told} is told of another finding or option than on {lines[0].id}"
        yield from self._single(sentence, cited)
        for pattern, least, most in SHARES:
            for match in pattern.finditer(sentence.text):
                beside = [c for c in found if self._beside(sentence, c, match)]
                if any(least <= c.k / c.n <= most and (least < 1 or c.n > 1) for c in beside):
                    continue
                if self._share(sentence, match, least, most, cited) is False:
                    yield "share", f"no cited line bears {match.group()!r} here"

    def _open(self, sentence: Sentence, lines: Sequence[SheetLine], count: Count) -> bool:
        """Whether a sentence that compares or lists names the subject of a count: which of its names the count belongs
        to is then not judged, unless one stands right before it."""
        adjacent = [n for n in sentence.named if not n.option and n.end <= count.start]
        gap = sentence.text[adjacent[-1].end : count.start] if adjacent else "…"
        listed = _LISTED.search(sentence.text) is not None
        for line in lines:
            near = self._subjects.near(line)
            if line.option and sentence.options and line.option not in sentence.options:
                continue
            if any(n.concepts & near for n in sentence.named) and (listed or not _RIGHT_BEFORE.fullmatch(gap)):
                return True
            words = content(sentence.text)
            if listed and self._subjects.telling(line) & words:
                return True
        return False

    @staticmethod
    def _beside(sentence: Sentence, count: Count, match: re.Match[str]) -> bool:
        """Whether a count and a share in words stand side by side, with no finding between them."""
        low, high = sorted((count.end, match.start())) if count.end <= match.start() else (match.end(), count.start)
        return high - low < 80 and not any(low <= n.start < high and not n.option for n in sentence.named)

    def _single(self, sentence: Sentence, cited: Sequence[SheetLine]) -> Iterator[tuple[str, str]]:
        """Carriers in brackets: "splenic infarcts (5)"."""
        known = {m[1]: ln for ln in cited if (m := _CARRIERS.search(ln.text))}
        for match in re.finditer(r"\((\d+)\)", sentence.text):
            line = known.get(match[1])
            earlier = [n for n in sentence.named if n.end <= match.start() and not n.option]
            if (
                line
                and earlier
                and match.start() - earlier[-1].end < 3
                and not earlier[-1].concepts & self._about(line)
            ):
                same = [ln for ln in cited if (m := _CARRIERS.search(ln.text)) and m[1] == match[1]]
                if not any(earlier[-1].concepts & self._about(ln) for ln in same):
                    yield "number", f"{match[1]} is told of another finding than on {line.id}"

    def _placed(
        self, sentence: Sentence, before: Sequence[Sentence], lines: Sequence[SheetLine], found: list[Count], i: int
    ) -> bool:
        """Whether a count stands where one of the lines that have it would tell it."""
        start = found[i - 1].end if i else 0
        after = found[i + 1].start if i + 1 < len(found) else len(sentence.text)
        where = place(sentence, found[i].start, found[i].end, start, after)
        words = content(where.zone)
        if _TALLY.search(where.zone):
            return True
        if not where.findings and not any(self._subjects.telling(ln) & words for ln in self._subjects.lines.values()):
            findings = [n for s in before[-1:] for n in s.named if not n.option]
        else:
            findings = where.findings
        options = set(where.options) or {o for s in before for o in s.options}
        for line in lines:
            if line.option and options and line.option not in options:
                continue
            near = self._subjects.near(line)
            direct = [n for n in findings if n.concepts & near]
            if direct and self._closest(sentence, findings, direct, found[i]):
                return True
            if not findings or self._subjects.telling(line) & words:
                return True
        return False

    def _closest(self, sentence: Sentence, findings: list[Named], direct: list[Named], count: Count) -> bool:
        """Whether a finding that fits is the last one before a count, or is listed with it."""
        earlier = [n for n in findings if n.end <= count.start and n in sentence.named]
        if not earlier or earlier[-1] in direct:
            return True
        last = earlier[-1]
        if count.start - last.end > 40:
            return True
        for n in reversed(earlier[:-1]):
            if not re.fullmatch(
                r"(?:,|,? and|,? or)?(?: (?:the|a|an|both|also))* ?", sentence.text[n.end : last.start]
            ):
                return False
            if n in direct:
                return True
            last = n
        return False

    def _share(
        self, sentence: Sentence, match: re.Match[str], least: float, most: float, cited: Sequence[SheetLine]
    ) -> bool | None:
        """Whether a cited line bears a share in words; ``None``: it is open of what the share is said."""
        where = place(sentence, match.start(), match.end(), 0, len(sentence.text))
        clause = re.split(r"[,;:]", sentence.masked[match.end() :])[0]
        findings = [n for n in where.findings if n.end <= match.start()]
        findings = findings or [n for n in where.findings if 0 <= n.start - match.end() < len(clause)]
        if not findings or not where.options:
            return None
        options = {n.option for n in sentence.named if n.option}
        concepts = frozenset().union(*(n.concepts for n in findings))
        lines = [ln for ln in cited if ln.option in options and self._subjects.near(ln) & concepts]
        if not lines:
            return None
        for line in lines:
            known = shares(line.text)
            if known and known[0] <= most and known[1] >= least and (least < 1 or known[2] > 1):
                return True
        return False
