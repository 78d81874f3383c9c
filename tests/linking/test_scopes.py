"""The sentences written for the project, labelled before the rules saw them: status, subject and scope."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from medreason.kg.build import build
from medreason.kg.source import SourceGraph
from medreason.kg.store import Graph, open_graph
from medreason.linking import findings, link
from medreason.records import Concept, Synonym

FILE = Path(__file__).with_name("scope_sentences.jsonl")
ROWS: list[dict[str, Any]] = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
PARTS = ("status", "subject", "scope")


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    """A graph of the mentioned concepts only, each named as the sentences name it."""
    names: dict[str, set[str]] = {}
    for row in ROWS:
        for mention in row["mentions"]:
            names.setdefault(mention["concept"], set()).add(mention["text"])
    source = SourceGraph("sentences", "1", "none", "none")
    for concept, texts in sorted(names.items()):
        first, *others = sorted(texts)
        source.concepts.append(Concept(concept, "phenotype", first, tuple(Synonym(t) for t in others)))
    folder = tmp_path_factory.mktemp("scopes") / "graph"
    build(source, folder)
    return open_graph(folder)


def test_there_are_enough_of_every_kind() -> None:
    mentions = [m for row in ROWS for m in row["mentions"]]
    assert len(ROWS) >= 150
    assert len({row["sentence"] for row in ROWS}) == len(ROWS)
    for part, least in (("excluded", 60), ("family", 20), ("uncertain", 20), ("hypothetical", 18), ("history", 18)):
        assert sum(part in m.values() for m in mentions) >= least, part


def test_labels_stand_where_they_say() -> None:
    for row in ROWS:
        for m in row["mentions"]:
            assert row["sentence"][m["start"] : m["start"] + len(m["text"])] == m["text"]


def test_scopes_of_the_sentences(named: Graph) -> None:
    wrong, total = [], 0
    for row in ROWS:
        found = link(named, row["sentence"])
        for wanted in row["mentions"]:
            total += 1
            end = wanted["start"] + len(wanted["text"])
            got = [x.mention for x in found if x.mention.start < end and wanted["start"] < x.mention.end]
            if len(got) != 1 or any(getattr(got[0], part) != wanted[part] for part in PARTS):
                wrong.append((row["sentence"], wanted["text"], got))
    assert len(wrong) <= 0.02 * total, wrong


def test_what_is_only_possible_is_no_finding(named: Graph) -> None:
    text = "Possible seizures. Return if fever develops. A history of asthma. He has ataxia. His mother has gout."
    got = [f.text for f in findings(named, text)]
    assert "seizures" not in got
    assert "fever" not in got
    assert {"asthma", "ataxia"} <= set(got)
