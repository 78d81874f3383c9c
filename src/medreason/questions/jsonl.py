"""Own multiple-choice questions, one JSON object a line.

    {"id": "...", "question": "stem and question", "options": [{"key": "A", "text": "...", "concept": "OMIM:..."}],
     "answer_key": "A", "excluded_publications": ["PMID:..."], "treatments": ["DrugBank:..."]}

``stem`` is read for ``question``, a mapping ``{"A": "text"}`` for ``options``, ``answer_idx`` for
``answer_key``. ``concept`` may be left out: the option's text is then linked by name. Findings are always read
from the text; further fields are left alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from medreason.kg.store import Graph
from medreason.questions.options import link_options
from medreason.questions.patient import read_patient
from medreason.questions.publications import normalised
from medreason.questions.reading import Item
from medreason.records import Option, Question, Rejection

MIN_OPTIONS = 2


class _Malformed(Exception):
    """A row is no question; the message says why."""


class JsonlSource:
    """Makes questions of JSON rows; findings are added later, by linking."""

    name = "jsonl"

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def question(self, item: Item) -> Question | Rejection:
        """One question, or a rejection that names the field at fault."""
        try:
            return self._question(item)
        except _Malformed as error:
            return Rejection(item.id, "question", "malformed", f"{item.location}: {error}")

    def _question(self, item: Item) -> Question:
        row = item.data
        text = row.get("question", row.get("stem"))
        if not isinstance(text, str) or not text.strip():
            raise _Malformed("the field question is missing or empty")
        options = _options(row.get("options"))
        key = row.get("answer_key", row.get("answer_idx")) or ""
        if not isinstance(key, str) or (key and key not in {o.key for o in options}):
            raise _Malformed(f"the answer key {key!r} is none of {', '.join(o.key for o in options)}")
        excluded = row.get("excluded_publications", [])
        if not isinstance(excluded, list) or not all(isinstance(e, str) for e in excluded):
            raise _Malformed("excluded_publications must be a list of texts")
        flags = [f for f in row.get("flags", []) if isinstance(f, str)] if isinstance(row.get("flags"), list) else []
        linked = link_options(self._graph, options, flags)
        concepts = [o.concept for o in linked if o.concept]
        if len(set(concepts)) < len(concepts):
            raise _Malformed("two options are the same concept")
        return Question(
            item.id, self.name, text, linked, key, (), normalised(excluded), tuple(flags), item.location,
            replace(read_patient(text), treatments=_treatments(row.get("treatments", []))),
        )  # fmt: skip


def _treatments(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(t, str) and ":" in t for t in value):
        raise _Malformed("treatments must be a list of drug ids such as DrugBank:DB00635")
    return tuple(dict.fromkeys(value))


def _options(value: Any) -> list[Option]:
    if isinstance(value, dict):
        value = [{"key": k, "text": v} for k, v in value.items()]
    if not isinstance(value, list) or len(value) < MIN_OPTIONS:
        raise _Malformed(f"the field options must hold at least {MIN_OPTIONS} options")
    options = []
    for number, raw in enumerate(value, 1):
        if not isinstance(raw, dict) or not all(
            isinstance(raw.get(k), str) and raw[k].strip() for k in ("key", "text")
        ):
            raise _Malformed(f"option {number} needs a key and a text")
        concept = raw.get("concept") or ""
        if not isinstance(concept, str):
            raise _Malformed(f"the concept of option {number} must be a CURIE such as OMIM:162200")
        options.append(Option(raw["key"], raw["text"], concept))
    for what, values in (("key", [o.key for o in options]), ("text", [o.text.lower() for o in options])):
        if len(set(values)) < len(values):
            raise _Malformed(f"two options have the same {what}")
    return options
