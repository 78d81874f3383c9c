"""The shipped vignettes keep what docs/questions.md and the README say of them."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from medreason.kg.store import Graph
from medreason.linking import findings
from medreason.questions.findings import NAME_OVERLAP, flag_overlap
from medreason.records import Finding, Option, Question

FILE = Path(__file__).parents[1] / "src" / "medreason" / "data" / "vignettes.jsonl"
SAMPLE: list[dict[str, Any]] = [json.loads(line) for line in FILE.open(encoding="utf-8")]


def answer(row: dict[str, Any]) -> dict[str, str]:
    return next(o for o in row["options"] if o["key"] == row["answer_key"])


def test_there_are_enough_and_none_twice() -> None:
    assert len(SAMPLE) >= 100
    assert len({r["id"] for r in SAMPLE}) == len(SAMPLE)
    assert len({answer(r)["concept"] for r in SAMPLE}) == len(SAMPLE)
    assert all(len(r["options"]) == 5 for r in SAMPLE)
    assert all(r["reason"] and r["references"] for r in SAMPLE)
    assert not any(r["clinician_reviewed"] for r in SAMPLE)


def test_they_spread_over_systems_ages_and_difficulty() -> None:
    assert len({r["organ_system"] for r in SAMPLE}) >= 10
    ages = [r["age_years"] for r in SAMPLE]
    assert min(ages) == 0
    assert max(ages) >= 70
    assert min(Counter(r["difficulty"] for r in SAMPLE).values()) >= 0.2 * len(SAMPLE)


def test_no_stem_names_its_answer(hpo: Graph) -> None:
    for row in SAMPLE:
        concept = hpo.concept(answer(row)["concept"])
        stem = row["question"].lower()
        for name in (concept.name, answer(row)["text"], *(s.text for s in concept.synonyms)):
            assert name.lower() not in stem, (row["id"], name)


def test_references_stand_in_the_graph(hpo: Graph) -> None:
    for row in SAMPLE:
        number = hpo.require(answer(row)["concept"])
        cited = {r for e in hpo.outgoing[number] for line in hpo.edge_at(int(e)).evidence for r in line.references}
        cited.add(hpo.curie(number))
        assert set(row["references"]) <= cited, row["id"]


def test_at_least_half_of_the_linked_findings_are_worded_otherwise(hpo: Graph) -> None:
    linked = [f for row in SAMPLE for f in findings(hpo, row["question"])]
    otherwise = [f for f in linked if f.text.lower() != hpo.name(f.concept).lower()]
    assert len(otherwise) >= 0.5 * len(linked), (len(otherwise), len(linked))


def test_the_linker_finds_most_of_what_the_authors_marked(hpo: Graph) -> None:
    found = total = 0
    for row in SAMPLE:
        got = {(f.concept, f.status) for f in findings(hpo, row["question"])}
        marked = {(hpo.current_id(f["concept"]), f["status"]) for f in row["findings"]}
        found += len(got & marked)
        total += len(marked)
    assert found >= 0.8 * total, (found, total)


@pytest.mark.parametrize(
    ("option", "flagged"), [("Arachnodactyly with cataract", True), ("Marfan syndrome", False), ("Noseizure", False)]
)
def test_an_option_that_names_a_finding_is_flagged(hpo: Graph, option: str, flagged: bool) -> None:
    asked = Question(
        "q", "jsonl", "t", (Option("A", option), Option("B", "x")),
        findings=(Finding("HP:0001166", "spider fingers", "observed"), Finding("HP:0001250", "seizure", "observed")),
    )  # fmt: skip
    assert (NAME_OVERLAP in flag_overlap(hpo, asked).flags) is flagged


def test_stems_are_prose_not_lists() -> None:
    assert all(2 <= len(re.findall(r"[.?](?:\s|$)", r["question"])) <= 8 for r in SAMPLE)
