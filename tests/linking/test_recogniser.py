"""What the recogniser finds in a small graph with the traps in it, and how it is stored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medreason.kg.build import build
from medreason.kg.source import SourceGraph
from medreason.kg.store import Graph, open_graph
from medreason.linking import link, recogniser
from medreason.records import Concept, Edge, Synonym

CONCEPTS = {
    "HP:0000001": ("All", ()),
    "HP:0000118": ("Phenotypic abnormality", ()),
    "HP:0000077": ("Abnormality of the kidney", ()),
    "HP:0000125": ("Pelvic kidney", ()),
    "HP:0000175": ("Cleft palate", ()),
    "HP:0000202": ("Cleft lip", ()),
    "HP:0000315": ("Abnormality of the orbital region", ()),
    "HP:0000365": ("Hearing impairment", ("Hearing loss",)),
    "HP:0000436": ("Small nose", ()),
    "HP:0001156": ("Brachydactyly", ()),
    "HP:0001250": ("Seizure", ("Fits",)),
    "HP:0001251": ("Ataxia", ()),
    "HP:0001252": ("Hypotonia", ()),
    "HP:0001272": ("Cerebellar atrophy", ()),
    "HP:0001634": ("Mitral valve prolapse", ()),
    "HP:0001831": ("Short toe", ()),
    "HP:0001945": ("Fever", ()),
    "HP:0002059": ("Cerebral atrophy", ()),
    "HP:0002060": ("Abnormality of the ear", ()),
    "HP:0002363": ("Abnormality of the brainstem", ()),
    "HP:0002521": ("Brain edema", ()),
    "HP:0002522": ("Stem cell disease", ()),
    "HP:0002902": ("Hyponatremia", ()),
    "HP:0003074": ("Increased blood glucose", ()),
    "HP:0009370": ("Type A brachydactyly", ()),
    "HP:0009381": ("Short finger", ()),
    "HP:0009804": ("Tooth agenesis", ()),
    "HP:0040070": ("Abnormality of the limbs", ()),
    "HP:0100543": ("Odontogenic keratocysts of the jaw", ()),
    "HP:0100024": ("Conspicuously happy disposition", ()),
    "HP:0500001": ("Body odor", ("BO",)),
    "HP:0009824": ("Short arm", ()),
    "HP:0001903": ("Anemia", ()),
    "HP:0000980": ("Pallor", ()),
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    source = SourceGraph("small", "1", "none", "none")
    for concept, (name, synonyms) in CONCEPTS.items():
        kinds = tuple(Synonym(s, "EXACT", "abbreviation" if s.isupper() else "") for s in synonyms)
        source.concepts.append(Concept(concept, "phenotype", name, kinds))
    source.concepts += [
        Concept("HP:0000006", "inheritance", "Autosomal dominant inheritance"),
        Concept("HP:0012828", "modifier", "Severe"),
    ]
    source.edges.append(Edge("E0000000000000001", "HP:0009370", "is_a", "HP:0001156", True, "present", "small"))
    folder = tmp_path_factory.mktemp("recogniser") / "graph"
    build(source, folder)
    return open_graph(folder)


def named(graph: Graph, text: str) -> list[str]:
    return [CONCEPTS[x.concept][0] for x in link(graph, text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ataxic gait", ["Ataxia"]),
        ("a hypotonic infant", ["Hypotonia"]),
        ("renal anomalies", ["Abnormality of the kidney"]),
        ("renal disorders", ["Abnormality of the kidney"]),
        ("brain stem anomalies", ["Abnormality of the brainstem"]),
        ("odontogenic keratocysts", ["Odontogenic keratocysts of the jaw"]),
        ("a happy disposition", ["Conspicuously happy disposition"]),
        ("his fingers are short", ["Short finger"]),
        ("raised blood glucose", ["Increased blood glucose"]),
        ("febrile", ["Fever"]),
        ("a pale child", ["Pallor"]),
        ("pyrexia of unknown origin", []),
        ("convulsions", ["Seizure"]),
        ("dental agenesis", ["Tooth agenesis"]),
    ],
)
def test_other_words_for_a_name(small: Graph, text: str, expected: list[str]) -> None:
    assert named(small, f"There is {text}.") == expected


@pytest.mark.parametrize(
    "text",
    [
        "decreased blood glucose",
        "renal pelvis",
        "small nasal polyps",
        "pale macules",
        "the short arm of chromosome 6",
        "toes. Short",
    ],
)
def test_what_only_looks_like_a_name(small: Graph, text: str) -> None:
    assert named(small, f"There is {text}.") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "cerebral and cerebellar atrophy",
            ["cerebral -> Cerebral atrophy", "cerebellar atrophy -> Cerebellar atrophy"],
        ),
        ("short fingers and toes", ["short fingers -> Short finger", "toes -> Short toe"]),
        ("cleft lip or palate", ["cleft lip -> Cleft lip", "palate -> Cleft palate"]),
        (
            "renal, xyz, ear and limb anomalies",
            [
                "renal -> Abnormality of the kidney", "ear -> Abnormality of the ear",
                "limb anomalies -> Abnormality of the limbs",
            ],
        ),
        ("hearing loss and atrophy", ["hearing loss -> Hearing impairment"]),
    ],
)  # fmt: skip
def test_lists_that_share_a_word(small: Graph, text: str, expected: list[str]) -> None:
    assert [f"{x.mention.text} -> {CONCEPTS[x.concept][0]}" for x in link(small, f"He has {text}.")] == expected


def test_abbreviations_mean_what_the_text_says(small: Graph) -> None:
    text = "Mitral valve prolapse (MVP) is common. MVP was mild."
    assert named(small, text) == ["Mitral valve prolapse"] * 3
    assert named(small, "MVP was mild.") == []
    assert named(small, "BO was noted.") == ["Body odor"]
    assert named(small, "Branchio-oto syndrome (BO) and BO.") == []
    assert named(small, "MVP (mitral valve prolapse) was seen. MVP was mild.") == ["Mitral valve prolapse"] * 3
    assert named(small, "Mitral valve prolapses (MVPs) and an MVP") == ["Mitral valve prolapse"] * 3


def test_broader_names_inside_a_name_on_request(small: Graph) -> None:
    text = "Type A brachydactyly with cerebral atrophy"
    assert [x.mention.text for x in link(small, text)] == ["Type A brachydactyly", "cerebral atrophy"]
    nested = link(small, text, nested=True)
    assert [x.mention.text for x in nested] == ["Type A brachydactyly", "brachydactyly", "cerebral atrophy"]


def test_the_letter_of_a_type_is_no_article(small: Graph) -> None:
    assert named(small, "brachydactyly type A") == ["Type A brachydactyly"]
    assert named(small, "brachydactyly type C") == ["Brachydactyly"]
    assert named(small, "brachydactyly is a type") == ["Brachydactyly"]


def test_modes_of_inheritance_but_no_qualifiers(small: Graph) -> None:
    found = link(small, "A severe, dominantly inherited disorder", ("inheritance", "modifier"))
    assert [x.concept for x in found] == ["HP:0000006"]


def test_values_are_findings(small: Graph) -> None:
    (found,) = link(small, "On admission, serum sodium was 121 mEq/L.")
    assert (found.concept, found.mention.text, found.method) == ("HP:0002902", "sodium was 121 mEq/L", "measured")
    assert named(small, "His mother's sodium was 134 mEq/L.") == []
    (kin,) = link(small, "His sister had a temperature of 39.5 °C.")
    assert kin.mention.subject == "family"


# -- storing ---------------------------------------------------------------------------------------------


def files(graph: Graph) -> list[Path]:
    return sorted((Path(graph.folder) / recogniser.FOLDER).glob("*"))


def test_it_is_stored_with_the_graph_and_loaded_the_same(small: Graph) -> None:
    made = recogniser.compile_recogniser(small, ("phenotype",))
    loaded = recogniser.load(small, ("phenotype",))
    assert loaded is not None
    assert (loaded.bags, loaded.pairs, loaded.singles) == (made.bags, made.pairs, made.singles)
    assert all(file.suffix == ".json" for file in files(small))


def test_compiling_twice_gives_the_same_bytes(small: Graph) -> None:
    recogniser.compile_recogniser(small, ("phenotype",))
    before = {file.name: file.read_bytes() for file in files(small)}
    recogniser.compile_recogniser(small, ("phenotype",))
    assert {file.name: file.read_bytes() for file in files(small)} == before


def test_a_recogniser_of_other_rules_is_replaced(small: Graph) -> None:
    name = recogniser.file_name(small, ("phenotype",))
    stale = Path(small.folder) / recogniser.FOLDER / f"{name.rpartition('-')[0]}-0000000000000000.json"
    recogniser.compile_recogniser(small, ("phenotype",))
    stale.write_text("{}", encoding="utf-8")
    recogniser.compile_recogniser(small, ("phenotype",))
    assert not stale.exists()
    assert name in {file.name for file in files(small)}


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", json.dumps({"words": {}}).encode()])
def test_a_damaged_file_is_no_recogniser(small: Graph, damage: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/nonexistent")
    recogniser.compile_recogniser(small, ("inheritance",))
    (file,) = [f for f in files(small) if f.name == recogniser.file_name(small, ("inheritance",))]
    file.write_bytes(damage)
    assert recogniser.load(small, ("inheritance",)) is None
    file.unlink()


def test_a_read_only_folder_falls_back_to_the_cache(
    small: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    blocked = tmp_path / "blocked"
    blocked.write_text("a file, no folder", encoding="utf-8")
    monkeypatch.setattr(small, "folder", blocked)
    assert recogniser.load(small, ("modifier",)) is None
    recogniser.compile_recogniser(small, ("modifier",))
    assert len(list((tmp_path / "medreason" / recogniser.FOLDER).glob("*.json"))) == 1
    assert recogniser.load(small, ("modifier",)) is not None
