"""Preference optimization of a tiny model: prompts are not trained, the reference stays what it was."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from medreason.dataset.export import Options, export
from medreason.records import Sample, to_json
from medreason.training import Start, train_dpo
from medreason.training.data import load_data
from medreason.training.dpo import _made
from medreason.training.load import open_chat, open_model
from medreason.training.prepare import dpo_columns, prepare
from medreason.training.recipe import Recipe
from medreason.training.run import Job
from tests.dataset.small import record, saying
from tests.training import small

pytest.importorskip("trl", reason="the extra train is not installed (make test-train)")


def dpo_export(out: Path, n: int = 12) -> Path:
    """Pairs of a chain and a failed sample that chose the other option."""
    run = out.with_name(f"{out.name}-run")
    run.mkdir()
    names = [f"Malady {i}" for i in range(n)]
    made = [record(f"r{i}", texts=(names[i], "Other"), source="made", licence="CC0 1.0") for i in range(n)]
    (run / "dataset.jsonl").write_text("".join(to_json(r) + "\n" for r in made), encoding="utf-8")
    steps = saying("Nothing fits here.", "Other fits.").steps
    wrong = [Sample(r.id, 1, False, "B", "chose_other", (), steps, f"q{r.id}") for r in made]
    (run / "samples.jsonl").write_text("".join(to_json(s) + "\n" for s in wrong), encoding="utf-8")
    export(run, out, Options("dpo", shares=(0.7, 0.3)))
    return out


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("dpo")
    dpo_export(base / "data")
    small.model_folder(base / "model")
    return base


def recipe(base: Path, **changes: Any) -> Recipe:
    return small.recipe(base, **{"method": "dpo", **changes})


@pytest.mark.parametrize("template", small.TEMPLATES)
def test_both_replies_are_trained_with_their_stop_tokens_and_prompts_are_not(made: Path, template: str) -> None:
    from trl.trainer.dpo_trainer import DataCollatorForPreference

    from medreason.training.chat import chat_of

    data, chat = load_data(made / "data", "dpo"), chat_of(small.tokenizer(template))
    columns = dpo_columns(prepare(data, chat, recipe(made)).splits["train"])
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    batch = DataCollatorForPreference(pad_token_id=1)(rows)
    learnt = [chat.decode(i[m.bool()]) for i, m in zip(batch["input_ids"], batch["completion_mask"], strict=True)]
    better, worse = ([small.wanted(e.replies[n], template) for e in data.splits["train"]] for n in (0, 1))
    assert learnt == better + worse and set(better).isdisjoint(worse)


@pytest.mark.parametrize("lora", [None, {"r": 4, "dropout": 0.1}])
def test_the_better_chain_is_preferred_more_and_more(made: Path, tmp_path: Path, lora: dict[str, Any] | None) -> None:
    starts: list[Start] = []
    told = recipe(
        made, out=tmp_path / "out", lora=lora, save={"every": 10},
        optimizer={"learning_rate": 0.02 if lora else 0.005, "max_steps": 20}, dpo={"beta": 0.5},
    )  # fmt: skip
    done = train_dpo(told, before=starts.append)
    losses = done.told["losses"]["train"]
    # Before the first step policy and reference are the same, so that the loss is that of a coin.
    assert losses[0][1] == pytest.approx(math.log(2), abs=1e-4)
    assert losses[-1][1] < 0.5 * losses[0][1]
    assert done.told["losses"]["validation"][-1][1] < math.log(2)
    assert done.best is not None and done.told["recipe"]["method"] == "dpo"
    card = (done.last / "README.md").read_text(encoding="utf-8")
    assert "Direct preference optimization" in card and "Not medical advice" in card
    assert json.loads((done.last / "train.json").read_text(encoding="utf-8"))["data"]["format"] == "dpo"
    (start,) = starts
    assert len(start.prepared.splits["train"][0].replies) == 2


@pytest.mark.parametrize("lora", [None, {"r": 4}])
def test_the_reference_is_the_model_as_it_was(made: Path, tmp_path: Path, lora: dict[str, Any] | None) -> None:
    import torch

    from medreason.training.checks import Place

    told = recipe(made, out=tmp_path / "out", lora=lora)
    place, chat = Place("cpu", "CPU", False, "sdpa", True), open_chat(told)
    prepared = prepare(load_data(told.data, "dpo"), chat, told)
    model = open_model(told, place)
    trainer = _made(Job(told, place, prepared, model, chat.tokenizer, lambda _: 6)).trainer
    batch = trainer._prepare_inputs(next(iter(trainer.get_train_dataloader())))
    with torch.no_grad():
        before = torch.cat(trainer.compute_ref_log_probs(trainer.ref_model or trainer.model, batch))
        for parameter in (p for p in trainer.model.parameters() if p.requires_grad):
            parameter.add_(0.05)
        after = torch.cat(trainer.compute_ref_log_probs(trainer.ref_model or trainer.model, batch))
    assert (trainer.ref_model is None) == (lora is not None)
    assert torch.equal(before, after)


def test_stopped_it_goes_on_alike(made: Path, tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def stop(step: int, _of: int, _loss: float | None) -> None:
        if step == 3:
            raise Stop

    whole = train_dpo(recipe(made, out=tmp_path / "whole"))
    broken = recipe(made, out=tmp_path / "broken")
    with pytest.raises(Stop):
        train_dpo(broken, progress=stop)
    done = train_dpo(broken)
    assert (done.last / "model.safetensors").read_bytes() == (whole.last / "model.safetensors").read_bytes()
