"""Shards of a run: the same bytes as in one piece, in any number of parts, stopped and divided anew."""

import json
from collections import Counter
from pathlib import Path

import pytest

from medreason.config import RunConfig, load_config
from medreason.dataset.journal import Journal
from medreason.engine import SHARDS, run
from medreason.errors import BudgetError, GraphError, InputError, RunFolderError, UsageError
from medreason.sharding import Shard, merge, run_shard, shard_of
from tests.llm.authors import first_right
from tests.llm.server import Script, ScriptedServer
from tests.runs import FINAL, medreason

VIGNETTES = Path(__file__).resolve().parents[1] / "src/medreason/data/vignettes.jsonl"
ROWS = [json.loads(line) for line in VIGNETTES.open(encoding="utf-8")]
KEYS = {row["question"]: row["answer_key"] for row in ROWS}


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shards") / "questions.jsonl"
    lines = [json.dumps(row) for row in ROWS[:20]]
    path.write_text("\n".join([*lines[:7], '{"id": "broken"}', *lines[7:]]) + "\n", encoding="utf-8")
    return path


def offline(kg: Path, questions: Path, out: Path) -> RunConfig:
    return load_config(None, {"questions": questions, "source": "jsonl", "kg": kg, "out": out})


@pytest.fixture(scope="module")
def whole(hpo_dir: Path, questions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(offline(hpo_dir, questions, tmp_path_factory.mktemp("whole") / "out")).folder


def test_every_item_belongs_to_one_shard_of_each_division() -> None:
    ids = [f"item-{n}" for n in range(1000)]
    for of in (1, 2, 7):
        owned = Counter(i for n in range(1, of + 1) for i in ids if Shard(n, of).owns(i))
        assert owned == Counter(ids)
    assert 400 < sum(Shard(1, 2).owns(i) for i in ids) < 600


@pytest.mark.parametrize("text", ["0/4", "5/4", "1", "1/0", "a/b", "1/2/3", "-1/4", ""])
def test_what_is_no_shard(text: str) -> None:
    with pytest.raises(UsageError, match="is no shard"):
        shard_of(text)


def test_merged_shards_are_the_bytes_of_one_run(hpo_dir: Path, questions: Path, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = [run_shard(offline(hpo_dir, questions, out), Shard(n, 3)) for n in (1, 2, 3)]
    assert sum(d.items for d in done) == 21 and {d.whole for d in done} == {21}
    merge(out, hpo_dir)
    for name in FINAL:
        assert (out / name).read_bytes() == (whole / name).read_bytes(), name
    assert not (out / SHARDS).exists()
    assert merge(out, hpo_dir).fresh is False


def test_shards_of_two_machines(hpo_dir: Path, questions: Path, whole: Path, tmp_path: Path) -> None:
    for n in (1, 2):
        run_shard(offline(hpo_dir, questions, tmp_path / f"machine{n}"), Shard(n, 2))
    with pytest.raises(InputError, match="have no result yet"):
        merge(tmp_path / "machine1", hpo_dir)
    merge(tmp_path / "out", hpo_dir, [tmp_path / "machine1", tmp_path / "machine2"])
    assert (tmp_path / "out" / "dataset.jsonl").read_bytes() == (whole / "dataset.jsonl").read_bytes()
    assert (tmp_path / "machine1" / SHARDS).exists()


def test_another_division_goes_on_where_the_first_stopped(
    hpo_dir: Path, questions: Path, whole: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run_shard(offline(hpo_dir, questions, out), Shard(1, 2))
    one = run_shard(offline(hpo_dir, questions, out), Shard(1, 2))
    assert one.elsewhere == 0
    done = [run_shard(offline(hpo_dir, questions, out), Shard(n, 3)) for n in (1, 2, 3)]
    assert sum(d.elsewhere for d in done) == one.items
    merge(out, hpo_dir)
    assert (out / "manifest.json").read_bytes() == (whole / "manifest.json").read_bytes()


def test_what_does_not_belong_together(hpo_dir: Path, questions: Path, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    config = offline(hpo_dir, questions, out)
    run_shard(config, Shard(1, 2))
    with pytest.raises(RunFolderError, match="seed was 0, now 5"):
        run_shard(config.model_copy(update={"seed": 5}), Shard(1, 2))
    with pytest.raises(RunFolderError, match="seed was 0, now 5"):
        run_shard(config.model_copy(update={"seed": 5}), Shard(1, 3))
    with pytest.raises(RunFolderError, match="holds shards"):
        run(config)
    with pytest.raises(RunFolderError, match="finished and whole"):
        run_shard(offline(hpo_dir, questions, whole), Shard(1, 2))
    held = Journal(out / SHARDS / "1-of-2")
    try:
        with pytest.raises(RunFolderError, match="1-of-2 is running, and it divides the run otherwise"):
            run_shard(config, Shard(1, 3))
        with pytest.raises(RunFolderError, match="the shard is running"):
            merge(out, hpo_dir)
        run_shard(config, Shard(2, 2))
        held.add([(next(n for n in range(21) if n not in held.done()), "{}")])
    finally:
        held.close()
    with pytest.raises(RunFolderError, match="ended otherwise in another shard"):
        merge(out, hpo_dir)
    with pytest.raises(InputError, match="there are no shards"):
        merge(tmp_path / "nothing", hpo_dir)


def test_the_graph_of_the_shards_is_asked_for(hpo_dir: Path, questions: Path, tmp_path: Path) -> None:
    config = offline(hpo_dir, questions, tmp_path / "out")
    run_shard(config, Shard(1, 1))
    journal = Journal(tmp_path / "out" / SHARDS / "1-of-1")
    identity = journal.identity()
    assert identity is not None
    journal.begin({**identity, "graph": {**identity["graph"], "sha256": "0" * 64}})
    journal.close()
    with pytest.raises(GraphError, match="another graph"):
        merge(tmp_path / "out", hpo_dir)


def test_no_reply_is_paid_twice_when_the_division_changes(hpo_dir: Path, tmp_path: Path) -> None:
    path, out = tmp_path / "questions.jsonl", tmp_path / "out"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS[:12]), encoding="utf-8")
    price = {"llm.prices": {"m": {"prompt": 1.0, "completion": 1.0}}}
    with ScriptedServer(Script(content=first_right(KEYS))) as server:

        def settings(folder: Path, **more: object) -> RunConfig:
            given = {"questions": path, "source": "jsonl", "kg": hpo_dir, "out": folder, "teacher": server.url}
            return load_config(None, {**given, "model": "m", "llm.seed": 1, "llm.gone": 1.0, **price, **more})

        with pytest.raises(BudgetError):
            run_shard(settings(out, **{"llm.max_run_tokens": 20_000, "llm.most": 1}), Shard(1, 1))
        paid = len(server.bodies)
        assert 0 < paid < 12
        for n in (1, 2, 3):
            run_shard(settings(out), Shard(n, 3))
        assert len(server.bodies) == 12
        result = merge(out, hpo_dir)
        one = run(settings(tmp_path / "one")).manifest
    assert result.manifest["llm"]["total"]["requests"] == 12
    assert result.manifest["llm"]["total"]["prompt_tokens"] == one["llm"]["total"]["prompt_tokens"]
    assert result.manifest["llm"]["total"]["cost"] == pytest.approx(one["llm"]["total"]["cost"])
    for name in ("dataset.jsonl", "rejected.jsonl", "samples.jsonl"):
        assert (out / name).read_bytes() == (tmp_path / "one" / name).read_bytes()


def test_the_commands(hpo_dir: Path, questions: Path, whole: Path, tmp_path: Path) -> None:
    run_ = ("run", "--questions", questions, "--source", "jsonl", "--kg", hpo_dir, "--out", tmp_path / "out")
    first = medreason(*run_, "--shard", "1/2")
    assert first.returncode == 0 and "of 21 items are done" in first.stdout
    missing = medreason("merge", tmp_path / "out", "--kg", hpo_dir)
    assert missing.returncode == 3 and "there are shards 1/2" in missing.stderr
    second = json.loads(medreason(*run_, "--shard", "2/2", "--json").stdout)
    assert second["whole"] == 21
    merged = medreason("merge", tmp_path / "out", "--kg", hpo_dir)
    assert merged.returncode == 0 and "written to" in merged.stdout
    assert (tmp_path / "out" / "dataset.jsonl").read_bytes() == (whole / "dataset.jsonl").read_bytes()
    assert medreason(*run_, "--shard", "3/2").returncode == 2
