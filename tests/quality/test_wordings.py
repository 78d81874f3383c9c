"""Statements that are known word by word: every frame of the teacher, and what breaks each of them."""

from itertools import permutations
from pathlib import Path

import pytest

from medreason.kg.naming import in_sentence, sentence_case
from medreason.kg.source import HAS_PHENOTYPE, IS_A, edge_id
from medreason.kg.store import Graph
from medreason.quality import wordings
from medreason.quality.facts import Facts
from medreason.quality.language import Names, sentences
from medreason.quality.recompute import recompute
from medreason.quality.verify import verify_record
from medreason.quality.wordings import known, says_against
from medreason.records import Finding, Option, Patient, Record, Step
from medreason.teachers import phrases
from tests.quality.stub import stub
from tests.teachers import kin
from tests.teachers.kin import DRY, HAND, NAMES, RASH, RED, SORE, THUMB

FRAMES = {
    "related": phrases.RELATED,
    "age": phrases.TOO_YOUNG,
    "sex": phrases.FEMALE,
    "picture": phrases.PICTURE,
}
ALL = [(kind, frame) for kind, frames in FRAMES.items() for frame in frames]
RELATED, AGE, SEX, PICTURE = (list(FRAMES[kind]) for kind in ("related", "age", "sex", "picture"))


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return kin.kin_graph(Path(tmp_path_factory.mktemp("kin")) / "kg")


# -- the list ------------------------------------------------------------------------------------------


def test_the_wordings_are_those_of_the_teacher_and_none_else() -> None:
    told = {kind: len(all_told) for kind, all_told in wordings._TOLD.items()}
    assert told == {kind: len(frames) for kind, frames in FRAMES.items()}
    assert len(wordings._KNOWN) == sum(told.values())


@pytest.mark.parametrize(("kind", "frame"), ALL)
def test_each_frame_is_known_with_its_slots(kind: str, frame: str) -> None:
    slots = {s: f"Thing {s}" for s in "ABDfato"}
    names = Names((i, name) for i, name in enumerate(slots.values()))
    [sentence] = sentences(frame.format(x="1.5", y="12.0", **slots), names)
    wording = known(sentence)
    assert wording is not None
    assert wording.kind == kind
    expected = {**slots, "x": "1.5", "y": "12.0"}
    assert {s: token.text for s, token in wording.slots.items()} == {
        s: expected[s] for s in expected if f"{{{s}}}" in frame
    }


@pytest.mark.parametrize(("kind", "frame"), ALL)
def test_no_word_of_a_frame_can_be_changed(kind: str, frame: str) -> None:
    slots = {s: f"Thing {s}" for s in "ABDfato"}
    names = Names((i, name) for i, name in enumerate(slots.values()))
    [sentence] = sentences(frame.format(x="1.5", y="12.0", **slots), names)
    for place, token in enumerate(sentence):
        assert known(sentence[:place] + sentence[place + 1 :]) is None
        assert known([*sentence[:place], token, *sentence[place:]]) is None
        if token.kind == "word" and token.text != "not":
            assert known([*sentence[:place], token._replace(text="not"), *sentence[place + 1 :]]) is None


# -- what they say -------------------------------------------------------------------------------------

# K:1 is recorded with erythema alone, from adulthood, X-linked recessive; the case has dry skin.
PATIENT = Patient(sex="female", age="P3Y")
BESIDE = (
    edge_id("K:1", HAS_PHENOTYPE, RED, "present", "test"),
    edge_id(DRY, IS_A, RASH, "present", "test"),
    edge_id(RED, IS_A, RASH, "present", "test"),
)
OTHER = edge_id("K:2", HAS_PHENOTYPE, kin.SCALY, "present", "test")


def record(graph: Graph, patient: Patient = PATIENT, gone: tuple[str, ...] = (), **changes: object) -> Record:
    options = tuple(Option(k, kin.name(n), f"K:{n}") for k, n in zip("ABCDE", (1, 2, 3, 6, 8), strict=True))
    findings = [Finding(f, "", "observed") for f in (DRY, THUMB)] + [Finding(x, "", "excluded") for x in gone]
    return stub(options=options, findings=tuple(findings), patient=patient, graph=graph.ref, **changes)


def broken(graph: Graph, text: str, *edges: str, patient: Patient = PATIENT, gone: tuple[str, ...] = ()) -> set[str]:
    """Rules that a chain of this one step breaks (findings: dry skin, thumb anomaly)."""
    made = record(graph, patient, gone, steps=(Step(1, text, edges),))
    return {p.rule for p in verify_record(made, graph) if p.step}


def fill(frame: str, **slots: str) -> str:
    return sentence_case(frame.format(**slots))


def related(frame: str, f: str = DRY, a: str = RASH, t: str = RED, disease: int = 1) -> str:
    terms = {slot: in_sentence(NAMES[term]) for slot, term in zip("fat", (f, a, t), strict=True)}
    return fill(frame, D=kin.name(disease), **terms)


@pytest.mark.parametrize("frame", RELATED)
def test_a_related_term_is_told_as_it_is(graph: Graph, frame: str) -> None:
    assert broken(graph, related(frame), *BESIDE) == set()
    for order in set(permutations((DRY, RASH, RED))) - {(DRY, RASH, RED)}:
        assert broken(graph, related(frame, *order), *BESIDE), order
    wrong = [
        related(frame, f=THUMB), related(frame, a=HAND), related(frame, t=kin.SCALY),
        related(frame, disease=2), related(frame, disease=6), related(frame, a=RED), related(frame, a=kin.SKIN),
    ]  # fmt: skip
    for text in wrong:
        assert broken(graph, text, *BESIDE), text
    # Each walk and the annotation are cited, and nothing else is.
    for edge in BESIDE:
        assert broken(graph, related(frame), *(e for e in BESIDE if e != edge))
    assert broken(graph, related(frame), *BESIDE, OTHER) == {"citation"}
    # Where erythema is excluded in the patient, it says nothing.
    assert broken(graph, related(frame), *BESIDE, gone=(RED,))


@pytest.mark.parametrize("frame", RELATED)
def test_what_lies_above_is_no_related_term(graph: Graph, frame: str) -> None:
    # Sore erythema, a kind of erythema, is recorded as the broader term.
    walk = (BESIDE[0], edge_id(SORE, IS_A, RED, "present", "test"))
    options = (Option("A", kin.name(1), "K:1"),)
    findings = (Finding(SORE, "", "observed"),)
    text = related(frame, f=SORE, a=RED, t=RED)
    made = stub(options=options, findings=findings, steps=(Step(1, text, walk),), graph=graph.ref)
    assert {p.rule for p in verify_record(made, graph) if p.step}


CITED = "Less directly, Kindred disorder 1 lists erythema, and this shares skin rash with dry skin. "


@pytest.mark.parametrize("frame", AGE)
def test_an_age_below_the_onset(graph: Graph, frame: str) -> None:
    text = CITED + fill(frame, D=kin.name(1), o="adult onset")
    assert broken(graph, text, *BESIDE) == set()
    for patient in (Patient(sex="female"), Patient(age="P16Y"), Patient(age="P20Y")):
        assert broken(graph, text, *BESIDE, patient=patient)
    assert broken(graph, text, *BESIDE, patient=Patient(fetal=True)) == set()
    for disease, onset in ((3, "childhood onset"), (2, "congenital onset"), (8, "adult onset")):
        assert broken(graph, CITED + fill(frame, D=kin.name(disease), o=onset), *BESIDE)
    for concept in ("childhood onset", "X-linked recessive inheritance", "dry skin", "skin rash"):
        assert broken(graph, CITED + fill(frame, D=kin.name(1), o=concept), *BESIDE)
    assert broken(graph, CITED + fill(frame, D="dry skin", o="adult onset"), *BESIDE)


@pytest.mark.parametrize("frame", SEX)
def test_a_female_patient(graph: Graph, frame: str) -> None:
    mode = "X-linked recessive inheritance"
    text = CITED + fill(frame, D=kin.name(1), o=mode)
    assert broken(graph, text, *BESIDE) == set()
    assert broken(graph, CITED + fill(frame, D=kin.name(8), o=mode), *BESIDE) == set()  # sporadic says nothing of it
    for sex in ("male", ""):
        assert broken(graph, text, *BESIDE, patient=Patient(sex=sex))  # type: ignore[arg-type]
    for disease in (2, 6):  # none; autosomal recessive too
        assert broken(graph, CITED + fill(frame, D=kin.name(disease), o=mode), *BESIDE)
    assert broken(graph, CITED + fill(frame, D=kin.name(1), o="adult onset"), *BESIDE)


@pytest.mark.parametrize("frame", PICTURE)
def test_the_picture(graph: Graph, frame: str) -> None:
    # K:1: erythema, through rash 4.0; K:3: skin 3.0 through dry skin and limbs 3.0 through the thumb.
    def told(x: str = "4.0", y: str = "3.0", a: int = 1, b: int = 3) -> set[str]:
        return broken(graph, CITED + fill(frame, A=kin.name(a), B=kin.name(b), x=x, y=y), *BESIDE)

    assert told() == set()
    assert told(a=3, b=1, x="3.0", y="4.0") == set()
    wrong = [("3.0", "4.0"), ("4.1", "3.0"), ("3.9", "3.0"), ("4.0", "3.1"), ("4.0", "2.9"), ("24.0", "18.0")]
    assert all(told(x, y) == {"number"} for x, y in wrong)
    # One decimal is told, and it is a number.
    assert all(told(x=x) for x in ("4", "4.00", "4.04", "04.0", "4.0 %", "-4.0", "1e1", "9" * 400, "four"))
    assert told(a=1, b=1, x="4.0", y="4.0") == {"claim"}
    assert told(a=13, y="3.0")
    assert told(b=13, y="0.0")


def test_says_against_reads_disease_and_concept(graph: Graph) -> None:
    one, adult = graph.require("K:1"), graph.require(kin.ADULT)
    names = Names([(one, kin.name(1)), (adult, "Adult onset"), (graph.require("K:2"), kin.name(2))])
    [sentence] = sentences(fill(AGE[0], D=kin.name(1), o="adult onset"), names)
    assert says_against(sentence, "age", one, adult)
    assert not says_against(sentence, "sex", one, adult)
    assert not says_against(sentence, "age", graph.require("K:2"), adult)
    assert not says_against(sentence, "age", one, one)
    assert not says_against(sentence[:-1], "age", one, adult)


def test_what_weighs_against_the_chosen_option_is_said_of_it(graph: Graph) -> None:
    def missing(text: str) -> list[str]:
        made = record(graph, steps=(Step(1, text, BESIDE),))
        return [p.message for p in verify_record(made, graph) if p.rule == "complete" and "weighs against" in p.message]

    assert recompute(Facts(graph), record(graph)).against["A"].keys() == {"age", "sex"}
    age, sex = (fill(f[0], D=kin.name(1), o=o) for f, o in ((AGE, "adult onset"), (SEX, kin.COURSES[kin.XLR])))
    assert missing(f"{CITED}{age} {sex}") == []
    assert len(missing(CITED)) == 2
    (left,) = missing(f"{CITED}{age}")
    assert left.startswith("X-linked recessive inheritance")
    # To say it of another option is not to say it.
    other = fill(SEX[0], D=kin.name(8), o=kin.COURSES[kin.XLR])
    assert len(missing(f"{CITED}{age} {other}")) == 1
