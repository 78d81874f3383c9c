"""A question set by name, from a file or a folder: every row told, counted, compared with what is published.

Nothing is silently mended: rows that cannot be asked or scored are left out and counted by reason, questions that occur
twice stay in (published numbers count them) and are told, and the SHA-256 of each file goes into the results. Items are
named as ``medreason contamination`` names them (own id, else file and line), so that its ``clean.txt`` fits.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from medreason.errors import InputError, UsageError
from medreason.evaluation.catalogue import Known, known_set
from medreason.evaluation.layouts import is_odd, item_of, reader_of, settle
from medreason.questions.reading import RawRow, file_rows
from medreason.questions.sources.base import VIGNETTE_WORDS, BadRow, own_id
from medreason.questions.sources.places import hub_place, local_files
from medreason.records import Record, Rejection

# Words of a file name, by how fit its questions are for evaluation.
_RANKS = (("test",), ("validation", "valid", "val"), ("dev",), ())
_TRAINING = ("train", "training")


class Origin(NamedTuple):
    """A file that was read: its name and the SHA-256 of its bytes."""

    name: str
    sha256: str


class QuestionSet(NamedTuple):
    """The questions of a set.

    Attributes:
        known: What is known of the set.
        items: What can be asked, in the order of the file.
        origins: The files.
        rows: Rows of the files, or of the set's part of them.
        left_out: Reason → rows that cannot be asked or scored.
        first_left_out: Place and detail of the first of them.
        repeated: Id of a question → id of the earlier one that asks the same.
        odd: Ids of questions of which two options have the same words, or one is empty.
    """

    known: Known
    items: tuple[Record, ...]
    origins: tuple[Origin, ...]
    rows: int
    left_out: dict[str, int]
    first_left_out: str
    repeated: dict[str, str]
    odd: tuple[str, ...]

    @property
    def notes(self) -> list[str]:
        """What a reader of the numbers must know of the set; one sentence each."""
        told = []
        if self.known.rows is not None and self.rows != self.known.rows:
            told.append(f"{self.rows:,} rows, where {self.known.rows:,} are published: not the whole set")
        low, high = self.known.options
        if n := sum(not low <= len(item.options) <= high for item in self.items):
            told.append(f"{n:,} questions have not {low if low == high else f'{low} to {high}'} options")
        if self.left_out:
            why = ", ".join(f"{reason} {n:,}" for reason, n in self.left_out.items())
            told.append(f"left out, as they cannot be asked or scored: {why} (first: {self.first_left_out})")
        if self.repeated:
            told.append(f"{len(self.repeated):,} questions repeat another one of the set; they count")
        if self.odd:
            told.append(
                f"{len(self.odd):,} questions have two options with the same words, or an empty one; they count"
            )
        return told


def load_set(
    name: str,
    place: str | Path,
    *,
    kg: Path | None = None,
    seed: int = 0,
    split: str = "test",
    limit: int | None = None,
) -> QuestionSet:
    """The questions of a set.

    Args:
        name: One of :data:`medreason.evaluation.catalogue.KNOWN`.
        place: A file, a folder in which the set's file is looked for, or ``hf:NAME[/config][:split]``.
        kg: Folder of the graph on which phenopacket cases become questions.
        seed: Seed of the distractors and option order of phenopacket cases.
        split: Split of a data set of the hub.
        limit: At most so many items (the first); counts are of all rows. Phenopacket cases stop being built there.

    Raises:
        UsageError: no such set; no graph for phenopackets; several files fit; ``datasets`` is needed and missing.
        InputError: no file of the set there, or more rows of it than not are no question.
    """
    known = known_set(name)
    origins: tuple[Origin, ...] = ()
    rows: list[RawRow | Rejection]
    if str(place).startswith("hf:"):
        rows = list(_hub(str(place), split))
    else:
        label, path = set_file(known, Path(place))
        origins = (origin_of(path, label),)
        rows = [*_mirage(label, path, known.part)] if known.part else list(file_rows(label, path))
    if known.reader == "phenopackets":
        return _cases(known, rows, origins, kg, seed, limit)
    spec = reader_of(known.reader)
    settle(spec, [r.data for r in rows if isinstance(r, RawRow)], from_zero=not origins)
    items: list[Record] = []
    lost: list[Rejection] = []
    seen: Counter[str] = Counter()
    for row in rows:
        if isinstance(row, Rejection):
            lost.append(row)
            continue
        try:
            items.append(item_of(spec, row.data, _name(row, seen)))
        except BadRow as error:
            lost.append(Rejection(row.location, "read", error.reason, f"{row.location}: {error.detail}"))
    return _made(known, items, lost, origins, limit)


def set_file(known: Known, place: Path) -> tuple[str, Path]:
    """Label and path of the file of a set: the place itself, or the one file of a folder that fits by name and form.

    Of several, test data goes before validation data; files that call themselves training data never count.

    Raises:
        InputError: nothing fits.
        UsageError: several fit equally.
    """
    if place.is_file():
        return place.name, place
    ranked: dict[int, list[tuple[str, Path]]] = {}
    for label, path in local_files(place):
        low = label.lower()
        words = _words(low)
        if any(w in words for w in _TRAINING) or not _fits(known, low) or not _shaped(known, label, path):
            continue
        rank = next(n for n, names in enumerate(_RANKS) if not names or any(w in words for w in names))
        ranked.setdefault(rank, []).append((label, path))
    if not ranked:
        looked = ", ".join(w for w in known.words if not w.startswith("!"))
        raise InputError(
            f"no file of {known.title} in the folder (looked for {looked} in names, and at the first row)",
            fix=f"name the file: --data {known.name}=FILE",
            item=place.name,
        )
    best = ranked[min(ranked)]
    if len(best) > 1:
        told = ", ".join(label for label, _ in best)
        raise UsageError(f"several files could be {known.name}: {told}", fix=f"name one: --data {known.name}=FILE")
    return best[0]


def _words(name: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in name).split()


def _fits(known: Known, name: str) -> bool:
    wanted = [w for w in known.words if not w.startswith("!")]
    barred = [w[1:] for w in known.words if w.startswith("!")]
    return any(w in name for w in wanted) and not any(w in name for w in barred)


def _shaped(known: Known, label: str, path: Path) -> bool:
    """Whether the first row that can be read has as many options as the set's questions have."""
    if known.part or known.reader == "phenopackets":
        return True
    spec = reader_of(known.reader)
    for n, row in enumerate(file_rows(label, path)):
        if isinstance(row, RawRow) and n < 20:
            try:
                settle(spec, [row.data | {"cop": 1}] if isinstance(row.data, dict) else [], from_zero=True)
                item = item_of(spec, row.data | {"first_cop": 0} if isinstance(row.data, dict) else row.data, "-")
            except BadRow:
                continue
            return known.options[0] <= len(item.options) <= known.options[1]
    return False


def origin_of(path: Path, label: str = "") -> Origin:
    """Name (or label) and SHA-256 of a file."""
    with path.open("rb") as file:
        return Origin(label or path.name, hashlib.file_digest(file, "sha256").hexdigest())


def _hub(place: str, split: str) -> Iterator[RawRow]:
    from medreason.questions.sources.hub import hub_rows

    hub = hub_place(place)
    assert hub is not None
    yield from hub_rows(hub, hub.split or split)


def _mirage(label: str, path: Path, part: str) -> list[RawRow]:
    """The rows of one part of MIRAGE's file, an object of objects of questions.

    Raises:
        InputError: the file is not of that form, or lacks the part.
    """
    fix = "give MIRAGE's benchmark.json"
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"not readable as JSON: {error}", fix=fix, item=label) from error
    rows = whole.get(part) if isinstance(whole, dict) else None
    if not isinstance(rows, dict) or not all(isinstance(row, dict) for row in rows.values()):
        raise InputError(f"the file holds no part {part!r} with questions by id", fix=fix, item=label)
    return [RawRow(f"{label}:{part}/{key}", {**row, "id": key}) for key, row in rows.items()]


def _name(row: RawRow, seen: Counter[str]) -> str:
    name = (own_id(row.data) if isinstance(row.data, dict) else "") or row.location
    seen[name] += 1
    return name if seen[name] == 1 else f"{name}#{seen[name]}"


def _cases(
    known: Known, rows: list[RawRow | Rejection], origins: tuple[Origin, ...], kg: Path | None, seed: int,
    limit: int | None,
) -> QuestionSet:  # fmt: skip
    from medreason.evaluation.layouts import make_item
    from medreason.kg.store import open_graph
    from medreason.questions.phenopackets import PhenopacketSource
    from medreason.questions.reading import gather

    if kg is None:
        raise UsageError("phenopacket cases become questions on a graph", fix="give --kg DIR (medreason kg build)")
    source = PhenopacketSource(open_graph(kg), seed=seed, exclude_own_paper=True)
    items: list[Record] = []
    lost: list[Rejection] = []
    for row in gather(rows):
        made = row if isinstance(row, Rejection) else source.question(row)
        if isinstance(made, Rejection):
            lost.append(made)
            continue
        items.append(make_item(made.id, made.source, made.text, made.options, made.answer_key))
        if limit is not None and len(items) >= limit:
            break
    return _made(known, items, lost, origins, limit, rows=len(rows))


def _made(
    known: Known, items: list[Record], lost: list[Rejection], origins: tuple[Origin, ...], limit: int | None, *,
    rows: int | None = None,
) -> QuestionSet:  # fmt: skip
    if not items or (known.reader != "phenopackets" and len(lost) > len(items)):
        raise InputError(
            f"{len(items)} of {len(items) + len(lost)} rows can be asked as {known.name}",
            fix=f"give a file of {known.title}; the first row: {lost[0].detail if lost else 'there is none'}",
            item=origins[0].name if origins else "",
        )
    return QuestionSet(
        known, tuple(items[:limit]), origins, len(items) + len(lost) if rows is None else rows,
        dict(Counter(r.reason for r in lost).most_common()), lost[0].detail if lost else "", repeated(items),
        tuple(item.id for item in items if is_odd(item)),
    )  # fmt: skip


def repeated(items: list[Record]) -> dict[str, str]:
    """Id of a question → id of an earlier one that asks the same.

    The same: equal words in text and context, and the same set of options; in a vignette of 40 words or more the same
    text with the same answer.
    """
    first: dict[tuple[str, ...], str] = {}
    found: dict[str, str] = {}
    for item in items:
        told = {o.key: _plain(o.text) for o in item.options}
        asked = (_plain(item.question), *map(_plain, item.context))
        marks = [("options", *asked, *sorted(told.values()))]
        if len(asked[0].split()) >= VIGNETTE_WORDS:
            marks.append(("answer", *asked, told[item.answer_key]))
        earlier = next((first[mark] for mark in marks if mark in first), None)
        if earlier is not None:
            found[item.id] = earlier
        for mark in marks:
            first.setdefault(mark, item.id)
    return found


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def places_of(told: list[str], names: tuple[str, ...]) -> dict[str, str]:
    """Which place each task reads, from ``--data`` values: ``NAME=FILE`` for one task, else a folder or file for all.

    Raises:
        UsageError: a task has no place, or a name is no task.
    """
    from medreason.evaluation.catalogue import GROUPS

    own: dict[str, str] = {}
    common: list[str] = []
    for value in told:
        name, sign, place = value.partition("=")
        key = name.strip().lower().replace("-", "_")
        if sign and not Path(value).exists():
            for part in GROUPS.get(key) or (known_set(key).name,):
                own[part] = place
        else:
            common.append(value)
    if len(common) > 1:
        raise UsageError("--data names several folders", fix="give one folder, and NAME=FILE for what lies elsewhere")
    missing = [n for n in names if n not in own]
    if missing and not common:
        raise UsageError(f"no data for {', '.join(missing)}", fix=f"give --data DIR, or --data {missing[0]}=FILE")
    return {n: own.get(n, common[0] if common else "") for n in names}
