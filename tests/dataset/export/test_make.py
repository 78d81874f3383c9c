"""The whole export: what enters, what stays out, what lies in the folder, and that it is whole or not there."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from medreason.cli._export_graph import ExportGraph
from medreason.dataset.export import Form, Options, export
from medreason.dataset.export.files import write_split
from medreason.dataset.export.intake import take
from medreason.dataset.export.options import FORMATS
from medreason.dataset.export.rows import record_of
from medreason.dataset.export.splits import answer_name
from medreason.errors import InputError, MedReasonError, RunFolderError, UsageError
from medreason.quality.near import pairs
from medreason.records import Option, Record, Sample, Step, from_json, to_json
from medreason.training.rewards import COLUMNS, Rewards
from tests.dataset.small import record, saying


def rows_of(out: Path, split: str) -> list[dict[str, Any]]:
    """The rows of a split as they lie on disk."""
    found = sorted((out / "data").glob(f"{split}*"))
    if found and found[0].suffix == ".jsonl":
        return [json.loads(line) for line in found[0].open(encoding="utf-8")]
    return [row for path in found for row in pl.read_parquet(path).to_dicts()]


def dropped_of(out: Path) -> list[tuple[str, str]]:
    return [(r["id"], r["reason"]) for r in map(json.loads, (out / "dropped.jsonl").open(encoding="utf-8"))]


def named(i: int, **changes: Any) -> Record:
    """A record whose right answer is its own."""
    own = (Option("A", f"Illness {i}", f"X:{i}"), Option("B", "Other", "X:other"))
    return record(f"r{i}", options=own, question=f"Case {i} has a rash and {'x' * i} pain. What is it?", **changes)


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., Path]:
    def write(*records: Record, samples: tuple[Sample, ...] = ()) -> Path:
        folder = tmp_path / "run"
        folder.mkdir()
        (folder / "dataset.jsonl").write_text("".join(to_json(r) + "\n" for r in records), encoding="utf-8")
        if samples:
            (folder / "samples.jsonl").write_text("".join(to_json(s) + "\n" for s in samples), encoding="utf-8")
        return folder

    return write


def test_what_must_stay_out_stays_out_and_is_named(small: Callable[..., Path], tmp_path: Path) -> None:
    run = small(
        named(0), named(1, flags=("evaluation_split",)), named(2, answer_key=""), named(3, answer_key="Z"),
        named(4, chosen_key="B"), named(5, steps=()), saying("so </think> then", name="r6"),
    )  # fmt: skip
    told = export(run, tmp_path / "out", Options("sft"))
    left = [
        ("r1", "evaluation_split"), ("r2", "no_answer_key"), ("r3", "no_answer_key"), ("r4", "concludes_other"),
        ("r5", "no_steps"), ("r6", "holds_marks"),
    ]  # fmt: skip
    assert dropped_of(tmp_path / "out") == left
    assert told["read"] == 7 and told["exported"] == 1 and sum(told["dropped"].values()) == 6
    assert told["evaluation_split"] == 0
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "left out: from a split kept for evaluation | 1 |" in card and "Test data inside" not in card


def test_test_data_enters_only_when_asked_and_the_card_says_so(small: Callable[..., Path], tmp_path: Path) -> None:
    run = small(named(0), named(1, flags=("evaluation_split",)))
    told = export(run, tmp_path / "out", Options("hf", shares=(1.0,), include_evaluation_split=True))
    assert told["evaluation_split"] == 1 and told["dropped"] == {}
    assert [r["evaluation_split"] for r in rows_of(tmp_path / "out", "train")] == [False, True]
    assert "> **Test data inside.** 1 of 2 questions" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("format_", [f for f in FORMATS if f != "dpo"])
def test_every_row_carries_where_it_comes_from(format_: Any, small: Callable[..., Path], tmp_path: Path) -> None:
    run = small(*(named(i, flags=("authored",), licence="CC0" if i else "") for i in range(6)))
    out = tmp_path / "out"
    export(run, out, Options(format_, licences={"own": "own terms"}))
    rows = [row for name in ("train", "validation", "test") for row in rows_of(out, name)]
    if format_ == "medreason":
        met = [json.loads(line) for line in (out / "metadata.jsonl").open(encoding="utf-8")]
        assert [m["id"] for m in met] == [r["id_in_dataset"] for r in rows]
    elif format_ == "hf":
        met = [{**r, **{f"graph_{k}": v for k, v in r["graph"].items()}} for r in rows]
    else:
        met = [json.loads(m) if isinstance(m := r["metadata"], str) else m for r in rows]
    assert {m["id"]: m["licence"] for m in met} == {"r0": "own terms", **{f"r{i}": "CC0" for i in range(1, 6)}}
    for one in met:
        assert (one["source"], one["teacher"], one["model"]) == ("own", "none", "")
        assert (one["graph_version"], one["synthetic"], one["clinician_reviewed"]) == ("1", False, False)
        assert one["flags"] == ["authored"]


def test_the_published_columns_exactly(offline_run: Path, tmp_path: Path) -> None:
    export(offline_run, tmp_path / "out", Options("medreason", shares=(1.0,)))
    rows = rows_of(tmp_path / "out", "train")
    assert list(rows[0]) == ["dataset_name", "id_in_dataset", "question", "answer", "reasoning", "options"]
    for one, row in zip(take(offline_run).records, rows, strict=True):
        assert row["options"] == "Answer Choices:\n" + "\n".join(f"{o.key}. {o.text}" for o in one.options)
        parts = row["reasoning"].split("\n\n")
        heads = [part.partition("\n")[0] for part in parts]
        assert heads == ["Finding reasoning paths:", "Reasoning Process:", "Conclusion:"]
        assert all(line.count(" -> ") == 2 for line in parts[0].splitlines()[1:])
        assert row["answer"] in [o.text for o in one.options if o.key == one.answer_key]
        assert parts[2].endswith(one.steps[-1].text)


def test_no_answer_or_near_text_crosses_and_all_formats_split_alike(
    offline_run: Path, tmp_path: Path, knowledge: ExportGraph
) -> None:
    homes = []
    for format_ in ("hf", "sft"):
        export(offline_run, tmp_path / format_, Options(format_, shares=(0.6, 0.2, 0.2)), knowledge=knowledge)  # type: ignore[arg-type]
        ids = {
            (r["id"] if format_ == "hf" else r["metadata"]["id"]): name
            for name in ("train", "validation", "test")
            for r in rows_of(tmp_path / format_, name)
        }
        homes.append(ids)
    assert homes[0] == homes[1]
    records = {r.id: r for r in take(offline_run).records}
    assert set(homes[0]) == set(records) and set(homes[0].values()) == {"train", "validation", "test"}
    by_answer: dict[str, set[str]] = {}
    for name, one in records.items():
        by_answer.setdefault(answer_name(one), set()).add(homes[0][name])
    assert all(len(splits) == 1 for splits in by_answer.values())
    order = list(records)
    for pair in pairs([records[i].question for i in order], threshold=0.8):
        assert homes[0][order[pair.a]] == homes[0][order[pair.b]]


def test_rl_rows_are_what_the_rewards_read(
    authored_run: Path, offline_run: Path, tmp_path: Path, knowledge: ExportGraph, hpo: Any
) -> None:
    rewards = Rewards(hpo)
    for run, least in ((authored_run, 0.99), (offline_run, 0.8)):
        out, sft = tmp_path / f"rl{least}", tmp_path / f"sft{least}"
        export(run, out, Options("rl", shares=(1.0,)), knowledge=knowledge)
        export(run, sft, Options("sft", shares=(1.0,), shape="prompt-completion"), knowledge=knowledge)
        rows, targets = rows_of(out, "train")[:10], rows_of(sft, "train")[:10]
        columns = {name: [row[name] for row in rows] for name in COLUMNS}
        found = rewards.scores([t["completion"] for t in targets], columns)
        assert [r["prompt"] for r in rows] == [t["prompt"] for t in targets]
        assert all(s.correctness == 1.0 and s.form == 1.0 for s in found)
        assert sum(s.combined for s in found) / len(found) > least
        for row in rows:
            ids = {line["id"] for line in row["sheet"]}
            assert {e["id"] for e in row["evidence"]} <= ids and any(e["decisive"] for e in row["evidence"])


def test_without_a_graph_a_record_without_a_sheet_says_so(offline_run: Path, tmp_path: Path) -> None:
    told = export(offline_run, tmp_path / "out", Options("rl", shares=(1.0,)))
    assert set(told["sheets"]) == {"none"}
    for row in rows_of(tmp_path / "out", "train"):
        assert row["sheet"] == [] and row["metadata"]["sheet"] == "none" and row["evidence"]
        prompt = row["prompt"][0]["content"]
        assert "Evidence:" not in prompt and "square brackets" not in prompt


def test_failed_samples_and_planted_errors_stand_beside_the_kept_chain(
    authored_run: Path, tmp_path: Path, knowledge: ExportGraph
) -> None:
    first = take(authored_run).records[0]
    other = next(o.key for o in first.options if o.key != first.answer_key)
    sample = Sample(first.id, 0, False, other, "chose_other", (), (Step(1, "It is the other.", (), ("F1",)),), "k")
    run = tmp_path / "run"
    run.mkdir()
    lines = (authored_run / "dataset.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)[:3]
    (run / "dataset.jsonl").write_text("".join(lines), encoding="utf-8")
    (run / "samples.jsonl").write_text(to_json(sample) + "\n", encoding="utf-8")
    told = export(run, tmp_path / "out", Options("dpo", shares=(1.0,), planted=2), knowledge=knowledge)
    assert told["errors"].pop("chose_other") == 1 and sum(told["errors"].values()) == 6
    rows = rows_of(tmp_path / "out", "train")
    for row in rows:
        assert row["chosen"] != row["rejected"] and row["prompt"][0]["role"] == "user"
        chosen, rejected = (row[side][0]["content"].splitlines() for side in ("chosen", "rejected"))
        if row["error"].startswith("planted"):
            last = row["error"] == "planted_conclusion"
            assert sum(a != b for a, b in zip(chosen, rejected, strict=True)) == 1 + last
    export(run, tmp_path / "bare", Options("dpo"))
    assert [reason for _, reason in dropped_of(tmp_path / "bare")] == ["no_pair", "no_pair"]


def test_long_rows_are_left_out_never_cut(small: Callable[..., Path], tmp_path: Path) -> None:
    run = small(*(named(i) for i in range(10)))
    told = export(run, tmp_path / "all", Options("sft", shares=(1.0,)), count=len)
    texts = [sum(len(m["content"]) for m in r["messages"]) for r in rows_of(tmp_path / "all", "train")]
    assert told["tokens"]["total"] == {
        "0": min(texts), "0.5": sorted(texts)[5], "0.9": sorted(texts)[9], "0.99": max(texts), "1": max(texts),
    }  # fmt: skip
    limit = sorted(texts)[4]
    less = export(run, tmp_path / "some", Options("sft", shares=(1.0,), max_tokens=limit), count=len)
    kept = [sum(len(m["content"]) for m in r["messages"]) for r in rows_of(tmp_path / "some", "train")]
    assert kept == [n for n in texts if n <= limit] and less["dropped"] == {"too_long": len(texts) - len(kept)}
    assert dropped_of(tmp_path / "some") == [(f"r{i}", "too_long") for i, n in enumerate(texts) if n > limit]


def test_the_same_run_gives_the_same_bytes(offline_run: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        export(offline_run, tmp_path / name, Options("sharegpt"))
    for path in (tmp_path / "a").rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def test_a_full_folder_is_left_alone_and_a_failure_leaves_none(small: Callable[..., Path], tmp_path: Path) -> None:
    run, out = small(named(0)), tmp_path / "out"
    out.mkdir()
    (out / "mine").write_text("x", encoding="utf-8")
    with pytest.raises(RunFolderError, match="not an empty folder"):
        export(run, out, Options("hf"))
    assert [p.name for p in out.iterdir()] == ["mine"]
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    with pytest.raises(RunFolderError):
        export(run, blocked / "out", Options("hf"))
    assert not list(tmp_path.glob(".*part"))


REPORT: dict[str, Any] = {
    "items": 3,
    "files": [{"file": "dataset.jsonl", "sha256": "?"}],
    "sets": [{"name": "exam|ine", "items": 9, "refuse": 1, "review": 1, "clean": 1}],
    "found": [{"id": "r0", "verdict": "refuse"}, {"id": "r1", "verdict": "review"}],
}


def test_a_contamination_report_stands_on_the_card(small: Callable[..., Path], tmp_path: Path) -> None:
    run = small(*(named(i) for i in range(3)))
    with pytest.raises(InputError, match="of another dataset"):
        export(run, tmp_path / "out", Options("hf"), contamination=REPORT)
    with pytest.raises(InputError, match="no contamination report"):
        export(run, tmp_path / "out", Options("hf"), contamination={"items": 1})
    report = {**REPORT, "files": [{"file": "dataset.jsonl", "sha256": take(run).sha256}]}
    told = export(run, tmp_path / "out", Options("hf"), contamination=report)
    assert told["contamination"]["exported"] == {"clean": 1, "refuse": 1, "review": 1}
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "| exam\\|ine | 9 | 1 | 1 | 1 |" in card and "verdict refuse are inside" in card


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (Options("nothing"), "there is no format"),  # type: ignore[arg-type]
        (Options("sft", max_tokens=5), "nothing to count"),
        (Options("rl", form=Form(citations=False)), "read citations"),
        (Options("dpo", planted=6), "there are 5 kinds"),
        (Options("dpo"), "no rejected chain"),
    ],
)
def test_options_that_contradict_themselves(
    options: Options, words: str, small: Callable[..., Path], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=words):
        export(small(named(0)), tmp_path / "out", options)
    assert not (tmp_path / "out").exists()


def test_an_empty_or_foreign_run_is_one_clear_error(
    small: Callable[..., Path], tmp_path: Path, knowledge: ExportGraph
) -> None:
    run = small(named(0, answer_key=""))
    with pytest.raises(UsageError, match="no row is left to export") as error:
        export(run, tmp_path / "out", Options("hf"))
    assert "1 no_answer_key" in str(error.value)
    (run / "dataset.jsonl").write_text(to_json(named(0)) + "\n", encoding="utf-8")
    with pytest.raises(MedReasonError, match="cites the graph own 1"):
        export(run, tmp_path / "out", Options("hf"), knowledge=knowledge)
    published = dict.fromkeys(("dataset_name", "id_in_dataset", "question", "answer", "reasoning", "options"), "x")
    (run / "dataset.jsonl").write_text(json.dumps(published) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="published columns"):
        export(run, tmp_path / "out", Options("hf"))


def test_shards_end_at_rows_and_bytes(tmp_path: Path) -> None:
    rows = [{"a": "x" * (100 if i == 3 else 10)} for i in range(7)]
    found = write_split(tmp_path, "train", rows, {"a": pl.String}, most_rows=3, most_bytes=60)
    sizes = [pl.read_parquet(tmp_path / name).height for name in found.files]
    assert sizes == [3, 1, 3]
    assert found.files[0] == "data/train-00000-of-00003.parquet"
    assert [r for name in found.files for r in pl.read_parquet(tmp_path / name).to_dicts()] == rows


def test_a_whole_record_comes_back_from_parquet(authored_run: Path, tmp_path: Path) -> None:
    export(authored_run, tmp_path / "out", Options("hf", shares=(1.0,)))
    for one, row in zip(take(authored_run).records, rows_of(tmp_path / "out", "train"), strict=True):
        found = from_json(Record, json.dumps(record_of(row)))
        assert replace(found, licence=one.licence) == one


def test_an_offline_chain_gets_the_lines_it_speaks_of(offline_run: Path, tmp_path: Path, knowledge: Any) -> None:
    export(offline_run, tmp_path / "out", Options("sft", shares=(1.0,)), knowledge=knowledge)
    cited = 0
    for row in rows_of(tmp_path / "out", "train"):
        prompt, reply = (m["content"] for m in row["messages"])
        cited += reply.count("[")
        for ids in (part.partition("]")[0] for part in reply.split("[")[1:]):
            assert all(f"\n{i} " in prompt for i in ids.split(", "))
    assert cited > 100


def test_a_record_keeps_its_own_sheet(authored_run: Path, tmp_path: Path, knowledge: ExportGraph) -> None:
    told = export(authored_run, tmp_path / "out", Options("sft"), knowledge=knowledge)
    assert told["sheets"] == {"record": told["exported"]}
