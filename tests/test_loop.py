"""The whole way, by the script that the documentation shows: graph, questions, export, training, server, evaluation."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("trl", reason="the extra train is not installed (make test-train)")
pytest.importorskip("inspect_ai", reason="the extra eval is not installed (make test-train)")

SCRIPT = Path(__file__).resolve().parents[1] / "examples" / "loop.sh"


def test_each_part_takes_what_the_one_before_it_made(hpo_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "loop"
    told = {"N": "80", "EPOCHS": "1", "LIMIT": "2", "PORT": "8931"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", str(SCRIPT), str(hpo_dir), str(out)],
        capture_output=True, text=True, check=False, timeout=900, env={**os.environ, **told, "PATH": path},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    trained = json.loads((out / "trained" / "train.json").read_text(encoding="utf-8"))
    assert trained["status"] == "done"
    exported = json.loads((out / "sft" / "export.json").read_text(encoding="utf-8"))
    assert trained["data_sha256"] == exported["data_sha256"]
    readings = [json.loads(line) for line in (out / "evaluation" / "readings.jsonl").open(encoding="utf-8")]
    assert len(readings) == 2 and all(r["gold"] in "ABCDE" for r in readings)
    learnt = {json.loads(line)["id"] for line in (out / "questions" / "dataset.jsonl").open(encoding="utf-8")}
    assert {r["id"] for r in readings} <= learnt
