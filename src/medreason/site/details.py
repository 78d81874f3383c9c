"""What the page of an item shows, as plain lists that a script lays out; every text stays text until it is on the page.

With the graph the edges have names, frequencies and references and there is a figure of the paths; without it the ids
alone are known, and the page says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from medreason.dataset.evidence import evidence_rows
from medreason.errors import GraphError, RunFolderError
from medreason.ledger import meaning
from medreason.records import Record, from_dict
from medreason.site.lines import answer_of, id_of

if TYPE_CHECKING:
    from medreason.kg.store import Graph

Edge = list[Any]
_AGE = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?")
_UNITS = ("year", "month", "week", "day")


def marked(question: str, findings: list[dict[str, Any]]) -> list[list[str]]:
    """The question in pieces of text and status (empty, ``observed``, ``excluded``); the longest wording first."""
    status = [""] * len(question)
    lower = question.lower()
    if len(lower) != len(question):  # a letter whose small form is two: places would not agree
        return [[question, ""]]
    for finding in sorted(findings, key=lambda f: -len(f["text"])):
        text = finding["text"].lower()
        start = lower.find(text) if text else -1
        while start >= 0:
            if not any(status[start : start + len(text)]):
                status[start : start + len(text)] = [finding["status"]] * len(text)
                break
            start = lower.find(text, start + 1)
    pieces: list[list[str]] = []
    for letter, now in zip(question, status, strict=True):
        if pieces and pieces[-1][1] == now:
            pieces[-1][0] += letter
        else:
            pieces.append([letter, now])
    return pieces


class Edges:
    """Edges as a reader sees them; reads each once from the graph."""

    def __init__(self, graph: Graph | None) -> None:
        self._graph = graph
        self._known: dict[str, tuple[Edge, frozenset[str]]] = {}

    def named(self, edge_id: str, hidden: frozenset[str]) -> Edge:
        """Id, head, relation, tail, frequency, evidence codes, references; a case's own publications are left out."""
        if self._graph is None:
            return [edge_id]
        if edge_id not in self._known:
            edge = self._graph.edge(edge_id)
            references = frozenset(r for row in edge.evidence for r in row.references)
            self._known[edge_id] = self._read(edge_id, ()), references
        found, references = self._known[edge_id]
        return self._read(edge_id, tuple(hidden)) if hidden & references else found

    def _read(self, edge_id: str, hidden: tuple[str, ...]) -> Edge:
        from medreason.report.content import citation

        assert self._graph is not None
        c = citation(self._graph, edge_id, 0, hidden)
        return [c.id, c.head, c.relation, c.tail, c.frequency, c.code, [name for name, _ in c.references]]


class Details:
    """Makes the details of items.

    Args:
        graph: The graph that the records cite, if it is at hand.
        spent: Item id → requests answered, prompt tokens, reply tokens, cost or ``None``; of runs with a journal.
        samples: Item id → chains that were not kept.
    """

    def __init__(
        self, graph: Graph | None, spent: dict[str, list[Any]], samples: dict[str, list[dict[str, Any]]]
    ) -> None:
        self._graph = graph
        self._edges = Edges(graph)
        self._spent = spent
        self._samples = samples

    def of(self, kind: str, row: dict[str, Any]) -> dict[str, Any]:
        """What the page of an item shows.

        Raises:
            RunFolderError: the row is not of a run.
            GraphError: the record cites another graph than the one at hand.
        """
        found = self._rejection(row) if kind == "rejection" else self._record(row)
        name = id_of(row)
        found["spent"] = self._spent.get(name)
        found["samples"] = [
            [s["sample"] + 1, bool(s["hinted"]), s["chosen_key"], s["verdict"], list(s["problems"]),
             [[step["n"], step["text"]] for step in s["steps"]]]
            for s in self._samples.get(name, ())
        ]  # fmt: skip
        return {key: value for key, value in found.items() if value not in (None, [], "", {})}

    def _rejection(self, row: dict[str, Any]) -> dict[str, Any]:
        edges, numbers = self._numbered(row.get("steps") or (), [], frozenset())
        return {
            "id": id_of(row), "stage": row["stage"], "reason": row["reason"], "detail": row["detail"],
            "words": meaning(row["stage"], row["reason"]), "chosen": row.get("chosen_key"), "lead": row.get("margin"),
            "steps": [_step(s, numbers) for s in row.get("steps") or ()], "edges": edges,
        }  # fmt: skip

    def _record(self, row: dict[str, Any]) -> dict[str, Any]:
        if "id_in_dataset" in row:
            told = {key: str(row.get(key) or "") for key in ("question", "answer", "reasoning")}
            return {
                "id": id_of(row), "source": str(row.get("dataset_name") or ""), "text": [[told["question"], ""]],
                "published": [told["answer"], told["reasoning"], str(row.get("options") or "")],
            }  # fmt: skip
        try:
            record = from_dict(Record, row)
        except ValueError as error:
            raise RunFolderError(
                f"the record is not of this version's form ({type(error).__name__})",
                fix="make the run again with this version",
                item=id_of(row),
            ) from error
        if self._graph is not None and self._graph.ref.sha256 != record.graph.sha256:
            raise GraphError(
                f"it cites {record.graph.source} {record.graph.version} ({record.graph.sha256[:12]}…), the graph given "
                f"is {self._graph.ref.source} {self._graph.ref.version} ({self._graph.ref.sha256[:12]}…)",
                fix="give the graph of the run with --kg, or leave --kg out",
                item=record.id,
            )
        return self._whole(record, row)

    def _name(self, curie: str) -> str:
        return curie if self._graph is None or not curie else self._graph.name(curie)

    def _whole(self, record: Record, row: dict[str, Any]) -> dict[str, Any]:
        wording = {f.concept: f.text for f in record.findings}
        names: Callable[[str], str] = (lambda c: wording.get(c, c)) if self._graph is None else self._name
        pieces = evidence_rows(record, names)
        edges, numbers = self._numbered(row["steps"], pieces, frozenset(record.excluded_publications))
        scores = row["scores"]
        cited = {c for step in record.steps for c in step.cites}
        written = row["written"]
        return {
            "id": record.id,
            "source": record.source,
            "form": record.kind,
            "text": marked(record.question, row["findings"]),
            "context": list(record.context),
            "options": [
                [
                    o.key,
                    o.text,
                    o.concept,
                    *([s["total"], s["picture"], s["patient"]] if (s := scores.get(o.key)) else []),
                ]
                for o in record.options
            ],
            "answer": record.answer_key,
            "answer_text": answer_of(row),
            "chosen": record.chosen_key,
            "lead": record.margin,
            "patient": _patient(row["patient"]),
            "findings": [[f.concept, f.text, f.status, f.onset, names(f.concept), f.method] for f in record.findings],
            "systems": list(record.organ_systems),
            "evidence": [
                [
                    p["id"],
                    p["option"],
                    p["finding_name"],
                    p["wording"],
                    p["stance"],
                    p["bits"],
                    int(p["decisive"]),
                    [numbers[e] for e in p["edges"]],
                ]
                for p in pieces
            ],
            "edges": edges,
            "steps": [_step(s, numbers) for s in row["steps"]],
            "sheet": [[s.id, s.text, s.option, s.stance] for s in record.sheet if s.id in cited],
            "figure": self._figure(record, row),
            "flags": list(record.flags),
            "reviewed": record.clinician_reviewed,
            "licence": record.licence,
            "aside": list(record.excluded_publications),
            "teacher": record.teacher,
            "graph": [record.graph.source, record.graph.version, record.graph.sha256],
            "written": written
            and [
                written["model"],
                written["profile"],
                written["prompts"],
                written["sample"] + 1,
                written["hinted"],
                list(written["requests"]),
                written["trimmed"],
            ],
        }

    def _numbered(
        self, steps: Any, pieces: list[dict[str, Any]], hidden: frozenset[str]
    ) -> tuple[list[Edge], dict[str, int]]:
        """Every edge once, those that steps cite first, and the place of each."""
        order = dict.fromkeys(e for step in steps for e in step["edges"])
        order |= dict.fromkeys(e for p in pieces for e in p["edges"])
        return [self._edges.named(e, hidden) for e in order], {e: n for n, e in enumerate(order)}

    def _figure(self, record: Record, row: dict[str, Any]) -> str:
        """The paths of the best option and the runner-up as SVG; empty without graph or evidence."""
        if self._graph is None or not any(record.evidence.values()):
            return ""
        from medreason.report.content import paths

        if not row["scores"]:
            sums = {key: {"total": sum(p.weight for p in found)} for key, found in record.evidence.items() if found}
            row = {**row, "scores": sums}
        return str(paths(self._graph, row))


def _step(step: dict[str, Any], numbers: dict[str, int]) -> list[Any]:
    return [step["n"], step["text"], [numbers[e] for e in step["edges"]], list(step.get("cites") or ())]


def age_in_words(age: str) -> str:
    """An ISO 8601 duration of years, months, weeks and days in words ("3 years 6 months"); others as they stand."""
    found = _AGE.fullmatch(age)
    parts = [(int(n), name) for n, name in zip(found.groups(), _UNITS, strict=True) if n] if found else []
    return " ".join(f"{n} {name if n == 1 else name + 's'}" for n, name in parts) or age


def _patient(patient: dict[str, Any]) -> list[str]:
    """Sex, age and what else a case says of its patient, each in words."""
    told = [patient["sex"], f"{age_in_words(patient['age'])} at last examination" if patient["age"] else ""]
    told += ["examined before birth"] * patient["fetal"] + ["deceased"] * patient["deceased"]
    told += [f"takes {t}" for t in patient["treatments"]]
    return [t for t in told if t]
