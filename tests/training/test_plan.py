"""Plans: shapes counted exactly, memory and operations by hand, rows packed as TRL packs them, headers recomputed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from medreason.dataset.export.lengths import Length, summary
from medreason.errors import InputError, MedReasonError, UsageError
from medreason.training.data import load_data
from medreason.training.memory import NF4, Memory, case_of, memory_of
from medreason.training.plan import Plan, command_of, memory_line, plan, plan_of, span, time_line, told
from medreason.training.recipe import Recipe, recipe_file, shipped
from medreason.training.shapes import KNOWN, Shape, read_shape, shape_of
from medreason.training.volume import CHARACTERS, TEMPLATE, Volume, _packed, given, laid_out, of_export
from medreason.training.work import work_of
from tests.training import small

SMALL: dict[str, Any] = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4,
    "num_key_value_heads": 2, "vocab_size": 100,
}  # fmt: skip
TINY = Shape("llama", 3, 32, 48, 4, 2, 8, 100)
LLAMA = KNOWN["meta-llama/Llama-3.1-8B-Instruct"][0]


def config(folder: Path, family: str = "llama", **changes: Any) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    told = {"model_type": family, **SMALL, **changes}
    text = json.dumps({key: value for key, value in told.items() if value is not None})
    (folder / "config.json").write_text(text, encoding="utf-8")
    return str(folder)


def recipe(**changes: Any) -> Recipe:
    base = {"name": "r", "model": "m", "data": "d", "out": "o", "precision": "bf16", "hardware": {"accelerator": "GPU"}}
    return Recipe.model_validate({**base, **changes})


# -- shapes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "parameters"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", 8_030_261_248),
        ("mistralai/Mistral-7B-Instruct-v0.3", 7_248_023_552),
        ("FreedomIntelligence/HuatuoGPT-o1-8B", 8_030_261_248),
        ("deepseek-ai/DeepSeek-R1-Distill-Llama-8B", 8_030_261_248),
    ],
)
def test_published_models_have_their_published_parameters(model: str, parameters: int) -> None:
    shape, source = shape_of(model)
    assert shape.parameters == parameters and source
    assert shape.adapters(16, "all-linear") == 41_943_040


def test_parameters_by_hand() -> None:
    layer = 32 * 32 * 2 + 32 * 16 * 2 + 3 * 32 * 48 + 2 * 32
    assert TINY.layer == layer and TINY.parameters == 3 * layer + 32 + 2 * 100 * 32
    assert TINY._replace(tied=True).parameters == TINY.parameters - 100 * 32
    assert TINY.adapters(4, ("q_proj", "down_proj")) == 3 * 4 * ((32 + 32) + (48 + 32))


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("Llama", {}),
        ("Llama", {"tie_word_embeddings": True, "attention_bias": True, "mlp_bias": True}),
        ("Llama", {"head_dim": 16, "num_key_value_heads": 1}),
        ("Mistral", {}),
        ("Mistral", {"head_dim": 16}),
        ("Qwen2", {}),
        ("Qwen2", {"tie_word_embeddings": True, "num_key_value_heads": 4}),
        ("Qwen3", {"head_dim": 16}),
        ("Qwen3", {"attention_bias": True, "tie_word_embeddings": True}),
    ],
)
def test_parameters_are_those_of_transformers(tmp_path: Path, kind: str, changes: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch", reason="the extra train is not installed (make test-train)")
    transformers = pytest.importorskip("transformers")
    made = getattr(transformers, f"{kind}Config")(**{**SMALL, **changes})
    made.save_pretrained(tmp_path)
    with torch.device("meta"):
        model = transformers.AutoModelForCausalLM.from_config(made)
    shape = read_shape(tmp_path)
    assert shape.parameters == sum(p.numel() for p in model.parameters())
    linear = [m for name, m in model.named_modules() if isinstance(m, torch.nn.Linear) and name != "lm_head"]
    assert shape.body == sum(m.weight.numel() for m in linear)


def test_published_shapes_are_those_of_transformers() -> None:
    torch = pytest.importorskip("torch", reason="the extra train is not installed (make test-train)")
    transformers = pytest.importorskip("transformers")
    for shape, _ in KNOWN.values():
        made = transformers.AutoConfig.for_model(
            shape.family, hidden_size=shape.hidden, intermediate_size=shape.intermediate, vocab_size=shape.vocab,
            num_hidden_layers=shape.layers, num_attention_heads=shape.heads, num_key_value_heads=shape.kv_heads,
        )  # fmt: skip
        with torch.device("meta"):
            model = transformers.AutoModelForCausalLM.from_config(made)
        assert shape.parameters == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("targets", ["all-linear", ("q_proj", "v_proj")])
def test_adapters_are_those_of_peft(targets: Any) -> None:
    peft = pytest.importorskip("peft", reason="the extra train is not installed (make test-train)")
    import torch

    with torch.device("meta"):
        made = peft.LoraConfig(r=8, target_modules=targets if isinstance(targets, str) else list(targets))
        model = peft.get_peft_model(small.model(100, **SMALL_LLAMA), made)
    assert TINY.adapters(8, targets) == sum(p.numel() for p in model.parameters() if p.requires_grad)


SMALL_LLAMA = {key: value for key, value in SMALL.items() if key != "vocab_size"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model_type": "gpt2"}, "models of type gpt2 are not known here"),
        ({"hidden_size": None}, "config.json lacks a number that is needed .'hidden_size'."),
        ({"num_attention_heads": 0}, "config.json lacks a number"),
        ({"num_hidden_layers": 0}, "every size is at least 1"),
        ({"vocab_size": "many"}, "config.json lacks a number"),
        ({"model_type": None}, "config.json cannot be read .'model_type'."),
    ],
)
def test_a_shape_that_is_not_told_is_not_guessed(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        shape_of(config(tmp_path / "m", **changes))
    assert caught.value.fix and caught.value.item == "m"


def test_a_model_that_is_not_here_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the shape of this model is not known here") as caught:
        shape_of("someone/Some-13B")
    assert caught.value.fix == "put its config.json into a folder and give --model FOLDER"
    with pytest.raises(InputError, match=r"config\.json cannot be read"):
        shape_of(str(tmp_path))
    with pytest.raises(UsageError, match=r"lora\.targets: c_attn is no linear layer"):
        TINY.adapters(8, ("c_attn",))


# -- memory ------------------------------------------------------------------------------------------------


def held(memory: Memory) -> dict[str, int]:
    return {part.name: part.bytes for part in memory.held}


def test_all_weights_on_one_gpu_take_16_bytes_each_and_their_copies() -> None:
    parts = held(memory_of(recipe(), LLAMA, 100))
    n = LLAMA.parameters
    assert (parts["weights"], parts["gradients"], parts["optimizer"]) == (4 * n, 4 * n, 8 * n)
    assert parts["weights in bf16"] == 2 * LLAMA.body
    assert "weights in bf16" not in held(memory_of(recipe(precision="fp32"), LLAMA, 100))


def test_zero3_shares_16_bytes_and_fsdp2_too_but_for_gradients_that_are_added_up() -> None:
    n, eight = LLAMA.parameters, {"devices": 8, "accumulate": 16}
    zero = held(memory_of(recipe(distributed="zero3", batch=eight), LLAMA, 100))
    assert zero["weights"] + zero["gradients"] + zero["optimizer"] == pytest.approx(16 * n / 8, abs=3)
    assert zero["weights gathered"] == 2_000_000_000
    fsdp = held(memory_of(recipe(distributed="fsdp2", batch=eight), LLAMA, 100))
    assert fsdp["weights"] + fsdp["gradients"] + fsdp["optimizer"] == pytest.approx(16 * n / 8, abs=3)
    assert fsdp["gradients, added up"] == 2 * n
    at_once = held(memory_of(recipe(distributed="fsdp2", batch={"devices": 8, "accumulate": 1}), LLAMA, 100))
    assert "gradients, added up" not in at_once
    apart = held(memory_of(recipe(batch=eight), LLAMA, 100))
    assert apart["weights"] == 4 * n and apart["gradients to send"] == 4 * n


def test_adapters_leave_the_weights_alone_and_4_bits_are_4_bits() -> None:
    adapters = LLAMA.adapters(16, "all-linear")
    lora = held(memory_of(recipe(lora={"r": 16}), LLAMA, 100))
    assert lora["weights"] == 2 * LLAMA.parameters and lora["adapters"] == lora["gradients"] == 4 * adapters
    assert lora["optimizer"] == 8 * adapters
    four = held(memory_of(recipe(lora={"r": 16, "quantize": "4bit"}), LLAMA, 100))
    assert round(NF4 * 8, 3) == 4.127
    assert four["weights, 4-bit"] == round(LLAMA.body * NF4)
    assert four["weights, others"] == 2 * (LLAMA.parameters - LLAMA.body)
    assert four["adapters"] == 2 * adapters and four["optimizer"] == 4 * adapters


def test_checkpointing_keeps_one_vector_a_layer_and_token() -> None:
    kept = memory_of(recipe(distributed="zero3", batch={"devices": 8}), LLAMA, 1000).kept.bytes
    assert kept == 1000 * 4096 * (32 * 2 + 2 * 2 + 4)
    everything = memory_of(
        recipe(distributed="zero3", batch={"devices": 8}, gradient_checkpointing=False), LLAMA, 1000
    ).kept.bytes
    assert everything > 20 * kept


def test_the_total_is_that_of_the_fullest_moment() -> None:
    memory = memory_of(recipe(distributed="zero3", batch={"devices": 8}), LLAMA, 16)
    # With few tokens the optimizer step is the fullest moment, with many the passes.
    assert memory.peak == (memory.step,) and memory.step.bytes == 4_000_000_000
    assert memory.total == sum(held(memory).values()) + memory.step.bytes
    long = memory_of(recipe(distributed="zero3", batch={"devices": 8}), LLAMA, 100_000)
    assert long.peak[0] == long.kept and long.total == sum(held(long).values()) + sum(p.bytes for p in long.peak)
    assert long.whole_logits == 100_000 * 128_256 * 14


@for_all(
    st.sampled_from(["none", "zero3", "fsdp2"]), st.booleans(), st.sampled_from([None, "none", "4bit"]),
    st.sampled_from(["bf16", "fp32"]), st.integers(1, 4000), st.sampled_from(["auto", "eager"]),
)  # fmt: skip
def test_more_tokens_take_more_and_more_devices_never_do(
    sharing: Any, checkpointing: bool, quantize: str | None, precision: Any, tokens: int, attention: Any
) -> None:
    def total(devices: int, tokens: int) -> int:
        made = recipe(
            distributed=sharing if devices > 1 else "none", gradient_checkpointing=checkpointing, precision=precision,
            attention=attention, batch={"devices": devices, "accumulate": 4},
            lora=None if quantize is None else {"quantize": quantize},
        )  # fmt: skip
        return memory_of(made, LLAMA, tokens).total

    devices = 1 if quantize == "4bit" else 2
    assert total(devices, tokens + 500) >= total(devices, tokens) and total(devices, 10**6) > total(devices, tokens)
    if quantize is None and sharing != "none":
        assert total(8, tokens) < total(2, tokens)


def test_a_reference_model_is_a_second_copy_only_without_adapters() -> None:
    parts = held(memory_of(recipe(method="dpo"), LLAMA, 100))
    assert parts["reference model"] == parts["weights"]
    assert "reference model" not in held(memory_of(recipe(method="dpo", lora={}), LLAMA, 100))


# -- rows --------------------------------------------------------------------------------------------------


@for_all(st.lists(st.integers(1, 100), min_size=1, max_size=200))
def test_packing_loses_nothing_and_overfills_nothing(lengths: list[int]) -> None:
    rows = _packed(lengths, 100)
    assert sum(rows) == sum(lengths) and max(rows) <= 100
    assert len(rows) >= -(-sum(lengths) // 100)
    assert sum(n <= 50 for n in rows) <= 1  # two rows that would fit into one are one


def test_rows_are_packed_as_trl_packs_them() -> None:
    pytest.importorskip("trl", reason="the extra train is not installed (make test-train)")
    import random

    from medreason.training.packing import pack

    draw = random.Random(7)
    for limit in (100, 512):
        lengths = [draw.randint(1, limit) for _ in range(300)]
        ids = [[1] * n for n in lengths]
        theirs = [sum(row) for row in pack({"input_ids": ids, "labels": ids}, limit, 0)["seq_lengths"]]
        assert sorted(_packed(lengths, limit)) == sorted(theirs)


def test_padding_is_to_the_longest_of_a_batch() -> None:
    rows = Volume((10, 30, 20, 40), 100, "counted", "")
    alone = laid_out(rows, recipe(batch={"per_device": 1}))
    assert alone == (4, 100, 40, 100 + 900 + 400 + 1600, 0)
    together = laid_out(rows, recipe(batch={"per_device": 4}))
    assert together.tokens == 160 and together.widest == 160 and together.square == 4 * 1600
    short = laid_out(rows, recipe(batch={"per_device": 1}, max_length=20))
    assert (short.rows, short.tokens, short.too_long) == (2, 30, 2)
    packed = laid_out(rows, recipe(packing=True, max_length=50, attention="flash_attention_2"))
    assert (packed.rows, packed.tokens, packed.widest, packed.square) == (2, 100, 50, 3000)
    assert laid_out(rows, recipe(packing=True, max_length=50)).square == 2 * 2 * 2500


def test_tokens_are_estimated_from_characters_and_said_to_be(tmp_path: Path) -> None:
    folder = small.sft_export(tmp_path / "data")
    rows = load_data(folder, "sft").splits["train"]
    volume = of_export(folder, "sft")
    assert volume.how == "estimated" and "the export counted no tokens" in volume.note
    length = sum(len(m["content"]) for m in rows[0].prompt) + len(rows[0].replies[0])
    assert volume.rows == len(rows) and volume.lengths[0] == round(length / CHARACTERS) + TEMPLATE
    assert volume.read == sum(volume.lengths)


def test_tokens_follow_the_counts_of_the_export(tmp_path: Path) -> None:
    folder = small.sft_export(tmp_path / "data")
    data = load_data(folder, "sft")
    everything = [row for rows in data.splits.values() for row in rows]
    told = dict(data.told)
    told["tokens"] = summary(
        [Length(sum(len(m["content"]) for m in r.prompt) // 2, len(r.replies[0]) // 2) for r in everything]
    )
    (folder / "export.json").write_text(json.dumps(told), encoding="utf-8")
    volume = of_export(folder, "sft")
    assert volume.how == "counted" and "whose tokenizer may be another" in volume.note
    characters = [sum(len(m["content"]) for m in r.prompt) + len(r.replies[0]) for r in data.splits["train"]]
    assert volume.lengths == pytest.approx([n / 2 + TEMPLATE for n in characters], abs=2)


def test_steps_are_those_that_the_trainer_makes(tmp_path: Path) -> None:
    pytest.importorskip("trl", reason="the extra train is not installed (make test-train)")
    from medreason.training import train_sft

    small.sft_export(tmp_path / "data")
    small.model_folder(tmp_path / "model")
    for packing, epochs in ((False, 1.0), (False, 1.5), (True, 2.0)):
        made = small.recipe(
            tmp_path, out=tmp_path / f"{packing}{epochs}", packing=packing, max_length=2000,
            batch={"per_device": 1, "accumulate": 3}, optimizer={"epochs": epochs}, save={"every": 99},
        )  # fmt: skip
        lengths: list[int] = []
        done = train_sft(
            made, before=lambda start, into=lengths: into.extend(r.length for r in start.prepared.splits["train"])
        )
        assert plan(made, Volume(tuple(lengths), sum(lengths), "counted", "")).steps == done.told["steps"]


# -- operations and time -----------------------------------------------------------------------------------


def test_operations_are_8_a_weight_and_token_with_checkpointing() -> None:
    rows = given(100, 50)
    whole = recipe(optimizer={"epochs": 2})
    n, d = LLAMA.body + LLAMA.head, 100 * 50 * 2
    work = work_of(whole, LLAMA, laid_out(rows, whole), 2)
    assert work.weights == work.unsaved == 8 * n * d
    assert work.attention == 4 * 2 * 32 * 4096 * 50**2 * 100 * 2
    quick = whole.model_copy(update={"gradient_checkpointing": False})
    less = work_of(quick, LLAMA, laid_out(rows, quick), 2)
    assert less.weights == (6 * LLAMA.body + 8 * LLAMA.head) * d and less.attention == work.attention * 3 / 4


def test_frozen_weights_save_2_a_weight_and_token() -> None:
    rows, lora = given(100, 50), recipe(lora={"r": 16})
    work = work_of(lora, LLAMA, laid_out(rows, lora), 1)
    adapters = LLAMA.adapters(16, "all-linear")
    assert work.weights == (6 * (LLAMA.body + LLAMA.head) + 8 * adapters) * 5000
    assert work.unsaved == 8 * (LLAMA.body + LLAMA.head) * 5000


def test_time_is_operations_by_what_all_devices_do(tmp_path: Path) -> None:
    told = {"accelerator": "GPU", "peak_tflops": 100, "utilisation": 0.5, "memory_gb": 80}
    model = config(tmp_path / "m")
    one = plan(recipe(model=model, hardware=told), given(640, 100))
    two = plan(recipe(model=model, hardware=told, batch={"devices": 2}), given(640, 100))
    assert one.seconds is not None and one.seconds == one.work.total / 50e12
    assert two.seconds == pytest.approx(one.seconds / 2) and one.steps == 2 * two.steps == 120
    assert plan(recipe(model=model), given(10, 10)).seconds is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (3, "3 seconds"),
        (89, "89 seconds"),
        (95, "1.6 minutes"),
        (3000, "50 minutes"),
        (7200, "2.0 hours"),
        (3e5, "3.5 days"),
    ],
)
def test_spans_read_well(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_max_steps_count_instead_of_epochs(tmp_path: Path) -> None:
    made = recipe(model=config(tmp_path / "m"), optimizer={"max_steps": 10}, batch={"accumulate": 4})
    found = plan(made, given(80, 10))
    assert found.steps == 10 and found.epochs == 0.5


# -- what is said ------------------------------------------------------------------------------------------


def test_too_little_memory_long_rows_and_small_epochs_are_warned_of(tmp_path: Path) -> None:
    hardware = {"accelerator": "GPU", "memory_gb": 24}
    found = plan(recipe(model="mistralai/Mistral-7B-Instruct-v0.3", hardware=hardware), given(4, 100))
    assert any("do not fit into the 24 GB of GPU" in line for line in found.warnings)
    assert any("an epoch has 4 rows, and one step takes 16" in line for line in found.warnings)
    made = recipe(model=config(tmp_path / "m"), max_length=50, batch={"accumulate": 1})
    rows = Volume((40, 60, 70), 170, "counted", "")
    assert plan(made, rows).warnings == (
        "2 rows are longer than max_length, by these counts, and stop the training, unless drop_long is set",
    )
    assert "are left out" in plan(made.model_copy(update={"drop_long": True}), rows).warnings[0]
    with pytest.raises(UsageError, match="every row is longer than max_length") as caught:
        plan(made, given(3, 60))
    assert "60 or more" in caught.value.fix
    room = round(plan(made, rows).memory.total / 1e9 * 1.05, 2)
    near = made.model_copy(update={"hardware": made.hardware.model_copy(update={"memory_gb": room})})
    assert f"nearly fill the {room} GB" in plan(near, Volume((40,), 40, "counted", "")).warnings[0]


def test_what_is_missing_or_given_twice_is_said(tmp_path: Path) -> None:
    small.sft_export(tmp_path / "data")
    wrong: list[tuple[str, dict[str, Any], type[MedReasonError], str]] = [
        ("llama-3.1-8b-zero3", {}, UsageError, "there are no data to plan for"),
        ("llama-3.1-8b-zero3", {"data": tmp_path / "nothing"}, InputError, "is no export for training"),
        ("llama-3.1-8b-zero3", {"rows": 10}, UsageError, "belong together"),
        ("llama-3.1-8b-zero3", {"data": tmp_path, "rows": 1, "row_tokens": 1}, UsageError, "planning without data"),
        ("tiny-cpu", {"rows": 1, "row_tokens": 1}, UsageError, "model is missing"),
        ("tiny-cpu", {"model": "a/b", "rows": 1, "row_tokens": 1}, InputError, "shape of this model is not known"),
        ("llama-9", {}, InputError, "there is no such recipe"),
    ]
    for name, options, kind, words in wrong:
        with pytest.raises(kind) as caught:
            plan_of(name, **options)
        assert words in caught.value.cause and caught.value.fix, name
    assert plan_of("llama-3.1-8b-zero3", data=tmp_path / "data").volume.rows == 8


def test_the_command_has_what_the_recipe_does_not_say(tmp_path: Path) -> None:
    name = "llama-3.1-8b-lora-80gb"
    one = plan_of(name, rows=1, row_tokens=1)
    assert command_of(one, name) == f"medreason train sft {name} --data DATA --out OUT"
    assert command_of(one, name, data="my data", model="m") == (
        f"medreason train sft {name} --data 'my data' --model m --out OUT"
    )
    mine = tmp_path / "mine.yaml"
    mine.write_text(f"base: {name}\nname: mine\ndata: d\nout: o\n", encoding="utf-8")
    assert command_of(one, str(mine)) == f"medreason train sft {mine}"


def test_several_devices_are_started_by_accelerate() -> None:
    name = "llama-3.1-8b-fsdp2"
    found = plan_of(name, rows=1, row_tokens=1)
    words = command_of(found, name).split()
    assert words[:2] == ["accelerate", "launch"] and Path(words[words.index("--config_file") + 1]).is_file()
    plain = found._replace(recipe=found.recipe.model_copy(update={"distributed": "none"}))
    assert command_of(plain, name).startswith("accelerate launch --multi_gpu --num_processes 8 --no_python medreason ")


def test_a_plan_is_json_with_the_same_numbers() -> None:
    found = plan_of("mistral-7b-lora-4bit-24gb", rows=100, row_tokens=1000)
    read = json.loads(json.dumps(told(found)))
    assert read["model"]["parameters"] == 7_248_023_552 and read["model"]["trained"] == 83_886_080
    assert (
        sum(read["memory"]["held"].values()) + read["memory"]["kept"] + max(read["memory"]["moments"].values())
        == (read["memory"]["total"])
    )
    assert read["steps"] == found.steps and read["data"]["how"] == "given" and read["seconds"] == found.seconds
    assert case_of(found.recipe, found.shape).four


MINI: dict[str, Any] = {  # medreason train scratch --size mini
    "hidden_size": 320, "intermediate_size": 960, "num_hidden_layers": 6, "num_attention_heads": 8,
    "num_key_value_heads": 4, "vocab_size": 4099, "tie_word_embeddings": True,
}  # fmt: skip


def planned(name: str, folder: Path) -> Plan:
    """The plan that a shipped recipe's header says it is of."""
    if name == "tiny-cpu":
        return plan_of(name, model=config(folder, **MINI), rows=200, row_tokens=1000)
    return plan_of(name, rows=32_682, row_tokens=1000)


@pytest.mark.parametrize("name", shipped())
def test_headers_of_shipped_recipes_say_what_their_plan_says(name: str, tmp_path: Path) -> None:
    text, found = recipe_file(name).read_text(encoding="utf-8"), planned(name, tmp_path / "m")
    assert f"\n#   memory  {memory_line(found)}\n" in text
    assert f"\n#   time    {time_line(found)}\n" in text
    assert not found.warnings and found.memory.total < found.recipe.hardware.memory_gb * 1e9
    assert f"medreason train plan {name} " in text


def test_tiny_cpu_is_planned_for_the_model_that_scratch_makes() -> None:
    from medreason.training.scratch import SIZES

    assert SIZES["mini"] == (320, 6, 8, 4096)


def test_planning_imports_nothing_heavy() -> None:
    script = (
        "import sys; from medreason.training.plan import plan_of; plan_of('llama-3.1-8b-zero3', rows=9, row_tokens=9);"
        "print([m for m in ('torch', 'transformers', 'trl', 'accelerate', 'datasets') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
