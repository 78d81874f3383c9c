"""The file of readings: written and read back, and every way in which a row can be wrong."""

import gzip
import json
from pathlib import Path

import pytest

from medreason.errors import InputError
from medreason.evaluation.results import Row, read_rows, to_json, write_rows

ROWS = [
    Row("medqa", "17", 4, "C", "C", 0, "final", length=812),
    Row("medqa", "17", 4, "C", None, 1, why="several", clean=False, confidence=0.25, cluster="d1"),
    Row("medqa", "17", 4, "C", "A", 0, "final", condition="hinted", hint="A"),
]
GOOD = {"task": "t", "id": "1", "options": 4, "gold": "A", "key": None}


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "run", ROWS)
    assert read_rows(tmp_path / "run") == read_rows(path) == ROWS
    packed = tmp_path / "packed"
    packed.mkdir()
    with gzip.open(packed / "readings.jsonl.gz", "wb") as file:
        file.write(path.read_bytes())
    assert read_rows(packed) == ROWS
    assert [json.loads(to_json(row))["right"] for row in ROWS] == [True, False, False]
    assert "hint" not in json.loads(to_json(ROWS[0]))


def test_the_least_row_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(json.dumps({**GOOD, "id": 7, "start": 3, "other": "kept by others"}) + "\n\n", encoding="utf-8")
    assert read_rows(path) == [Row("t", "7", 4, "A", None)]
    path.write_text(json.dumps({k: v for k, v in GOOD.items() if k != "options"}), encoding="utf-8")
    assert read_rows(path) == [Row("t", "1", 0, "A", None)]
    assert "options" not in json.loads(to_json(read_rows(path)[0]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"task": ""}, "field task"),
        ({"id": None}, "field id"),
        ({"options": 1}, "field options"),
        ({"options": "4"}, "field options"),
        ({"gold": 3}, "field gold"),
        ({"key": 1}, "field key"),
        ({"key": ""}, "field key"),
        ({"right": True}, "right is true, but the key is None"),
        ({"key": "A", "right": False}, "right is false"),
        ({"sample": -1}, "field sample"),
        ({"length": 1.5}, "field length"),
        ({"clean": "yes"}, "field clean"),
        ({"confidence": 70}, "field confidence"),
        ({"confidence": True}, "field confidence"),
        ({"condition": "mangled"}, "no condition 'mangled'"),
    ],
)
def test_a_bad_field_is_named_with_its_line(tmp_path: Path, change: dict[str, object], words: str) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(json.dumps({**GOOD, "id": "0"}) + "\n" + json.dumps({**GOOD, **change}) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=words) as told:
        read_rows(path)
    assert told.value.item == "r.jsonl:2"
    assert told.value.fix


def test_other_faults(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    for text, words in [
        ("", "holds no readings"),
        ("{", "no JSON"),
        ("[1]", "no JSON object"),
        (json.dumps({k: v for k, v in GOOD.items() if k != "key"}), "key is missing"),
        (f"{json.dumps(GOOD)}\n{json.dumps(GOOD)}", "already in line 1"),
    ]:
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=words):
            read_rows(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="cannot be read"):
        read_rows(path)
    with pytest.raises(InputError, match="no such file or folder"):
        read_rows(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no readings"):
        read_rows(tmp_path / "empty")
    (tmp_path / "damaged.jsonl.gz").write_bytes(b"no gzip")
    with pytest.raises(InputError, match="cannot be read"):
        read_rows(tmp_path / "damaged.jsonl.gz")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be written"):
        write_rows(tmp_path / "file", ROWS)
