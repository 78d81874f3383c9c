"""What a run folder holds, finished or not: how it stands, how an item ended, its near namesakes. Reads only."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from medreason.dataset.journal import JOURNAL as WORK
from medreason.dataset.write import DATASET, MANIFEST, REJECTED, SAMPLES
from medreason.errors import InputError, RunFolderError
from medreason.llm.journal import JOURNAL as REPLIES

NEAR = 3
_OUTCOMES = "SELECT outcome FROM item ORDER BY number"
# The id is the first key of every row; of the published format's rows the second.
_ID = re.compile(r'"(?:id|id_in_dataset)": ?("(?:[^"\\]|\\.)*")')


class Ending(NamedTuple):
    """How an item ended: ``record`` or ``rejection``, and the row."""

    kind: str
    row: dict[str, Any]


class Folder:
    """A run folder.

    Raises:
        InputError: there is none, or it holds no run.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not any((path / name).is_file() for name in (MANIFEST, WORK, REPLIES)):
            what = "holds no run" if path.is_dir() else "is not a folder"
            raise InputError(f"it {what}", fix="name the --out of a run", item=path.name)

    @property
    def replies(self) -> Path | None:
        """The journal of replies, if there is one."""
        path = self.path / REPLIES
        return path if path.is_file() else None

    def manifest(self) -> dict[str, Any] | None:
        """The manifest of a finished run.

        Raises:
            RunFolderError: it cannot be read.
        """
        path = self.path / MANIFEST
        if not path.is_file():
            return None
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
            manifest["summary"]["rejected"], manifest["identity"]["config"]
            return dict(manifest)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunFolderError(
                f"{MANIFEST} is not of a run ({type(error).__name__})", fix="name the --out of a run"
            ) from None

    def counts(self) -> dict[str, Any]:
        """State, items that have ended, kept, and rejected by stage and reason.

        States: ``finished``, ``unfinished``, and ``replies`` where only a pilot was made.
        """
        manifest = self.manifest()
        if manifest is not None:
            summary = manifest["summary"]
            return {"state": "finished", **{key: summary[key] for key in ("items", "kept", "rejected")}}
        kept, reasons = 0, Counter[str]()
        for outcome in self._work(_OUTCOMES):
            if outcome["kind"] == "record":
                kept += 1
            else:
                reasons[f"{outcome['row']['stage']}/{outcome['row']['reason']}"] += 1
        rejected = dict(sorted(reasons.items()))
        state = "unfinished" if (self.path / WORK).is_file() else "replies"
        return {"state": state, "items": kept + reasons.total(), "kept": kept, "rejected": rejected}

    def config(self) -> dict[str, Any]:
        """The part of the configuration that identifies the run; empty where no run has begun."""
        manifest = self.manifest()
        if manifest is not None:
            return dict(manifest["identity"]["config"])
        found = next(self._work("SELECT value FROM run WHERE key = 'identity'"), None)
        return dict(found["config"]) if found else {}

    def endings(self, item: str) -> list[Ending]:
        """How an item ended; more than one where its id stood twice in the input, none where it has not."""
        if self.manifest() is None:
            return [Ending(o["kind"], o["row"]) for o in self._outcomes(item)]
        names = (("record", DATASET), ("rejection", REJECTED))
        return [Ending(kind, row) for kind, name in names for row in self._rows(name, item)]

    def samples(self, item: str) -> list[dict[str, Any]]:
        """Chains of an item that were not kept."""
        if self.manifest() is None:
            return [sample for o in self._outcomes(item) for sample in o.get("samples", ())]
        return self._rows(SAMPLES, item)

    def every_ending(self) -> Iterator[Ending]:
        """How each item ended, in the order of the files; of a run under way the items that have ended.

        Raises:
            RunFolderError: a file is missing or damaged, or a run is writing the folder.
        """
        if self.manifest() is None:
            yield from (Ending(o["kind"], o["row"]) for o in self._work(_OUTCOMES))
            return
        for kind, name in (("record", DATASET), ("rejection", REJECTED)):
            yield from (Ending(kind, row) for row in self._every(name))

    def every_sample(self) -> Iterator[dict[str, Any]]:
        """Chains that were not kept; none where no language model wrote any. Raises as :meth:`every_ending`."""
        if self.manifest() is None:
            yield from (sample for o in self._work(_OUTCOMES) for sample in o.get("samples", ()))
        elif "profile" in self.config():
            yield from self._every(SAMPLES)

    def missing(self, item: str) -> InputError:
        """The error for an id that is not there, with the nearest ones."""
        from rapidfuzz import fuzz, process

        from medreason.llm.accounts import items

        known = {_id(line) for name in (DATASET, REJECTED) for line in self._lines(name)} - {""}
        if self.manifest() is None:
            known |= {str(o["row"].get("id") or o["row"].get("id_in_dataset")) for o in self._work(_OUTCOMES)}
        if self.replies is not None:
            known |= set(items(self.replies))
        near = [name for name, _, _ in process.extract(item, sorted(known), scorer=fuzz.ratio, limit=NEAR)]
        fix = f"did you mean {', '.join(near)}?" if near else "no item has ended yet"
        return InputError(f"no item {item!r} in this run", fix=fix, item=self.path.name)

    # -- files -------------------------------------------------------------------------------------------

    def _outcomes(self, item: str) -> list[dict[str, Any]]:
        return [o for o in self._work(_OUTCOMES) if item in (o["row"].get("id"), o["row"].get("id_in_dataset"))]

    def _work(self, query: str) -> Iterator[dict[str, Any]]:
        path = self.path / WORK
        if not path.is_file():
            return
        try:
            db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=1.0)
            try:
                for (text,) in db.execute(query):
                    yield json.loads(text)
            finally:
                db.close()
        except (sqlite3.Error, ValueError) as error:
            if "locked" in str(error):
                raise RunFolderError(
                    "a run is writing this folder, and its journal is for one program at a time",
                    fix="wait for it, or stop it with Ctrl-C (what is done is kept) and look then",
                ) from error
            raise RunFolderError(f"cannot read {WORK}: {error}", fix="run the same command again, or anew") from error

    def _lines(self, name: str) -> Iterator[str]:
        path = self.path / name
        if not path.is_file():
            return
        try:
            with path.open(encoding="utf-8") as lines:
                yield from lines
        except (OSError, UnicodeDecodeError) as error:
            raise RunFolderError(f"cannot read {name}: {error}", fix="check the disk, or make the run again") from error

    def _every(self, name: str) -> Iterator[dict[str, Any]]:
        """The rows of a file that a finished run must have."""
        if not (self.path / name).is_file():
            raise RunFolderError(f"a finished run without {name}", fix="make the run again", item=self.path.name)
        for number, line in enumerate(self._lines(name), 1):
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if not isinstance(row, dict):
                raise RunFolderError("the line is damaged", fix="make the run again", item=f"{name}:{number}")
            yield row

    def _rows(self, name: str, item: str) -> list[dict[str, Any]]:
        try:
            return [json.loads(line) for line in self._lines(name) if _id(line) == item]
        except ValueError as error:
            raise RunFolderError(f"{name} is damaged: {error}", fix="make the run again") from error


def _id(line: str) -> str:
    found = _ID.search(line)
    return str(json.loads(found[1])) if found else ""
