"""What ``medreason train`` shows before the first step and after the last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from medreason.training.chat import Chat, Tokens
    from medreason.training.run import Start, Trained

# Lines of a sample that are shown of its prompt and of its reply; what lies between is counted.
SHOWN = 12


def show_start(console: Console, start: Start) -> None:
    """Prints rows, tokens, steps, device and notes, and a sample with what of it is trained."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from medreason.quality.language import printable

    table = Table(title=f"Training {printable(start.recipe.name)}", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("split")
    names = ("rows", "left out", "tokens", "trained on", "longest")
    for column in names:
        table.add_column(column, justify="right")
    for name, rows in start.prepared.splits.items():
        tokens, trained = start.prepared.tokens(name)
        out = sum(one.split == name for one in start.prepared.dropped)
        longest = max((row.length for row in rows), default=0)
        table.add_row(name, *(f"{n:,}" for n in (len(rows), out, tokens, trained, longest)))
    console.print(table)
    for line in _facts(start):
        console.print(Text(printable(line)), soft_wrap=True)
    for one in start.prepared.dropped[:10]:
        console.print(Text(f"  left out: {printable(one.id)}, {one.tokens:,} tokens", style="yellow"), soft_wrap=True)
    if len(start.prepared.dropped) > 10:
        console.print(Text(f"  … and {len(start.prepared.dropped) - 10:,} more, all in train.json", style="yellow"))
    for note in start.prepared.notes:
        console.print(Text(f"note: {printable(note)}", style="yellow"), soft_wrap=True)
    console.print()
    row = start.prepared.splits["train"][0]
    for text in sample_lines(start.chat, row):
        console.print(text, soft_wrap=True)
    console.print()


def _facts(start: Start) -> Iterator[str]:
    recipe, place = start.recipe, start.place
    batch = recipe.batch
    packed = f" in {start.rows:,} packed rows of at most {start.prepared.max_length:,} tokens" if recipe.packing else ""
    samples = len(start.prepared.splits["train"])
    a_step = f"{batch.per_device} x {batch.accumulate} x {batch.devices} a step"
    epochs = "" if recipe.optimizer.max_steps else f", {recipe.optimizer.epochs:g} epochs"
    yield f"{start.steps:,} steps = {samples:,} rows{packed}, {a_step}{epochs}"
    how = f"LoRA of rank {recipe.lora.r}" if recipe.lora else "all weights"
    yield f"{how}: {start.trained:,} of {start.parameters:,} parameters are trained"
    yield f"on {batch.devices} x {place.name}, {'bf16' if place.bf16 else 'fp32'}, attention {place.attention}"
    yield (
        f"goes on from step {start.resumed:,}"
        if start.resumed
        else f"begins; curves: tensorboard --logdir {recipe.out}"
    )


def sample_lines(chat: Chat, row: Tokens) -> list[Text]:
    """A row as a reader sees it; trained tokens stand behind a bar, so that they are seen without colours too."""
    from rich.text import Text

    from medreason.quality.language import printable

    trained = sum(map(len, row.replies))
    title = f"Sample {printable(row.id)}: {len(row.prompt):,} tokens read, {trained:,} trained (behind the bar)"
    lines = [Text(title, style="bold")]
    parts = [(row.prompt, "  ", "dim"), *((reply, "▌ ", "green") for reply in row.replies)]
    for n, (ids, bar, style) in enumerate(parts):
        if n > 1:
            lines.append(Text("  and, as the worse reply:", style="bold"))
        said = chat.decode(ids)
        lines += [Text(f"{bar}{printable(line)}", style=style) for line in _abridged(said.split("\n"))]
    return lines


def _abridged(lines: Sequence[str]) -> Sequence[str]:
    if len(lines) <= SHOWN:
        return lines
    head = SHOWN // 2
    left = len(lines) - 2 * head
    return [*lines[:head], f"… {left:,} line{'s' * (left > 1)} …", *lines[-head:]]


def show_end(console: Console, done: Trained) -> None:
    """Prints where the weights are and what the losses came to."""
    from rich.text import Text

    from medreason.quality.language import printable

    told: dict[str, Any] = done.told
    losses = told["losses"]
    if done.before:
        console.print(Text("this training was finished before; nothing was done"))
    if losses["train"]:
        first, last = losses["train"][0], losses["train"][-1]
        console.print(Text(f"training loss {first[1]:.4f} at step {first[0]:,}, {last[1]:.4f} at step {last[0]:,}"))
    for step, loss in losses["validation"]:
        mark = "  best" if step == told["best_step"] else ""
        console.print(Text(f"validation loss {loss:.4f} at step {step:,}{mark}"))
    console.print(Text(f"{told['tokens_seen']:,} tokens read in {told['steps']:,} steps"))
    for folder in (done.best, done.last):
        if folder is not None:
            console.print(Text(printable(str(folder))), soft_wrap=True)
