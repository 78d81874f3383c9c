"""Where a command may write: never over what it reads, and found out before the work, not after it."""

from __future__ import annotations

from pathlib import Path

from medreason.errors import RunFolderError, UsageError


def check_output(path: Path, *inputs: Path) -> None:
    """Refuses a file to write that is one of the inputs, or a file of a run.

    Raises:
        UsageError: writing it would destroy what is read.
    """
    taken = [p / "dataset.jsonl" if p.is_dir() else p for p in inputs]
    if any(path.resolve() == p.resolve() for p in taken):
        raise UsageError(f"{path.name} is what is read; writing it would destroy it", fix="give another file")
    if (path.parent / "manifest.json").is_file() and path.name in RUN_FILES:
        raise UsageError(f"{path.name} belongs to the run in that folder", fix="give another file")


RUN_FILES = frozenset(
    "dataset.jsonl dataset.parquet rejected.jsonl samples.jsonl manifest.json report.html run.log.json".split()
)


def make_folder(folder: Path, *inputs: Path) -> None:
    """Makes a folder for results.

    Raises:
        UsageError: it holds a run, or is what is read.
        RunFolderError: it cannot be made.
    """
    if (folder / "manifest.json").is_file() or any(folder.resolve() == p.resolve() for p in inputs):
        raise UsageError(f"{folder.name} holds a run or is what is read", fix="give a folder of its own with --out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunFolderError(
            f"cannot make the folder: {error.strerror or error}", fix="give a folder that can be made", item=folder.name
        ) from error
