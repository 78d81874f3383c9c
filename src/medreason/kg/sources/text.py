"""Reads delimited text, plain or gzipped, and says which line is wrong when something is.

Tables are read by polars, every cell as text. What polars lets pass (short rows become empty cells) or reports
without a place is looked for again, line by line, only then.
"""

from __future__ import annotations

import csv
import gzip
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import numpy as np
import polars as pl

from medreason.errors import InputError

GZIP_MAGIC = b"\x1f\x8b"
BLOCK = 1 << 24
AGAIN = "the file is damaged, cut short or of another format: fetch or export it again"
Check = Callable[[list[str]], str | None]


@contextmanager
def plain(path: Path) -> Iterator[Path]:
    """The file itself, or a temporary unpacked copy (in ``TMPDIR``) of a gzipped one.

    Raises:
        InputError: the file is missing, cannot be read, or its gzip stream is cut short or damaged.
    """
    try:
        with path.open("rb") as data:
            packed = data.read(2) == GZIP_MAGIC
    except OSError as error:
        raise InputError(
            f"cannot read: {error.strerror or error}", fix="give an existing file", item=path.name
        ) from error
    if not packed:
        if path.name.endswith(".gz"):
            raise InputError("the name ends in .gz, but this is no gzip file", fix=AGAIN, item=path.name)
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="medreason-", suffix=path.with_suffix("").name) as copy:
        lines = 0
        try:
            with gzip.open(path, "rb") as source:
                while block := source.read(BLOCK // 16):
                    copy.write(block)
                    lines += block.count(b"\n")
            copy.flush()
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise InputError(
                f"the gzip file is cut short or damaged ({error})",
                fix="fetch it again and compare its size with the source's",
                item=f"{path.name}:{lines + 1}",
            ) from error
        except OSError as error:
            raise InputError(
                f"cannot unpack: {error}", fix="set TMPDIR to a folder with room", item=path.name
            ) from error
        yield Path(copy.name)


def header_of(path: Path, name: str, separator: str) -> tuple[list[str], int]:
    """Column names, and the number of comment lines (``#``) before them."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        for comments, line in enumerate(lines):
            if not line.startswith("#"):
                cells = next(csv.reader([line.rstrip("\r\n")], delimiter=separator), [])
                return [c.strip() for c in cells], comments
    raise InputError("the file is empty", fix=AGAIN, item=f"{name}:1")


def separator_of(path: Path) -> str:
    """Tab for ``.tsv``, ``.sif`` and ``.txt`` names (``.gz`` or not), comma for others."""
    stem = path.name.removesuffix(".gz")
    return "\t" if stem.endswith((".tsv", ".sif", ".txt", ".tab")) else ","


def need_columns(found: Sequence[str], needed: Sequence[str], name: str, line: int = 1) -> None:
    """Raises an ``InputError`` at the header line if a column is missing."""
    missing = [c for c in needed if c not in found]
    if missing:
        raise InputError(
            f"column {', '.join(missing)} is missing; the file has: {', '.join(found)[:200]}",
            fix="give the right file, or map the columns",
            item=f"{name}:{line}",
        )


def undecodable_line(path: Path) -> int:
    """Number of the first line that is not UTF-8, 0 if all are."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 0


def find_fault(path: Path, name: str, separator: str, *, quoted: bool, check: Check | None = None) -> None:
    """Reads line by line and raises at the first row of another width, or of which ``check`` says something."""
    header, comments = header_of(path, name, separator)
    line = comments
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            for _ in range(comments):
                next(lines)
            if quoted:
                rows = csv.reader(lines, delimiter=separator, strict=True)
            else:
                rows = csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_NONE)
            for cells in rows:
                line = comments + rows.line_num
                if not cells:
                    continue
                if len(cells) != len(header):
                    fault: str | None = f"{len(cells)} columns, the header has {len(header)}"
                else:
                    fault = check(cells) if check and rows.line_num > 1 else None
                if fault:
                    raise InputError(fault, fix=AGAIN, item=f"{name}:{line}")
    except csv.Error as error:
        raise InputError(f"cannot be read as text: {error}", fix=AGAIN, item=f"{name}:{line + 1}") from error
    except UnicodeDecodeError as error:
        item = f"{name}:{undecodable_line(path)}"
        raise InputError(f"cannot be read as UTF-8: {error.reason}", fix="save it as UTF-8", item=item) from error


def give_up(error: Exception, path: Path, name: str, separator: str, *, quoted: bool) -> NoReturn:
    """Turns an error of polars into one that names the line."""
    find_fault(path, name, separator, quoted=quoted)
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    raise InputError(f"cannot be read as a table: {first}", fix=AGAIN, item=name) from error


def _widths(path: Path, name: str, separator: str, width: int, comments: int) -> None:
    """Raises at the first line without ``width - 1`` separators; 1 GB takes about 2 s."""
    line, rest = 1, b""
    with path.open("rb") as data:
        for _ in range(comments):
            data.readline()
            line += 1
        while block := data.read(BLOCK):
            cut = block.rfind(b"\n") + 1
            _widths_of(rest + block[:cut], name, separator, width, line)
            line += (rest + block[:cut]).count(b"\n")
            rest = block[cut:] if cut else rest + block
    if rest:
        _widths_of(rest + b"\n", name, separator, width, line)


def _widths_of(block: bytes, name: str, separator: str, width: int, line: int) -> None:
    values = np.frombuffer(block, dtype=np.uint8)
    ends = np.flatnonzero(values == 10)
    tabs = np.searchsorted(np.flatnonzero(values == ord(separator)), ends)
    found = np.diff(tabs, prepend=0) + 1
    length = np.diff(ends, prepend=-1)  # with the line end
    empty = (length == 1) | ((length == 2) & (values[ends - 1] == ord("\r")))
    wrong = np.flatnonzero((found != width) & ~empty)
    if wrong.size:
        at = int(wrong[0])
        raise InputError(f"{int(found[at])} columns, the header has {width}", fix=AGAIN, item=f"{name}:{line + at}")


def read_table(path: Path, needed: Sequence[str], *, separator: str = "", quoted: bool = True) -> pl.DataFrame:
    """A delimited file with every cell as text, empty cells empty; ``line`` numbers the rows in the file.

    Args:
        path: The file, gzipped or not. ``#`` lines before the header are passed over.
        needed: Columns that must be there; all columns are returned.
        separator: As :func:`separator_of` reads it from the name, if empty.
        quoted: Whether ``"`` encloses cells, as in CSV; else it is a character like others.

    Raises:
        InputError: naming the line at fault.
    """
    mark = separator or separator_of(path)
    with plain(path) as text:
        header, comments = header_of(text, path.name, mark)
        need_columns(header, needed, path.name, comments + 1)
        if quoted:
            find_fault(text, path.name, mark, quoted=True)
        else:
            _widths(text, path.name, mark, len(header), comments)
        try:
            table = pl.read_csv(
                text, separator=mark, quote_char='"' if quoted else None, skip_lines=comments, has_header=True,
                infer_schema=False, new_columns=header,
            )  # fmt: skip
        except (pl.exceptions.PolarsError, UnicodeError) as error:
            give_up(error, text, path.name, mark, quoted=quoted)
    first = comments + 2
    filled = table.with_columns(pl.all().fill_null("")).with_row_index("line", offset=first)
    return filled.filter(pl.any_horizontal(pl.col(table.columns) != ""))  # without empty lines


def need_values(table: pl.DataFrame, columns: Sequence[str], name: str) -> None:
    """Raises an ``InputError`` at the first row in which one of the columns is empty."""
    for column in columns:
        empty = table.filter(pl.col(column).str.strip_chars() == "")
        if empty.height:
            raise InputError(f"no {column}", fix="fill the cell or take the row out", item=f"{name}:{empty['line'][0]}")
