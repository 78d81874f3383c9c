"""Where questions are: a file, a folder, or a data set of the hub (``hf:NAME[/config][@revision][:split]``).

Nothing is read here but names, so that a split can be judged before any question of it is seen.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from medreason.errors import InputError, UsageError
from medreason.questions.reading import ENDINGS, item_files

PREFIX = "hf:"
_FIX = "write hf:OWNER/NAME, hf:OWNER/NAME/CONFIG or hf:OWNER/NAME/CONFIG:SPLIT"
_SPLIT = re.compile(r"[A-Za-z0-9_.-]+")
# Files of the hub's own layout that hold no questions.
_NO_ITEMS = frozenset({"dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"})


class HubPlace(NamedTuple):
    """A data set for ``datasets.load_dataset``: name or folder, configuration, revision, split."""

    name: str
    config: str = ""
    revision: str = ""
    split: str = ""

    @property
    def label(self) -> str:
        """How a rejection names it; never an absolute path."""
        name = Path(self.name).name if Path(self.name).is_dir() else self.name
        return "/".join(part for part in (name, self.config) if part)


def hub_place(place: str | Path) -> HubPlace | None:
    """The data set that ``hf:…`` names, or a folder that only ``datasets`` can read; ``None`` for other paths.

    Raises:
        UsageError: ``hf:`` is not followed by a name, or the split is a slice or sum (``train[:10]``, ``a+b``).
    """
    text = str(place)
    if not text.startswith(PREFIX):
        folder = Path(place)
        return HubPlace(str(folder)) if folder.is_dir() and _needs_datasets(folder) else None
    name, _, split = text[len(PREFIX) :].partition(":")
    name, _, revision = name.partition("@")
    if not name or (split and not _SPLIT.fullmatch(split)):
        raise UsageError(f"{text!r} names no split of a data set", fix=f"{_FIX}; for a part of it use --limit")
    if name[0] in "./~":
        return _local_data_set(Path(name).expanduser(), revision, split)
    parts = name.split("/")
    if len(parts) > 3 or not all(parts):
        raise UsageError(f"{text!r} names no data set", fix=_FIX)
    return HubPlace("/".join(parts[:2]), parts[2] if len(parts) == 3 else "", revision, split)


def _local_data_set(folder: Path, revision: str, split: str) -> HubPlace:
    """A folder given as ``hf:/folder`` or ``hf:./folder``, or its configuration ``hf:./folder/CONFIG``.

    A configuration may be called as a subfolder is: the card of the folder above decides.
    """
    part = _described(folder.parent) and not _described(folder)
    if (folder.is_dir() and not part) or not folder.parent.is_dir():
        return HubPlace(str(folder), "", revision, split)
    return HubPlace(str(folder.parent), folder.name, revision, split)


def _described(folder: Path) -> bool:
    """Whether a data set card tells which files are which split."""
    card = folder / "README.md"
    text = card.read_text(encoding="utf-8", errors="replace") if card.is_file() else ""
    return re.search(r"(?m)^configs:", text) is not None


def _needs_datasets(folder: Path) -> bool:
    return _described(folder) or (folder / "dataset_dict.json").is_file() or not _readable(folder)


def _readable(folder: Path) -> list[tuple[str, Path]]:
    if not any(p.name.endswith(ENDINGS) for p in folder.rglob("*")):
        return []
    files = item_files(folder)
    return [(label, p) for label, p in files if p.name not in _NO_ITEMS and not re.search(r"(?:^|/)\.", label)]


def local_files(place: str | Path) -> list[tuple[str, Path]]:
    """Label (relative name) and path of the files of a local file or folder that can be read without ``datasets``.

    Raises:
        InputError: nothing there.
    """
    path = Path(place)
    if not path.is_dir():
        return item_files(path)
    files = _readable(path)
    if not files:
        raise InputError(f"the folder holds no file ending in {', '.join(ENDINGS)}", item=path.name)
    return files
