"""Each kind of statement on the small graph: what must hold, and one word or edge that breaks it."""

from pathlib import Path

import pytest

from medreason.kg.source import HAS_PHENOTYPE, IS_A, edge_id
from medreason.kg.store import Graph
from medreason.quality.verify import verify_record
from medreason.records import Finding, Option, Step
from tests.quality.stub import stub
from tests.teachers.small import EYE, HEART, MURMUR, NIGHT, ROOT, SEVERE, small_graph

D = {n: f"Made-up disorder {n}" for n in range(1, 9)}
# In the sentences below, @2 stands for "Made-up disorder 2".


def has(disease: int, term: str, polarity: str = "present") -> str:
    return edge_id(f"D:{disease}", HAS_PHENOTYPE, term, polarity, "test")


def up(low: str, high: str) -> str:
    return edge_id(low, IS_A, high, "present", "test")


N1, M1, S2, NOT2 = has(1, NIGHT), has(1, MURMUR), has(2, SEVERE), has(2, MURMUR, "absent")
NIGHT_EYE, SEVERE_NIGHT, MURMUR_HEART = up(NIGHT, EYE), up(SEVERE, NIGHT), up(MURMUR, HEART)


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return small_graph(Path(tmp_path_factory.mktemp("small")) / "kg")


def rules(
    graph: Graph,
    text: str,
    *edges: str,
    seen: tuple[str, ...] = (NIGHT, MURMUR),
    gone: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
) -> set[str]:
    """The rules that a chain of one step breaks; options A to D are disorders 1, 2, 3 and 5, A is chosen."""
    options = tuple(Option(k, D[n], f"D:{n}") for k, n in zip("ABCDE", (1, 2, 3, 5, 8), strict=True))
    findings = (*(Finding(f, "", "observed") for f in seen), *(Finding(x, "", "excluded") for x in gone))
    steps = (Step(1, text.replace("@", "Made-up disorder "), edges),)
    record = stub(options=options, findings=findings, steps=steps, excluded_publications=without, graph=graph.ref)
    return {p.rule for p in verify_record(record, graph) if p.step}


HOLDS = [
    ("Nyctalopia belongs to abnormality of the eye.", (NIGHT_EYE,)),
    ("Nyctalopia fits @1, where it is recorded in 3 of 4 reported patients.", (N1,)),
    ("@2 carries nyctalopia (as severe nyctalopia) on record (frequency unstated).", (S2, SEVERE_NIGHT)),
    ("Nyctalopia is recorded in @8 at a rate of 40 %.", (has(8, NIGHT),)),
    ("To this @1 adds nyctalopia and heart murmur.", (N1, M1)),
    ("@3 reaches nyctalopia only by way of the broader abnormality of the eye graded very frequent.",
     (has(3, EYE), NIGHT_EYE)),
    ("Less directly, @5 lists abnormality of the cardiovascular system, under which heart murmur falls.",
     (has(5, HEART), MURMUR_HEART)),
    ("Heart murmur was looked for in @2 and seen in 0 of 3 reported patients, which speaks against it.",
     (NOT2,)),
    ("@2 is annotated as lacking heart murmur, which speaks against it.", (NOT2,)),
    ("Nyctalopia separates the two: @1 has it on record, @5 does not.", (N1,)),
    ("Both @1 and @2 account for nyctalopia, but the sum is larger for @1.",
     (N1, S2, SEVERE_NIGHT)),
    ("On the recorded evidence, @1 is best supported, chiefly by heart murmur and nyctalopia.", (M1, N1)),
]  # fmt: skip

FAILS = [
    # grouping
    ("Nyctalopia does not belong to abnormality of the eye.", (NIGHT_EYE,), "polarity"),
    ("Nyctalopia belongs to abnormality of the cardiovascular system.", (NIGHT_EYE,), "claim"),
    ("Severe nyctalopia belongs to abnormality of the eye.", (SEVERE_NIGHT, NIGHT_EYE), "finding"),
    ("Nyctalopia is recorded.", (NIGHT_EYE,), "sentence"),
    # support
    ("Nyctalopia is recorded in @1 in 2 of 4 reported patients.", (N1,), "frequency"),
    ("Nyctalopia is recorded in @1 (frequency unstated).", (N1,), "frequency"),
    ("Nyctalopia is recorded in @2.", (S2, SEVERE_NIGHT), "claim"),
    ("Nyctalopia (as severe nyctalopia) is recorded in @2.", (S2,), "claim"),
    ("Nyctalopia is recorded in @1.", (N1, M1), "citation"),
    ("Nyctalopia is recorded in @1.", (), "citation"),
    ("Nyctalopia is recorded in @1.", ("E0000000000000000",), "citation"),
    ("Nyctalopia is not recorded in @1.", (N1,), "claim"),
    ("Nyctalopia is absent in @1.", (N1,), "polarity"),
    ("Nyctalopia speaks against @1: it is recorded there.", (N1,), "polarity"),
    ("Heart murmur is recorded in @2 in 0 of 3 patients.", (NOT2,), "claim"),
    ("Nyctalopia is recorded in @7.", (N1,), "vocabulary"),
    ("Nyctalopia proves @1.", (N1,), "vocabulary"),
    ("To this @1 adds nyctalopia and heart murmur in 9 of 10 patients.", (N1, M1), "frequency"),
    # broader
    ("@3 reaches abnormality of the eye only by way of the broader nyctalopia.",
     (has(3, EYE), NIGHT_EYE), "finding"),
    ("@3 lists abnormality of the eye, compatible and weaker than nyctalopia and heart murmur.",
     (has(3, EYE), NIGHT_EYE), "sentence"),
    ("Nyctalopia is not compatible with @1.", (N1,), "polarity"),
    # against
    ("Heart murmur was looked for in @2 and seen in 1 of 3 patients, which speaks against it.",
     (NOT2,), "polarity"),
    ("Heart murmur was looked for in @2 and seen in 0 of 3 patients, which speaks for it.", (NOT2,), "claim"),
    ("Against @2: heart murmur is not absent in it.", (NOT2,), "polarity"),
    ("Against @1: the source states that heart murmur is absent in it.", (M1,), "claim"),
    # contrast, shared
    ("Nyctalopia separates the two: @1 has it on record, @2 does not.", (N1,), "claim"),
    ("Nyctalopia separates the two: @1 does not have it on record, @5 does.",
     (N1,), "polarity"),
    ("Both @1 and @2 account for nyctalopia, but the sum is larger for @2.",
     (N1, S2, SEVERE_NIGHT), "claim"),
    # conclusion
    ("On the recorded evidence, @2 is best supported, chiefly by nyctalopia.", (S2, SEVERE_NIGHT), "claim"),
    ("On the recorded evidence, @1 is not best supported, chiefly by heart murmur.", (M1,), "polarity"),
    ("On the recorded evidence, @1 is best supported, chiefly by nyctalopia.", (N1,), "claim"),
    # form
    ("", (N1,), "sentence"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "edges"), HOLDS)
def test_what_holds(graph: Graph, text: str, edges: tuple[str, ...]) -> None:
    assert rules(graph, text, *edges) == set()


@pytest.mark.parametrize(("text", "edges", "rule"), FAILS)
def test_what_does_not_hold(graph: Graph, text: str, edges: tuple[str, ...], rule: str) -> None:
    assert rule in rules(graph, text, *edges)


CITED = "Nyctalopia is recorded in @1. "


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("The most selective finding is heart murmur, carried by 2 of 8 annotated diseases.", set()),
        ("The most selective finding is heart murmur, carried by 3 of 8 annotated diseases.", {"number"}),
        ("The most selective finding is heart murmur, carried by 2 of 9 annotated diseases.", {"number"}),
        ("The most selective finding is nyctalopia, carried by 3 of 8 annotated diseases.", {"claim"}),
        ("Nyctalopia or heart murmur is not recorded for @5.", set()),
        ("Nyctalopia is not recorded for @2.", {"claim"}),
        ("Severe nyctalopia is not recorded for @5.", {"vocabulary"}),
        ("@5 does not fit nyctalopia.", {"polarity"}),
        ("No finding of the case is on record for @2.", {"claim"}),
    ],
)
def test_statements_without_edges_of_their_own(graph: Graph, text: str, broken: set[str]) -> None:
    assert rules(graph, CITED + text, N1) == broken


def test_nothing_of_the_case_is_recorded(graph: Graph) -> None:
    text = "Severe nyctalopia (as nyctalopia) is recorded in @1. "
    assert rules(graph, text, N1, SEVERE_NIGHT, seen=(SEVERE,)) == {"claim"}
    held = "Severe nyctalopia is recorded in @2. @5 has no edge to any finding of the case."
    assert rules(graph, held, S2, seen=(SEVERE,)) == set()


def test_excluded_findings(graph: Graph) -> None:
    text = "The patient lacks heart murmur, recorded in @1 in 9 of 10 reported patients, which weighs against it."
    assert rules(graph, text, M1, seen=(NIGHT,), gone=(MURMUR,)) == set()
    assert rules(graph, text.replace("against", "for"), M1, seen=(NIGHT,), gone=(MURMUR,)) == {"polarity"}
    assert rules(graph, text, M1) & {"claim", "polarity"}
    lacking = "@1 is annotated as lacking heart murmur, which speaks against it."
    assert rules(graph, lacking, M1, seen=(NIGHT,), gone=(MURMUR,)) == {"polarity"}
    rare = "The patient lacks nyctalopia, recorded in @1, which weighs against it."
    assert rules(graph, rare, N1, seen=(MURMUR,), gone=(NIGHT,)) == {"claim"}
    assert rules(graph, CITED + "The patient lacks heart murmur.", N1, seen=(NIGHT,), gone=(MURMUR,)) == set()
    assert rules(graph, CITED + "The patient lacks heart murmur.", N1) == {"finding"}
    assert rules(graph, CITED + "The patient has heart murmur.", N1, seen=(NIGHT,), gone=(MURMUR,)) == {"sentence"}


def test_an_edge_of_another_relation_backs_nothing(graph: Graph) -> None:
    assert rules(graph, "Nyctalopia is recorded in @1.", N1, up(EYE, ROOT)) == {"citation"}


# True or false, none of these says what its words are taken to say.
TWISTED = [
    ("All patients with @1 have nyctalopia.", (N1,)),
    ("Only @1 has nyctalopia, alone among all options.", (N1,)),
    ("Nyctalopia is yet to be reported in @1.", (N1,)),
    ("Nyctalopia is yet reported in @1.", (N1,)),
    ("Nyctalopia is far from a feature of @1.", (N1,)),
    ("Nyctalopia is a feature far from @1.", (N1,)),
    ("Nyctalopia is known in @1, well under most.", (N1,)),
    ("The sum of the evidence is larger for @1, which is recorded with nyctalopia.", (N1,)),
    ("Nyctalopia separates the two: @1 has it on record, but @5 does not, with no other feature.", (N1,)),
    ("@1 is not alone with nyctalopia, and @5 has it as well, with other features.", (N1,)),
    ("@1 has nyctalopia on record, but @5 does not carry heart murmur.", (N1,)),
    ("@1 and @2 share nyctalopia, yet @2 has the larger sum, far above @1.", (N1, S2, SEVERE_NIGHT)),
    ("@1 and @2 share nyctalopia, but the total lies with @2 as well as @1.", (N1, S2, SEVERE_NIGHT)),
    ("@1 and @2 share nyctalopia, the sum is larger for @2, but the total lies with @1.", (N1, S2, SEVERE_NIGHT)),
    ("On the recorded evidence, @1 is best supported, chiefly by heart murmur, found in all patients.", (M1,)),
    ("All options stand above it, yet @1 is best supported, chiefly by heart murmur.", (M1,)),
    ("Heart murmur was looked for in @1.", (M1,)),
    ("@1 counts among the features of nyctalopia.", (N1,)),
    ("@1 is recorded in 3 of 4 patients with nyctalopia.", (N1,)),
    ("Against @2: heart murmur was looked for and is absent in this patient.", (NOT2,)),
    ("Against @2 stands that the patient lacks heart murmur.", (NOT2,)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "edges"), TWISTED)
def test_words_that_turn_a_sentence_round_are_refused(graph: Graph, text: str, edges: tuple[str, ...]) -> None:
    assert rules(graph, text, *edges) & {"vocabulary", "sentence", "polarity"}


@pytest.mark.parametrize(
    "text",
    [
        "Not only is nyctalopia a feature of @5, all patients have it.",
        "Nyctalopia is not recorded for @5, which has it.",
        "In @5 there is nyctalopia, not noted.",
        "@5 has nyctalopia, not on record.",
        "Nyctalopia is not noted in the graph, as @5 is recorded with it.",
        "No report of @5 names nyctalopia.",
        "Reports of @5 do not mention nyctalopia.",
        "The sources on @5 do not describe nyctalopia.",
        "Sources on @5 do not list nyctalopia.",
    ],
)
def test_a_negation_speaks_of_the_record_alone(graph: Graph, text: str) -> None:
    assert rules(graph, CITED + "The records used here do not list nyctalopia for @5.", N1) == set()
    assert rules(graph, CITED + text, N1) & {"vocabulary", "polarity"}


def test_reports_in_a_frequency_are_no_subject(graph: Graph) -> None:
    text = "Nyctalopia tells @1, recorded with it for 3 of 4 patients in the cited reports, from @5, which is not."
    assert rules(graph, text, N1) == set()


OWN = "What the own paper of this case reports is set aside throughout."


@pytest.mark.parametrize(
    "text",
    [
        OWN,
        "Throughout, what the own paper of this case reports is set aside.",
        "Set aside throughout: what the own paper of this case reports.",
    ],
)
def test_the_own_paper_is_set_aside_where_one_is(graph: Graph, text: str) -> None:
    cited = "Heart murmur is recorded in @1. "
    assert rules(graph, cited + text, M1, without=("PMID:1",)) == set()
    assert rules(graph, cited + text, M1) == {"claim"}
    assert rules(graph, cited + text.replace("is set aside", "is not set aside").replace("Set", "Not set"), M1,
                 without=("PMID:1",)) != set()  # fmt: skip
    assert rules(graph, cited + text.replace("this case", "@1"), M1, without=("PMID:1",)) != set()


@pytest.mark.parametrize(
    "words", ["(count set aside)", "with its count set aside", "(its count set aside with the own paper)"]
)
def test_a_count_is_set_aside_where_excluded_patients_are_in_it(graph: Graph, words: str) -> None:
    assert rules(graph, f"Heart murmur is recorded in @1 {words}.", M1, without=("PMID:1",)) == set()
    assert rules(graph, f"Heart murmur is recorded in @1 {words}.", M1) == {"frequency"}
    stated_nowhere = f"@2 carries nyctalopia (as severe nyctalopia) on record {words}."
    assert rules(graph, stated_nowhere, S2, SEVERE_NIGHT) == {"frequency"}
    unstated = "Heart murmur is recorded in @1 (frequency unstated)."
    assert rules(graph, unstated, M1, without=("PMID:1",)) == {"frequency"}


def test_what_is_excluded_in_the_patient_supports_nothing(graph: Graph) -> None:
    text = "@2 carries nyctalopia (as severe nyctalopia) on record."
    assert rules(graph, text, S2, SEVERE_NIGHT) == set()
    assert rules(graph, text, S2, SEVERE_NIGHT, gone=(SEVERE,)) == {"claim"}
    none = CITED + "Nyctalopia is not recorded for @2."
    assert rules(graph, none, N1) == {"claim"}
    assert rules(graph, none, N1, gone=(SEVERE,)) == set()
