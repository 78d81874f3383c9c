"""Tokens a second of ``medreason train sft`` beside TRL's own SFTTrainer on the same rows, model and settings.

    python -m benchmarks.training [--repeats 3] [--packing]
    python -m benchmarks.training --gpu [--peak TFLOPS] [--steps 12]

Without ``--gpu``: a Llama of a million weights on one CPU thread. With it: a randomly initialised Llama of 1.2 thousand
million weights, trained whole in bf16 (weights in 32 bits, rows packed), and the share of the GPU's peak.
A program is timed from the end of its first step to the end of its last, without saving and without validation; the two
take turns. The share counts 6 operations a weight and token (a table of input embeddings of its own left out), and 6 a
layer, width and token of a sample for causal attention; what gradient checkpointing computes twice is not counted.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from tests.dataset.small import record
from tests.training import small

from medreason.dataset.export import Options, export
from medreason.records import Step, to_json
from medreason.training import train_sft
from medreason.training.recipe import Recipe

# Dense bf16, 10¹² operations a second, by the makers' data sheets.
PEAKS = {"H200": 989.4, "H100": 989.4, "A100": 312.0, "L40S": 362.0, "L4": 121.0, "RTX 4090": 165.2}
TINY = {"hidden_size": 128, "intermediate_size": 512, "num_hidden_layers": 4, "max_position_embeddings": 4096}
LARGE = {
    "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16, "num_attention_heads": 32,
    "num_key_value_heads": 8, "max_position_embeddings": 8192, "tie_word_embeddings": True,
}  # fmt: skip


class Work(NamedTuple):
    """What both programs do."""

    recipe: Recipe
    weights: int


def rows(out: Path, n: int, sentences: int) -> None:
    """An export of n rows; chains grow with the number of sentences."""
    made = []
    for i in range(n):
        steps = tuple(
            Step(k + 1, f"Line {k} of case {i} fits Malady {i} and speaks against Other.", ()) for k in range(sentences)
        )
        made.append(replace(record(f"r{i}", texts=(f"Malady {i}", "Other")), steps=steps))
    run = out.with_name("rows.jsonl")
    run.write_text("".join(to_json(r) + "\n" for r in made), encoding="utf-8")
    export(run, out, Options("sft", shape="prompt-completion", shares=(1.0,)))


def work(base: Path, options: argparse.Namespace) -> Work:
    """Model, rows and recipe in a folder."""
    gpu = options.gpu
    tokenizer = small.tokenizer()
    model = small.model(128_256 if gpu else len(tokenizer), **(LARGE if gpu else TINY))
    model.save_pretrained(base / "model")
    tokenizer.save_pretrained(base / "model")
    weights = sum(p.numel() for p in model.parameters())
    if not model.config.tie_word_embeddings:
        weights -= model.get_input_embeddings().weight.numel()
    del model
    rows(base / "data", 512 if gpu else 64, 48 if gpu else 4)
    recipe = small.recipe(
        base, precision="bf16" if gpu else "fp32", packing=options.packing or gpu, max_length=4096 if gpu else 1024,
        gradient_checkpointing=gpu, batch={"per_device": 1, "accumulate": 4}, save={"every": 10_000},
        optimizer={"max_steps": options.steps, "learning_rate": 1e-4},
    )  # fmt: skip
    return Work(recipe, weights)


def timed(begun: list[float], tokens: int) -> float:
    """Tokens a second between the first and the last step end; steps have nearly the same number of tokens."""
    return tokens * (len(begun) - 1) / len(begun) / (begun[-1] - begun[0])


def ours(told: Work, base: Path) -> tuple[float, float]:
    """Tokens a second, and the mean length of a sample, of this project's training."""
    ends: list[float] = []
    recipe = told.recipe.model_copy(update={"out": base / "ours"})
    shutil.rmtree(recipe.out, ignore_errors=True)
    done = train_sft(recipe, progress=lambda _s, _of, loss: ends.append(time.perf_counter()) if loss is None else None)
    return timed(ends, done.told["tokens_seen"]), done.told["tokens"]["train"]["all"] / done.told["rows"]["train"]


def plain(told: Work, base: Path) -> float:
    """Tokens a second of TRL's trainer, which is given the conversations."""
    import torch
    from datasets import load_dataset
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    ends: list[float] = []

    class Ends(TrainerCallback):
        def on_step_end(self, *_: Any, **__: Any) -> None:
            ends.append(time.perf_counter())

    recipe, cuda = told.recipe, torch.cuda.is_available()
    args = SFTConfig(
        output_dir=str(base / "plain"),
        max_steps=recipe.optimizer.max_steps, learning_rate=recipe.optimizer.learning_rate,
        per_device_train_batch_size=recipe.batch.per_device, gradient_accumulation_steps=recipe.batch.accumulate,
        gradient_checkpointing=recipe.gradient_checkpointing, bf16=recipe.precision == "bf16", use_cpu=not cuda,
        lr_scheduler_type=recipe.optimizer.schedule, weight_decay=recipe.optimizer.weight_decay, seed=recipe.seed,
        packing=recipe.packing, max_length=recipe.max_length, save_strategy="no", report_to=[], disable_tqdm=True,
        logging_steps=1, include_num_input_tokens_seen="non_padding",
        model_init_kwargs={"dtype": torch.float32, "attn_implementation": "sdpa"},
    )  # fmt: skip
    data = load_dataset("parquet", data_files=str(recipe.data / "data" / "train*"), split="train")
    trainer = SFTTrainer(
        recipe.model, args=args, train_dataset=data.select_columns(["prompt", "completion"]), callbacks=[Ends()]
    )
    trainer.train()
    return timed(ends, trainer.state.num_input_tokens_seen)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gpu", action="store_true")
    parser.add_argument("--packing", action="store_true")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--peak", type=float, default=0.0, help="10^12 operations a second, if the GPU is not known")
    options = parser.parse_args()
    import torch

    if options.gpu and not torch.cuda.is_available():
        parser.error("there is no GPU")
    if not options.gpu:
        torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        told = work(base, options)
        # Attention of both is the same, whether flash attention is installed or not.
        told = told._replace(recipe=told.recipe.model_copy(update={"attention": "sdpa"}))
        found: dict[str, list[float]] = {"ours": [], "plain": []}
        for _ in range(options.repeats):
            speed, context = ours(told, base)
            found["ours"].append(speed)
            found["plain"].append(plain(told, base))
    report(found, told, context, options)


def report(found: dict[str, list[float]], told: Work, context: float, options: argparse.Namespace) -> None:
    import torch

    name = torch.cuda.get_device_name() if options.gpu else "CPU, one thread"
    peak = options.peak or next((p for key, p in PEAKS.items() if key in name), 0.0)
    config = LARGE if options.gpu else TINY
    each = 6 * told.weights + 6 * config["num_hidden_layers"] * config["hidden_size"] * context
    print(f"{name}; {told.weights:,} weights; samples of {context:,.0f} tokens; {options.repeats} runs each")
    for which, speeds in found.items():
        speed = statistics.median(speeds)
        share = f", {100 * speed * each / (peak * 1e12):.1f} % of {peak:g} TFLOPS" if options.gpu and peak else ""
        print(f"{which:6} {speed:12,.0f} tokens/s ({min(speeds):,.0f} to {max(speeds):,.0f}){share}")
    ratio = statistics.median(found["ours"]) / statistics.median(found["plain"])
    print(f"ours / plain {ratio:.3f}")


if __name__ == "__main__":
    main()
