"""``medreason funnel`` on real run folders: the ledger, one item's way, an interrupted run, a line gone."""

import json
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from medreason.config import RunConfig
from medreason.dataset.journal import Journal
from medreason.engine import run
from tests.runs import fingerprint, medreason

ROWS: list[Any] = [
    {
        "id": "open",
        "question": "A girl of six years has arachnodactyly, ectopia lentis and aortic root aneurysm.",
        "options": [{"key": "A", "text": "Marfan syndrome"}, {"key": "B", "text": "Costello syndrome"}],
    },
    {"id": "no options", "question": "What is it?"},
    "no object",
    {
        "id": "unlinked",
        "question": "It has rained in the valley all day.",
        "options": [{"key": "A", "text": "Marfan syndrome"}, {"key": "B", "text": "Costello syndrome"}],
        "answer_key": "A",
    },
    {"id": "open", "question": "Again", "options": {}},
]
VIGNETTES = Path(__file__).parents[2] / "src" / "medreason" / "data" / "vignettes.jsonl"


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("funnel") / "own.jsonl"
    vignettes = VIGNETTES.read_text(encoding="utf-8").splitlines()[:6]
    path.write_text("\n".join([*map(json.dumps, ROWS), *vignettes]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(hpo_dir: Path, questions: Path) -> Path:
    out = questions.parent / "run"
    run(RunConfig(questions=questions, source="jsonl", kg=hpo_dir, out=out))
    return out


def document(*arguments: object) -> dict[str, Any]:
    done = medreason("funnel", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_every_item_of_a_run_is_accounted_for(folder: Path) -> None:
    found = document(folder)
    assert list(found) == ["run", "state", "flow", "adds_up", "faults", "items", "kept", "stages", "chains"]
    assert (found["run"], found["state"], found["flow"], found["adds_up"]) == ("run", "finished", "offline", True)
    assert found["items"] == 11
    entered = 11
    for stage in found["stages"]:
        assert stage["entered"] == entered == stage["left"] + stage["went_on"]
        entered = stage["went_on"]
    assert entered == found["kept"]["items"] == len((folder / "dataset.jsonl").read_text().splitlines())
    reasons = {f"{s['stage']}/{r['reason']}": r for s in found["stages"] for r in s["reasons"]}
    assert reasons["read/malformed"]["items"] == 1
    assert reasons["read/duplicate_id"]["examples"][0]["id"] == "open"
    assert reasons["question/malformed"]["examples"][0]["detail"].startswith("own.jsonl:2: ")
    assert reasons["link/no_findings"]["meaning"] == "no observed finding of the question is in the graph"


@pytest.mark.parametrize("columns", ["80", "120"])
def test_the_table_fits_the_terminal_and_names_every_reason(folder: Path, columns: str) -> None:
    done = medreason("funnel", folder, COLUMNS=columns)
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= int(columns)
    for row in map(json.loads, (folder / "rejected.jsonl").open(encoding="utf-8")):
        assert row["reason"] in done.stdout
    assert "own.jsonl:2" in done.stdout
    assert "Examples" not in medreason("funnel", folder, "--examples", 0).stdout


def test_a_filter_shows_one_stage_or_reason(folder: Path) -> None:
    found = document(folder, "--stage", "read")
    assert [(s["stage"], s["entered"], s["left"]) for s in found["stages"]] == [("read", 11, 2)]
    found = document(folder, "--reason", "malformed", "--examples", 1)
    assert [(s["stage"], [r["reason"] for r in s["reasons"]]) for s in found["stages"]] == [
        ("read", ["malformed"]), ("question", ["malformed"]),
    ]  # fmt: skip
    text = medreason("funnel", folder, "--stage", "question", "--reason", "malformed").stdout
    assert "no options" in text
    assert "duplicate_id" not in text
    assert "kept" not in text


@pytest.mark.parametrize(
    ("arguments", "cause", "fix"),
    [
        (["--stage", "rain"], "no stage 'rain'", "read, question, link, reason, accept"),
        (["--reason", "rain"], "no item ended for 'rain'", "duplicate_id"),
        (["--stage", "link", "--reason", "malformed"], "at link", "no_findings"),
        (["--item", "open", "--stage", "read"], "--item is for one item alone", "leave out"),
    ],
)
def test_what_the_run_does_not_have_is_refused(folder: Path, arguments: list[str], cause: str, fix: str) -> None:
    done = medreason("funnel", folder, *arguments)
    assert done.returncode == 2
    assert cause in done.stderr
    assert fix in done.stderr


def test_an_unknown_item_and_a_folder_without_a_run(folder: Path, tmp_path: Path) -> None:
    done = medreason("funnel", folder, "--item", "unlinke")
    assert (done.returncode, "did you mean unlinked" in done.stderr) == (3, True)
    done = medreason("funnel", tmp_path)
    assert (done.returncode, "holds no run" in done.stderr) == (3, True)


def test_one_item_from_its_line_to_its_end(folder: Path, questions: Path) -> None:
    found = document(folder, "--item", "unlinked")
    assert [tuple(step.values()) for step in found["way"]] == [
        ("source line", "own.jsonl:4"), ("read", "passed"), ("question", "passed"),
        ("link", "ended here, no_findings: no observed finding of the question is in the graph"),
    ]  # fmt: skip
    kept = json.loads((folder / "dataset.jsonl").read_text().splitlines()[0])["id"]
    text = medreason("funnel", folder, "--item", kept).stdout
    assert "accept       passed" in text
    assert f"{kept}  kept as a record" in text
    assert "Question" in text


def test_an_id_that_stands_twice_has_two_ways(folder: Path) -> None:
    ways = document(folder, "--item", "open")["way"]
    assert [w["told"] for w in ways if w["stage"] == "source line"] == ["own.jsonl:1", "own.jsonl:5"]
    assert ways[-1]["told"].startswith("ended here, duplicate_id")


def test_a_source_that_changed_or_went_is_said(folder: Path, questions: Path, tmp_path: Path) -> None:
    text = questions.read_text(encoding="utf-8")
    try:
        questions.write_text(text + "\n" + json.dumps({"id": "late"}) + "\n", encoding="utf-8")
        assert "has changed since the run" in document(folder, "--item", "unlinked")["way"][0]["told"]
        questions.unlink()
        assert "no longer where the run read it" in document(folder, "--item", "unlinked")["way"][0]["told"]
    finally:
        questions.write_text(text, encoding="utf-8")


def test_the_figure_as_a_file(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "funnel.svg"
    before = fingerprint(folder)
    assert medreason("funnel", folder, "--svg", out).returncode == 0
    assert ElementTree.parse(out).getroot().tag.endswith("svg")
    assert fingerprint(folder) == before
    done = medreason("funnel", folder, "--svg", tmp_path / "none" / "funnel.svg")
    assert (done.returncode, "cannot write" in done.stderr) == (3, True)


# -- folders that are not as the run left them ----------------------------------------------------------


@pytest.mark.parametrize("name", ["dataset.jsonl", "rejected.jsonl"])
def test_a_removed_line_is_an_error_of_the_folder(folder: Path, tmp_path: Path, name: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    lines = (copy / name).read_text(encoding="utf-8").splitlines(keepends=True)
    (copy / name).write_text("".join(lines[1:]), encoding="utf-8")
    done = medreason("funnel", copy, "--json")
    assert done.returncode == 3
    assert "do not add up" in done.stderr
    assert name in done.stderr
    found = json.loads(done.stdout)
    assert (found["adds_up"], len(found["faults"]), found["items"]) == (False, 1, 10)


def test_a_missing_file_and_a_damaged_line_are_errors(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    with (copy / "rejected.jsonl").open("a", encoding="utf-8") as out:
        out.write('{"id": "half')
    done = medreason("funnel", copy)
    assert (done.returncode, "rejected.jsonl:" in done.stderr, "Traceback" in done.stderr) == (3, True, False)
    (copy / "rejected.jsonl").unlink()
    done = medreason("funnel", copy)
    assert (done.returncode, "without rejected.jsonl" in done.stderr) == (3, True)


def unfinished(folder: Path, outcomes: list[dict[str, Any]], config: dict[str, Any]) -> Path:
    folder.mkdir()
    journal = Journal(folder)
    journal.begin({"config": config, "inputs": {"own.jsonl": "0"}})
    journal.add([(n, json.dumps(o)) for n, o in enumerate(outcomes)])
    journal.close()
    return folder


def test_an_interrupted_run_tells_what_is_known_so_far(tmp_path: Path) -> None:
    lost = {"id": "b", "stage": "check", "reason": "not_grounded", "detail": "step 1: share: \x1b[31mno", "steps": []}
    sample = {
        "id": "b", "sample": 0, "hinted": False, "chosen_key": "A", "verdict": "not_grounded",
        "problems": ["step 1: share: no"], "steps": [], "request": "0",
    }  # fmt: skip
    kept = {"id": "a", "question": "q", "written": {"sample": 1, "hinted": False, "requests": []}, "chosen_key": "A",
            "margin": 1.0}  # fmt: skip
    outcomes = [
        {"kind": "record", "row": kept, "samples": [{**sample, "id": "a"}]},
        {"kind": "rejection", "row": lost, "samples": [sample]},
    ]
    out = unfinished(tmp_path / "run", outcomes, {"profile": "default", "source": "jsonl"})
    found = document(out)
    assert (found["state"], found["items"], found["kept"]["items"]) == ("unfinished", 2, 1)
    assert found["chains"]["kept_at"] == {"2": 1}
    assert found["chains"]["problems"] == [{"rule": "share", "problems": 2, "chains": 2}]
    text = medreason("funnel", out).stdout
    assert "have ended so far" in " ".join(text.split())
    assert "kept at sample 2: 1 item" in text
    assert "\x1b[31m" not in text
    assert "not told before the run is finished" in document(out, "--item", "b")["way"][0]["told"]


def test_a_run_of_which_nothing_has_ended(tmp_path: Path) -> None:
    done = medreason("funnel", unfinished(tmp_path / "run", [], {"source": "jsonl"}))
    assert (done.returncode, "no item has ended yet" in done.stderr) == (3, True)
