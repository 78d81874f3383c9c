"""Which split a place holds, and that evaluation splits never become training data by accident.

Every split that a source does not list as one for generation is for evaluation: a new name is refused, not let through.
"""

from __future__ import annotations

import re
from pathlib import Path

from medreason.errors import UsageError
from medreason.questions.sources.base import Spec, Split
from medreason.questions.sources.places import hub_place, local_files

# Word in a file name → split it means; the first that occurs wins, so "test.dev" is test data.
NAMED = {
    "test": "test", "testing": "test", "eval": "test", "evaluation": "test", "validation": "validation",
    "valid": "validation", "val": "validation", "dev": "dev", "train": "train", "training": "train",
}  # fmt: skip
STATE = "state it with --split, or put train, validation, dev or test into the file name"


def _words(name: str) -> set[str]:
    return set(re.split(r"[^a-z0-9]+", name.lower()))


def split_in(spec: Spec, name: str) -> str:
    """The split that a file name tells, or an empty text."""
    words = _words(name)
    told = next((split for word, split in NAMED.items() if word in words), "")
    if told == "train":
        return next((s for s in spec.generation_splits if _words(s) <= words), told)
    return told


def _local(spec: Spec, place: str | Path, split: str) -> str:
    """The split of a file, or of those files of a folder that hold ``split``."""
    names = [label for label, _ in local_files(place)]
    told = sorted({split_in(spec, name) for name in names})
    if not split:
        if len(told) > 1:
            raise UsageError(
                f"the folder holds several splits ({', '.join(t or 'one without a name' for t in told)})",
                fix="state one with --split",
                item=Path(place).name,
            )
        return told[0] or spec.default_split
    if told == [""] or split in told:
        return split
    if Path(place).is_dir():
        raise UsageError(
            f"the folder holds no split {split}", fix=f"it has {', '.join(filter(None, told))}", item=Path(place).name
        )
    if told[0] not in spec.generation_splits and split in spec.generation_splits:
        raise UsageError(
            f"the file calls itself {told[0]}, not {split}",
            fix=f"give --split {told[0]}, or rename the file if its name is wrong",
            item=Path(place).name,
        )
    return split


def check_split(spec: Spec, place: str | Path, split: str = "", *, allow_evaluation_split: bool = False) -> Split:
    """The split that will be read, refused where it is one for evaluation.

    Args:
        spec: The source.
        place: File, folder or hub id.
        split: As the user states it; else from the hub id, the file name, or the source's rule.
        allow_evaluation_split: Let evaluation splits through; every question is then flagged ``evaluation_split``.

    Raises:
        UsageError: the split is unknown, contradicts the place, or is for evaluation and not allowed.
        InputError: nothing at the place.
    """
    hub = hub_place(place)
    if hub is not None:
        if split and hub.split and split != hub.split:
            raise UsageError(f"two splits are named: {hub.split} and {split}", fix="leave one of them out")
        name = hub.split or split or spec.default_split
        words = _words(f"{Path(hub.name).name} {hub.config} {name}")
    else:
        name = _local(spec, place, split)
        words = _words(f"{Path(place).name} {name}")
    if not name:
        raise UsageError(f"the split of this {spec.name} data is unknown", fix=STATE, item=Path(place).name)
    evaluation = name not in spec.generation_splits or bool(words & set(spec.evaluation_names))
    if evaluation and not allow_evaluation_split:
        fair = " or ".join(spec.generation_splits) or "no split: it is an evaluation source"
        raise UsageError(
            f"{name} of {spec.name} is for evaluation; chains made of it would carry the test into training data",
            fix=f"for generation there is {fair}; --allow-evaluation-split lets it through and flags every question",
            item=Path(place).name,
        )
    return Split(name, evaluation)
