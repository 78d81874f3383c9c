"""Whether a chain goes forward: no step comes before one whose result it uses.

When a step uses another's result
    A *comparison* of options (which two lead, what tells them apart, the record as a whole) and the *conclusion* rest
    on what the options' own steps tell. So they come after those steps, and the conclusion comes last. A step that
    speaks of "step 3" uses step 3.

In chains of the offline teacher each sentence has a known kind. In free prose three things are read: words that
conclude, numbers of steps, and citations. A step that cites evidence of two options or more compares them; a later step
that tells the evidence of one option, some of it cited by the comparison first, came too late.

What it does not show: that the order is a good one, or that "this finding" means one told before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from medreason.quality.problem import Problem
from medreason.records import SheetLine, Step

COMPARING = frozenset({"contrast", "shared", "picture"})
_EVIDENCE = frozenset({"support", "broader", "related", "against"})
TELLING = _EVIDENCE | {"age", "sex"}  # that nothing is recorded may be said at any place
# So many lines of an option make a comparison; fewer are named in passing.
IN_PASSING = 2
_STEP = re.compile(r"\bsteps? (?P<first>\d+)(?:(?:,| and| to| or|–|-) ?(?P<last>\d+))*", re.IGNORECASE)
_VERB = r"(?:accounts?|fits?|explains?|supports?|supported|match(?:es)?|agrees?|covers?|suits?|backs?)"
# Words with which a step says which option is to be preferred.
CONCLUDES = re.compile(
    rf"\b{_VERB}\b[^.;:]{{0,120}}?\bbest\b"
    r"|\bbest[- ](?:supported|supports?|support|explain\w*|explanation|accounts?|fits?|fitting|matche?s?|agrees?|backed"
    r"|answer|choice|candidate|option)\b"
    r"|\b(?:consider(?:ed)?|ranked|placed|put) first\b|\boption to (?:choose|prefer)\b|\bsingles? out\b"
    r"|\bmost (?:likely|probable|convincing|plausible)\b|\bstrongest (?:option|candidate|overall)\b"
    r"|\b(?:evidence|records?|lines?|balance|comparison|picture)\b[^.;:]{0,60}?"
    r"\b(?:favou?rs?|points? to(?:wards?)?|prefers?)\b"
    r"|\b(?:prefer(?:red|able)?|conclu\w+)\b|\bis (?:therefore |thus |hence )?(?:the )?(?:chosen|favou?red)\b"
    r"|\bcomes? (?:out )?first\b",
    re.IGNORECASE,
)


class Told(NamedTuple):
    """A sentence of an offline chain that holds: its step, its kind of statement, the diseases (node numbers) named."""

    step: int
    kind: str
    diseases: frozenset[int]


def of_statements(item: str, told: Sequence[Told], last: int) -> Iterator[Problem]:
    """What is out of order in an offline chain. O(statements).

    Args:
        item: Id of the record.
        told: Its sentences that hold, in their order.
        last: Number of the last step.
    """
    for place, sentence in enumerate(told):
        later = [t for t in told[place + 1 :] if t.step > sentence.step]
        if sentence.kind == "conclusion" and sentence.step != last:
            yield Problem(item, sentence.step, "order", f"the step concludes, and step {sentence.step + 1} follows it")
        elif sentence.kind in COMPARING:
            after = next((t for t in later if t.kind in TELLING and set(t.diseases) & set(sentence.diseases)), None)
            if after is not None:
                text = f"the step compares options before step {after.step} tells what one of them has on record"
                yield Problem(item, sentence.step, "order", text)


def told_alone(told: Sequence[Told]) -> frozenset[int]:
    """Diseases of which a statement of their own tells evidence, in a step that compares nothing."""
    comparing = {t.step for t in told if t.kind in COMPARING}
    alone = (t for t in told if t.kind in _EVIDENCE and len(t.diseases) == 1 and t.step not in comparing)
    return frozenset(d for t in alone for d in t.diseases)


def of_prose(
    item: str, steps: Sequence[Step], lines: dict[str, SheetLine], chosen: str, concluding: Sequence[bool]
) -> list[Problem]:
    """What is out of order in a chain of free prose. O(steps² x citations).

    Args:
        item: Id of the record.
        steps: The chain.
        lines: The sheet by id.
        chosen: Key of the chosen option.
        concluding: Of each step, whether it says that the chosen option is the best one.
    """
    return [*_referred(item, steps), *_concluded(item, steps, concluding), *_compared(item, steps, lines, chosen)]


def _referred(item: str, steps: Sequence[Step]) -> Iterator[Problem]:
    for step in steps:
        for match in _STEP.finditer(step.text):
            numbers = [int(n) for n in re.findall(r"\d+", match.group())]
            if wrong := [n for n in numbers if not 0 < n < step.n]:
                text = f"the step speaks of step {wrong[0]}, which does not come before it"
                yield Problem(item, step.n, "order", text)


def _concluded(item: str, steps: Sequence[Step], concluding: Sequence[bool]) -> Iterator[Problem]:
    if steps and any(concluding) and not concluding[-1]:
        place = max(i for i, found in enumerate(concluding) if found)
        text = f"the step concludes for the chosen option, and {len(steps) - 1 - place} steps follow that do not"
        yield Problem(item, steps[place].n, "order", text)


def _compared(item: str, steps: Sequence[Step], lines: dict[str, SheetLine], chosen: str) -> Iterator[Problem]:
    first: dict[str, int] = {}
    cited: list[dict[str, set[str]]] = []
    for place, step in enumerate(steps):
        held: dict[str, set[str]] = {}
        for cite in step.cites:
            if cite in lines and lines[cite].option and lines[cite].edges:
                held.setdefault(lines[cite].option, set()).add(cite)
                first.setdefault(cite, place)
        cited.append(held)
    for place, held in enumerate(cited[:-1]):
        own = {c for cites in held.values() for c in cites}
        if len(held) > 1 and (chosen in held or all(first[c] < place for c in own)):
            continue  # it compares, too
        # A step that tells two weak options is told apart from a comparison by what it lacks: the chosen one.
        compared = [p for c in own if (p := first[c]) < place and len(cited[p]) > 1]
        compared = [p for p in compared if len(held) == 1 or chosen in cited[p]]
        early = min(compared) if own and len(compared) >= min(IN_PASSING, len(own)) else None
        if early is not None:
            text = f"the step compares options before step {steps[place].n} tells what one of them has on record"
            yield Problem(item, steps[early].n, "order", text)
