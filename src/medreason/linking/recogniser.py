"""The compiled recogniser of a graph: made once, stored in the graph's folder, loaded in a fraction of a second.

The file is JSON, named by the graph's SHA-256, the node types, the tables and the code that made it, so that a
stale one is never read. It is written to a temporary file and renamed. Where the graph's folder is read-only
it goes to the user's cache folder, and where that is too it is kept in memory only.
What it is not: part of the graph. The manifest does not list it; deleting it costs one compilation.
"""

from __future__ import annotations

import gc
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import sha256
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from medreason.linking import tables
from medreason.linking.compile import FIRST, SKIPPED, UNKNOWN, compile_names
from medreason.linking.forms import STOP, head, is_adjective, is_body_part, representative
from medreason.linking.lexicon import Entry
from medreason.linking.normalise import normal_form, words

if TYPE_CHECKING:
    from medreason.kg.store import Graph

FOLDER = "recogniser"
SHIFT = 20  # bits of a word number inside a pair
MEMO = 500_000  # words remembered before the memory is emptied
_CODE = ("compile", "forms", "lexicon", "normalise")


@cache
def _version() -> str:
    digest = sha256(tables.fingerprint().encode())
    for name in _CODE:
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    return digest.hexdigest()


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No garbage collection meanwhile: 100,000 small lists without cycles load in half the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


class _Numbers(dict[str, int]):
    """Numbers of words as written in lower case; a new word is worked out once and remembered."""

    def __init__(self, known: dict[str, int]) -> None:
        super().__init__()
        self._known = known

    def __missing__(self, word: str) -> int:
        if len(self) > MEMO:
            self.clear()
        norm = normal_form(word.replace("-", ""))
        number = self._known.get(norm)
        if number is None:
            number = self._known.get(representative(norm, self._known), UNKNOWN)
        self[word] = number
        return number


class Names:
    """The names of one bag, best first, and which of them come first where a text writes them so.

    Attributes:
        entries: All names.
        cased: The best one counts only as written.
        written: Lower-case wording of a name → the entries with that name first.
    """

    __slots__ = ("_spelled", "cased", "entries", "written")

    def __init__(self, rows: Iterable[Iterable[Any]]) -> None:
        self.entries = tuple([Entry(*row) for row in rows])
        self.cased = self.entries[0].cased
        self.written = {
            lower: self._first([e for e in self.entries if e.text.lower() == lower])
            for lower in {e.text.lower() for e in self.entries}
        }
        self._spelled: dict[tuple[str, ...], tuple[Entry, ...]] | None = None

    def _first(self, chosen: list[Entry]) -> tuple[Entry, ...]:
        if self.entries[0] in chosen:
            return self.entries
        return (*chosen, *(e for e in self.entries if e not in chosen))

    def spelled(self, name: tuple[str, ...]) -> tuple[Entry, ...] | None:
        """The entries, those with these normalised words in this order first; ``None`` where there are none."""
        if self._spelled is None:
            by_words: dict[tuple[str, ...], list[Entry]] = {}
            for entry in self.entries:
                if entry.kind != "variant":
                    by_words.setdefault(words(entry.text), []).append(entry)
            self._spelled = {key: self._first(chosen) for key, chosen in by_words.items()}
        return self._spelled.get(name)


class Recogniser:
    """Word numbers, bags of words and the names behind them. Immutable, but for the memory of seen words.

    Attributes:
        types: The node types whose names it knows.
        numbers: Number of a lower-case word: 0 unknown, 1 little word, else a word of some name.
        bags: Names by the sorted numbers of their words.
        measured: Nodes of the concepts of ``ranges.tsv``, by id.
        singles: Names of one word, by its number.
        pairs: Codes of two numbers that occur in one name, both ways round.
        code: Of a number pair: ``(a << SHIFT) | b``.
        curies, above: Ids and broader nodes of the nodes that were met, remembered for the next text.
    """

    def __init__(self, types: tuple[str, ...], compiled: dict[str, Any]) -> None:
        self.types = types
        known: dict[str, int] = compiled["words"]
        self.known = known
        self.numbers = _Numbers(known)
        self.measured: dict[str, int] = compiled["measured"]
        with _collector_paused():
            self.bags: dict[tuple[int, ...], Any] = {tuple(bag): entries for bag, entries in compiled["bags"]}
            self.pairs = {a << SHIFT | b for bag in self.bags for a, b in permutations(bag, 2)}
        self.singles = {bag[0] for bag in self.bags if len(bag) == 1}
        self.curies: dict[int, str] = {}
        self.above: dict[int, frozenset[int]] = {}
        self._names: dict[tuple[int, ...], Names] = {}

    def names(self, bag: tuple[int, ...]) -> Names:
        """The names with exactly the words of a bag."""
        found = self._names.get(bag)
        if found is None:
            found = self._names[bag] = Names(self.bags[bag])
        return found

    def number(self, word: str) -> int:
        """The number of a normalised word."""
        return self.known.get(word, UNKNOWN)

    def __len__(self) -> int:
        return len(self.bags)


@cache
def adjective(lower: str) -> bool:
    """Whether a word as written is the adjective of a body part."""
    return is_adjective(normal_form(lower))


@cache
def body_part(lower: str) -> str | None:
    """The word for the body part that a word as written stands for; empty for a little word, ``None`` for others."""
    norm = normal_form(lower.replace("-", ""))
    if norm in STOP:
        return ""
    return head(norm) if is_body_part(norm) else None


def file_name(graph: Graph, types: tuple[str, ...]) -> str:
    kinds = sha256("|".join(types).encode()).hexdigest()[:8]
    return f"{graph.ref.sha256[:16]}-{kinds}-{_version()[:16]}.json"


def _folders(graph: Graph) -> Iterable[Path]:
    yield Path(graph.folder) / FOLDER
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    yield Path(base) / "medreason" / FOLDER


def _write(folder: Path, name: str, text: str) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".", suffix=".tmp")
    except OSError:
        return False
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).chmod(0o644)  # as readable as the graph beside it
        Path(temporary).replace(folder / name)
        for stale in folder.glob(name.rpartition("-")[0] + "-*.json"):
            if stale.name != name:
                stale.unlink(missing_ok=True)
    except OSError:
        with suppress(OSError):
            Path(temporary).unlink()
        return False
    return True


def load(graph: Graph, types: tuple[str, ...]) -> Recogniser | None:
    """The stored recogniser of a graph, ``None`` where there is none (or only a damaged file)."""
    name = file_name(graph, types)
    for folder in _folders(graph):
        with suppress(OSError, ValueError, KeyError, TypeError), _collector_paused():
            return Recogniser(types, json.loads((folder / name).read_bytes()))
    return None


def compile_recogniser(graph: Graph, types: tuple[str, ...], *, store: bool = True) -> Recogniser:
    """Compiles the recogniser of a graph and stores it (some seconds for HPO)."""
    compiled = compile_names(graph, types)
    text = json.dumps(compiled, ensure_ascii=False, separators=(",", ":"))
    if store:
        name = file_name(graph, types)
        for folder in _folders(graph):
            if _write(folder, name, text):
                break
    return Recogniser(types, json.loads(text))


_CACHE: WeakKeyDictionary[Graph, dict[tuple[str, ...], Recogniser]] = WeakKeyDictionary()


def recogniser(graph: Graph, types: tuple[str, ...] = ("phenotype",)) -> Recogniser:
    """The recogniser of a graph, loaded or compiled at first use and dropped with the graph object."""
    by_types = _CACHE.setdefault(graph, {})
    if types not in by_types:
        by_types[types] = load(graph, types) or compile_recogniser(graph, types)
    return by_types[types]


__all__ = ["FIRST", "SHIFT", "SKIPPED", "UNKNOWN", "Recogniser", "adjective", "compile_recogniser", "recogniser"]
