"""What an export came to, as one JSON document: what the card and the terminal show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from medreason.dataset.export.files import Written, data_sha256, digests
from medreason.dataset.export.intake import Dropped, Taken, counted
from medreason.dataset.export.lengths import Length, summary
from medreason.dataset.export.options import PROMPTED, Options
from medreason.dataset.export.splits import NAMES, Splits, answer_name

if TYPE_CHECKING:
    from medreason.dataset.export.make import Row


class Done(NamedTuple):
    """Everything that was made, before it is written."""

    taken: Taken
    splits: Splits
    options: Options
    made: dict[str, list[Row]]
    lengths: list[Length]
    dropped: list[Dropped]
    contamination: Mapping[str, Any] | None
    account: Mapping[str, Any] | None
    prompts: Mapping[str, str]
    one_disorder: bool

    @property
    def names(self) -> list[str]:
        """Splits that have rows, in their usual order."""
        return [name for name in NAMES if self.made.get(name)]

    @property
    def rows(self) -> list[Row]:
        """All rows, split by split."""
        return [row for name in self.names for row in self.made[name]]


def _most(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items(), key=lambda pair: (-pair[1], pair[0])))


def _splits(done: Done, files: Mapping[str, Written]) -> dict[str, Any]:
    told = {}
    for name in done.names:
        records = {row.ready.record.id: row.ready.record for row in done.made[name]}
        told[name] = {
            "rows": files[name].rows,
            "records": len(records),
            "answers": len({answer_name(r) for r in records.values()}),
            "files": files[name].files,
        }
    return told


def _parts(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Records by source and licence, most first."""
    met = {row.ready.record.id: row.ready.metadata for row in rows}
    parts = Counter((m["source"], m["licence"], m["synthetic"], m["evaluation_split"]) for m in met.values())
    names = ("source", "licence", "synthetic", "evaluation_split")
    ranked = sorted(parts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [{**dict(zip(names, key, strict=True)), "records": n} for key, n in ranked]


def _checked(report: Mapping[str, Any] | None, rows: Sequence[Row]) -> dict[str, Any] | None:
    """What a contamination report says of the exported records; None where there is none."""
    if report is None:
        return None
    found = {str(v.get("id")): str(v.get("verdict")) for v in report.get("found", ())}
    ids = dict.fromkeys(row.ready.record.id for row in rows)
    return {
        "checked_items": report.get("items"),
        "sets": [{key: one[key] for key in ("name", "items", "refuse", "review", "clean")} for one in report["sets"]],
        "exported": _most(found.get(i, "clean") for i in ids),
    }


def _account(account: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Requests, tokens and cost of the whole run; None where no journal of replies says."""
    total = (account or {}).get("total")
    return {key: total[key] for key in ("requests", "prompt_tokens", "completion_tokens", "cost")} if total else None


def _models(rows: Sequence[Row], digests: Mapping[str, str]) -> list[dict[str, Any]]:
    """Who wrote the chains, with the versions of the prompts and the SHA-256 of those that are known."""
    met = {row.ready.record.id: row.ready.record for row in rows}
    found: dict[tuple[Any, ...], int] = Counter()
    for record in met.values():
        prompts = tuple(sorted(record.written.prompts.items())) if record.written else ()
        found[record.teacher, record.written.model if record.written else "", prompts] += 1
    return [
        {
            "teacher": teacher,
            "model": model,
            "prompts": dict(prompts),
            "prompt_sha256": {name: digests[key] for name, v in prompts if (key := f"{name} {v}") in digests},
            "records": n,
        }
        for (teacher, model, prompts), n in sorted(found.items(), key=lambda pair: (-pair[1], pair[0][:2]))
    ]


def summary_of(done: Done, files: Mapping[str, Written], folder: Path) -> dict[str, Any]:
    """The summary of an export whose files lie in a folder."""
    rows, options = done.rows, done.options
    hashed = digests(folder, [name for one in files.values() for name in one.files])
    met = {row.ready.record.id: row.ready for row in rows}
    graphs = Counter(ready.record.graph for ready in met.values())
    prompted = options.format in PROMPTED
    told: dict[str, Any] = {
        "program": {"name": "medreason", "version": version("medreason")},
        "format": options.format,
        "form": {"think": options.form.think, "citations": options.form.citations} if prompted else None,
        "shape": options.shape if options.format == "sft" else None,
        "seed": options.seed,
        "shares": list(options.shares),
        "dataset_sha256": done.taken.sha256,
        "data_sha256": data_sha256(hashed),
        "files_sha256": hashed,
        "read": len(done.taken.records) + len(done.taken.dropped),
        "exported": len(met),
        "rows": len(rows),
        "dropped": counted(done.dropped),
        "splits": _splits(done, files),
        "one_disorder": done.one_disorder,
        "largest_group": max(len(group.members) for group in done.splits.groups),
        "parts": _parts(rows),
        "written_by": _models(rows, done.prompts),
        "graphs": [
            {"source": g.source, "version": g.version, "sha256": g.sha256, "records": n}
            for g, n in sorted(graphs.items(), key=lambda pair: (-pair[1], pair[0].sha256))
        ],
        "sheets": _most(ready.sheet for ready in met.values()) if prompted else None,
        "errors": _most(row.error for row in rows) if options.format == "dpo" else None,
        "synthetic": sum(ready.metadata["synthetic"] for ready in met.values()),
        "evaluation_split": sum(ready.metadata["evaluation_split"] for ready in met.values()),
        "hinted": sum(ready.metadata["hinted"] for ready in met.values()),
        "clinician_reviewed": sum(ready.record.clinician_reviewed for ready in met.values()),
        "tokens": summary(done.lengths) or None,
        "max_tokens": options.max_tokens or None,
        "account": _account(done.account),
        "contamination": _checked(done.contamination, rows),
    }
    return told
