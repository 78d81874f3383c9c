"""Fine-tuning a tiny model: the loss falls, packed samples do not see each other, a killed training goes on alike."""

import hashlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from medreason.errors import UsageError
from medreason.training import Start, train_sft
from medreason.training.data import load_data
from medreason.training.load import open_chat
from medreason.training.packing import check_apart, pack
from medreason.training.prepare import prepare, sft_columns, steps_of
from medreason.training.recipe import BatchConfig, OptimizerConfig
from tests.runs import command
from tests.training import small

pytest.importorskip("trl", reason="the extra train is not installed (make test-train)")
WEIGHTS = "model.safetensors"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``model`` and ``data``: 8 rows to train on, 4 to validate on."""
    base = tmp_path_factory.mktemp("sft")
    small.sft_export(base / "data")
    small.model_folder(base / "model")
    return base


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def weights(path: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return dict(load_file(path))


# -- learning ----------------------------------------------------------------------------------------------


def test_the_loss_falls_and_everything_is_recorded(made: Path, tmp_path: Path) -> None:
    starts: list[Start] = []
    told: list[tuple[int, int, float | None]] = []
    recipe = small.recipe(
        made, out=tmp_path / "out", save={"every": 15}, optimizer={"learning_rate": 0.02, "max_steps": 40}
    )
    done = train_sft(recipe, before=starts.append, progress=lambda *step: told.append(step))
    train, validation = done.told["losses"]["train"], done.told["losses"]["validation"]
    assert train[0][1] > 5.0 and train[-1][1] < 0.5 * train[0][1]
    assert [step for step, _ in validation] == [15, 30, 40] and validation[-1][1] < validation[0][1]
    assert [step for step, _, loss in told if loss is None] == list(range(1, 41)) and told[-1][1] == 40
    (start,) = starts
    assert (start.rows, start.steps, start.resumed) == (8, 40, 0) and start.trained == start.parameters
    best = min(validation, key=lambda pair: pair[1])[0]
    assert done.told["best_step"] == best and done.best == tmp_path / "out" / "best"
    # The folder: weights that open, with card and manifest beside them, and curves.
    manifest = json.loads((done.last / "train.json").read_text(encoding="utf-8"))
    assert manifest == done.told == json.loads((recipe.out / "train.json").read_text(encoding="utf-8"))
    assert manifest["recipe_sha256"] == recipe.sha256() and manifest["data_sha256"] == start.data.sha256
    assert manifest["packages"]["trl"] and manifest["device"]["precision"] == "fp32"
    tokens, trained = start.prepared.tokens("train")
    assert manifest["tokens"]["train"] == {"all": tokens, "trained": trained} and 0 < trained < tokens
    assert manifest["tokens_seen"] == 10 * tokens  # 40 steps of 2 rows are 10 passes over 8 rows
    card = (done.last / "README.md").read_text(encoding="utf-8")
    assert "Not medical advice" in card and "| made | CC0 1.0 | 12 | no |" in card and manifest["data_sha256"] in card
    assert list((recipe.out / "tensorboard").glob("events.*"))
    kept = {path.name for path in (recipe.out / "checkpoints").iterdir()}
    assert {f"checkpoint-{best}", "checkpoint-40"} <= kept and len(kept) == 2
    assert digest(done.last / WEIGHTS) == digest(recipe.out / "checkpoints" / "checkpoint-40" / WEIGHTS)
    from transformers import AutoModelForCausalLM

    opened = AutoModelForCausalLM.from_pretrained(done.last)
    # Generation ends at the token that was trained as the end of a reply, though the tokenizer's own end is another.
    assert start.chat.stop in opened.generation_config.eos_token_id
    # The same command again does nothing.
    again = train_sft(recipe, before=lambda _: pytest.fail("trained twice"))
    assert again.before and again.told == done.told


def test_the_best_is_kept_where_it_is_not_the_last(made: Path, tmp_path: Path) -> None:
    recipe = small.recipe(
        made, out=tmp_path / "out", save={"every": 2},
        optimizer={"learning_rate": 0.5, "max_steps": 8, "schedule": "constant_with_warmup", "warmup": 0.9},
    )  # fmt: skip
    done = train_sft(recipe)
    validation = done.told["losses"]["validation"]
    best = min(validation, key=lambda pair: pair[1])[0]
    assert done.told["best_step"] == best != 8 and done.best is not None
    assert digest(done.best / WEIGHTS) == digest(recipe.out / "checkpoints" / f"checkpoint-{best}" / WEIGHTS)
    assert digest(done.best / WEIGHTS) != digest(done.last / WEIGHTS)


def test_lora_trains_adapters_alone_and_checkpointing_changes_nothing(made: Path, tmp_path: Path) -> None:
    ends = []
    for name, checkpointing in (("a", False), ("b", True)):
        recipe = small.recipe(
            made, out=tmp_path / name, gradient_checkpointing=checkpointing, lora={"r": 4, "dropout": 0.0}
        )
        starts: list[Start] = []
        done = train_sft(recipe, before=starts.append)
        assert 0 < starts[0].trained < starts[0].parameters / 4
        assert not (done.last / WEIGHTS).exists()
        assert done.told["losses"]["train"][-1][1] < done.told["losses"]["train"][0][1]
        ends.append(weights(done.last / "adapter_model.safetensors"))
    import torch

    assert ends[0].keys() == ends[1].keys() and all("lora" in name for name in ends[0])
    assert all(torch.allclose(ends[0][k], ends[1][k], atol=1e-6) for k in ends[0])


def test_bf16_computes_in_half_and_holds_trained_weights_whole(made: Path, tmp_path: Path) -> None:
    recipe = small.recipe(
        made, out=tmp_path / "out", precision="bf16", optimizer={"learning_rate": 0.01, "max_steps": 2}
    )
    done = train_sft(recipe)
    assert done.told["device"]["precision"] == "bf16"
    assert {str(w.dtype) for w in weights(done.last / WEIGHTS).values()} == {"torch.float32"}


def test_without_validation_only_the_last_is_kept(tmp_path: Path) -> None:
    small.sft_export(tmp_path / "data", n=4, shares=(1.0,))
    small.model_folder(tmp_path / "model")
    done = train_sft(small.recipe(tmp_path, optimizer={"max_steps": 2}))
    assert done.best is None and done.told["best_step"] is None and not (tmp_path / "out" / "best").exists()


@pytest.mark.parametrize(
    ("rows", "batch", "epochs", "steps"), [(8, (2, 1, 1), 3, 12), (9, (2, 2, 1), 1, 3), (5, (1, 2, 2), 2.5, 5)]
)
def test_steps_are_counted_as_the_trainer_counts(
    rows: int, batch: tuple[int, int, int], epochs: float, steps: int
) -> None:
    per_device, accumulate, devices = batch
    told = BatchConfig(per_device=per_device, accumulate=accumulate, devices=devices)
    assert steps_of(rows, told, OptimizerConfig(epochs=epochs)) == steps
    assert steps_of(rows, told, OptimizerConfig(epochs=epochs, max_steps=7)) == 7


def test_epochs_end_where_they_were_said_to_end(made: Path, tmp_path: Path) -> None:
    starts: list[Start] = []
    recipe = small.recipe(
        made,
        out=tmp_path / "out",
        batch={"per_device": 3, "accumulate": 2},
        optimizer={"epochs": 1.5},
        save={"every": 9},
    )
    done = train_sft(recipe, before=starts.append)
    assert starts[0].steps == done.told["steps"] == 3


# -- packing -----------------------------------------------------------------------------------------------


def _batches(made: Path, tmp_path: Path) -> tuple[Any, list[dict[str, list[int]]], dict[str, Any]]:
    """The model, its samples, and a packed batch as TRL's collator makes it."""
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    recipe = small.recipe(made, out=tmp_path / "out")
    columns = sft_columns(prepare(load_data(recipe.data, "sft"), open_chat(recipe), recipe).splits["train"])
    packed = pack(columns, 1200, 0)
    batch = dict(DataCollatorForLanguageModeling(pad_token_id=1, padding_free=True)([packed[0], packed[1]]))
    samples = [dict(zip(columns, pair, strict=True)) for pair in zip(*columns.values(), strict=True)]
    return packed, samples, batch


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_packed_samples_are_computed_as_if_alone(made: Path, tmp_path: Path, attention: str) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    packed, samples, batch = _batches(made, tmp_path)
    model = AutoModelForCausalLM.from_pretrained(made / "model", attn_implementation=attention).eval()
    lengths = [n for row in packed.select([0, 1])["seq_lengths"] for n in row]
    assert len(lengths) > 3
    positions = [p for n in lengths for p in range(n)]
    assert batch["position_ids"][0].tolist() == positions  # each sample begins at 0
    read = {k: v for k, v in batch.items() if k in ("input_ids", "position_ids")}
    with torch.no_grad():
        together = model(**read, use_cache=False).logits[0]
        leaking = model(input_ids=batch["input_ids"], use_cache=False).logits[0]
        begin, loss, count = 0, 0.0, 0
        for length in lengths:
            ids = batch["input_ids"][:, begin : begin + length]
            labels = next(s["labels"] for s in samples if s["input_ids"] == ids[0].tolist())
            alone = model(input_ids=ids, use_cache=False).logits[0]
            assert torch.allclose(together[begin : begin + length], alone, atol=1e-5)
            if begin:
                assert not torch.allclose(leaking[begin : begin + length], alone, atol=1e-3)
            trained = sum(label != -100 for label in labels)
            own = model(input_ids=ids, labels=torch.tensor([labels]), use_cache=False).loss
            loss, count, begin = loss + float(own) * trained, count + trained, begin + length
        whole = model(**read, labels=batch["labels"], use_cache=False).loss
    assert float(whole) == pytest.approx(loss / count, rel=1e-5)
    check_apart(model)


def test_a_model_whose_packed_samples_see_each_other_is_refused(made: Path) -> None:
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(made / "model")
    forward = model.forward

    def blind(*args: Any, position_ids: Any = None, **options: Any) -> Any:
        return forward(*args, **options)

    model.forward = blind
    with pytest.raises(UsageError, match="packed samples see each other"):
        check_apart(model)


def test_packed_and_unpacked_training_take_the_same_first_step(made: Path, tmp_path: Path) -> None:
    """All rows in one step, packed into fewer rows or not: the same gradient, hence the same weights."""
    import torch

    told = {"optimizer": {"learning_rate": 0.01, "max_steps": 1, "warmup": 0.0}, "save": {"every": 1}}
    plain = train_sft(small.recipe(made, out=tmp_path / "a", batch={"per_device": 8, "accumulate": 1}, **told))
    packed = train_sft(
        small.recipe(
            made, out=tmp_path / "b", batch={"per_device": 8, "accumulate": 1}, packing=True, max_length=900, **told
        )
    )
    assert packed.told["losses"]["train"][0][1] == pytest.approx(plain.told["losses"]["train"][0][1], rel=1e-5)
    a, b = weights(plain.last / WEIGHTS), weights(packed.last / WEIGHTS)
    near = [torch.isclose(a[k], b[k], atol=1e-4).float().mean() for k in a]
    assert min(near) > 0.99  # Adam's first step is the sign of the gradient: a zero may fall to either side
    assert packed.told["tokens_seen"] == plain.told["tokens_seen"]


# -- stopped and gone on -----------------------------------------------------------------------------------


def _yaml(base: Path, out: Path, *, lora: bool) -> Path:
    file = out.with_suffix(".yaml")
    file.write_text(
        f"name: small\nmodel: {base / 'model'}\ndata: {base / 'data'}\nout: {out}\nprecision: fp32\n"
        "gradient_checkpointing: false\nbatch: {per_device: 1, accumulate: 3}\nsave: {every: 5}\n"
        "optimizer: {learning_rate: 0.01, max_steps: 36}\n" + ("lora: {r: 4, dropout: 0.3}\n" if lora else ""),
        encoding="utf-8",
    )
    return file


def test_killed_and_gone_on_ends_with_the_same_bits(made: Path, tmp_path: Path) -> None:
    """With dropout, so that the random numbers count; 8 rows by 3 a step, so that epochs end within steps."""
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    running = subprocess.Popen(
        command("train", "sft", _yaml(made, broken, lora=True)), env=environment, stdout=subprocess.DEVNULL
    )
    limit = time.monotonic() + 120
    second = broken / "checkpoints" / "checkpoint-10" / "trainer_state.json"
    while not second.exists() and running.poll() is None and time.monotonic() < limit:
        time.sleep(0.005)
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    assert json.loads((broken / "train.json").read_text(encoding="utf-8"))["status"] == "running"
    assert not (broken / "last").exists()
    # What a kill in the middle of writing leaves is not gone on from.
    (broken / "checkpoints" / "checkpoint-35").mkdir()
    (broken / "checkpoints" / "checkpoint-35" / "trainer_state.json").write_text('{"global_st', encoding="utf-8")
    done = subprocess.run(
        command("train", "sft", _yaml(made, broken, lora=True)),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "goes on from step " in done.stdout
    again = subprocess.run(
        command("train", "sft", _yaml(made, whole, lora=True)),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 0, again.stderr
    first, second = (json.loads((out / "train.json").read_text(encoding="utf-8")) for out in (whole, broken))
    assert len(second["sessions"]) == 2 and second["sessions"][1]["from_step"] > 0
    for name in ("best", "last"):
        assert digest(whole / name / "adapter_model.safetensors") == digest(broken / name / "adapter_model.safetensors")
    for key in ("losses", "tokens_seen", "best_step", "steps", "tokens_sha256"):
        assert first[key] == second[key], key


@pytest.mark.parametrize("packing", [False, True])
def test_stopped_in_the_middle_of_all_weights_goes_on_alike(made: Path, tmp_path: Path, packing: bool) -> None:
    class Stop(Exception):
        pass

    def stop(step: int, _of: int, _loss: float | None) -> None:
        if step == 5:
            raise Stop

    told = {"packing": packing, "batch": {"per_device": 1, "accumulate": 2}}
    whole = train_sft(small.recipe(made, out=tmp_path / "whole", **told))
    broken = small.recipe(made, out=tmp_path / "broken", **told)
    with pytest.raises(Stop):
        train_sft(broken, progress=stop)
    starts: list[Start] = []
    done = train_sft(broken, before=starts.append)
    assert starts[0].resumed == 4
    assert digest(done.last / WEIGHTS) == digest(whole.last / WEIGHTS)
    assert done.told["losses"] == whole.told["losses"]


def test_how_often_is_saved_and_validated_does_not_change_the_weights(made: Path, tmp_path: Path) -> None:
    ends = [
        train_sft(small.recipe(made, out=tmp_path / name, lora={"r": 4, "dropout": 0.3}, save={"every": every}))
        for name, every in (("a", 1), ("b", 4))
    ]
    assert digest(ends[0].last / "adapter_model.safetensors") == digest(ends[1].last / "adapter_model.safetensors")
