"""Few-shot examples: drawn by seed from a file of its own, never equal or nearly equal to a question of the test."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from medreason.errors import UsageError
from medreason.evaluation.asking import Style
from medreason.evaluation.catalogue import known_set
from medreason.evaluation.sets import load_set
from medreason.records import Record


def draw_shots(
    name: str, place: Path, number: int, *, seed: int, style: Style, against: Sequence[Record]
) -> list[Record]:
    """Examples for a task, in an order by seed; the same for every question of it.

    Args:
        name: The task; its reader reads the examples (for MIRAGE and phenopackets that of ``questions``).
        place: A file of questions that are not those of the test.
        number: How many.
        seed: Seed of the draw.
        style: Styles with steps need examples with steps (``dataset.jsonl`` of a run); ``direct`` needs answers alone.
        against: The questions of the test.

    Raises:
        UsageError: too few examples; one stands in the test (whole, or nearly: see ``medreason contamination``); they
            have no steps and the style wants some.
        InputError: the file cannot be read as this task.
    """
    reader = "questions" if known_set(name).reader in ("mirage", "phenopackets") else name
    pool = list(load_set(reader, place).items)
    if style != "direct":
        pool = [item for item in pool if item.steps]
        if len(pool) < number:
            raise UsageError(
                f"{place.name} holds {len(pool)} examples with steps, and {number} are wanted",
                fix="give a dataset.jsonl of a run, or ask without steps: --style direct",
            )
    if len(pool) < number:
        raise UsageError(f"{place.name} holds {len(pool)} questions, and {number} are wanted", fix="give a larger file")
    drawn = sorted(pool, key=lambda item: hashlib.sha256(f"shot\0{seed}\0{item.id}".encode()).digest())[:number]
    _check_apart(drawn, against, place)
    return drawn


def _check_apart(shots: Sequence[Record], against: Sequence[Record], place: Path) -> None:
    from medreason.quality.contamination import REFUSE, Firewall, Item, make_set

    def plain(n: int, item: Record) -> Item:
        return Item(f"{n} {item.id}", item.question, tuple(o.text for o in item.options))

    test = make_set("test", [plain(n, item) for n, item in enumerate(against)])
    for verdict in Firewall([test]).check([plain(n, item) for n, item in enumerate(shots)]):
        if verdict.verdict == REFUSE:
            raise UsageError(
                f"the example {verdict.item.partition(' ')[2]} stands in the test, whole or nearly",
                fix="draw examples from a training split (--shots FILE), or clean it: medreason contamination",
                item=place.name,
            )
