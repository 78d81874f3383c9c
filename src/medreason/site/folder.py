"""Writes a site: pages, list, search index and details, item by item as they are read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from markupsafe import Markup

from medreason.ledger import Ledger
from medreason.report.content import LINKS
from medreason.report.page import share
from medreason.site.details import Details
from medreason.site.lines import Keys, Tables, id_of, line
from medreason.site.numbers import Numbers, statistics_page
from medreason.site.words import LONGEST, Index

FORMAT = 1
# Items whose details make one script; lines of the list in one script (the first few come alone, to be shown at once).
SHARD, CHUNK = 32, 2000
PAGES = ("index.html", "statistics.html")
FILES = ("site.css", "data.js", "list.js", "record.js", "main.js")
# Nothing but the folder's own files. A page opened from disk has no origin, hence ``file:`` beside ``'self'``.
POLICY = "default-src 'none'; script-src 'self' file:; style-src 'self' file:; base-uri 'none'; form-action 'none'"


def _json(value: Any) -> str:
    """One line of JSON that is a JavaScript expression too, also inside a page; half surrogates as escapes."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


class Site:
    """A site under way.

    Args:
        out: An empty folder.
        details: Makes the details of items.
    """

    def __init__(self, out: Path, details: Details) -> None:
        self._out = out
        (out / "data").mkdir()
        self._details = details
        self._index = Index()
        self._keys = Keys()
        self._tables = Tables()
        self._lines: list[Any] = []
        self._chunks = self._shards = 0
        self._shard: list[Any] = []
        self._teacher: set[str] = set()
        self.numbers = Numbers()
        self.bytes = 0

    def _write(self, name: str, text: str) -> None:
        data = text.encode("utf-8", "backslashreplace")
        self.bytes += len(data)
        (self._out / name).write_bytes(data)

    def _data(self, name: str, call: str, *values: Any) -> None:
        self._write(f"data/{name}.js", f"MR.{call}({','.join(map(_json, values))});\n")

    def through(self, endings: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Takes items into the site and hands each on to whoever counts them too."""
        for kind, row in endings:
            self.add(kind, row)
            yield kind, row

    def add(self, kind: str, row: dict[str, Any]) -> None:
        """Takes the next item: ``record`` or ``rejection``, and its row."""
        found = line(kind, row, self._keys.name(id_of(row)))
        detail = self._details.of(kind, row)
        self.numbers.add(found, row)
        self._index.add(_searched(found.key, row))
        self._lines.append(self._tables.coded(found))
        self._shard.append(detail)
        if row.get("teacher"):
            self._teacher.add(str(row["teacher"]))
        if len(self._lines) == (CHUNK // 10 if not self._chunks else CHUNK):
            self._end_chunk()
        if len(self._shard) == SHARD:
            self._end_shard()

    def _end_chunk(self) -> None:
        self._data(f"list-{self._chunks}", "isLines", self._lines)
        self._chunks += 1
        self._lines = []

    def _end_shard(self) -> None:
        self._data(f"items-{self._shards}", "isItems", self._shards, self._shard)
        self._shards += 1
        self._shard = []

    def finish(self, run: str, funnel: Ledger, facts: dict[str, Any]) -> None:
        """Writes what is left, the index and the pages.

        Args:
            run: Name of the run.
            funnel: Its ledger.
            facts: ``graph`` (source, version, SHA-256, or ``None``), ``version``, ``seed``, ``licence``,
                ``attribution``, ``named`` (made with the graph), ``state``.
        """
        if self._lines:
            self._end_chunk()
        if self._shard:
            self._end_shard()
        first = []
        for n, piece in enumerate(self._index.pieces()):
            first.append(piece.words[0])
            self._data(f"words-{n}", "isWords", n, piece.words, piece.items)
        low, high = self.numbers.thirds()
        about = {
            "format": FORMAT, "items": self.numbers.items, "kept": self.numbers.kept, "reviewed": self.numbers.reviewed,
            "graph": facts["graph"], "teacher": ", ".join(sorted(self._teacher)), "version": facts["version"],
            "seed": facts["seed"], "tables": self._tables.document(), "leads": [low, high], "links": LINKS,
            "chunks": self._chunks, "shard": SHARD, "pieces": first, "longest": LONGEST,
        }  # fmt: skip
        self._data("about", "isAbout", about)
        self._pages(run, funnel, facts)

    def _pages(self, run: str, funnel: Ledger, facts: dict[str, Any]) -> None:
        from jinja2 import DictLoader, Environment, StrictUndefined

        own = files("medreason.site").joinpath("files")
        names = (*PAGES, "notice.html", "footer.html")
        sources = {name: own.joinpath(name).read_text(encoding="utf-8") for name in names}
        environment = Environment(
            loader=DictLoader(sources), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        environment.filters["share"] = share
        shared: dict[str, Any] = {"policy": POLICY, "run": run, "facts": facts, "numbers": self.numbers}
        for part in ("notice", "footer"):
            shared[part] = Markup(environment.get_template(f"{part}.html").render(**shared))
        self._write("index.html", environment.get_template("index.html").render(**shared))
        shared.pop("numbers")
        self._write("statistics.html", statistics_page(environment, self.numbers, funnel, shared))
        for name in FILES:
            self._write(name, own.joinpath(name).read_text(encoding="utf-8"))
        self._write("page.css", files("medreason.report").joinpath("page.css").read_text(encoding="utf-8"))


def _searched(key: str, row: dict[str, Any]) -> Iterator[str]:
    """The texts of an item that a search looks through."""
    yield key
    for name in ("question", "answer", "stage", "reason", "detail"):
        yield str(row.get(name) or "")
    options = row.get("options")
    for option in options if isinstance(options, list) else ():
        yield f"{option['text']} {option.get('concept') or ''}"
    for finding in row.get("findings") or ():
        yield f"{finding['text']} {finding['concept']}"
    yield " ".join(row.get("organ_systems") or ())
