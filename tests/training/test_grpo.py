"""The rewards in a real trainer: two steps of TRL's GRPO with a tiny model that is made on the spot."""

from pathlib import Path

import pytest

from medreason.kg.store import Graph
from medreason.training.rewards import Rewards
from tests.quality.chains import cases
from tests.training.test_rewards import row_of

pytest.importorskip("trl", reason="the extra train is not installed (make test-train)")


def test_two_steps_of_grpo_take_the_rewards(hpo: Graph, tmp_path: Path) -> None:
    from datasets import Dataset
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
    from trl import GRPOConfig, GRPOTrainer

    words = {
        w: i for i, w in enumerate(["<pad>", "</s>", "<unk>", *"ABCDE", "##", "Thinking", "Final", "Answer", "1."])
    }
    raw = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="<pad>", eos_token="</s>", unk_token="<unk>")
    shape = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(words), **shape, pad_token_id=0, eos_token_id=1))
    rows = [{"prompt": "Thinking 1. A", **row_of(case)} for case in cases(hpo)[:4]]
    rewards = Rewards(hpo)
    trainer = GRPOTrainer(
        model=model,
        reward_funcs=[rewards.correctness, rewards.grounding, rewards.coverage, rewards.form, rewards.combined],
        args=GRPOConfig(
            output_dir=str(tmp_path), max_steps=2, per_device_train_batch_size=2, num_generations=2,
            max_completion_length=8, use_cpu=True, report_to=[], logging_steps=1, bf16=False,
        ),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
    )  # fmt: skip
    trainer.train()
    logged = [entry for entry in trainer.state.log_history if "rewards/combined/mean" in entry]
    assert len(logged) == 2
    for entry in logged:
        for part in ("correctness", "grounding", "coverage", "form", "combined"):
            assert 0.0 <= entry[f"rewards/{part}/mean"] <= 1.0
