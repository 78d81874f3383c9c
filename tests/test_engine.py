"""Runs: the same bytes whatever happens, nothing made is lost, other runs are refused."""

import json
import os
import random
import resource
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.runs import command, fingerprint, medreason
from tests.shared import CASES, shared_file

LIMIT = 90  # above engine.SMALL, so that worker processes really start


@pytest.fixture(scope="session")
def arguments(hpo_dir: Path) -> list[object]:
    return ["run", "--questions", shared_file(CASES), "--source", "phenopackets", "--kg", hpo_dir, "--limit", LIMIT]


@pytest.fixture(scope="session")
def reference(arguments: list[object], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "reference"
    done = medreason(*arguments, "--workers", 1, "--out", out)
    assert done.returncode == 0, done.stderr
    return out


def test_every_item_is_accounted_for(reference: Path) -> None:
    kept = [json.loads(line) for line in (reference / "dataset.jsonl").open(encoding="utf-8")]
    rejected = [json.loads(line) for line in (reference / "rejected.jsonl").open(encoding="utf-8")]
    summary = json.loads((reference / "manifest.json").read_text())["summary"]
    assert len(kept) + len(rejected) == LIMIT == summary["items"]
    assert len(kept) == summary["kept"]
    assert sum(summary["rejected"].values()) == len(rejected)
    assert len({row["id"] for row in kept + rejected}) == LIMIT
    assert all(row["chosen_key"] == row["answer_key"] for row in kept)
    assert all(row["steps"] for row in rejected if row["reason"] == "evidence_favours_other")


def test_workers_folder_time_zone_and_language_leave_no_trace(
    arguments: list[object], reference: Path, tmp_path: Path
) -> None:
    out = tmp_path / "another place" / "run"
    done = medreason(*arguments, "--workers", 2, "--out", out, TZ="Asia/Kathmandu", LANG="tr_TR.UTF-8", LC_ALL="C")
    assert done.returncode == 0, done.stderr
    assert fingerprint(out) == fingerprint(reference)
    text = "".join((out / n).read_text(encoding="utf-8") for n in ("dataset.jsonl", "rejected.jsonl", "manifest.json"))
    assert str(tmp_path) not in text
    assert os.uname().nodename not in text or len(os.uname().nodename) < 4


def kill_and_resume(
    arguments: list[object], out: Path, *, workers: int, kills: int, seed: int, seconds: float = 3.0
) -> int:
    """Kills a run at random moments and lets it end; returns how many kills met a run under way."""
    rng, met = random.Random(seed), 0
    for _ in range(kills):
        process = subprocess.Popen(
            command(*arguments, "--workers", workers, "--out", out), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        time.sleep(rng.uniform(0.3, seconds))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            met += 1
        process.communicate()
    done = medreason(*arguments, "--workers", workers, "--out", out)
    assert done.returncode == 0, done.stderr
    return met


def test_a_killed_run_resumes_to_the_same_bytes(arguments: list[object], reference: Path, tmp_path: Path) -> None:
    assert kill_and_resume(arguments, tmp_path / "run", workers=2, kills=3, seed=1) > 0
    assert fingerprint(tmp_path / "run") == fingerprint(reference)
    assert not list((tmp_path / "run").glob("work.sqlite*"))


@pytest.mark.slow
def test_twenty_kills(arguments: list[object], tmp_path: Path) -> None:
    longer = [*arguments[:-1], 1500]
    assert medreason(*longer, "--workers", 2, "--out", tmp_path / "whole").returncode == 0
    met = 0
    for n in range(4):
        out = tmp_path / f"run{n}"
        met += kill_and_resume(longer, out, workers=1 + n % 2, kills=5, seed=n, seconds=5.0)
        assert fingerprint(out) == fingerprint(tmp_path / "whole")
    assert met == 20, met


def test_interrupting_stops_cleanly_and_says_how_to_go_on(
    arguments: list[object], reference: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    process = subprocess.Popen(
        command(*arguments, "--workers", 2, "--out", out),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    for _ in range(200):
        time.sleep(0.05)
        if (out / "work.sqlite").exists():
            break
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert "The same command goes on" in errors
    assert medreason(*arguments, "--workers", 1, "--out", out).returncode == 0
    assert fingerprint(out) == fingerprint(reference)


def test_a_finished_folder_is_left_alone(arguments: list[object], reference: Path) -> None:
    before = {p.name: (p.stat().st_mtime_ns, p.stat().st_size) for p in reference.iterdir()}
    done = medreason(*arguments, "--workers", 2, "--out", reference)
    assert done.returncode == 0
    assert "finished" in done.stdout
    assert {p.name: (p.stat().st_mtime_ns, p.stat().st_size) for p in reference.iterdir()} == before


@pytest.mark.parametrize(
    ("change", "says"), [(["--seed", 7], "config.seed was 0, now 7"), (["--limit", 3], "config.limit was 90, now 3")]
)
def test_another_run_in_the_folder_is_refused_by_name(
    arguments: list[object], reference: Path, change: list[object], says: str
) -> None:
    before = fingerprint(reference)
    done = medreason(*arguments, *change, "--out", reference)
    assert done.returncode == 3
    assert says in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert fingerprint(reference) == before


def test_a_folder_that_cannot_be_written_is_one_clear_error(arguments: list[object], tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("x")
    done = medreason(*arguments, "--out", blocker / "run")
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert "cannot write" in done.stderr


def test_foreign_files_are_not_mixed_with_a_run(arguments: list[object], tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("precious")
    done = medreason(*arguments, "--out", tmp_path)
    assert done.returncode == 3
    assert "not empty" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.docx"]


def test_a_full_disk_loses_nothing(arguments: list[object], reference: Path, tmp_path: Path) -> None:
    """A limit on file sizes stands in for a full disk: the write fails half-way, the run says so and resumes."""
    out = tmp_path / "run"

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))

    process = subprocess.run(
        command(*arguments, "--workers", 1, "--out", out),
        capture_output=True, text=True, check=False, preexec_fn=small_files, timeout=120,
    )  # fmt: skip
    assert process.returncode == 3, process.stderr
    assert "Traceback" not in process.stderr
    assert not (out / "manifest.json").exists()
    assert medreason(*arguments, "--out", out).returncode == 0
    assert fingerprint(out) == fingerprint(reference)


def test_a_run_file_with_a_wrong_key_is_explained(tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text("questions: q.jsonl\nsorce: jsonl\nkg: kg\nout: out\nworkers: 0\n")
    done = medreason("run", tmp_path / "run.yaml")
    assert done.returncode == 2
    text = " ".join(done.stderr.split())
    assert "unknown key sorce, did you mean source?" in text
    assert "source is missing" in text
    assert "workers" in text


def test_a_run_file_and_options_make_the_same_run(reference: Path, hpo_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(
        f"questions: {shared_file(CASES)}\nsource: phenopackets\nkg: {hpo_dir}\nout: run\nlimit: 5\nworkers: 1\n"
    )
    done = medreason("run", file, "--limit", LIMIT)
    assert done.returncode == 0, done.stderr
    assert fingerprint(tmp_path / "run") == fingerprint(reference)
