"""The real files beside this checkout: how many rows become questions, and why the others do not."""

from collections import Counter

import pytest

from medreason.questions.reading import Item
from medreason.questions.sources import check_split, open_source, read_questions
from medreason.records import Link, Question
from tests.shared import shared_file

# source, file, split, rows, reason → rows rejected, options a question
FILES = [
    ("medqa", "questions/medqa_test.dev.jsonl", "test", 650, {}, {5}),
    ("medqa", "questions/elaine-medqa_en_4op.dev.jsonl", "dev", 643, {}, {4}),
    ("medbullets", "questions/medbullets_op4.dev.jsonl", "dev", 158, {"duplicate_question": 3}, {4}),
    ("medbullets", "questions/medbullets_op5.dev.jsonl", "dev", 158, {"duplicate_question": 3}, {5}),
    ("medxpertqa", "questions/MedXpertQA_test.dev.jsonl", "test", 729, {}, {10}),
    # One row was cut at "P. aeruginosa" into options A to H, P, I, J.
    ("hle", "questions/HLE_biomed.dev.jsonl", "dev", 20, {"option_keys": 1}, {5, 6, 8, 9, 12, 16}),
    ("medmcqa", "questions/elaine-medmcqa.dev.jsonl", "dev", 2092, {"same_option_text": 14}, {4}),
    ("mmlu", "questions/elaine-mmlu_en_medical.dev.jsonl", "dev", 553, {"duplicate_question": 18}, {4}),
    ("pubmedqa", "questions/elaine-pubmedqa.dev.jsonl", "dev", 250, {}, {3}),
    ("huatuo", "reasoning/huatuo-o1-1-100.jsonl", "train", 100, {}, {0}),
]


@pytest.mark.parametrize(("name", "file", "split", "rows", "rejected", "counts"), FILES, ids=[f[1] for f in FILES])
def test_every_row_is_a_question_or_has_a_reason(
    hpo, name: str, file: str, split: str, rows: int, rejected: dict[str, int], counts: set[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def no_link(graph: object, text: str, types: object) -> Link | None:
        return None  # linking is tested elsewhere; here it would take a minute

    monkeypatch.setattr("medreason.linking.link_option", no_link)
    path = shared_file(file)
    checked = check_split(name, path, allow_evaluation_split=True)
    assert checked == (split, split != "train")
    source = open_source(name, hpo, checked)
    items = read_questions(source, path)
    made = [source.question(i) if isinstance(i, Item) else i for i in items]
    questions = [q for q in made if isinstance(q, Question)]
    assert len(made) == rows
    assert Counter(q.reason for q in made if not isinstance(q, Question)) == rejected
    assert {len(q.options) for q in questions} == counts
    assert len({q.id for q in questions}) == len(questions)
    assert all(("evaluation_split" in q.flags) == checked.evaluation for q in questions)
    assert all(bool(q.answer_key) == bool(q.options) for q in questions)
    assert all(bool(q.reference) == (q.kind == "open") for q in questions)
    assert all(bool(q.context) == (q.kind == "boolean") for q in questions)


def test_abstracts_are_cut_into_sentences(hpo) -> None:
    path = shared_file("questions/elaine-pubmedqa.dev.jsonl")
    source = open_source("pubmedqa", hpo, check_split("pubmedqa", path, allow_evaluation_split=True))
    made = [source.question(i) for i in read_questions(source, path, 100) if isinstance(i, Item)]
    contexts = [q.context for q in made if isinstance(q, Question)]
    assert 7 < sum(map(len, contexts)) / len(contexts) < 12
    assert all(q.excluded_publications == (f"PMID:{q.id.split(':')[1]}",) for q in made if isinstance(q, Question))
