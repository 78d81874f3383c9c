"""The checker of written chains: what is true counts, what is not does not."""

import pytest

from medreason.training.tiny.truth import judged, read_sheets

CASE = ["fever", "rash"]
RECORD = {"A": frozenset({"fever"}), "B": frozenset({"fever", "rash", "cough"})}
WHOLE = "A fever yes rash no 1 B fever yes rash yes 2 answer B"


def of(written: str, head: int = 1) -> tuple[int, int, bool]:
    found = judged(written, CASE, RECORD, head)
    assert found.of == 4
    return found.true, found.verdicts, found.follows


def test_a_true_chain() -> None:
    assert of(WHOLE) == (2, 4, True)
    assert of("answer B A fever yes rash no 1 B fever yes rash yes 2") == (2, 4, True)
    assert of("A x fever yes rash no 1 B y fever yes rash yes 2 answer B", 2) == (2, 4, True)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("A fever no rash no 1 B fever yes rash yes 2 answer B", (1, 3, True)),
        ("A fever yes rash no 2 B fever yes rash yes 2 answer B", (1, 4, False)),
        ("A fever yes fever yes 1 B fever yes rash yes 2 answer B", (1, 3, True)),
        ("A fever yes rash no B fever yes rash yes 2 answer B", (1, 3, True)),
        ("A cough no rash no 1 B fever yes rash yes 2 answer B", (1, 3, True)),
        ("A fever yes rash no 1 answer A", (1, 2, True)),
        ("A fever yes rash no 1 B fever yes rash yes 2 answer A", (2, 4, False)),
        ("A fever yes rash no 1 A fever yes rash no 1 answer A", (1, 2, True)),
        ("answer B", (0, 0, False)),
        ("", (0, 0, False)),
    ],
)
def test_what_is_not_true(written: str, found: tuple[int, int, bool]) -> None:
    assert of(written) == found


def test_sheets_of_a_prompt() -> None:
    case, sheets = read_sheets("case: fever rash\nA fever\nB fever rash cough\nsteps:")
    assert (case, sheets) == (CASE, RECORD)
