"""Checks chains in free language against the evidence sheet that they cite, without a model.

Every sentence is read for the options and findings that it names; each pair of the two is a claim. A claim is

    grounded     a cited line of the sheet says it, of that option and finding
    derivable    such a line says it of a broader, narrower or related term, through the hierarchy
    not recorded the sentence says so, and no line says otherwise
    unsupported  nothing that is cited says it
    contradicted a line says the opposite

What it shows: that a chain says nothing of its options and findings that its citations do not. What it does not show:
that the graph is right, or that prose between the names is good medicine. It can be too strict, never generous about
what it can read; what it cannot read (a mechanism without a name of the graph) it does not judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from medreason.kg.store import Graph
from medreason.linking import link
from medreason.quality.problem import Problem
from medreason.quality.vocabulary import Named, Vocabulary, tokens
from medreason.records import Finding, Link, Option, SheetLine, Step

ClaimKind = Literal["grounded", "derivable", "not recorded", "unsupported", "contradicted"]
TYPES = ("phenotype", "disease")
ROOT = "HP:0000118"
MOST_WORDS_SHARED = 3
# A concept on record for more diseases than this is a general word ("a heart lesion", "weakness"), not a finding.
GENERAL = 300
# Names of findings that are ordinary words of an argument ("the weakness of this evidence", "falls short").
ORDINARY = frozenset({"fall", "falls", "falling", "weakness"})

_SENTENCE = re.compile(r"(?<=[.!?;])\s+(?=[A-Z0-9(\"“])")
_TURN = re.compile(r"[;:–—]|\b(?:but|while|whereas|although|though)\b", re.IGNORECASE)
_CLAUSE = re.compile(r"[;:,–—()]|\b(?:and|but|while|whereas|although|though|yet|however)\b", re.IGNORECASE)
_NEGATIVE = re.compile(
    r"\b(?:no|not|none|never|nor|neither|without|absent|absence|lacks?|lacking|missing|against|contradicts?|excluded"
    r"|unrecorded|unexplained|0 of|zero|un[a-z]*ed|despite|fails?|less)\b|n't\b",
    re.IGNORECASE,
)
_CONTRAST = re.compile(
    r"\b(?:only|alone|over|than|unlike|rather|apart|separates?|distinguish(?:es)?|other|else|remaining|nothing|few|little"
    r"|instead|exclusively|sets?)\b",
    re.IGNORECASE,
)
_UNRECORDED = re.compile(
    r"\b(?:not (?:itself )?(?:recorded|on record|listed)|no record|unrecorded|nothing recorded)\b", re.IGNORECASE
)
_AGAINST = re.compile(
    r"\b(?:speaks?|argues?|weighs?|counts?|counting|evidence) against\b|\bcontradicts?\b", re.IGNORECASE
)
_COUNT = re.compile(r"(\d[\d,]*|[a-z]+) (?:out )?of (?:the |all )?(\d[\d,]*|[a-z]+)\b", re.IGNORECASE)
_DIGITS = re.compile(r"\d[\d,]*(?:\.\d+)?")
_PATIENT = re.compile(r"\b(?:age|aged|young(?:er)?|onset|sex|female|girl|woman|inherit\w*|x-linked)\b", re.IGNORECASE)
_DENIED = re.compile(
    r"\b(?:no|without|absence of|absent|lacks?|denies|free of)(?: any| known| signs? of)? ?$", re.IGNORECASE
)
_DENIED_AFTER = re.compile(r"^ (?:is|are|was|were) (?:absent|not (?:present|found|seen))\b", re.IGNORECASE)
_FORBIDDEN = {
    "certainty": re.compile(
        r"\bthe diagnosis is\b|\bconfirms? (?:the|a) diagnosis\b|\bproves?\b|\bdefinite(?:ly)?\b|\bcertainly\b"
        r"|\bpathognomonic\b|\b100 ?%|(?<!not )(?<!without )\brul(?:es|ing) (?:it |this |that )?out\b",
        re.IGNORECASE,
    ),
    "absence": re.compile(
        r"\b(?:does|do|can) ?not occur\b|\bnever occurs?\b|\bis never (?:seen|found)\b", re.IGNORECASE
    ),
    "leak": re.compile(
        r"\b(?:correct|given|reference|expected|provided|known) (?:answer|option|key)\b|\banswer key\b", re.IGNORECASE
    ),
}
_ID = re.compile(r"(?<![\w-])[EFC]\d{1,3}(?![\w-])")
# Words of names that tell nothing of a subject.
_PLAIN = frozenset(
    "abnormal abnormality disease disorder syndrome increased decreased elevated level type with".split()
)
_WORDS = {w: n for n, w in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())}


class Claim(NamedTuple):
    """A pair of option and finding that a sentence names, and what becomes of it."""

    step: int
    option: str
    finding: str
    kind: ClaimKind
    line: str


class Grounding(NamedTuple):
    """What the check of one chain found."""

    problems: list[Problem]
    claims: list[Claim]


class _Sentence(NamedTuple):
    text: str
    named: list[Named]

    @property
    def options(self) -> set[str]:
        return {n.option for n in self.named if n.option}

    @property
    def concepts(self) -> frozenset[str]:
        return frozenset().union(*(n.concepts for n in self.named))


class Grounder:
    """Checks the chains of one question.

    Args:
        graph: The graph that the sheet was made from.
        item: Id of the question, for problems.
        question: Its text.
        options: Its options.
        findings: Its findings.
        lines: Its sheet.
    """

    def __init__(
        self,
        graph: Graph,
        item: str,
        question: str,
        options: Sequence[Option],
        findings: Sequence[Finding],
        lines: Sequence[SheetLine],
    ) -> None:
        self._graph = graph
        self._item = item
        self._question = question
        self._options = {o.key: o for o in options}
        self._lines = {line.id: line for line in lines}
        self._vocabulary = Vocabulary(graph, options, findings, lines)
        self._gone = {self._current(f.concept) for f in findings if f.status == "excluded"}
        self._seen = {self._current(f.concept) for f in findings if f.status == "observed"}
        self._findings = tuple(findings)
        self._neighbours: dict[str, frozenset[str]] = {}
        self._words_of: dict[str, set[str]] = {}
        self._allowed: set[str] | None = None
        self._known_words: set[str] = set()
        # Names such as "complement C4" look like ids of lines.
        texts = [question, *(o.text for o in options), *(self._name(c) for line in lines for c in line.concepts)]
        self._named_ids = {found for text in texts for found in _ID.findall(text)}

    def check(self, steps: Sequence[Step], chosen: str) -> Grounding:
        """Problems and claims of a chain that chose an option. O(words of the chain x names of the sheet)."""
        problems: list[Problem] = []
        claims: list[Claim] = []
        for step in steps:
            told = [_Sentence(s, self._vocabulary.find(s)) for s in _SENTENCE.split(step.text)]
            cited = [self._lines[c] for c in step.cites if c in self._lines]
            problems += self._citations(step, told, cited)
            problems += self._words(step, told, cited)
            for sentence in told:
                pairs = list(self._claims(step, sentence, cited))
                claims += [c for c, _ in pairs]
                problems += [p for _, p in pairs if p is not None]
                problems += self._status(step, sentence)
                problems += self._foreign(step, sentence)
        problems += self._whole(steps, chosen)
        return Grounding(problems, claims)

    # -- citations -----------------------------------------------------------------------------------

    def _wrong(self, step: Step | None, rule: str, message: str) -> Problem:
        return Problem(self._item, step.n if step else 0, rule, message)

    def _citations(self, step: Step, told: list[_Sentence], cited: list[SheetLine]) -> Iterator[Problem]:
        if not step.cites:
            yield self._wrong(step, "citation", "the step cites nothing")
        for cite in step.cites:
            if cite not in self._lines:
                yield self._wrong(step, "citation", f"{cite} is no line of the sheet")
        edges = {e for line in cited for e in line.edges}
        if set(step.edges) != edges:
            yield self._wrong(step, "citation", "the step's edges are not those of the lines it cites")
        for line in cited:
            yield from self._unused(step, told, line)

    def _unused(self, step: Step, told: list[_Sentence], line: SheetLine) -> Iterator[Problem]:
        """What a step that cites a line fails to say of it."""
        if line.id.startswith("C"):
            shared = _content(step.text) & _content(line.text)
            if len(shared) < min(MOST_WORDS_SHARED, len(_content(line.text))):
                yield self._wrong(step, "unused", f"{line.id} is cited, but the step says nothing of it")
            return
        if line.option and line.option not in set().union(*(s.options for s in told)):
            yield self._wrong(step, "unused", f"{line.id} is cited, but the step does not name option {line.option}")
        if not self._spoken(line, step.text, frozenset().union(*(s.concepts for s in told))):
            name = self._name(line.concepts[0]) if line.concepts else "its subject"
            yield self._wrong(step, "unused", f"{line.id} is cited, but the step does not name {name}")

    def _spoken(self, line: SheetLine, text: str, concepts: frozenset[str]) -> bool:
        """Whether a step speaks of a line's subject: by a name of it, of what is above or below it, or by a word that
        belongs to this subject alone among those of the sheet."""
        if line.option and not line.edges:
            return bool(_PATIENT.search(text))
        return bool(self._near(line) & concepts or self._telling(line) & _content(text))

    def _near(self, line: SheetLine) -> frozenset[str]:
        """The concepts by which a sentence may speak of a line's subject: its own, and the case's above and below."""
        if line.id not in self._neighbours:
            about = self._about(line)
            numbers = {n for c in about if (n := self._graph.number(c)) is not None}
            above = {int(a) for n in numbers for a in self._graph.ancestors[n]}
            case = {n for c in self._seen | self._gone if (n := self._graph.number(c)) is not None}
            below = {c for c in case if numbers & {int(a) for a in self._graph.ancestors[c]}}
            self._neighbours[line.id] = frozenset(about | {self._graph.curie(n) for n in (above & case) | below})
        return self._neighbours[line.id]

    def _telling(self, line: SheetLine) -> set[str]:
        """Words of a subject's names and wordings that no other subject of the sheet has."""
        if not self._words_of:
            for other in self._lines.values():
                for curie in {self._current(c) for c in other.concepts[:1]}:
                    self._words_of.setdefault(curie, set()).update(*map(_content, self._called(curie)))
        own = self._current(line.concepts[0]) if line.concepts else ""
        held = [words for curie, words in self._words_of.items() if curie != own]
        options = set().union(*(_content(o.text) for o in self._options.values()))
        return self._words_of.get(own, set()).difference(options, *held) - _PLAIN

    def _called(self, curie: str) -> list[str]:
        number = self._graph.number(curie)
        known = [] if number is None else [self._graph.concept_at(number)]
        names = [n for c in known for n in (c.name, *(s.text for s in c.synonyms))]
        return names + [f.text for f in self._findings if self._current(f.concept) == curie]

    def tidy(self, steps: Sequence[Step]) -> tuple[Step, ...]:
        """Steps without citations of lines that their text does not speak of; a step keeps them if it has no other."""
        tidied = []
        for step in steps:
            told = [_Sentence(t, self._vocabulary.find(t)) for t in _SENTENCE.split(step.text)]
            vain = {c for c in step.cites if c in self._lines and list(self._unused(step, told, self._lines[c]))}
            cites = tuple(c for c in step.cites if c not in vain)
            if vain and cites:
                edges = dict.fromkeys(e for c in cites if c in self._lines for e in self._lines[c].edges)
                tidied.append(Step(step.n, step.text, tuple(edges), cites))
            else:
                tidied.append(step)
        return tuple(tidied)

    def _about(self, line: SheetLine) -> set[str]:
        """The concepts of a line by which a sentence may speak of it: all but the option's own."""
        own = self._current(self._options[line.option].concept) if line.option in self._options else ""
        return {self._current(c) for c in line.concepts} - {own}

    # -- claims --------------------------------------------------------------------------------------

    def _claims(
        self, step: Step, sentence: _Sentence, cited: list[SheetLine]
    ) -> Iterator[tuple[Claim, Problem | None]]:
        options = sentence.options
        case = self._seen | self._gone
        told: set[frozenset[str]] = set()
        for named in sentence.named:
            findings = named.concepts & case
            if not findings or findings in told:
                continue
            told.add(findings)
            verdicts = [self._pair(step, sentence, named, option, cited) for option in sorted(options)]
            held = any(c.kind in ("grounded", "derivable", "contradicted") for c, _ in verdicts)
            for claim, problem in verdicts:
                # A comparison names an option beside the one of which it says something.
                beside = held and problem is not None and problem.rule in ("uncited", "unsupported")
                if not beside:
                    yield claim, problem

    def _pair(
        self, step: Step, sentence: _Sentence, named: Named, option: str, cited: list[SheetLine]
    ) -> tuple[Claim, Problem | None]:
        findings = named.concepts & (self._seen | self._gone)
        curie = sorted(findings)[0]
        name = self._name(curie)
        where = self._options[option].text
        lines = [ln for ln in self._lines.values() if ln.option == option and ln.edges and self._near(ln) & findings]
        used = [line for line in lines if line in cited]

        def claim(kind: ClaimKind, line: str = "") -> Claim:
            return Claim(step.n, option, curie, kind, line)

        negative = bool(_NEGATIVE.search(sentence.text))
        if not lines:
            contrast = len(sentence.options) > 1 and _CONTRAST.search(sentence.text)
            if _NEGATIVE.search(_part(sentence.text, named.start, _TURN)) or contrast:
                return claim("not recorded"), None
            text = f"no line ties {name} to {where}, and the sentence does not say so: {_short(sentence.text)}"
            return claim("unsupported"), self._wrong(step, "unsupported", text)
        if not used:
            kind: ClaimKind = "not recorded" if negative and lines[0].stance == "compatible" else "unsupported"
            text = f"the step speaks of {name} in {where} without citing {lines[0].id}"
            return claim(kind, lines[0].id), self._wrong(step, "uncited", text)
        line = used[0]
        if line.stance == "contradicts" and not negative:
            text = f"{line.id} speaks against {where}, and the sentence does not say so: {_short(sentence.text)}"
            return claim("contradicted", line.id), self._wrong(step, "polarity", text)
        alone = len(sentence.options) == 1
        clause = _part(sentence.text, named.start, _CLAUSE)
        if line.stance == "supports" and alone and _UNRECORDED.search(clause):
            text = f"{line.id} records {name} for {where}, and the sentence says that it is not recorded"
            return claim("contradicted", line.id), self._wrong(step, "polarity", text)
        if line.stance == "supports" and alone and _AGAINST.search(clause) and not re.search(r"\bnot\b", clause):
            text = f"{line.id} supports {where}, and the sentence calls it evidence against"
            return claim("contradicted", line.id), self._wrong(step, "polarity", text)
        direct = line.stance in ("supports", "contradicts", "related") and len(line.edges) == 1
        return claim("grounded" if direct else "derivable", line.id), None

    # -- words ---------------------------------------------------------------------------------------

    def _words(self, step: Step, told: list[_Sentence], cited: list[SheetLine]) -> Iterator[Problem]:
        for rule, pattern in _FORBIDDEN.items():
            if match := pattern.search(step.text):
                yield self._wrong(step, rule, f"the words {match.group()!r} do not belong in a chain")
        for match in _ID.findall(step.text):
            if match in self._lines and match not in self._named_ids:
                yield self._wrong(step, "ids", f"the id {match} stands in the text; it belongs into the citations")
        names = [o.text for o in self._options.values()] + [self._name(c) for line in cited for c in line.concepts]
        known = {_number(m) for t in (self._question, *names, *(ln.text for ln in cited)) for m in _DIGITS.findall(t)}
        for digits in _DIGITS.findall(step.text):
            if _number(digits) not in known:
                yield self._wrong(step, "number", f"{digits} stands in no cited line and not in the question")
        counts = {c for line in cited for c in _counts(line.text)}
        for sentence in told:
            for count in _counts(sentence.text):
                if count not in counts and count not in set(_counts(self._question)):
                    yield self._wrong(step, "number", f"{count[0]} of {count[1]} stands in no cited line")

    def _status(self, step: Step, sentence: _Sentence) -> Iterator[Problem]:
        """A finding of the case has the status that the case gives it."""
        for named in sentence.named:
            gone = named.concepts & self._gone
            if gone and not named.concepts & self._seen and not _NEGATIVE.search(sentence.text):
                name = self._name(sorted(gone)[0])
                yield self._wrong(step, "status", f"{name} is absent in the case, and the sentence does not say so")
            before, after = sentence.text[: named.start], sentence.text[named.end :]
            denied = _DENIED.search(before) or _DENIED_AFTER.search(after)
            if denied and named.concepts & self._seen and not sentence.options:
                name = self._name(sorted(named.concepts & self._seen)[0])
                yield self._wrong(step, "status", f"{name} is present in the case, and the sentence denies it")

    def _foreign(self, step: Step, sentence: _Sentence) -> Iterator[Problem]:
        """No disease or finding of the graph is named that neither question nor sheet has."""
        spans = [(n.start, n.end) for n in sentence.named]
        for found in self._linked(sentence.text):
            at, end = found.mention.start, found.mention.end
            if any(at < e and s < end for s, e in spans) or found.concept in self._known() or self._ordinary(found):
                continue
            name = f"{found.mention.text!r} ({self._name(found.concept)})"
            yield self._wrong(step, "foreign", f"{name} stands neither in the question nor on a line")

    def _ordinary(self, found: Link) -> bool:
        """Whether a mention is a general or ordinary word, or made of words that question and sheet have."""
        number = self._graph.number(found.concept)
        general = number is not None and len(self._graph.carriers[number]) > GENERAL
        return (
            general
            or found.method == "reordered"
            or found.mention.text.casefold() in ORDINARY
            or _content(found.mention.text) <= self._known_words
        )

    def _linked(self, text: str) -> Sequence[Link]:
        return link(self._graph, text, TYPES)

    def _known(self) -> set[str]:
        """Concepts that any sentence may name: those of question, options, context and lines, and all above them."""
        if self._allowed is None:
            graph = self._graph
            texts = [self._question, *(o.text for o in self._options.values())]
            texts += [line.text for line in self._lines.values()]
            named = {found.concept for found in self._linked("\n".join(texts))}
            named |= {c for line in self._lines.values() for c in line.concepts} | self._seen | self._gone
            numbers = {n for c in named if (n := graph.number(c)) is not None}
            above = {int(a) for n in numbers for a in graph.ancestors[n]}
            self._allowed = {graph.curie(n) for n in numbers | above}
            self._known_words = set().union(*map(_content, texts))
        return self._allowed

    # -- the chain as a whole ------------------------------------------------------------------------

    def _whole(self, steps: Sequence[Step], chosen: str) -> Iterator[Problem]:
        cited = {c for step in steps for c in step.cites if c in self._lines}
        named = [{n.option for n in self._vocabulary.find(step.text) if n.option} for step in steps]
        if not steps:
            yield self._wrong(None, "steps", "the chain has no steps")
            return
        if chosen and chosen not in named[-1]:
            yield self._wrong(steps[-1], "conclusion", f"the last step does not name the chosen option {chosen}")
        backing = ("supports", "compatible", "related")
        backed = any(self._lines[c].option == chosen and self._lines[c].stance in backing for c in cited)
        quoted = any(not self._lines[c].option and not c.startswith("F") for c in cited)
        if chosen and not backed and not quoted:
            yield self._wrong(None, "choice", f"no cited line speaks for the chosen option {chosen}")
        for line in self._lines.values():
            if line.option == chosen and line.stance == "contradicts" and line.id not in cited:
                yield self._wrong(None, "complete", f"{line.id} speaks against the chosen option, and no step cites it")
        for key in self._options:
            if any(ln.option == key and ln.edges for ln in self._lines.values()) and not any(key in n for n in named):
                yield self._wrong(None, "complete", f"option {key} has evidence, and no step names it")

    def _current(self, curie: str) -> str:
        return self._graph.current_id(curie) or curie

    def _name(self, curie: str) -> str:
        return self._graph.name(curie) if self._graph.number(curie) is not None else curie


def _content(text: str) -> set[str]:
    return {t.word for t in tokens(text) if len(t.word) > 3}


def _part(text: str, at: int, ends: re.Pattern[str]) -> str:
    """The part of a sentence around a place, between the ends that a pattern finds."""
    start = max((m.end() for m in ends.finditer(text) if m.end() <= at), default=0)
    end = next((m.start() for m in ends.finditer(text) if m.start() >= at), len(text))
    return text[start:end]


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:119] + "…"


def _number(text: str) -> str:
    return text.replace(",", "")


def _counts(text: str) -> Iterator[tuple[int, int]]:
    """Fractions "k of n" in digits or words."""
    for k, n in _COUNT.findall(text):
        pair = [int(_number(v)) if v[0].isdigit() else _WORDS.get(v.casefold(), -1) for v in (k, n)]
        if min(pair) >= 0:
            yield pair[0], pair[1]
