"""Order in free prose, and counts that stand beside a name, on made-up sentences."""

import pytest

from medreason.quality.order import CONCLUDES, Told, of_prose, of_statements, told_alone
from medreason.records import SheetLine, Step

A, B = frozenset({1}), frozenset({2})
LINES = {
    line.id: line
    for line in (
        SheetLine("E1", "", "A", "supports", (), ("x",)), SheetLine("E2", "", "A", "supports", (), ("x",)),
        SheetLine("E3", "", "B", "supports", (), ("x",)), SheetLine("E4", "", "B", "supports", (), ("x",)),
        SheetLine("F1", ""),
    )
}  # fmt: skip


def chain(*cites: str) -> list[Step]:
    return [Step(n, f"Words {n}.", (), tuple(c.split())) for n, c in enumerate(cites, 1)]


def wrong(steps: list[Step], concludes: int = 0) -> list[int]:
    place = concludes or len(steps)
    return [p.step for p in of_prose("r", steps, LINES, "A", [s.n == place for s in steps])]


def test_a_comparison_comes_after_what_it_compares() -> None:
    assert wrong(chain("F1", "E1 E2", "E3 E4", "E1 E2 E3 E4", "E1")) == []
    assert wrong(chain("F1", "E1 E2 E3 E4", "E1 E2", "E3 E4", "E1")) == [2, 2]
    assert wrong(chain("F1", "E1 E2", "E1 E2 E3 E4", "E3 E4", "E1")) == [3]


def test_a_line_named_in_passing_makes_no_comparison() -> None:
    assert wrong(chain("F1", "E3 E4 E1", "E1 E2", "E1 E2 E3 E4", "E1")) == []


def test_the_conclusion_comes_last() -> None:
    steps = chain("F1", "E1 E2", "E3 E4", "E1 E2 E3 E4")
    assert wrong(steps, concludes=4) == []
    assert wrong(steps, concludes=2) == [2]


@pytest.mark.parametrize(("text", "found"), [
    ("As step 1 shows, this weighs.", False), ("This follows from step 2.", True), ("See steps 1 and 3.", True),
    ("See step 0.", True), ("A stepwise decline.", False),
])  # fmt: skip
def test_a_step_speaks_of_earlier_steps_alone(text: str, found: bool) -> None:
    steps = [Step(1, "One.", ()), Step(2, text, ()), Step(3, "Three.", ())]
    assert (2 in [p.step for p in of_prose("r", steps, {}, "A", [False, False, True])]) is found


@pytest.mark.parametrize(("text", "found"), [
    ("X is therefore the best supported option.", True), ("X accounts best for these findings.", True),
    ("The evidence singles out X.", True), ("X should be considered first.", True),
    ("X is the best-counted rival.", False), ("X was seen in 3 of 4 patients.", False),
])  # fmt: skip
def test_words_that_conclude(text: str, found: bool) -> None:
    assert bool(CONCLUDES.search(text)) is found


def test_order_of_statements() -> None:
    told = [Told(1, "selectivity", frozenset()), Told(2, "support", A), Told(3, "support", B)]
    told += [Told(4, "contrast", A | B), Told(5, "conclusion", A)]
    assert list(of_statements("r", told, 5)) == [] and told_alone(told) == A | B
    late = [told[0], told[1], told[3]._replace(step=3), told[2]._replace(step=4), told[4]]
    assert [(p.step, p.rule) for p in of_statements("r", late, 5)] == [(3, "order")]
    early = [told[0], told[4]._replace(step=2), told[1]._replace(step=3)]
    assert [(p.step, p.rule) for p in of_statements("r", early, 3)] == [(2, "order")]


def test_a_statement_in_a_comparison_does_not_tell_an_option_by_itself() -> None:
    assert told_alone([Told(1, "contrast", A | B), Told(1, "against", B), Told(2, "support", A)]) == A
