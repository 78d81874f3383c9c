"""Outcomes on the disk while a run on Ray is under way: Parquet parts, written whole and named by what they hold.

A block that was done twice gives the same part. Journals of replies lie beside the parts, one a block: whichever actor
takes up a block that another left finds there what was paid for.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import polars as pl

from medreason.dataset.journal import JOURNAL
from medreason.dataset.write import replace_text
from medreason.engine import SHARDS, refuse_other
from medreason.errors import RunFolderError

PARTS = "parts"
BLOCKS = "blocks"
IDENTITY = "identity.json"


def write_part(folder: Path, numbers: list[int], outcomes: list[str]) -> str:
    """Writes outcomes as one Parquet file named by its content; a file that is there already is left."""
    digest = hashlib.sha256()
    for number, outcome in zip(numbers, outcomes, strict=True):
        digest.update(f"{number}\x1f{outcome}\x1e".encode("utf-8", "surrogatepass"))
    name = f"{digest.hexdigest()[:32]}.parquet"
    if not (folder / name).exists():
        beside = folder / f".{name}.{os.getpid()}.part"
        pl.DataFrame({"number": numbers, "outcome": outcomes}).write_parquet(beside, compression="zstd")
        beside.replace(folder / name)
    return name


def read_parts(folder: Path) -> dict[int, str]:
    """Outcomes by item number of all parts.

    Raises:
        RunFolderError: a part is damaged, or two say different things of one item.
    """
    found: dict[int, str] = {}
    for path in sorted(folder.glob("*.parquet")):
        try:
            table = pl.read_parquet(path)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise RunFolderError(f"the part cannot be read ({error})", fix="delete it", item=path.name) from None
        for number, outcome in zip(table["number"].to_list(), table["outcome"].to_list(), strict=True):
            if found.setdefault(number, outcome) != outcome:
                raise RunFolderError(
                    f"item {number} ended otherwise in another part", fix="report this", item=path.name
                )
    return found


def folder_of(out: Path, identity: dict[str, Any]) -> Path:
    """The folder of parts, of this run alone.

    Raises:
        RunFolderError: the run folder is used otherwise, or cannot be written.
    """
    folder = out / PARTS
    for other, how in ((JOURNAL, "in one piece"), (SHARDS, "in shards")):
        if (out / other).exists():
            raise RunFolderError(
                f"a run {how} is under way in this folder", fix="go on with it as it began", item=out.name
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / IDENTITY).exists():
            refuse_other(json.loads((folder / IDENTITY).read_text(encoding="utf-8")), identity, out)
        else:
            replace_text(folder / IDENTITY, [json.dumps(identity)])
        for torn in folder.glob(".*.part"):
            torn.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        raise RunFolderError(f"cannot be used ({error})", fix="choose another --out", item=out.name) from None
    return folder


def block_folder(folder: Path, block: int) -> Path:
    """Where the replies of a block are journalled."""
    return folder / BLOCKS / f"{block:08d}"


def block_folders(folder: Path) -> list[Path]:
    """The same of every block that was begun, in their order."""
    place = folder / BLOCKS
    return sorted(place.iterdir()) if place.is_dir() else []
