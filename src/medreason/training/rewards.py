"""Rewards that need no model, in TRL's signature: is the answer right, and does the reasoning stand on its evidence?

    correctness  1 if the final answer names the right option and no other
    grounding    share of the steps in which the checker of free prose finds nothing wrong, and that say something new
    coverage     share, in bits, of the decisive evidence that such a step cites
    form         share of six rules of form that hold

Each lies in 0 … 1 and depends on one completion alone. The checker is that of ``medreason verify``
(:mod:`medreason.quality.grounding`), so a policy is paid for what a record must have, and for nothing else. Columns, as
``medreason export --format rl`` writes them: ``question``, ``options``, ``findings``, ``sheet``, ``answer`` and
``evidence`` (:mod:`medreason.dataset.evidence`).

What they cannot see stands in that checker's module. The ways in which such rewards are usually cheated stand in
docs/rewards.md; each has a test.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from medreason.kg.store import Graph
from medreason.quality.grounding import Grounder
from medreason.quality.vocabulary import tokens
from medreason.records import Finding, Option, SheetLine, Step, from_dict
from medreason.training.completion import Completion, WrittenStep, answer_key, read

Row = Mapping[str, Any]
WEIGHTS = {"correctness": 0.5, "grounding": 0.2, "coverage": 0.2, "form": 0.1}
# What evidence is worth where the answer is wrong.
WRONG = 0.5
MOST_STEPS = 30
LONGEST_STEP = 1500
LONGEST = 20_000
# Two steps say the same if they share so many of their words.
ALIKE = 0.9
# Steps that set told evidence side by side; further ones are padding.
MOST_COMPARISONS = 1
GROUNDERS_KEPT = 256
COLUMNS = ("question", "options", "findings", "sheet", "answer", "evidence")


class Scores(NamedTuple):
    """The parts of a reward, each 0 … 1, and what is wrong with each step (empty: nothing), for a reader.

    Attributes:
        correctness: 1 if the final answer is right.
        grounding: Share of sound steps.
        coverage: Share of the decisive evidence, in bits.
        form: Share of the rules of form.
        faults: One text a step.
        whole: What is wrong with the chain as a whole.
    """

    correctness: float
    grounding: float
    coverage: float
    form: float
    faults: tuple[str, ...]
    whole: tuple[str, ...]

    @property
    def combined(self) -> float:
        """Weighted sum (``WEIGHTS``), 0 … 1; the evidence counts half where the answer is wrong."""
        reasons = WEIGHTS["grounding"] * self.grounding + WEIGHTS["coverage"] * self.coverage
        worth = WRONG + (1 - WRONG) * self.correctness
        return WEIGHTS["correctness"] * self.correctness + WEIGHTS["form"] * self.form + worth * reasons


class Rewards:
    """Scores completions against the evidence that they were given.

    Args:
        graph: The graph that the sheets were made from.

    Its methods :meth:`correctness`, :meth:`grounding`, :meth:`coverage`, :meth:`form` and :meth:`combined` are what
    ``trl.GRPOTrainer(reward_funcs=[…])`` takes.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._grounders: OrderedDict[tuple[Any, ...], Grounder] = OrderedDict()

    def score(self, completion: str | Sequence[Row], row: Row) -> Scores:
        """All parts for one completion of a row. O(words x names); about 10 ms for a chain of eight steps.

        Raises:
            pydantic.ValidationError: a column is not what the export writes.
        """
        found = read(completion)
        said = answer_key(found, row["options"])
        form = _form(found, said)
        if _length(found) > LONGEST:
            return Scores(float(said == row["answer"] != ""), 0.0, 0.0, form, (), ("too long to read",))
        lines = {str(line["id"]): line for line in row["sheet"]}
        steps = [_step(s, lines) for s in found.steps[:MOST_STEPS]]
        problems = self._grounder(row).check(steps, said).problems if steps else []
        faults = _faults(found.steps, {p.step: p.message for p in reversed(problems) if p.step})
        whole = tuple(p.message for p in problems if not p.step)
        backed = {c for step, fault in zip(found.steps, faults, strict=True) if not fault for c in step.cites}
        # Text outside the steps is reasoning that cites nothing; what is wrong with the whole counts as a step.
        total = len(faults) + bool(found.loose) + len(whole)
        return Scores(
            float(said == row["answer"] != ""),
            sum(not fault for fault in faults) / total if total else 0.0,
            _covered(row["evidence"], backed),
            form,
            faults,
            whole,
        )

    def _grounder(self, row: Row) -> Grounder:
        key = (row["question"], *(line["text"] for line in row["sheet"]), *(o["text"] for o in row["options"]))
        if key not in self._grounders:
            options = [from_dict(Option, o) for o in row["options"]]
            findings = [from_dict(Finding, f) for f in row["findings"]]
            sheet = [from_dict(SheetLine, line) for line in row["sheet"]]
            self._grounders[key] = Grounder(self._graph, "", row["question"], options, findings, sheet)
            if len(self._grounders) > GROUNDERS_KEPT:
                self._grounders.popitem(last=False)
        self._grounders.move_to_end(key)
        return self._grounders[key]

    # -- in TRL's signature --------------------------------------------------------------------------------

    def scores(self, completions: Sequence[Any], columns: Mapping[str, Any]) -> list[Scores]:
        """All parts for each completion of a batch."""
        rows = zip(*(columns[name] for name in COLUMNS), strict=True)
        named = (dict(zip(COLUMNS, row, strict=True)) for row in rows)
        return [self.score(completion, row) for completion, row in zip(completions, named, strict=True)]

    def correctness(self, completions: Sequence[Any], **columns: Any) -> list[float]:
        """1.0 where the final answer names the right option alone, else 0.0."""
        return [s.correctness for s in self.scores(completions, columns)]

    def grounding(self, completions: Sequence[Any], **columns: Any) -> list[float]:
        """Share of sound steps."""
        return [s.grounding for s in self.scores(completions, columns)]

    def coverage(self, completions: Sequence[Any], **columns: Any) -> list[float]:
        """Share of the decisive evidence, in bits, that sound steps cite; 0.0 where none is decisive."""
        return [s.coverage for s in self.scores(completions, columns)]

    def form(self, completions: Sequence[Any], **columns: Any) -> list[float]:
        """Share of the rules of form that hold."""
        return [s.form for s in self.scores(completions, columns)]

    def combined(self, completions: Sequence[Any], **columns: Any) -> list[float]:
        """The weighted sum of all parts."""
        return [s.combined for s in self.scores(completions, columns)]


# -- steps -------------------------------------------------------------------------------------------------


def _step(step: WrittenStep, lines: Mapping[str, Row]) -> Step:
    edges = dict.fromkeys(e for c in step.cites if c in lines for e in lines[c]["edges"])
    return Step(step.n, step.text, tuple(edges), step.cites)


def _faults(steps: Sequence[WrittenStep], problems: Mapping[int, str]) -> tuple[str, ...]:
    """What is wrong with each step: the checker's first problem, else that it says nothing new, or too much."""
    seen: list[frozenset[str]] = []
    cited: set[str] = set()
    compared = 0
    out = []
    for at, step in enumerate(steps):
        words = frozenset(t.word for t in tokens(step.text))
        fault = problems.get(step.n, "")
        if at >= MOST_STEPS:
            fault = f"is beyond step {MOST_STEPS}"
        elif len(step.text) > LONGEST_STEP:
            fault = "is too long"
        elif any(len(words & other) >= ALIKE * len(words | other) for other in seen):
            fault = "says what an earlier step says"
        elif not fault and step is not steps[-1] and not set(step.cites) - cited:
            compared += 1
            fault = "cites nothing that no earlier step cites" if compared > MOST_COMPARISONS else ""
        seen.append(words)
        cited.update(step.cites)
        out.append(fault)
    return tuple(out)


def _covered(evidence: Sequence[Row], backed: set[str]) -> float:
    decisive = {str(e["id"]): abs(float(e["bits"])) for e in evidence if e.get("decisive")}
    bits = sum(decisive.values())
    return sum(b for i, b in decisive.items() if i in backed) / bits if bits else 0.0


def _length(found: Completion) -> int:
    return sum(len(s.text) for s in found.steps) + sum(map(len, (found.before, found.loose, found.answer)))


def _form(found: Completion, said: str) -> float:
    """Share of the rules of form that hold; nothing without thinking."""
    numbers = [step.n for step in found.steps]
    if not numbers:
        return 0.0
    rules = (
        found.thinkings == 1 and found.finals == 1,
        not found.before,
        not found.loose,
        2 <= len(numbers) <= MOST_STEPS and numbers == list(range(1, len(numbers) + 1)),
        bool(said),
        _length(found) <= LONGEST and all(0 < len(step.text) <= LONGEST_STEP for step in found.steps),
    )
    return sum(rules) / len(rules)
