"""``medreason train`` at a terminal: what is shown before the first step, what is left, and errors in one message."""

import json
from pathlib import Path

import pytest

from tests.runs import medreason
from tests.training import small

pytest.importorskip("trl", reason="the extra train is not installed (make test-train)")
QUIET = {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "COLUMNS": "100"}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("train")
    small.sft_export(folder / "data")
    small.model_folder(folder / "model")
    (folder / "r.yaml").write_text(
        "name: small\nmodel: model\ndata: data\nout: out\nprecision: fp32\nmax_length: 400\npacking: true\n"
        "optimizer: {max_steps: 2}\nsave: {every: 2}\nbatch: {accumulate: 1}\n",
        encoding="utf-8",
    )
    return folder


def test_a_recipe_is_shown_carried_out_and_recorded(base: Path) -> None:
    done = medreason("train", "sft", base / "r.yaml", **QUIET)
    assert done.returncode == 0, done.stderr
    shown = done.stdout
    assert (
        "Training small" in shown and "2 steps = 8 rows in " in shown and "packed rows of at most 400 tokens" in shown
    )
    # The sample: its prompt plain, and every line that is trained behind a bar, the last one with the stop token.
    sample = shown.split("Sample r0: ")[1].split("training loss")[0].strip().splitlines()
    trained = [line for line in sample if line.startswith("▌")]
    assert trained[0] == "▌ ## Thinking" and trained[-1] == "▌ A. Malady 0<|im_end|>"
    assert sample[1] == "  <|im_start|>user" and "  <|im_start|>assistant" in sample
    assert "best" in shown and f"{base / 'out' / 'last'}" in shown
    assert done.stderr == ""  # no warnings of the libraries, no bars in a log
    # From another folder and by options instead of the file's paths it is the same training.
    again = medreason("train", "sft", "r.yaml", "--out", base / "out", "--json", cwd=base, **QUIET)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout) == json.loads((base / "out" / "train.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("train", "sft", "nowhere.yaml"), "there is no such recipe"),
        (("train", "dpo", "r.yaml"), "the recipe is for sft"),
        (("train", "sft", "bad.yaml"), "unknown key pakcing, did you mean packing?"),
        (("train", "sft", "r.yaml", "--data", "model", "--out", "new"), "is no export"),
    ],
)
def test_errors_are_one_message(base: Path, arguments: tuple[str, ...], words: str) -> None:
    text = (base / "r.yaml").read_text(encoding="utf-8")
    (base / "bad.yaml").write_text(text.replace("packing", "pakcing"), encoding="utf-8")
    done = medreason(*arguments, cwd=base, **QUIET)
    assert done.returncode in (2, 3) and words in done.stderr and "Traceback" not in done.stderr
    assert done.stdout == "" and not (base / "new").exists()


def test_a_limit_below_every_row_is_told_with_the_longest(base: Path) -> None:
    text = (base / "r.yaml").read_text(encoding="utf-8")
    (base / "short.yaml").write_text(text.replace("max_length: 400", "max_length: 20"), encoding="utf-8")
    done = medreason("train", "sft", "short.yaml", "--out", "short", cwd=base, **QUIET)
    assert done.returncode == 3 and "and max_length is 20; 12 rows are longer than the limit" in done.stderr


def test_help_names_both_ways() -> None:
    done = medreason("train", "--help", **QUIET)
    assert "sft" in done.stdout and "dpo" in done.stdout
