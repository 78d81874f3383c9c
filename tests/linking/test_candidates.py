from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medreason.config import LINKING_PROFILES, LinkingConfig, load_linking
from medreason.errors import UsageError
from medreason.kg.build import build
from medreason.kg.source import SourceGraph, make_edge
from medreason.kg.store import Graph, open_graph
from medreason.linking.abbreviations import explained
from medreason.linking.candidates import Candidate, CandidateIndex, PlainNgrams, candidate_index
from medreason.linking.choose import COMPAT, DEFAULT, Open, Thresholds
from medreason.linking.linker import Linker, apart, best_of
from medreason.linking.ngrams import NgramIndex, fold
from medreason.linking.spans import named_spans
from medreason.linking.wording import alike, levelled, numbers
from medreason.records import Concept, Mention, Synonym

DISEASES: list[tuple[str, str, tuple[tuple[str, str], ...], tuple[str, ...]]] = [
    ("M:01", "breast neoplasm", (), ("MESH:D001943",)),
    ("M:02", "breast cancer", (("breast carcinoma", "EXACT"),), ("OMIM:114480",)),
    ("M:03", "ovarian cancer", (), ("MESH:D010051",)),
    ("M:04", "kidney disease", (("nephropathy, chronic", "RELATED"),), ("MESH:D007674",)),
    ("M:05", "Ehlers-Danlos syndrome, type 1", (), ("OMIM:130000",)),
    ("M:06", "Ehlers-Danlos syndrome, type 2", (), ("OMIM:130010",)),
    ("M:07", "ataxia telangiectasia", (), ("MESH:D001260",)),
    ("M:08", "Fanconi anemia", (), ("MESH:D005199",)),
    ("M:09", "von Hippel-Lindau disease", (), ("MESH:D006623",)),
    ("M:10", "anemia (disease)", (), ("MESH:D000740",)),
    ("M:11", "myotonic dystrophy", (), ()),
]


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    source = SourceGraph("diseases", "1", "CC0", "none")
    for curie, name, synonyms, xrefs in DISEASES:
        source.concepts.append(Concept(curie, "disease", name, tuple(Synonym(*s) for s in synonyms), "", xrefs))
    source.concepts.append(Concept("P:01", "phenotype", "Breast lump"))
    source.edges.append(make_edge("M:02", "is_a", "M:01", "test"))
    folder = tmp_path_factory.mktemp("candidates") / "graph"
    build(source, folder)
    return open_graph(folder)


@pytest.fixture(scope="module")
def index(graph: Graph) -> CandidateIndex:
    return candidate_index(graph, ("disease",))


def best(index: CandidateIndex, text: str) -> tuple[str, str]:
    found = index.search(text)[0]
    return found.concept, found.method


# -- trigrams ------------------------------------------------------------------------------------------


def test_fold_is_ascii_without_accents_or_marks() -> None:
    assert fold("Sjögren's  β-thalassaemia (Type I)") == "sjogren s beta thalassaemia type i"
    assert fold("") == fold("—") == ""


NAMES = st.lists(st.text(st.sampled_from("abc de1"), max_size=8).map(fold), min_size=1, max_size=25)


@settings(deadline=None)  # the first search compiles
@given(NAMES, st.text(st.sampled_from("abc de1"), max_size=8).map(fold))
def test_trigram_search_is_the_cosine_of_tfidf_vectors(names: list[str], query: str) -> None:
    def grams(text: str) -> dict[str, int]:
        padded = f" {text} "
        found: dict[str, int] = {}
        for i in range(len(padded) - 2):
            found[padded[i : i + 3]] = found.get(padded[i : i + 3], 0) + 1
        return found if text else {}

    frequency: dict[str, int] = {}
    for name in names:
        for gram in grams(name):
            frequency[gram] = frequency.get(gram, 0) + 1

    def vector(text: str) -> dict[str, float]:
        raw = {g: n * (np.log((1 + len(names)) / (1 + frequency.get(g, 0))) + 1) for g, n in grams(text).items()}
        norm = np.sqrt(sum(v * v for v in raw.values())) or 1.0
        return {g: v / norm for g, v in raw.items()}

    wanted = vector(query)
    expected = [sum(v * vector(name).get(g, 0.0) for g, v in wanted.items()) for name in names]
    hits = NgramIndex(names).search(query, len(names))
    assert np.allclose(hits.scores, [expected[i] for i in hits.rows.tolist()], atol=1e-5)
    assert np.all(np.diff(hits.scores) <= 1e-6)
    assert set(hits.rows.tolist()) >= {i for i, e in enumerate(expected) if e > 1e-5}


def test_searching_twice_gives_the_same() -> None:
    index = NgramIndex(["breast cancer", "ovarian cancer", "breast"])
    first, second = index.search("breast cancer", 2), index.search("breast cancer", 2)
    assert first.rows.tolist() == second.rows.tolist() == [0, 2]
    assert index.search("qqq").rows.tolist() == index.search("").rows.tolist() == []


# -- wording -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("renal carcinomas", "kidney neoplasm"),
        ("nephropathy", "disease of the kidney"),
        ("ischemic", "ischaemia"),
        ("epileptic", "epilepsy"),
        ("diabetic", "diabetes"),
        ("anemia (disease)", "anaemia"),
        ("type II", "type 2"),
    ],
)
def test_wordings_that_level_to_the_same(one: str, other: str) -> None:
    assert sorted(levelled(one)) == sorted(levelled(other))


def test_words_are_alike_by_stem_or_spelling_but_numbers_are_not() -> None:
    assert alike("hypertension", "hypertensive") == 0.9
    assert alike("telangiectasia", "telangectasia") > 0.8
    assert alike("syndrome", "disease") == 0.9
    assert alike("toxicity", "disease") == 0.8
    assert alike("hyper", "hypo") == alike("12", "13") == alike("kidney", "liver") == 0.0
    assert numbers(("type", "2", "b", "disease")) == ("2", "b")


# -- candidates ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected", "method"),
    [
        ("breast cancer", "M:02", "exact"),
        ("Breast Carcinoma", "M:02", "exact"),
        ("breast tumours", "M:01", "normalised"),
        ("anaemia, Fanconi", "M:08", "normalised"),
        ("Ehlers-Danlos type II", "M:06", "normalised"),
        ("ataxia telangectasia", "M:07", "ngrams"),
        ("nephropathies", "M:04", "normalised"),
        ("anaemia", "M:10", "normalised"),
    ],
)
def test_the_best_candidate_and_its_method(index: CandidateIndex, text: str, expected: str, method: str) -> None:
    assert best(index, text) == (expected, method)


def test_candidates_are_of_the_types_once_each_and_ordered(index: CandidateIndex) -> None:
    found = index.search("breast cancer", 5)
    assert len({c.concept for c in found}) == len(found) <= 5
    assert all(c.concept.startswith("M:") for c in found)
    assert [c.score for c in found] == sorted((c.score for c in found), reverse=True)
    assert all(0 < c.score <= 1 for c in found)
    assert index.search("") == index.search("!?") == ()


def test_vocabularies_limit_the_answers_and_the_earlier_wins_a_tie(graph: Graph) -> None:
    assert best(CandidateIndex(graph, ("disease",), ("OMIM",)), "breast tumor")[0] == "M:02"
    both = CandidateIndex(graph, ("disease",), ("MESH", "OMIM"))
    assert best(both, "breast cancer")[0] == "M:01"
    assert "myotonic dystrophy" not in {row.text for row in both.rows}


def test_learned_names_win_and_say_so(graph: Graph) -> None:
    taught = CandidateIndex(graph, ("disease",), learned=[("breast cancer", "M:01"), ("no such", "M:99")])
    assert best(taught, "breast cancer") == ("M:01", "learned")


def test_the_yardstick_knows_only_letters(graph: Graph, index: CandidateIndex) -> None:
    plain = PlainNgrams(graph, index.rows)
    assert plain.best("breast cancer") == "M:02"
    assert plain.best("qqqq") == ""


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_can_be_searched(index: CandidateIndex, text: str) -> None:
    assert all(0 < c.score <= 1 for c in index.search(text))


# -- short forms and joined mentions -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Patients with ataxia-telangiectasia (A-T) were seen.", {"A-T": "ataxia-telangiectasia"}),
        ("von Hippel-Lindau (VHL) disease", {"VHL": "von Hippel-Lindau"}),
        ("VHL (von Hippel-Lindau) disease", {"VHL": "von Hippel-Lindau"}),
        ("patients with myotonic dystrophy (DM)", {"DM": "myotonic dystrophy"}),
        ("dystrophia myotonica [DM]", {"DM": "dystrophia myotonica"}),
        ("muscular dystrophy (DM)", {"DM": "muscular dystrophy"}),
        ("paternal uniparental disomy (UPD)", {"UPD": "uniparental disomy"}),
        ("newly diagnosed multiple myeloma (MM)", {"MM": "multiple myeloma"}),
        ("with dystrophy, myotonic dystrophy (DM)", {"DM": "myotonic dystrophy"}),
        ("ventricular septal defects (VSDs)", {"VSDs": "ventricular septal defects"}),
        ("mitral valve prolapse (MVP, or floppy valve)", {"MVP": "mitral valve prolapse"}),
        ("homogentisate 1, 2-dioxygenase (HGO)", {"HGO": "homogentisate 1, 2-dioxygenase"}),
        ("in most cases (62%) and (see Table 1)", {}),
        ("a deep. Injury (DI)", {}),
        ("", {}),
    ],
)
def test_short_forms_a_text_explains(text: str, expected: dict[str, str]) -> None:
    assert explained(text) == expected


@given(st.text(st.sampled_from("ab AB()[]-., \n"), max_size=80))
def test_short_forms_of_any_text_have_their_letters(text: str) -> None:
    for short, long in explained(text).items():
        assert len(long) > len(short)
        assert {c.lower() for c in short if c.isalnum()} <= set(long.lower())


def test_joined_mentions_come_apart() -> None:
    assert apart("breast and ovarian cancer") == ["breast cancer", "ovarian cancer"]
    assert apart("skin, lung, and breast cancer") == ["skin cancer", "lung cancer", "breast cancer"]
    assert apart("asthma and rhinitis") == ["asthma", "rhinitis"]
    assert apart("asthma") == ["asthma"]


def links(linker: Linker, text: str, *wordings: str) -> list[list[str]]:
    mentions = [Mention(w, text.index(w), text.index(w) + len(w)) for w in wordings]
    return [[found.concept for found in row] for row in linker.link(text, mentions)]


def test_a_text_lends_its_mentions_their_meaning(index: CandidateIndex) -> None:
    linker = Linker(index)
    text = "Ataxia telangiectasia (AT) is rare. AT and VHL run in families with von Hippel-Lindau tumours."
    assert links(linker, text, "AT", "VHL") == [["M:07"], ["M:09"]]
    assert links(linker, "AT and VHL", "AT", "VHL") == [[], []]
    assert links(linker, "breast and ovarian cancer", "breast and ovarian cancer") == [["M:02", "M:03"]]


def test_links_say_method_score_and_runner_up(index: CandidateIndex) -> None:
    text = "Ehlers-Danlos type 2"
    ((found,),) = Linker(index).link(text, [Mention(text, 0, len(text))])
    assert (found.concept, found.method, found.runner_up) == ("M:06", "normalised", "M:05")
    assert 0.9 < found.score <= 1


def test_spans_that_are_names_once_levelled(index: CandidateIndex) -> None:
    text = "Renal diseases and anaemia; breast and ovarian cancer, anaemia and ataxia of the telangiectasia."
    found = [m.text for m in named_spans(text, index)]
    assert found == [
        "Renal diseases",
        "anaemia",
        "breast and ovarian cancer",
        "anaemia",
        "ataxia of the telangiectasia",
    ]
    assert named_spans("Of the kidney, a disease and the syndrome.", index) == []
    taken = [Mention("anaemia", 19, 26), Mention("ovarian cancer", 39, 53)]
    kept = named_spans(text, index, taken)
    assert taken[0] in kept
    assert taken[1] not in kept  # it gave way to the longer name


@settings(deadline=None)
@given(st.lists(st.sampled_from("breast and ovarian cancer , ; of kidney disease anaemia".split()), max_size=12))
def test_spans_are_in_order_and_match_the_text(index: CandidateIndex, words: list[str]) -> None:
    text = " ".join(words)
    end = 0
    for mention in named_spans(text, index):
        assert end <= mention.start < mention.end
        assert text[mention.start : mention.end] == mention.text
        end = mention.end


# -- choosing ------------------------------------------------------------------------------------------


class Scripted:
    def __init__(self, answers: Sequence[str | None]) -> None:
        self.answers = answers
        self.calls: list[list[Open]] = []

    def choose(self, text: str, mentions: Sequence[Open]) -> Sequence[str | None]:
        self.calls.append(list(mentions))
        return self.answers


class Similar:
    def __init__(self, *scores: float) -> None:
        self.scores = scores

    def search(self, text: str, k: int = 10, types: Sequence[str] = ()) -> tuple[Candidate, ...]:
        assert (k, tuple(types)) == (10, ("disease",))
        return tuple(Candidate(f"M:{i:02}", f"name {i}", "dense", s) for i, s in enumerate(self.scores, start=1))


def test_open_mentions_are_asked_in_one_call_and_none_is_an_answer(index: CandidateIndex) -> None:
    text = "breast cancers, ovary lesion, kidney harm"
    chooser = Scripted(["M:03", None])
    found = links(Linker(index, Thresholds(accept=0.95), chooser=chooser), text, "ovary lesion", "kidney harm")
    assert found == [["M:03"], []]
    assert [len(call) for call in chooser.calls] == [2]
    sure = Linker(index, chooser=Scripted([]))
    assert links(sure, text, "breast cancer") == [["M:02"]]


def test_an_answer_that_was_not_offered_is_refused(index: CandidateIndex) -> None:
    linker = Linker(index, Thresholds(accept=0.99), chooser=Scripted(["M:99"]))
    with pytest.raises(ValueError, match="was not offered"):
        links(linker, "ovary lesion", "ovary lesion")


@pytest.mark.parametrize(
    ("scores", "offered", "expected"),
    [
        ((0.86, 0.80), 0, ["M:01"]),  # the first above 0.85 is taken
        ((0.85, 0.80), 2, ["M:02"]),  # else the model is asked about those above 0.70
        ((0.80, 0.71, 0.70), 2, ["M:02"]),
        ((0.70, 0.60), 0, []),
    ],
)
def test_the_published_ladder(
    index: CandidateIndex, scores: tuple[float, ...], offered: int, expected: list[str]
) -> None:
    chooser = Scripted(["M:02"])
    linker = Linker(index, COMPAT, dense=Similar(*scores), chooser=chooser)
    assert links(linker, "xyzzy", "xyzzy") == [expected]
    assert [len(call[0].candidates) for call in chooser.calls] == ([offered] if offered else [])
    assert links(linker, "breast cancer", "breast cancer") == [["M:02"]]  # exact names come first
    unasked = Linker(index, COMPAT, dense=Similar(*scores))
    assert links(unasked, "xyzzy", "xyzzy") == [[] if offered else expected]


def test_dense_candidates_join_the_named_ones(index: CandidateIndex) -> None:
    linker = Linker(index, dense=Similar(0.99))
    assert linker.candidates("ovary lesion")[0] == Candidate("M:01", "name 1", "dense", 0.99)
    assert linker.candidates("breast cancer")[0].method == "exact"
    a, b = Candidate("A", "", "dense", 0.5), Candidate("A", "", "ngrams", 0.6)
    assert best_of([a, b, Candidate("B", "", "dense", 0.7)], 2)[1] == b


def test_profiles_of_the_configuration_are_those_of_the_linker(tmp_path: Path) -> None:
    for name, thresholds in (("default", DEFAULT), ("compat", COMPAT)):
        values = LinkingConfig.model_validate({"profile": name}).model_dump(exclude={"profile"})
        assert values == LINKING_PROFILES[name]
        assert Thresholds(**values) == thresholds
    file = tmp_path / "run.yaml"
    file.write_text("linking:\n  profile: compat\n  accept: 0.8\n")
    assert load_linking(file).model_dump() == {"profile": "compat", **LINKING_PROFILES["compat"], "accept": 0.8}
    assert load_linking(file, "default").keep == 0.35
    file.write_text("linking:\n  kep: 1\n  keep: 2\n")
    with pytest.raises(UsageError, match=r"linking.keep: .*linking.kep: "):
        load_linking(file)
