"""How counts and findings are put into words."""

import pytest

from medreason.synth.frames import OPENERS
from medreason.synth.words import be, often, plural, sentence
from medreason.synth.world import Fact


class First:
    """A generator that always gives the first thing, or the one at a share of the way."""

    def __init__(self, value: float = 0.0) -> None:
        self.value = value

    def random(self) -> float:
        return self.value


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (Fact(0, True, 3, 12, float("nan"), ""), "3 of 12 patients"),
        (Fact(0, True, 0, 0, 12.5, ""), "12.5 % of patients"),
        (Fact(0, True, 0, 0, float("nan"), "HP:0040281"), "very frequent"),
        (Fact(0, True, 0, 0, float("nan"), ""), ""),
    ],
)
def test_a_frequency_keeps_its_form(fact: Fact, words: str) -> None:
    assert often(fact) == words


@pytest.mark.parametrize(
    ("name", "many"),
    [
        ("Seizure", False),
        ("Low-set ears", True),
        ("Scoliosis", False),
        ("Nystagmus", False),
        ("Cysts of the kidney", True),
    ],
)
def test_the_verb_agrees(name: str, many: bool) -> None:
    assert plural(name) is many
    assert be([name])["be"] == ("are" if many else "is")
    assert be([name, name])["be"] == "are"


def test_no_sentence_speaks_of_the_graph_twice() -> None:
    for i in range(len(OPENERS)):
        text = sentence(First(i / len(OPENERS)), "the graph records {L} for {D}", L="x", D="y")  # type: ignore[arg-type]
        assert text.lower().count("graph") == 1
        assert text.endswith("y.")
        assert text[0].isupper()
