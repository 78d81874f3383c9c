from __future__ import annotations

import gc
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medreason.kg.store import Graph, open_graph
from medreason.linking import findings, lexicon, link, link_option


def concepts(graph: Graph, text: str) -> list[str]:
    return [found.concept for found in link(graph, text)]


def test_offsets_and_surface(graph: Graph) -> None:
    text = "A boy with Seizures,  gait   ataxia and oedema."
    found = link(graph, text)
    assert [text[f.mention.start : f.mention.end] for f in found] == ["Seizures", "gait   ataxia", "oedema"]
    assert [f.concept for f in found] == ["HP:0001250", "HP:0002066", "HP:0000969"]
    assert [f.method for f in found] == ["exact", "normalised", "normalised"]


@pytest.mark.parametrize(
    ("text", "expected", "method"),
    [
        ("febrile seizures", "HP:0002373", "exact"),  # not "seizures"
        ("hearing loss", "HP:0000365", "exact"),
        ("hearing loss, sensorineural", "HP:0000407", "exact"),
        ("ataxia of the gait", "HP:0002066", "reordered"),
        ("sensorineural loss of hearing", "HP:0000407", "reordered"),
        ("oesophageal", None, ""),
        ("malformation of the oesophagus", "HP:0002031", "reordered"),
        ("naevi", "HP:0003764", "normalised"),
        ("anaemias", "HP:0001903", "normalised"),
        ("micro-cephaly", "HP:0000252", "normalised"),
        ("glycogen storage type 2", "HP:0100006", "normalised"),
    ],
)
def test_longest_match_in_any_spelling(graph: Graph, text: str, expected: str | None, method: str) -> None:
    found = link(graph, f"There is {text} here.")
    assert [f.concept for f in found] == ([expected] if expected else [])
    assert all(f.method == method and f.mention.text == text and 0 < f.score <= 1 for f in found)


def test_a_name_does_not_reach_over_a_comma_or_sentence_end(graph: Graph) -> None:
    assert concepts(graph, "Ataxia, gait is slow") == ["HP:0001251"]
    assert concepts(graph, "He is febrile. Seizures occur") == ["HP:0001945", "HP:0001250"]
    assert concepts(graph, "hearing. Loss") == []


def test_abbreviations_count_only_as_written(graph: Graph) -> None:
    assert concepts(graph, "An MI was treated") == ["HP:0001658"]
    assert concepts(graph, "mi casa, Mi casa") == []


def test_roots_and_everyday_words_are_no_findings(graph: Graph) -> None:
    assert concepts(graph, "All patients had a phenotypic abnormality") == []


def test_shared_names_are_decided_by_kind_then_id_and_say_so(graph: Graph) -> None:
    (shared,) = link(graph, "shared name")
    assert (shared.concept, shared.runner_up) == ("HP:0100002", "HP:0100001")
    (twin,) = link(graph, "twin name")
    assert (twin.concept, twin.runner_up, twin.score) == ("HP:0100003", "HP:0100004", 0.8)
    (broad,) = link(graph, "broad name")
    assert (broad.concept, broad.runner_up) == ("HP:0100004", "HP:0100005")
    (plain,) = link(graph, "ataxia")
    assert (plain.runner_up, plain.score) == ("", 1.0)


def test_findings_are_the_patients_one_a_concept_observed_first(graph: Graph) -> None:
    text = "No seizures at birth. His sister has tremor. Later he had fits. No fever, and no anaemia."
    assert [(f.concept, f.text, f.status, f.method) for f in findings(graph, text)] == [
        ("HP:0001250", "fits", "observed", "exact"),
        ("HP:0001945", "fever", "excluded", "exact"),
        ("HP:0001903", "anaemia", "excluded", "normalised"),
    ]


@pytest.mark.parametrize(
    ("text", "expected", "method"),
    [
        ("Marfan syndrome", "OMIM:154700", "exact"),
        ("  marfan's syndrome.", "OMIM:154700", "normalised"),
        ("Smith-Magenis syndrome", "OMIM:182290", "exact"),  # larger vocabulary before smaller id
        ("Primary ciliary dyskinesia 20", "OMIM:615067", "reordered"),
        ("Hypokalaemic periodic paralysis type 1", "OMIM:170400", "normalised"),
        ("Hypokalemic periodic paralisis, type 2", "OMIM:613345", "fuzzy"),
    ],
)
def test_options(graph: Graph, text: str, expected: str, method: str) -> None:
    found = link_option(graph, text)
    assert found is not None
    assert (found.concept, found.method) == (expected, method)
    assert text[found.mention.start : found.mention.end] == found.mention.text


@pytest.mark.parametrize(
    "text", ["", " ", "Hypokalemic periodic paralisis, type 3", "Ataxia", "Primary ciliary dyskinesia 21"]
)
def test_options_that_name_no_disease(graph: Graph, text: str) -> None:
    assert link_option(graph, text) is None


def test_a_misspelt_option_keeps_its_opposite(graph: Graph) -> None:
    found = link_option(graph, "Hyperkalemic periodc paralysis, type 1")
    assert found is not None
    assert found.concept == "OMIM:170500"
    assert found.runner_up == ""


def test_lexicon_is_built_once_and_keeps_no_graph_alive(graph: Graph) -> None:
    assert lexicon(graph) is lexicon(graph)
    assert lexicon(graph) is not lexicon(graph, ("disease",))
    other = open_graph(graph.folder)
    assert lexicon(other) is not lexicon(graph)
    gone = weakref.ref(other)
    del other
    gc.collect()
    assert gone() is None


PIECES = st.sampled_from([
    "no", "not", "seizures", "febrile", "Gait", "ataxia", "of", "the", "hearing", "loss", ",", ".", ";",
    "and", "his", "mother", "has", "in", "brother", "MI", "oedema", "İ", "ß", "-", "’s", "\n", "2.5", "type",
    "II", "were", "absent", "who", "family history", "runs in the family", "with", "micro", "cephaly",
])  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=4), max_size=30).map(" ".join) | st.text(max_size=60))
def test_offsets_always_match_and_never_overlap(graph: Graph, text: str) -> None:
    end = 0
    for found in link(graph, text):
        mention = found.mention
        assert text[mention.start : mention.end] == mention.text != ""
        assert mention.start >= end
        assert 0 < found.score <= 1
        assert graph.number(found.concept) is not None
        end = mention.end
    named = [f.concept for f in findings(graph, text)]
    assert len(set(named)) == len(named)
