"""``medreason link`` and ``medreason link-eval`` through the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from medreason.cli import app
from medreason.errors import MedReasonError
from medreason.kg.build import build
from medreason.kg.source import SourceGraph, make_edge
from medreason.records import Concept, Synonym

TEXT = "Seizures and <b>gait ataxia</b>, but no tremor. His mother has twin nails."
GSC = {
    "pmid": "1",
    "text": "Seizures without tremor.",
    "annotations": [
        {"start": 0, "end": 8, "id": "HP:0001250", "text": "Seizures"},
        {"start": 17, "end": 23, "id": "HP:0009999", "text": "tremor"},
    ],
}
PUBTATOR = "1|t|Breast tumour.\n1|a|Rare breast tumours.\n1\t0\t13\tBreast tumour\tDisease\tD001943\n"


@pytest.fixture(scope="module")
def kg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = SourceGraph("toy", "1", "CC0", "Nobody.")
    source.concepts = [
        Concept("HP:0000118", "phenotype", "Phenotypic abnormality"),
        Concept("HP:0001250", "phenotype", "Seizure", (Synonym("Seizures"),), "A fit."),
        Concept("HP:0002066", "phenotype", "Gait ataxia"),
        Concept("HP:0001337", "phenotype", "Tremor"),
        Concept("HP:0100003", "phenotype", "Thick nail", (Synonym("Twin nails"),)),
        Concept("HP:0100004", "phenotype", "Thin nail", (Synonym("Twin nails"),)),
        Concept("M:1", "disease", "breast tumor", (), "", ("MESH:D001943",)),
    ]
    source.edges = [make_edge(c.id, "is_a", "HP:0000118", "toy") for c in source.concepts[1:] if c.type == "phenotype"]
    source.retired = {"HP:0009999": "HP:0001337"}
    folder = tmp_path_factory.mktemp("link") / "toy"
    build(source, folder)
    return folder


def run(*arguments: object, given: str | None = None) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments], input=given)


def ok(*arguments: object, given: str | None = None) -> str:
    result = run(*arguments, given=given)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def refused(*arguments: object) -> str:
    result = run(*arguments)
    assert isinstance(result.exception, MedReasonError), (result.output, result.exception)
    return str(result.exception)


def test_a_text_in_the_terminal(kg: Path) -> None:
    out = ok("link", TEXT, "--kg", kg)
    assert "<b>gait ataxia</b>" in out
    assert re.search(r"gait\s+ataxia\s+HP:0002066", out)
    assert re.search(r"tremor\s+HP:0001337\s+Tremor\s+excluded\s+exact\s+1\.00", out)
    assert "runner-up" in out
    assert "No name of the graph" in ok("link", "Nothing here.", "--kg", kg)


def test_json_says_concept_scope_method_score_and_runner_up(kg: Path, tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_text(TEXT)
    document = json.loads(ok("link", file, "--kg", kg, "--json"))
    assert json.loads(ok("link", "-", "--kg", kg, "--json", given=TEXT)) == document
    assert document["text"] == TEXT
    assert [row["concept"] for row in document["links"]] == ["HP:0001250", "HP:0002066", "HP:0001337", "HP:0100003"]
    twin = document["links"][-1]
    assert (twin["runner_up"], twin["runner_up_name"]) == ("HP:0100004", "Thin nail")
    assert (twin["mention"]["subject"], twin["score"] < 1) == ("family", True)
    for row in document["links"]:
        mention = row["mention"]
        assert TEXT[mention["start"] : mention["end"]] == mention["text"]


def test_the_page_is_self_contained_and_escapes_the_text(kg: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    ok("link", TEXT, "--kg", kg, "--html", page)
    html = page.read_text()
    assert "&lt;b&gt;" in html
    assert "<b>gait" not in html
    assert not re.search(r'(?:src|href)="(?!#)', html)
    assert "<script" not in html
    assert html.count("<mark id=") == 4
    assert 'class="excluded"' in html
    assert "Thin nail" in html
    assert str(tmp_path) not in html
    ok("link", "Nothing here.", "--kg", kg, "--html", page)
    assert "No name of the graph was found" in page.read_text()


def test_control_characters_do_not_reach_the_terminal(kg: Path) -> None:
    assert "\x1b[2J" not in ok("link", "Seizures \x1b[2J tremor", "--kg", kg)


def test_what_link_refuses(kg: Path, tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes(b"\xff\xfe")
    assert "not a text in UTF-8" in refused("link", tmp_path / "latin.txt", "--kg", kg)
    assert "no-such.txt: cannot read: No such file" in refused("link", "no-such.txt", "--kg", kg)
    assert "no text to link" in refused("link", " ", "--kg", kg)
    assert "no node has the type gene" in refused("link", TEXT, "--kg", kg, "--type", "gene")
    assert "cannot write" in refused("link", TEXT, "--kg", kg, "--html", tmp_path / "no" / "page.html")
    assert "not a complete graph" in refused("link", TEXT, "--kg", tmp_path)


def test_link_eval_on_gsc(kg: Path, tmp_path: Path) -> None:
    corpus, errors = tmp_path / "c.jsonl", tmp_path / "errors.jsonl"
    corpus.write_text(json.dumps(GSC) + "\n")
    scores = json.loads(ok("link-eval", corpus, "--format", "gsc", "--kg", kg, "--json", "--errors", errors))
    assert scores["document"]["abnormality"]["f1"] == scores["document"]["all"]["f1"] == 1.0
    assert scores["mention"]["all"]["f1"] == 1.0
    assert scores["given_mention"]["baseline"]["accuracy"]["value"] == 1.0
    assert (scores["corpus"], scores["format"], scores["profile"]) == ("c.jsonl", "gsc", "default")
    assert errors.read_text() == ""
    out = ok("link-eval", corpus, "--format", "gsc", "--kg", kg)
    assert re.search(r"document, abnormality\s+100\.0\s+100\.0\s+100\.0", out)


def test_link_eval_on_pubtator_writes_every_error(kg: Path, tmp_path: Path) -> None:
    corpus, errors = tmp_path / "c.txt", tmp_path / "errors.jsonl"
    corpus.write_text(PUBTATOR)
    arguments = ("link-eval", corpus, "--format", "pubtator", "--kg", kg, "--learn", corpus, "--errors", errors)
    scores = json.loads(ok(*arguments, "--json"))
    assert scores["vocabularies"] == ["MESH", "OMIM"]
    assert scores["document"]["all"]["f1"] == 1.0
    assert scores["mention"]["by_type"]["Disease"]["recall"] == 1.0
    assert scores["given_mention_learned"]["also_evaluated_left_out"] == 1
    (row,) = [json.loads(line) for line in errors.read_text().splitlines()]
    assert (row["error"], row["text"], row["found"][0]["id"]) == ("not marked", "breast tumours", "MESH:D001943")
    assert scores["errors"] == 1
    assert "and names from --learn" in ok(*arguments)


def test_what_link_eval_refuses(kg: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "c.jsonl"
    corpus.write_text(json.dumps(GSC) + "\n")
    base = ("link-eval", corpus, "--kg", kg, "--format")
    assert "unknown corpus format" in refused(*base, "bioc")
    assert "cannot be read as a corpus" in refused(*base, "pubtator")
    assert "by embedding" in refused(*base, "gsc", "--profile", "compat")
    assert "linking.profile" in refused(*base, "gsc", "--profile", "best")
    assert "no node has the type" in refused(*base, "gsc", "--type", "gene")
    assert "cannot write" in refused(*base, "gsc", "--errors", tmp_path / "no" / "e.jsonl")
