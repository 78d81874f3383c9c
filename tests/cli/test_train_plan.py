"""``medreason train plan`` at a terminal: readable at two widths, one JSON document, errors in one message."""

import json
from pathlib import Path

import pytest

from tests.runs import medreason
from tests.training import small

NOMINAL = ("--rows", "32682", "--row-tokens", "1000")


@pytest.mark.parametrize("width", [80, 120])
def test_a_plan_fits_the_terminal_and_says_everything(width: int) -> None:
    done = medreason("train", "plan", "llama-3.1-8b-fsdp2", *NOMINAL, COLUMNS=str(width))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert max(map(len, lines[:-1])) <= width  # the last line is the command, to be copied in one piece
    for words in (
        "Plan of llama-3.1-8b-fsdp2", "all weights: 8,030,261,248 of 8,030,261,248 parameters",
        "768 over 3 epochs of 32,682 rows", "128 rows a step = 1 x 16 x 8", "8 x H100, FSDP2",
        "8,192 tokens on a device",
        "4.02  8,030,261,248 x 4 bytes / 8", "at the fullest moment", "53 % of 80 GB of H100",
        "operations = 8 x 7,504,658,432 weights x 98,046,000", "50 minutes at 8 x 989 TFLOPS x 25 %",
        "reckoned, not measured; nothing was loaded",
    ):  # fmt: skip
        assert words in done.stdout, words
    assert lines[-1].startswith("accelerate launch --config_file /") and lines[-1].endswith("--data DATA --out OUT")


def test_json_is_one_document_with_the_command(tmp_path: Path) -> None:
    small.sft_export(tmp_path / "data")
    done = medreason("train", "plan", "mistral-7b-lora-4bit-24gb", "--data", tmp_path / "data", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["data"]["rows"] == 8 and told["data"]["how"] == "estimated" and told["steps"] == 3
    assert told["command"].startswith("medreason train sft mistral-7b-lora-4bit-24gb --data /")
    assert told["warnings"] == ["an epoch has 8 rows, and one step takes 128"]
    assert told["memory"]["total"] < told["memory"]["device"] == 24_000_000_000


def test_what_does_not_fit_is_warned_of(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(
        "base: llama-3.1-8b-lora-80gb\nname: mine\nlora: null\nout: o\nhardware: {memory_gb: 80}\n", encoding="utf-8"
    )
    done = medreason("train", "plan", "r.yaml", *NOMINAL, cwd=tmp_path, COLUMNS="100")
    assert done.returncode == 0 and "warning" in done.stdout
    assert "GB do not fit into the 80 GB of H100" in " ".join(done.stdout.split())


def test_a_name_from_a_file_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    strange = "m\x1b[31m[bold]x"
    folder = tmp_path / strange
    folder.mkdir()
    config = {
        "model_type": "llama", "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
        "num_attention_heads": 4, "vocab_size": 100,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    done = medreason("train", "plan", "tiny-cpu", "--model", strange, *NOMINAL, cwd=tmp_path, COLUMNS="120")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout and "[bold]x" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("llama-3.1-8b-zero3",), 2, "there are no data to plan for"),
        (("llama-3.1-8b-zero3", "--rows", "9"), 2, "--rows and --row-tokens belong together"),
        (("llama-3.1-8b-zero3", "--data", "nowhere"), 3, "is no export for training"),
        (("llama-3.1-8b", *NOMINAL), 3, "there is no such recipe, did you mean llama-3.1-8b-"),
        (("tiny-cpu", *NOMINAL), 2, "model is missing (in the file, or as --model)"),
        (("tiny-cpu", "--model", "a/b", *NOMINAL), 3, "the shape of this model is not known here"),
    ],
)
def test_errors_are_one_message(tmp_path: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    done = medreason("train", "plan", *arguments, cwd=tmp_path)
    assert done.returncode == code and words in done.stderr and "what to do:" in done.stderr
    assert "Traceback" not in done.stderr and done.stdout == ""
