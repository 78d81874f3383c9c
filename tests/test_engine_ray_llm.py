"""A run with a language model on Ray: four client actors before the scripted server, shared limits, kills."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from benchmarks.scale_bytes import joined, kill_actor, two_nodes
from benchmarks.scale_llm import Work, digest, journalled, twice, when

from medreason.engine import run
from medreason.engine_llm import REPLIES
from medreason.engine_ray import PARTS, run_ray
from medreason.engine_ray.llm import spent_of
from medreason.engine_ray.parts import block_folders
from medreason.errors import AuthError, BudgetError
from medreason.llm.accounts import history

VIGNETTES = Path(__file__).resolve().parents[1] / "src/medreason/data/vignettes.jsonl"
KEYS = {row["question"]: row["answer_key"] for row in map(json.loads, VIGNETTES.open(encoding="utf-8"))}
MOST = 6


@pytest.fixture
def work(hpo_dir: Path) -> Work:
    return Work(VIGNETTES, "jsonl", hpo_dir, 100, KEYS, 0.1, MOST)


@pytest.fixture
def cluster() -> Iterator[Any]:
    pytest.importorskip("ray", reason="the extra ray is not installed")
    with two_nodes(2) as found, joined(found):
        yield found


def test_limits_are_shared_and_nothing_is_paid_twice(cluster: Any, work: Work, tmp_path: Path) -> None:
    """Stopped by the budget, gone on with more, an actor killed: the files of a run in one process."""
    with work.server() as server:
        run(work.config(tmp_path / "local", server.url))
        tokens = server.tokens()
    out = tmp_path / "out"
    with work.server() as server:
        limit = tokens // 3 + MOST * 4096
        with pytest.raises(BudgetError, match=f"limit of {limit:,} tokens"):
            run_ray(work.config(out, server.url, **{"llm.max_run_tokens": limit}))
        assert 0 < server.tokens() <= limit and 1 < server.peak <= MOST
        journals = [f / REPLIES for f in block_folders(out / PARTS)]
        assert spent_of(journals, {}).tokens == server.tokens()
        flying = when(server, server.calls + 20, kill_actor)
        result = run_ray(work.config(out, server.url))
        assert flying and server.peak <= MOST
        again, cut = twice(server), journalled(out)
    assert digest(out) == digest(tmp_path / "local")
    assert cut["journalled twice"] == 0 and again <= cut["cut off"] <= MOST
    assert result.manifest["llm"]["total"]["unknown_bills"] == cut["cut off"]
    assert history(out / REPLIES)[0].reason == "start" and not (out / PARTS).exists()


def test_a_server_that_refuses_ends_the_run_with_its_own_error(cluster: Any, work: Work, tmp_path: Path) -> None:
    with work.server() as server:
        server.script.always = "401"
        with pytest.raises(AuthError, match="Incorrect API key"):
            run_ray(work.config(tmp_path / "out", server.url))
        assert server.calls <= 2 * MOST
        server.script.always = ""
        assert run_ray(work.config(tmp_path / "out", server.url)).manifest["summary"]["items"] == 100
