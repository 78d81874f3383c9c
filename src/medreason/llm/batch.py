"""A folder of requests and responses in the format of OpenAI's batch service: what lies in it, and what it means.

    requests-0001.jsonl   {"custom_id": <key>, "method": "POST", "url": "/v1/chat/completions", "body": {...}}
    responses*.jsonl      {"custom_id": <key>, "response": {"status_code": 200, "body": {...}}, "error": null}
                          {"custom_id": <key>, "content": "the reply"}        (written by hand)

A folder is read once: of a response only its place is kept (about 200 bytes), its text is read when it is asked for.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from medreason.errors import RunFolderError
from medreason.llm.faults import Fault, classify, clean, fault
from medreason.llm.parse import OK

# Bad lines that are shown; the others are counted.
SHOWN = 5
# Errors of a batch that never reached the model.
LATE = {"batch_expired": "overload", "batch_cancelled": "overload", "request_timeout": "timeout"}
_OFFSET = 48  # bits of a place that hold the offset in its file
_KEY = re.compile(r"[0-9a-f]{64}")
_WAVE = re.compile(r"requests-(\d+)\.jsonl")
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class Entry(NamedTuple):
    """One response.

    Args:
        status: Of the HTTP reply; ``None`` where the request never got so far.
        body: Of the HTTP reply, or the error.
        problem: The fault, where the status does not tell it.
        date: When its file was written, seconds since 1970.
        copy: Whether the same line, with the service's own id of it, was there before.
    """

    status: int | None
    body: str
    problem: Fault | None
    date: float
    copy: bool


class Asked(NamedTuple):
    """A request in the waves so far: how often, and the last file that holds it."""

    times: int
    file: str


class Folder:
    """What lies in a folder: the waves of requests, and the place of every response.

    Reads every file once, O(bytes); 226 MB a second on one core for responses of 6 kB.

    Args:
        path: The folder.

    Raises:
        RunFolderError: it, or a file in it, cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.malformed = 0
        self.problems: list[str] = []
        self.strangers = 0
        self._responses: list[tuple[str, float]] = []
        self._first: dict[bytes, int] = {}
        self._more: dict[bytes, list[int]] = {}
        self._waves: list[str] = []
        self._times: Counter[bytes] = Counter()
        self._last: dict[bytes, int] = {}
        try:
            names = sorted(p.name for p in path.iterdir() if p.is_file())
            for name in names:
                if _WAVE.fullmatch(name):
                    self._read_wave(name)
            for name in names:
                if name.startswith("responses") and name.endswith(".jsonl"):
                    self._read_responses(name)
        except OSError as error:
            raise RunFolderError(
                f"cannot read {error.filename or path}: {error.strerror}", fix="check the rights of the folder"
            ) from None

    @property
    def next_wave(self) -> int:
        """Number for the next file of requests."""
        return 1 + max((int(name[len("requests-") : -len(".jsonl")]) for name in self._waves), default=0)

    def asked(self, sha: str) -> Asked:
        """How often a request stands in the waves so far."""
        key = bytes.fromhex(sha)
        times = self._times[key] if key in self._last else 0
        return Asked(times, self._waves[self._last[key]] if times else "")

    def unasked(self) -> Iterator[str]:
        """Keys of responses whose request stands in no wave."""
        return (key.hex() for key in self._first if key not in self._last)

    def entries(self, sha: str) -> Iterator[Entry]:
        """The responses to a request, in the order of file names and lines; reads them from the disk.

        Raises:
            RunFolderError: a file has changed since it was read.
        """
        key = bytes.fromhex(sha)
        if key not in self._first:
            return
        seen: set[bytes] = set()
        for place in (self._first[key], *self._more.get(key, ())):
            name, date = self._responses[place >> _OFFSET]
            try:
                with (self.path / name).open("rb") as source:
                    source.seek(place & ((1 << _OFFSET) - 1))
                    raw = source.readline().strip()
            except OSError:
                raw = b""
            if sha.encode() not in raw:
                raise RunFolderError(f"{self.path / name} changed while it was read", fix="run the same command again")
            try:
                data = parse_line(raw)
                entry = _entry(data, date, copy=bool(data.get("id")) and raw in seen)
            except (ValueError, RecursionError):  # JSON at the very edge of what can be nested
                continue
            seen.add(raw)
            yield entry

    def _read_wave(self, name: str) -> None:
        self._waves.append(name)
        with (self.path / name).open("rb") as source:
            for raw in source:
                with contextlib.suppress(ValueError, RecursionError):
                    data = json.loads(raw)
                    sha = data.get("custom_id") if isinstance(data, dict) else None
                    if isinstance(sha, str) and _KEY.fullmatch(sha):
                        key = bytes.fromhex(sha)
                        self._times[key] += 1
                        self._last[key] = len(self._waves) - 1

    def _read_responses(self, name: str) -> None:
        with (self.path / name).open("rb") as source:
            file = len(self._responses)
            self._responses.append((name, os.fstat(source.fileno()).st_mtime))
            offset = 0
            for number, raw in enumerate(source, 1):
                start, offset = offset, offset + len(raw)
                if text := raw.strip():
                    try:
                        self._place(parse_line(text)["custom_id"], (file << _OFFSET) | start)
                    except ValueError as error:
                        self.malformed += 1
                        if len(self.problems) < SHOWN:
                            self.problems.append(f"{name}:{number}: {error}")

    def _place(self, sha: str, place: int) -> None:
        if not _KEY.fullmatch(sha):
            self.strangers += 1
            return
        key = bytes.fromhex(sha)
        if key in self._first:
            self._more.setdefault(key, []).append(place)
        else:
            self._first[key] = place


def parse_line(raw: bytes) -> dict[str, Any]:
    """The object of a line of responses, in one of the known forms.

    Raises:
        ValueError: it is not; the message says why.
    """
    try:
        data = json.loads(raw)
    except json.JSONDecodeError as error:
        raise ValueError(f"not a JSON value: {error.msg} at character {error.pos}") from None
    except (ValueError, RecursionError):
        raise ValueError("not a JSON value in UTF-8") from None
    if not isinstance(data, dict):
        raise ValueError("not a JSON object")
    if not isinstance(data.get("custom_id"), str):
        raise ValueError("no custom_id")
    if not (data.get("error") or isinstance(data.get("response"), dict) or _written(data)):
        raise ValueError("neither a response, nor content, nor an error")
    return data


def _written(data: Mapping[str, Any]) -> bool:
    return isinstance(data.get("content"), str | dict | list)


def _entry(data: Mapping[str, Any], date: float, *, copy: bool) -> Entry:
    response, error = data.get("response"), data.get("error")
    status: int | None = None
    body: Any = None
    problem: Fault | None = None
    if isinstance(response, dict):
        status, body = _status(response.get("status_code", OK)), response.get("body")
    if error:
        while isinstance(error, dict) and isinstance(error.get("error"), dict):
            error = error["error"]
        code = error.get("code") if isinstance(error, dict) else None
        refused = status is not None and status != OK and body
        status = next((s for s in (status, _status(code)) if s is not None and 400 <= s < 600), None)
        body = body if refused else {"error": error}
        if status is None:
            problem = _unsent(code, _text(body))
    elif not isinstance(response, dict):
        content = data["content"]
        text = content if isinstance(content, str) else _JSON.encode(content)
        message = {"role": "assistant", "content": text}
        status, body = OK, {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    elif status is None:
        problem = fault("bad_body", "a response whose status is not a number")
    return Entry(status, _text(body), problem, date, copy)


def _unsent(code: object, body: str) -> Fault:
    """The fault of an error without a status: by its code, else by its words, else one that may pass."""
    if isinstance(code, str) and code in LATE:
        return fault(LATE[code], code)
    named = classify(400, {}, body)
    return classify(500, {}, body) if named.kind.name == "bad_request" else named


def _status(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) == 3:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(body: Any) -> str:
    return clean(body if isinstance(body, str) else _JSON.encode(body))
