"""MedMCQA: Indian entrance exams, four options. https://huggingface.co/datasets/openlifescienceai/medmcqa

The correct option ``cop`` counts from 0 in the hub's files (-1: the test split has no key) and from 1 in the authors'
JSON, with the same columns otherwise. Rows of a hub id or a Parquet file count from 0. A JSON file is told by what it
holds: a 0 or -1, or a 4; where neither occurs, or both, it is an error that asks for ``first_cop``. ``exp``, the
explanation, is the reference. ``choice_type`` "multi" still has one correct option, so it is kept and flagged
``choice_type_multi``.
"""

from __future__ import annotations

from medreason.errors import UsageError
from medreason.questions.sources.base import BadRow, Layout, Parts, Row, Spec
from medreason.questions.sources.columns import elaine, letter_of_index, lettered, text_in, words_in

OPTIONS = ("opa", "opb", "opc", "opd")
FIRST = "first_cop"


def _read(row: Row) -> Parts:
    cop = row.get("cop")
    if cop not in (None, -1) and row.get(FIRST) not in (0, 1):
        raise BadRow("unknown_first_cop", "whether cop counts from 0 or from 1 is not known")
    return Parts(
        text_in(row, "question"),
        lettered(row[c] for c in OPTIONS),
        letter_of_index(cop, 1 if row.get(FIRST) == 1 else 0),
        reference=words_in(row, "exp"),
        flags=("choice_type_multi",) if row.get("choice_type") == "multi" else (),
    )


def settle(rows: list[Row], first: int | None) -> None:
    """Writes into each row from which number its ``cop`` counts.

    Args:
        rows: All rows of a reading.
        first: 0 or 1 where that is known, else it is told from the rows.

    Raises:
        UsageError: the rows do not tell, or contradict what is said to be known.
    """
    seen = {row.get("cop") for row in rows} - {None}
    from_0, from_1 = first == 0 or bool(seen & {0, -1}), first == 1 or 4 in seen
    if seen and from_0 == from_1:
        why = "cop counts from 0 and from 1" if from_0 else "no row tells whether cop counts from 0 or from 1"
        raise UsageError(why, fix="state first_cop: 0 for files of the hub, 1 for the authors' JSON")
    for row in rows:
        row[FIRST] = 1 if from_1 else 0


MEDMCQA = Spec(
    name="medmcqa",
    kind="choice",
    licence="Apache-2.0 (dataset card)",
    layouts=(Layout("medmcqa", ("question", *OPTIONS), _read), elaine()),
    counts=(4, 4),
    settle=settle,
)
