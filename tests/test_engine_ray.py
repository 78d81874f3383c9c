"""The Ray engine: the bytes of a local run on one node and on two, with workers, a node and the driver killed."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from benchmarks.scale_bytes import kill_actor

from medreason.config import RunConfig, load_config
from medreason.engine import run
from medreason.engine_ray import IDENTITY, PARTS, read_parts, run_ray, write_part
from medreason.engine_ray.run import blocks_of
from medreason.engine_ray.synth import produce_ray
from medreason.errors import RunFolderError, UsageError
from medreason.questions.reading import Item
from medreason.synth import SHARES, produce
from tests.runs import FINAL, command, fingerprint, medreason

VIGNETTES = Path(__file__).resolve().parents[1] / "src/medreason/data/vignettes.jsonl"


def settings(kg: Path, questions: Path, out: Path, **more: Any) -> RunConfig:
    return load_config(None, {"questions": questions, "source": "jsonl", "kg": kg, "out": out, **more})


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 items: the vignettes and half of them again, one line broken."""
    lines = [json.loads(line) for line in VIGNETTES.open(encoding="utf-8")]
    again = [{**row, "id": f"{row['id']}-again"} for row in lines[:60]]
    path = tmp_path_factory.mktemp("ray") / "questions.jsonl"
    path.write_text('{"id": "broken"}\n' + "".join(json.dumps(r) + "\n" for r in lines + again), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def local(hpo_dir: Path, questions: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return fingerprint(run(settings(hpo_dir, questions, tmp_path_factory.mktemp("local") / "out")).folder)


# -- without Ray -------------------------------------------------------------------------------------------


def test_parts_are_named_by_what_they_hold(tmp_path: Path) -> None:
    one = write_part(tmp_path, [3, 1], ["c", "a"])
    assert write_part(tmp_path, [3, 1], ["c", "a"]) == one
    other = write_part(tmp_path, [1, 2], ["a", "b"])
    assert other != one and read_parts(tmp_path) == {1: "a", 2: "b", 3: "c"}
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([one, other])


def test_parts_that_contradict_or_are_torn(tmp_path: Path) -> None:
    write_part(tmp_path, [1], ["a"])
    bad = write_part(tmp_path, [1], ["b"])
    with pytest.raises(RunFolderError, match="ended otherwise"):
        read_parts(tmp_path)
    (tmp_path / bad).write_bytes(b"PAR1")
    with pytest.raises(RunFolderError, match="cannot be read"):
        read_parts(tmp_path)


def test_what_is_refused(hpo_dir: Path, questions: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="teacher that answers"):
        run_ray(settings(hpo_dir, questions, tmp_path / "out", teacher=f"files:{tmp_path}", model="m"))
    with pytest.raises(UsageError, match="ask again"):
        more = {"teacher": "http://127.0.0.1:1/v1", "model": "m", "retry_failed": "refusal"}
        run_ray(settings(hpo_dir, questions, tmp_path / "out", **more))
    for options, words in (
        (("--engine", "spark"), "there is no engine"),
        (("--engine", "ray", "--shard", "1/2"), "Ray divides"),
        (("--address", "auto"), "of a Ray cluster"),
    ):
        done = medreason(
            "run", "--questions", questions, "--source", "jsonl", "--kg", hpo_dir, "--out", tmp_path, *options
        )
        assert done.returncode == 2 and words in done.stderr

    done = medreason("synth", "--kg", hpo_dir, "--n", "5", "--out", tmp_path / "s", "--address", "auto")
    assert done.returncode == 2 and "of a Ray cluster" in done.stderr and not (tmp_path / "s").exists()


def test_blocks_are_cut_by_number_whatever_is_done() -> None:
    items = [(n, Item(str(n), "", {})) for n in range(10)]
    whole = {row["block"]: row["items"] for row in blocks_of(items, 4)}
    assert list(whole) == [0, 1, 2]
    rest = blocks_of(items[4:], 4)
    assert [row["block"] for row in rest] == [1, 2] and all(whole[row["block"]] == row["items"] for row in rest)


def test_without_ray_it_says_what_to_install(
    hpo_dir: Path, questions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match="Ray is not installed") as found:
        run_ray(settings(hpo_dir, questions, tmp_path / "out", limit=3))
    assert "medreason[ray]" in found.value.fix
    assert not (tmp_path / "out" / FINAL[0]).exists()


# -- with Ray ----------------------------------------------------------------------------------------------


@pytest.fixture
def cluster() -> Iterator[Any]:
    """Two nodes of one processor each on this machine."""
    pytest.importorskip("ray", reason="the extra ray is not installed")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray
    from ray.cluster_utils import Cluster

    found = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    found.add_node(num_cpus=1)
    ray.init(address=found.address, logging_level="error", log_to_driver=False)
    try:
        yield found
    finally:
        ray.shutdown()
        found.shutdown()


def test_synthesis_gives_the_bytes_of_the_local_engine(cluster: Any, hpo_dir: Path) -> None:
    steps: list[tuple[int, int]] = []
    far = produce_ray(hpo_dir, 120, 5, list(SHARES), 2, lambda *at: steps.append(at), address="")
    assert far == produce(hpo_dir, 120, 5, list(SHARES), 1, lambda *_: None)
    assert steps[-1] == (120, 120)
    with pytest.raises(UsageError, match="nothing to make"):
        produce_ray(hpo_dir, 0, 5, list(SHARES), 2, lambda *_: None, address="")


def test_two_nodes_give_the_same_bytes(
    cluster: Any, hpo_dir: Path, questions: Path, local: dict[str, str], tmp_path: Path
) -> None:
    steps: list[tuple[int, int]] = []
    result = run_ray(settings(hpo_dir, questions, tmp_path / "out", workers=2), lambda *at: steps.append(at))
    assert result.fresh and fingerprint(tmp_path / "out") == local
    assert steps[-1] == (200, 200) and not (tmp_path / "out" / PARTS).exists()
    assert run_ray(settings(hpo_dir, questions, tmp_path / "out")).fresh is False


def test_a_worker_and_a_node_are_killed(
    cluster: Any, hpo_dir: Path, questions: Path, local: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    killed: list[str] = []

    def kill() -> None:
        while not list((out / PARTS).glob("*.parquet")):
            time.sleep(0.05)
        kill_actor()
        killed.append("worker")
        cluster.remove_node(cluster.list_all_nodes()[-1], allow_graceful=False)
        killed.append("node")

    thread = threading.Thread(target=kill)
    thread.start()
    run_ray(settings(hpo_dir, questions, out, workers=2))
    thread.join()
    assert killed == ["worker", "node"] and fingerprint(out) == local


def test_the_driver_is_killed_and_goes_on(
    hpo_dir: Path, questions: Path, local: dict[str, str], tmp_path: Path
) -> None:
    pytest.importorskip("ray", reason="the extra ray is not installed")
    out = tmp_path / "out"
    options = ("run", "--questions", questions, "--source", "jsonl", "--kg", hpo_dir, "--out", out, "--engine", "ray")
    process = subprocess.Popen(command(*options), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    limit = time.monotonic() + 120
    while not list((out / PARTS).glob("*.parquet")) and time.monotonic() < limit:
        time.sleep(0.05)
    process.kill()
    process.wait()
    before = sum(len(pl.read_parquet(p)) for p in (out / PARTS).glob("*.parquet"))
    assert before > 0 and not (out / FINAL[0]).exists()
    other = medreason(*options, "--seed", "7")
    assert other.returncode == 3 and "seed was 0, now 7" in other.stderr
    assert json.loads((out / PARTS / IDENTITY).read_text())["config"]["seed"] == 0
    done = medreason(*options)
    assert done.returncode == 0, done.stderr
    assert fingerprint(out) == local
