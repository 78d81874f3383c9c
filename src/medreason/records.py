"""The records that cross room borders: frozen, slotted dataclasses, JSON in and out.

What they are: plain facts, in the order in which the pipeline makes them
(question → findings → evidence per option → chain → record or rejection).
What they are not: they hold no graph, no behaviour beyond (de)serialisation, and never a clock time.

Vocabulary. *Polarity* belongs to an edge: ``present`` (the source reports the finding in the disease) or
``absent`` (the source reports that it was not observed: qualifier ``NOT`` or frequency ``0/n``). *Status*
belongs to a case: ``observed`` or ``excluded``. *Stance* belongs to a piece of evidence:
``supports``, ``compatible`` (weaker: a broader or a related term is recorded) or ``contradicts``.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Polarity = Literal["present", "absent"]
Status = Literal["observed", "excluded"]
Scope = Literal["hypothetical", "uncertain", "history", ""]
Stance = Literal["supports", "compatible", "contradicts"]
Kind = Literal["choice", "boolean", "open"]


# -- the graph ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Synonym:
    """Another name of a concept. ``scope`` is the OBO scope (EXACT, BROAD, NARROW, RELATED)."""

    text: str
    scope: str = "EXACT"
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Attribute:
    """A fact about a concept that is no edge to another finding, e.g. inheritance or onset of a disease."""

    kind: str
    concept: str
    references: tuple[str, ...] = ()
    code: str = ""
    frequency: str = ""


@dataclass(frozen=True, slots=True)
class Concept:
    """A node. The key is ``(type, id)``; ``id`` is a CURIE such as ``HP:0001250``."""

    id: str
    type: str
    name: str
    synonyms: tuple[Synonym, ...] = ()
    definition: str = ""
    xrefs: tuple[str, ...] = ()
    attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True, slots=True)
class Frequency:
    """How often a finding was seen.

    Exactly one reading is set: ``k`` of ``n`` patients, ``percent`` (0 to 100, n unknown), or a frequency
    ``term`` of HPO (``HP:0040280`` obligate … ``HP:0040285`` excluded).
    """

    k: int | None = None
    n: int | None = None
    percent: float | None = None
    term: str | None = None


@dataclass(frozen=True, slots=True)
class EdgeEvidence:
    """One source row behind an edge: its references (CURIEs or URLs), evidence code and qualifiers."""

    references: tuple[str, ...]
    code: str = ""
    frequency: Frequency | None = None
    onset: str = ""
    sex: str = ""
    modifiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """A statement of the graph with everything its source says for it.

    ``id`` is a hash of head, relation, tail, polarity and source, hence stable across rebuilds.
    ``directed`` is false where the relation reads the same both ways.
    """

    id: str
    head: str
    relation: str
    tail: str
    directed: bool
    polarity: Polarity
    source: str
    evidence: tuple[EdgeEvidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Hop:
    """One edge of a path, walked ``forward`` (head to tail) or against its direction."""

    edge: str
    forward: bool


@dataclass(frozen=True, slots=True)
class Path:
    """A walk through the graph: ``len(nodes) == len(hops) + 1``; ``cost`` ranks it (lower is better)."""

    nodes: tuple[str, ...]
    hops: tuple[Hop, ...]
    cost: float


# -- the question --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mention:
    """A span of text (character offsets, end exclusive) that names something.

    ``scope``: spoken of but not stated (``hypothetical``), open (``uncertain``), past (``history``), or plain.
    """

    text: str
    start: int
    end: int
    status: Status = "observed"
    subject: Literal["patient", "family"] = "patient"
    scope: Scope = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A mention tied to a concept: how it was found, how sure (0 to 1), and what else it could be."""

    mention: Mention
    concept: str
    method: str
    score: float
    runner_up: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding of the case: concept, status, wording in the question, and how the concept was found."""

    concept: str
    text: str
    status: Status
    method: str = "given"
    score: float = 1.0
    onset: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """An answer option. ``concept`` is empty where the text could not be linked."""

    key: str
    text: str
    concept: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """What a case says of the patient beside the findings; empty or false where it says nothing.

    Attributes:
        sex: ``female``, ``male`` or empty.
        age: ISO 8601 duration since birth at last examination, e.g. ``P3Y6M``; never the age at onset.
        fetal: Examined before birth.
        deceased: Known to have died.
        treatments: Concept ids of drugs the patient takes.
    """

    sex: Literal["female", "male", ""] = ""
    age: str = ""
    fetal: bool = False
    deceased: bool = False
    treatments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A question with options. ``findings`` is filled by the source or by linking, never from the answer.

    ``answer_key`` is empty where it is unknown; ``location`` (file and line) never enters an output file.

    Attributes:
        kind: ``choice`` among options; ``boolean``: whether a statement holds (options yes, no, perhaps maybe);
            ``open``: no options, the answer is a text.
        context: Sentences that the question comes with (an abstract); a step may cite them.
        reference: The source's own answer or explanation in words. Like ``answer_key`` it is withheld from teachers.
        licence: Licence as the source states it.
        split: Name of the source's split (``train``, ``test``, …); empty where there is none.
    """

    id: str
    source: str
    text: str
    options: tuple[Option, ...]
    answer_key: str = ""
    findings: tuple[Finding, ...] = ()
    excluded_publications: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    location: str = ""
    patient: Patient = Patient()
    kind: Kind = "choice"
    context: tuple[str, ...] = ()
    reference: str = ""
    licence: str = ""
    split: str = ""


# -- reasoning -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Evidence:
    """One edge that weighs for or against an option because of one finding (weight in bits, signed).

    ``via`` is the concept above both, where the finding is neither above nor below the annotated term; else empty.
    """

    edge: str
    stance: Stance
    finding: str
    weight: float
    via: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """What an option's score is made of, in bits (docs/scoring.md); ``total`` is the sum of the others."""

    evidence: float
    picture: float
    patient: float
    total: float


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One numbered line of the evidence sheet that a language model read.

    Attributes:
        id: What a step cites: ``F1`` a finding of the case, ``E1`` recorded evidence, ``C1`` a sentence of the context.
        text: The line as the model read it.
        option: Key of the option it is about; empty for findings and context.
        stance: What it says about that option; ``related``: a walk through the graph that weighs for nothing by itself.
        concepts: Concepts it names, the case's finding first.
        edges: Ids of the edges it stands on.
    """

    id: str
    text: str
    option: str = ""
    stance: Literal["supports", "compatible", "contradicts", "related", ""] = ""
    concepts: tuple[str, ...] = ()
    edges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One numbered step of a chain and the ids of the edges it cites; ``cites`` are ids of sheet lines, if any."""

    n: int
    text: str
    edges: tuple[str, ...]
    cites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """How a language model came to write a chain.

    Attributes:
        model: Name of the model as it was asked for.
        profile: ``default`` or ``compat``.
        prompts: Version of each prompt that the chain depends on, by name.
        sample: Index of the sample that was kept.
        hinted: The model was told the answer (only after all blind samples failed).
        requests: Keys (SHA-256) of the requests behind the chain, in their order; ``journal.sqlite`` has them.
        trimmed: Citations of the reply that were left out because the step does not speak of their lines.
    """

    model: str
    profile: str
    prompts: dict[str, str]
    sample: int = 0
    hinted: bool = False
    requests: tuple[str, ...] = ()
    trimmed: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """One chain that a language model wrote for a question and that was not kept: a row of ``samples.jsonl``."""

    id: str
    sample: int
    hinted: bool
    chosen_key: str
    verdict: str
    problems: tuple[str, ...]
    steps: tuple[Step, ...]
    request: str


@dataclass(frozen=True, slots=True)
class Chain:
    """What a teacher concluded, written before any answer key was looked at.

    ``chosen_key`` is empty and ``steps`` is empty where the evidence names no best option. ``margin`` is the
    lead of the best option over the second, in bits.
    """

    chosen_key: str
    margin: float
    evidence: dict[str, tuple[Evidence, ...]]
    steps: tuple[Step, ...]
    flags: tuple[str, ...] = ()
    scores: dict[str, Score] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GraphRef:
    """Which graph, exactly: source, version and the SHA-256 over its content."""

    source: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Record:
    """One row of ``dataset.jsonl``: a question, the evidence, and the chain that reached its answer."""

    id: str
    source: str
    question: str
    options: tuple[Option, ...]
    answer_key: str
    chosen_key: str
    margin: float
    patient: Patient
    findings: tuple[Finding, ...]
    organ_systems: tuple[str, ...]
    evidence: dict[str, tuple[Evidence, ...]]
    scores: dict[str, Score]
    steps: tuple[Step, ...]
    reasoning: str
    excluded_publications: tuple[str, ...]
    graph: GraphRef
    teacher: str
    flags: tuple[str, ...] = ()
    clinician_reviewed: bool = False
    kind: Kind = "choice"
    context: tuple[str, ...] = ()
    licence: str = ""
    sheet: tuple[SheetLine, ...] = ()
    written: Written | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """One row of ``rejected.jsonl``: why an item is not in the dataset; the chain is kept if there is one."""

    id: str
    stage: str
    reason: str
    detail: str
    chosen_key: str = ""
    margin: float | None = None
    steps: tuple[Step, ...] = ()


# -- JSON ----------------------------------------------------------------------------------------------

T = TypeVar("T")


def to_dict(record: Any) -> dict[str, Any]:
    """Turns any record into plain dicts and lists, field order kept."""
    return dataclasses.asdict(record)


def to_json(record: Any) -> str:
    """One line of JSON, UTF-8 characters kept, no trailing newline."""
    return json.dumps(to_dict(record), ensure_ascii=False, separators=(",", ":"))


_adapters: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(cls: type[T]) -> TypeAdapter[T]:
    if cls not in _adapters:
        from pydantic import TypeAdapter

        _adapters[cls] = TypeAdapter(cls)
    return _adapters[cls]


def from_dict(cls: type[T], value: Any) -> T:
    """The inverse of :func:`to_dict`.

    Raises:
        pydantic.ValidationError: a field is missing or of another type.
    """
    return _adapter(cls).validate_python(value)


def from_json(cls: type[T], text: str | bytes) -> T:
    """The inverse of :func:`to_json`; raises as :func:`from_dict` does."""
    return _adapter(cls).validate_json(text)


def json_schema(cls: type[Any] = Record) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a record; the one of ``Record`` is published in docs/schema."""
    schema = _adapter(cls).json_schema(mode="serialization")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return schema
