"""Leaks that are planted are found, of each kind; chains that reached their answer by themselves have none."""

from dataclasses import replace
from functools import cache

import pytest

from medreason.kg.store import Graph
from medreason.quality.leaks import LeakFinder, find_leaks
from medreason.quality.leaks.names import AnswerNames, initials
from medreason.records import Option, Step, from_dict
from tests.quality.chains import Case, cases

OPTIONS = (
    Option("A", "Niemann-Pick disease, type A", "OMIM:257200"),
    Option("B", "Galactosemia", "OMIM:230400"),
    Option("C", "Weill-Marchesani syndrome 1", "OMIM:277600"),
)
ASKED = "A newborn has jaundice and an enlarged liver. Vitamin B was given. Which of these disorders fits best?"
FAIR = (
    "Hepatomegaly is recorded for Niemann-Pick disease, type A and for Galactosemia; jaundice for Galactosemia alone.",
    "Nothing of this is recorded for Weill-Marchesani syndrome 1.",
    "Galactosemia is best supported by the recorded evidence.",
)
# Sentence that is put into a chain for Galactosemia (B), and the rule that it breaks.
PLANTED = [
    ("The correct answer is Galactosemia.", "given"),
    ("As the given answer says, the liver is involved.", "given"),
    ("We are told that this is Galactosemia.", "given"),
    ("The answer key names this disorder.", "given"),
    ("The answer is stated in the prompt.", "given"),
    ("Since Galactosemia is the answer provided, jaundice must come from it.", "justified"),
    ("Because the diagnosis is Galactosemia, jaundice fits.", "justified"),
    ("Given that Galactosemia is correct, the others fall away.", "justified"),
    ("So B must be right.", "letter"),
    ("Option B is the correct choice.", "letter"),
    ("We choose B.", "letter"),
    ("The path from jaundice ends at OMIM:230400.", "identifier"),
    ("See entry #230400.", "identifier"),
]


def steps(*texts: str) -> tuple[Step, ...]:
    return tuple(Step(n, text, ()) for n, text in enumerate(texts, 1))


def rules(graph: Graph | None, chain: tuple[Step, ...], key: str = "B") -> set[str]:
    return {p.message.split(":")[0] for p in find_leaks(graph, ASKED, OPTIONS, key, chain)}


def test_a_chain_that_weighs_its_options_has_no_leak(hpo: Graph) -> None:
    assert rules(hpo, steps(*FAIR)) == set()


@pytest.mark.parametrize(("sentence", "rule"), PLANTED)
@pytest.mark.parametrize("at", [0, 1])
def test_a_planted_leak_is_found_and_named(hpo: Graph, sentence: str, rule: str, at: int) -> None:
    chain = list(FAIR)
    chain[at] += " " + sentence
    found = find_leaks(hpo, ASKED, OPTIONS, "B", steps(*chain))
    assert rule in {p.message.split(":")[0] for p in found}
    assert {p.step for p in found} == {at + 1} and {p.rule for p in found} == {"leak"}


def test_an_abbreviation_is_a_leak_unless_the_writer_had_it(hpo: Graph) -> None:
    chain = steps("NPD explains the enlarged liver better than Galactosemia.", *FAIR)
    assert rules(hpo, chain, "A") == {"abbreviation"}
    assert LeakFinder(hpo, "", ASKED, OPTIONS, "A", ["NPD: hepatomegaly"]).find(chain) == []
    assert rules(hpo, chain, "C") == set()


def test_naming_the_answer_alone_before_the_conclusion_is_a_leak(hpo: Graph) -> None:
    assert rules(hpo, steps("Jaundice is recorded for Galactosemia.", "Galactosemia fits best.")) == {"one-sided"}
    assert rules(hpo, steps("Jaundice narrows the field.", "Galactosemia fits best.")) == set()


def test_letters_of_vitamins_and_other_options_are_no_leak(hpo: Graph) -> None:
    fair = steps("Vitamin B is right for a deficiency; hepatitis B is not recorded.", *FAIR)
    assert rules(hpo, fair) == set()
    assert rules(hpo, steps("So C must be right.", *FAIR)) == set()


def test_without_a_graph_the_text_alone_counts() -> None:
    assert rules(None, steps("The correct answer is Galactosemia.", *FAIR)) == {"given"}
    with pytest.raises(KeyError):
        AnswerNames(None, ASKED, OPTIONS, "Z")


@cache
def _authored(graph: Graph) -> list[Case]:
    return list(cases(graph))


def test_authored_chains_have_none_and_each_plant_in_each_is_found(hpo: Graph) -> None:
    missed, planted = [], 0
    for case in _authored(hpo):
        options = [from_dict(Option, o) for o in case.row["options"]]
        concept = {o.key: o.concept for o in options}
        finder = LeakFinder(hpo, case.id, case.question, options, case.chosen, [x.text for x in case.sheet])
        assert finder.find(case.steps) == [], case.id
        name = case.options[case.chosen]
        five = [
            f"The correct answer is {name}.",
            f"As the given answer says, {name} fits.",
            f"Since {name} is the answer provided, this must come from it.",
            f"So {case.chosen} must be right.",
            f"The path ends at {concept[case.chosen]}.",
        ]
        short = initials(name.split(",")[0])
        taken = {initials(o.text.split(",")[0]) for o in options if o.key != case.chosen}
        if len(short) >= 3 and short not in taken:
            five.append(f"This is the pattern of {short}.")
        for sentence in five:
            planted += 1
            chain = [replace(case.steps[0], text=f"{case.steps[0].text} {sentence}"), *case.steps[1:]]
            if not finder.find(chain):
                missed.append((case.id, sentence))
    assert planted > 100 and missed == []
