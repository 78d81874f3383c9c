"""Files written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from medreason.errors import RunFolderError


def write_files(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Writes files in their order, each beside its name, flushed and renamed; earlier ones of the name are replaced.

    Raises:
        RunFolderError: the folder cannot be made or written; files before the one that failed are there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            unfinished = folder / f".{name}.part"
            with unfinished.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(folder / name)
    except OSError as error:
        cause = f"cannot write here: {error.strerror or error}"
        raise RunFolderError(cause, fix="free some space or give another --out", item=folder.name) from error
    return [folder / name for name in files]
