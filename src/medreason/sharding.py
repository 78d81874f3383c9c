"""One run in shards, on one machine or many, and brought together to the same bytes as a run in one piece.

``--shard 2/4`` takes the items whose id falls in the second of four parts (by SHA-256 of the id), and journals them in
``OUT/shards/2-of-4``. :func:`merge` puts the journals of all shards together and writes the final files, as
:func:`medreason.engine.run` would have. The number of shards may change when a run goes on: what any shard has done is
not done again, and replies of a language model that another division paid for are taken over.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from medreason.config import RunConfig
from medreason.dataset.journal import JOURNAL, Journal
from medreason.dataset.summary import summarise
from medreason.dataset.write import write_results
from medreason.engine import (
    SHARDS,
    Progress,
    RunResult,
    fill_journal,
    finished_run,
    identity_of,
    licence_of,
    refuse_other,
)
from medreason.engine_llm import REPLIES, summary_of
from medreason.errors import GraphError, InputError, RunFolderError, UsageError
from medreason.intake import items_of, make_source
from medreason.kg.store import Graph, open_graph
from medreason.llm.gather import gather
from medreason.records import to_dict

_NAME = re.compile(r"(\d+)-of-(\d+)")


class Shard(NamedTuple):
    """A part of a run: the ``number``-th, from 1, of ``of``."""

    number: int
    of: int

    @property
    def folder(self) -> str:
        """Name of its folder."""
        return f"{self.number}-of-{self.of}"

    def owns(self, item: str) -> bool:
        """Whether an item id belongs to it."""
        digest = hashlib.sha256(item.encode("utf-8", "surrogatepass")).digest()
        return int.from_bytes(digest[:8], "big") % self.of == self.number - 1


class ShardResult(NamedTuple):
    """A shard that is done: its items, how many of them other shards had, and items of the whole run."""

    folder: Path
    items: int
    elsewhere: int
    whole: int


def shard_of(text: str) -> Shard:
    """Reads ``2/4``.

    Raises:
        UsageError: it is no part of a whole.
    """
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise UsageError(f"{text!r} is no shard", fix="give the part and the number of parts: --shard 1/4")
    return Shard(int(found[1]), int(found[2]))


def run_shard(config: RunConfig, shard: Shard, progress: Progress | None = None) -> ShardResult:
    """Carries out one shard of a run, or goes on with it.

    Args:
        config: The run; ``out`` is the same for all shards of one disk. Limits of cost hold for each shard by itself.
        shard: Which part.
        progress: Called with (items done, items of the shard).

    Raises:
        InputError, RunFolderError: as a run; also where a shard of another division is running.
        KeyboardInterrupt: stopped; everything done so far is journalled.
    """
    graph = open_graph(config.kg)
    source = make_source(graph, config)
    identity = identity_of(config, graph, source)
    if (manifest := finished_run(config.out)) is not None:
        refuse_other(manifest["identity"], identity, config.out)
        raise RunFolderError("the run is finished and whole", fix="nothing is left to do", item=config.out.name)
    if (config.out / JOURNAL).exists():
        raise RunFolderError(
            "a run in one piece is under way in this folder", fix="go on without --shard", item=config.out.name
        )
    items = items_of(source, config)
    folder = config.out / SHARDS / shard.folder
    others = [f for f in _folders([config.out]) if f != folder]
    elsewhere = _done_elsewhere(others, shard, identity)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunFolderError(f"cannot write: {error.strerror}", fix="choose another --out", item=folder.name) from error
    journal = Journal(folder)
    try:
        earlier = journal.identity()
        if earlier is None:
            journal.begin(identity)
        else:
            refuse_other(earlier, identity, folder)
        journal.note("items", len(items))
        if not config.offline and not config.teacher.startswith("replay:"):
            gather(folder / REPLIES, _other_replies(others, shard))
        own = [(n, item) for n, item in enumerate(items) if shard.owns(item.id)]
        todo = [pair for pair in own if pair[0] not in elsewhere]
        fill_journal(journal, todo, config.model_copy(update={"out": folder}), graph, progress)
    finally:
        journal.close()
    return ShardResult(folder, len(own), len(own) - len(todo), len(items))


def _folders(runs: Iterable[Path]) -> list[Path]:
    """Folders of shards in run folders, in the order of their names."""
    found = []
    for run in runs:
        place = run / SHARDS
        inside = sorted(place.iterdir()) if place.is_dir() else []
        found += [f for f in inside if _NAME.fullmatch(f.name) and (f / JOURNAL).is_file()]
    return found


def _division(folder: Path) -> int:
    return int(folder.name.partition("-of-")[2])


class _Held(NamedTuple):
    """What a shard's journal holds."""

    identity: dict[str, Any]
    whole: int
    outcomes: dict[int, str]


def _held(folder: Path, *, results: bool) -> _Held | None:
    """A shard's journal; ``None`` where its shard is running."""
    try:
        journal = Journal(folder)
    except RunFolderError as error:
        if "another run" in error.cause:
            return None
        raise
    try:
        rows = dict(journal.rows()) if results else dict.fromkeys(journal.done(), "")
        return _Held(journal.identity() or {}, journal.noted("items") or 0, rows)
    finally:
        journal.close()


def _done_elsewhere(others: Sequence[Path], shard: Shard, identity: dict[str, Any]) -> set[int]:
    """Numbers of items that shards of other divisions have done."""
    done: set[int] = set()
    for folder in others:
        if _division(folder) == shard.of:
            continue
        held = _held(folder, results=False)
        if held is None:
            raise RunFolderError(
                f"shard {folder.name} is running, and it divides the run otherwise",
                fix=f"wait for it, or stop it, before --shard {shard.number}/{shard.of}",
            )
        refuse_other(held.identity, identity, folder)
        done |= set(held.outcomes)
    return done


def _other_replies(others: Sequence[Path], shard: Shard) -> list[Path]:
    replies = [f / REPLIES for f in others if _division(f) != shard.of]
    return [path for path in replies if path.exists()]


def merge(out: Path, kg: Path, others: Sequence[Path] = ()) -> RunResult:
    """Brings the shards of a run together, and writes the final files.

    Args:
        out: Run folder; its own ``shards`` are taken, and removed at the end.
        kg: The graph that the shards used.
        others: More run folders with shards, such as those of other machines; they are left as they are.

    Raises:
        InputError: there are no shards, or items have no result yet.
        RunFolderError: shards are of different runs, say different things of one item, are running, or the folder
            cannot be written.
    """
    folders = _folders([out, *others])
    if not folders:
        if (manifest := finished_run(out)) is not None:
            return RunResult(out, manifest, fresh=False)
        raise InputError("there are no shards", fix="make them: medreason run … --shard 1/4", item=out.name)
    graph = open_graph(kg)
    identity: dict[str, Any] = {}
    outcomes: dict[int, str] = {}
    whole = 0
    for folder in folders:
        held = _held(folder, results=True)
        if held is None:
            raise RunFolderError("the shard is running", fix="wait for it, or stop it", item=folder.name)
        identity = identity or held.identity
        refuse_other(identity, held.identity, folder)
        whole = max(whole, held.whole)
        _add(outcomes, held.outcomes, folder)
    if identity.get("graph") != to_dict(graph.ref):
        raise GraphError("the shards were made with another graph", fix="give its folder as --kg", item=kg.name)
    if len(outcomes) < whole:
        raise InputError(
            f"{whole - len(outcomes):,} of {whole:,} items have no result yet ({_told(folders)})",
            fix="run the shards that are missing or were stopped, then merge again",
            item=out.name,
        )
    return write_merged(out, graph, identity, outcomes, folders)


def _add(outcomes: dict[int, str], more: dict[int, str], folder: Path) -> None:
    for number, text in more.items():
        if outcomes.setdefault(number, text) != text:
            raise RunFolderError(
                f"item {number} ended otherwise in another shard",
                fix="remove one of the shards that hold it, if a model was asked twice; else report this",
                item=folder.name,
            )


def _told(folders: Sequence[Path]) -> str:
    return "there are shards " + ", ".join(f.name.replace("-of-", "/") for f in folders)


def write_merged(
    out: Path, graph: Graph, identity: dict[str, Any], outcomes: dict[int, str], folders: Sequence[Path]
) -> RunResult:
    """Writes the final files of a run from the outcomes of its items, and removes its own shards."""
    rows = [json.loads(outcomes[number]) for number in sorted(outcomes)]
    manifest = {"identity": identity, "graph": licence_of(graph), "summary": summarise(rows)}
    out.mkdir(parents=True, exist_ok=True)
    if "prompts" in identity:
        gather(out / REPLIES, [f / REPLIES for f in folders if (f / REPLIES).exists()])
        manifest["llm"] = summary_of(out)
    write_results(out, rows, manifest, graph)
    shutil.rmtree(out / SHARDS, ignore_errors=True)
    return RunResult(out, manifest, fresh=True)
