"""The flow of one question by the published method.

    item → question → entities → paths → kept paths → chain → answered from it? → row | rejection

A row has the columns of the published dataset. The writer is told the answer: that is the method, and the reason why
the default profile is another one.
"""

from __future__ import annotations

from medreason.kg.store import Graph
from medreason.llm.ask import Chat
from medreason.pipeline import Audit, Outcome, Source
from medreason.questions.reading import Item
from medreason.records import Question, Rejection
from medreason.teachers.llm.compat import CompatTeacher, Lost, has_headings
from medreason.teachers.llm.settings import Asking


class CompatPipeline:
    """The published method on one graph; arguments as of :class:`medreason.teachers.llm.compat.CompatTeacher`."""

    def __init__(self, graph: Graph, source: Source, chat: Chat, asking: Asking, *, kept: int, seed: int) -> None:
        self._source = source
        self._teacher = CompatTeacher(graph, chat, asking, kept=kept, seed=seed)

    async def process(self, item: Item) -> Outcome:
        """Takes one item to its row or its rejection.

        Raises:
            LLMError: the run cannot go on.
            Pending: the reply is not there yet.
        """
        question = self._source.question(item)
        if isinstance(question, Rejection):
            return Outcome(question)
        answer = answer_text(question)
        if not answer:
            return Outcome(Rejection(question.id, "question", "no_answer_key", "the published method needs the answer"))
        concept = next((o.concept for o in question.options if o.key == question.answer_key), "")
        group = concept or f"text:{answer.casefold()}"
        try:
            written = await self._teacher.write(question, answer)
            right = await self._teacher.answers_right(question, answer, written.reasoning)
        except Lost as lost:
            return Outcome(Rejection(question.id, lost.stage, lost.reason, lost.detail))
        audit = Audit(group, 0.0, decided=True, right=right, name_overlap=False, blind={})
        if not has_headings(written.reasoning):
            detail = "the chain lacks a heading of the published format"
            return Outcome(Rejection(question.id, "reason", "no_headings", detail), audit)
        if not right:
            detail = "a model does not reach the answer from the chain without its conclusion"
            return Outcome(Rejection(question.id, "filter", "not_answered", detail), audit)
        return Outcome(_row(question, item, answer, written.reasoning), audit)


def answer_text(question: Question) -> str:
    """The answer in words: the option's text, or an open question's reference."""
    if question.answer_key:
        return next(o.text for o in question.options if o.key == question.answer_key)
    return question.reference if question.kind == "open" else ""


def _row(question: Question, item: Item, answer: str, reasoning: str) -> dict[str, str]:
    options = "Answer Choices:\n" + "\n".join(f"{o.key}. {o.text}" for o in question.options)
    return {
        "dataset_name": question.source,
        "id_in_dataset": item.id,
        "question": question.text,
        "answer": answer,
        "reasoning": reasoning,
        "options": options if question.options else "",
    }
