"""What the lines of one question's sheet are about, for the checks of free prose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from medreason.kg.store import Graph
from medreason.quality.vocabulary import Vocabulary, content
from medreason.records import Finding, Option, SheetLine

# Words of names that tell nothing of a subject.
_PLAIN = frozenset(
    "abnormal abnormality disease disorder syndrome increased decreased elevated level type with".split()
)


class Subjects:
    """Lines, findings and options of a question by their concepts.

    Attributes:
        lines: The sheet by id.
        options: The options by key.
        vocabulary: The names that may stand in a sentence.
        seen: Concepts of present findings.
        gone: Concepts of absent ones.
    """

    def __init__(
        self, graph: Graph, options: Sequence[Option], findings: Sequence[Finding], lines: Sequence[SheetLine]
    ) -> None:
        self.graph = graph
        self.options = {o.key: o for o in options}
        self.lines = {line.id: line for line in lines}
        self.vocabulary = Vocabulary(graph, options, findings, lines)
        self.seen = {self.current(f.concept) for f in findings if f.status == "observed"}
        self.gone = {self.current(f.concept) for f in findings if f.status == "excluded"}
        self._findings = tuple(findings)
        self._near: dict[str, frozenset[str]] = {}
        self._words_of: dict[str, set[str]] = {}

    def current(self, curie: str) -> str:
        """The id that a retired one gave way to."""
        return self.graph.current_id(curie) or curie

    def name(self, curie: str) -> str:
        """The preferred name of a concept."""
        return self.graph.name(curie) if self.graph.number(curie) is not None else curie

    def about(self, line: SheetLine) -> set[str]:
        """The concepts of a line by which a sentence may speak of it: all but the option's own."""
        own = self.current(self.options[line.option].concept) if line.option in self.options else ""
        return {self.current(c) for c in line.concepts} - {own}

    def near(self, line: SheetLine) -> frozenset[str]:
        """The concepts by which a sentence may speak of a line's subject: its own, and the case's above and below."""
        if line.id not in self._near:
            about = self.about(line)
            numbers = {n for c in about if (n := self.graph.number(c)) is not None}
            above = {int(a) for n in numbers for a in self.graph.ancestors[n]}
            case = {n for c in self.seen | self.gone if (n := self.graph.number(c)) is not None}
            below = {c for c in case if numbers & {int(a) for a in self.graph.ancestors[c]}}
            self._near[line.id] = frozenset(about | {self.graph.curie(n) for n in (above & case) | below})
        return self._near[line.id]

    def subject(self, line: SheetLine) -> frozenset[str]:
        """The finding of a line and the term that is recorded for it."""
        return frozenset(self.current(c) for c in line.concepts[:2]) & frozenset(self.about(line))

    def telling(self, line: SheetLine) -> set[str]:
        """Words of a subject's names and wordings that no other subject of the sheet has."""
        if not self._words_of:
            for other in self.lines.values():
                for curie in {self.current(c) for c in other.concepts[:1]}:
                    self._words_of.setdefault(curie, set()).update(*map(content, self._called(curie)))
        own = self.current(line.concepts[0]) if line.concepts else ""
        held = [words for curie, words in self._words_of.items() if curie != own]
        options = set().union(*(content(o.text) for o in self.options.values()))
        return self._words_of.get(own, set()).difference(options, *held) - _PLAIN

    def _called(self, curie: str) -> list[str]:
        number = self.graph.number(curie)
        known = [] if number is None else [self.graph.concept_at(number)]
        names = [n for c in known for n in (c.name, *(s.text for s in c.synonyms))]
        return names + [f.text for f in self._findings if self.current(f.concept) == curie]

    def held(self, option: str, concepts: Iterable[str]) -> list[SheetLine]:
        """The lines that say something of these concepts, or of what is near them, in an option."""
        wanted = frozenset(concepts)
        own = [ln for ln in self.lines.values() if ln.option == option and ln.edges and self.near(ln) & wanted]
        exact = [ln for ln in own if self.subject(ln) & wanted]
        return exact or own
