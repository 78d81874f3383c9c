"""One item's way through a run: from the line of the input, stage by stage, to its end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medreason.errors import MedReasonError

if TYPE_CHECKING:
    from rich.console import Console

    from medreason.cli._run_folder import Ending, Folder

_LOCATION = re.compile(r"(\S[^:\n]*:\d+): ")


def one_item(folder: Folder, item: str) -> dict[str, Any]:
    """What ``medreason show`` tells of an item, with its way: a list of stage and what became of it there.

    Raises:
        InputError: no such item.
        RunFolderError: a run is writing the folder, or a file of it is damaged.
    """
    from medreason.cli._show_item import gather

    found = gather(folder, item)
    return {**found, "way": [{"stage": stage, "told": told} for stage, told in _way(folder, item)]}


def _way(folder: Folder, item: str) -> Iterator[tuple[str, str]]:
    """Stage and what became of the item there, for each of its ends (an id that stands twice has two)."""
    from medreason.ledger import FLOWS, SELDOM, flow_name, meaning

    flow = FLOWS[flow_name(folder.config())]
    endings = folder.endings(item)
    if not endings:
        yield "end", "not reached yet"
    for ending in endings:
        yield "source line", source_line(folder, item, ending)
        end = ending.row["stage"] if ending.kind == "rejection" else ""
        passed = flow if not end else flow[: flow.index(end)] if end in flow else flow[:1]
        yield from ((name, "passed") for name in passed if name not in SELDOM)
        if end:
            reason = ending.row["reason"]
            words = meaning(end, reason)
            yield end, f"ended here, {reason}" + (f": {words}" if words else "")
        else:
            yield "kept", "a record"


def print_way(console: Console, found: dict[str, Any]) -> None:
    """Prints an item's way, then all that ``medreason show`` prints of it."""
    from rich.table import Table
    from rich.text import Text

    from medreason.cli.explain import plain
    from medreason.cli.show import print_item

    table = Table.grid(padding=(0, 2))
    for step in found["way"]:
        table.add_row(Text(plain(step["stage"])), Text(plain(step["told"])))
    console.print(table)
    console.print()
    print_item(console, found, full=False)


def source_line(folder: Folder, item: str, ending: Ending) -> str:
    """File and line of an item: from its rejection, else from the input, which must be the one that the run read.

    The input is read again (seconds for some thousand cases). What cannot be told is said, with the cause.
    """
    manifest = folder.manifest()
    detail = str(ending.row.get("detail", ""))
    if (manifest is None or detail) and (found := _LOCATION.match(detail)):
        return found[1]
    if manifest is None:
        return "not told before the run is finished"
    config, inputs = manifest["identity"]["config"], manifest["identity"]["inputs"]
    from medreason.intake import OWN

    if config["source"] not in OWN:
        return f"of {', '.join(inputs) or config.get('questions', 'the input')}; the id is the one of its row"
    return _looked_up(folder, item, inputs, config.get("limit"))


def _looked_up(folder: Folder, item: str, inputs: dict[str, str], limit: int | None) -> str:
    """The line in a run's own question files, found by the path in its log."""
    from medreason.dataset.write import LOG
    from medreason.kg.build import sha256_of
    from medreason.questions.reading import Item, item_files, read_items

    told = ", ".join(inputs)
    try:
        place = Path(json.loads((folder.path / LOG).read_text(encoding="utf-8"))["questions"])
        if {label: sha256_of(path) for label, path in item_files(place)} != inputs:
            return f"of {told}, which has changed since the run"
        found = next((i for i in read_items(place, limit) if isinstance(i, Item) and i.id == item), None)
    except (MedReasonError, OSError, ValueError, KeyError, TypeError):
        return f"of {told}, which is no longer where the run read it"
    return found.location if found is not None else f"of {told}"
