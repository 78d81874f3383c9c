"""What all question sources share: a row, read by the layout of its columns, becomes a question or a typed rejection.

A source is a :class:`Spec`: facts (name, licence, splits) and one :class:`Layout` for each form in which its rows are
published. The layout is told from the columns of the row itself. What it is not: it reads no file and knows no
teacher; the answer goes into ``answer_key`` and ``reference`` and nowhere else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from medreason.kg.store import Graph
from medreason.questions.options import OPTION_TYPES, link_options, without_shared
from medreason.questions.patient import read_patient
from medreason.questions.reading import Identity, Item
from medreason.records import Kind, Option, Patient, Question, Rejection

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NO_KEY = "no_answer_key"
EVALUATION = "evaluation_split"
# From so many words on, one text with one answer is one question even where a distractor differs: exam vignettes are
# repeated so, while "Which of these is true?" with "None of the above" is asked of many things.
VIGNETTE_WORDS = 40

# Columns in which sources keep the id of a row.
IDS = ("id", "problem_id", "pubid", "PMID", "pmid", "idx")

Row = dict[str, Any]


class BadRow(Exception):
    """A row is no question: reason (short, counted) and detail of its rejection.

    ``options``: those read before, where the answer is at fault; what is wrong with them is said first.
    """

    def __init__(self, reason: str, detail: str, options: tuple[Option, ...] = ()) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.options = options


class Split(NamedTuple):
    """A split that may be read: its name, and whether it is one for evaluation (then every question says so)."""

    name: str = ""
    evaluation: bool = False


NO_SPLIT = Split()


class Parts(NamedTuple):
    """What a row says, whatever its columns are called. ``answer_key`` is empty where the source gives none."""

    text: str
    options: tuple[Option, ...] = ()
    answer_key: str = ""
    reference: str = ""
    context: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    publications: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """One form of a source's rows: the columns that all must be there, and the reading of a row.

    ``test_data``: rows of this form are only ever published as test data, whatever their file is called.
    """

    name: str
    columns: tuple[str, ...]
    read: Callable[[Row], Parts]
    test_data: bool = False


@dataclass(frozen=True, slots=True)
class Spec:
    """What is known of a source.

    Attributes:
        name: As given with ``--source``, and first part of made ids.
        kind: Kind of its questions.
        licence: As the source states it.
        layouts: Forms of its rows, the most telling first.
        generation_splits: Splits that may become training data; every other one is for evaluation.
        default_split: Split of a file or data set that names none; empty: it must be stated.
        evaluation_names: Words in a file name or configuration that mean evaluation whatever the split.
        counts: Smallest and largest number of options.
        settle: Called with the rows of a whole reading and with ``first_cop`` (see ``medmcqa``), to write into them
            what no single row tells; it may raise ``UsageError``.
    """

    name: str
    kind: Kind
    licence: str
    layouts: tuple[Layout, ...]
    generation_splits: tuple[str, ...] = ("train",)
    default_split: str = ""
    evaluation_names: tuple[str, ...] = ()
    counts: tuple[int, int] = (2, len(LETTERS))
    settle: Callable[[list[Row], int | None], None] | None = None


def layout_of(spec: Spec, row: Row) -> Layout:
    """The layout whose columns a row has.

    Raises:
        BadRow: ``unknown_layout``, with the columns that the nearest layout misses.
    """
    found = next((layout for layout in spec.layouts if set(layout.columns) <= row.keys()), None)
    if found is not None:
        return found
    nearest = min(spec.layouts, key=lambda layout: len(set(layout.columns) - row.keys()) / len(layout.columns))
    missing = ", ".join(c for c in nearest.columns if c not in row)
    known = "; ".join(f"{layout.name}: {', '.join(layout.columns)}" for layout in spec.layouts)
    raise BadRow("unknown_layout", f"missing for the layout {nearest.name}: {missing} (known layouts: {known})")


def _words(text: str) -> str:
    return " ".join(text.casefold().split())


def _check_options(spec: Spec, options: tuple[Option, ...]) -> None:
    low, high = spec.counts
    if spec.kind == "choice" and not low <= len(options) <= high:
        wanted = str(low) if low == high else f"{low} to {high}"
        raise BadRow("option_count", f"{len(options)} options where {spec.name} has {wanted}")
    if "".join(o.key for o in options) != LETTERS[: len(options)]:
        raise BadRow("option_keys", f"the options are lettered {', '.join(o.key for o in options)}")
    if empty := [o.key for o in options if not o.text]:
        raise BadRow("empty_option", f"option {', '.join(empty)} is empty")
    first: dict[str, str] = {}
    for o in options:
        if (before := first.setdefault(_words(o.text), o.key)) != o.key:
            raise BadRow("same_option_text", f"options {before} and {o.key} are the same text")


def parts_of(spec: Spec, row: Row) -> Parts:
    """Reads and checks a row.

    Raises:
        BadRow: why it is no question.
    """
    try:
        parts = layout_of(spec, row).read(row)
    except BadRow as error:
        if error.options:
            _check_options(spec, error.options)
        raise
    if not parts.text:
        raise BadRow("no_question", "the question has no text")
    _check_options(spec, parts.options)
    if parts.answer_key and parts.answer_key not in {o.key for o in parts.options}:
        raise BadRow("bad_answer", f"the answer {parts.answer_key} is none of the {len(parts.options)} options")
    if spec.kind == "open" and not parts.reference:
        raise BadRow("no_reference", "an open question without an answer text")
    if spec.kind == "boolean" and not parts.context:
        raise BadRow("no_context", "the question comes without its abstract")
    return parts


def own_id(row: Row) -> str:
    """The row's own id: the first of :data:`IDS` that holds a text or a whole number; else empty."""
    for column in IDS:
        value = row.get(column)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return ""


def _hash(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:12]


def _identity(spec: Spec, row: Row, parts: Parts) -> Identity:
    texts = [_words(o.text) for o in parts.options]
    asked = (_words(parts.text), *(_words(c) for c in parts.context))
    marks = [_hash("options", *asked, *sorted(texts))]
    if len(asked[0].split()) >= VIGNETTE_WORDS and parts.answer_key:
        marks.append(_hash("answer", *asked, texts[LETTERS.index(parts.answer_key)]))
    own = own_id(row) or _hash(*asked, *texts)
    return Identity(f"{spec.name}:{own}", tuple(marks))


@dataclass(frozen=True, slots=True)
class QuestionSource:
    """A source over a graph: the ``Source`` protocol of the pipeline."""

    spec: Spec
    graph: Graph
    split: Split = NO_SPLIT

    @property
    def name(self) -> str:
        """Name of the source."""
        return self.spec.name

    def identify(self, row: Row) -> Identity:
        """Id of a row, from its own id or else its text and options (never its answer), and its marks as a repeat.

        A row that cannot be read and has no id is named by a hash of all it holds.
        """
        try:
            return _identity(self.spec, row, parts_of(self.spec, row))
        except BadRow:
            own = own_id(row) or f"row-{_hash(json.dumps(row, sort_keys=True, ensure_ascii=False))}"
            return Identity(f"{self.name}:{own}")

    def question(self, item: Item) -> Question | Rejection:
        """One question with options linked as in ``questions/jsonl.py``, or a rejection that names what is wrong."""
        try:
            parts = parts_of(self.spec, item.data)
        except BadRow as error:
            return Rejection(item.id, "question", error.reason, f"{item.location}: {error.detail}")
        kind = self.spec.kind
        flags = list(parts.flags)
        options = parts.options
        if kind == "choice":
            options = without_shared(link_options(self.graph, options, flags, OPTION_TYPES), flags)
        if kind != "open" and not parts.answer_key:
            flags.append(NO_KEY)
        if self.split.evaluation:
            flags.append(EVALUATION)
        return Question(
            item.id, self.name, parts.text, options, parts.answer_key, (), parts.publications, tuple(flags),
            item.location, Patient() if kind == "boolean" else read_patient(parts.text), kind, parts.context,
            parts.reference, self.spec.licence, self.split.name,
        )  # fmt: skip
