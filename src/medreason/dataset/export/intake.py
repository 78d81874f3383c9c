"""What of a run enters an export: its records, its failed chains, and each record that stays out, with the reason.

Reasons for which a record stays out:

    evaluation_split      it comes from test data (flag of the same name), and that was not asked for
    no_answer_key         nothing says which option is right
    concludes_other       its chain arrives at another option than its answer
    no_steps              it has no chain
    holds_marks           a step holds a heading, a tag or a citation of the form, and would be read as another thing
    too_long              prompt and target together have more tokens than allowed
    no_pair               no rejected chain could be made or found for it (``dpo`` alone)
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

from medreason.dataset.balance import read_records
from medreason.dataset.write import DATASET, MANIFEST, PUBLISHED, SAMPLES
from medreason.errors import InputError
from medreason.records import Record, Sample, from_json

# The flag of :mod:`medreason.questions.sources.base`.
EVALUATION = "evaluation_split"
SYNTHETIC = "synthetic"
Reason = Literal[
    "evaluation_split", "no_answer_key", "concludes_other", "no_steps", "holds_marks", "too_long", "no_pair"
]


class Dropped(NamedTuple):
    """A record that stays out: a row of ``dropped.jsonl``."""

    id: str
    reason: Reason
    detail: str


class Taken(NamedTuple):
    """A run as it is exported.

    Attributes:
        records: Records that enter, in the order of the file.
        dropped: Those that do not.
        samples: Chains that were not kept, by id of their question.
        manifest: The manifest; empty for a bare ``dataset.jsonl``.
        sha256: SHA-256 of ``dataset.jsonl``.
    """

    records: list[Record]
    dropped: list[Dropped]
    samples: dict[str, list[Sample]]
    manifest: dict[str, Any]
    sha256: str


def is_synthetic(record: Record) -> bool:
    """Whether the question was made from the graph by this program."""
    return record.source == SYNTHETIC or SYNTHETIC in record.flags


def is_evaluation(record: Record) -> bool:
    """Whether the question comes from test data."""
    return EVALUATION in record.flags


def take(run: Path, *, include_evaluation_split: bool = False) -> Taken:
    """Reads a run folder, a synthetic folder, or a ``dataset.jsonl``.

    Raises:
        InputError: there is none, a line is none, or its rows are the published columns already.
    """
    file = run / DATASET if run.is_dir() else run
    folder = file.parent
    _not_published(file)
    records = read_records(file)
    kept, dropped = [], []
    for record in records:
        why = _why_not(record, include_evaluation_split=include_evaluation_split)
        if why is None:
            kept.append(record)
        else:
            dropped.append(Dropped(record.id, *why))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return Taken(kept, dropped, _samples(folder / SAMPLES), _manifest(folder / MANIFEST), digest)


def _why_not(record: Record, *, include_evaluation_split: bool) -> tuple[Reason, str] | None:
    if is_evaluation(record) and not include_evaluation_split:
        return "evaluation_split", "test data"
    if record.answer_key not in {o.key for o in record.options}:
        what = f"the key {record.answer_key!r} is none of its options" if record.answer_key else "no key is known"
        return "no_answer_key", what
    if not record.steps:
        return "no_steps", "there is no chain"
    if record.chosen_key != record.answer_key:
        return "concludes_other", f"the chain chooses {record.chosen_key or 'none'}, the key says {record.answer_key}"
    return None


def _not_published(file: Path) -> None:
    """Refuses rows that a run of the compat profile wrote."""
    try:
        with file.open(encoding="utf-8") as lines:
            first = json.loads(next(lines, "") or "{}")
    except (OSError, ValueError):
        return  # the reader of records says what is wrong, with the line
    if isinstance(first, dict) and set(PUBLISHED) <= set(first):
        raise InputError(
            "its rows are the published columns, without evidence or steps",
            fix="publish dataset.parquet as it is, or run again with profile: default",
            item=file.name,
        )


def _manifest(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read ({error})", fix="make the run again", item=path.name) from None
    if not isinstance(found, dict):
        raise InputError("is not of a run", fix="name the --out of a run", item=path.name)
    return found


def _samples(path: Path) -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = defaultdict(list)
    if path.is_file():
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    sample = from_json(Sample, line)
                except ValidationError:
                    where = f"{path.name}:{number}"
                    raise InputError("the line is no sample", fix="make the run again", item=where) from None
                found[sample.id].append(sample)
    return dict(found)


def counted(dropped: Iterable[Dropped]) -> dict[str, int]:
    """How many records stay out, by reason, most first."""
    found: dict[str, int] = {}
    for one in dropped:
        found[one.reason] = found.get(one.reason, 0) + 1
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))
