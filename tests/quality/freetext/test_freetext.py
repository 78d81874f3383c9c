"""Free text: every shape is read, every character is in one place, claims and verdicts as written down beforehand."""

import gzip
import json
from itertools import pairwise
from pathlib import Path

import pytest

from medreason.errors import InputError
from medreason.kg.store import Graph
from medreason.quality.freetext.claims import FreeClaim, Reader
from medreason.quality.freetext.counts import summarise
from medreason.quality.freetext.parts import split
from medreason.quality.freetext.rows import Chain, read_chains
from medreason.records import Rejection
from tests.shared import shared_file

SENTENCES = [
    (line.split("\t")[0], [tuple(claim.split(" | ")) for claim in line.split("\t")[1:]])
    for line in Path(__file__).with_name("sentences.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
MARKS = {
    "plain": ("{}:\n", "1. {}\n", "->"),
    "bold": ("**{}:**\n\n", "1. {}\n", "->"),
    "hashes": ("### {}\n", "1. {}\n", "→"),
    "same line": ("{}: ", "Step 1: {}\n", "-->"),
}


def shaped(heading: str, number: str, arrow: str) -> str:
    """A chain with its headings, numbers and arrows in one spelling."""
    paths = "".join(number.format(f" {arrow} ".join(nodes)) for nodes in ("ABC", "AD"))
    steps = number.format("One. Two.") + "\n" + number.format("Three.").replace("1", "2")
    return "".join([
        heading.format("Finding reasoning paths").rstrip(" ") + ("" if heading.endswith("\n") else "\n"), paths, "\n",
        heading.format("Reasoning Process").rstrip(" ") + ("" if heading.endswith("\n") else "\n"), steps, "\n",
        heading.format("Conclusion"), "Four.",
    ])  # fmt: skip


SHAPES = {name: shaped(*marks) for name, marks in MARKS.items()}


@pytest.fixture(scope="module")
def reader(hpo: Graph) -> Reader:
    return Reader(hpo)


def claims(reader: Reader, text: str) -> list[FreeClaim]:
    return [c for c in reader.read(Chain("x", "", text, "", "text")).claims if c.checkable]


@pytest.mark.parametrize(("text", "wanted"), SENTENCES, ids=[t[:40] for t, _ in SENTENCES])
def test_sentences(hpo: Graph, reader: Reader, text: str, wanted: list[tuple[str, ...]]) -> None:
    found = [(hpo.name(c.head), hpo.name(c.tail), c.said, c.certainty, c.verdict) for c in claims(reader, text)]
    assert sorted(found) == sorted(wanted)
    for c in claims(reader, text):
        assert bool(c.edges) == (c.verdict in ("grounded", "contradicted") or len(c.edges) > 0)
        for (start, end), curie in zip(c.spans, (c.head, c.tail), strict=True):
            assert text[start:end] and hpo.number(curie) is not None


def test_verdicts_name_edges_of_the_polarity_that_they_speak_of(hpo: Graph, reader: Reader) -> None:
    [held] = claims(reader, "Marfan syndrome causes arachnodactyly.")
    assert [hpo.edge(e).polarity for e in held.edges] == ["present"]
    [wrong] = claims(reader, "Nephronophthisis 3 causes proteinuria.")
    assert {hpo.edge(e).polarity for e in wrong.edges} == {"absent"}
    [broad] = claims(reader, "Huntington disease is associated with abnormality of movement.")
    edge = hpo.edge(broad.edges[0])
    assert hpo.require(broad.tail) in hpo.ancestors[hpo.require(edge.tail)] and edge.head == broad.head


def test_a_kind_of_and_a_path(hpo: Graph, reader: Reader) -> None:
    [kind] = claims(reader, "Ptosis is a form of abnormal eye physiology.")
    assert (kind.said, kind.verdict) == ("is_a", "grounded")
    [far] = claims(reader, "Ptosis is a form of abnormality of the eye.")
    assert (far.said, far.verdict) == ("is_a", "derivable")
    [wrong] = claims(reader, "Ptosis is a type of hepatomegaly.")
    assert (wrong.said, wrong.verdict) == ("is_a", "unsupported")
    for arrow in ("->", "→", "-->", "=>"):
        path = claims(reader, f"1. Marfan syndrome {arrow} Arachnodactyly {arrow} Nothing known")
        assert [(c.verdict, c.certainty) for c in path] == [("grounded", "asserted")]


def test_a_claim_counts_once_in_a_sentence_and_says_where(hpo: Graph, reader: Reader) -> None:
    text = "First this. Marfan syndrome causes arachnodactyly, and Marfan syndrome has arachnodactyly. Last that."
    found = claims(reader, text)
    assert all(text[c.start : c.end].startswith("Marfan") for c in found)
    summary = summarise([reader.read(Chain("x", "", text, "", "text"))])
    assert summary["sentences"] == 3 and summary["sentences_with_a_claim"]["value"] == pytest.approx(1 / 3, abs=1e-4)


# -- parts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
def test_sections_and_steps_of_every_spelling(shape: str) -> None:
    text = SHAPES[shape]
    steps = split(text)
    assert [s.section for s in steps] == ["paths", "paths", "reasoning", "reasoning", "conclusion"]
    assert [len(s.sentences) for s in steps] == [3, 2, 2, 1, 1]
    assert [text[x.start : x.end] for x in steps[0].sentences] == ["A", "B", "C"]
    assert text[steps[-1].sentences[0].start : steps[-1].sentences[0].end] == "Four."
    assert all(x.path == (s.section == "paths") for s in steps for x in s.sentences)


def test_without_numbers_a_paragraph_is_a_step_and_bullets_are_sentences() -> None:
    steps = split("So, first this. Then that.\n\nHmm, wait.\n- one point\n- another\n\nFine.")
    assert [len(s.sentences) for s in steps] == [2, 3, 1]
    assert split("") == () and split("\n \n") == ()


def test_no_word_is_lost_or_doubled() -> None:
    for text in SHAPES.values():
        places = [(x.start, x.end) for s in split(text) for x in s.sentences]
        assert places == sorted(places) and all(a[1] <= b[0] for a, b in pairwise(places))
        said = "".join(text[a:b] for a, b in places)
        assert all(word in said for word in ("One", "Two", "Three", "Four"))


# -- rows --------------------------------------------------------------------------------------------------


def test_every_shape_is_read_and_a_bad_row_says_why(tmp_path: Path) -> None:
    rows = [
        {"dataset_name": "d", "id_in_dataset": 7, "question": "q", "answer": "a", "reasoning": "r", "options": "A. x"},
        {"Question": "q", "Complex_CoT": "c", "Response": "z"},
        {"id": "m", "question": "q", "reasoning": "1. x", "steps": []},
        {"id": "t", "text": "some"},
        {"output": "some"},
        {"id": "n", "question": "q"},
        {"reasoning": "   "},
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)) + "\nnot json\n[1]\n\n", encoding="utf-8")
    found = list(read_chains(path))
    good = [c for c in found if isinstance(c, Chain)]
    assert [c.shape for c in good] == ["medreason-published", "huatuo", "medreason", "text", "text"]
    assert [c.id for c in good] == ["d-7", "rows.jsonl:2", "m", "t", "rows.jsonl:5"]
    assert good[1].text == "c\n\nConclusion:\nz"
    bad = [(r.id, r.reason) for r in found if isinstance(r, Rejection)]
    assert bad == [
        ("rows.jsonl:6", "no_reasoning"),
        ("rows.jsonl:7", "empty"),
        ("rows.jsonl:8", "not_json"),
        ("rows.jsonl:9", "not_json"),
    ]
    packed = tmp_path / "rows.jsonl.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert len(list(read_chains(packed))) == len(found)
    with pytest.raises(InputError, match="no such file"):
        list(read_chains(tmp_path / "none.jsonl"))
    (tmp_path / "broken.jsonl.gz").write_bytes(b"\x1f\x8bnothing")
    with pytest.raises(InputError, match="cannot read"):
        list(read_chains(tmp_path / "broken.jsonl.gz"))


@pytest.mark.parametrize("name", ["medreason-published-1-5.jsonl", "huatuo-o1-1-100.jsonl"])
def test_published_chains_all_parse(reader: Reader, name: str) -> None:
    path = shared_file(f"reasoning/{name}")
    chains = [c for c in read_chains(path) if isinstance(c, Chain)]
    assert len(chains) == sum(bool(line.strip()) for line in path.open(encoding="utf-8"))
    for chain in chains:
        read = reader.read(chain)
        assert {s.section for s in read.steps} >= {"reasoning", "conclusion"}
        assert sum(x.end - x.start for s in read.steps for x in s.sentences) > 0.9 * len(chain.text)
