"""Related terms, the picture, age and sex: docs/scoring.md by hand on the graph of ``kin.py``, teacher and checker."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from medreason.kg.patient import conflicts
from medreason.kg.store import Graph
from medreason.kg.view import GraphView
from medreason.quality.facts import Facts, View
from medreason.quality.onsets import patient_against
from medreason.quality.recompute import picture as checked_picture
from medreason.quality.recompute import weigh as checked_weigh
from medreason.records import Patient
from medreason.teachers.weigh import Weigher
from tests.teachers import kin
from tests.teachers.kin import DAMP, DRY, FINGER, HAND, LIMB, PALM, RASH, RED, SCALY, SKIN, SORE, THUMB, P, Q, W, X, Z


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return kin.kin_graph(Path(tmp_path_factory.mktemp("kin")) / "kg")


class Piece(NamedTuple):
    finding: str
    term: str
    via: str
    stance: str
    weight: float


Weigh = Callable[..., list[Piece]]


@pytest.fixture(params=["teacher", "checker"])
def weigh(graph: Graph, request: pytest.FixtureRequest) -> Weigh:
    def told(disease: int, *observed: str, excluded: Sequence[str] = (), without: Sequence[str] = ()) -> list[Piece]:
        number, seen = graph.require(f"K:{disease}"), [graph.require(f) for f in observed]
        gone, curie = [graph.require(x) for x in excluded], graph.curie
        found = (
            Weigher(graph).weigh(GraphView(graph, without), number, seen, gone)
            if request.param == "teacher"
            else checked_weigh(View(Facts(graph), without), number, seen, gone).values()
        )
        return [Piece(curie(w.finding), curie(w.term), curie(w.via), w.stance, w.weight) for w in found]

    return told


def test_the_bits_are_those_of_the_drawing(graph: Graph) -> None:
    view = GraphView(graph)
    bits = {RASH: 3, SKIN: 2, RED: 4, SCALY: 4, DRY: 5, HAND: 4, LIMB: 2, FINGER: 5, P: 5, Q: 5, W: 5}
    assert {t: view.information(graph.require(t)) for t in bits} == bits


def test_beside(weigh: Weigh) -> None:
    # Dry skin and erythema are both rashes; three bits are enough.
    assert weigh(1, DRY) == [Piece(DRY, RED, RASH, "compatible", 1.5)]


def test_above_is_the_case_in_which_the_shared_concept_is_recorded(weigh: Weigh) -> None:
    # K:6 has finger anomaly too, whose id is smaller; what is recorded itself goes first.
    assert weigh(6, THUMB) == [Piece(THUMB, HAND, HAND, "compatible", 2.0)]
    assert weigh(1, SORE) == [Piece(SORE, RED, RED, "compatible", 2.0)]


def test_less_than_three_bits_are_no_relation(weigh: Weigh) -> None:
    assert weigh(3, DRY) == []  # abnormality of the skin is recorded: two bits
    assert weigh(13, DRY) == []  # only the root is shared
    # Without K:2, three of 31 diseases have a rash.
    (found,) = weigh(1, DRY, without=["PMID:2"])
    assert found.weight == pytest.approx(math.log2(31 / 3) / 2, abs=1e-4)


def test_ties_go_to_the_smaller_id(weigh: Weigh) -> None:
    # Scaling and erythema are both rashes: HP:0010783 before HP:0040189, in whatever order they stand.
    assert weigh(7, DRY) == [Piece(DRY, RED, RASH, "compatible", 1.5)]
    # Two shared concepts of five bits: HP:0002000 before HP:0002001.
    assert weigh(12, X) == [Piece(X, Z, Q, "compatible", 2.5)]


def test_an_excluded_finding_bars_what_lies_at_or_below_it(weigh: Weigh) -> None:
    assert weigh(1, DRY, excluded=[RED]) == []
    assert weigh(7, DRY, excluded=[RED]) == [Piece(DRY, SCALY, RASH, "compatible", 1.5)]
    assert weigh(6, THUMB, excluded=[HAND]) == []
    assert weigh(6, THUMB, excluded=[FINGER]) == [Piece(THUMB, HAND, HAND, "compatible", 2.0)]


def test_support_and_not_seen_go_before_related(weigh: Weigh) -> None:
    assert weigh(1, RED) == [Piece(RED, RED, RED, "supports", round(4 * (0.75 + 0.25 * 3.5 / 5), 4))]
    assert weigh(12, kin.Y, excluded=[kin.Y]) == [Piece(kin.Y, kin.Y, kin.Y, "contradicts", -1.0)]
    assert weigh(12, kin.Y) == [Piece(kin.Y, kin.Y, kin.Y, "supports", 5 * 0.875)]


def test_one_annotation_counts_once(weigh: Weigh) -> None:
    # The larger weight: sore erythema (through erythema itself) before dry skin (through rash).
    assert weigh(1, DRY, SORE) == [Piece(SORE, RED, RED, "compatible", 2.0)]
    # Of two supports through palmar rash, the hand (4 bits) before the rash (3 bits).
    assert weigh(9, RASH, HAND) == [Piece(HAND, PALM, HAND, "supports", 3.5)]
    # A support before a related term, though it weighs less: 2 bits x 0.875 against 4 / 2.
    assert weigh(9, THUMB, SKIN) == [Piece(SKIN, PALM, SKIN, "supports", 1.75)]
    assert weigh(9, THUMB) == [Piece(THUMB, PALM, HAND, "compatible", 2.0)]
    # Else the one that is named first.
    assert weigh(1, DRY, DAMP) == [Piece(DRY, RED, RASH, "compatible", 1.5)]
    assert weigh(1, DAMP, DRY) == [Piece(DAMP, RED, RASH, "compatible", 1.5)]
    # Two edges, two findings.
    assert [p.term for p in weigh(7, RED, SCALY)] == [RED, SCALY]


@pytest.mark.parametrize(
    ("disease", "observed", "bits"),
    [
        (6, (THUMB,), 4.0),  # hand, and finger through hand
        (9, (THUMB,), 4.0),
        (9, (DRY,), 3.0),
        (9, (DRY, THUMB), 4.0),  # the most telling one
        (3, (THUMB,), 1.0),  # skin 0, limbs 2
        (7, (DRY, THUMB), 3.0),
        (7, (SORE,), 3.5),  # erythema 4, scaling through rash 3
        (12, (X,), 5.0),
        (32, (W,), 2.5),  # the heart, recorded by two sources, is one term
        (13, (THUMB,), 0.0),
        (13, (), 0.0),
    ],
)
def test_picture(graph: Graph, disease: int, observed: tuple[str, ...], bits: float) -> None:
    number, seen = graph.require(f"K:{disease}"), [graph.require(f) for f in observed]
    weigher, view = Weigher(graph), GraphView(graph)
    assert weigher.picture(view, number, seen) == pytest.approx(bits)
    assert checked_picture(View(Facts(graph), ()), number, seen) == pytest.approx(bits)
    score = weigher.score(view, number, weigher.weigh(view, number, seen, ()), seen, Patient())
    assert score.picture == pytest.approx(6 * bits)
    assert score.total == pytest.approx(score.evidence + score.picture)


def test_the_picture_is_that_of_the_view(graph: Graph) -> None:
    number, seen = graph.require("K:9"), [graph.require(THUMB)]
    assert Weigher(graph).picture(GraphView(graph, ["PMID:9"]), number, seen) == 0.0
    assert checked_picture(View(Facts(graph), ["PMID:9"]), number, seen) == 0.0


WOMAN, MAN = Patient(sex="female"), Patient(sex="male")


@pytest.mark.parametrize(
    ("disease", "patient", "without", "against"),
    [
        (1, Patient(age="P15Y11M"), (), {"age": kin.ADULT}),
        (1, Patient(age="P16Y"), (), {}),
        (1, Patient(age="P80Y"), (), {}),  # being older says nothing
        (1, Patient(), (), {}),
        (1, Patient(age="sixteen"), (), {}),
        (1, Patient(age="P15Y"), ("PMID:50",), {}),  # the only onset on record is hidden
        (3, Patient(age="P2Y"), (), {}),  # the earliest of two counts
        (3, Patient(age="P11M"), (), {"age": kin.CHILD}),
        (3, Patient(age="P2Y"), ("PMID:51",), {"age": kin.ADULT}),
        (4, Patient(age="P27D"), (), {"age": kin.INFANT}),
        (4, Patient(age="P28D"), (), {}),
        (4, Patient(age="P4W"), (), {}),
        (2, Patient(age="P0D"), (), {}),
        (2, Patient(fetal=True), (), {"age": kin.BIRTH}),
        (5, Patient(fetal=True), (), {}),
        (5, Patient(age="P0D"), (), {}),
        (9, Patient(age="P0D"), (), {}),  # no onset on record
        (1, WOMAN, (), {"sex": kin.XLR}),
        (1, MAN, (), {}),
        (1, WOMAN, ("PMID:60",), {}),
        (6, WOMAN, (), {}),  # autosomal recessive too
        (7, WOMAN, (), {}),  # X-linked dominant too
        (7, WOMAN, ("PMID:61",), {"sex": kin.XLR}),
        (8, WOMAN, (), {"sex": kin.XLR}),  # sporadic tells nothing of the sexes
        (9, WOMAN, (), {}),
        (1, Patient(sex="female", age="P3Y"), (), {"age": kin.ADULT, "sex": kin.XLR}),
    ],
)
def test_age_and_sex(
    graph: Graph, disease: int, patient: Patient, without: tuple[str, ...], against: dict[str, str]
) -> None:
    number, view = graph.require(f"K:{disease}"), GraphView(graph, without)
    assert {c.rule: c.concept for c in conflicts(view, number, patient)} == against
    checked = patient_against(View(Facts(graph), without), number, patient)
    assert {rule: graph.curie(node) for rule, node in checked.items()} == against
    assert Weigher(graph).score(view, number, (), (), patient).patient == -2.0 * len(against)
