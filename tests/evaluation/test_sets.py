"""Sets by name: every row told, counted, compared with what is published; files chosen by name and form."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from medreason.errors import InputError, UsageError
from medreason.evaluation.catalogue import GROUPS, KNOWN, known_set, names_of
from medreason.evaluation.sets import load_set, places_of
from medreason.quality.contamination import known_sets
from tests.dataset.small import record
from tests.shared import CASES, shared_file

VIGNETTE = "A gardener of 61 years has " + "had a cough for three weeks and sleeps badly since then, " * 4 + "and why?"


def lines(path: Path, *rows: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), "utf-8")
    return path


def medqa(text: str = "Which bone?", n: int = 4, key: str = "B", **more: Any) -> dict[str, Any]:
    options = {"ABCDE"[i]: f"bone {i}" for i in range(n)}
    return {"question": text, "options": options, "answer_idx": key, "answer": options.get(key, ""), **more}


def test_rows_are_counted_and_what_cannot_be_asked_is_told(tmp_path: Path) -> None:
    rows = [medqa(f"Bone {i}?", id=f"m{i}") for i in range(4)]
    rows += [medqa("No key?", key="", id="n"), medqa("", id="e"), {"question": "x"}]
    file = lines(tmp_path / "medqa_test.jsonl", *rows[:4], "{broken", *rows[4:6])
    found = load_set("medqa", file)
    assert [item.id for item in found.items] == ["m0", "m1", "m2", "m3"] and found.rows == 7
    assert found.left_out == {"malformed": 1, "bad_answer": 1, "no_question": 1}
    assert found.first_left_out.startswith("medqa_test.jsonl:5")
    assert len(found.origins[0].sha256) == 64 and found.origins[0].name == "medqa_test.jsonl"
    assert "7 rows, where 1,273 are published" in found.notes[0]
    assert found.items[0].answer_key == "B" and found.items[0].options[1].text == "bone 1"
    with pytest.raises(InputError, match="1 of 3 rows") as caught:
        load_set("medqa", lines(tmp_path / "bad.jsonl", rows[0], rows[6], rows[6]))
    assert "unknown_layout" not in str(caught.value) and "bad.jsonl:2" in str(caught.value)


def test_repeats_and_odd_options_stay_and_are_told(tmp_path: Path) -> None:
    rows = [medqa(VIGNETTE, id="a"), medqa("Other?", id="b"), medqa(VIGNETTE, id="c")]
    rows[2]["options"] = rows[2]["options"] | {"D": "another distractor"}
    rows += [medqa("OTHER?  ", id="b"), medqa("Twin?", id="t"), medqa("Hole?", id="h")]
    rows[4]["options"] = rows[4]["options"] | {"D": "Bone 2"}
    rows[5]["options"] = rows[5]["options"] | {"D": " "}
    found = load_set("medqa", lines(tmp_path / "medqa.jsonl", *rows))
    assert len(found.items) == 6
    assert found.repeated == {"c": "a", "b#2": "b"}
    assert found.odd == ("t", "h")
    assert any("2 questions repeat" in note for note in found.notes)


def test_a_file_of_a_folder_is_chosen_by_name_form_and_split(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    for name, n in (("medqa_4.test", 4), ("medqa_4.train", 4), ("medqa_5.test", 5), ("medbullets_op4", 4)):
        lines(folder / f"{name}.jsonl", medqa(n=n), medqa("Second?", n=n))
    lines(folder / "medqa_4.validation.jsonl", medqa(n=4))
    assert load_set("medqa", folder).origins[0].name == "medqa_4.test.jsonl"
    assert load_set("medqa_5", folder).origins[0].name == "medqa_5.test.jsonl"
    assert load_set("medbullets_4", folder).origins[0].name == "medbullets_op4.jsonl"
    with pytest.raises(InputError, match="--data medbullets_5=FILE"):
        load_set("medbullets_5", folder)
    lines(folder / "more" / "medqa_new_test.jsonl", medqa())
    with pytest.raises(UsageError, match=r"could be medqa: medqa_4.test.jsonl, more/medqa_new_test"):
        load_set("medqa", folder)
    assert any("have not 4 options" in note for note in load_set("medqa", folder / "medqa_5.test.jsonl").notes)


def test_every_published_form_is_read(tmp_path: Path) -> None:
    own = load_set("questions", lines(tmp_path / "own.jsonl", {"id": "q", "stem": "Which?", "options": [
        {"key": "A", "text": "one"}, {"key": "B", "text": "two"}], "answer_key": "B"}))  # fmt: skip
    assert own.items[0].question == "Which?" and own.items[0].answer_key == "B"
    pro = {"question_id": 7, "question": "Which?", "options": ["a", "b", "N/A", "c", "N/A"], "answer": "D"}
    found = load_set("mmlu_pro_medical", lines(
        tmp_path / "p.jsonl", pro | {"category": "health"}, pro | {"category": "law"}, pro | {"category": "biology"}
    ))  # fmt: skip
    assert [o.text for o in found.items[0].options] == ["a", "b", "N/A", "c"] and found.left_out == {"not_medical": 1}
    exam = {"id": "x", "question": "Which?", "opa": "p", "opb": "q", "opc": "r", "opd": "s", "exp": "because"}
    counted = load_set("medmcqa", lines(tmp_path / "m.jsonl", exam | {"cop": 4}, exam | {"id": "y", "cop": 1}))
    assert [item.answer_key for item in counted.items] == ["D", "A"] and counted.items[0].reasoning == "because"
    trial = {"QUESTION": "Does it work?", "CONTEXTS": ["It was tried.", "It worked."], "LABELS": ["AIM", "CONCLUSION"],
             "final_decision": "yes", "LONG_ANSWER": "It does."}  # fmt: skip
    asked = load_set("pubmedqa", lines(tmp_path / "pubmedqa.jsonl", trial)).items[0]
    assert asked.context == ("It was tried.",) and asked.answer_key == "A" and asked.kind == "boolean"
    whole = json.loads(json.dumps(asdict(record("r7"))))
    kept = load_set("questions", lines(tmp_path / "dataset.jsonl", whole))
    assert kept.items[0].id == "r7" and len(kept.items[0].sheet) == 6 and kept.items[0].steps


def test_mirage_is_read_by_parts(tmp_path: Path) -> None:
    question = {"question": "Which?", "options": {"A": "yes", "B": "no"}, "answer": "B"}
    path = tmp_path / "benchmark.json"
    path.write_text(json.dumps({"bioasq": {"k1": question, "k2": question | {"question": "And this?"}}, "mmlu": {}}))
    found = load_set("mirage_bioasq", tmp_path)
    assert [item.id for item in found.items] == ["k1", "k2"] and found.items[0].answer_key == "B"
    assert "2 rows, where 618 are published" in found.notes[0]
    assert sum(KNOWN[name].rows or 0 for name in GROUPS["mirage"]) == 7663
    with pytest.raises(InputError, match="no part 'medqa'"):
        load_set("mirage_medqa", path)
    path.write_text("[1")
    with pytest.raises(InputError, match="not readable as JSON"):
        load_set("mirage_medqa", path)


def test_counts_are_those_of_the_published_list() -> None:
    told = {s.reader: s.rows for s in known_sets() if s.reader}
    for known in KNOWN.values():
        if known.reader in told and known.rows is not None:
            assert known.rows in told[known.reader].values(), known.name


def test_names_and_places() -> None:
    assert names_of("medqa, MMLU-medical,mirage")[:3] == ("medqa", "mmlu_medical", "mirage_mmlu")
    with pytest.raises(UsageError, match="did you mean medbullets_4"):
        known_set("medbullet_4")
    with pytest.raises(UsageError, match="no task is named"):
        names_of(" ,")
    assert places_of(["d", "hle=x.jsonl"], ("hle", "medqa")) == {"hle": "x.jsonl", "medqa": "d"}
    assert places_of(["mirage=b.json"], names_of("mirage")) == dict.fromkeys(GROUPS["mirage"], "b.json")
    wrong = ((["hle=x"], "no data for medqa"), (["a", "b"], "several folders"), (["nope=x"], "no task 'nope'"))
    for told, why in wrong:
        with pytest.raises(UsageError, match=why):
            places_of(told, ("hle", "medqa"))


def test_phenopackets_need_a_graph(hpo_dir: Path) -> None:
    cases = shared_file(CASES)
    with pytest.raises(UsageError, match="give --kg"):
        load_set("phenopackets", cases)
    found = load_set("phenopackets", cases, kg=hpo_dir, limit=3)
    assert len(found.items) == 3 and all(len(item.options) == 5 for item in found.items)
    assert all(o.concept for item in found.items for o in item.options)


SHARED = {
    "medqa": ("elaine-medqa_en_4op.dev.jsonl", 643, 0), "medqa_5": ("medqa_test.dev.jsonl", 650, 0),
    "medmcqa": ("elaine-medmcqa.dev.jsonl", 2092, 0), "pubmedqa": ("elaine-pubmedqa.dev.jsonl", 250, 0),
    "mmlu_medical": ("elaine-mmlu_en_medical.dev.jsonl", 553, 18), "medxpertqa": ("MedXpertQA_test.dev.jsonl", 729, 0),
    "medbullets_4": ("medbullets_op4.dev.jsonl", 158, 3), "medbullets_5": ("medbullets_op5.dev.jsonl", 158, 3),
    "hle": ("HLE_biomed.dev.jsonl", 20, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", SHARED)
def test_all_shared_files_load_whole_and_from_their_folder(name: str) -> None:
    file, rows, repeats = SHARED[name]
    path = shared_file(f"questions/{file}")
    found = load_set(name, path.parent)
    assert found.origins[0].name == file
    assert (len(found.items), found.rows, found.left_out, len(found.repeated)) == (rows, rows, {}, repeats)
    low, high = KNOWN[name].options
    assert all(low <= len(item.options) <= high for item in found.items)
    assert all(item.answer_key in {o.key for o in item.options} for item in found.items)
    if name == "pubmedqa":
        assert all(item.context for item in found.items)
