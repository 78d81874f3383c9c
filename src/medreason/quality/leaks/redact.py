"""Hides the options in a chain, so that it can be asked whether the rest of it still leads to the answer.

Two ways. ``all`` (the default) hides every option behind one and the same sign: what is left are findings, counts and
comparisons. ``answer`` hides the answer alone, as a filter is usually made; where a chain weighs several options, the
one that is missing gives itself away, so a lift measured so is an upper bound. The conclusion (the last step, or what
follows a heading "Conclusion") is left out in both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from medreason.kg.store import Graph
from medreason.quality.leaks.names import AnswerNames, merged
from medreason.records import Option, Step

Mask = Literal["all", "answer"]
SIGN = "[option]"
_CONCLUSION = re.compile(r"^[\W\d]*(?:final )?(?:conclusion|answer)s?\b[\s*_#]*[:.\n]", re.IGNORECASE | re.MULTILINE)


class Redactor:
    """Hides the options of one question.

    Args:
        graph: Where concepts have their names; ``None``: option texts alone.
        question: Text of the question.
        options: Its options.
        answer_key: Key of the answer; needed for ``answer`` alone.
        mask: What is hidden.
        spoken: Names of the case's findings: their words name no option.
    """

    def __init__(
        self,
        graph: Graph | None,
        question: str,
        options: Sequence[Option],
        answer_key: str,
        mask: Mask = "all",
        spoken: Iterable[str] = (),
    ) -> None:
        said = tuple(spoken)
        keys = [o.key for o in options] if mask == "all" else [answer_key]
        self._names = [AnswerNames(graph, question, options, key, said) for key in keys]
        self._rest = [AnswerNames(graph, question, options, o.key, said) for o in options if o.key not in keys]

    def text(self, text: str) -> str:
        """The text with each name replaced by a sign; names of options that stay protect what they contain."""
        kept = [(p.start, p.end) for n in self._rest for p in n.find(text) if p.kind in ("name", "synonym")]
        places = [p for names in self._names for p in names.find(text)]
        free = [p for p in places if not any(a <= p.start and p.end <= b and p.end - p.start < b - a for a, b in kept)]
        out, end = [], 0
        for place in merged(free):
            out += [text[end : place.start], SIGN]
            end = place.end
        return "".join([*out, text[end:]])

    def steps(self, steps: Sequence[Step]) -> str:
        """The chain without its last step, ``n. text`` a line, names hidden; empty where one step is all."""
        return "\n".join(f"{step.n}. {self.text(step.text)}" for step in steps[:-1])

    def prose(self, text: str) -> str:
        """A chain in one text, cut where its conclusion begins, names hidden."""
        ends = [match.start() for match in _CONCLUSION.finditer(text)]
        return self.text(text[: ends[-1]] if ends else text).rstrip()
