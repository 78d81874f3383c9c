"""The whole export: reads, splits, writes rows, and says in ``export.json`` and on the card what it did."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from medreason.dataset.card import card
from medreason.dataset.export import rows as build
from medreason.dataset.export.files import Written, dataset_info, write_jsonl, write_split
from medreason.dataset.export.intake import Dropped, Taken, counted, take
from medreason.dataset.export.lengths import Count, Length, measure
from medreason.dataset.export.options import PROMPTED, Knowledge, Options
from medreason.dataset.export.pairs import DPO, dpo, of_planted, of_samples
from medreason.dataset.export.planted import plant
from medreason.dataset.export.rows import Ready, Texts
from medreason.dataset.export.sheets import with_sheet
from medreason.dataset.export.splits import Splits, split
from medreason.dataset.export.summary import Done, summary_of
from medreason.dataset.export.text import target_of
from medreason.dataset.write import PUBLISHED
from medreason.errors import InputError, RunFolderError, UsageError
from medreason.records import Record

CARD, DROPPED, SUMMARY, METADATA, INFO = (
    "README.md", "dropped.jsonl", "export.json", "metadata.jsonl", "dataset_info.json",
)  # fmt: skip
Progress = Callable[[int, int], None]


class Row(NamedTuple):
    """A row with what it was made of."""

    ready: Ready
    row: dict[str, Any]
    texts: Texts
    error: str = ""


def export(
    run: Path,
    out: Path,
    options: Options,
    *,
    knowledge: Knowledge | None = None,
    count: Count | None = None,
    contamination: Mapping[str, Any] | None = None,
    account: Mapping[str, Any] | None = None,
    prompts: Mapping[str, str] | None = None,
    progress: Progress = lambda _done, _of: None,
) -> dict[str, Any]:
    """Exports a run folder, a synthetic folder or a ``dataset.jsonl``.

    Args:
        run: What is exported.
        out: A folder that does not exist, or is empty.
        options: What and how.
        knowledge: The graph; needed for planted pairs and for sheets of records without one.
        count: Counts the tokens of a text (:func:`medreason.dataset.export.lengths.counter`).
        contamination: What ``medreason contamination check --json`` printed.
        account: Requests, tokens and cost of the run (:func:`medreason.engine_llm.summary_of`).
        prompts: SHA-256 of prompts by ``name version``, for the card.
        progress: Called with records done and records.

    Returns:
        What ``export.json`` holds. Cost: dominated by planted errors, some 0.05 to 0.2 s a record.

    Raises:
        UsageError: options contradict each other, or nothing is left to export.
        InputError: the run cannot be read.
        RunFolderError: ``out`` is in use or cannot be written.
    """
    options.check(counts_tokens=count is not None)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise RunFolderError("--out is not an empty folder", fix="give a new one", item=out.name)
    taken = take(run, include_evaluation_split=options.include_evaluation_split)
    if contamination is not None:
        _of_this(contamination, taken)
    if options.format == "dpo" and knowledge is None and not taken.samples:
        raise UsageError(
            "there is no rejected chain: the run has no failed samples, and planting errors needs the graph",
            fix="give --kg",
        )
    if knowledge is not None:
        knowledge.require(taken.records)
    splits = split(taken.records, options.shares, seed=options.seed, same=knowledge.same if knowledge else None)
    made, lengths, dropped = _made(taken, splits, options, knowledge, count, progress)
    if not any(made.values()):
        raise UsageError(
            f"no row is left to export ({_reasons(dropped) or 'an empty run'})",
            fix="let in what was left out, by --max-tokens, --kg or another run",
        )
    told = (contamination, account, prompts or {}, knowledge is not None)
    done = Done(taken, splits, options, made, lengths, dropped, *told)
    return _written(out, done)


def _of_this(report: Mapping[str, Any], taken: Taken) -> None:
    """Refuses a contamination report that is none, or of another dataset."""
    try:
        files = {str(one["sha256"]) for one in report["files"]}
        [one[key] for one in report["sets"] for key in ("name", "items", "refuse", "review", "clean")]
        [one[key] for one in report["found"] for key in ("id", "verdict")]
    except (KeyError, TypeError):
        raise InputError(
            "is no contamination report", fix="make one: medreason contamination check DATASET --against FILE --json"
        ) from None
    if taken.sha256 not in files:
        raise InputError(
            "the contamination report is of another dataset",
            fix="make it anew from the dataset.jsonl that is exported",
        )


def _reasons(dropped: list[Dropped]) -> str:
    return ", ".join(f"{n} {reason}" for reason, n in counted(dropped).items())


def _made(
    taken: Taken,
    splits: Splits,
    options: Options,
    knowledge: Knowledge | None,
    count: Count | None,
    progress: Progress,
) -> tuple[dict[str, list[Row]], list[Length], list[Dropped]]:
    """Rows by split, their lengths, and what stays out."""
    made: dict[str, list[Row]] = defaultdict(list)
    lengths: list[Length] = []
    dropped = list(taken.dropped)
    for at, (record, name) in enumerate(zip(taken.records, splits.of, strict=True)):
        progress(at, len(taken.records))
        for one in _rows(record, taken, options, knowledge):
            if isinstance(one, Dropped):
                dropped.append(one)
                continue
            length = measure(one.texts, count) if count else Length(0, 0)
            if options.max_tokens and length.total > options.max_tokens:
                about = f" ({one.error})" if one.error else ""
                dropped.append(Dropped(record.id, "too_long", f"{length.prompt} + {length.target} tokens{about}"))
                continue
            made[name].append(one)
            lengths.append(length)
    progress(len(taken.records), len(taken.records))
    return made, lengths if count else [], dropped


# -- rows of one record ------------------------------------------------------------------------------------


def _ready(record: Record, options: Options, knowledge: Knowledge | None) -> Ready:
    """The record, with a sheet from the graph where its prompt shows evidence and it has none."""
    if record.sheet:
        return Ready(record, "record", options.licences)
    if knowledge is not None and options.form.citations and options.format in PROMPTED:
        sheet = knowledge.sheet(record)
        if sheet:
            return Ready(with_sheet(record, sheet, knowledge.name), "graph", options.licences)
    return Ready(record, "none", options.licences)


def _rows(record: Record, taken: Taken, options: Options, knowledge: Knowledge | None) -> Iterator[Row | Dropped]:
    ready = _ready(record, options, knowledge)
    form = options.form
    if options.format in PROMPTED:
        try:
            target_of(ready.record, form)
        except InputError as error:
            yield Dropped(record.id, "holds_marks", error.cause)
            return
    texts = build.texts(ready, form, target=options.format != "rl")
    if options.format == "hf":
        yield Row(ready, build.hf(ready), texts)
    elif options.format == "medreason":
        yield Row(ready, build.medreason(ready), texts)
    elif options.format == "sft":
        yield Row(ready, build.sft(ready, form, options.shape), texts)
    elif options.format == "sharegpt":
        yield Row(ready, build.sharegpt(ready, form), texts)
    elif options.format == "alpaca":
        yield Row(ready, build.alpaca(ready, form), texts)
    elif options.format == "rl":
        yield Row(ready, build.rl(ready, form, knowledge.name if knowledge else _named(record)), texts)
    else:
        yield from _pairs(ready, record, taken, options, knowledge)


def _named(record: Record) -> Callable[[str], str]:
    """Names as the record itself has them, where there is no graph."""
    names = {f.concept: f.text for f in record.findings} | {o.concept: o.text for o in record.options if o.concept}
    return lambda concept: names.get(concept, concept)


def _pairs(
    ready: Ready, record: Record, taken: Taken, options: Options, knowledge: Knowledge | None
) -> Iterator[Row | Dropped]:
    """Pairs of a record; errors are planted in the record as it was written, which is what the checker reads."""
    form = options.form
    pairs = of_samples(ready, taken.samples.get(record.id, ()), form)
    if knowledge is not None and options.planted:
        pairs += of_planted(ready, plant(record, knowledge.problems, most=options.planted, seed=options.seed))
    for pair in pairs:
        row = dpo(ready, pair, form)
        said = tuple(row[side][0]["content"] for side in ("chosen", "rejected"))
        yield Row(ready, row, Texts(row["prompt"][0]["content"], said), pair.error)
    if not pairs:
        why = "no failed sample, and no refused plant" if knowledge is not None else "no failed sample; no --kg"
        yield Dropped(record.id, "no_pair", why)


# -- files -------------------------------------------------------------------------------------------------


def _schema(options: Options) -> dict[str, Any] | None:
    """Columns of a format's Parquet; None where it is JSON lines."""
    if options.format == "sft":
        return build.SFT[options.shape]
    parquet: dict[str, dict[str, Any]] = {"hf": build.HF, "medreason": PUBLISHED, "dpo": DPO, "rl": build.RL}
    return parquet.get(options.format)


def _written(out: Path, done: Done) -> dict[str, Any]:
    """Writes everything beside ``out`` and renames it."""
    beside = out.with_name(f".{out.name}.part")
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        schema = _schema(done.options)
        files: dict[str, Written] = {
            name: write_split(beside, name, [one.row for one in done.made[name]], schema) for name in done.names
        }
        write_jsonl(beside / DROPPED, (one._asdict() for one in done.dropped))
        if done.options.format == "medreason":
            told = ({"split": n, **one.ready.metadata} for n in done.names for one in done.made[n])
            write_jsonl(beside / METADATA, told)
        if done.options.format in {"sharegpt", "alpaca"}:
            info = dataset_info("medreason", done.options.format, files)
            (beside / INFO).write_text(json.dumps(info, indent=1) + "\n", encoding="utf-8")
        summary = summary_of(done, files, beside)
        (beside / SUMMARY).write_text(json.dumps(summary, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        (beside / CARD).write_text(card(summary, done.taken.manifest), encoding="utf-8")
        if out.exists():
            out.rmdir()
        beside.replace(out)
    except OSError as error:
        raise RunFolderError(
            f"the export cannot be written ({error.strerror or error})", fix="check --out and the disk", item=out.name
        ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return summary
