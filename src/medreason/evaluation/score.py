"""Right, wrong and unreadable answers by task: accuracy over all outputs, so that an unreadable one is a wrong one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from medreason.evaluation.outputs import Output
from medreason.evaluation.reading import Reading, read_answer
from medreason.statistics import Estimate, clustered, wilson


class Scored(NamedTuple):
    """An output and what was read in it."""

    output: Output
    reading: Reading

    @property
    def right(self) -> bool:
        """Whether the key that was read is the right one."""
        return self.reading.key == self.output.gold


class Score(NamedTuple):
    """What the outputs of one task come to.

    Attributes:
        task: Its name.
        outputs: All outputs.
        questions: Questions they answer; fewer than outputs where there are samples.
        right: Outputs that name the right key.
        accuracy: Share of right among all outputs; Wilson, or by bootstrap over questions where there are samples.
        chance: Share that guessing gets right: the mean of one over the number of options.
        unreadable: Outputs without a key, by reason; all of them count as wrong.
        rules: Outputs with a key, by the rule that read it.
    """

    task: str
    outputs: int
    questions: int
    right: int
    accuracy: Estimate
    chance: float
    unreadable: dict[str, int]
    rules: dict[str, int]


def score_outputs(outputs: Iterable[Output]) -> list[Scored]:
    """Reads every output, in order. O(characters)."""
    return [Scored(o, read_answer(o.text, o.options)) for o in outputs]


def score_task(task: str, scored: list[Scored], *, seed: int = 0) -> Score:
    """The score of one task.

    Args:
        task: Its name.
        scored: Its outputs, at least one.
        seed: Seed of the bootstrap; without samples it is not used.
    """
    right = sum(s.right for s in scored)
    names = [f"{s.output.task}\n{s.output.question}" for s in scored]
    questions = len(set(names))
    if questions < len(scored):
        accuracy = clustered([(n, float(s.right)) for n, s in zip(names, scored, strict=True)], seed=seed)
    else:
        accuracy = wilson(right, len(scored))
    chance = sum(1 / len(s.output.options) for s in scored) / len(scored)
    unreadable = Counter(s.reading.why for s in scored if s.reading.key is None)
    rules = Counter(s.reading.rule for s in scored if s.reading.key is not None)
    return Score(
        task, len(scored), questions, right, accuracy, chance, dict(unreadable.most_common()), dict(rules.most_common())
    )


def score_tasks(scored: list[Scored], *, seed: int = 0) -> list[Score]:
    """Scores by task, in the order in which tasks occur."""
    tasks: dict[str, list[Scored]] = {}
    for one in scored:
        tasks.setdefault(one.output.task, []).append(one)
    return [score_task(task, group, seed=seed) for task, group in tasks.items()]
