"""Published numbers: complete, as in the tables, and set beside the right runs."""

import csv

import pytest

from medreason.errors import UsageError
from medreason.evaluation.catalogue import KNOWN
from medreason.evaluation.compare import compare
from medreason.evaluation.published import beside, leaderboard, model_of, models, numbers
from medreason.evaluation.runs import align, make_run
from tests.evaluation.made import answers
from tests.shared import shared_file

COLUMNS = {
    "medqa": "medqa", "medmcqa": "medmcqa", "pubmedqa": "pubmedqa", "mmlu_pro": "mmlu_pro_medical",
    "medbullets_op4": "medbullets_4", "medbullets_op5": "medbullets_5", "medxpertqa": "medxpertqa", "hle_med": "hle",
}  # fmt: skip


def test_every_number_has_a_known_task_and_a_source() -> None:
    assert len(numbers()) == 146
    assert {p.source for p in numbers()} == {"arXiv 2504.00993"}
    assert {p.table for p in numbers()} == {"2", "3", "4"}
    assert {p.task for p in numbers()} == set(COLUMNS.values()) <= set(KNOWN)
    assert all(0.05 < p.accuracy < 0.85 for p in numbers())
    assert all(p.note == "transcribed by a third party" for p in numbers() if p.table == "3")
    assert len({(p.table, p.model, p.task) for p in numbers()}) == len(numbers())


def test_the_numbers_of_the_models_that_matter() -> None:
    own = {p.task: p.accuracy for p in numbers() if p.model == "MedReason-8B"}
    assert own == {
        "medqa": 0.718, "medmcqa": 0.607, "pubmedqa": 0.794, "medbullets_4": 0.575, "medbullets_5": 0.555,
        "medxpertqa": 0.19,
    }  # fmt: skip
    base = {(p.table, p.task): p for p in numbers() if p.model == "Llama-3.1-8B-Instruct"}
    assert base["2", "medbullets_4"].accuracy == 0.487
    assert base["4", "medbullets_4"].accuracy == 0.432
    assert "48.7" in base["4", "medbullets_4"].note


def test_they_are_those_of_the_transcription() -> None:
    with shared_file("published/medreason-tables.csv").open(encoding="utf-8") as file:
        told = {
            (row["table"], row["model"], task): round(float(row[column]) / 100, 4)
            for row in csv.DictReader(file) for column, task in COLUMNS.items() if row[column]
        }  # fmt: skip
    assert {(p.table, p.model, p.task): round(p.accuracy, 4) for p in numbers()} == told


def test_ours_stands_beside_the_number_of_each_table() -> None:
    rows = [*answers("medbullets_4", "A" * 45 + "B" * 55), *answers("own", "A" * 10)]
    found = compare(align([make_run("run", rows)]))
    told = beside(found, "run", "Llama-3.1-8B-Instruct")
    assert [(b.published.table, b.published.accuracy, b.within) for b in told] == [
        ("2", 0.487, True),
        ("4", 0.432, True),
    ]
    assert told[0].difference == pytest.approx(-0.037)
    (far,) = beside(found, "run", "Medical-Llama3-8B")
    assert (far.published.accuracy, far.within, far.questions) == (0.334, False, 100)
    assert beside(found, "other", "Medical-Llama3-8B") == []
    # The same number in two tables stands once.
    medqa = compare(align([make_run("run", answers("medqa", "AB"))]))
    assert len(beside(medqa, "run", "Llama-3.1-8B-Instruct")) == 1


def test_models_by_name() -> None:
    assert model_of(" medreason-8b ") == "MedReason-8B"
    with pytest.raises(UsageError, match="MedReason-9B") as told:
        model_of("MedReason-9B")
    assert "did you mean 'MedReason-8B'?" in told.value.fix
    assert len(models()) == 17


def test_the_board_holds_only_what_was_asked() -> None:
    board = leaderboard(["hle", "own"])
    assert all(set(values) == {"hle"} for _, _, values in board)
    assert ("2", "Mistral-7B-Instruct + MedReason", {"hle": 0.243}) in board
    assert leaderboard(["own"]) == []
