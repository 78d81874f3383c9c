import pytest

from medreason.questions.sentences import sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" One sentence ", ["One sentence"]),
        ("One. Two? Three! Four", ["One.", "Two?", "Three!", "Four"]),
        ("A rate of 4.5 per year (vs. 2). Then none.", ["A rate of 4.5 per year (vs. 2).", "Then none."]),
        ("Growth of E. coli (Fig. 2) by Dr. Smith et al. We saw it.", None),
        ("First line\nsecond line.", ["First line", "second line."]),
        ('He said "no." Then he left.', ['He said "no."', "Then he left."]),
        ("P values were P<.01. 12 people left.", ["P values were P<.01.", "12 people left."]),
    ],
)
def test_sentences(text: str, expected: list[str] | None) -> None:
    found = sentences(text)
    assert expected is None or found == expected
    assert " ".join(found).split() == text.split()
    if expected is None:
        assert len(found) == 1


def test_it_is_linear() -> None:
    assert len(sentences("Word word word. " * 20_000)) == 20_000
