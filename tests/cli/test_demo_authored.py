"""The authored chains: replayed from the package, checked again, never without their flag."""

import json
from pathlib import Path

from medreason.kg.store import open_graph
from medreason.quality.verify import verify
from tests.runs import medreason


def test_the_authored_chains_are_replayed_and_hold(hpo_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "hpo").symlink_to(hpo_dir)
    out = tmp_path / "out"
    done = medreason("demo", "--chains", "authored", "--out", out, "--json", MEDREASON_CACHE=str(tmp_path / "cache"))
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["items"] == 54 and summary["kept"] == 42
    assert set(summary["rejected"]) == {"check/not_grounded"}
    records = [json.loads(line) for line in (out / "dataset.jsonl").open(encoding="utf-8")]
    for record in records:
        assert "authored" in record["flags"] and record["written"]["model"] == "authored"
        assert record["chosen_key"] == record["answer_key"] and record["clinician_reviewed"] is False
    assert verify(out, open_graph(hpo_dir)).problems == []


def test_other_chains_are_refused() -> None:
    done = medreason("demo", "--chains", "dictated")
    assert done.returncode == 2 and "give offline or authored" in done.stderr
