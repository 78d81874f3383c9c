"""Open questions: candidates proposed blind, and whether a chosen one is the reference answer.

Compared in this order: the same words, the same concept of the graph, and last a model's verdict.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from medreason.kg.store import Graph
from medreason.linking import link_option
from medreason.linking.normalise import words
from medreason.llm.ask import Chat, Failure
from medreason.llm.schema import shape_of_schema
from medreason.records import Option, Question
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


NAMED = shape_of_schema(
    "named",
    {
        "type": "object",
        "properties": {"answer": {"type": "string", "minLength": 1, "maxLength": 200}},
        "required": ["answer"],
        "additionalProperties": False,
    },
)
MOST_KEY = 4


class Rederived(NamedTuple):
    """What a model answered: a key or a text (empty: none of the options), and whether that is right."""

    said: str
    right: bool


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
        return await self._same(question, chosen, question.reference.strip())

    async def _same(self, question: Question, chosen: Option, reference: str) -> bool:
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

    async def rederived(self, question: Question, reasoning: str, sample: int = 0) -> Rederived | Failure:
        """The answer that a model gives with a piece of reasoning at hand (empty: none), and whether it is the key's.

        Choices are compared by their keys; an open answer with the option of ``answer_key`` by words, then by concept,
        then by a model's verdict. The key itself is in no request.
        """
        open_ = question.kind == "open"
        context = "\n\nContext\n" + "\n".join(question.context) if question.context else ""
        slots = {"question": question.text + context, "reasoning": reasoning or "none"}
        if not open_:
            slots["options"] = "\n".join(f"{o.key}. {o.text}" for o in question.options)
        request = self._asking.request(
            render("answer_open" if open_ else "answer", **slots),
            stage="answer", item=question.id, fields=tuple(slots), shape=NAMED if open_ else ANSWER, sample=sample,
        )  # fmt: skip
        outcome = await self._chat.call(request)
        if isinstance(outcome, Failure):
            return outcome
        said = str(outcome.value["answer"]).strip()
        if open_:
            reference = next((o.text for o in question.options if o.key == question.answer_key), question.reference)
            return Rederived(said, await self._same(question, self._option(said), reference))
        key = said.strip("().").upper() if len(said) <= MOST_KEY else said
        known = {o.key.upper(): o.key for o in question.options}.get(key, "")
        return Rederived(known, bool(known) and known == question.answer_key)

    def _option(self, text: str) -> Option:
        link = link_option(self._graph, text)
        return Option("", text, link.concept if link else "")
