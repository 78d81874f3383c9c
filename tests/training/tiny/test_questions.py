"""Questions of the miniature: fair by construction, true of the graph, apart from what is trained on."""

from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from medreason.errors import CheckError, InputError
from medreason.quality.synthetic.check import check
from medreason.training.tiny import data
from medreason.training.tiny.arms import SIZES
from medreason.training.tiny.data import Split, examined, load, record_of, save, strangers, training
from medreason.training.tiny.draw import LOW, SIZE, Question, _cases, questions
from medreason.training.tiny.table import ON, Table, held_out, word
from medreason.training.tiny.text import Item, item_of, letter_of, target_of


@pytest.fixture(scope="module")
def drawn(table: Table) -> list[Question]:
    fair = np.array([not r.held_out for r in table.rows])
    return list(islice(questions(table, fair, "test"), 60))


def test_the_cells_are_what_the_graph_says(table: Table) -> None:
    graph = table.world.graph
    for row in range(0, len(table.rows), 400):
        profile = set(graph.profile[table.rows[row].node].tolist())
        for column, finding in enumerate(table.findings):
            if table.cells[row, column] == ON:
                assert finding in profile
            assert (table.cells[row, column] == 0) == (finding not in profile)


def test_every_option_could_be_the_answer_and_one_alone_fits(drawn: list[Question], table: Table) -> None:
    for q in drawn:
        sheets = [frozenset(s) for s in q.sheets]
        assert all(_cases(sheets, i) for i in range(5))
        assert {len(s) for s in sheets} == {LOW}
        fits = [i for i, s in enumerate(sheets) if s >= set(q.case)]
        assert fits == [q.answer]
        assert all(1 <= len(s & set(q.case)) <= SIZE - 2 for i, s in enumerate(sheets) if i != q.answer)
        for option, sheet in zip(q.options, sheets, strict=True):
            assert {c for c in q.case if table.cells[option, c] == ON} == sheet & set(q.case)


def test_a_case_that_fits_two_is_none() -> None:
    sheets = [frozenset({1, 2, 3, 4, 5}), frozenset({1, 2, 3, 8, 9}), *[frozenset({1, 10, 11, 12, 13})] * 3]
    assert all(len({1, 2, 3}.intersection(case)) <= 2 and 1 in case for case in _cases(sheets, 0))
    assert _cases([sheets[0], sheets[0], *sheets[2:]], 0) == []


def test_the_same_seed_gives_the_same_questions(drawn: list[Question], table: Table) -> None:
    fair = np.array([not r.held_out for r in table.rows])
    assert list(islice(questions(table, fair, "test"), 5)) == drawn[:5]
    assert list(islice(questions(table, fair, "other"), 5)) != drawn[:5]


def test_where_nothing_can_be_drawn_the_questions_end(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medreason.training.tiny.draw.DRY", 3)
    fair = np.zeros(len(table.rows), dtype=bool)
    fair[:3] = True
    assert list(questions(table, fair, 1)) == []


def test_written_in_full_the_checker_of_synthetic_questions_accepts_them(drawn: list[Question], table: Table) -> None:
    whole = [record_of(table, q) for q in drawn[:20]]
    problems = [p for r in whole if r is not None for p in check(r, table.world.graph)]
    assert {p.rule for p in problems} <= {"name"}
    assert len(problems) <= 2


def test_a_wrong_answer_written_in_full_is_found(
    drawn: list[Question], table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = record_of(table, drawn[0])
    assert whole is not None
    other = "ABCDE"[(drawn[0].answer + 1) % 5]
    monkeypatch.setattr(data, "record_of", lambda *_: replace(whole, answer_key=other, chosen_key=other))
    with pytest.raises(CheckError, match="does not hold"):
        data._check(table, drawn[:1])


def test_series_stay_on_one_side() -> None:
    assert held_out("Noonan syndrome 1") == held_out("Noonan syndrome 7")
    names = [f"disease of {a}room{b}" for a in "abcdefghij" for b in "klmnopqrstuvwxyz"]
    assert 0.1 < sum(map(held_out, names)) / len(names) < 0.3


def test_words_hold_no_blank() -> None:
    assert word("Abnormality of the liver, (mild)") == "abnormality_of_the_liver_mild"


def test_targets_of_the_arms(drawn: list[Question], table: Table) -> None:
    item = item_of(table, drawn[0], "open")
    assert target_of(item, "answer") == f"answer {item.letter}"
    assert target_of(item, "chain").splitlines() == [*item.steps, f"answer {item.letter}"]
    assert target_of(item, "answer_first").splitlines() == [f"answer {item.letter}", *item.steps]
    assert target_of(item, "shuffled", ["x 1"]).splitlines() == ["x 1", f"answer {item.letter}"]
    closed = item_of(table, drawn[0], "closed")
    name = word(table.rows[drawn[0].options[0]].name)
    assert closed.prompt.splitlines()[1] == f"A {name}"
    assert name not in item.prompt


@pytest.mark.parametrize(
    ("text", "letter"),
    [("answer B", "B"), ("A x yes 1 answer C", "C"), ("answer", ""), ("answer yes", ""), ("B", ""), ("", ""),
     ("answer A answer B", "")],
)  # fmt: skip
def test_a_letter_is_read_or_it_is_not(text: str, letter: str) -> None:
    assert letter_of(text) == letter


def test_other_chains_are_all_used_and_never_at_home() -> None:
    items = [Item(f"p{i}", (f"s{i}",), "A", "") for i in range(9)]
    found = strangers(items, 3)
    assert Counter(map(tuple, found)) == Counter(i.steps for i in items)
    assert all(f != i.steps for f, i in zip(found, items, strict=True))


def test_fewer_questions_are_a_part_of_more() -> None:
    split = Split([Item(f"p{i}", (), "A", "") for i in range(20)], [], [])
    assert training(split, 1, 20)[:5] == training(split, 1, 5)
    assert training(split, 2, 5) != training(split, 1, 5)


def test_a_chain_that_its_sheet_denies_stops_everything(drawn: list[Question], table: Table) -> None:
    item = item_of(table, drawn[0], "open")
    examined([item], "open")
    wrong = (
        item.steps[0].replace(" yes", " no", 1) if " yes" in item.steps[0] else item.steps[0].replace("no", "yes", 1)
    )
    with pytest.raises(CheckError, match="sheets"):
        examined([item._replace(steps=(wrong, *item.steps[1:]))], "open")


def test_what_is_tested_is_not_trained_on(drawn: list[Question]) -> None:
    data._apart((drawn[:1], [], []), "open")
    with pytest.raises(CheckError, match="in training"):
        data._apart((drawn[:2], [], drawn[1:3]), "open")
    with pytest.raises(CheckError, match="in training"):
        data._apart((drawn[:2], [], drawn[1:3]), "closed")
    other = drawn[1]._replace(case=drawn[1].case[:3])
    data._apart((drawn[:2], [], [other]), "closed")


def test_a_whole_open_split(table: Table, hpo_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "Table", lambda *_: table)
    split, facts = data.made(hpo_dir, SIZES["quick"], 1, "open")
    assert (len(split.train), len(split.dev), len(split.test)) == (200, 8, 24)
    assert len({i.disease for i in split.test}) == 24
    assert not {i.disease for i in split.test} & {i.disease for i in [*split.train, *split.dev]}
    assert facts["checked_in_full"] >= 24
    save(split, facts, tmp_path / "open.json")
    assert load(tmp_path / "open.json") == (split, facts)
    (tmp_path / "open.json").write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path / "open.json")
