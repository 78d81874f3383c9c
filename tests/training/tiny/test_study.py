"""Trainings of the miniature, and the whole command on its quick size."""

import json
import random
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from medreason.cli import app
from medreason.errors import InputError, RunFolderError, UsageError
from medreason.training.tiny import data, study
from medreason.training.tiny.arms import ARMS, BOOKS, RATES, SIZES
from medreason.training.tiny.loop import Plan, Sample, batches, rate_at

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("tokenizers")

from medreason.training.tiny.loop import Point, _batch, train  # noqa: E402
from medreason.training.tiny.model import Shape, built, written  # noqa: E402
from medreason.training.tiny.vocabulary import Vocabulary, learned  # noqa: E402

RUN = CliRunner()


@pytest.fixture
def vocabulary() -> Vocabulary:
    return learned(["say: a b c d e f g h", "answer"])


def test_the_vocabulary_is_closed(vocabulary: Vocabulary) -> None:
    assert vocabulary.size == 3 + 10
    ids = vocabulary.encode(["say: b a"])[0]
    assert vocabulary.decode([*ids, vocabulary.end, ids[0]]) == "say: b a"
    with pytest.raises(InputError, match="no training question"):
        vocabulary.encode(["say: x"])
    assert learned(["h g answer", "f e d c b a say:"]).encode(["say: b a"])[0] == ids


def test_the_loss_is_on_the_reply_alone() -> None:
    ids, labels = _batch([Sample([5, 6], [7, 1]), Sample([5], [8, 9, 1])], 0, "cpu")
    assert ids.tolist() == [[5, 6, 7, 1], [5, 8, 9, 1]]
    assert labels.tolist() == [[-100, -100, 7, 1], [-100, 8, 9, 1]]
    ids, labels = _batch([Sample([5, 6], [7, 1]), Sample([5], [1])], 0, "cpu")
    assert (ids[1].tolist(), labels[1].tolist()) == ([5, 1, 0, 0], [-100, 1, -100, -100])


def test_every_sample_once_an_epoch_in_another_order() -> None:
    samples = [Sample([i], [i]) for i in range(12)]
    found = batches(samples, Plan(0.1, 4, 2), 7)
    assert sorted(chain(*found[:3])) == sorted(chain(*found[3:])) == list(range(12))
    assert found[:3] != found[3:]
    assert found == batches(samples, Plan(0.1, 4, 2), 7) != batches(samples, Plan(0.1, 4, 2), 8)
    assert len(batches(samples, Plan(0.1, 4, 1.5), 7)) == 4


def test_the_rate_rises_and_falls() -> None:
    found = [rate_at(s, 100, Plan(1.0)) for s in range(100)]
    assert found[4] == 1.0
    assert found[:5] == sorted(found[:5])
    assert found[5:] == sorted(found[5:], reverse=True)
    assert found[-1] == pytest.approx(0.1, abs=0.01)


def trained(vocabulary: Vocabulary, seed: int) -> tuple[list[Point], Any]:
    """A model that learns to say the first of two letters."""
    rng = random.Random(0)
    pairs = [rng.sample("abcdefgh", 2) for _ in range(400)]
    prompts = vocabulary.encode(f"say: {a} {b}" for a, b in pairs)
    replies = vocabulary.encode(f"answer {a}" for a, _ in pairs)
    samples = [Sample(p, [*r, vocabulary.end]) for p, r in zip(prompts, replies, strict=True)]
    model = built(Shape(32, 1, 2, 16), vocabulary, seed)
    points: list[Point] = []
    train(model, vocabulary, samples, Plan(1e-2, 16, 4), seed, 4, points.append)
    return points, model


def test_it_learns_and_the_same_seed_gives_the_same_numbers(vocabulary: Vocabulary) -> None:
    torch.set_num_threads(1)
    points, model = trained(vocabulary, 1)
    assert points[-1].loss < 0.05
    assert points[0].loss > 0.5
    assert points[-1].tokens == 400 * 4 * 6
    prompts = vocabulary.encode(["say: c a", "say: h b"])
    assert written(model, vocabulary, prompts, 5, 1) == written(model, vocabulary, prompts, 5, 8)
    assert written(model, vocabulary, prompts, 5, 8) == ["answer c", "answer h"]
    assert written(model, vocabulary, prompts, 1, 8) == ["answer", "answer"]
    assert trained(vocabulary, 1)[0] == points
    assert trained(vocabulary, 2)[0] != points


@pytest.fixture(scope="module")
def questions(hpo_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return {b: data.made(hpo_dir, SIZES["quick"], 1, b) for b in BOOKS}


@pytest.fixture
def ready(questions: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Hands out the questions that were made once, and counts the trainings."""
    counted = {"trainings": 0}
    real = study.carried_out

    def counting(*args: Any) -> dict[str, Any]:
        counted["trainings"] += 1
        return real(*args)

    monkeypatch.setattr(study, "made", lambda kg, size, seed, book: questions[book])
    monkeypatch.setattr(study, "carried_out", counting)
    return counted


def tiny(hpo_dir: Path, out: Path, *more: str) -> list[str]:
    return ["train", "tiny", "--kg", str(hpo_dir), "--out", str(out), "--quick", "--workers", "1", *more]


def test_the_whole_command_and_its_resumption(hpo_dir: Path, tmp_path: Path, ready: dict[str, int]) -> None:
    out = tmp_path / "study"
    first = RUN.invoke(app, tiny(hpo_dir, out, "--seeds", "2"), catch_exceptions=False)
    assert first.exit_code == 0
    assert "chain, then answer" in first.output
    assert "What this does not show" in first.output
    assert ready["trainings"] == 2 * sum(map(len, BOOKS.values())) == 16
    results = json.loads((out / "results.json").read_text())
    for book, arms in BOOKS.items():
        assert list(results["arms"][book]) == list(arms)
        assert [e["other"] for e in results["effects"][book]] == list(arms[1:])
        told = results["arms"][book]
        assert told["chain"]["questions"] == told["answer"]["questions"] == 64
        assert told["answer_tokens"]["tokens"][0] == pytest.approx(told["chain"]["tokens"][0], rel=0.1)
        assert told["answer"]["tokens"][0] < told["chain"]["tokens"][0] / 2
    lines = (out / "curves.csv").read_text().splitlines()
    assert len(lines) == 1 + 16 * SIZES["quick"].points
    report = (out / "report.md").read_text()
    assert all(ARMS[a].told in report for a in ARMS)
    runs = {p.name: p.read_bytes() for p in (out / "runs").iterdir()}
    again = RUN.invoke(app, tiny(hpo_dir, out, "--seeds", "2", "--json"), catch_exceptions=False)
    assert json.loads(again.stdout) == results
    assert ready["trainings"] == 16
    # One that was lost and one that broke off are done again, to the same answers.
    (out / "runs" / "open-chain-2.json").unlink()
    (out / "runs" / "closed-answer-1.json").write_text('{"arm": ')
    assert RUN.invoke(app, tiny(hpo_dir, out, "--seeds", "2"), catch_exceptions=False).exit_code == 0
    assert ready["trainings"] == 18
    for name in ("open-chain-2.json", "closed-answer-1.json"):
        old, new = json.loads(runs[name]), json.loads((out / "runs" / name).read_text())
        assert {k: v for k, v in old.items() if k != "seconds"} == {k: v for k, v in new.items() if k != "seconds"}
    with pytest.raises(RunFolderError, match=r"another study \(size"):
        RUN.invoke(app, [*tiny(hpo_dir, out)[:-3], "--size", "small"], catch_exceptions=False)


def test_rates_are_tried_on_development_questions(hpo_dir: Path, tmp_path: Path, ready: dict[str, int]) -> None:
    result = RUN.invoke(app, tiny(hpo_dir, tmp_path / "t", "--tune", "--book", "closed"), catch_exceptions=False)
    assert result.exit_code == 0
    assert ready["trainings"] == 2 * len(RATES)
    assert result.output.count("answer_tokens") == len(RATES)
    found = [json.loads(p.read_text()) for p in (tmp_path / "t" / "runs").iterdir()]
    assert {(r["part"], r["seed"], len(r["items"])) for r in found} == {("dev", 0, 8)}


def test_what_cannot_be_is_refused(hpo_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for more, match in (
        (["--size", "huge"], "no size"), (["--seeds", "0"], "nothing to train"), (["--book", "both"], "no test"),
        (["--device", "tpu"], "no device"),
    ):  # fmt: skip
        arguments = [a for a in tiny(hpo_dir, tmp_path / "x") if a != "--quick"]
        with pytest.raises(UsageError, match=match):
            RUN.invoke(app, [*arguments, *more], catch_exceptions=False)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(RunFolderError, match="something else"):
        RUN.invoke(app, tiny(hpo_dir, tmp_path / "full"), catch_exceptions=False)
