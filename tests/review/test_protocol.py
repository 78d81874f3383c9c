"""The protocol and the roster: what is read, and what is refused with which words."""

from pathlib import Path

import pytest

from medreason.errors import InputError
from medreason.review.material import Material
from medreason.review.protocol import plain, protocol_hash, read_protocol
from medreason.review.roster import read_roster
from medreason.review.store import Person
from tests.review.server.made import _case, protocol_of

GOOD = """
title: Reasoning on cases
consent: You agree.
arms:
  one: {path: one.jsonl, label: First}
  two: {path: runs/two}
sample: {items: 20, strata: [source], seed: 3}
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "study.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_protocol_is_read_with_paths_beside_it(tmp_path: Path) -> None:
    found = read_protocol(written(tmp_path, GOOD))
    assert found.arms["one"].path == tmp_path / "one.jsonl"
    assert found.name_of("one") == "First"
    assert found.name_of("two") == "two"
    assert (found.overlap, found.repeats, found.asked.pairwise) == (2, 0.08, True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("overlapp: 3", "did you mean overlap?"),
        ("repeats: 0.2", "repeats is a share from 0.05 to 0.10"),
        ("repeats: 0.01", "repeats is a share from 0.05 to 0.10"),
        ("asked: {scales: [accuracy, accuracy]}", "a scale is asked twice"),
        ("asked: {steps: false, scales: [], pairwise: false}", "nothing is asked"),
        ("overlap: 0", "overlap"),
        ("citations: sometimes", "citations"),
        ("stopping: {width: 2}", "stopping.width"),
        ("asked: {pairwise: false}\nstopping: {width: 0.2}", "stopping.width needs two arms side by side"),
        ("stopping: {answers_per_item: 3}", "more than the overlap"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, change: str, words: str) -> None:
    with pytest.raises(InputError, match=words.replace("?", r"\?")):
        read_protocol(written(tmp_path, GOOD + change))


def test_one_arm_is_no_study(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two arms or more"):
        read_protocol(written(tmp_path, GOOD.replace("  two: {path: runs/two}\n", "")))
    with pytest.raises(InputError, match="same path"):
        read_protocol(written(tmp_path, GOOD.replace("runs/two", "one.jsonl")))


@pytest.mark.parametrize("told", ["first", "TWO", "two."])
def test_what_reviewers_read_names_no_arm(tmp_path: Path, told: str) -> None:
    with pytest.raises(InputError, match="names the arm"):
        read_protocol(written(tmp_path, GOOD.replace("You agree.", f"You compare {told} with others.")))


def test_the_hash_is_of_protocol_and_content() -> None:
    cases = tuple(_case(n) for n in range(3))
    own = protocol_hash(protocol_of(3), Material(cases))
    assert own == protocol_hash(protocol_of(3), Material(cases))
    assert own != protocol_hash(protocol_of(3, overlap=3), Material(cases))
    assert own != protocol_hash(protocol_of(3), Material(cases[::-1]))
    assert own != protocol_hash(protocol_of(3), Material(cases, "another graph"))


def test_no_folder_of_a_machine_is_kept(tmp_path: Path) -> None:
    told = plain(read_protocol(written(tmp_path, GOOD)))
    assert told["arms"]["two"]["path"] == "two"
    assert str(tmp_path) not in str(told)


def test_the_example_of_the_guide_is_a_protocol(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "review.md").read_text(encoding="utf-8")
    found = read_protocol(written(tmp_path, page.split("```yaml\n")[1].split("```")[0]))
    assert set(found.arms) == {"graph", "model"}
    assert (found.sample.items, found.overlap, found.stopping.width) == (60, 3, 0.2)


# -- roster ------------------------------------------------------------------------------------------------


def roster(folder: Path, text: str) -> Path:
    file = folder / "people.csv"
    file.write_text(text, encoding="utf-8-sig")
    return file


def test_a_roster_is_read(tmp_path: Path) -> None:
    rows = read_roster(roster(tmp_path, 'name,role,specialties\nAda,, genetics ; neurology;\n"B, C",Coordinator,\n'))
    assert rows == [Person("Ada", "reviewer", ("genetics", "neurology")), Person("B, C", "coordinator", ())]
    assert read_roster(roster(tmp_path, "name\nAda\n")) == [Person("Ada")]


@pytest.mark.parametrize(
    ("text", "words", "where"),
    [
        ("", "nobody", "people.csv"),
        ("name\n", "nobody", "people.csv"),
        ("who\nAda\n", "columns are name, role, specialties; not known: who", "people.csv:1"),
        ("name,role\n,reviewer\n", "a name has 1 to 200", "people.csv:2"),
        ("name,role\nAda,chief\n", "'chief' is no role", "people.csv:2"),
        ("name\nAda\nAda\n", "second time", "people.csv:3"),
        ("name,specialties\nAda,surgery\n", "does not know surgery", "people.csv:2"),
        ("name,role\nAda,reviewer,x,y\n", "more cells than the header", "people.csv:2"),
    ],
)
def test_a_wrong_roster_is_refused_by_line(tmp_path: Path, text: str, words: str, where: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        read_roster(roster(tmp_path, text), ("genetics",))
    assert caught.value.item == where
