"""What the programs that read exports make of them: datasets opens each, TRL prepares and tokenises what is trained on.

Run by ``make test-train``; skipped where these libraries are not installed.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from medreason.cli._export_graph import ExportGraph
from medreason.dataset.export import Form, Options, export
from medreason.dataset.export.intake import take
from medreason.dataset.export.lengths import counter
from medreason.dataset.export.options import FORMATS
from medreason.training.rewards import Rewards

REASON = "the extra [train] is not installed; make test-train runs this"
datasets = pytest.importorskip("datasets", reason=REASON)
pytest.importorskip("torch", reason=REASON)
transformers = pytest.importorskip("transformers", reason=REASON)
tokenizers = pytest.importorskip("tokenizers", reason=REASON)
trl = pytest.importorskip("trl", reason=REASON)
from trl.data_utils import (  # noqa: E402
    apply_chat_template,
    is_conversational,
    maybe_apply_chat_template,
    unpair_preference_dataset,
)

TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>{% if m['role'] == 'assistant' %}{% generation %}"
    "{{ m['content'] }}<|end|>{% endgeneration %}{% else %}{{ m['content'] }}<|end|>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SHARES = (0.6, 0.2, 0.2)


@pytest.fixture(scope="module")
def folders(authored_run: Path, tmp_path_factory: pytest.TempPathFactory, knowledge: ExportGraph) -> dict[str, Path]:
    base = tmp_path_factory.mktemp("exports")
    for format_ in FORMATS:
        export(authored_run, base / format_, Options(format_, shares=SHARES), knowledge=knowledge)
    tags = Options("sft", form=Form("tags", citations=False), shape="prompt-completion", shares=SHARES)
    export(authored_run, base / "tags", tags)
    return {path.name: path for path in base.iterdir()}


def opened(folder: Path, tmp_path: Path) -> Any:
    return datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def tokenizer(authored_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A byte-level tokenizer of 400 tokens, made on the spot, with a chat template."""
    made = tokenizers.ByteLevelBPETokenizer()
    made.train_from_iterator(
        (r.question for r in take(authored_run).records),
        vocab_size=400,
        special_tokens=["<|end|>", "<|user|>", "<|assistant|>", "<|pad|>"],
        show_progress=False,
    )
    folder = tmp_path_factory.mktemp("tokenizer")
    made.save(str(folder / "tokenizer.json"))
    found = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"), eos_token="<|end|>", pad_token="<|pad|>"
    )
    found.chat_template = TEMPLATE
    found.save_pretrained(folder)
    return found


@pytest.mark.parametrize("format_", [*FORMATS, "tags"])
def test_datasets_opens_every_split(format_: str, folders: dict[str, Path], tmp_path: Path) -> None:
    found = opened(folders[format_], tmp_path)
    told = json.loads((folders[format_] / "export.json").read_text(encoding="utf-8"))
    assert {name: part.num_rows for name, part in found.items()} == {n: s["rows"] for n, s in told["splits"].items()}
    assert list(found) == ["train", "validation", "test"]
    conversational = format_ in {"sft", "dpo", "rl", "tags"}
    assert is_conversational(found["train"][0]) == conversational


def test_the_columns_are_what_each_program_reads(folders: dict[str, Path], tmp_path: Path) -> None:
    columns = {name: opened(path, tmp_path)["train"].column_names for name, path in folders.items()}
    assert columns["sft"] == ["messages", "metadata"]
    assert columns["tags"] == ["prompt", "completion", "metadata"]
    assert columns["dpo"][:3] == ["prompt", "chosen", "rejected"]
    assert columns["sharegpt"] == ["conversations", "metadata"]
    assert columns["alpaca"] == ["instruction", "input", "output", "metadata"]
    row = opened(folders["sharegpt"], tmp_path)["train"][0]
    assert [turn["from"] for turn in row["conversations"]] == ["human", "gpt"]
    assert json.loads(row["metadata"])["graph_version"] == "2025-01-16"
    for format_ in ("sharegpt", "alpaca"):
        info = json.loads((folders[format_] / "dataset_info.json").read_text(encoding="utf-8"))
        for entry in info.values():
            assert (folders[format_] / entry["file_name"]).is_file()
            assert set(entry["columns"].values()) <= set(columns[format_])


def test_chat_templates_keep_every_word(folders: dict[str, Path], tokenizer: Any, tmp_path: Path) -> None:
    row = opened(folders["sft"], tmp_path)["train"][0]
    user, assistant = (m["content"] for m in row["messages"])
    assert maybe_apply_chat_template({"messages": row["messages"]}, tokenizer) == {
        "text": f"<|user|>{user}<|end|><|assistant|>{assistant}<|end|>"
    }
    pair = opened(folders["dpo"], tmp_path)["train"][0]
    told = apply_chat_template({k: pair[k] for k in ("prompt", "chosen", "rejected")}, tokenizer)
    assert told["prompt"] == f"<|user|>{pair['prompt'][0]['content']}<|end|><|assistant|>"
    assert told["rejected"] == f"{pair['rejected'][0]['content']}<|end|>"
    both = unpair_preference_dataset(opened(folders["dpo"], tmp_path)["test"])
    assert both.num_rows == 2 * opened(folders["dpo"], tmp_path)["test"].num_rows
    assert sum(both["label"]) * 2 == both.num_rows


def _model(tokenizer: Any) -> Any:
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1,
        num_key_value_heads=1, max_position_embeddings=16384, pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id, bos_token_id=None,
    )  # fmt: skip
    return transformers.LlamaForCausalLM(config)


@pytest.mark.parametrize("format_", ["sft", "tags"])
def test_the_sft_trainer_tokenises_whole_rows(
    format_: str, folders: dict[str, Path], tokenizer: Any, tmp_path: Path
) -> None:
    train = opened(folders[format_], tmp_path)["train"]
    args = trl.SFTConfig(
        output_dir=str(tmp_path / "out"), max_length=None, report_to=[], use_cpu=True, bf16=False,
        gradient_checkpointing=False, assistant_only_loss=format_ == "sft",
    )  # fmt: skip
    trainer = trl.SFTTrainer(model=_model(tokenizer), args=args, train_dataset=train, processing_class=tokenizer)
    for row, made in zip(train, trainer.train_dataset, strict=True):
        asked, reply = row["messages"] if "messages" in row else row["prompt"] + row["completion"]
        text = tokenizer.decode(made["input_ids"])
        assert text == f"<|user|>{asked['content']}<|end|><|assistant|>{reply['content']}<|end|>"
        learnt = tokenizer.decode([label for label in made["labels"] if label != -100])
        assert learnt == f"{reply['content']}<|end|>"


def test_the_dpo_trainer_tokenises_both_sides(folders: dict[str, Path], tokenizer: Any, tmp_path: Path) -> None:
    train = opened(folders["dpo"], tmp_path)["train"].select(range(6))
    args = trl.DPOConfig(
        output_dir=str(tmp_path / "out"), max_length=None, report_to=[], use_cpu=True, bf16=False,
        gradient_checkpointing=False,
    )  # fmt: skip
    _model(tokenizer).save_pretrained(tmp_path / "model")  # the trainer opens it again as its reference
    tokenizer.save_pretrained(tmp_path / "model")
    model = str(tmp_path / "model")
    trainer = trl.DPOTrainer(model=model, args=args, train_dataset=train, processing_class=tokenizer)
    for row, made in zip(train, trainer.train_dataset, strict=True):
        for side in ("chosen", "rejected"):
            ids = made[f"{side}_ids"] if f"{side}_ids" in made else made[f"{side}_input_ids"]
            assert tokenizer.decode(ids).endswith(f"{row[side][0]['content']}<|end|>")
        assert row["prompt"][0]["content"] in tokenizer.decode(made.get("prompt_ids", made.get("prompt_input_ids")))


def test_the_rewards_read_rows_of_datasets(folders: dict[str, Path], hpo: Any, tmp_path: Path) -> None:
    rl, sft = (opened(folders[name], tmp_path)["test"] for name in ("rl", "sft"))
    columns = {name: rl[name] for name in rl.column_names if name != "prompt"}
    found = Rewards(hpo).combined([[row["messages"][1]] for row in sft], **columns)
    assert len(found) == rl.num_rows and min(found) > 0.99


def test_tokens_are_counted_as_the_tokenizer_counts(
    folders: dict[str, Path], tokenizer: Any, authored_run: Path, tmp_path: Path
) -> None:
    tokenizer.save_pretrained(tmp_path / "tokenizer")
    count = counter(tmp_path / "tokenizer")
    text = "A 5-year-old boy had pes cavus."
    assert count(text) == len(tokenizer(text, add_special_tokens=False)["input_ids"])
    told = export(authored_run, tmp_path / "out", Options("sft", shares=SHARES), count=count)
    rows = [row for part in opened(folders["sft"], tmp_path).values() for row in part]
    longest = max(sum(count(m["content"]) for m in row["messages"]) for row in rows)
    assert told["tokens"]["total"]["1"] == longest
    assert count("word " * 40_000) > 40_000
