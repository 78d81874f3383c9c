"""The scorer for Inspect: which option an output names, by :func:`medreason.evaluation.reading.read_answer`.

Needs the extra ``[eval]``. A reply that names no option scores incorrect and says why; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from inspect_ai.model import ContentReasoning, ModelOutput
from inspect_ai.scorer import CORRECT, INCORRECT, Metric, SampleScore, Score, Scorer, Target, accuracy, metric, scorer
from inspect_ai.solver import TaskState

from medreason.evaluation.reading import Reading, read_answer

# Why an answer could not be read, if it could not, beside those of the reader: the model reached its limit.
TRUNCATED, ONLY_THINKING = "truncated", "only_thinking"
_CUT = frozenset({"max_tokens", "model_length"})
_REFUSED = frozenset({"content_filter"})
# Rules of the reader that go by the place of the last words, not by a statement.
_UNSTATED = frozenset({"last line", "last words"})

# Called after every output that is scored; the command shows its progress so.
listeners: list[Callable[[], None]] = []


class Told(NamedTuple):
    """What an output says, in the letters that were shown. ``length``: characters of reply and thinking."""

    reading: Reading
    length: int


def read_output(output: ModelOutput, options: dict[str, str]) -> Told:
    """Reads a model's output: the text of the reply, never its thinking."""
    text = output.completion
    thinking = _thinking(output)
    told = read_answer(text, options)
    cut = bool(output.choices) and output.stop_reason in _CUT
    if cut and told.rule in _UNSTATED and "\n" in text.strip():
        # What looks like an answer at the end is then the beginning of one more step.
        told = told._replace(key=None, why=TRUNCATED)
    if told.key is None and output.choices:
        if cut:
            told = told._replace(why=TRUNCATED)
        elif output.stop_reason in _REFUSED:
            told = told._replace(why="refusal")
        elif not text.strip() and thinking:
            told = told._replace(why=ONLY_THINKING)
    return Told(told, len(text) + len(thinking))


def _thinking(output: ModelOutput) -> str:
    if not output.choices or isinstance(output.message.content, str):
        return ""
    return "".join(part.reasoning for part in output.message.content if isinstance(part, ContentReasoning))


def _unreadable() -> Metric:
    """Share of outputs in which no answer could be read; they count as wrong."""

    def share(scores: list[SampleScore]) -> float:
        told = [(s.score.metadata or {}).get("why", "") for s in scores]
        return sum(1 for why in told if why) / len(told) if told else 0.0

    return share


unreadable: Callable[[], Metric] = metric(name="unreadable")(_unreadable)


def _answer_read() -> Scorer:
    """Right where the reply names the right option by rule; the score holds rule, place and reason."""

    async def score(state: TaskState, target: Target) -> Score:
        shown: dict[str, str] = state.metadata["options"]
        told = read_output(state.output, shown)
        key = told.reading.key
        metadata: dict[str, Any] = {
            "key": state.metadata["keys"].get(key, "") if key else "",
            "rule": told.reading.rule,
            "why": told.reading.why,
            "start": told.reading.start,
            "end": told.reading.end,
            "length": told.length,
        }
        said = f"rule {told.reading.rule}" if key else f"no answer: {told.reading.why}"
        for listener in listeners:
            listener()
        value = CORRECT if key is not None and key == target.text else INCORRECT
        return Score(value=value, answer=key or "", explanation=said, metadata=metadata)

    return score


answer_read: Callable[[], Scorer] = scorer(metrics=[accuracy(), unreadable()], name="answer_read")(_answer_read)
