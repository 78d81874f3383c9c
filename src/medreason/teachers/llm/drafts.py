"""What a model must reply when it writes a chain, and how the reply becomes steps that cite edges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from medreason.llm.schema import Shape, shape_of_schema
from medreason.records import SheetLine, Step

NONE = "NONE"
# A chain of more steps, or a step of more characters, is a text that nobody checks.
MOST_STEPS = 12
MOST_CHARACTERS = 1500

CHAIN: dict[str, Any] = {
    "type": "object",
    "properties": {
        "steps": {
            "type": "array",
            "minItems": 1,
            "maxItems": MOST_STEPS,
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string", "minLength": 1, "maxLength": MOST_CHARACTERS},
                    "cites": {"type": "array", "items": {"type": "string"}},
                },
                "required": ["text", "cites"],
                "additionalProperties": False,
            },
        },
        "answer": {"type": "string"},
    },
    "required": ["steps", "answer"],
    "additionalProperties": False,
}


class Draft(NamedTuple):
    """A chain as a model wrote it: the option it chose (empty for none), and steps that cite lines and edges."""

    chosen_key: str
    steps: tuple[Step, ...]
    request: str = ""


def chain_shape(lines: Sequence[SheetLine], keys: Sequence[str]) -> Shape:
    """The shape of a chain over these lines and options: an id or a key that does not exist breaks it."""
    plain = shape_of_schema("chain", CHAIN)
    known = {line.id: line for line in lines}

    def read(text: str, value: Any) -> Draft:
        given = plain.read(text, value)
        answer = str(given["answer"]).strip()
        if answer not in {*keys, NONE}:
            raise ValueError(f"answer: {answer[:40]!r} is none of {', '.join(keys)} or {NONE}")
        strange = sorted({c for s in given["steps"] for c in s["cites"]} - known.keys())
        if strange:
            raise ValueError(f"cites: {', '.join(strange[:5])} is no line of the question")
        steps = []
        for n, step in enumerate(given["steps"], 1):
            cites = tuple(dict.fromkeys(step["cites"]))
            edges = dict.fromkeys(e for c in cites for e in known[c].edges)
            steps.append(Step(n, " ".join(step["text"].split()), tuple(edges), cites))
        return Draft("" if answer == NONE else answer, tuple(steps))

    return Shape(plain.name, plain.schema, read)
