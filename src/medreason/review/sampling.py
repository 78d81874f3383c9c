"""Arms read, cases drawn by stratum, and each made into what reviewers see."""

from __future__ import annotations

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from medreason.errors import InputError, UnknownConceptError, UsageError
from medreason.kg.store import Graph
from medreason.quality.verify import read_lines
from medreason.records import Option, Record
from medreason.report.content import citation
from medreason.review.blinding import Piece, chosen, clean, of_text, same_cut
from medreason.review.material import ArmText, Case, Material, ShownEdge, ShownSide, ShownStep
from medreason.review.protocol import ArmSpec, Protocol

UNKNOWN = "(none)"
# "B", "(b)", "B. Thalassaemia trait".
_KEY = re.compile(r"^\(?(?P<key>[A-Za-z])\)?(?:[.:)]\s.*|[.:)]?)$", re.DOTALL)
# Thirds of the lead of the chosen option, the smallest first.
_LEADS = ("hard", "medium", "easy")


@dataclass(frozen=True, slots=True)
class Output:
    """A model's text on a question, and the option that it chose where the file says so."""

    text: str
    answer: str = ""


Arm = Mapping[str, Record | Output]


def read_arm(name: str, spec: ArmSpec) -> Arm:
    """What an arm holds, by question id.

    Raises:
        InputError: there is no such file, a line cannot be used, or an id occurs twice; names file and line.
    """
    path = spec.path / "dataset.jsonl" if spec.path.is_dir() else spec.path
    if not path.is_file():
        raise InputError(
            f"arm {name}: there is no {path.name} at its path", fix="mend the path in the protocol", item=name
        )
    first = _first(path)
    if "steps" in first and "question" in first:
        found: dict[str, Record | Output] = {}
        for where, record in read_lines(path):
            if not isinstance(record, Record):
                raise InputError(record.message, fix="mend or drop this line", item=where)
            found[record.id] = record
        return found
    return _outputs(path)


def _first(path: Path) -> dict[str, Any]:
    for _, row in _rows(path):
        return row
    raise InputError("there is nothing in it", fix="give records or outputs, one JSON object a line", item=path.name)


def _rows(path: Path) -> Iterable[tuple[str, dict[str, Any]]]:
    """Place and object of each line."""
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                where = f"{path.name}:{number}"
                try:
                    row = json.loads(line)
                except (ValueError, RecursionError) as error:
                    raise InputError("this is no JSON", fix="one JSON object a line", item=where) from error
                if not isinstance(row, dict):
                    raise InputError("this is no JSON object", fix="one JSON object a line", item=where)
                yield where, row
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read ({error})", fix="give a JSONL file in UTF-8", item=path.name) from error


def _outputs(path: Path) -> Arm:
    """Outputs of a model; of several samples the first (``sample`` 0)."""
    found: dict[str, Record | Output] = {}
    for where, row in _rows(path):
        name, text = row.get("id"), row.get("text", row.get("output"))
        if not isinstance(name, str) or not isinstance(text, str):
            raise InputError("an output has the texts id and text (or output)", fix="mend this line", item=where)
        text = clean(text)
        if row.get("sample", 0) != 0:
            continue
        if name in found:
            raise InputError(f"the id {name} occurs a second time", fix="keep one output an id", item=where)
        answer = row.get("answer", row.get("chosen_key", ""))
        found[name] = Output(text, answer if isinstance(answer, str) and answer else chosen(text))
    return found


class Edges:
    """Edges in words.

    Args:
        graph: The graph that the records cite; without it no edge can be shown.
    """

    def __init__(self, graph: Graph | None) -> None:
        self._graph = graph

    def shown(self, edge: str, hidden: Iterable[str]) -> ShownEdge:
        """An edge for a page; references of the case's own publications are left out."""
        if self._graph is None:
            return ShownEdge("", edge, "", "", "", (), in_graph=False)
        try:
            found = citation(self._graph, edge, 0, hidden)
            whole = self._graph.edge(edge)
        except UnknownConceptError:
            return ShownEdge("cited as", edge, "", "", "", (), in_graph=False)
        told = [f"frequency: {found.frequency}"] if found.frequency else []
        told += [f"evidence: {found.code}"] if found.code else []
        told += [f"reference: {name}" for name, _ in found.references]
        relation = found.relation.removesuffix(": not observed")
        absent = "not observed" if whole.polarity == "absent" else ""
        return ShownEdge(relation, found.head, found.tail, absent, whole.source, tuple(told), in_graph=True)


def gather(protocol: Protocol, graph: Graph | None = None) -> Material:
    """Reads all arms and draws the cases.

    Args:
        protocol: Its paths are opened.
        graph: Needed where records cite edges and the protocol does not say ``citations: never``.

    Raises:
        InputError: an arm cannot be read, or no case is answered by all arms.
        UsageError: no arm has the questions, or the graph is missing or another than the records cite.
    """
    arms = {name: read_arm(name, spec) for name, spec in protocol.arms.items()}
    records = {name: arm for name, arm in arms.items() if any(isinstance(r, Record) for r in arm.values())}
    if not records:
        raise UsageError(
            "no arm holds records, so vignettes and options are not known",
            fix="give a dataset or run folder of medreason as one of the arms",
        )
    _same_graph(records, graph, needed=protocol.citations != "never")
    usable, left_out = _usable(arms, records)
    if not usable:
        raise InputError("no case is answered by all arms", fix="check that the arms share the ids of their questions")
    rng = random.Random(f"cases {protocol.sample.seed}")
    pairs = list(combinations(protocol.arms, 2)) if protocol.asked.pairwise else [(name,) for name in protocol.arms]
    strata = _strata(usable)
    cases = []
    for n, name in enumerate(draw({k: tuple(strata[k][s] for s in protocol.sample.strata) for k in usable},
                                  protocol.sample.items, rng)):  # fmt: skip
        shown = list(pairs[n % len(pairs)])
        rng.shuffle(shown)
        case = _case(usable[name], strata[name], {a: arms[a][name] for a in shown}, Edges(graph), protocol)
        if not all(text.shown.steps for text in case.texts.values()):
            left_out["an arm says nothing"] += 1
        elif len({text.shown for text in case.texts.values()}) < len(case.texts):
            left_out["both arms read the same"] += 1
        else:
            cases.append(case)
    # Numbers of cases reach the adjudicator: pairs of arms took turns above, and must not show in them.
    rng.shuffle(cases)
    if not cases:
        raise InputError("no drawn case can be shown", fix="; ".join(left_out) or "check the arms")
    cited = f"{graph.ref.source} {graph.ref.version} {graph.ref.sha256}" if graph is not None else ""
    return Material(tuple(cases), cited, dict(left_out), len(usable))


def _same_graph(records: Mapping[str, Arm], graph: Graph | None, *, needed: bool) -> None:
    for name, arm in records.items():
        for record in arm.values():
            if not isinstance(record, Record) or not any(step.edges for step in record.steps):
                continue
            if graph is None:
                if needed:
                    raise UsageError(f"the steps of arm {name} cite edges", fix="give their graph with --kg DIR")
                return
            if record.graph.sha256 != graph.ref.sha256:
                raise UsageError(
                    f"arm {name} cites {record.graph.source} {record.graph.version} ({record.graph.sha256[:12]}…), the "
                    f"graph given is {graph.ref.source} {graph.ref.version} ({graph.ref.sha256[:12]}…)",
                    fix="give the graph that the arm was made with",
                    item=record.id,
                )


def _usable(arms: Mapping[str, Arm], records: Mapping[str, Arm]) -> tuple[dict[str, Record], Counter[str]]:
    """Cases that all arms answer, each with a record that holds the question; and why others are left out."""
    left_out: Counter[str] = Counter()
    usable: dict[str, Record] = {}
    names = dict.fromkeys(name for arm in arms.values() for name in arm)
    for name in names:
        if not all(name in arm for arm in arms.values()):
            left_out["not answered by every arm"] += 1
            continue
        own = [found for arm in records.values() if isinstance(found := arm[name], Record)]
        if len({(r.question, tuple((o.key, o.text) for o in r.options)) for r in own}) > 1:
            left_out["question or options differ between arms"] += 1
        elif not own:
            left_out["no arm holds the question"] += 1
        else:
            usable[name] = own[0]
    return usable, left_out


def _strata(usable: Mapping[str, Record]) -> dict[str, dict[str, str]]:
    """Source, main organ system and difficulty of each case; difficulty as flagged, else by thirds of the lead."""
    leads = sorted(record.margin for record in usable.values())
    bounds = leads[len(leads) // 3], leads[2 * len(leads) // 3]
    found = {}
    for name, record in usable.items():
        flagged = next((f.removeprefix("difficulty_") for f in record.flags if f.startswith("difficulty_")), "")
        lead = _LEADS[sum(record.margin >= bound for bound in bounds)]
        found[name] = {
            "source": record.source or UNKNOWN,
            "organ_system": record.organ_systems[0] if record.organ_systems else UNKNOWN,
            "difficulty": flagged or lead,
        }
    return found


def draw(strata: Mapping[str, tuple[str, ...]], items: int, rng: random.Random) -> list[str]:
    """Ids of drawn cases in random order: each stratum gets its share, largest remainders first.

    Args:
        strata: Id → stratum.
        items: How many; all if there are fewer.
        rng: Source of chance.
    """
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name in sorted(strata):
        groups[strata[name]].append(name)
    total = min(items, len(strata))
    exact = {key: total * len(members) / len(strata) for key, members in groups.items()}
    counts = {key: int(share) for key, share in exact.items()}
    order = sorted(groups, key=lambda key: (counts[key] - exact[key], rng.random()))
    for key in order[: total - sum(counts.values())]:
        counts[key] += 1
    chosen = [name for key, members in sorted(groups.items()) for name in rng.sample(members, counts[key])]
    rng.shuffle(chosen)
    return chosen


def _case(
    record: Record, stratum: dict[str, str], arms: Mapping[str, Record | Output], edges: Edges, protocol: Protocol
) -> Case:
    """A case with the reasonings of some arms, blinded and cut alike."""
    pieces = {name: _pieces(found, edges) for name, found in arms.items()}
    cut = dict(zip(pieces, same_cut(list(pieces.values())), strict=True))
    cited = [any(piece.edges for piece in side) for side in cut.values()]
    shows = protocol.citations == "always" or (protocol.citations == "both" and all(cited))
    keys = {name: key_of(_answer(found), record.options) for name, found in arms.items()}
    # A side without a choice beside one with it would tell an arm that seldom says what it chose.
    chose = all(keys.values())
    texts = {}
    for name, side in cut.items():
        steps = tuple(ShownStep(piece.text, piece.edges if shows else ()) for piece in side)
        shown = ShownSide(steps, keys[name] if chose else "")
        texts[name] = ArmText(shown, tuple(piece.origin for piece in side))
    options = tuple((option.key, clean(option.text)) for option in record.options)
    return Case(clean(record.id), stratum, clean(record.question), options, texts)


def key_of(answer: str, options: Sequence[Option]) -> str:
    """The option that an answer names by key, in small letters too, by key and text, or by its text; else empty."""
    answer = answer.strip()
    by_text = {option.text.strip().casefold(): option.key for option in options}
    if answer.casefold() in by_text:
        return by_text[answer.casefold()]
    by_key = {option.key.casefold(): option.key for option in options}
    found = _KEY.match(answer)
    return by_key.get(answer.casefold(), by_key.get(found["key"].casefold(), "") if found else "")


def _answer(found: Record | Output) -> str:
    return found.chosen_key if isinstance(found, Record) else found.answer


def _pieces(found: Record | Output, edges: Edges) -> list[Piece]:
    if isinstance(found, Output):
        return of_text(found.text)
    hidden = found.excluded_publications
    return [Piece(s.text, tuple(edges.shown(e, hidden) for e in s.edges), s.n) for s in found.steps]
