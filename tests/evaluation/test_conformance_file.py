"""The conformance set for answer reading: its rows are well formed, and docs/answer-reading.md counts what is there."""

import json
import re
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "answer-reading.md").read_text(encoding="utf-8")
TEXT = files("medreason").joinpath("data/evaluation/answers.jsonl").read_text(encoding="utf-8")
Row = dict[str, Any]
ROWS: list[Row] = [json.loads(line) for line in TEXT.splitlines()]
TABLE_LINE = re.compile(r"^\| `?([a-z-]+)`? \| (\d+) \| (\d+) \|", re.MULTILINE)


def faults(row: Row) -> list[str]:
    """What is wrong with the shape of one row."""
    found = []
    if list(row) != ["id", "form", "options", "output", "label", "why"]:
        found.append("fields")
        return found
    options = row["options"]
    if list(options) != [chr(ord("A") + i) for i in range(len(options))] or len(options) < 2:
        found.append("keys")
    if not all(isinstance(text, str) and text.strip() for text in options.values()):
        found.append("texts")
    if not isinstance(row["output"], str):
        found.append("output")
    if row["label"] is not None and row["label"] not in options:
        found.append("label")
    if not re.fullmatch(r"[a-z]+(-[a-z]+)*", row["form"]) or not re.fullmatch(row["form"] + r"-\d\d", row["id"]):
        found.append("id")
    if not re.fullmatch(r"Rule (\d+): .+\.", row["why"]):
        found.append("why")
    return found


def test_every_row_is_well_formed() -> None:
    assert {row.get("id"): found for row in ROWS if (found := faults(row))} == {}


def test_the_check_of_a_row_would_notice() -> None:
    row = ROWS[0]
    assert faults({**row, "label": "Z"}) == ["label"]
    assert faults({**row, "options": {"A": "one", "C": "two"}}) == ["keys"]
    assert faults({**row, "options": {"A": "one", "B": " "}}) == ["texts"]
    assert faults({**row, "output": None, "why": "because"}) == ["output", "why"]
    assert faults({**row, "id": "other-01"}) == ["id"]
    assert faults({"id": "x"}) == ["fields"]


def test_ids_and_outputs_are_unique() -> None:
    assert [i for i, n in Counter(row["id"] for row in ROWS).items() if n > 1] == []
    assert [o for o, n in Counter(row["output"] for row in ROWS).items() if n > 1] == []


def test_ids_count_up_within_a_form() -> None:
    seen: Counter[str] = Counter()
    for row in ROWS:
        seen[row["form"]] += 1
        assert row["id"] == f"{row['form']}-{seen[row['form']]:02d}"


def test_there_is_enough_of_everything() -> None:
    labels = Counter(row["label"] for row in ROWS)
    forms = Counter(row["form"] for row in ROWS)
    assert len(ROWS) >= 400
    assert labels[None] >= 120
    chosen = len(ROWS) - labels[None]
    assert all(0.15 < labels[key] / chosen < 0.3 for key in "ABCD"), (
        "a reader that always says one key must not do well"
    )
    assert len(set(labels) - {None}) >= 15, "keys beyond E are in the set"
    assert min(forms.values()) >= 4
    assert max(len(row["options"]) for row in ROWS) == 26


def test_the_page_counts_the_forms() -> None:
    stated = {name: (int(rows), int(none)) for name, rows, none in TABLE_LINE.findall(PAGE)}
    total = stated.pop("all")
    counted = {f: (n, sum(r["form"] == f and r["label"] is None for r in ROWS)) for f, n in forms_in_order().items()}
    assert stated == counted
    assert list(stated) == list(counted)
    assert total == (len(ROWS), sum(row["label"] is None for row in ROWS))
    assert f"{len(ROWS)} replies" in PAGE
    assert f"{total[1]} replies choose nothing" in PAGE


def test_every_rule_that_a_row_names_is_on_the_page() -> None:
    on_page = {int(n) for n in re.findall(r"^\*\*Rule (\d+)\.", PAGE, re.MULTILINE)}
    named = {int(row["why"].split(":")[0].removeprefix("Rule ")) for row in ROWS}
    assert on_page == set(range(1, 15))
    assert named == on_page


def test_the_example_on_the_page_is_a_row() -> None:
    output = re.search(r'"output": "(Instead[^"]+)", "label": "(\w)"', PAGE)
    assert output is not None
    assert [row["label"] for row in ROWS if row["id"] == "negation-10" and row["output"] == output[1]] == [output[2]]


def forms_in_order() -> Counter[str]:
    """Rows per form, in the order of the file."""
    return Counter(row["form"] for row in ROWS)
