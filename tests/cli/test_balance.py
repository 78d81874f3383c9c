"""``medreason balance`` from a dataset to tables, JSON and a shuffled dataset."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from medreason.config import RunConfig
from medreason.engine import run
from medreason.records import Record, from_json, to_json
from tests.dataset.small import record, saying
from tests.runs import medreason

VIGNETTES = Path(__file__).parents[2] / "src" / "medreason" / "data" / "vignettes.jsonl"
SECTIONS = [
    "records", "answered", "letters", "near_duplicates", "blind_rules", "answers", "systems", "sources", "kinds",
    "teachers", "margin_bits", "steps",
]  # fmt: skip


def written(path: Path, *records: Record) -> Path:
    path.write_text("".join(to_json(r) + "\n" for r in records), encoding="utf-8")
    return path


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return written(
        tmp_path / "dataset.jsonl", *(record(f"r{i}", 0) for i in range(30)), saying("B is right.", name="odd")
    )


def test_the_json_holds_every_section(dataset: Path) -> None:
    done = medreason("balance", dataset, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found) == SECTIONS
    assert found["letters"]["counts"] == {"A": 31, "B": 0, "C": 0, "D": 0, "E": 0}
    assert found["letters"]["p"] < 0.001
    assert found["blind_rules"]["position A"]["right"]["value"] == 1
    assert found["near_duplicates"]["threshold"] == 0.8


@pytest.mark.parametrize("columns", ["80", "120"])
def test_the_tables_fit_the_terminal(dataset: Path, columns: str) -> None:
    done = medreason("balance", dataset, COLUMNS=columns)
    assert done.returncode == 0, done.stderr
    assert max(len(line) for line in done.stdout.splitlines() if "─" in line or " %" in line) <= int(columns)
    for words in ("31 records", "chi-square", "near duplicates", "longest name", "answers", "lead of the best option"):
        assert words in done.stdout


def test_shuffling_writes_every_record_and_tells_what_is_left(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "shuffled.jsonl"
    done = medreason("balance", dataset, "--shuffle", 7, "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["shuffle"]
    assert (found["seed"], found["shuffled"]) == (7, 30)
    assert [row["id"] for row in found["left"]] == ["odd"]
    assert "may be an option or not" in found["left"][0]["why"]
    before = [from_json(Record, line) for line in dataset.read_text(encoding="utf-8").splitlines()]
    after = [from_json(Record, line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [r.id for r in after] == [r.id for r in before]
    for old, new in zip(before, after, strict=True):
        texts = {r.answer_key: {o.key: o.text for o in r.options} for r in (old, new)}
        assert texts[old.answer_key][old.answer_key] == texts[new.answer_key][new.answer_key]
    again = tmp_path / "again.jsonl"
    told = medreason("balance", dataset, "--shuffle", 7, "--out", again)
    assert "left as they are: 1 record" in told.stdout
    assert again.read_bytes() == out.read_bytes()


def test_a_shuffled_run_still_passes_verify(hpo_dir: Path, tmp_path: Path) -> None:
    source = tmp_path / "run"
    run(RunConfig(questions=VIGNETTES, source="jsonl", kg=hpo_dir, out=source))
    before = medreason("verify", source, "--kg", hpo_dir, "--json")
    out = tmp_path / "shuffled.jsonl"
    done = medreason("balance", source, "--shuffle", 3, "--out", out)
    assert done.returncode == 0, done.stderr
    after = medreason("verify", out, "--kg", hpo_dir, "--json")
    assert after.returncode == before.returncode
    assert json.loads(after.stdout) == json.loads(before.stdout)
    assert out.read_text(encoding="utf-8") != (source / "dataset.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--shuffle", "7"], "belong together"),
        (["--out", "x.jsonl"], "belong together"),
        (["--near", "0"], "no likeness"),
    ],
)
def test_impossible_options_are_refused(dataset: Path, options: list[str], words: str) -> None:
    done = medreason("balance", dataset, *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "what to do" in done.stderr


def test_the_dataset_is_never_overwritten(dataset: Path) -> None:
    kept = dataset.read_bytes()
    for given in (dataset, dataset.parent):
        done = medreason("balance", given, "--shuffle", 7, "--out", dataset, "--json")
        assert done.returncode == 2
        assert "the dataset itself" in done.stderr
    assert dataset.read_bytes() == kept


def test_bad_files_end_with_one_message(dataset: Path, tmp_path: Path) -> None:
    done = medreason("balance", tmp_path / "nothing.jsonl")
    assert done.returncode == 3
    dataset.write_text("{}\n")
    told = medreason("balance", dataset)
    assert (told.returncode, told.stdout) == (3, "")
    assert "dataset.jsonl:1" in told.stderr
    assert "Traceback" not in told.stderr + done.stderr
    dataset.unlink()
    written(dataset, record())
    done = medreason("balance", dataset, "--shuffle", 1, "--out", tmp_path / "no" / "x.jsonl", "--json")
    assert done.returncode == 3
    assert "cannot be written" in done.stderr


def test_what_data_say_does_not_steer_the_terminal(tmp_path: Path) -> None:
    bad = "\x1b[31m[bold]heart"
    texts = (bad, "y", "z")
    records = [record(f"{bad}{i}", i % 3, texts=texts, organ_systems=(bad, str(i)), source=bad) for i in range(6)]
    path = written(tmp_path / "d.jsonl", *records, replace(saying("B or not."), id=f"{bad} left"))
    done = medreason("balance", path, "--shuffle", 1, "--out", tmp_path / "o.jsonl")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert "[bold]heart" in done.stdout
