"""What is hidden is gone in every form, and nothing else is."""

import pytest

from medreason.kg.store import Graph
from medreason.quality.leaks.names import AnswerNames, initials
from medreason.quality.leaks.redact import SIGN, Redactor
from medreason.records import Option, Step

OPTIONS = (
    Option("A", "Fructose intolerance, hereditary", "OMIM:229600"),
    Option("B", "Achondroplasia", "OMIM:100800"),
    Option("C", "Peroxisome biogenesis disorder 1A (Zellweger)", "OMIM:214100"),
    Option("D", "Ehlers-Danlos syndrome, vascular type", "OMIM:130050"),
    Option("E", "Osteopetrosis, autosomal recessive 1", "OMIM:259700"),
    Option("F", "Gaucher disease, type I", "OMIM:230800"),
)
ASKED = "An infant has short limbs and vomits. Which of these disorders fits best?"


@pytest.fixture
def hide(hpo: Graph) -> Redactor:
    return Redactor(hpo, ASKED, OPTIONS, "B")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Short limbs are recorded for Achondroplasia.", f"Short limbs are recorded for {SIGN}."),
        ("The achondroplastic build is known.", f"The {SIGN} build is known."),
        ("Vomiting fits hereditary fructose intolerance.", f"Vomiting fits {SIGN}."),
        ("Fructose intolerance, hereditary has vomiting.", f"{SIGN} has vomiting."),
        ("Zellweger syndrome has it too.", f"{SIGN} has it too."),
        ("Peroxisome biogenesis disorder 1A (Zellweger) has it.", f"{SIGN} has it."),
        ("Only (B) is left, that is option B.", f"Only {SIGN} is left, that is {SIGN}."),
        ("It ends at OMIM:100800 (100800).", f"It ends at {SIGN} ({SIGN})."),
        ("Vascular Ehlers-Danlos syndrome lacks it.", f"{SIGN} lacks it."),
        ("Short limbs favour osteopetrosis; Gaucher has none.", f"Short limbs favour {SIGN}; {SIGN} has none."),
        ("A short trunk, vitamin B and a broad skull stay.", "A short trunk, vitamin B and a broad skull stay."),
        ("The infant vomits; short limbs were seen.", "The infant vomits; short limbs were seen."),
    ],
)
def test_every_form_of_every_option_is_hidden(hide: Redactor, text: str, left: str) -> None:
    assert hide.text(text) == left


def test_hiding_the_answer_alone_leaves_the_others(hpo: Graph) -> None:
    hide = Redactor(hpo, ASKED, OPTIONS, "B", "answer")
    text = "Achondroplasia has short limbs, Fructose intolerance, hereditary has not."
    assert hide.text(text) == f"{SIGN} has short limbs, Fructose intolerance, hereditary has not."


def test_findings_of_the_case_stay(hpo: Graph) -> None:
    options = (Option("A", "Optic atrophy 12", "OMIM:618977"), *OPTIONS)
    told = "Optic atrophy is the rarest finding; Optic atrophy 12 has it."
    spoken = Redactor(hpo, "Optic atrophy was found.", options, "A", spoken=["Optic atrophy"])
    assert spoken.text(told) == f"Optic atrophy is the rarest finding; {SIGN} has it."


def test_the_conclusion_is_left_out(hide: Redactor) -> None:
    steps = [Step(1, "Short limbs tell most.", ()), Step(2, "Achondroplasia is best supported.", ())]
    assert hide.steps(steps) == "1. Short limbs tell most."
    assert hide.steps(steps[:1]) == ""
    for heading in ("Conclusion:", "**Conclusion:**", "### Final answer:", "Final Answer\n"):
        assert hide.prose(f"Short limbs tell most.\n\n{heading} Achondroplasia") == "Short limbs tell most."
    assert hide.prose("In conclusion nothing is cut here.") == "In conclusion nothing is cut here."


def test_what_is_hidden_is_found_no_more(hpo: Graph, hide: Redactor) -> None:
    for option in OPTIONS:
        names = AnswerNames(hpo, ASKED, OPTIONS, option.key)
        concept = hpo.concept(option.concept)
        forms = [option.text, concept.name, *(s.text for s in concept.synonyms), option.concept, f"option {option.key}"]
        for form in forms:
            text = hide.text(f"There is {form}, they say.")
            assert names.find(text) == [], (form, text)


def test_initials() -> None:
    assert initials("Weill-Marchesani syndrome 1") == "WMS"
    assert initials("Disorder of the liver type IIa") == "DL"
