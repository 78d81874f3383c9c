"""``medreason show``: one item of a run from question to end: evidence, every request and reply, what was wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

# Characters of a text that is folded.
FOLDED = 280
# Problems that the detail of a rejection holds (medreason.pipeline_llm); they are told with their sample.
MOST_TOLD = 3
STANCES = {"supports": "+", "compatible": "~", "contradicts": "−", "related": "·", "": " "}


class _Page:
    """Prints an item; a text that stands on the page already is named, not printed again."""

    def __init__(self, console: Console, found: dict[str, Any], *, full: bool) -> None:
        self._console = console
        self._found = found
        self._full = full
        self._seen: dict[str, str] = {}

    def print(self) -> None:
        """The whole page."""
        self._head()
        prompted = self._full and any(r["messages"] for r in self._found["requests"])
        if self._found["question"] and not prompted:
            self._question()
        if self._found["requests"]:
            self._calls()
        for n, request in enumerate(self._found["requests"], 1):
            self._request(n, request)
        asked = {r["sha"] for r in self._found["requests"]}
        for sample in self._found["samples"]:
            if sample["request"] not in asked:
                self._say(f"\nSample {sample['sample']}, not kept", bold=True)
                self._verdict(sample)
        self._end()

    def _say(self, text: str, *, bold: bool = False, indent: int = 0, hang: int = 0) -> None:
        """A text, shown literally, wrapped at the console's width; further lines are indented by ``hang`` more."""
        from textwrap import wrap

        from rich.text import Text

        from medreason.cli.explain import plain

        for line in plain(text).split("\n"):
            pad, more = " " * indent, " " * (indent + hang)
            width = max(30, self._console.width)
            wrapped = wrap(line, width, initial_indent=pad, subsequent_indent=more, break_on_hyphens=False) or [""]
            for piece in wrapped:
                self._console.print(Text(piece, "bold" if bold else ""))

    def _head(self) -> None:
        endings = self._found["ended"]
        state = "; ".join(_outcome(e) for e in endings) or "not ended yet"
        self._say(f"{self._found['id']}  {state}", bold=True)

    def _question(self) -> None:
        self._say("\nQuestion", bold=True)
        self._say(self._found["question"], indent=2)
        lines, silent = self._found["sheet"], set(STANCES) - {""}
        for kind, title in (("F", "Findings"), ("C", "Text that comes with it")):
            told = [line for line in lines if line["id"].startswith(kind)]
            if told:
                self._say(f"\n{title}", bold=True)
            for line in told:
                self._say(f"{line['id']:<4}{line['text']}", indent=2, hang=4)
        if self._found["options"]:
            marks = ", ".join(f"{STANCES[s]} {s}" for s in sorted(silent)) if lines else ""
            self._say("\nOptions" + (f" and their evidence ({marks})" if marks else ""), bold=True)
        for option in [*self._found["options"], {"key": "", "text": ""}]:
            if option["key"]:
                self._say(f"{option['key']}  {option['text']}", indent=2, hang=3)
            for line in (x for x in lines if x["option"] == option["key"] and x["id"].startswith("E")):
                self._say(f"{STANCES[line['stance']]} {line['id']:<4}{line['text']}", indent=5, hang=6)

    def _calls(self) -> None:
        from rich.text import Text

        from medreason.cli.explain import plain
        from medreason.cli.status import money, plain_table, seconds, short

        columns = ("", "stage", "sample", "status", "http", "failure", "prompt", "reply", "cost", "s")
        table = plain_table(*columns, left=6)
        for n, request in enumerate(self._found["requests"], 1):
            for a in request["attempts"]:
                table.add_row(
                    str(n), Text(plain(request["stage"])), str(request["sample"]), a["status"],
                    str(a["http_status"] or "–"), a["error_class"] or "", short(a["prompt_tokens"]),
                    short(a["completion_tokens"]), money(a["cost"]), seconds(a["seconds"]),
                )  # fmt: skip
        self._say("\nCalls", bold=True)
        self._console.print(table)

    def _request(self, n: int, request: dict[str, Any]) -> None:
        from medreason.cli._show_item import CHAINS, of_prompt, pretty, text_of
        from medreason.llm.parse import OK

        parameters = request["parameters"]
        asked = {"model": parameters.get("model"), **parameters.get("parameters", {})}
        words = ", ".join(f"{k} {v}" for k, v in asked.items() if v is not None)
        self._say(f"\nRequest {n}: {request['stage']}, sample {request['sample']}", bold=True)
        self._say(f"{request['sha'][:12]}  {words}", indent=2)
        if not request["messages"]:
            self._say("the texts are purged", indent=2)
        for message in request["messages"]:
            role, text = message["role"], message["content"]
            if not self._full and role == "system":
                self._say(f"{role}: {len(text):,} characters", indent=2)
            elif not self._full and request["stage"] in CHAINS and of_prompt(text) is not None:
                self._say(f"{role}: question and evidence as above, {len(text):,} characters", indent=2)
            else:
                self._text(role, text, f"request {n}")
        for k, a in enumerate(request["attempts"], 1):
            label = "reply" if len(request["attempts"]) == 1 else f"reply {k}"
            told = bool(a["detail"] and a["error_class"])
            if a["body"] and not (told and a["http_status"] != OK and not self._full):
                self._text(label, pretty(text_of(a["body"])) if self._full else text_of(a["body"]), f"{label} of {n}")
            if told:
                self._say(f"{label}, {a['error_class']}: {a['detail']}", indent=2, hang=2)
        for sample in self._found["samples"]:
            if sample["request"] == request["sha"]:
                self._verdict(sample)
        if any(request["sha"] in (e["row"].get("written") or {}).get("requests", ()) for e in self._found["ended"]):
            self._say("kept", indent=2)

    def _text(self, label: str, text: str, place: str) -> None:
        """A text in full, folded, or by name where it stands above."""
        bare = " ".join(text.split())
        if bare in self._seen:
            self._say(f"{label}: as in {self._seen[bare]}", indent=2)
            return
        self._seen[bare] = place
        if self._full:
            self._say(f"{label}:", indent=2)
            self._say(text, indent=4)
        else:
            rest = len(bare) - FOLDED
            shown = f"{bare[:FOLDED]}… ({rest:,} more: --full)" if rest > 40 else bare
            self._say(f"{label}: {shown}", indent=2, hang=2)

    def _verdict(self, sample: dict[str, Any]) -> None:
        chose = f"chose {sample['chosen_key']}" if sample["chosen_key"] else "chose none"
        hinted = ", answer told" if sample["hinted"] else ""
        self._say(f"not kept, {sample['verdict']} ({chose}{hinted})", indent=2)
        for problem in sample["problems"]:
            self._say(f"checker: {problem}", indent=4, hang=2)

    def _end(self) -> None:
        """What is not told yet of how it ended: the reason in words, and the chain where no reply shows it."""
        problems = ["; ".join(s["problems"][:MOST_TOLD]) for s in self._found["samples"]]
        shown = any(a["body"] for r in self._found["requests"] for a in r["attempts"])
        for ending in self._found["ended"]:
            row = ending["row"]
            detail = "" if row.get("detail") in problems else row.get("detail", "")
            steps = row.get("steps") or () if not shown else ()
            if detail or steps:
                self._say("\nEnd", bold=True)
            if detail:
                self._say(detail, indent=2)
            for step in steps:
                cites = f" [{', '.join(step['cites'])}]" if step["cites"] else ""
                self._say(f"{step['n']}. {step['text']}{cites}", indent=2, hang=3)


def _outcome(ending: dict[str, Any]) -> str:
    """How an item ended, in one line."""
    row = ending["row"]
    if ending["kind"] == "rejection":
        return f"rejected: {row['stage']}/{row['reason']}"
    if "id_in_dataset" in row:
        return "kept as a record of the published format"
    how = ""
    if written := row.get("written"):
        how = f", sample {written['sample']}" + (", answer told" if written["hinted"] else "")
    return f"kept as a record: chose {row['chosen_key']}, lead {row['margin']:.1f} bits{how}"


def print_item(console: Console, found: dict[str, Any], *, full: bool) -> None:
    """Prints what :func:`medreason.cli._show_item.gather` found of an item; ``full``: prompts and replies whole."""
    _Page(console, found, full=full).print()


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command("show")
    def show_command(
        run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")],
        item: Annotated[str, typer.Argument(metavar="ID", help="Id of one of its items.")],
        full: Annotated[bool, typer.Option("--full", help="Show prompts and replies whole.")] = False,
        json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    ) -> None:
        """Show one item of a run from question to end: evidence, every request and reply, what was wrong."""
        import json

        from rich.console import Console

        from medreason.cli._run_folder import Folder
        from medreason.cli._show_item import gather

        found = gather(Folder(run), item)
        if json_:
            typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
        else:
            print_item(Console(), found, full=full)
