"""The independent checker of reasoning chains: reads records and graph, needs no model, changes nothing.

What it shows: that every step says only what the cited edges of one version of one graph say, and that evidence,
choice and margin follow from docs/scoring.md. What it does not show: that the graph is right, or that anything
is clinically valid.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from medreason.errors import GraphError, InputError
from medreason.kg.store import Graph
from medreason.quality import order, rules, synthetic
from medreason.quality.citations import Citations
from medreason.quality.claims import Case
from medreason.quality.facts import Facts
from medreason.quality.language import Names, Sentence, printable, sentences
from medreason.quality.problem import Problem, Wrong
from medreason.quality.recompute import recompute
from medreason.quality.statements import check
from medreason.quality.wordings import says_against
from medreason.records import GraphRef, Record, Step, from_json, to_dict

DATASET = "dataset.jsonl"
_GIVE = f"give the run folder or its {DATASET}"
_FIRST = 8192


@dataclass(slots=True)
class VerifyReport:
    """What a check of a dataset found: counts, and every problem in the order of the file."""

    graph: GraphRef
    records: int = 0
    steps: int = 0
    citations: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def by_rule(self) -> dict[str, int]:
        """How many problems each rule found, most first."""
        return dict(Counter(p.rule for p in self.problems).most_common())

    @property
    def bad_records(self) -> int:
        """How many records (or unreadable lines) have a problem."""
        return len({p.item for p in self.problems})


@lru_cache(maxsize=4)
def _facts(graph: Graph) -> Facts:
    return Facts(graph)


class Examined(NamedTuple):
    """What the check of one record found, and what it found it with."""

    problems: list[Problem]
    case: Case
    names: Names


def verify_record(record: Record, graph: Graph) -> list[Problem]:
    """All problems of one record, checked against an open graph; an empty list if everything holds.

    Which graph the record cites is not looked at here: :func:`verify` does that.
    """
    if record.source == synthetic.SOURCE or synthetic.SOURCE in record.flags:
        return synthetic.check(record, graph)
    return examine(record, graph).problems


def examine(record: Record, graph: Graph, other_names: Iterable[tuple[int, str]] = ()) -> Examined:
    """As :func:`verify_record`, with the recomputed case.

    Args:
        record: What is checked.
        graph: What it is checked against.
        other_names: Node numbers and names besides the preferred ones that the chain may use.
    """
    facts = _facts(graph)
    problems = [
        *rules.shape(record, facts),
        *rules.findings(record, facts),
        *rules.status(record),
        *rules.wording(record, facts),
    ]
    verdict = recompute(facts, record)
    problems += rules.evidence(record, facts, verdict)
    problems += rules.scores(record, verdict)
    problems += rules.patient(record)
    problems += rules.text(record)
    problems += rules.systems(record, facts)
    status = {"observed": set[int](), "excluded": set[int]()}
    for finding in record.findings:
        node = graph.number(finding.concept)
        if node is not None:
            status[finding.status].add(node)
    chosen = verdict.diseases.get(record.chosen_key, -1)
    case = Case(facts, verdict, frozenset(status["observed"]), frozenset(status["excluded"]), chosen)
    names = _names(record, case, other_names)
    if record.written is not None:
        from medreason.quality import sheets  # the dictionary of names is needed for free prose alone

        return Examined([*problems, *sheets.check(record, facts, verdict)], case, names)
    problems += rules.choice(record, verdict)
    said = [sentences(step.text, names) for step in record.steps]
    told: list[order.Told] = []
    for step, of_step in zip(record.steps, said, strict=True):
        problems += _step(record, step, of_step, case, told)
    problems += _complete(record, case, [sentence for of_step in said for sentence in of_step])
    if len(told) == sum(map(len, said)):
        problems += _whole(record, case, told)
    return Examined(problems, case, names)


def _whole(record: Record, case: Case, told: list[order.Told]) -> Iterator[Problem]:
    """Of a chain whose every sentence holds: its order, its conclusion, and what it leaves out."""
    last = record.steps[-1].n if record.steps else 0
    yield from order.of_statements(record.id, told, last)
    if record.steps and not any(t.kind == "conclusion" and t.step == last for t in told):
        yield Problem(record.id, 0, "conclusion", "the last step does not say which option is best supported")
    alone = order.told_alone(told)
    for key, disease in case.verdict.diseases.items():
        if case.verdict.evidence[key] and disease not in alone:
            yield Problem(record.id, 0, "complete", f"option {key} has evidence, and no statement of its own tells it")


def _complete(record: Record, case: Case, chain: list[Sentence]) -> Iterator[Problem]:
    """Nothing that decides is passed over in silence."""
    told = {concept for sentence in chain for token in sentence for concept in token.concepts}
    for rule, concept in case.verdict.against.get(record.chosen_key, {}).items():
        if not any(says_against(sentence, rule, case.chosen, concept) for sentence in chain):
            name = case.facts.graph.concept_at(concept).name
            yield Problem(record.id, 0, "complete", f"{name} weighs against the chosen option, and no step says so")
    for key, disease in case.verdict.diseases.items():
        if case.verdict.evidence[key] and disease not in told:
            yield Problem(record.id, 0, "complete", f"option {key} has evidence, and no step names it")
    cited = {case.facts.edge_number(edge) for step in record.steps for edge in step.edges}
    for w in case.verdict.evidence.get(record.chosen_key, {}).values():
        if w.stance == "contradicts" and w.edge not in cited:
            edge = case.facts.graph.edge_at(w.edge).id
            yield Problem(record.id, 0, "complete", f"edge {edge} contradicts the chosen option, and no step says so")


def _names(record: Record, case: Case, others: Iterable[tuple[int, str]]) -> Names:
    """Everything that a chain of this record may name."""
    graph = case.facts.graph
    cited = [e for step in record.steps for e in step.edges]
    cited += [row.edge for found in record.evidence.values() for row in found]
    edges = {case.facts.edge_number(e) for e in set(cited)} - {None}
    nodes = {int(end[e]) for e in edges if e is not None for end in (graph.head, graph.tail)}
    nodes |= case.seen | case.gone | case.facts.branches | set(case.verdict.diseases.values())
    nodes |= {w.via for found in case.verdict.evidence.values() for w in found.values()}
    nodes |= {concept for found in case.verdict.against.values() for concept in found.values()}
    return Names([*((node, graph.concept_at(node).name) for node in nodes), *others])


def _step(record: Record, step: Step, said: list[Sentence], case: Case, told: list[order.Told]) -> Iterator[Problem]:
    """What is wrong with a step; its sentences that hold are added to ``told``."""
    graph, dropped = case.facts.graph, case.verdict.view.dropped
    usable: list[int] = []
    if not step.edges:
        yield Problem(record.id, step.n, "citation", "the step cites nothing")
    if len(set(step.edges)) < len(step.edges):
        yield Problem(record.id, step.n, "citation", "the step cites an edge twice")
    for edge in dict.fromkeys(step.edges):
        number = case.facts.edge_number(edge)
        if number is None:
            yield Problem(record.id, step.n, "citation", f"edge {edge} is not in the graph")
        elif number in dropped:
            message = f"edge {edge} rests on the excluded publication {dropped[number]}"
            yield Problem(record.id, step.n, "excluded", message)
        else:
            usable.append(number)
    cited = Citations(case.facts, usable)
    used: set[int] = set()
    held = True
    if not said:
        yield Problem(record.id, step.n, "sentence", "the step says nothing")
    for place, sentence in enumerate(said, 1):
        try:
            statement = check(sentence, case, cited)
            used |= statement.edges
            told.append(order.Told(step.n, statement.kind, statement.diseases))
        except Wrong as wrong:
            held = False
            yield Problem(record.id, step.n, wrong.rule, f"sentence {place}: {wrong.message}")
    for number in sorted(cited.edges - used) if held else ():
        edge_id = graph.edge_at(number).id
        yield Problem(record.id, step.n, "citation", f"edge {edge_id} is cited, but no statement of the step uses it")


def verify(dataset: Path | str, graph: Graph, *, allow_other_version: bool = False) -> VerifyReport:
    """Checks every record of a dataset.

    Args:
        dataset: A ``dataset.jsonl`` or a run folder that holds one. It is streamed.
        graph: The graph the records cite.
        allow_other_version: Check records that cite another graph all the same.

    Raises:
        InputError: there is no such file, or it cannot be read, or is no text.
        GraphError: a record cites another graph, or another version of it.
    """
    report = VerifyReport(graph.ref)
    for where, found in read_lines(dataset):
        if isinstance(found, Problem):
            report.problems.append(found)
            continue
        if not allow_other_version and found.graph != graph.ref:
            raise GraphError(
                f"the record cites {told(found.graph)}, the graph is {told(graph.ref)}",
                fix="open the graph that the dataset was made on; what changed since: --other-version, --was DIR",
                item=f"{where} ({printable(found.id)})",
            )
        report.records += 1
        report.steps += len(found.steps)
        report.citations += sum(len(step.edges) for step in found.steps)
        report.problems += verify_record(found, graph)
    return report


def read_lines(dataset: Path | str) -> Iterator[tuple[str, Record | Problem]]:
    """File and line, and the record there, or the problem of a line that is no record; blank lines are left out.

    Before a record whose id occurred already comes the problem that says so.

    Args:
        dataset: A ``dataset.jsonl`` or a run folder that holds one. It is streamed.

    Raises:
        InputError: there is no such file, or it cannot be read, or is no text.
    """
    path = Path(dataset)
    path = path / DATASET if path.is_dir() else path
    known = set[str]()
    try:
        with path.open("rb") as lines:
            if path.suffix in {".gz", ".parquet"} or b"\0" in lines.read(_FIRST):
                raise InputError("this is no text", fix=_GIVE, item=path.name)
            lines.seek(0)
            for number, line in enumerate(lines, 1):
                if line.strip():
                    where = f"{path.name}:{number}"
                    found = _record(line, where)
                    if isinstance(found, Record):
                        if found.id in known:
                            yield where, Problem(found.id, 0, "id", f"the id occurs a second time ({where})")
                        known.add(found.id)
                    yield where, found
    except OSError as error:
        raise InputError(
            f"cannot read the dataset: {error.strerror or error}",
            fix=_GIVE,
            item=path.name,
        ) from error


def _record(line: bytes, where: str) -> Record | Problem:
    try:
        record = from_json(Record, line)
    except ValidationError as error:
        return Problem(where, 0, "format", _faults(error))
    fault = _strange(line, record)
    return Problem(where, 0, "format", f"the line is no record: {fault}") if fault else record


def _faults(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    place = ".".join(map(str, first["loc"]))
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"the line is no record: {place + ': ' if place else ''}{first['msg']}{more}"


class _Twice(Exception):
    """A key that occurs twice in one object: readers differ in which they take."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) < len(pairs):
        raise _Twice
    return found


def _strange(line: bytes, record: Record) -> str:
    """What a line holds beside the record that was read from it, or ``""``."""
    try:
        given = json.loads(line, object_pairs_hook=_once)
    except _Twice:
        return "a key occurs twice in one object"
    except (ValueError, RecursionError):
        return "not JSON"
    return _beside(given, to_dict(record), "")


def _beside(given: Any, read: Any, place: str) -> str:
    if isinstance(given, dict) and isinstance(read, dict):
        for key, value in given.items():
            if key not in read:
                return f"{place}{key}: unknown field"
            if fault := _beside(value, read[key], f"{place}{key}."):
                return fault
        return ""
    if isinstance(given, list) and isinstance(read, tuple | list) and len(given) == len(read):
        faults = (_beside(a, b, f"{place}{i}.") for i, (a, b) in enumerate(zip(given, read, strict=True)))
        return next(filter(None, faults), "")
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (given, read))
    if numbers and (given == read or (math.isnan(given) and math.isnan(read))):
        return ""
    return "" if type(given) is type(read) and given == read else f"{place[:-1]}: of another type"


def told(ref: GraphRef) -> str:
    """A graph in words, for messages."""
    return f"{ref.source} {ref.version} (sha256 {ref.sha256[:12]}…)"
