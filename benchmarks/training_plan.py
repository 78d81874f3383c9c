"""What ``medreason train plan`` reckons beside what a training takes: a small random Llama, one CPU thread, 32 bits.

    python -m benchmarks.training_plan [--steps 3]

Each case runs in a process of its own; its memory is the largest resident set (``ru_maxrss``) less what the process has
after one step of a model of two layers. Time is the processor's (other programs may run beside it), of the steps after
the first; its peak that of a product of two 2,048-wide matrices in 32 bits. Figures of GPUs are not checked by this.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SHAPE = {
    "hidden_size": 512, "intermediate_size": 1536, "num_hidden_layers": 8, "num_attention_heads": 8,
    "num_key_value_heads": 2, "max_position_embeddings": 8192,
}  # fmt: skip
WORDS = 16_000
CASES: dict[str, dict[str, Any]] = {
    "checkpointing": {"gradient_checkpointing": True},
    "no checkpointing": {"gradient_checkpointing": False},
    "two rows at a time": {"gradient_checkpointing": False, "batch": {"per_device": 2, "accumulate": 2}},
    "packed": {"gradient_checkpointing": True, "packing": True, "max_length": 3300},
    "LoRA": {"gradient_checkpointing": True, "lora": {"r": 16}},
}


def resident() -> int:
    """Bytes of the largest resident set so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def prepare(base: Path) -> None:
    """Model, tokenizer and rows."""
    from tests.training import small

    from benchmarks.training import rows

    tokenizer = small.tokenizer()
    small.model(WORDS, **SHAPE).save_pretrained(base / "model")
    tokenizer.save_pretrained(base / "model")
    small.model_folder(base / "warm")
    rows(base / "data", 12, 20)


def measure(base: Path, case: str, steps: int) -> dict[str, float]:
    """One case, in this process."""
    import torch
    from tests.training import small

    from medreason.training import train_sft
    from medreason.training.memory import memory_of
    from medreason.training.shapes import read_shape
    from medreason.training.volume import Volume, laid_out
    from medreason.training.work import work_of

    torch.set_num_threads(1)
    options = {"precision": "fp32", "optimizer": {"max_steps": steps}, "save": {"every": 10_000}, **CASES[case]}
    recipe = small.recipe(base, out=base / "out", **{"batch": {"per_device": 1, "accumulate": 2}, **options})
    small_one = {"model": str(base / "warm"), "out": base / "warm-out", "optimizer": {"max_steps": 1}}
    train_sft(small.recipe(base, **{**options, **small_one}))
    rate, empty = matmul(torch), resident()
    ends: list[float] = []
    lengths: list[int] = []

    def before(start: Any) -> None:
        lengths.extend(row.length for row in start.prepared.splits["train"])

    train_sft(
        recipe, before=before,
        progress=lambda _step, _of, loss: ends.append(time.process_time()) if loss is None else None,
    )  # fmt: skip
    taken = resident() - empty
    shape = read_shape(base / "model")
    laid = laid_out(Volume(tuple(lengths), sum(lengths), "counted", ""), recipe)
    memory = memory_of(recipe, shape, laid.widest)
    reckoned = memory.total - next(part.bytes for part in memory.held if part.name.startswith("libraries"))
    share = recipe.batch.samples / laid.rows
    work = work_of(recipe, shape, laid, share * (len(ends) - 1))
    seconds = ends[-1] - ends[0]
    return {
        "parameters": shape.parameters, "tokens": laid.widest, "empty": empty, "reckoned": reckoned, "taken": taken,
        "rate": rate, "seconds": seconds, "at_peak": work.total / rate,
    }  # fmt: skip


def matmul(torch: Any) -> float:
    """Operations a second of a product of matrices, the best of five."""
    a, b = torch.randn(2048, 2048), torch.randn(2048, 2048)
    best = 0.0
    for _ in range(5):
        begun = time.process_time()
        torch.mm(a, b)
        best = max(best, 2 * 2048**3 / (time.process_time() - begun))
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--case", help=argparse.SUPPRESS)
    parser.add_argument("--base", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        print(json.dumps(measure(options.base, options.case, options.steps)))
        return
    print("case                  tokens   reckoned   taken    ratio   at peak     took   share of peak")
    found: dict[str, float] = {}
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            prepare(Path(folder))
            line = [sys.executable, "-m", "benchmarks.training_plan", "--steps", str(options.steps)]
            done = subprocess.run(
                [*line, "--case", case, "--base", folder], capture_output=True, text=True, check=True,
                env={**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"},
            )  # fmt: skip
        found = json.loads(done.stdout.splitlines()[-1])
        gb = (found["reckoned"] / 1e9, found["taken"] / 1e9)
        print(
            f"{case:20} {found['tokens']:7,.0f} {gb[0]:7.3f} GB {gb[1]:7.3f} GB {gb[0] / gb[1]:6.2f}"
            f" {found['at_peak']:7.2f} s {found['seconds']:7.2f} s {100 * found['at_peak'] / found['seconds']:9.0f} %",
            flush=True,
        )
    empty = found["empty"] / 1e9
    print(f"{found['parameters']:,.0f} parameters; {found['rate'] / 1e9:.1f} GFLOPS; without a model {empty:.2f} GB")


if __name__ == "__main__":
    main()
