"""Checks chains in free language against the evidence sheet that they cite, without a model.

Every sentence is read for the options and findings that it names; each pair of the two is a claim. A claim is

    grounded     a cited line of the sheet says it, of that option and finding
    derivable    such a line says it of a broader, narrower or related term, through the hierarchy
    not recorded the sentence says so, and no line says otherwise
    unsupported  nothing that is cited says it
    contradicted a line says the opposite

What it shows: that a chain says nothing of its options and findings that its citations do not. What it does not show:
that the graph is right, or that prose between the names is good medicine.

How it reads: statements ("… is not recorded for …") by :mod:`medreason.quality.prose`, counts and shares by
:mod:`medreason.quality.counted`, words that no chain may have by :mod:`medreason.quality.forbidden`; what no pattern
reads, by the names that stand in one sentence. Not judged, because it needs understanding: which finding a pronoun or a
paraphrase without a name means ("the skeletal findings"), a mechanism in words that the case has itself, whether a
comparison weighs rightly, and what the sheet leaves open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from medreason.kg.store import Graph
from medreason.linking import link
from medreason.quality import order
from medreason.quality.asserted import Asserted
from medreason.quality.bound import Bound
from medreason.quality.conclusion import concluded, denied, leans
from medreason.quality.counted import PERCENT, counts
from medreason.quality.forbidden import FORBIDDEN, KNOWLEDGE
from medreason.quality.leaks.finder import LeakFinder
from medreason.quality.problem import Problem
from medreason.quality.prose import SENTENCE_END, Sentence
from medreason.quality.subjects import Subjects
from medreason.quality.vocabulary import Named, content
from medreason.records import Finding, Link, Option, SheetLine, Step

ClaimKind = Literal["grounded", "derivable", "not recorded", "unsupported", "contradicted"]
TYPES = ("phenotype", "disease")
ROOT = "HP:0000118"
MOST_WORDS_SHARED = 3
# Names of findings that are ordinary words of an argument ("the weakness of this evidence", "falls short").
# Two concepts are near relatives if they share one that at most so many diseases carry.
KIN = 400
ORDINARY = frozenset({"fall", "falls", "falling", "weakness"})

_TURN = re.compile(r"[;:–—]|\b(?:but|while|whereas|although|though)\b", re.IGNORECASE)
_CLAUSE = re.compile(r"[;:,–—()]|\b(?:and|but|while|whereas|although|though|yet|however)\b", re.IGNORECASE)
_NEGATIVE = re.compile(
    r"\b(?:no|not|none|never|nor|neither|without|absent|absence|lacks?|lacking|missing|against|contradicts?|excluded"
    r"|unrecorded|unexplained|0 of|zero|un[a-z]*ed|despite|fails?|less)\b|n't\b",
    re.IGNORECASE,
)
_CONTRAST = re.compile(
    r"\b(?:only|alone|over|than|unlike|rather|apart|separates?|distinguish(?:es)?|other|else|remaining|nothing"
    r"|few|little"
    r"|instead|exclusively|sets?)\b",
    re.IGNORECASE,
)
_UNRECORDED = re.compile(
    r"\b(?:not (?:itself )?(?:recorded|on record|listed)|no record|unrecorded|nothing recorded)\b", re.IGNORECASE
)
_AGAINST = re.compile(
    r"\b(?:speaks?|argues?|weighs?|counts?|counting|evidence) against\b|\bcontradicts?\b", re.IGNORECASE
)
_DENIES = re.compile(
    r"\b(?:does|do|did)(?: not|n['’]t) (?:\w+ly )?(?:have|show|carry|bring|share|record)\b", re.IGNORECASE
)
_DIGITS = re.compile(r"\d[\d,]*(?:\.\d+)?")
_PATIENT = re.compile(r"\b(?:age|aged|young(?:er)?|onset|sex|female|girl|woman|inherit\w*|x-linked)\b", re.IGNORECASE)
_DENIED = re.compile(
    r"\b(?:no|without|absence of|absent|lacks?|denies|free of|not (?:have|show))"
    r"(?: any| known| signs? of| the| an?)* ?$",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(
    r"^ (?:(?:is|are|was|were) (?:(?:also|itself) )?(?:absent|not (?:present|found|seen|there)|denied|lacking)"
    r"|(?:was|were) looked for (?:and|but) (?:is |are |was |were )?(?:not found|absent|not seen))\b",
    re.IGNORECASE,
)
# Words of medicine by their endings, and diseases by the name of a person: found where the graph has no such name.
_LEARNED = re.compile(
    r"\b(?P<word>\w{3,}(?:itis|osis|oma|omas|a?emia|pathy|pathies|philia|plasia|trophy|uria|penia|megaly|plegia|paresis"
    r"|algia|rrhea|rrhagia|ectasia))\b|\b(?P<name>[A-Z][a-z]{2,}(?:-[A-Z][a-z]+)?)(?:'s)? (?:disease|syndrome)\b"
)
_PLAIN_WORDS = "diagnosis prognosis emphasis hypothesis this that these those each neither either which another only"


_ID = re.compile(r"(?<![\w-])[EFC]\d{1,3}(?![\w-])")


# Words with which a chain may name what the question mentions and no line carries.
_SET_ASIDE = re.compile(
    r"\b(?:not weighed|no line(?! (?:speaks|argues|weighs|counts|stands|contradicts|opposes)\b)|not assessed"
    r"|without a line|cannot be weighed)\b",
    re.IGNORECASE,
)


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
        self._subjects = Subjects(graph, options, findings, lines)
        self._asserted = Asserted(self._subjects)
        self._bound = Bound(self._subjects)
        self._options = self._subjects.options
        self._lines = self._subjects.lines
        self._finders: dict[str, LeakFinder] = {}
        self._allowed: set[str] | None = None
        self._known_words: set[str] = set()
        # Names such as "complement C4" look like ids of lines.
        texts = [
            question,
            *(o.text for o in options),
            *(self._subjects.name(c) for line in lines for c in line.concepts),
        ]
        known = "\n".join([question, *(o.text for o in options), *(line.text for line in lines)]).casefold()
        self._free = {m.group() for m in KNOWLEDGE.finditer(known)}
        self._named_ids = {found for text in texts for found in _ID.findall(text)}

    def check(self, steps: Sequence[Step], chosen: str) -> Grounding:
        """Problems and claims of a chain that chose an option. O(words of the chain x names of the sheet)."""
        problems: list[Problem] = []
        claims: list[Claim] = []
        for step in steps:
            told = self._told(step)
            cited = [self._lines[c] for c in step.cites if c in self._lines]
            problems += self._citations(step, told, cited)
            problems += self._words(step, told, cited)
            for sentence in told:
                pairs = list(self._claims(step, sentence, cited))
                claims += [c for c, _ in pairs]
                problems += [p for _, p in pairs if p is not None]
                for rule, text in self._asserted.statements(sentence, cited):
                    problems.append(self._wrong(step, rule, f"{text}: {_short(sentence.text)}"))
                problems += self._status(step, sentence)
                problems += self._foreign(step, sentence)
        problems += self._whole(steps, chosen)
        problems += self._leaks(steps, chosen)
        return Grounding(problems, claims)

    def _leaks(self, steps: Sequence[Step], chosen: str) -> list[Problem]:
        """Ways in which a chain gives its choice away; naming one option alone is none where no other has evidence."""
        if chosen not in self._options:
            return []
        if chosen not in self._finders:
            lines = [line.text for line in self._lines.values()]
            options = list(self._options.values())
            self._finders[chosen] = LeakFinder(self._graph, self._item, self._question, options, chosen, lines)
        return [p for p in self._finders[chosen].find(steps) if p.step]

    # -- citations -----------------------------------------------------------------------------------

    def _wrong(self, step: Step | None, rule: str, message: str) -> Problem:
        return Problem(self._item, step.n if step else 0, rule, message)

    def _citations(self, step: Step, told: list[Sentence], cited: list[SheetLine]) -> Iterator[Problem]:
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

    def _unused(self, step: Step, told: list[Sentence], line: SheetLine) -> Iterator[Problem]:
        """What a step that cites a line fails to say of it."""
        if line.id.startswith("C"):
            shared = content(step.text) & content(line.text)
            if len(shared) < min(MOST_WORDS_SHARED, len(content(line.text))):
                yield self._wrong(step, "unused", f"{line.id} is cited, but the step says nothing of it")
            return
        if line.option and line.option not in set().union(*(s.options for s in told)):
            yield self._wrong(step, "unused", f"{line.id} is cited, but the step does not name option {line.option}")
        if not self._spoken(line, step.text, frozenset().union(*(s.concepts for s in told))):
            name = self._subjects.name(line.concepts[0]) if line.concepts else "its subject"
            yield self._wrong(step, "unused", f"{line.id} is cited, but the step does not name {name}")

    def _spoken(self, line: SheetLine, text: str, concepts: frozenset[str]) -> bool:
        """Whether a step speaks of a line's subject: by a name of it, of what is above or below it, or by a word that
        belongs to this subject alone among those of the sheet."""
        if line.option and not line.edges:
            return bool(_PATIENT.search(text))
        return bool(self._subjects.near(line) & concepts or self._subjects.telling(line) & content(text))

    def _told(self, step: Step) -> list[Sentence]:
        return [Sentence(t, self._subjects.vocabulary.find(t)) for t in SENTENCE_END.split(step.text)]

    def tidy(self, steps: Sequence[Step]) -> tuple[Step, ...]:
        """Steps without citations of lines that their text does not speak of; a step keeps them if it has no other."""
        tidied = []
        for step in steps:
            told = self._told(step)
            vain = {c for c in step.cites if c in self._lines and list(self._unused(step, told, self._lines[c]))}
            cites = tuple(c for c in step.cites if c not in vain)
            if vain and cites:
                edges = dict.fromkeys(e for c in cites if c in self._lines for e in self._lines[c].edges)
                tidied.append(Step(step.n, step.text, tuple(edges), cites))
            else:
                tidied.append(step)
        return tuple(tidied)

    # -- claims --------------------------------------------------------------------------------------

    def _claims(self, step: Step, sentence: Sentence, cited: list[SheetLine]) -> Iterator[tuple[Claim, Problem | None]]:
        options = sentence.options
        case = self._subjects.seen | self._subjects.gone
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
        self, step: Step, sentence: Sentence, named: Named, option: str, cited: list[SheetLine]
    ) -> tuple[Claim, Problem | None]:
        findings = named.concepts & (self._subjects.seen | self._subjects.gone)
        curie = sorted(findings)[0]
        name = self._subjects.name(curie)
        where = self._options[option].text
        lines = [
            ln for ln in self._lines.values() if ln.option == option and ln.edges and self._subjects.near(ln) & findings
        ]
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
        if line.stance == "supports" and alone and _denied(sentence, named):
            text = f"{line.id} records {name} for {where}, and the sentence denies it"
            return claim("contradicted", line.id), self._wrong(step, "polarity", text)
        if line.stance == "supports" and alone and _AGAINST.search(clause) and not re.search(r"\bnot\b", clause):
            text = f"{line.id} supports {where}, and the sentence calls it evidence against"
            return claim("contradicted", line.id), self._wrong(step, "polarity", text)
        if (
            line.stance == "compatible"
            and len(used) == 1
            and not negative
            and not self._asserted.loosely(sentence, used)
        ):
            text = f"{line.id} records a broader or a related term, not {name}: {_short(sentence.text)}"
            return claim("derivable", line.id), self._wrong(step, "broader", text)
        direct = line.stance in ("supports", "contradicts", "related") and len(line.edges) == 1
        return claim("grounded" if direct else "derivable", line.id), None

    # -- words ---------------------------------------------------------------------------------------

    def _words(self, step: Step, told: list[Sentence], cited: list[SheetLine]) -> Iterator[Problem]:
        for rule, pattern in FORBIDDEN.items():
            if match := pattern.search(step.text):
                yield self._wrong(step, rule, f"the words {match.group()!r} do not belong in a chain")
        for match in KNOWLEDGE.finditer(step.text):
            if match.group().casefold() not in self._free:
                yield self._wrong(step, "knowledge", f"{match.group()!r} is knowledge from outside the sheet")
        for match in _ID.findall(step.text):
            if match in self._lines and match not in self._named_ids:
                yield self._wrong(step, "ids", f"the id {match} stands in the text; it belongs into the citations")
        names = [o.text for o in self._options.values()] + [
            self._subjects.name(c) for line in cited for c in line.concepts
        ]
        known = {_number(m) for t in (self._question, *names, *(ln.text for ln in cited)) for m in _DIGITS.findall(t)}
        for digits in _DIGITS.findall(step.text):
            if _number(digits) not in known:
                yield self._wrong(step, "number", f"{digits} stands in no cited line and not in the question")
        yield from self._numbers(step, told, cited)

    def _numbers(self, step: Step, told: list[Sentence], cited: list[SheetLine]) -> Iterator[Problem]:
        """Shares in percent and counts stand on a cited line, and are told of what that line tells them of."""
        percents = {float(m) for text in (self._question, *(ln.text for ln in cited)) for m in PERCENT.findall(text)}
        for match in PERCENT.finditer(step.text):
            if float(match[1]) not in percents:
                yield self._wrong(step, "number", f"{match.group()!r} is a share that no cited line has")
        fractions = {(c.k, c.n) for text in (self._question, *(ln.text for ln in cited)) for c in counts(text)}
        for i, sentence in enumerate(told):
            for count in counts(sentence.text):
                if (count.k, count.n) not in fractions:
                    yield self._wrong(step, "number", f"{count.k} of {count.n} stands in no cited line")
            beside = self._bound.check(sentence, told[:i], cited)
            for rule, text in (*self._asserted.counts(sentence, told[:i], cited), *beside):
                yield self._wrong(step, rule, f"{text}: {_short(sentence.text)}")

    def _status(self, step: Step, sentence: Sentence) -> Iterator[Problem]:
        """A finding of the case has the status that the case gives it."""
        for named in sentence.named:
            gone = named.concepts & self._subjects.gone
            if gone and not named.concepts & self._subjects.seen and not _NEGATIVE.search(sentence.text):
                name = self._subjects.name(sorted(gone)[0])
                yield self._wrong(step, "status", f"{name} is absent in the case, and the sentence does not say so")
            before, after = sentence.text[: named.start], sentence.text[named.end :]
            denied = _DENIED.search(before) or _DENIED_AFTER.search(after)
            if denied and named.concepts & self._subjects.seen and not sentence.options:
                name = self._subjects.name(sorted(named.concepts & self._subjects.seen)[0])
                yield self._wrong(step, "status", f"{name} is present in the case, and the sentence denies it")

    def _foreign(self, step: Step, sentence: Sentence) -> Iterator[Problem]:
        """No disease or finding of the graph is named that neither question nor sheet has."""
        if _SET_ASIDE.search(sentence.text):
            return
        spans = [(n.start, n.end) for n in sentence.named]
        for found in self._linked(sentence.text):
            at, end = found.mention.start, found.mention.end
            if any(at < e and s < end for s, e in spans) or found.concept in self._known() or self._ordinary(found):
                continue
            name = f"{found.mention.text!r} ({self._subjects.name(found.concept)})"
            yield self._wrong(step, "foreign", f"{name} stands neither in the question nor on a line")

        self._known()
        known = self._known_words | content(_PLAIN_WORDS)
        for match in _LEARNED.finditer(sentence.text):
            if any(match.start() < e and s < match.end() for s, e in spans):
                continue
            if not content(match["word"] or match["name"]) <= known:
                text = f"{match.group()!r} stands neither in the question nor on a line"
                yield self._wrong(step, "foreign", text)

    def _ordinary(self, found: Link) -> bool:
        """Whether a mention is an ordinary word, or made of words that question and sheet have."""
        return (
            found.method == "reordered"
            or found.mention.text.casefold() in ORDINARY
            or content(found.mention.text) <= self._known_words
            or self._lay(found)
        )

    def _lay(self, found: Link) -> bool:
        """Whether a mention is another word for a near relative of a finding of the case ("numbness" for a sensory
        disturbance): its concept is named by a synonym, and shares a telling concept with a finding."""
        graph = self._graph
        number = graph.number(found.concept)
        if number is None or found.mention.text.casefold() == graph.concept_at(number).name.casefold():
            return False
        above = {int(a) for a in graph.ancestors[number] if len(graph.carriers[int(a)]) <= KIN}
        case = (graph.number(c) for c in self._subjects.seen | self._subjects.gone)
        return any(above & {int(a) for a in graph.ancestors[n]} for n in case if n is not None)

    def _linked(self, text: str) -> Sequence[Link]:
        return link(self._graph, text, TYPES)

    def _known(self) -> set[str]:
        """Concepts that any sentence may name: those of question, options, context and lines, and all above them."""
        if self._allowed is None:
            graph = self._graph
            texts = [self._question, *(o.text for o in self._options.values())]
            texts += [line.text for line in self._lines.values()]
            named = {found.concept for found in self._linked("\n".join(texts))}
            named |= (
                {c for line in self._lines.values() for c in line.concepts} | self._subjects.seen | self._subjects.gone
            )
            numbers = {n for c in named if (n := graph.number(c)) is not None}
            above = {int(a) for n in numbers for a in graph.ancestors[n]}
            self._allowed = {graph.curie(n) for n in numbers | above}
            self._known_words = set().union(*map(content, texts))
        return self._allowed

    # -- the chain as a whole ------------------------------------------------------------------------

    def _whole(self, steps: Sequence[Step], chosen: str) -> Iterator[Problem]:
        cited = {c for step in steps for c in step.cites if c in self._lines}
        named = [{n.option for n in self._subjects.vocabulary.find(step.text) if n.option} for step in steps]
        if not steps:
            yield self._wrong(None, "steps", "the chain has no steps")
            return
        if chosen and chosen not in named[-1]:
            yield self._wrong(steps[-1], "conclusion", f"the last step does not name the chosen option {chosen}")
        yield from self._forward(steps, chosen)
        for sentence in self._told(steps[-1]) if chosen else ():
            if denied(sentence, chosen):
                text = f"the last step denies the chosen option {chosen}: {_short(sentence.text)}"
                yield self._wrong(steps[-1], "conclusion", text)
            keys = [n.option for n in sentence.named if n.option]
            if keys and (found := concluded(sentence)) not in ("", chosen):
                text = f"the last step concludes for {found}, and {chosen} is chosen: {_short(sentence.text)}"
                yield self._wrong(steps[-1], "conclusion", text)
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

    def _leans(self, sentence: Sentence) -> bool:
        """Whether a sentence comes down for yes, no or maybe, of which none is "best"."""
        boolean = {o.text.casefold() for o in self._options.values()} <= {"yes", "no", "maybe"}
        return boolean and len(sentence.options) == 1 and leans(sentence)

    def _forward(self, steps: Sequence[Step], chosen: str) -> Iterator[Problem]:
        """The chain ends with its conclusion, and no step comes before what it uses."""
        last, concluding = False, []
        for step in steps:
            told = [s for s in self._told(step) if chosen in s.options]
            concluding.append(any(order.CONCLUDES.search(s.text) for s in told))
            last = concluding[-1] or any(concluded(s) == chosen or self._leans(s) for s in told)
        yield from order.of_prose(self._item, steps, self._lines, chosen, concluding)
        if chosen and not last:
            yield self._wrong(steps[-1], "conclusion", f"the last step does not say that {chosen} is supported best")


def _part(text: str, at: int, ends: re.Pattern[str]) -> str:
    """The part of a sentence around a place, between the ends that a pattern finds."""
    start = max((m.end() for m in ends.finditer(text) if m.end() <= at), default=0)
    end = next((m.start() for m in ends.finditer(text) if m.start() >= at), len(text))
    return text[start:end]


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:119] + "…"


def _number(text: str) -> str:
    return text.replace(",", "")


def _denied(sentence: Sentence, named: Named) -> bool:
    """Whether the words between the option and a finding deny it: "X does not have …"."""
    before = [n.end for n in sentence.named if n.option and n.end <= named.start]
    match = _DENIES.search(sentence.text, before[0], named.start) if before else None
    return match is not None and _TURN.search(sentence.text.replace(":", ","), match.end(), named.start) is None
