"""``medreason explain``: one question in, an evidence table and a chain out; no answer key needed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from medreason.api import Explanation

DISCLAIMER = "For research on reasoning data. Not medical advice; not clinically validated."


def read_question(name: str) -> dict[str, Any]:
    """One question of a file (of JSONL the first), or of standard input."""
    import json

    from medreason.errors import InputError

    label = "standard input" if name == "-" else Path(name).name
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        lines = [line for line in text.splitlines() if line.strip()]
        value = json.loads(lines[0] if name.endswith((".jsonl", ".ndjson")) and lines else text)
    except OSError as error:
        raise InputError(
            f"cannot read: {error.strerror}", fix="give a file, or - for standard input", item=label
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"cannot read a question: {str(error) or 'nested too deep'}",
            fix="give one JSON object with question and options",
            item=label,
        ) from error
    if not isinstance(value, dict):
        raise InputError("a JSON object with question and options is expected", item=label)
    return value


def plain(text: str) -> str:
    """Text without control characters: what a file says must not steer the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in text)


def labelled(label: str, text: str) -> Text:
    """A bold label and a text, shown literally."""
    from rich.text import Text

    return Text.assemble((label, "bold"), plain(text))


def as_json(found: Explanation) -> dict[str, Any]:
    """An explanation as one JSON document."""
    from medreason.records import to_dict

    return {
        "id": found.question.id,
        "adequate": found.adequate,
        "chosen_key": found.chain.chosen_key,
        "margin": found.chain.margin,
        "findings": [to_dict(f) for f in found.question.findings],
        "options": [to_dict(o) for o in found.question.options],
        "organ_systems": list(found.organ_systems),
        "evidence": [p._asdict() for p in found.pieces],
        "scores": {key: to_dict(score) for key, score in found.chain.scores.items()},
        "steps": [to_dict(s) for s in found.chain.steps],
        "excluded_publications": list(found.question.excluded_publications),
    }


def show(console: Console, found: Explanation) -> None:
    """Prints findings, the evidence table and the chain."""
    from rich.table import Table
    from rich.text import Text

    observed = [f.text for f in found.question.findings if f.status == "observed"]
    excluded = [f.text for f in found.question.findings if f.status == "excluded"]
    console.print(labelled("Findings  ", "; ".join(observed) or "none found in the graph"))
    if excluded:
        console.print(labelled("Absent    ", "; ".join(excluded)))
    names = {o.key: o.text for o in found.question.options}
    table = Table(title="Recorded evidence", title_justify="left", title_style="bold")
    for column in ("", "finding", "annotated as", "patients", "source"):
        table.add_column(column, overflow="fold")
    table.add_column("bits", justify="right", no_wrap=True)
    sign = {"supports": "+", "compatible": "~", "contradicts": "−"}
    for key, name in names.items():
        pieces = [p for p in found.pieces if p.option == key]
        score = found.chain.scores.get(key)
        total = f"{score.total:.1f}" if score else "–"
        table.add_row("", Text(f"{key}  {plain(name)}", "bold"), "", "", "", Text(total, "bold"))
        for p in pieces:
            term = "same" if p.term == p.finding else p.term
            more = f" +{len(p.references) - 1}" if len(p.references) > 1 else ""
            source = (p.references[0] if p.references else "") + more
            table.add_row(sign[p.stance], p.finding, term, p.frequency, source, f"{p.weight:.1f}")
        if score:
            table.add_row("", Text("its record as a whole", "dim"), "", "", "", f"{score.picture:.1f}")
        if score and score.patient:
            table.add_row("−", Text("age or sex of the patient", "dim"), "", "", "", f"{score.patient:.1f}")
        table.add_section()
    console.print(table)
    if found.chain.chosen_key:
        state = "" if found.adequate else "  (below the threshold: no adequate evidence)"
        lead = f"{found.chain.chosen_key}  {names[found.chain.chosen_key]}, ahead by {found.chain.margin:.1f} bits"
        console.print(labelled("Best supported by the recorded evidence  ", lead + state))
        for step in found.chain.steps:
            edges = f"{len(step.edges)} edge" + ("" if len(step.edges) == 1 else "s")
            console.print(Text(f"\n{step.n}. {step.text} ").append(f"[cites {edges}]", "dim"))
        console.print(
            "\nThe ids of the cited edges: --json; an edge with its sources: medreason kg edge DIR ID", style="dim"
        )
    else:
        console.print("[bold]No adequate evidence:[/bold] nothing recorded speaks for any option.")
    console.print(f"\n{DISCLAIMER}", style="dim")


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command("explain")
    def explain_command(
        question: Annotated[
            str, typer.Argument(metavar="FILE|-", help="One question as JSON; - reads standard input.")
        ],
        kg: Annotated[Path | None, typer.Option(help="Graph folder; default: the demo's graph.")] = None,
        margin: Annotated[float | None, typer.Option(help="Lead in bits called adequate.")] = None,
        json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    ) -> None:
        """Weigh the recorded evidence for one question; no answer key needed."""
        import json

        from rich.console import Console

        from medreason.api import explain
        from medreason.cli.demo import demo_graph
        from medreason.config import DEFAULT_MARGIN
        from medreason.kg.store import open_graph

        asked = read_question(question)
        graph = open_graph(kg) if kg is not None else demo_graph()
        found = explain(graph, asked, margin=DEFAULT_MARGIN if margin is None else margin)
        if json_:
            typer.echo(json.dumps(as_json(found), ensure_ascii=False, indent=1))
        else:
            show(Console(), found)
