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
    bits = {RASH: 4, SKIN: 3, RED: 5, SCALY: 5, DRY: 6, HAND: 5, LIMB: 3, FINGER: 6, P: 6, Q: 6, W: 6}
    bits |= {kin.GROWTH: 4, kin.STATURE: 5, kin.SHORT: 5, kin.UNEVEN: 6, kin.TALL: 6}
    assert {t: view.information(graph.require(t)) for t in bits} == bits


def test_beside(weigh: Weigh) -> None:
    # Dry skin and erythema are both rashes; four bits are enough.
    assert weigh(1, DRY) == [Piece(DRY, RED, RASH, "compatible", 2.0)]


def test_above_is_the_case_in_which_the_shared_concept_is_recorded(weigh: Weigh) -> None:
    # K:6 has finger anomaly too, whose id is smaller; what is recorded itself goes first.
    assert weigh(6, THUMB) == [Piece(THUMB, HAND, HAND, "compatible", 2.5)]
    assert weigh(1, SORE) == [Piece(SORE, RED, RED, "compatible", 2.5)]


def test_less_than_four_bits_are_no_relation(weigh: Weigh) -> None:
    assert weigh(3, DRY) == []  # abnormality of the skin is recorded: three bits
    assert weigh(5, THUMB) == []  # abnormality of limbs
    assert weigh(13, DRY) == []  # only the root is shared
    # Without K:2, three of 63 diseases have a rash.
    (found,) = weigh(1, DRY, without=["PMID:2"])
    assert found.weight == pytest.approx(math.log2(63 / 3) / 2, abs=1e-4)
    # Without K:13, four of 63 have: just less than four bits.
    assert weigh(1, DRY, without=["PMID:13"]) == []


def test_an_opposite_is_no_evidence(weigh: Weigh) -> None:
    # Short and tall stature share the abnormality of body height (5 bits). K:33 has an uneven stature as well, whose id
    # is larger than that of short stature.
    assert weigh(33, kin.TALL) == [Piece(kin.TALL, kin.UNEVEN, kin.STATURE, "compatible", 2.5)]
    assert weigh(33, kin.TALL, excluded=[kin.UNEVEN]) == []
    # Else the next concept counts, growth (4 bits), of which weight is a kind too; short stature no more than before.
    assert weigh(34, kin.TALL) == [Piece(kin.TALL, kin.WEIGHT, kin.GROWTH, "compatible", 2.0)]
    assert weigh(34, kin.TALL, excluded=[kin.WEIGHT]) == []
    # The height itself is supported by short stature, and an uneven stature is its kin.
    assert weigh(34, kin.STATURE) == [Piece(kin.STATURE, kin.SHORT, kin.STATURE, "supports", 5 * 0.875)]
    assert weigh(34, kin.UNEVEN) == [Piece(kin.UNEVEN, kin.SHORT, kin.STATURE, "compatible", 2.5)]


def test_ties_go_to_the_smaller_id(weigh: Weigh) -> None:
    # Scaling and erythema are both rashes: HP:0010783 before HP:0040189, in whatever order they stand.
    assert weigh(7, DRY) == [Piece(DRY, RED, RASH, "compatible", 2.0)]
    # Two shared concepts of six bits: HP:0002000 before HP:0002001.
    assert weigh(12, X) == [Piece(X, Z, Q, "compatible", 3.0)]


def test_an_excluded_finding_bars_what_lies_at_or_below_it(weigh: Weigh) -> None:
    assert weigh(1, DRY, excluded=[RED]) == []
    assert weigh(7, DRY, excluded=[RED]) == [Piece(DRY, SCALY, RASH, "compatible", 2.0)]
    assert weigh(6, THUMB, excluded=[HAND]) == []
    assert weigh(6, THUMB, excluded=[FINGER]) == [Piece(THUMB, HAND, HAND, "compatible", 2.5)]


def test_support_and_not_seen_go_before_related(weigh: Weigh) -> None:
    assert weigh(1, RED) == [Piece(RED, RED, RED, "supports", round(5 * (0.75 + 0.25 * 3.5 / 5), 4))]
    assert weigh(12, kin.Y, excluded=[kin.Y]) == [Piece(kin.Y, kin.Y, kin.Y, "contradicts", -1.0)]
    assert weigh(12, kin.Y) == [Piece(kin.Y, kin.Y, kin.Y, "supports", 6 * 0.875)]


def test_one_annotation_counts_once(weigh: Weigh) -> None:
    # The larger weight: sore erythema (through erythema itself) before dry skin (through rash).
    assert weigh(1, DRY, SORE) == [Piece(SORE, RED, RED, "compatible", 2.5)]
    # Of two supports through palmar rash (p = 1.5 / 10), the hand (5 bits) before the rash (4 bits).
    assert weigh(9, RASH, HAND) == [Piece(HAND, PALM, HAND, "supports", 3.9375)]
    # A support before a related term, though it weighs less: 3 bits x 0.7875 against 5 / 2.
    assert weigh(9, THUMB, SKIN) == [Piece(SKIN, PALM, SKIN, "supports", 2.3625)]
    assert weigh(9, THUMB) == [Piece(THUMB, PALM, HAND, "compatible", 2.5)]
    # Else the one that is named first.
    assert weigh(1, DRY, DAMP) == [Piece(DRY, RED, RASH, "compatible", 2.0)]
    assert weigh(1, DAMP, DRY) == [Piece(DAMP, RED, RASH, "compatible", 2.0)]
    # Two edges, two findings.
    assert [p.term for p in weigh(7, RED, SCALY)] == [RED, SCALY]


@pytest.mark.parametrize(
    ("disease", "observed", "bits"),
    [
        (6, (THUMB,), 5.0),  # hand, and finger through hand
        (9, (THUMB,), 5.0),
        (9, (DRY,), 4.0),
        (9, (DRY, THUMB), 5.0),  # the most telling one
        (3, (THUMB,), 1.5),  # skin 0, limbs 3
        (7, (DRY, THUMB), 4.0),
        (7, (SORE,), 4.5),  # erythema 5, scaling through rash 4
        (12, (X,), 6.0),
        (32, (W,), 3.0),  # the heart, recorded by two sources, is one term
        (33, (kin.TALL,), 10 / 3),  # opposites too: heart 0, short and uneven through height 5
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
        (2, Patient(fetal=True), (), {}),  # a fetus counts as newborn
        (4, Patient(fetal=True), (), {"age": kin.INFANT}),
        (1, Patient(fetal=True, age="P20Y"), (), {"age": kin.ADULT}),
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
