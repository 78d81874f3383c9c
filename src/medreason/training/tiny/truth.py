"""Checks what a model wrote, without a model: is each step of a chain true of the sheets, and does the answer follow?

Works on words alone and shares no code with what writes them (:mod:`medreason.training.tiny.text`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Judged(NamedTuple):
    """What a written chain holds.

    Attributes:
        true: Steps that are true: every finding of the case, in any order and once, with the right verdict, and the
            right number.
        verdicts: Verdicts (finding yes or no) that are true, of all that a whole chain has.
        of: Verdicts that a whole chain has.
        follows: Whether the answer is the option with the largest number of the chain, and no other has as many.
    """

    true: int
    verdicts: int
    of: int
    follows: bool


def judged(written: str, case: list[str], record: Mapping[str, frozenset[str]], head: int) -> Judged:
    """Compares a chain with what is on record.

    Args:
        written: What the model wrote, words and blanks.
        case: The findings of the case.
        record: Of each option by its letter, which findings are on record.
        head: Words before the first finding of a step: the letter, and closed book the name.
    """
    words = written.split()
    if "answer" in words:
        at = words.index("answer")
        answer, words = words[at + 1 : at + 2], words[:at] + words[at + 2 :]
    else:
        answer = []
    steps: dict[str, list[str]] = {}
    letter = ""
    for word in words:
        if word in record:
            letter = "" if word in steps else word
            steps.setdefault(word, [])
        if letter:
            steps[letter].append(word)
    true = verdicts = 0
    counts: dict[str, int] = {}
    for letter, step in steps.items():
        told, last = step[head:-1], step[-1]
        pairs = list(zip(told[::2], told[1::2], strict=False))
        right = {f: v for f, v in pairs if f in case and v == ("yes" if f in record[letter] else "no")}
        verdicts += len(right)
        number = sum(f in record[letter] for f in case)
        whole = len(pairs) == len(case) == len(right) and len(told) == 2 * len(case)
        true += whole and last == str(number)
        if last.isdigit():
            counts[letter] = int(last)
    best = [o for o, n in counts.items() if n == max(counts.values())]
    return Judged(true, verdicts, len(case) * len(record), len(best) == 1 and best == answer)


def read_sheets(prompt: str) -> tuple[list[str], dict[str, frozenset[str]]]:
    """Case and sheets of an open-book prompt."""
    case, *lines = prompt.splitlines()[:-1]
    return case.split()[1:], {line.split()[0]: frozenset(line.split()[1:]) for line in lines}
