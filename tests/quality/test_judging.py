"""Labels and verdicts: reading, counting, the queue."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from medreason.errors import InputError, UsageError
from medreason.quality.judging import calibrate, corrected, queue_row
from medreason.quality.labels import Label, read_labels, read_verdicts
from medreason.statistics import Confusion, wilson


def written(path: Path, *rows: Any) -> Path:
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), encoding="utf-8")
    return path


def labels(tp: int, fn: int, fp: int, tn: int, **fields: Any) -> list[Label]:
    kinds = [(True, True)] * tp + [(True, False)] * fn + [(False, True)] * fp + [(False, False)] * tn
    start = fields.pop("start", 0)
    return [Label(f"i{start + i:03}", (human,), judge, fields) for i, (human, judge) in enumerate(kinds)]


def test_the_confusion_table_is_counted() -> None:
    found = calibrate(labels(8, 2, 1, 4))
    assert found.whole.confusion == Confusion(8, 2, 1, 4)
    assert found.whole.rates.sensitivity == wilson(8, 10)
    assert found.whole.rates.specificity == wilson(4, 5)
    assert (found.missing, found.ties, found.notes) == ([], [], [])


def test_the_majority_of_raters_is_the_label_and_a_tie_is_none() -> None:
    rows = [
        Label("majority", (True, False, True), True, {}),
        Label("tie", (True, False), True, {}),
        Label("tie without a verdict", (False, True), None, {}),
        Label("alone", (False,), False, {}),
        Label("no verdict", (True,), None, {}),
    ]
    found = calibrate(rows)
    assert found.whole.confusion == Confusion(1, 0, 0, 1)
    assert (found.whole.missing, found.whole.ties) == (2, 2)
    assert found.missing == ["tie without a verdict", "no verdict"]
    assert found.ties == ["tie", "tie without a verdict"]
    # Pairs of raters: three of the first item (one agrees), one of each tie.
    assert found.raters == (3, 5, 1)
    assert [case.label.id for case in found.queue] == ["tie", "tie without a verdict"]


def test_subgroups_add_up_and_a_list_counts_in_each() -> None:
    rows = labels(5, 1, 1, 3, source="clinic") + labels(2, 2, 2, 2, source="exam", start=50)
    rows += [Label("x", (True,), True, {"source": ["clinic", "exam"]}), Label("y", (True,), True, {})]
    found = calibrate(rows, ["source"]).groups["source"]
    assert {name: group.confusion for name, group in found.items()} == {
        "clinic": Confusion(6, 1, 1, 3),
        "exam": Confusion(3, 2, 2, 2),
        "(none)": Confusion(1, 0, 0, 0),
    }
    assert list(found) == ["clinic", "exam", "(none)"]
    assert math.isnan(found["(none)"].rates.specificity.value)


def test_the_queue_follows_its_rule() -> None:
    rows = [
        *labels(20, 0, 0, 20, source="easy"),
        Label("d-easy-judge-good", (False,), True, {"source": "easy"}),
        Label("c-hard-judge-good", (False,), True, {"source": "hard"}),
        Label("b-judge-bad", (True,), False, {"source": "hard"}),
        Label("e-two-of-three", (True, True, False), False, {"source": "easy"}),
        Label("f-three-of-four", (False, False, False, True), True, {"source": "easy"}),
        Label("z-tie", (True, False), True, {"source": "easy"}),
    ]
    queue = calibrate(rows, ["source"]).queue
    assert [case.label.id for case in queue] == [
        "z-tie", "e-two-of-three", "f-three-of-four", "c-hard-judge-good", "d-easy-judge-good", "b-judge-bad",
    ]  # fmt: skip
    assert queue_row(queue[1], ["source"]) == {
        "id": "e-two-of-three",
        "human": [True, True, False],
        "judge": False,
        "why": "judge alone calls it not good, raters split",
        "source": "easy",
    }


@pytest.mark.parametrize(
    ("counts", "note"),
    [
        ((9, 1, 0, 0), "the specificity cannot be estimated"),
        ((0, 0, 1, 9), "the sensitivity cannot be estimated"),
        ((9, 0, 0, 0), "kappa is not defined"),
        ((0, 0, 0, 9), "could not disagree"),
        ((6, 0, 3, 0), "same verdict on every item"),
    ],
)
def test_what_cannot_be_estimated_is_said(counts: tuple[int, int, int, int], note: str) -> None:
    assert any(note in told for told in calibrate(labels(*counts)).notes)


def test_nothing_to_compare_is_an_error() -> None:
    with pytest.raises(InputError, match="no line has both a human label and a verdict"):
        calibrate([Label("a", (True,), None, {}), Label("b", (True, False), True, {})])


def test_an_unknown_field_names_those_that_exist() -> None:
    with pytest.raises(UsageError) as told:
        calibrate(labels(1, 0, 0, 1, source="x", model="m"), ["organ"])
    assert told.value.fix == "there are: model, source"


def test_the_corrected_share_uses_the_labelled_errors() -> None:
    rows = labels(90, 10, 20, 80)
    verdicts: dict[str, bool | None] = {f"v{i}": i < 620 for i in range(1000)}
    verdicts |= {"none": None, "i000": True}
    found = corrected(verdicts, rows)
    assert (found.verdicts, found.missing, found.labelled) == (1001, 1, 1)
    assert found.share.value == pytest.approx((621 / 1001 + 0.8 - 1) / 0.7)
    assert found.share.low < found.share.value < found.share.high
    assert "specificity is not known" in corrected(verdicts, labels(5, 1, 0, 0)).share.why


def test_files_are_read_with_raters_fields_and_blank_lines(tmp_path: Path) -> None:
    path = written(
        tmp_path / "l.jsonl",
        {"id": "a", "human": True, "judge": False, "source": "s"},
        "",
        {"id": "b", "human": [True, False, True]},
        {"id": "ç", "human": False, "judge": None, "organ": ["heart"]},
    )
    assert read_labels(path) == [
        Label("a", (True,), False, {"source": "s"}),
        Label("b", (True, False, True), None, {}),
        Label("ç", (False,), None, {"organ": ["heart"]}),
    ]
    other = written(tmp_path / "v.jsonl", {"id": "a", "judge": True, "why": "x"}, {"id": "b"})
    assert read_verdicts(other) == {"a": True, "b": None}


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[1]", "no object"),
        ('{"human": true}', "no id"),
        ('{"id": 7, "human": true}', "no id, or one that is no text"),
        ('{"id": "a", "human": true, "judge": true}', "stands in line 1 already"),
        ('{"id": "b", "judge": true}', "no human label"),
        ('{"id": "b", "human": []}', "the human label is []"),
        ('{"id": "b", "human": [true, null]}', "the human label is"),
        ('{"id": "b", "human": 1}', "the human label is 1"),
        ('{"id": "b", "human": true, "judge": "yes"}', "the verdict is 'yes'"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, cause: str) -> None:
    path = written(tmp_path / "l.jsonl", {"id": "a", "human": True, "judge": True}, line)
    with pytest.raises(InputError) as told:
        read_labels(path)
    assert cause in told.value.cause
    assert told.value.item == "l.jsonl:2"
    assert told.value.fix


def test_a_file_that_is_not_there_or_empty_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_labels(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match="no line in this file"):
        read_labels(written(tmp_path / "empty.jsonl", "", ""))
    binary = tmp_path / "b.jsonl"
    binary.write_bytes(b"\xff\xfe{}")
    with pytest.raises(InputError, match="no JSON"):
        read_labels(binary)
