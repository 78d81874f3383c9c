"""Recipes: bases, errors that name what is wrong, and the shipped ones beside the published constants."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from medreason.errors import InputError, UsageError
from medreason.training.arguments import _FSDP2
from medreason.training.recipe import load_recipe, recipe_file, recipe_values, shipped

MODELS = {
    "llama-3.1-8b": "meta-llama/Llama-3.1-8B-Instruct",
    "mistral-7b": "mistralai/Mistral-7B-Instruct-v0.3",
    "huatuogpt-o1-8b": "FreedomIntelligence/HuatuoGPT-o1-8B",
    "r1-distill-llama-8b": "deepseek-ai/DeepSeek-R1-Distill-Llama-8B",
}
HARDWARE = ("zero3", "fsdp2", "lora-80gb", "lora-4bit-24gb")
GIVEN: dict[str, Any] = {"data": Path("data"), "out": Path("out")}
WHOLE = "name: mine\nmodel: some/model\ndata: d\nout: o\n"


def write(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


# -- the shipped ones --------------------------------------------------------------------------------------


def test_every_model_has_a_recipe_for_every_machine() -> None:
    assert set(shipped()) == {f"{m}-{h}" for m in MODELS for h in HARDWARE} | {"tiny-cpu"}


@pytest.mark.parametrize("name", [n for n in shipped() if n != "tiny-cpu"])
def test_a_shipped_recipe_is_whole_and_of_its_name(name: str) -> None:
    recipe = load_recipe(name, **GIVEN)
    assert recipe.name == name and recipe.method == "sft"
    assert recipe.model == next(hub for key, hub in MODELS.items() if name.startswith(key))
    # Whatever the machine: the same samples a step, length, seed and schedule.
    assert recipe.batch.samples == 128 and recipe.max_length == 8192 and recipe.seed == 2002
    told = recipe.optimizer
    assert (told.epochs, told.schedule, told.warmup, told.weight_decay) == (3, "cosine", 0.05, 0.1)
    assert (recipe.lora is not None) == ("lora" in name)
    assert recipe.lora is None or (recipe.lora.quantize == "4bit") == ("4bit" in name)
    assert recipe.distributed == (name.rsplit("-", 1)[1] if "lora" not in name else "none")
    room = re.search(r"(\d+)gb", name)
    assert recipe.hardware.memory_gb == (int(room[1]) if room else 80)


@pytest.mark.parametrize("name", [n for n in shipped() if n.endswith(("zero3", "fsdp2"))])
def test_all_weights_are_trained_with_the_published_constants(name: str) -> None:
    recipe = load_recipe(name, **GIVEN)
    assert recipe.lora is None and recipe.optimizer.learning_rate == 5e-6
    assert (recipe.batch.per_device, recipe.batch.accumulate, recipe.batch.devices) == (1, 16, 8)


def test_data_out_and_the_model_of_tiny_cpu_are_asked_for() -> None:
    with pytest.raises(UsageError) as caught:
        load_recipe("tiny-cpu")
    for key in ("model", "data", "out"):
        assert f"{key} is missing (in the file, or as --{key})" in caught.value.cause
    assert load_recipe("tiny-cpu", model="m", **GIVEN).hardware.accelerator == "cpu"


@pytest.mark.parametrize("name", shipped())
def test_the_header_tells_memory_time_and_command(name: str) -> None:
    lines = recipe_file(name).read_text(encoding="utf-8").splitlines()
    head = [line for line in lines[: lines.index("")] if line.startswith("#")]
    assert len(head) == lines.index("")  # comments down to the first empty line
    for part in ("memory", "time", "run"):
        assert sum(line.startswith(f"#   {part:6}  ") for line in head) == 1, part
    run = next(line for line in head if line.startswith("#   run")).split(maxsplit=2)[2]
    assert f"medreason train sft {name} " in run and "--data DATA --out OUT" in run
    assert run.startswith("accelerate launch --config_file RECIPES/accelerate/") == name.endswith(("zero3", "fsdp2"))


# -- bases -------------------------------------------------------------------------------------------------


def test_a_recipe_says_only_what_it_changes(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    mine = write(
        tmp_path,
        "mine.yaml",
        "base: llama-3.1-8b-lora-80gb\nname: mine\ndata: data\nout: o\nlora: {r: 8}\nbatch: {devices: 1}\n",
    )
    recipe, base = load_recipe(mine), load_recipe("llama-3.1-8b-lora-80gb", **GIVEN)
    assert recipe.lora is not None and base.lora is not None
    assert recipe.lora.r == 8 and recipe.lora.alpha == base.lora.alpha == 64
    assert recipe.batch == base.batch and recipe.optimizer == base.optimizer
    assert recipe.data == tmp_path / "data" and recipe.out == tmp_path / "o"


def test_null_takes_a_section_away(tmp_path: Path) -> None:
    text = "base: llama-3.1-8b-lora-80gb\nname: mine\ndata: d\nout: o\nlora: null\n"
    assert load_recipe(write(tmp_path, "mine.yaml", text)).lora is None


def test_paths_of_a_base_are_relative_to_the_base(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    write(tmp_path / "deep", "base.yaml", WHOLE)
    recipe = load_recipe(write(tmp_path, "mine.yaml", "base: deep/base.yaml\nname: other\nout: here\n"))
    assert recipe.data == tmp_path / "deep" / "d" and recipe.out == tmp_path / "here" and recipe.name == "other"


def test_base_is_no_key_of_what_is_trained(tmp_path: Path) -> None:
    write(tmp_path, "base.yaml", WHOLE)
    alone, based = write(tmp_path, "a.yaml", WHOLE), write(tmp_path, "b.yaml", "base: base.yaml\n")
    assert "base" not in recipe_values(based)
    assert load_recipe(alone).sha256() == load_recipe(based).sha256()


@pytest.mark.parametrize("ring", [("a",), ("a", "b"), ("a", "b", "c")])
def test_bases_that_go_round_are_an_error(tmp_path: Path, ring: tuple[str, ...]) -> None:
    for name, following in zip(ring, (*ring[1:], ring[0]), strict=True):
        write(tmp_path, f"{name}.yaml", f"base: {following}.yaml\n{WHOLE}")
    with pytest.raises(InputError, match=r"the bases go round: a\.yaml -> .*a\.yaml") as caught:
        load_recipe(str(tmp_path / "a.yaml"))
    assert caught.value.fix


def test_an_unknown_base_is_named_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_recipe(write(tmp_path, "mine.yaml", f"base: llama-3.1-8b-zero\n{WHOLE}"))
    assert caught.value.cause == "base llama-3.1-8b-zero: there is no such recipe, did you mean llama-3.1-8b-zero3?"
    assert caught.value.item == "mine.yaml" and "tiny-cpu" in caught.value.fix
    with pytest.raises(InputError, match="give the name of one recipe"):
        load_recipe(write(tmp_path, "mine.yaml", f"base: [tiny-cpu]\n{WHOLE}"))


# -- errors ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("pakcing: true", "unknown key pakcing, did you mean packing?"),
        ("batch: {per_devise: 2}", "unknown key batch.per_devise, did you mean batch.per_device?"),
        ("method: dpo\npacking: true", "packing: only sft packs"),
        ("distributed: zero3", "distributed: zero3 needs batch.devices of 2 or more"),
        ("lora: {quantize: 4bit}\nbatch: {devices: 2}", "4bit weights are not shared between devices"),
        ("lora: {quantize: 4bit}\nbatch: {devices: 8}\ndistributed: fsdp2", "4bit weights are not shared"),
        ("dpo: {beta: 0.2}", "section dpo: the method is sft"),
        ("lora: {r: 0}", "lora.r: Input should be greater than or equal to 1"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_recipe(write(tmp_path, "mine.yaml", f"{WHOLE}{line}\n"))
    assert words in caught.value.cause and "\n" not in caught.value.cause and caught.value.item == "mine.yaml"


def test_an_unknown_recipe_is_named_with_those_that_are_there() -> None:
    with pytest.raises(InputError, match=r"there is no such recipe, did you mean tiny-cpu\?") as caught:
        load_recipe("tiny-gpu")
    assert all(name in caught.value.fix for name in shipped())
    with pytest.raises(InputError) as caught:
        load_recipe("zzzzzz")
    assert caught.value.cause == "there is no such recipe"


# -- accelerate --------------------------------------------------------------------------------------------


def accelerate_file(name: str) -> Path:
    return recipe_file("tiny-cpu").parent / "accelerate" / f"{name}.yaml"


def test_accelerate_is_told_of_fsdp2_what_the_recipe_says() -> None:
    told = yaml.safe_load(accelerate_file("fsdp2").read_text(encoding="utf-8"))["fsdp_config"]
    here = {key.removeprefix("fsdp_"): value for key, value in told.items()}
    own = _FSDP2
    assert {key: here[key] for key in own} == own
    # What only one of the two says must be what the other takes when nothing is said.
    assert {key: value for key, value in here.items() if key not in own} == {
        "cpu_ram_efficient_loading": False, "offload_params": False, "activation_checkpointing": False,
    }  # fmt: skip


@pytest.mark.parametrize(("name", "kind"), [("fsdp2", "FSDP"), ("zero3", "DEEPSPEED")])
def test_accelerate_reads_its_files(name: str, kind: str) -> None:
    pytest.importorskip("accelerate", reason="the extra train is not installed (make test-train)")
    from accelerate.commands.config.config_args import ClusterConfig
    from accelerate.commands.launch import _validate_launch_command, launch_command_parser

    config = ClusterConfig.from_yaml_file(accelerate_file(name))
    assert str(config.distributed_type.value) == kind and config.num_processes == 8 and config.num_machines == 1
    line = f"--config_file {accelerate_file(name)} --num_processes 8 --no_python medreason train sft x --data d --out o"
    args, defaults, by_file = _validate_launch_command(launch_command_parser().parse_args(line.split()))
    assert args.training_script == "medreason" and args.num_processes == 8 and args.no_python
    assert args.training_script_args == ["train", "sft", "x", "--data", "d", "--out", "o"]
    assert (args.use_fsdp, args.use_deepspeed) == (name == "fsdp2", name == "zero3")
    if name == "fsdp2":
        assert int(args.fsdp_version) == 2 and args.fsdp_reshard_after_forward is True
        assert args.fsdp_cpu_ram_efficient_loading is False
        assert args.mixed_precision == "bf16"
    else:
        fields = [*defaults.deepspeed_config, *(["mixed_precision"] if by_file else [])]
        assert taken_beside_the_recipe(fields) and not taken_beside_the_recipe([*fields, "zero_stage"])
        assert not taken_beside_the_recipe([*fields, "mixed_precision"])


def taken_beside_the_recipe(fields: list[str]) -> bool:
    """Whether accelerate takes a file of these keys together with what the recipe tells DeepSpeed."""
    script = (
        "from accelerate.utils import DeepSpeedPlugin; from medreason.training.arguments import _ZERO3;"
        "print(DeepSpeedPlugin(hf_ds_config=dict(_ZERO3)).zero_stage)"
    )
    told = {**os.environ, "ACCELERATE_CONFIG_DS_FIELDS": ",".join(fields), "ACCELERATE_DEEPSPEED_ZERO3_INIT": "true"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=told)
    assert done.returncode == 0 or "the following accelerate config variables will be ignored" in done.stderr
    return done.stdout.strip() == "3"
