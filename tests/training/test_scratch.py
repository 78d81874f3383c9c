"""A small model from nothing: what it reads and writes, the same bytes again, and what is refused."""

import hashlib
from pathlib import Path

import pytest

from medreason.errors import InputError, RunFolderError, UsageError
from tests.training.small import sft_export

pytest.importorskip("trl", reason="the extra train is not installed (make test-train)")


def digest(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


def test_it_opens_and_every_text_survives(tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from medreason.training.chat import chat_of
    from medreason.training.scratch import END, scratch

    made = scratch(sft_export(tmp_path / "data"), tmp_path / "base")
    tokenizer = AutoTokenizer.from_pretrained(made.folder)
    model = AutoModelForCausalLM.from_pretrained(made.folder)
    assert made.weights == model.num_parameters() > 50_000 and made.words == len(tokenizer)
    text = "β-thalassaemia, 3 of 12 patients (≥ 0.5 µg/L)\n\n## Thinking"
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    chat = chat_of(tokenizer)
    assert chat.decode([chat.stop]) == END and model.config.eos_token_id == chat.stop


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    from medreason.training.scratch import scratch

    data = sft_export(tmp_path / "data")
    one, two = scratch(data, tmp_path / "one"), scratch(data, tmp_path / "two")
    other = scratch(data, tmp_path / "other", seed=1)
    assert digest(one.folder) == digest(two.folder)
    assert digest(other.folder)["model.safetensors"] != digest(one.folder)["model.safetensors"]


def test_what_is_refused(tmp_path: Path) -> None:
    from medreason.training.scratch import scratch

    data = sft_export(tmp_path / "data")
    (tmp_path / "there").mkdir()
    with pytest.raises(RunFolderError, match="is there already"):
        scratch(data, tmp_path / "there")
    with pytest.raises(UsageError, match="there is no size"):
        scratch(data, tmp_path / "out", size="huge")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="is no export"):
        scratch(tmp_path / "there", tmp_path / "out")
    assert not (tmp_path / "out").exists()
