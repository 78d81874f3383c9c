"""Teacher and checker, who share no code, reckon the same: on real cases, and on drawn ones with their ties."""

import gzip
import json
import random
from itertools import islice

import pytest

from medreason.kg.store import Graph
from medreason.kg.view import GraphView
from medreason.quality.facts import Facts
from medreason.quality.recompute import recompute
from medreason.questions.phenopackets import PhenopacketSource
from medreason.questions.reading import Item
from medreason.records import Finding, Option, Patient, Question
from medreason.teachers.offline import OfflineTeacher
from tests.quality.stub import stub
from tests.shared import CASES, shared_file

AGES = ("", "P0D", "P27D", "P28D", "P5M", "P1Y", "P4Y11M", "P5Y", "P16Y", "P39Y", "P60Y", "P", "12")


@pytest.fixture(scope="module")
def facts(hpo: Graph) -> Facts:
    return Facts(hpo)


@pytest.fixture(scope="module")
def teacher(hpo: Graph) -> OfflineTeacher:
    return OfflineTeacher(hpo, margin=0.0)


def agree(question: Question, graph: Graph, facts: Facts, teacher: OfflineTeacher) -> tuple[int, int]:
    """Asserts that both reckon alike; pieces of evidence, and those of related terms."""
    chain = teacher.teach(question, GraphView(graph, question.excluded_publications))
    record = stub(
        options=question.options, findings=question.findings, patient=question.patient,
        excluded_publications=question.excluded_publications,
    )  # fmt: skip
    verdict = recompute(facts, record)
    curie = graph.curie
    given = {
        key: [(e.finding, e.edge, e.stance, e.via, e.weight) for e in found] for key, found in chain.evidence.items()
    }
    reckoned = {
        key: [
            (
                curie(w.finding), graph.edge_at(w.edge).id, w.stance,
                "" if w.via in (w.finding, w.term) else curie(w.via), w.weight,
            )
            for w in found.values()
        ]
        for key, found in verdict.evidence.items()
    }  # fmt: skip
    assert {k: [row[:-1] for row in rows] for k, rows in given.items()} == {
        k: [row[:-1] for row in rows] for k, rows in reckoned.items()
    }, question.id
    for key, rows in given.items():
        assert [row[-1] for row in rows] == pytest.approx([row[-1] for row in reckoned[key]], abs=1e-9), question.id
    assert chain.scores.keys() == verdict.parts.keys()
    for key, score in chain.scores.items():
        parts = verdict.parts[key]
        told = (score.evidence, score.picture, score.patient, score.total)
        assert told == pytest.approx((*parts, parts.total), abs=1e-9), (question.id, key)
    if chain.chosen_key:
        assert chain.chosen_key == verdict.ranking[0][0], question.id
        assert chain.margin == pytest.approx(verdict.margin, abs=1e-9)
    return sum(map(len, given.values())), sum(bool(row[3]) for rows in given.values() for row in rows)


def test_on_real_cases(hpo: Graph, facts: Facts, teacher: OfflineTeacher) -> None:
    source, asked, related, against = PhenopacketSource(hpo, seed=3, exclude_own_paper=True), 0, 0, 0
    with gzip.open(shared_file(CASES), "rt", encoding="utf-8") as lines:
        for line in islice(lines, 0, None, 13):
            data = json.loads(line)
            question = source.question(Item(data["id"], "x", data))
            if isinstance(question, Question):
                asked += 1
                related += agree(question, hpo, facts, teacher)[1]
                verdict = recompute(facts, stub(options=question.options, patient=question.patient))
                against += sum(map(len, verdict.against.values()))
    assert asked >= 150, asked
    assert related > asked
    assert against > 20


def _drawn(graph: Graph, diseases: list[int], rng: random.Random) -> Question:
    """Diseases at random; findings at, above and beside what is recorded for them; a patient; hidden papers."""
    options = rng.sample(diseases, 4)
    near: list[int] = []
    for disease in options:
        for edge in graph.outgoing[disease].tolist():
            term = int(graph.tail[edge])
            up = graph.ancestors[term].tolist()
            near += [term, *up]
            if up:
                below = [int(graph.head[e]) for e in graph.incoming[rng.choice(up)].tolist()]
                near += [n for n in below if graph.curie(n).startswith("HP:")]
    near = [n for n in near if graph.curie(n).startswith("HP:")]
    drawn = rng.sample(sorted(set(near)), min(len(set(near)), rng.randrange(3, 14)))
    findings = [Finding(graph.curie(n), "", "excluded" if rng.random() < 0.25 else "observed") for n in drawn]
    rows = [r for d in options for e in graph.outgoing[d].tolist() for r in graph.edge_at(e).evidence]
    papers = sorted({p for row in rows for p in row.references})
    hidden = tuple(rng.sample(papers, min(len(papers), rng.randrange(0, 4))))
    patient = Patient(sex=rng.choice(["female", "male", ""]), age=rng.choice(AGES), fetal=rng.random() < 0.1)
    named = tuple(Option(k, "", graph.curie(d)) for k, d in zip("ABCD", options, strict=True))
    return Question("drawn", "test", "", named, "", tuple(findings), hidden, patient=patient)


def test_on_drawn_cases(hpo: Graph, facts: Facts, teacher: OfflineTeacher) -> None:
    rng = random.Random(11)
    diseases = sorted({int(n) for n in hpo.head[hpo.relation == hpo.relation_code("has_phenotype")]})
    pieces, related = map(
        sum, zip(*(agree(_drawn(hpo, diseases, rng), hpo, facts, teacher) for _ in range(350)), strict=True)
    )
    assert pieces > 700
    assert related > 100
