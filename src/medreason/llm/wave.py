"""Requests on their way into files, in the input format of OpenAI's batch service: whole files, of one model each."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

from medreason.errors import RunFolderError

URL = "/v1/chat/completions"
# What batch services take in one file: OpenAI 50,000 requests and 200 MB, its older contract and others 100 MB; all of
# one model.
MOST_REQUESTS = 50_000
MOST_BYTES = 100_000_000
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
# Ends of lines for some readers, though not in JSON.
_BREAKS = {"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}


class _Line(NamedTuple):
    offset: int
    length: int


class Wave:
    """Requests on their way into files; they wait in a nameless file in the folder, not in memory.

    Args:
        path: The folder.
        most_requests: Most requests of a file.
        most_bytes: Most bytes of a file.
    """

    def __init__(self, path: Path, *, most_requests: int = MOST_REQUESTS, most_bytes: int = MOST_BYTES) -> None:
        self._path = path
        self._most = most_requests, most_bytes
        self._lines: dict[str, list[_Line]] = {}
        self._store: IO[bytes] | None = None
        self._end = 0

    def add(self, sha: str, body: Mapping[str, Any]) -> None:
        """Adds a request.

        Raises:
            RunFolderError: the folder cannot be written.
        """
        text = _JSON.encode({"custom_id": sha, "method": "POST", "url": URL, "body": body})
        for character, escape in _BREAKS.items():
            text = text.replace(character, escape)
        raw = text.encode() + b"\n"
        try:
            if self._store is None:
                self._store = tempfile.TemporaryFile(dir=self._path)  # noqa: SIM115 - closed by close
            self._store.seek(self._end)
            self._store.write(raw)
        except OSError as error:
            raise self._unwritable(error) from None
        self._lines.setdefault(str(body["model"]), []).append(_Line(self._end, len(raw)))
        self._end += len(raw)

    def write(self, number: int) -> dict[str, int]:
        """Writes what was added, model by model; each file whole or not at all, readable by its owner alone.

        Args:
            number: Of the first file.

        Returns:
            Requests by name of file.

        Raises:
            RunFolderError: the folder cannot be written; files that were finished stay.
        """
        written: dict[str, int] = {}
        try:
            for lines in [part for of_model in self._lines.values() for part in self._parts(of_model)]:
                while (path := self._path / f"requests-{number:04d}.jsonl").exists():
                    number += 1
                self._write(path, lines)
                written[path.name] = len(lines)
            if written:
                _flush(self._path)
        except OSError as error:
            raise self._unwritable(error) from None
        self.close()
        return written

    def close(self) -> None:
        """Forgets what was added."""
        if self._store is not None:
            self._store.close()
        self._store = None
        self._lines = {}
        self._end = 0

    def _parts(self, lines: list[_Line]) -> Iterator[list[_Line]]:
        most_requests, most_bytes = self._most
        part: list[_Line] = []
        size = 0
        for line in lines:
            if part and (len(part) == most_requests or size + line.length > most_bytes):
                yield part
                part, size = [], 0
            part.append(line)
            size += line.length
        yield part

    def _write(self, path: Path, lines: list[_Line]) -> None:
        assert self._store is not None
        temporary = path.with_name(f".{path.name}.part")
        try:
            temporary.unlink(missing_ok=True)
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                for line in lines:
                    self._store.seek(line.offset)
                    out.write(self._store.read(line.length))
                out.flush()
                os.fsync(out.fileno())
            temporary.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise

    def _unwritable(self, error: OSError) -> RunFolderError:
        return RunFolderError(f"cannot write {self._path}: {error.strerror}", fix="check the rights and the disk of it")


def _flush(folder: Path) -> None:
    """Makes the names in a folder durable, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
