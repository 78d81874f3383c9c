"""The stages before the reasoning, asked of a model: which concepts a text names, which candidate is meant, which walks
help. Each has an offline way, which is also what follows where the model gives no usable reply.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from medreason.kg.store import Graph
from medreason.linking.candidates import candidate_index
from medreason.linking.choose import DEFAULT, Open, Thresholds
from medreason.llm.ask import Chat, Failure
from medreason.llm.schema import Shape, shape_of_schema
from medreason.records import Finding, Question, SheetLine
from medreason.teachers.llm.prompts import render
from medreason.teachers.llm.settings import Asking
from medreason.teachers.llm.sheet import Sheet

MOST_MENTIONS = 60
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NONE = "NONE"


class Stages(NamedTuple):
    """Which stages ask the model; ``answer``: whether the answer follows from a kept chain without its conclusion."""

    extract: bool = False
    choose: bool = False
    prune: bool = False
    answer: bool = False


def _list(name: str, key: str, item: dict[str, Any], most: int) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {key: {"type": "array", "maxItems": most, "items": item}},
        "required": [key],
        "additionalProperties": False,
        "title": name,
    }


def _row(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


class Asked:
    """Asks the model in the stages that are switched on.

    Args:
        graph: An open graph.
        chat: Who answers.
        asking: Model and parameters.
        stages: Which stages ask.
        thresholds: When a candidate is taken without asking.
    """

    def __init__(
        self, graph: Graph, chat: Chat, asking: Asking, stages: Stages, thresholds: Thresholds = DEFAULT
    ) -> None:
        self._graph = graph
        self._chat = chat
        self._asking = asking
        self.stages = stages
        self._limits = thresholds

    # -- extraction and choice -----------------------------------------------------------------------

    async def findings(self, question: Question, types: tuple[str, ...]) -> tuple[Finding, ...] | None:
        """The findings that a model finds in a question's text; ``None`` where it gave no usable reply.

        A mention that does not stand in the text as it is, or has no concept, is left out.
        """
        item = _row(
            {
                "text": {"type": "string", "minLength": 1, "maxLength": 200},
                "type": {"type": "string", "enum": list(types)},
                "status": {"type": "string", "enum": ["observed", "excluded"]},
            }
        )
        shape = shape_of_schema("mentions", _list("mentions", "mentions", item, MOST_MENTIONS))
        messages = render("extract", types=", ".join(types), question=question.text)
        request = self._asking.request(
            messages, stage="extract", item=question.id, fields=("question",), shape=shape
        )  # fmt: skip
        outcome = await self._chat.call(request)
        if isinstance(outcome, Failure):
            return None
        folded = question.text.casefold()
        found = [m for m in outcome.value["mentions"] if m["text"].casefold() in folded]
        return await self._linked(question, found)

    async def _linked(self, question: Question, mentions: list[dict[str, str]]) -> tuple[Finding, ...]:
        taken: dict[str, Finding] = {}
        left: list[tuple[dict[str, str], Open]] = []
        for mention in mentions:
            index = candidate_index(self._graph, (mention["type"],))
            kept = [c for c in index.search(mention["text"], self._limits.k) if c.score > self._limits.keep]
            if not kept:
                continue
            sure = kept[0].score > self._limits.accept or kept[0].method == "exact"
            if sure or not self.stages.choose:
                _take(taken, mention, kept[0].concept, kept[0].method, kept[0].score)
            else:
                left.append((mention, Open(mention["text"], mention["text"], tuple(kept))))
        chosen = await self._chosen(question, [asked for _, asked in left]) if left else []
        for (mention, asked), curie in zip(left, chosen, strict=True):
            if curie is not None:
                score = next(c.score for c in asked.candidates if c.concept == curie)
                _take(taken, mention, curie, "chosen", score)
        return tuple(taken.values())

    async def _chosen(self, question: Question, mentions: Sequence[Open]) -> list[str | None]:
        """One call for all open mentions; the best candidate of each where the model gave no usable reply."""
        blocks = []
        for n, mention in enumerate(mentions, 1):
            listed = "\n".join(f"{_LETTERS[i]}. {c.name}" for i, c in enumerate(mention.candidates))
            blocks.append(f"Mention {n}: {mention.text}\n{listed}")
        messages = render("choose", question=question.text, mentions="\n\n".join(blocks))
        request = self._asking.request(
            messages, stage="choose", item=question.id, fields=("question", "mentions"), shape=_choices(mentions)
        )
        outcome = await self._chat.call(request)
        if isinstance(outcome, Failure):
            return [m.candidates[0].concept for m in mentions]
        chosen: list[str | None] = outcome.value
        return chosen

    # -- pruning -------------------------------------------------------------------------------------

    async def pruned(self, question: Question, sheet: Sheet, most: int) -> Sheet:
        """A sheet with the walks that a model keeps, at most so many a pair of finding and option; all in one call.

        The sheet as it is where it has too few walks to choose from, or the model gave no usable reply.
        """
        walks = [line for line in sheet.lines if line.stance == "related"]
        if len(walks) <= most:
            return sheet
        ids = {line.id for line in walks}
        shape = _kept(ids)
        messages = render("prune", most=str(most), question=question.text, walks=_grouped(question, walks))
        fields = ("question", "options", "evidence of the graph")
        request = self._asking.request(messages, stage="prune", item=question.id, fields=fields, shape=shape)
        outcome = await self._chat.call(request)
        if isinstance(outcome, Failure):
            return sheet
        kept = _at_most(walks, outcome.value, most)
        return sheet._replace(lines=tuple(line for line in sheet.lines if line.id not in ids or line.id in kept))


def _take(taken: dict[str, Finding], mention: dict[str, str], curie: str, method: str, score: float) -> None:
    status = "excluded" if mention["status"] == "excluded" else "observed"
    old = taken.get(curie)
    if old is None or (old.status == "excluded" and status == "observed"):
        new = Finding(curie, mention["text"], "observed", f"llm/{method}", round(score, 4))
        taken[curie] = replace(new, status="excluded") if status == "excluded" else new


def _choices(mentions: Sequence[Open]) -> Shape:
    item = _row({"mention": {"type": "integer"}, "choice": {"type": "string"}})
    plain = shape_of_schema("choices", _list("choices", "choices", item, len(mentions)))

    def read(text: str, value: Any) -> list[str | None]:
        given = {row["mention"]: row["choice"].strip().upper() for row in plain.read(text, value)["choices"]}
        chosen: list[str | None] = []
        for n, mention in enumerate(mentions, 1):
            letters = _LETTERS[: len(mention.candidates)]
            answer = given.get(n, "")
            if answer == NONE:
                chosen.append(None)
            elif len(answer) == 1 and answer in letters:
                chosen.append(mention.candidates[letters.index(answer)].concept)
            else:
                raise ValueError(f"mention {n}: {answer or 'no answer'!r} is none of {', '.join(letters)} or {NONE}")
        return chosen

    return Shape(plain.name, plain.schema, read)


def _kept(ids: set[str]) -> Shape:
    plain = shape_of_schema("keep", _list("keep", "keep", {"type": "string"}, len(ids)))

    def read(text: str, value: Any) -> list[str]:
        kept: list[str] = plain.read(text, value)["keep"]
        if strange := sorted(set(kept) - ids):
            raise ValueError(f"keep: {', '.join(strange[:5])} is no walk of the question")
        return kept

    return Shape(plain.name, plain.schema, read)


def _pair(line: SheetLine) -> tuple[str, str]:
    return line.option, line.concepts[0]


def _grouped(question: Question, walks: Sequence[SheetLine]) -> str:
    groups: dict[tuple[str, str], list[SheetLine]] = {}
    for line in walks:
        groups.setdefault(_pair(line), []).append(line)
    texts = {o.key: o.text for o in question.options}
    blocks = []
    for (option, _), lines in groups.items():
        title = f"to option {option}. {texts[option]}" if option in texts else "between concepts of the question"
        blocks.append("\n".join([title, *(f"{line.id} {line.text}" for line in lines)]))
    return "\n\n".join(blocks)


def _at_most(walks: Sequence[SheetLine], kept: Sequence[str], most: int) -> set[str]:
    """Of each pair the first so many ids that were kept."""
    pairs = {line.id: _pair(line) for line in walks}
    count: dict[tuple[str, str], int] = {}
    chosen = set()
    for line in dict.fromkeys(kept):
        count[pairs[line]] = count.get(pairs[line], 0) + 1
        if count[pairs[line]] <= most:
            chosen.add(line)
    return chosen
