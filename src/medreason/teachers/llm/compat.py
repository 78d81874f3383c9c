"""The published method (METHOD.md section 1), with its constants, so that a published number can be chased.

The model sees the answer; paths are names joined by arrows; chains cite nothing and are filtered by whether a model
answers right from what stands before "Conclusion:". What is known to be wrong with that is in METHOD.md section 2; only
faults that lose data are mended: a kept path is named by its number, sampling has a seed, every loss has a reason.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from medreason.kg.paths import Searcher
from medreason.kg.store import Graph
from medreason.linking.candidates import Candidate, candidate_index
from medreason.linking.choose import COMPAT
from medreason.linking.linker import Dense
from medreason.llm.ask import Chat, Failure
from medreason.llm.request import Request
from medreason.llm.schema import Shape, shape_of_schema
from medreason.records import Question
from medreason.teachers.llm.prompts import render
from medreason.teachers.llm.settings import Asking

MOST_SAMPLED = 50
KEPT = 3
# Paths of a pair that are enumerated before the sample is drawn.
MOST_FOUND = 10_000
HEADINGS = ("Finding reasoning paths", "Reasoning Process", "Conclusion")
# The ten types of PrimeKG that a model may give, and the node types of graphs here that they mean.
TYPES = {
    "gene/protein": ("gene/protein", "gene", "Gene"),
    "drug": ("drug", "Compound"),
    "effect/phenotype": ("effect/phenotype", "phenotype", "Symptom", "Side Effect"),
    "disease": ("disease", "Disease"),
    "biological_process": ("biological_process", "Biological Process"),
    "molecular_function": ("molecular_function", "Molecular Function"),
    "cellular_component": ("cellular_component", "Cellular Component"),
    "exposure": ("exposure",),
    "pathway": ("pathway", "Pathway"),
    "anatomy": ("anatomy", "Anatomy"),
}


def _object(name: str, properties: dict[str, Any]) -> Shape:
    return shape_of_schema(
        name,
        {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False},
    )


_TEXT = {"type": "string", "minLength": 1, "maxLength": 300}
_ENTITY = {
    "type": "object",
    "properties": {"name": _TEXT, "type": {"type": "string", "enum": list(TYPES)}},
    "required": ["name", "type"],
    "additionalProperties": False,
}
ENTITIES = _object("entities", {"entities": {"type": "array", "maxItems": 40, "items": _ENTITY}})
CHOICE = _object("choice", {"choice": {"type": "string", "pattern": r"^(NONE|\d{1,2})$"}})
KEEP = _object("keep", {"keep": {"type": "array", "items": {"type": "string", "pattern": r"^\d{1,2}$"}}})
SAME = _object("same", {"same": {"type": "boolean"}})


class Lost(Exception):
    """An item that ends without a row: stage, reason and detail."""

    def __init__(self, stage: str, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.stage, self.reason, self.detail = stage, reason, detail


class Written(NamedTuple):
    """A chain as the model wrote it, and the paths that it was given."""

    reasoning: str
    paths: tuple[str, ...]


class CompatTeacher:
    """The stages of the published method, one call at a time.

    Args:
        graph: An open graph.
        chat: Who answers.
        asking: Model and parameters.
        kept: Paths that are kept of a group (K).
        seed: Of the sample of 50 paths.
        dense: Similar names by embedding; without one, by character trigrams, with the same thresholds.
    """

    def __init__(
        self, graph: Graph, chat: Chat, asking: Asking, *, kept: int = KEPT, seed: int = 0, dense: Dense | None = None
    ) -> None:
        self._graph = graph
        self._chat = chat
        self._asking = asking
        self._kept = kept
        self._seed = seed
        self._dense = dense
        self._searcher = Searcher(graph)

    async def write(self, question: Question, answer: str) -> Written:
        """Extraction, mapping, search, pruning and reasoning.

        Raises:
            Lost: a stage came to nothing, with its reason.
            LLMError: the run cannot go on.
        """
        asked = await self._concepts(question, question.text)
        told = await self._concepts(question, answer)
        if not asked or not told:
            which = "question" if not asked else "answer"
            raise Lost("link", "no_concepts", f"no entity of the {which} is in the graph")
        groups = {(a, b): found for a in asked for b in told if a != b and (found := self._paths(a, b))}
        if not groups:
            raise Lost("search", "no_path", "no path connects the question's entities with the answer's")
        kept = [path for group in groups.values() for path in await self._pruned(question, answer, group)]
        request = self._request(
            "reason", "compat_reason", question, question=question.text, options=_options(question), answer=answer,
            paths="\n".join(kept) or "none",
        )  # fmt: skip
        return Written(str(await self._text(request)), tuple(kept))

    async def answers_right(self, question: Question, answer: str, reasoning: str) -> bool:
        """The published filter: whether a model answers right from what stands before the conclusion.

        Raises:
            Lost: a call failed.
        """
        request = self._request(
            "answer", "compat_answer", question, question=question.text, options=_options(question),
            reasoning=before_conclusion(reasoning),
        )  # fmt: skip
        given = await self._text(request)
        value = await self._value(
            self._request("judge", "compat_judge", question, SAME, question=question.text, given=given, answer=answer)
        )
        return bool(value["same"])

    # -- stages --------------------------------------------------------------------------------------

    async def _concepts(self, question: Question, text: str) -> list[str]:
        """The graph's nodes for the entities that a model finds in a text, in its order."""
        value = await self._value(self._request("extract", "compat_extract", question, ENTITIES, text=text))
        found: dict[str, None] = {}
        for entity in value["entities"]:
            curie = await self._mapped(question, text, entity["name"], entity["type"])
            if curie:
                found[curie] = None
        return list(found)

    async def _mapped(self, question: Question, text: str, name: str, kind: str) -> str:
        types = tuple(t for t in TYPES[kind] if t in self._graph.node_types)
        if not types:
            return ""
        candidates = self._candidates(name, types)
        if candidates and candidates[0].method == "exact":
            return candidates[0].concept
        near = [c for c in candidates if c.score > COMPAT.keep]
        if not near:
            return ""
        if near[0].score > COMPAT.accept:
            return near[0].concept
        listed = "\n".join(f"{n}. {c.name}" for n, c in enumerate(near, 1))
        value = await self._value(
            self._request("choose", "compat_choose", question, CHOICE, entity=name, text=text, candidates=listed)
        )
        chosen = value["choice"]
        return near[int(chosen) - 1].concept if chosen.isdigit() and 0 < int(chosen) <= len(near) else ""

    def _candidates(self, name: str, types: tuple[str, ...]) -> Sequence[Candidate]:
        found = candidate_index(self._graph, types).search(name, COMPAT.k)
        exact = [c for c in found if c.method == "exact"]
        if exact or self._dense is None:
            return exact or found
        return self._dense.search(name, COMPAT.k, types)

    def _paths(self, start: str, goal: str) -> list[str]:
        """All shortest paths as names joined by arrows; of more than 50 a sample, by seed."""
        graph = self._graph
        found = self._searcher.shortest(start, goal, limit=MOST_FOUND)
        texts = list(dict.fromkeys(" -> ".join(graph.name(n) for n in path.nodes) for path in found))
        if len(texts) <= MOST_SAMPLED:
            return texts
        return random.Random(f"{self._seed} {start} {goal}").sample(texts, MOST_SAMPLED)

    async def _pruned(self, question: Question, answer: str, group: list[str]) -> list[str]:
        listed = "\n".join(f"{n}. {path}" for n, path in enumerate(group, 1))
        value = await self._value(
            self._request(
                "prune", "compat_prune", question, KEEP, most=str(self._kept), question=question.text, answer=answer,
                paths=listed,
            )
        )  # fmt: skip
        numbers = dict.fromkeys(int(n) for n in value["keep"] if 0 < int(n) <= len(group))
        return [group[n - 1] for n in list(numbers)[: self._kept]]

    # -- asking --------------------------------------------------------------------------------------

    def _request(
        self, stage: str, prompt: str, item: Question, shape: Shape | None = None, /, **values: str
    ) -> Request:
        fields = tuple(sorted(values.keys() - {"most"}))
        return self._asking.request(
            render(prompt, **values), stage=stage, item=item.id, fields=fields, shape=shape
        )  # fmt: skip

    async def _value(self, request: Request) -> dict[str, Any]:
        outcome = await self._chat.call(request)
        if isinstance(outcome, Failure):
            raise Lost(request.stage, f"reply_{outcome.kind}", f"{outcome.detail}; {outcome.fix}")
        value: dict[str, Any] = outcome.value
        return value

    async def _text(self, request: Request) -> str:
        outcome = await self._chat.call(request)
        if isinstance(outcome, Failure):
            raise Lost(request.stage, f"reply_{outcome.kind}", f"{outcome.detail}; {outcome.fix}")
        return outcome.text


def _options(question: Question) -> str:
    if not question.options or question.kind == "open":
        return ""
    return "Answer Choices:\n" + "\n".join(f"{o.key}. {o.text}" for o in question.options) + "\n\n"


def before_conclusion(reasoning: str) -> str:
    """What stands before the heading "Conclusion", bold or not; all of it where there is none."""
    found = re.search(r"^\W*Conclusion\W*:?\W*$|^\W*Conclusion\W*:", reasoning, re.MULTILINE | re.IGNORECASE)
    return reasoning[: found.start()].rstrip() if found else reasoning


def has_headings(reasoning: str) -> bool:
    """Whether a chain has the three headings of the published format."""
    return all(re.search(rf"^\W*{h}\W*:?", reasoning, re.MULTILINE | re.IGNORECASE) for h in HEADINGS)
