"""Open questions: candidates proposed blind, and whether a chosen one is the reference answer.

Compared in this order: the same words, the same concept of the graph, and last a model's verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from medreason.kg.store import Graph
from medreason.linking import link_option
from medreason.linking.normalise import words
from medreason.llm.ask import Chat, Failure
from medreason.llm.schema import shape_of_schema
from medreason.records import Option, Question, Step
from medreason.teachers.llm.prompts import render
from medreason.teachers.llm.settings import Asking

MOST_CANDIDATES = 5
PROPOSED = shape_of_schema(
    "candidates",
    {
        "type": "object",
        "properties": {
            "candidates": {
                "type": "array",
                "minItems": 1,
                "maxItems": MOST_CANDIDATES,
                "items": {"type": "string", "minLength": 1, "maxLength": 200},
            }
        },
        "required": ["candidates"],
        "additionalProperties": False,
    },
)
SAME = shape_of_schema(
    "same",
    {
        "type": "object",
        "properties": {"same": {"type": "boolean"}},
        "required": ["same"],
        "additionalProperties": False,
    },
)


ANSWER = shape_of_schema(
    "answer",
    {
        "type": "object",
        "properties": {"answer": {"type": "string", "minLength": 1, "maxLength": 8}},
        "required": ["answer"],
        "additionalProperties": False,
    },
)


class Answers:
    """Proposes, compares and re-derives answers.

    Args:
        graph: Where candidates have their concepts.
        chat: Who answers.
        asking: Model and parameters.
    """

    def __init__(self, graph: Graph, chat: Chat, asking: Asking) -> None:
        self._graph = graph
        self._chat = chat
        self._asking = asking

    async def propose(self, question: Question) -> tuple[Option, ...] | Failure:
        """Up to five candidates as options A to E, each with its concept where the graph has one."""
        messages = render("propose", question=question.text)
        request = self._asking.request(
            messages, stage="propose", item=question.id, fields=("question",), shape=PROPOSED
        )  # fmt: skip
        outcome = await self._chat.call(request)
        if isinstance(outcome, Failure):
            return outcome
        return self.options(outcome.value["candidates"])

    def options(self, candidates: list[Any]) -> tuple[Option, ...]:
        """Options of candidate texts; those of equal words or of one concept count once."""
        options: list[Option] = []
        seen: set[str] = set()
        for text in (str(c).strip() for c in candidates):
            link = link_option(self._graph, text)
            marks = {" ".join(words(text)), link.concept if link else ""} - {""}
            if marks and not marks & seen:
                seen |= marks
                options.append(Option("ABCDE"[len(options)], text, link.concept if link else ""))
        return tuple(options)

    async def same(self, question: Question, chosen: Option) -> bool:
        """Whether a chosen candidate is the reference answer; a failed verdict is a no."""
        reference = question.reference.strip()
        if words(chosen.text) == words(reference):
            return True
        link = link_option(self._graph, reference)
        if link is not None and chosen.concept:
            return link.concept == chosen.concept
        messages = render("judge", question=question.text, answer=chosen.text, reference=reference)
        request = self._asking.request(
            messages, stage="judge", item=question.id, fields=("question", "answer", "reference"), shape=SAME
        )
        outcome = await self._chat.call(request)
        return not isinstance(outcome, Failure) and bool(outcome.value["same"])

    async def from_steps(self, question: Question, steps: Sequence[Step]) -> str | None:
        """The option that a model names from a chain without its conclusion (the last step); empty for none of them.

        The steps still name options; how much they give away is measured by controls, not here. ``None``: no reply.
        """
        reasoning = "\n".join(f"{step.n}. {step.text}" for step in steps[:-1])
        options = "\n".join(f"{o.key}. {o.text}" for o in question.options)
        messages = render("answer", question=question.text, options=options, reasoning=reasoning or "none")
        fields = ("question", "options", "reasoning")
        request = self._asking.request(messages, stage="answer", item=question.id, fields=fields, shape=ANSWER)
        outcome = await self._chat.call(request)
        if isinstance(outcome, Failure):
            return None
        key = str(outcome.value["answer"]).strip().rstrip(".")
        return key if key in {o.key for o in question.options} else ""
