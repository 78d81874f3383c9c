"""How long rows are in tokens of a given tokenizer. Counts only: no text is ever cut.

Counted is the text of the prompt and of each target. What a chat template adds is not; leave it some room.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from medreason.dataset.export.rows import Texts
from medreason.errors import InputError, UsageError

LIMITS = (1024, 2048, 4096, 8192, 16384, 32768)
LEVELS = (0.0, 0.5, 0.9, 0.99, 1.0)
_INSTALL = "pip install 'medreason[export]'"
Count = Callable[[str], int]


class Length(NamedTuple):
    """Tokens of a row: of its prompt, and of its longest target."""

    prompt: int
    target: int

    @property
    def total(self) -> int:
        """Both together."""
        return self.prompt + self.target


def counter(path: Path) -> Count:
    """Counts tokens as a tokenizer on disk does, without special tokens.

    Args:
        path: ``tokenizer.json``, or a folder that holds one or another tokenizer that ``transformers`` reads.

    Raises:
        InputError: there is no tokenizer, or it cannot be read.
        UsageError: the library for it is not installed.
    """
    file = path / "tokenizer.json" if path.is_dir() else path
    if not path.exists():
        raise InputError("there is no such tokenizer", fix="give a folder with a tokenizer.json", item=path.name)
    return _fast(file) if file.is_file() else _any(path)


def _fast(file: Path) -> Count:
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise UsageError("the library tokenizers is not installed", fix=_INSTALL) from None
    try:
        found: Any = Tokenizer.from_file(str(file))
        found.no_truncation()
        found.no_padding()
    except Exception as error:  # the library raises bare exceptions
        raise InputError(f"is no tokenizer ({error})", fix="give a tokenizer.json", item=file.name) from None
    return lambda text: len(found.encode(text, add_special_tokens=False).ids)


def _any(folder: Path) -> Count:
    try:
        from transformers import AutoTokenizer
    except ImportError:
        raise UsageError(
            f"{folder.name} holds no tokenizer.json, and transformers, which reads others, is not installed",
            fix="give a folder with a tokenizer.json, or pip install transformers",
        ) from None
    try:
        found: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    except Exception as error:  # whatever the library meets in a folder that is none
        raise InputError(
            f"is no tokenizer ({type(error).__name__})", fix="give a folder with a tokenizer.json", item=folder.name
        ) from None
    return lambda text: len(found.encode(text, add_special_tokens=False, truncation=False))


def measure(texts: Texts, count: Count) -> Length:
    """The length of one row. O(characters)."""
    return Length(count(texts.prompt), max((count(t) for t in texts.targets), default=0))


def summary(lengths: Sequence[Length]) -> dict[str, Any]:
    """Quantiles of prompt, target and both, and how many rows are longer than each limit; empty without rows."""
    if not lengths:
        return {}
    told: dict[str, Any] = {"rows": len(lengths)}
    for name in ("prompt", "target", "total"):
        values = np.array([getattr(length, name) for length in lengths])
        told[name] = {
            f"{q:g}": int(v) for q, v in zip(LEVELS, np.quantile(values, LEVELS, method="higher"), strict=True)
        }
    total = np.array([length.total for length in lengths])
    told["longer_than"] = {str(limit): int((total > limit).sum()) for limit in LIMITS}
    return told
