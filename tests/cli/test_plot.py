"""``medreason plot``: numbers that agree with the run, figures that say them, what is left out and why."""

import csv
import json
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from medreason.cli.plot import write_figures
from medreason.errors import UsageError
from medreason.ledger import ledger
from medreason.records import Rejection
from medreason.report import plot_numbers as numbers
from medreason.report.plot_numbers import Missing, Table
from medreason.report.plots import DRAWN, render
from tests.runs import medreason
from tests.site.made import record, run_folder

NO_MATPLOTLIB = "matplotlib is not installed (extra plots)"
LEDGER = ledger({"question/no_question": 3, "reason/margin_too_small": 2}, 5, "offline")


def point(coverage: float, n: int, value: float) -> dict[str, Any]:
    side = {"value": value, "low": value - 0.1, "high": min(1.0, value + 0.05), "n": n}
    return {"coverage": coverage, "margin": 9.0, "right": {"per_item": side, "macro_over_diseases": side}}


TABLES: dict[str, numbers.Made] = {
    "funnel": numbers.funnel(LEDGER),
    "yield": numbers.yield_by_source(LEDGER, "made", 7),
    "lengths": numbers._counted("lengths", "T", "pieces", "length", numbers.Counter({"2 edges": 1, "10 edges": 3}), 2),
    "relations": numbers._counted("relations", "T", "edges", "relation", numbers.Counter({"is a": 2, "b": 5}), 2),
    "grounding": numbers.grounding({"grounded": 6, "derivable": 2}),
    "coverage": numbers.curve([point(0.5, 4, 0.9), point(1.0, 8, 0.7)]),
    "cost": numbers.cost({"a": 0.02, "b": 0.01, "lost": 0.03}, ["a", "b"], 0.06),
    "systems": numbers.systems({"Abnormality of the eye": 3, "Abnormality of limbs": 4}, 5),
}


def table(name: str) -> Table:
    found = TABLES[name]
    assert isinstance(found, Table)
    return found


def test_every_figure_has_a_table_and_a_drawing() -> None:
    assert TABLES.keys() == DRAWN.keys()
    assert all(len(row) == len(table(name).header) for name in TABLES for row in table(name).rows)


def test_the_numbers_are_those_of_the_run() -> None:
    assert [row[:4] for row in table("funnel").rows] == [
        ("question", "no_question", 3, 10), ("reason", "margin_too_small", 2, 7), ("kept", "record", 5, 10),
    ]  # fmt: skip
    assert [row[2:5] for row in table("yield").rows] == [(5, 10, 0.5), (5, 7, 0.7143)]
    assert [row[0] for row in table("lengths").rows] == ["2 edges", "10 edges"]
    assert [row[0] for row in table("relations").rows] == ["b", "is a"]
    assert table("grounding").rows[0][:3] == ("grounded", 6, 0.75)
    assert [row[:3] for row in table("cost").rows] == [("b", 0.01, 0.5), ("a", 0.02, 1.0)]
    assert "mean 0.015" in table("cost").note and "0.03 a record" in table("cost").note
    assert table("systems").rows[0] == ("Abnormality of limbs", 4, 0.8)
    assert all("n = " in table(name).note for name in TABLES)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (numbers.funnel(ledger({}, 0, "offline")), "no item has ended"),
        (numbers.yield_by_source(LEDGER, "", None), "does not state its source"),
        (numbers.grounding(None), "no language model"),
        (numbers.curve(()), "ranked no answers"),
        (numbers.cost(None, [], None), "no journal"),
        (numbers.cost({"a": None}, ["a"], None), "no price"),
        (numbers.systems({}, 3), "no record states"),
    ],
)
def test_what_a_run_lacks_is_said(made: numbers.Made, why: str) -> None:
    assert isinstance(made, Missing)
    assert why in made.why


@pytest.mark.parametrize("name", DRAWN)
def test_figures_are_drawn_the_same_twice_and_within_their_bounds(name: str) -> None:
    pytest.importorskip("matplotlib", reason=NO_MATPLOTLIB)
    once, twice = render(table(name), ("svg", "png")), render(table(name), ("svg", "png"))
    assert once == twice
    assert once["png"].startswith(b"\x89PNG")
    svg = once["svg"].decode()
    ElementTree.fromstring(svg)
    assert "<text" not in svg and "<dc:date>" not in svg and 'href="http' not in svg
    comments = [line for line in svg.splitlines() if line.strip().startswith("<!--")]
    assert any(table(name).title in line for line in comments)


def test_fewer_questions_than_records_are_not_believed() -> None:
    found = numbers.yield_by_source(LEDGER, "made", 4)
    assert isinstance(found, Table) and [row[1] for row in found.rows] == ["items"]


def test_dollars_in_a_name_are_no_formula() -> None:
    pytest.importorskip("matplotlib", reason=NO_MATPLOTLIB)
    odd = numbers.systems({"$\\frac{1}{$ <b> \u202eabc " + "W" * 300: 2}, 2)
    assert isinstance(odd, Table)
    ElementTree.fromstring(render(odd, ("svg",))["svg"].decode())


def test_without_matplotlib_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match="matplotlib") as caught:
        write_figures([table("funnel")], tmp_path / "out", ["svg"])
    assert "medreason[plots]" in caught.value.fix
    assert not (tmp_path / "out").exists()


def test_the_command_writes_figures_and_their_numbers(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason=NO_MATPLOTLIB)
    lost = [Rejection(f"lost-{n}", "reason", "margin_too_small", "led by 1") for n in range(6)]
    run = run_folder(tmp_path / "run", [record(n) for n in range(4)], lost)
    done = medreason("plot", run, "--out", tmp_path / "out", "--format", "svg", "--json")
    assert done.returncode == 0, done.stderr
    told = {one["figure"]: one for one in json.loads(done.stdout)}
    assert {name for name, one in told.items() if one["files"]} == {"funnel", "yield", "systems"}
    assert "--kg" in told["lengths"]["left_out"]
    assert {f.name for f in (tmp_path / "out").iterdir()} == {f for one in told.values() for f in one["files"]}
    with (tmp_path / "out" / "funnel.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [(r["reason"], r["items"], r["entered"]) for r in rows] == [
        ("margin_too_small", "6", "10"), ("record", "4", "10"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (["--format", "pdf"], "no list of formats"),
        (["--format", ""], "no list of formats"),
        (["--kg", "KG"], "cites graph"),
    ],
)
def test_what_is_refused(extra: list[str], said: str, tmp_path: Path, hpo_dir: Path) -> None:
    run = run_folder(tmp_path / "run", [record(1)], [])
    given = [str(hpo_dir) if x == "KG" else x for x in extra]
    done = medreason("plot", run, "--out", tmp_path / "out", *given)
    assert done.returncode != 0 and "Traceback" not in done.stderr
    assert said in done.stderr
    assert not (tmp_path / "out").exists()
