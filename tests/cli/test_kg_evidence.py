"""``medreason kg evidence``: every number is the library's, every finding is accounted for."""

import json
from pathlib import Path

import pytest

from medreason.api import explain
from medreason.kg.checks import Case, option_checks
from medreason.kg.store import Graph
from medreason.kg.view import GraphView
from medreason.teachers.weigh import Weigher
from tests.runs import medreason

VIGNETTES = Path(__file__).resolve().parents[2] / "src" / "medreason" / "data" / "vignettes.jsonl"
QUESTION = {
    "id": "q2",
    "question": "A 2-year-old girl has arachnodactyly, ectopia lentis, tall stature and pectus excavatum, "
    "but no intellectual disability and no seizures.",
    "options": {
        "A": "Homocystinuria due to cystathionine beta-synthase deficiency",
        "B": "Loeys-Dietz syndrome 1",
        "C": "A made-up condition",
        "D": "Duchenne muscular dystrophy",
        "E": "Microphthalmia, syndromic 1",
    },
}


def ask(folder: Path, question: dict, *options: object, **environment: str):
    return medreason("kg", "evidence", folder, "--question", "-", *options, stdin=json.dumps(question), **environment)


def evidence(folder: Path, question: dict) -> dict:
    done = ask(folder, question, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check(graph: Graph, question: dict, shown: dict) -> None:
    """Whether a document agrees with the library, number by number."""
    found = explain(graph, question)
    asked, chain = found.question, found.chain
    observed, excluded = Weigher(graph).telling(asked.findings)
    view = GraphView(graph, asked.excluded_publications)
    assert (shown["chosen_key"], shown["margin"]) == (chain.chosen_key, chain.margin)
    assert shown["adequate"] == found.adequate == (bool(chain.chosen_key) and chain.margin >= shown["margin_needed"])
    totals = [o["score"]["total"] for o in shown["options"] if o["score"]]
    assert totals == sorted(totals, reverse=True)
    if chain.chosen_key:
        assert chain.margin == pytest.approx(totals[0] - (totals[1] if len(totals) > 1 else 0), abs=1e-4)
    for option in shown["options"]:
        if option["score"] is None:
            assert option["key"] not in chain.scores
            continue
        score, given = chain.scores[option["key"]], chain.evidence[option["key"]]
        parts = ("evidence", "picture", "patient")
        assert [option["score"][part] for part in (*parts, "total")] == [
            score.evidence, score.picture, score.patient, score.total,
        ]  # fmt: skip
        assert option["score"]["total"] == pytest.approx(sum(option["score"][part] for part in parts), abs=2e-4)
        assert option["score"]["evidence"] == pytest.approx(sum(e["weight"] for e in option["evidence"]), abs=2e-4)
        told = {(e["stance"], e["finding"]["id"], e["weight"], e["edge"]) for e in option["evidence"]}
        assert told == {(e.stance, e.finding, e.weight, e.edge) for e in given}
        assert all(e["annotated_as"]["id"] == graph.edge(e["edge"]).tail for e in option["evidence"])
        # Each observed finding that counts stands once: as evidence, as counted once, or as not recorded.
        places = [e["finding"]["id"] for e in option["evidence"] if e["status"] == "observed"]
        places += [c["finding"]["id"] for c in option["counted_once"]]
        places += [f["id"] for f in option["not_recorded"]]
        assert sorted(places) == sorted(graph.curie(f) for f in observed)
        case = Case(tuple(observed), tuple(excluded), asked.patient)
        wanted = option_checks(view, graph.require(option["concept"]), case)
        assert [(c["rule"], c["outcome"], c["reason"]) for c in option["checks"]] == [c[:3] for c in wanted]


def test_the_numbers_are_those_of_the_library(hpo: Graph, hpo_dir: Path) -> None:
    shown = evidence(hpo_dir, QUESTION)
    check(hpo, QUESTION, shown)
    by_key = {o["key"]: o for o in shown["options"]}
    stances = {(key, e["stance"], e["status"]) for key, o in by_key.items() for e in o["evidence"]}
    assert ("B", "contradicts", "observed") in stances, "ectopia lentis was looked for in Loeys-Dietz"
    assert ("A", "contradicts", "excluded") in stances, "intellectual disability in 14 of 14"
    assert by_key["C"]["score"] is None
    assert shown["options"][-1]["key"] == "C"
    assert by_key["D"]["score"]["patient"] == -2.0
    assert [f["name"] for f in by_key["E"]["not_recorded"]] == ["Arachnodactyly", "Ectopia lentis", "Tall stature"]


def test_every_vignette_agrees_with_the_library(hpo: Graph) -> None:
    from medreason.cli._kg_evidence import document
    from medreason.config import DEFAULT_MARGIN

    seen = set()
    for line in VIGNETTES.read_text(encoding="utf-8").splitlines()[:60]:
        question = json.loads(line)
        shown = document(hpo, explain(hpo, question), DEFAULT_MARGIN)
        check(hpo, question, json.loads(json.dumps(shown)))
        seen |= {e["stance"] for o in shown["options"] for e in o["evidence"]}
        seen |= {"counted_once" for o in shown["options"] if o["counted_once"]}
    assert seen >= {"supports", "compatible", "contradicts", "counted_once"}


def test_the_terminal_says_it_all_in_80_columns(hpo_dir: Path) -> None:
    done = ask(hpo_dir, QUESTION, COLUMNS="80")
    assert done.returncode == 0, done.stderr
    shown, text = evidence(hpo_dir, QUESTION), done.stdout
    assert max(map(len, text.splitlines())) <= 80
    flat = " ".join(text.split())
    places = []
    for option in shown["options"]:
        places.append(flat.index(f"{option['key']} {option['text']}"))
        if not option["score"]:
            continue
        score = option["score"]
        assert (
            f"{score['total']:.2f} bits = evidence {score['evidence']:.2f} + picture {score['picture']:.2f} "
            f"+ patient {score['patient']:.2f}"
        ) in flat
        for piece in option["evidence"]:
            assert piece["edge"] in flat
            assert f"{piece['weight']:+.2f}" in flat
        for failed in (c for c in option["checks"] if c["outcome"] == "fail"):
            assert failed["reason"] in flat
    assert places == sorted(places)
    assert f"{shown['chosen_key']} leads by {shown['margin']:.2f} bits" in flat
    assert "-0.00" not in flat
    assert "not recorded Arachnodactyly; Ectopia lentis; Tall stature" in flat
    assert "Not medical advice" in flat


def test_the_margin_decides_what_is_adequate(hpo_dir: Path) -> None:
    assert "not adequate at margin 1000." in ask(hpo_dir, QUESTION, "--margin", 1000).stdout
    assert "adequate at margin 0.5." in ask(hpo_dir, QUESTION, "--margin", 0.5).stdout


def test_nothing_to_weigh_is_said(hpo_dir: Path) -> None:
    well = ask(hpo_dir, {**QUESTION, "question": "A woman feels well. What is it?"})
    assert well.returncode == 0
    assert "No adequate evidence" in well.stdout
    unknown = ask(hpo_dir, {**QUESTION, "options": {"A": "Made-up one", "B": "Made-up two"}})
    assert unknown.returncode == 0
    assert "No option was found in the graph" in unknown.stdout


def test_an_answer_key_changes_nothing(hpo_dir: Path) -> None:
    assert len({ask(hpo_dir, {**QUESTION, "answer_key": key}, "--json").stdout for key in ("", "A", "D")}) == 1


def test_publications_set_aside_take_their_references(hpo_dir: Path) -> None:
    paper = "PMID:20301697"
    shown = evidence(hpo_dir, {**QUESTION, "excluded_publications": [paper]})
    assert shown["excluded_publications"] == [paper]
    assert paper in json.dumps(evidence(hpo_dir, QUESTION)["options"])
    assert paper not in json.dumps(shown["options"])


def test_one_question_of_many(hpo_dir: Path) -> None:
    done = medreason("kg", "evidence", hpo_dir, "--question", VIGNETTES, "--id", "mr-0006", "--json")
    assert json.loads(done.stdout)["id"] == "mr-0006"
    for options, says in (([], "questions"), (["--id", "mr-none"], "no question has the id 'mr-none'")):
        refused = medreason("kg", "evidence", hpo_dir, "--question", VIGNETTES, *options)
        assert refused.returncode == 3
        assert says in refused.stderr
        assert "give --id with one of mr-0001" in refused.stderr


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("q.json", "", "cannot read a question"),
        ("q.json", "[]", "JSON object"),
        ("q.json", '{"question": "x"}', "options"),
        ("q.json", None, "cannot read"),
        ("q.jsonl", None, "cannot read"),
        ("q.jsonl", "", "holds no question"),
        ("q.jsonl", '{"id": "a"}\n{"id":', "q.jsonl:2"),
        ("q.jsonl", "[1]", "JSON object"),
        ("q.jsonl", b"\xff\xfe", "cannot read"),
    ],
)
def test_bad_questions_are_one_clear_error(
    hpo_dir: Path, tmp_path: Path, name: str, text: str | bytes | None, says: str
) -> None:
    if text is not None:
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    done = medreason("kg", "evidence", hpo_dir, "--question", tmp_path / name)
    assert done.returncode == 3
    assert says in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("margin", "code"), [("nan", 2), ("inf", 2), ("-1", 2)])
def test_a_margin_that_decides_nothing(hpo_dir: Path, margin: str, code: int) -> None:
    done = ask(hpo_dir, QUESTION, f"--margin={margin}")
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_a_folder_that_is_no_graph(tmp_path: Path) -> None:
    done = ask(tmp_path, QUESTION)
    assert done.returncode == 3
    assert "not a complete graph" in done.stderr
