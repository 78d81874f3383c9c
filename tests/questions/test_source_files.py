"""Where questions come from: files, folders, Parquet and the hub's layout; splits; repeats; ids."""

import importlib.util
import json
import sys
from pathlib import Path

import polars as pl
import pytest

from medreason.errors import InputError, UsageError
from medreason.questions.reading import Item
from medreason.questions.sources import SOURCES, Split, check_split, open_source, question_files, read_questions
from medreason.questions.sources.places import HubPlace, hub_place
from medreason.records import Question, Rejection
from tests.questions import source_rows as rows
from tests.questions.source_rows import Row

TRAIN = Split("train")
VIGNETTE = " ".join(["A tall person with long fingers asks for advice about shoes."] * 5)


def write(path: Path, *lines: Row) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in lines), encoding="utf-8")
    return path


def without(row: Row, *columns: str) -> Row:
    return {k: v for k, v in row.items() if k not in columns}


def numbered(row: Row, *numbers: int, column: str = "question") -> list[Row]:
    return [{**row, column: f"{row[column]} ({n})"} for n in numbers]


# -- splits --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "place", "stated", "name", "evaluation"),
    [
        ("medqa", "US/train.jsonl", "", "train", False),
        ("medqa", "medqa.jsonl", "train", "train", False),
        ("medqa", "medqa_dev.jsonl", "", "dev", True),
        ("medqa", "medqa_test.dev.jsonl", "", "test", True),
        ("medqa", "medqa.jsonl", "validation", "validation", True),
        ("medqa", "train.jsonl", "extra", "extra", True),
        ("medmcqa", "hf:openlifescienceai/medmcqa", "train", "train", False),
        ("medmcqa", "hf:openlifescienceai/medmcqa:validation", "", "validation", True),
        ("medmcqa", "hf:openlifescienceai/medmcqa:validation", "validation", "validation", True),
        ("mmlu", "hf:cais/mmlu/anatomy:test", "", "test", True),
        ("mmlu", "hf:cais/mmlu/anatomy:dev", "", "dev", True),
        ("mmlu", "hf:cais/mmlu/all:auxiliary_train", "", "auxiliary_train", False),
        ("mmlu", "mmlu_auxiliary_train.jsonl", "", "auxiliary_train", False),
        ("medxpertqa", "hf:TsinghuaC3I/MedXpertQA/Text", "", "test", True),
        ("medxpertqa", "any.jsonl", "train", "train", True),
        ("hle", "hf:cais/hle:test", "", "test", True),
        ("hle", "any.jsonl", "", "test", True),
        ("medbullets", "medbullets_op4.json", "", "test", True),
        ("pubmedqa", "hf:qiaojin/PubMedQA/pqa_artificial:train", "", "train", False),
        ("pubmedqa", "hf:qiaojin/PubMedQA/pqa_unlabeled:train", "", "train", False),
        ("pubmedqa", "hf:qiaojin/PubMedQA/pqa_labeled:train", "", "train", True),
        ("pubmedqa", "ori_pqal.json", "train", "train", True),
        ("huatuo", "hf:FreedomIntelligence/medical-o1-reasoning-SFT/en", "", "train", False),
        ("huatuo", "rows.jsonl", "", "train", False),
        ("huatuo", "rows_test.jsonl", "", "test", True),
    ],
)
def test_the_split_is_stated_or_named_or_the_rule_of_the_source(
    tmp_path: Path, source: str, place: str, stated: str, name: str, evaluation: bool
) -> None:
    where: str | Path = place if place.startswith("hf:") else write(tmp_path / place, rows.MEDQA)
    assert check_split(source, where, stated, allow_evaluation_split=True) == Split(name, evaluation)
    if evaluation:
        with pytest.raises(UsageError, match="for evaluation") as error:
            check_split(source, where, stated)
        assert "--allow-evaluation-split" in error.value.fix
        assert str(tmp_path) not in str(error.value)
    else:
        assert check_split(source, where, stated) == Split(name)


@pytest.mark.parametrize("source", [s for s in SOURCES if not SOURCES[s].default_split])
def test_an_unknown_split_asks_to_be_stated(tmp_path: Path, source: str) -> None:
    for place in (write(tmp_path / "questions.jsonl", rows.MEDQA), "hf:owner/name"):
        with pytest.raises(UsageError, match="is unknown") as error:
            check_split(source, place, allow_evaluation_split=True)
        assert "--split" in error.value.fix


def test_contradictions_about_the_split_are_errors(tmp_path: Path) -> None:
    file = write(tmp_path / "medqa_test.jsonl", rows.MEDQA)
    with pytest.raises(UsageError, match="calls itself test, not train"):
        check_split("medqa", file, "train", allow_evaluation_split=True)
    with pytest.raises(UsageError, match="two splits"):
        check_split("medqa", "hf:owner/name:test", "train")
    with pytest.raises(InputError, match="no such file"):
        check_split("medqa", tmp_path / "absent_train.jsonl")


def test_a_folder_is_read_one_split_at_a_time(hpo, tmp_path: Path) -> None:
    write(tmp_path / "data" / "train-00000-of-00002.jsonl", *numbered(rows.MEDQA, 1))
    write(tmp_path / "data" / "train-00001-of-00002.jsonl", *numbered(rows.MEDQA, 2))
    write(tmp_path / "data" / "test-00000-of-00001.jsonl", *numbered(rows.MEDQA, 3))
    write(tmp_path / ".cache" / "train.jsonl", *numbered(rows.MEDQA, 4))
    write(tmp_path / "dataset_info.json", {"no": "question"})
    with pytest.raises(UsageError, match="several splits"):
        check_split("medqa", tmp_path)
    with pytest.raises(UsageError, match="no split dev"):
        check_split("medqa", tmp_path, "dev", allow_evaluation_split=True)
    source = open_source("medqa", hpo, check_split("medqa", tmp_path, "train"))
    items = read_questions(source, tmp_path)
    assert [i.location for i in items if isinstance(i, Item)] == [
        "data/train-00000-of-00002.jsonl:1", "data/train-00001-of-00002.jsonl:1",
    ]  # fmt: skip
    assert [label for label, _ in question_files(source, tmp_path)] == [
        "data/train-00000-of-00002.jsonl", "data/train-00001-of-00002.jsonl",
    ]  # fmt: skip
    assert len(read_questions(source, tmp_path, 1)) == 1


def test_rows_in_a_test_layout_are_refused_whatever_the_file_is_called(hpo, tmp_path: Path) -> None:
    file = write(tmp_path / "train.jsonl", rows.ELAINE)
    with pytest.raises(UsageError, match="elaine are test data") as error:
        read_questions(open_source("medqa", hpo, check_split("medqa", file)), file)
    assert error.value.item == "train.jsonl:1"
    allowed = open_source("medqa", hpo, Split("test", evaluation=True))
    (item,) = read_questions(allowed, file)
    assert isinstance(item, Item)
    question = allowed.question(item)
    assert isinstance(question, Question)
    assert "evaluation_split" in question.flags


# -- repeats and ids -----------------------------------------------------------------------------------


def test_a_repeated_question_is_rejected_where_it_occurs_again(hpo, tmp_path: Path) -> None:
    turned = {"A": rows.NAMES[1], "B": rows.NAMES[0], "C": rows.NAMES[2], "D": rows.NAMES[3]}
    short = {**rows.BULLETS, "options": {**rows.FOUR, "D": "another"}}
    long_one = {**rows.BULLETS, "question": VIGNETTE}
    long_two = {**short, "question": VIGNETTE.upper()}
    other_answer = {
        **long_one,
        "options": {**rows.FOUR, "D": "yet another"},
        "answer_idx": "B",
        "answer": rows.NAMES[1],
    }
    again = {**rows.BULLETS, "options": turned, "answer_idx": "B"}
    file = write(tmp_path / "b.jsonl", rows.BULLETS, again, short, long_one, long_two, other_answer)
    items = read_questions(open_source("medbullets", hpo, Split("test", evaluation=True)), file)
    assert [i.reason if isinstance(i, Rejection) else "" for i in items] == [
        "", "duplicate_question", "", "", "duplicate_question", "",
    ]  # fmt: skip
    assert isinstance(items[1], Rejection)
    assert (items[1].stage, items[1].detail) == ("question", "b.jsonl:2: the question stands at b.jsonl:1 already")


def test_the_same_question_about_another_abstract_is_another_question(hpo, tmp_path: Path) -> None:
    other = {**rows.PUBMEDQA, "pubid": 7654321, "context": {"contexts": ["We asked no one."], "labels": ["METHODS"]}}
    file = write(tmp_path / "q.jsonl", rows.PUBMEDQA, other, {**rows.PUBMEDQA, "pubid": 1})
    items = read_questions(open_source("pubmedqa", hpo, TRAIN), file)
    assert [i.id if isinstance(i, Item) else i.reason for i in items] == [
        "pubmedqa:1234567", "pubmedqa:7654321", "duplicate_question",
    ]  # fmt: skip


def test_an_id_does_not_tell_the_answer_and_stays_the_same(hpo) -> None:
    source = open_source("medqa", hpo, TRAIN)
    one = source.identify(rows.MEDQA).id
    assert one == source.identify({**rows.MEDQA, "answer_idx": "B", "answer": rows.NAMES[1]}).id
    assert one == source.identify(rows.MEDQA_LIST).id
    assert one != source.identify({**rows.MEDQA, "question": "Another?"}).id


def test_unreadable_lines_and_rows_keep_their_place(hpo, tmp_path: Path) -> None:
    file = write(tmp_path / "train.jsonl", rows.MEDQA, {"question": "no columns"}, {**rows.MEDQA, "id": "x"})
    file.write_text(file.read_text() + "{broken\n[1]\n" + json.dumps({**rows.MEDMCQA, "id": "x"}) + "\n")
    source = open_source("medqa", hpo, TRAIN)
    made = [source.question(i) if isinstance(i, Item) else i for i in read_questions(source, file)]
    assert [q.reason if isinstance(q, Rejection) else "question" for q in made] == [
        "question", "unknown_layout", "duplicate_question", "malformed", "malformed", "unknown_layout",
    ]  # fmt: skip
    assert all(f"train.jsonl:{n}" in q.detail for n, q in enumerate(made, 1) if isinstance(q, Rejection))


def test_an_empty_file_is_an_error(hpo, tmp_path: Path) -> None:
    file = write(tmp_path / "train.jsonl")
    with pytest.raises(InputError, match="no question"):
        read_questions(open_source("medqa", hpo, TRAIN), file)


# -- MedMCQA counts from 0 or from 1 -------------------------------------------------------------------


def cops(tmp_path: Path, *values: int | None) -> Path:
    bare = without(rows.MEDMCQA, "first_cop")
    return write(tmp_path / "train.jsonl", *[{**bare, "id": f"m{n}", "question": f"Q{n}", "cop": v}
                                             for n, v in enumerate(values)])  # fmt: skip


@pytest.mark.parametrize(
    ("values", "stated", "keys"),
    [
        ((0, 3), None, "AD"), ((1, 4), None, "AD"), ((1, 2), 0, "BC"), ((1, 2), 1, "AB"), ((-1, 2), None, "-C"),
        ((None, None), None, "--"),
    ],
)  # fmt: skip
def test_where_cop_counts_from(hpo, tmp_path: Path, values: tuple[int, ...], stated: int | None, keys: str) -> None:
    source = open_source("medmcqa", hpo, TRAIN)
    items = read_questions(source, cops(tmp_path, *values), first_cop=stated)
    made = [source.question(i) for i in items if isinstance(i, Item)]
    assert "".join(q.answer_key or "-" for q in made if isinstance(q, Question)) == keys


@pytest.mark.parametrize(("values", "stated"), [((1, 2), None), ((0, 4), None), ((0, 1), 1), ((1, 4), 0)])
def test_cop_that_does_not_tell_or_contradicts_is_an_error(
    hpo, tmp_path: Path, values: tuple[int, ...], stated: int | None
) -> None:
    with pytest.raises(UsageError, match="cop") as error:
        read_questions(open_source("medmcqa", hpo, TRAIN), cops(tmp_path, *values), first_cop=stated)
    assert "first_cop" in error.value.fix


# -- Parquet and the hub -------------------------------------------------------------------------------


def test_parquet_is_read_without_datasets_and_counts_from_0(hpo, tmp_path: Path) -> None:
    bare = without(rows.MEDMCQA, "first_cop")
    pl.DataFrame([{**bare, "cop": 1}, {**bare, "id": "m-2", "question": "Other?", "cop": 2}]).write_parquet(
        tmp_path / "train-00000-of-00001.parquet"
    )
    source = open_source("medmcqa", hpo, check_split("medmcqa", tmp_path))
    items = read_questions(source, tmp_path)
    made = [source.question(i) for i in items if isinstance(i, Item)]
    assert [q.answer_key for q in made if isinstance(q, Question)] == ["B", "C"]
    assert [q.location for q in made if isinstance(q, Question)][1] == "train-00000-of-00001.parquet:2"


def test_parquet_with_structs_and_images(hpo, tmp_path: Path) -> None:
    file = tmp_path / "hle_test.parquet"
    pl.DataFrame([
        {**rows.HLE_HUB, "image_preview": {"bytes": b"png", "path": None}},
        {**rows.HLE_HUB, "id": "h2", "image": "data:", "image_preview": {"bytes": b"png", "path": "a"}},
    ]).write_parquet(file)  # fmt: skip
    source = open_source("hle", hpo, check_split("hle", file, allow_evaluation_split=True))
    made = [source.question(i) for i in read_questions(source, file) if isinstance(i, Item)]
    assert [q.reason if isinstance(q, Rejection) else q.answer_key for q in made] == ["C", "has_image"]
    four_and_five = tmp_path / "medqa_train.parquet"
    pl.DataFrame([rows.MEDQA, {**rows.BULLETS, "question": "Other?"}]).write_parquet(four_and_five)
    medqa = open_source("medqa", hpo, TRAIN)
    made = [medqa.question(i) for i in read_questions(medqa, four_and_five) if isinstance(i, Item)]
    assert [len(q.options) for q in made if isinstance(q, Question)] == [5, 4]


def test_a_broken_parquet_file_is_a_rejection(hpo, tmp_path: Path) -> None:
    (tmp_path / "train.parquet").write_bytes(b"PAR1 and no more")
    (made,) = read_questions(open_source("medqa", hpo, TRAIN), tmp_path / "train.parquet")
    assert isinstance(made, Rejection)
    assert (made.stage, made.reason) == ("read", "unreadable")
    assert str(tmp_path) not in made.detail


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("hf:owner/name", HubPlace("owner/name")),
        ("hf:owner/name:train", HubPlace("owner/name", "", "", "train")),
        ("hf:owner/name/config:train", HubPlace("owner/name", "config", "", "train")),
        ("hf:owner/name/config@v1.0:train", HubPlace("owner/name", "config", "v1.0", "train")),
        (Path("hf:owner/name/config"), HubPlace("owner/name", "config")),
        ("hf:name", HubPlace("name")),
        ("questions.jsonl", None),
    ],
)
def test_hub_ids(place: str | Path, expected: HubPlace | None) -> None:
    assert hub_place(place) == expected


@pytest.mark.parametrize(
    "place", ["hf:", "hf::train", "hf:a/b:train[:10]", "hf:a/b:train+test", "hf:a/b/c/d", "hf:a//b"]
)
def test_what_is_no_hub_id(place: str) -> None:
    with pytest.raises(UsageError, match="names no"):
        hub_place(place)


def hub_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "medqa-on-hub"
    pl.DataFrame(numbered(rows.MEDQA, 1, 2)).write_parquet(write(folder / "five" / "a.parquet"))
    pl.DataFrame(numbered(rows.MEDQA, 3)).write_parquet(write(folder / "five" / "b.parquet"))
    (folder / "README.md").write_text(
        "---\nconfigs:\n- config_name: five\n  data_files:\n  - split: train\n    path: five/a.parquet\n"
        "  - split: test\n    path: five/b.parquet\n---\n# Card\n"
    )
    return folder


def test_without_datasets_the_error_says_what_to_install(hpo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    source = open_source("medqa", hpo, check_split("medqa", "hf:owner/name:train"))
    for place in ("hf:owner/name:train", hub_folder(tmp_path)):
        with pytest.raises(UsageError, match="needs the package datasets") as error:
            read_questions(source, place)
        assert "medreason[sources]" in error.value.fix


needs_datasets = pytest.mark.skipif(importlib.util.find_spec("datasets") is None, reason="the extra sources is missing")


@needs_datasets
def test_a_folder_in_the_layout_of_the_hub(hpo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = hub_folder(tmp_path)
    for place in (folder, f"hf:{folder}", f"hf:{folder}/five:train"):
        split = check_split("medqa", place, "train")
        source = open_source("medqa", hpo, split)
        items = read_questions(source, place)
        label = "medqa-on-hub/five" if "five" in str(place) else "medqa-on-hub"
        assert [i.location for i in items if isinstance(i, Item)] == [f"{label}[train]:1", f"{label}[train]:2"]
        made = [source.question(i) for i in items if isinstance(i, Item)]
        assert all(isinstance(q, Question) and q.answer_key == "A" for q in made)
        assert question_files(source, place) == []
    assert len(read_questions(source, folder, 1)) == 1
    with pytest.raises(UsageError, match="for evaluation"):
        check_split("medqa", folder, "test")
    with pytest.raises(InputError, match="cannot load the split dev") as error:
        read_questions(open_source("medqa", hpo, Split("dev", evaluation=True)), folder)
    assert str(tmp_path) not in str(error.value)


@needs_datasets
def test_class_labels_and_images_come_undecoded(hpo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    names = datasets.ClassLabel(names=list("ABCD"))
    data = datasets.Dataset.from_list([rows.MMLU]).cast_column("answer", names)
    folder = tmp_path / "mmlu"
    (folder / "data").mkdir(parents=True)
    data.to_parquet(folder / "data" / "test-00000-of-00001.parquet")
    (folder / "README.md").write_text(
        "---\nconfigs:\n- config_name: default\n  data_files:\n  - split: test\n    path: data/test-*\n---\n"
    )
    source = open_source("mmlu", hpo, check_split("mmlu", folder, "test", allow_evaluation_split=True))
    (item,) = read_questions(source, folder)
    assert isinstance(item, Item)
    question = source.question(item)
    assert isinstance(question, Question)
    assert question.answer_key == "D"
