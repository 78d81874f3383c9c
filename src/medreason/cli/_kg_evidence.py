"""``medreason kg evidence``: what is recorded for and against each option of a question, and the score it makes.

The numbers are those of :func:`medreason.api.explain`; nothing is weighed here. What this adds: findings that are not
recorded, findings whose record counts for another one, and the clinical checks.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from medreason.api import Explanation
    from medreason.kg.store import Graph
    from medreason.kg.view import GraphView
    from medreason.records import Evidence, Option
    from medreason.teachers.weigh import Weigher

REFERENCES = 2  # shown of each edge; --json has all
IDS_NAMED = 5  # of a file with many questions, in an error
STANCES = {
    "supports": ("supports", "green"),
    "compatible": ("compatible: a broader or a related term is recorded", "yellow"),
    "contradicts": ("contradicts", "red"),
}
NOTES = (
    "Score, in bits: evidence is the sum of what is listed; picture is how much of what is recorded for the disease "
    "the case shows; patient is what age and sex take away.",
    "Not recorded is not the same as does not occur: it gives no bits and takes none.",
)


def register(app: typer.Typer) -> None:
    """Adds the command to the group ``kg``."""
    app.command("evidence")(evidence_command)


def evidence_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A graph folder.")],
    question: Annotated[
        str, typer.Option(metavar="FILE|-", help="One question as JSON, or JSONL; - reads one from standard input.")
    ],
    id_: Annotated[str, typer.Option("--id", metavar="ID", help="Which question of a JSONL file.")] = "",
    margin: Annotated[float | None, typer.Option(help="Lead in bits called adequate.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show the evidence for and against each option of a question, and how its score is made up."""
    import math

    from medreason.api import explain
    from medreason.config import DEFAULT_MARGIN
    from medreason.errors import UsageError
    from medreason.kg.store import open_graph

    least = DEFAULT_MARGIN if margin is None else margin
    if not (math.isfinite(least) and least >= 0):
        raise UsageError(f"a margin of {least} decides nothing", fix="give bits, 0 or more, e.g. --margin 8.5")
    asked = read(question, id_)
    graph = open_graph(folder)
    shown = document(graph, explain(graph, asked, margin=least), least)
    if json_:
        import json

        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        show(shown)


def read(name: str, wanted: str) -> dict[str, Any]:
    """One question of a JSON or JSONL file; of several, the one with the id that is wanted.

    Raises:
        InputError: the file cannot be read, holds no such question, or several and no id was given.
    """
    import json

    from medreason.cli.explain import read_question
    from medreason.errors import InputError

    if not name.endswith((".jsonl", ".ndjson")):
        found = read_question(name)
        if wanted and str(found.get("id", "")) != wanted:
            raise InputError(f"the question is {found.get('id')!r}, not {wanted!r}", item=Path(name).name)
        return found
    label = Path(name).name
    rows: dict[str, dict[str, Any]] = {}
    try:
        lines = Path(name).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read: {error}", fix="give a JSONL file in UTF-8", item=label) from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(
                f"cannot read a question: {str(error) or 'nested too deep'}",
                fix="give one JSON object a line",
                item=f"{label}:{number}",
            ) from error
        if not isinstance(row, dict):
            raise InputError("a JSON object with question and options is expected", item=f"{label}:{number}")
        rows.setdefault(str(row.get("id", f"line {number}")), row)
    if wanted in rows:
        return rows[wanted]
    if len(rows) == 1 and not wanted:
        return next(iter(rows.values()))
    named = ", ".join(list(rows)[:IDS_NAMED]) + (" …" if len(rows) > IDS_NAMED else "")
    if not rows:
        raise InputError("the file holds no question", item=label)
    cause = f"no question has the id {wanted!r}" if wanted else f"the file holds {len(rows)} questions"
    raise InputError(cause, fix=f"give --id with one of {named}", item=label)


# -- what is known ---------------------------------------------------------------------------------------


def document(graph: Graph, found: Explanation, least: float) -> dict[str, Any]:
    """The evidence of a question as plain data; options by score, those without one last."""
    from medreason.kg.view import GraphView
    from medreason.records import to_dict
    from medreason.teachers.weigh import Weigher

    asked, chain = found.question, found.chain
    view, weigher = GraphView(graph, asked.excluded_publications), Weigher(graph)
    observed, excluded = weigher.telling(asked.findings)
    telling = {"observed": observed, "excluded": excluded}
    options = [_option(view, weigher, found, option, (observed, excluded)) for option in asked.options]
    options.sort(key=lambda o: (o["score"] is None, -(o["score"] or {}).get("total", 0.0), o["key"]))
    return {
        "graph": to_dict(graph.ref),
        "id": asked.id,
        "question": asked.text,
        "patient": to_dict(asked.patient),
        "excluded_publications": list(asked.excluded_publications),
        "findings": [
            {
                **to_dict(f),
                "name": graph.name(f.concept) if graph.number(f.concept) is not None else "",
                "counts": graph.number(f.concept) in telling[f.status],
            }
            for f in asked.findings
        ],
        "options": options,
        "chosen_key": chain.chosen_key,
        "margin": chain.margin,
        "margin_needed": least,
        "adequate": found.adequate,
    }


def _option(
    view: GraphView, weigher: Weigher, found: Explanation, option: Option, telling: tuple[list[int], list[int]]
) -> dict[str, Any]:
    from medreason.kg.checks import Case, option_checks
    from medreason.records import to_dict

    graph, (observed, excluded) = view.graph, telling
    number = graph.number(option.concept) if option.concept else None
    shown: dict[str, Any] = {"key": option.key, "text": option.text, "concept": option.concept, "name": ""}
    if number is None:
        return {**shown, "score": None, "evidence": [], "counted_once": [], "not_recorded": [], "checks": []}
    evidence = found.chain.evidence[option.key]
    met = {e.finding for e in evidence}
    elsewhere, missing = [], []
    for finding in (f for f in observed if graph.curie(f) not in met):
        alone = [w for w in weigher.weigh(view, number, [finding], excluded) if w.status == "observed"]
        if alone:
            edge = graph.edge_id(alone[0].edge)
            holder = next((e.finding for e in evidence if e.edge == edge), "")
            elsewhere.append({"finding": _named(graph, graph.curie(finding)), "edge": edge,
                              "counts_for": _named(graph, holder) if holder else None})  # fmt: skip
        else:
            missing.append(_named(graph, graph.curie(finding)))
    checks = option_checks(view, number, Case(tuple(observed), tuple(excluded), found.question.patient))
    lines = [_piece(view, e, excluded) for e in evidence]
    return {
        **shown,
        "name": graph.concept_at(number).name,
        "score": {part: bits + 0.0 for part, bits in to_dict(found.chain.scores[option.key]).items()},  # no -0.0
        "evidence": sorted(lines, key=lambda line: -abs(line["weight"])),
        "counted_once": elsewhere,
        "not_recorded": missing,
        "checks": [{**c._asdict(), "edges": list(c.edges)} for c in checks],
    }


def _named(graph: Graph, curie: str) -> dict[str, str]:
    return {"id": curie, "name": graph.name(curie)}


def _piece(view: GraphView, e: Evidence, excluded: Sequence[int]) -> dict[str, Any]:
    from medreason.kg.frequency import in_words

    graph = view.graph
    number = graph.edge_number(e.edge) or 0
    edge = graph.edge_at(number)
    pooled = view.frequency(edge, number)
    lacking = e.stance == "contradicts" and edge.polarity == "present" and graph.number(e.finding) in excluded
    return {
        "stance": e.stance,
        "finding": _named(graph, e.finding),
        "status": "excluded" if lacking else "observed",
        "annotated_as": _named(graph, edge.tail),
        "via": _named(graph, e.via) if e.via else None,
        "weight": e.weight,
        "polarity": edge.polarity,
        "frequency": None if pooled is None else {**pooled._asdict(), "words": in_words(graph, pooled)},
        "references": list(view.references(edge)),
        "edge": e.edge,
    }


# -- terminal --------------------------------------------------------------------------------------------


def show(shown: dict[str, Any]) -> None:
    """Prints findings, each option with its score and evidence, and whether the lead is adequate."""
    from rich.console import Console
    from rich.text import Text

    from medreason.cli.explain import DISCLAIMER, labelled

    console = Console(highlight=False)
    counted = [f for f in shown["findings"] if f["counts"]]
    implied = [f["text"] for f in shown["findings"] if not f["counts"]]
    for label, texts in (
        ("Findings  ", [f["text"] for f in counted if f["status"] == "observed"] or ["none found in the graph"]),
        ("Absent  ", [f["text"] for f in counted if f["status"] == "excluded"]),
        ("Said by another finding already  ", implied),
        ("Publications set aside  ", shown["excluded_publications"]),
    ):
        if texts:
            console.print(labelled(label, "; ".join(texts)))
    for rank, option in enumerate(shown["options"], 1):
        console.print()
        _show_option(console, rank, option)
    console.print()
    console.print(Text(_verdict(shown), "bold"))
    console.print()
    for line in (*NOTES, DISCLAIMER):
        console.print(Text(line, "dim"))


def _show_option(console: Console, rank: int, option: dict[str, Any]) -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from medreason.cli.explain import plain

    def line(text: Text) -> None:
        console.print(Padding(text, (0, 0, 0, 3)))

    def title(mark: str, *parts: str | tuple[str, str]) -> None:
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_row(Text(mark, "bold"), Text.assemble(*parts))
        console.print(grid)

    score, text = option["score"], (f"{option['key']}  {plain(option['text'])}", "bold")
    if score is None:
        title("–", text)
        line(Text("not found in the graph: nothing can be weighed for or against it", "yellow"))
        return
    other_name = "" if option["name"].lower() == option["text"].lower() else f"{option['name']}, "
    title(str(rank), text, f"  ({other_name}{option['concept']})")
    parts = " + ".join(f"{part} {score[part]:.2f}" for part in ("evidence", "picture", "patient"))
    line(Text.assemble((f"{score['total']:.2f} bits", "bold"), f" = {parts}"))
    heads = True
    for stance, (words, colour) in STANCES.items():
        if pieces := [e for e in option["evidence"] if e["stance"] == stance]:
            line(Text(words, f"{colour} bold"))
            console.print(Padding(_table(pieces, colour, heads=heads), (0, 0, 0, 3)))
            heads = False
    if option["not_recorded"]:
        line(Text.assemble(("not recorded  ", "bold"), "; ".join(f["name"] for f in option["not_recorded"])))
    for other in option["counted_once"]:
        holder = f" for {other['counts_for']['name']}" if other["counts_for"] else ""
        line(Text.assemble(("counted once  ", "bold"), f"{other['finding']['name']}: its record counts{holder}"))
    for check in option["checks"]:
        if check["outcome"] == "fail":
            line(Text.assemble((f"check {check['rule'].replace('_', ' ')}  ", "bold yellow"), check["reason"]))


def _table(pieces: Sequence[dict[str, Any]], colour: str, *, heads: bool) -> Table:
    """Pieces of one stance; all columns but two are of fixed width, so that tables stand under each other."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), show_header=heads, header_style="dim", expand=True)
    table.add_column("bits", justify="right", no_wrap=True, width=6)
    for title in ("finding", "annotated as"):
        table.add_column(title, ratio=1, overflow="fold")
    table.add_column("how often", overflow="fold", width=10)
    table.add_column("references, edge", overflow="fold", width=17)
    for e in pieces:
        often = e["frequency"]["words"] if e["frequency"] else "–"
        cells = e["finding"]["name"], _annotated(e), often, "\n".join(_sources(e))
        table.add_row(Text(f"{e['weight']:+.2f}", colour), *map(Text, cells))
    return table


def _annotated(e: dict[str, Any]) -> str:
    """The annotated term and how it stands to the finding."""
    name = e["annotated_as"]["name"]
    same = e["annotated_as"]["id"] == e["finding"]["id"]
    if e["status"] == "excluded":
        return ("the same term" if same else name) + "; the patient lacks it"
    if e["polarity"] == "absent":
        return ("the same term" if same else name) + "; looked for and not seen"
    if e["via"]:
        return f"{name}; both are kinds of: {e['via']['name']}"
    if same:
        return "the same term"
    return f"{name}, {'a kind of it' if e['stance'] == 'supports' else 'the broader term'}"


def _sources(e: dict[str, Any]) -> list[str]:
    more = len(e["references"]) - REFERENCES
    return [*e["references"][:REFERENCES], *([f"and {more} more"] if more > 0 else []), e["edge"]]


def _verdict(shown: dict[str, Any]) -> str:
    """Which option leads and by how much, and whether that is enough."""
    scored = [o for o in shown["options"] if o["score"] is not None]
    if not scored:
        return "No option was found in the graph: there is no adequate evidence."
    if not shown["chosen_key"]:
        best = scored[0]
        why = "its score is not above zero"
        if best["score"]["total"] > 0:
            why = "no finding of the case is recorded for it or as a kind of one; weaker links decide nothing"
        return f"No adequate evidence: {best['key']} comes first, but {why}."
    need = f"{shown['margin_needed']:g}"
    lead = f"{shown['chosen_key']} leads by {shown['margin']:.2f} bits"
    if shown["adequate"]:
        return f"{lead}: adequate at margin {need}."
    return f"{lead}: not adequate at margin {need}."
