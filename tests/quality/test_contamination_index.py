"""Index files of evaluation sets: the same answers as the questions, no text, and every damage is told."""

import io
import json
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest

from medreason.errors import InputError, UsageError
from medreason.quality.contamination import Firewall, Item, Origin, is_index, make_set, read_index, write_index
from medreason.quality.near import Rows

TEXT = "The shepherd's knee clicked whenever he climbed over the third stile behind the old chapel. What is torn?"
ITEMS = [
    Item("one", TEXT, ("The inner meniscus", "The outer ligament")),
    Item("two", "Which shell is lent to hermits?", ("Whelk", "Oyster")),
    Item("drei/ü", "Temperature is 37 C pulse is 80 min blood pressure is 120 80 mm Hg and respirations 16", ()),
]


@pytest.fixture
def index(tmp_path: Path) -> Path:
    path = tmp_path / "sets.npz"
    write_index([make_set("knees", ITEMS, origins=[Origin("knees.jsonl", "ab" * 32)])], path)
    return path


def rewritten(index: Path, name: str, data: bytes | None) -> Path:
    """The index with one part replaced, or left out."""
    with zipfile.ZipFile(index) as old:
        parts = {n: old.read(n) for n in old.namelist()}
    if data is None:
        del parts[name]
    else:
        parts[name] = data
    with zipfile.ZipFile(index, "w") as new:
        for key, value in parts.items():
            new.writestr(key, value)
    return index


def array(values: object) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(values))
    return buffer.getvalue()


def meta(index: Path) -> dict[str, object]:
    with zipfile.ZipFile(index) as file:
        return dict(json.loads(file.read("index.json")))


def test_what_is_read_is_what_was_written(index: Path) -> None:
    made = make_set("knees", ITEMS, origins=[Origin("knees.jsonl", "ab" * 32)])
    (read,) = read_index(index)
    assert read[:4] == made[:4]
    for mine, other in zip(made.features, read.features, strict=True):
        for a, b in zip(mine, other, strict=True) if isinstance(mine, Rows) else [(mine, other)]:
            assert a.dtype == b.dtype
            assert a.tolist() == b.tolist()


def test_an_index_gives_the_verdicts_of_the_questions(index: Path) -> None:
    asked = [ITEMS[0]._replace(id="a", options=ITEMS[0].options[::-1]), Item("b", "Who ate the last of the plums?")]
    direct = Firewall([make_set("knees", ITEMS)]).check(asked)
    assert Firewall(read_index(index)).check(asked) == direct
    assert [v.verdict for v in direct] == ["refuse", "clean"]


def test_no_word_of_a_question_is_in_the_file(index: Path) -> None:
    data = index.read_bytes().lower()
    for word in ("shepherd", "chapel", "meniscus", "whelk", "hermits", "temperature"):
        assert word.encode() not in data
    with zipfile.ZipFile(index) as file:
        assert "shepherd" not in file.read("index.json").decode()


def test_rows_are_in_no_order_that_tells_the_text(index: Path) -> None:
    (read,) = read_index(index)
    for rows in (read.features.grams, read.features.shingles, read.features.couples, read.features.options):
        assert all(np.all(np.diff(rows.row(i).astype(object)) > 0) for i in range(len(rows)))


def test_the_same_sets_give_the_same_bytes(index: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.npz"
    write_index([make_set("knees", ITEMS, origins=[Origin("knees.jsonl", "ab" * 32)])], again)
    assert again.read_bytes() == index.read_bytes()


def test_another_salt_gives_other_hashes() -> None:
    one, other = (make_set("k", ITEMS, salt=salt).features for salt in (b"a", b"b"))
    assert not set(one.shingles.flat.tolist()) & set(other.shingles.flat.tolist())
    assert not set(one.stem.tolist()) & set(other.stem.tolist())


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("index.json", b"{}", "not an index of evaluation sets"),
        ("index.json", b"[", "not an index"),
        ("index.json", None, "not an index"),
        ("0/exact.npy", None, "not an index"),
        ("0/exact.npy", array([1, 2]), "another type or length"),
        ("0/exact.npy", array(np.array([1, 2], np.uint64)), "another type or length"),
        ("0/exact.npy", b"nonsense", "not an index"),
        ("0/exact.npy", array(np.array(["x"], object)), "not an index"),
        ("0/grams.starts.npy", array(np.array([0, 1, 2, 1000], np.int64)), "row bounds"),
        ("0/grams.starts.npy", array(np.array([0, 9, 5, 5], np.int64)), "row bounds"),
        ("0/shingles.flat.npy", array(np.zeros(400, np.uint64)), "row bounds"),
    ],
)
def test_damage_is_told(index: Path, name: str, data: bytes | None, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        read_index(rewritten(index, name, data))
    assert error.value.item == "sets.npz"
    assert error.value.fix


def test_hashes_out_of_order_are_told(index: Path) -> None:
    (read,) = read_index(index)
    with pytest.raises(InputError, match="not in order"):
        read_index(rewritten(index, "0/shingles.flat.npy", array(read.features.shingles.flat[::-1])))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version 2"),
        ({"sets": []}, "names no set"),
        ({"salt": ""}, "no salt"),
        ({"salt": "xyz"}, "not an index"),
        ({"sets": [{"name": "k", "items": 3, "ids": ["a"], "origins": []}]}, "other ids"),
        ({"sets": [{"name": "k"}]}, "not an index"),
    ],
)
def test_a_wrong_head_is_told(index: Path, change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_index(rewritten(index, "index.json", json.dumps(meta(index) | change).encode()))


def test_a_file_cut_short_or_altered_is_told(index: Path) -> None:
    whole = index.read_bytes()
    rng = random.Random(1)
    for cut in (0, 10, len(whole) // 2, len(whole) - 1):
        index.write_bytes(whole[:cut])
        with pytest.raises(InputError):
            read_index(index)
    for _ in range(40):
        place = rng.randrange(len(whole))
        index.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            (read,) = read_index(index)
        except InputError:
            continue
        assert read.ids == tuple(i.id for i in ITEMS)  # what was hit is in the archive's own bookkeeping


def test_what_is_no_index(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_index(tmp_path / "none.npz")
    (tmp_path / "q.jsonl").write_text("{}", encoding="utf-8")
    assert not is_index(tmp_path / "q.jsonl")
    assert not is_index(tmp_path)
    with pytest.raises(UsageError, match="no evaluation set"):
        write_index([], tmp_path / "x.npz")
    with pytest.raises(InputError, match="cannot be written"):
        write_index([make_set("k", ITEMS)], tmp_path / "none" / "x.npz")
