"""Phenopackets on the real graph: what reaches a question, what cannot, and what is refused."""

import copy
import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from medreason.kg.store import Graph
from medreason.kg.view import GraphView
from medreason.questions.disorders import DisorderIndex
from medreason.questions.distractors import MAX_RATIO, MIN_ANNOTATIONS, MIN_SHARED
from medreason.questions.phenopackets import PhenopacketSource
from medreason.questions.reading import Item
from medreason.records import Question, Rejection
from tests.shared import CASES, shared_file


@pytest.fixture(scope="session")
def source(hpo: Graph) -> PhenopacketSource:
    return PhenopacketSource(hpo, seed=0, exclude_own_paper=True)


@pytest.fixture(scope="session")
def packets() -> list[dict[str, Any]]:
    with gzip.open(shared_file(CASES), "rt", encoding="utf-8") as lines:
        return [json.loads(line) for n, line in enumerate(lines) if n % 40 == 0]


def questions(source: PhenopacketSource, packets: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], Question]]:
    for packet in packets:
        made = source.question(Item(packet["id"], "x", packet))
        if isinstance(made, Question):
            yield packet, made


def packet(**changes: Any) -> dict[str, Any]:
    """A small made-up case of Marfan syndrome."""
    terms = ("HP:0001166", "HP:0001083", "HP:0002616", "HP:0000768")
    base: dict[str, Any] = {
        "id": "case",
        "subject": {"id": "s", "sex": "MALE", "timeAtLastEncounter": {"age": {"iso8601duration": "P20Y"}}},
        "phenotypicFeatures": [{"type": {"id": t, "label": ""}} for t in terms],
        "interpretations": [
            {"id": "i", "progressStatus": "SOLVED", "diagnosis": {"disease": {"id": "OMIM:154700", "label": "x"}}}
        ],
        "metaData": {"externalReferences": [{"id": "PMID:1"}]},
    }
    return {**base, **changes}


def ask(source: PhenopacketSource, data: dict[str, Any]) -> Question | Rejection:
    return source.question(Item(data["id"], "cases.jsonl:7", data))


def test_a_case_becomes_a_vignette_with_five_options(source: PhenopacketSource, hpo: Graph) -> None:
    made = ask(source, packet())
    assert isinstance(made, Question)
    assert made.text.startswith("At last examination this 20-year-old man had")
    assert [o.key for o in made.options] == list("ABCDE")
    answer = next(o for o in made.options if o.key == made.answer_key)
    assert answer.concept == "OMIM:154700"
    assert made.excluded_publications == ("PMID:1",)
    assert hpo.name("OMIM:154700") not in made.text


def test_fair_distractors_keep_every_promise(
    source: PhenopacketSource, packets: list[dict[str, Any]], hpo: Graph
) -> None:
    disorders, seen = DisorderIndex(hpo), 0
    for _, made in questions(source, packets):
        view = GraphView(hpo, made.excluded_publications)
        numbers = {o.key: hpo.require(o.concept) for o in made.options}
        solved = numbers[made.answer_key]
        size = len(view.annotated_terms(solved))
        observed = {hpo.require(f.concept) for f in made.findings if f.status == "observed"}
        for key, number in numbers.items():
            if key == made.answer_key:
                continue
            seen += 1
            count = len(view.annotated_terms(number))
            assert len(observed & set(view.profile(number).tolist())) >= MIN_SHARED
            assert count >= MIN_ANNOTATIONS
            assert size / MAX_RATIO <= count <= size * MAX_RATIO
            assert hpo.curie(number).split(":")[0] == hpo.curie(solved).split(":")[0]
        assert not any(disorders.same(a, b) for a in numbers.values() for b in numbers.values() if a < b)
    assert seen > 100, seen


def test_what_must_not_reach_the_question_does_not(
    source: PhenopacketSource, packets: list[dict[str, Any]], hpo: Graph
) -> None:
    """Stripped of variants, genes, the diseases list and measurements, a case gives the very same question."""
    for original, made in questions(source, packets):
        bare = copy.deepcopy(original)
        bare.pop("diseases", None)
        bare.pop("measurements", None)
        for interpretation in bare["interpretations"]:
            interpretation["diagnosis"].pop("genomicInterpretations", None)
        assert source.question(Item(bare["id"], "x", bare)) == made
        assert original["id"] not in made.text
        assert "PMID" not in made.text
        answer = next(o for o in made.options if o.key == made.answer_key)
        assert answer.text.lower() not in made.text.lower()


def test_the_same_seed_gives_the_same_options_and_another_seed_others(
    hpo: Graph, source: PhenopacketSource, packets: list[dict[str, Any]]
) -> None:
    again = PhenopacketSource(hpo, seed=0, exclude_own_paper=True)
    other = PhenopacketSource(hpo, seed=1, exclude_own_paper=True)
    pairs = list(questions(source, packets))
    assert all(again.question(Item(p["id"], "x", p)) == q for p, q in pairs)
    assert any(other.question(Item(p["id"], "x", p)) != q for p, q in pairs)


@pytest.mark.parametrize(
    ("changes", "reason", "says"),
    [
        ({"phenotypicFeature": []}, "unknown_field", "phenotypicFeature"),
        ({"phenotypicFeatures": [{"type": {"id": "HP:0001166"}, "exluded": True}]}, "unknown_field", "exluded"),
        ({"phenotypicFeatures": [{"excluded": True}]}, "malformed", "type"),
        ({"phenotypicFeatures": [{"type": {"id": "HP:0001166"}, "excluded": "yes"}]}, "malformed", "excluded"),
        ({"phenotypicFeatures": {}}, "malformed", "list"),
        ({"phenotypicFeatures": [{"type": {"id": "HP:9999999"}}]}, "finding_not_in_graph", "no observed finding"),
        ({"subject": {"timeAtLastEncounter": {"age": {"iso8601duration": "20"}}}}, "malformed", "ISO 8601"),
        ({"interpretations": []}, "no_diagnosis", "0 solved"),
    ],
)
def test_bad_cases_are_rejected_with_line_and_cause(
    source: PhenopacketSource, changes: dict[str, Any], reason: str, says: str
) -> None:
    made = ask(source, packet(**changes))
    assert isinstance(made, Rejection)
    assert made.reason == reason
    assert made.detail.startswith("cases.jsonl:7: ")
    assert says in made.detail


def test_unannotated_and_uncovered_diagnoses_are_told_apart(source: PhenopacketSource, hpo: Graph) -> None:
    def diagnosed(curie: str) -> list[dict[str, Any]]:
        return [{"id": "i", "progressStatus": "SOLVED", "diagnosis": {"disease": {"id": curie}}}]

    unknown = ask(source, packet(interpretations=diagnosed("OMIM:999999")))
    assert isinstance(unknown, Rejection)
    assert unknown.reason == "gold_not_annotated"
    papers = {r for n in GraphView(hpo).annotations(hpo.require("OMIM:619340")) for row in hpo.edge_at(int(n)).evidence
              for r in row.references}  # fmt: skip
    own = packet(
        interpretations=diagnosed("OMIM:619340"), metaData={"externalReferences": [{"id": p} for p in sorted(papers)]}
    )
    covered = ask(source, own)
    assert isinstance(covered, Rejection)
    assert covered.reason == "no_evidence_after_exclusion"
    included = PhenopacketSource(hpo, seed=0, exclude_own_paper=False).question(Item("case", "x", own))
    assert not isinstance(included, Rejection) or included.reason == "no_fair_distractors"


def test_a_finding_both_observed_and_excluded_is_flagged(source: PhenopacketSource) -> None:
    features = [*packet()["phenotypicFeatures"], {"type": {"id": "HP:0001166"}, "excluded": True}]
    made = ask(source, packet(phenotypicFeatures=features))
    assert isinstance(made, Question)
    assert "conflicting_finding:HP:0001166" in made.flags
    assert [f.status for f in made.findings if f.concept == "HP:0001166"] == ["observed"]


def test_snake_case_fields_are_read_too(source: PhenopacketSource) -> None:
    snake = packet()
    snake["phenotypic_features"] = snake.pop("phenotypicFeatures")
    snake["meta_data"] = {"external_references": [{"id": "PMID:1"}]}
    snake.pop("metaData")
    assert ask(source, snake) == ask(source, packet())
