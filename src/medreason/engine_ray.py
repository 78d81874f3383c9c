"""A run on a Ray cluster, to the bytes of a run in one process.

Questions go out in blocks as a Ray data set; each block comes back from an actor as one Parquet part in
``OUT/parts``, written whole and named by what it holds. Where to run what, and what to do when a worker dies, is
Ray's business. A driver that is killed goes on from the parts; a block that was done twice gives the same part.

Every node needs the graph and ``OUT`` at the same path, on a shared disk. The graph is mapped into memory: processes of
one node share its pages.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from medreason.config import RunConfig
from medreason.dataset.journal import JOURNAL
from medreason.dataset.write import replace_text
from medreason.engine import (
    SHARDS,
    Progress,
    RunResult,
    encode,
    finished_run,
    identity_of,
    make_pipeline,
    outcome_of,
    refuse_other,
)
from medreason.errors import InputError, MedReasonError, RunFolderError, UsageError
from medreason.intake import items_of, make_source
from medreason.kg.store import open_graph
from medreason.pipeline import Outcome
from medreason.questions.reading import Item
from medreason.records import Rejection
from medreason.sharding import write_merged

PARTS = "parts"
IDENTITY = "identity.json"
# Items of a block: small enough that a dead worker costs seconds, large enough that parts stay few.
BLOCK = 64


class Work:
    """What an actor does: blocks of items in, parts of outcomes out. Opens the graph once."""

    def __init__(self, config: RunConfig, folder: str) -> None:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        self._pipeline = make_pipeline(open_graph(config.kg), config)
        self._folder = Path(folder)

    def __call__(self, block: dict[str, Any]) -> dict[str, Any]:
        """Takes a block of pickled items to a part; returns its name and number of rows."""
        items = [pickle.loads(item) for item in block["item"]]
        numbers = [int(number) for number in block["number"]]
        told = [outcome_of(self._pipeline, item) for item in items]
        return {"part": [write_part(self._folder, numbers, told)], "rows": [len(numbers)]}


def write_part(folder: Path, numbers: list[int], outcomes: list[str]) -> str:
    """Writes outcomes as one Parquet file named by its content; a file that is there already is left."""
    digest = hashlib.sha256()
    for number, outcome in zip(numbers, outcomes, strict=True):
        digest.update(f"{number}\x1f{outcome}\x1e".encode("utf-8", "surrogatepass"))
    name = f"{digest.hexdigest()[:32]}.parquet"
    if not (folder / name).exists():
        beside = folder / f".{name}.{os.getpid()}.part"
        pl.DataFrame({"number": numbers, "outcome": outcomes}).write_parquet(beside, compression="zstd")
        beside.replace(folder / name)
    return name


def read_parts(folder: Path) -> dict[int, str]:
    """Outcomes by item number of all parts.

    Raises:
        RunFolderError: a part is damaged, or two say different things of one item.
    """
    found: dict[int, str] = {}
    for path in sorted(folder.glob("*.parquet")):
        try:
            table = pl.read_parquet(path)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise RunFolderError(f"the part cannot be read ({error})", fix="delete it", item=path.name) from None
        for number, outcome in zip(table["number"].to_list(), table["outcome"].to_list(), strict=True):
            if found.setdefault(number, outcome) != outcome:
                raise RunFolderError(
                    f"item {number} ended otherwise in another part", fix="report this", item=path.name
                )
    return found


def run_ray(config: RunConfig, progress: Progress | None = None, *, address: str = "") -> RunResult:
    """Carries out a run on Ray, or goes on with it, or finds it finished.

    Args:
        config: What to run; offline. ``workers`` is the most actors, 1 for as many as the cluster has processors.
        progress: Called with (items done, items in all) as parts come.
        address: Of a cluster, as Ray takes it (``auto``, ``ray://HOST:PORT``); empty for this machine alone.

    Raises:
        UsageError: Ray is not installed, or the run needs a language model.
        RunFolderError: the folder belongs to another run or cannot be written.
        MedReasonError: the cluster fails; the same command goes on.
    """
    if not config.offline:
        raise UsageError("--engine ray runs the offline teacher", fix="leave it out, or divide by --shard")
    graph = open_graph(config.kg)
    source = make_source(graph, config)
    identity = identity_of(config, graph, source)
    if (manifest := finished_run(config.out)) is not None:
        refuse_other(manifest["identity"], identity, config.out)
        return RunResult(config.out, manifest, fresh=False)
    folder = _folder(config.out, identity)
    items = list(enumerate(items_of(source, config)))
    have = read_parts(folder)
    unread = [(n, encode(Outcome(i))) for n, i in items if isinstance(i, Rejection) and n not in have]
    if unread:
        write_part(folder, [n for n, _ in unread], [text for _, text in unread])
    todo = [(n, item) for n, item in items if isinstance(item, Item) and n not in have]
    done = len(items) - len(todo)
    if todo:
        for rows in _on_ray(config, folder, todo, address):
            done += rows
            if progress:
                progress(done, len(items))
    outcomes = read_parts(folder)
    if len(outcomes) != len(items):
        raise InputError(f"{len(outcomes)} results for {len(items)} items", fix="use another --out")
    result = write_merged(config.out, graph, identity, outcomes, [])
    shutil.rmtree(folder, ignore_errors=True)
    return result


def _folder(out: Path, identity: dict[str, Any]) -> Path:
    """The folder of parts, of this run alone."""
    folder = out / PARTS
    for other, how in ((JOURNAL, "in one piece"), (SHARDS, "in shards")):
        if (out / other).exists():
            raise RunFolderError(
                f"a run {how} is under way in this folder", fix="go on with it as it began", item=out.name
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / IDENTITY).exists():
            refuse_other(json.loads((folder / IDENTITY).read_text(encoding="utf-8")), identity, out)
        else:
            replace_text(folder / IDENTITY, [json.dumps(identity)])
        for torn in folder.glob(".*.part"):
            torn.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        raise RunFolderError(f"cannot be used ({error})", fix="choose another --out", item=out.name) from None
    return folder


def _on_ray(config: RunConfig, folder: Path, todo: list[tuple[int, Item]], address: str) -> Iterator[int]:
    """Rows of each part as it stands on the disk."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        import ray.data
    except ImportError:
        raise UsageError("Ray is not installed", fix="pip install 'medreason[ray]'") from None
    began = not ray.is_initialized()
    try:
        if began:
            here = {} if address else {"include_dashboard": False}
            ray.init(address=address or None, logging_level="error", log_to_driver=False, **here)
        ray.data.DataContext.get_current().enable_progress_bars = False
        rows = [{"number": number, "item": pickle.dumps(item)} for number, item in todo]
        most = config.workers if config.workers > 1 else max(1, int(ray.cluster_resources().get("CPU", 1)))
        blocks = ray.data.from_items(rows, override_num_blocks=max(1, -(-len(rows) // BLOCK)))
        parts = blocks.map_batches(
            Work, fn_constructor_args=(config, str(folder.resolve())), batch_size=BLOCK, num_cpus=1,
            concurrency=(1, most),
        )  # fmt: skip
        for row in parts.iter_rows():
            yield int(row["rows"])
    except ray.exceptions.RayError as error:
        cause = str(error).strip().splitlines()[0]
        raise MedReasonError(f"the cluster failed ({cause})", fix="run the same command: it goes on") from error
    finally:
        if began:
            ray.shutdown()
