import gzip
import json
from pathlib import Path

import pytest

from medreason.errors import InputError
from medreason.questions.jsonl import JsonlSource
from medreason.questions.reading import Item, read_items
from medreason.records import Question, Rejection


def test_lines_that_cannot_be_read_are_rejected_with_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "q.jsonl"
    file.write_text('{"id": "a"}\nnot json\n\n[1]\n{"id": 5}\n{"id": "a"}\n{"id": "b"}\n', encoding="utf-8")
    items = read_items(file)
    assert [i.id if isinstance(i, Item) else (i.reason, i.detail.split(": ")[0]) for i in items] == [
        "a",
        ("malformed", "q.jsonl:2"),
        ("malformed", "q.jsonl:4"),
        ("malformed", "q.jsonl:5"),
        ("duplicate_id", "q.jsonl:6"),
        "b",
    ]


def test_folders_are_read_in_a_fixed_order_whatever_the_format(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "one.json").write_text(json.dumps({"id": "third"}))
    with gzip.open(tmp_path / "a.jsonl.gz", "wt") as out:
        out.write('{"id": "first"}\n{"id": "second"}\n')
    (tmp_path / "notes.txt").write_text("no")
    assert [i.id for i in read_items(tmp_path)] == ["first", "second", "third"]
    assert [i.id for i in read_items(tmp_path, limit=1)] == ["first"]


def test_a_file_cut_short_keeps_what_came_before(tmp_path: Path) -> None:
    whole = gzip.compress("".join(json.dumps({"id": str(n), "x": "y" * 500}) + "\n" for n in range(3000)).encode())
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    items = read_items(tmp_path / "cut.jsonl.gz")
    assert isinstance(items[-1], Rejection)
    assert items[-1].reason == "unreadable"
    assert len([i for i in items if isinstance(i, Item)]) > 0


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_empty_input_is_an_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "q.jsonl").write_text(content)
    with pytest.raises(InputError, match="no item"):
        read_items(tmp_path / "q.jsonl")
    with pytest.raises(InputError, match="no such file"):
        read_items(tmp_path / "absent.jsonl")


OPTIONS = [{"key": "A", "text": "Marfan syndrome"}, {"key": "B", "text": "Cystic fibrosis", "concept": "OMIM:219700"}]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"options": OPTIONS}, "question"),
        ({"question": "q", "options": OPTIONS[:1]}, "at least 2"),
        ({"question": "q"}, "at least 2"),
        ({"question": "q", "options": [*OPTIONS, {"key": "C"}]}, "option 3"),
        ({"question": "q", "options": [*OPTIONS, {"key": "B", "text": "x"}]}, "same key"),
        ({"question": "q", "options": [*OPTIONS, {"key": "C", "text": "marfan syndrome"}]}, "same text"),
        ({"question": "q", "options": OPTIONS, "answer_key": "E"}, "answer key"),
        ({"question": "q", "options": OPTIONS, "excluded_publications": "PMID:1"}, "excluded_publications"),
    ],
)
def test_rows_that_are_no_question_are_rejected(hpo, row: dict[str, object], says: str) -> None:
    made = JsonlSource(hpo).question(Item("i", "q.jsonl:3", row))
    assert isinstance(made, Rejection)
    assert made.reason == "malformed"
    assert made.detail.startswith("q.jsonl:3: ")
    assert says in made.detail


def test_options_are_linked_by_name_or_taken_by_id(hpo) -> None:
    made = JsonlSource(hpo).question(
        Item("i", "f", {"stem": "q", "options": {"A": "Marfan syndrome", "B": "Green disease"}, "answer_idx": "A"})
    )
    assert isinstance(made, Question)
    assert made.options[0].concept == "OMIM:154700"
    assert made.options[1].concept == ""
    assert "option_not_linked:B" in made.flags
