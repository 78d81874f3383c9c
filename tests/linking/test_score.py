from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.shared import shared_file

from medreason.errors import InputError
from medreason.kg.build import build
from medreason.kg.source import SourceGraph, make_edge
from medreason.kg.store import Graph, open_graph
from medreason.linking.corpora import Annotation, Document, read_corpus
from medreason.linking.evaluate import Task, agrees, evaluate, with_short_forms
from medreason.linking.score import (
    Counts,
    Equivalents,
    Marked,
    compared,
    counted,
    ids,
    overlapping,
    paired,
    share,
    spans,
    summary,
    total,
)
from medreason.records import Concept, Mention, Synonym

# MeSH merged "Drug Toxicity" into "Drug-Related Side Effects and Adverse Reactions" before the task; with the id as
# it stands in the sample the counts are 149, 57 and 65.
MERGED = {"MESH:D004362": "MESH:D064420"}


def test_the_organisers_counts_on_their_sample() -> None:
    gold = read_corpus(shared_file("linking/bc5cdr/eval/CDR_sample.gold.PubTator"), "pubtator")
    found = read_corpus(shared_file("linking/bc5cdr/eval/CDR_sample.test.DNER.PubTator"), "pubtator")
    assert [d.id for d in gold] == [d.id for d in found]
    kind = ("Disease",)
    pairs = list(zip(gold, found, strict=True))
    assert total(compared(spans(g, kind), spans(f, kind)) for g, f in pairs) == Counts(303, 105, 121)
    assert total(compared(ids(g, kind, MERGED), ids(f, kind, MERGED)) for g, f in pairs) == Counts(150, 56, 64)
    assert total(compared(ids(g, kind), ids(f, kind)) for g, f in pairs) == Counts(149, 57, 65)


def test_counts_and_their_shares() -> None:
    counts = total([compared({"a", "b"}, {"a"}), compared({"c"}, set()), compared(set(), {"d"})])
    assert counts == Counts(1, 1, 2)
    assert (counts.precision, counts.recall, counts.f1) == (1 / 2, 1 / 3, 2 / 5)
    assert Counts(0, 0, 0).f1 == Counts(0, 3, 0).precision == Counts(0, 0, 3).recall == 0.0


def test_lenient_mentions_overlap_one_to_one() -> None:
    gold = [Marked(0, 5, "a"), Marked(0, 10, "a"), Marked(20, 25, "b")]
    assert overlapping(gold, [Marked(0, 10, "a"), Marked(4, 6, "a"), Marked(20, 25, "c")]) == Counts(2, 1, 1)
    assert overlapping(gold, [Marked(5, 10, "a")]) == Counts(1, 0, 2)
    assert overlapping([], []) == Counts(0, 0, 0)


SETS = st.lists(st.integers(0, 8), max_size=8)


@given(SETS, SETS)
def test_pairing_by_equality_is_counting_sets(gold: list[int], found: list[int]) -> None:
    assert counted(paired(gold, found, lambda _a, _b: False)) == compared(gold, found)
    everything = counted(paired(gold, found, lambda _a, _b: True))
    assert everything.tp == min(len(set(gold)), len(set(found)))


def test_intervals_hold_the_value_and_depend_on_the_seed_alone() -> None:
    parts = [Counts(3, 1, 0), Counts(0, 2, 2), Counts(5, 0, 1), Counts(1, 1, 1)]
    first, second = summary(parts, seed=1), summary(parts, seed=1)
    assert first == second != summary(parts, seed=2)
    for name in ("precision", "recall", "f1"):
        low, high = first[f"{name}_interval"]
        assert 0 <= low <= first[name] <= high <= 1
    assert first["f1"] == round(18 / (18 + 4 + 4), 4)
    assert "f1_interval" not in summary(parts[:1])
    assert share([[True, False], [True]])["value"] == round(2 / 3, 4)


def test_a_mention_agrees_with_all_ids_or_with_one() -> None:
    a, b = frozenset({"x", "y"}), frozenset({"z"})
    assert agrees([a], {"x"}) == agrees([a, b], {"y", "z"}) == (True, True)
    assert agrees([a, b], {"x"}) == agrees([a], {"x", "q"}) == (False, True)
    assert agrees([a], set()) == agrees([frozenset()], {"x"}) == (False, False)


def test_short_forms_join_the_mentions_of_their_long_form() -> None:
    text = "Ataxia telangiectasia (AT) differs. AT is rare; CAT scans."
    found = with_short_forms(text, [Mention("Ataxia telangiectasia", 0, 21)])
    assert [(m.start, m.text) for m in found] == [(0, "Ataxia telangiectasia"), (23, "AT"), (36, "AT")]
    assert with_short_forms(text, []) == []


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    source = SourceGraph("toy", "1", "CC0", "none")
    source.concepts = [
        Concept("HP:0000118", "phenotype", "Phenotypic abnormality"),
        Concept("HP:0000001", "phenotype", "All"),
        Concept("HP:0001250", "phenotype", "Seizure", (Synonym("Seizures"),), "", ("MESH:D012640",)),
        Concept("HP:0002373", "phenotype", "Febrile seizure"),
        Concept("HP:0001337", "phenotype", "Tremor"),
        Concept("HP:0000006", "inheritance", "Autosomal dominant inheritance"),
        Concept("M:1", "disease", "breast neoplasm", (), "", ("MESH:D001943",)),
        Concept("M:2", "disease", "breast cancer"),
    ]
    for child, parent in (
        ("HP:0001250", "HP:0000118"), ("HP:0002373", "HP:0001250"), ("HP:0001337", "HP:0000118"),
        ("HP:0000118", "HP:0000001"), ("HP:0000006", "HP:0000001"), ("M:2", "M:1"),
    ):  # fmt: skip
        source.edges.append(make_edge(child, "is_a", parent, "toy"))
    source.retired = {"HP:0009999": "HP:0001337"}
    folder = tmp_path_factory.mktemp("score") / "toy"
    build(source, folder)
    return open_graph(folder)


def test_ids_stand_for_nodes(graph: Graph) -> None:
    same = Equivalents(graph)
    assert same.nodes("HP:0009999") == {"HP:0001337"}
    assert same.nodes("mesh:D012640") == {"HP:0001250"}
    assert same.nodes("MESH:D0") == frozenset()
    assert Equivalents(graph, ("disease",)).nodes("HP:0001337") == frozenset()
    assert same.key("HP:0009999") == "HP:0001337"
    assert same.agreeing(["MESH:D012640", "HP:0009999"]) == {"HP:0001250": "MESH:D012640", "HP:0001337": "HP:0001337"}
    assert same.near("MESH:D012640", "HP:0002373")
    assert same.near("HP:0002373", "HP:0001250")
    assert not same.near("HP:0001337", "HP:0001250")
    assert not same.near("HP:0001337", "no such")


def document(text: str, *marks: tuple[str, str, str]) -> Document:
    found = [Annotation(text.index(w), text.index(w) + len(w), w, kind, (i,) if i else ()) for w, kind, i in marks]
    return Document("d1", text, tuple(found))


def test_end_to_end_scores_and_errors(graph: Graph) -> None:
    text = "Febrile seizures, an autosomal dominant trait, without tremor or seizures in cats."
    gold = document(
        text, ("Febrile seizures", "", "HP:0001250"), ("tremor", "", "HP:0009999"),
        ("autosomal dominant", "", "HP:0000006"), ("cats", "", "HP:7777777"),
    )  # fmt: skip
    found = evaluate(graph, [gold], Task(("phenotype",)))
    scores: dict[str, Any] = found.scores
    everything, abnormal = scores["document"]["all"], scores["document"]["abnormality"]
    # found: febrile seizure, tremor, seizure; marked: seizure, tremor, inheritance, an unknown id
    assert (everything["tp"], everything["fp"], everything["fn"]) == (2, 1, 2)
    assert (abnormal["tp"], abnormal["fp"], abnormal["fn"]) == (2, 1, 0)
    assert abnormal["lenient"]["tp"] == 2
    assert scores["mention"]["all"]["tp"] == 1
    assert scores["mention"]["all"]["lenient"]["tp"] == 1
    assert (scores["span"]["all"]["tp"], scores["span"]["all"]["fp"], scores["span"]["all"]["fn"]) == (2, 1, 2)
    assert scores["gold_ids_not_in_graph"] == 1
    assert scores["document"]["by_type"]["inheritance"]["recall"] == 0.0
    first = found.errors[0]
    assert (first["error"], first["text"], first["gold"][0]["id"]) == (
        "another concept",
        "Febrile seizures",
        "HP:0001250",
    )
    assert first["found"] == [{"id": "HP:0002373", "name": "Febrile seizure"}]
    assert {e["error"] for e in found.errors if e["task"] == "end to end"} == {
        "another concept",
        "missed",
        "not marked",
    }


def test_given_mentions_the_yardstick_and_what_was_learned(graph: Graph) -> None:
    text = "Cancer of the breast, or lumps, and fenoterol."
    marks = (
        ("Cancer of the breast", "Disease", "D001943"),
        ("lumps", "Disease", "D001943"),
        ("fenoterol", "Chemical", "D005280"),
    )
    gold = document(text, *((w, k, f"MESH:{i}") for w, k, i in marks))
    train = Document("d2", "Lumps.", (Annotation(0, 5, "Lumps", "Disease", ("MESH:D001943",)),))
    task = Task(("disease",), ("MESH",), relink=True)
    scores = evaluate(graph, [gold], task, training=[train, gold]).scores
    assert scores["left_out"] == {"Chemical": 1}
    assert scores["given_mention"]["accuracy"]["value"] == 0.5
    assert scores["given_mention"]["baseline"]["in_graph"]["n"] == 2
    learned = scores["given_mention_learned"]
    assert (learned["training_documents"], learned["also_evaluated_left_out"]) == (1, 1)
    assert learned["accuracy"]["value"] == 1.0
    assert learned["by_method"]["learned"] == {"right": 1, "n": 1}
    with pytest.raises(InputError, match="no annotation has an id that is in the graph"):
        evaluate(graph, [gold], Task(("disease",), ("MESH",), ("Chemical",)))


def test_agreement_with_the_plain_count_on_gsc(hpo: Graph) -> None:
    """The document scores are those of set arithmetic over current ids."""
    from medreason.linking import link

    path: Path = shared_file("linking/gsc-plus/gsc-plus.dev.jsonl")
    documents = read_corpus(path, "gsc")
    scores = evaluate(hpo, documents, Task(("phenotype",))).scores["document"]
    for name, phenotypes in (("all", False), ("abnormality", True)):
        counts = Counts(0, 0, 0)
        for d in documents:
            gold = {c for a in d.annotations for i in a.ids if (c := hpo.current_id(i))}
            gold = {c for c in gold if not phenotypes or hpo.concept(c).type == "phenotype"}
            counts = total([counts, compared(gold, {f.concept for f in link(hpo, d.text)})])
        assert (scores[name]["tp"], scores[name]["fp"], scores[name]["fn"]) == tuple(counts)
        assert scores[name]["f1"] == round(counts.f1, 4)
