"""Every source in every layout: what becomes of a row, and which reason each kind of bad row gets."""

from dataclasses import replace
from typing import Any

import pytest

from medreason.errors import UsageError
from medreason.questions.reading import Item
from medreason.questions.sources import SOURCES, Split, open_source
from medreason.questions.sources.columns import split_choices
from medreason.records import Option, Question, Rejection, from_json, to_json
from tests.questions import source_rows as rows
from tests.questions.source_rows import Row


def made(graph, source: str, row: Row, split: Split = Split("train")) -> Question | Rejection:  # noqa: B008
    opened = open_source(source, graph, split)
    return opened.question(Item(opened.identify(row).id, "file.jsonl:3", row))


LAYOUTS = [
    ("medqa", rows.MEDQA, "ABCDE", "A", "", ""),
    ("medqa", rows.MEDQA_LIST, "ABCDE", "A", "", ""),
    ("medqa", {**rows.MEDQA, "options": {**rows.FOUR, "E": None}}, "ABCD", "A", "", ""),
    ("medqa", rows.ELAINE, "ABCD", "D", "7", ""),
    ("medmcqa", rows.MEDMCQA, "ABCD", "C", "m-1", "Secret explanation"),
    ("medmcqa", {**rows.MEDMCQA, "first_cop": 1}, "ABCD", "B", "m-1", "Secret explanation"),
    ("medmcqa", {**rows.MEDMCQA, "cop": -1, "exp": None}, "ABCD", "", "m-1", ""),
    ("medmcqa", rows.ELAINE, "ABCD", "D", "7", ""),
    ("mmlu", rows.MMLU, "ABCD", "D", "", ""),
    ("mmlu", {**rows.MMLU, "answer": "b"}, "ABCD", "B", "", ""),
    ("mmlu", rows.ELAINE, "ABCD", "D", "7", ""),
    ("medxpertqa", rows.XPERT, "ABCDEFGHIJ", "J", "Text-0", ""),
    ("medxpertqa", rows.XPERT_HUB, "ABCDEFGHIJ", "J", "Text-0", ""),
    ("medxpertqa", {**rows.XPERT_HUB, "options": None}, "ABCDEFGHIJ", "J", "Text-0", ""),
    ("hle", rows.HLE, "ABCDEFGHIJKLMNOPQRSTUV", "V", "9", ""),
    ("hle", rows.HLE_HUB, "ABCDEFGHIJKLMNOPQRSTUV", "C", "h1", "Secret rationale"),
    ("medbullets", rows.BULLETS, "ABCD", "A", "", ""),
    ("medbullets", rows.BULLETS_5, "ABCDE", "E", "", "Secret explanation"),
    ("medbullets", rows.BULLETS_4, "ABCD", "B", "", "Secret explanation"),
    ("pubmedqa", rows.PUBMEDQA, "ABC", "A", "1234567", "Long fingers do go with tall stature."),
    ("pubmedqa", rows.UNLABELLED, "ABC", "", "1234567", "Long fingers do go with tall stature."),
    ("pubmedqa", {**rows.PUBMEDQA, "final_decision": "no"}, "ABC", "B", "1234567", rows.PUBMEDQA["long_answer"]),
    ("pubmedqa", rows.PUBMEDQA_JSON, "ABC", "C", "", "Hard to say."),
    ("pubmedqa", rows.PUBMEDQA_ELAINE, "ABC", "B", "1234567", ""),
    ("huatuo", rows.HUATUO, "", "", "", "Because of fibrillin."),
    ("huatuo", rows.VERIFIABLE, "", "", "", "Fibrillin"),
]


@pytest.mark.parametrize(("source", "row", "keys", "answer", "own", "reference"), LAYOUTS)
def test_every_layout_becomes_a_question(
    hpo, source: str, row: Row, keys: str, answer: str, own: str, reference: str
) -> None:
    question = made(hpo, source, row)
    assert isinstance(question, Question), question
    assert "".join(o.key for o in question.options) == keys
    assert (question.answer_key, question.reference) == (answer, reference)
    assert question.id == f"{source}:{own}" or (not own and len(question.id) == len(source) + 13)
    spec = SOURCES[source]
    assert (question.source, question.kind, question.licence) == (source, spec.kind, spec.licence)
    assert (question.split, question.location) == ("train", "file.jsonl:3")
    assert ("no_answer_key" in question.flags) == (not answer and spec.kind != "open")
    assert "Answer Choices" not in question.text
    assert question.text == question.text.strip()
    assert from_json(Question, to_json(question)) == question


@pytest.mark.parametrize(("source", "row"), [case[:2] for case in LAYOUTS])
def test_nothing_of_the_answer_is_left_once_key_and_reference_are_blanked(hpo, source: str, row: Row) -> None:
    question = made(hpo, source, row)
    assert isinstance(question, Question)
    blank = to_json(replace(question, answer_key="", reference="", location=""))
    for secret in ("Secret", "canary", question.reference):
        assert not secret or secret not in blank
    changed = made(hpo, source, other_answer(row))
    assert isinstance(changed, Question)
    assert changed.answer_key != question.answer_key or changed.reference != question.reference
    told = to_json(replace(changed, answer_key="", reference="", location=""))
    if (question.answer_key and changed.answer_key) or question.kind == "open":
        assert told == blank, "a field depends on the answer"


def other_answer(row: Row) -> Row:
    """The same row with another answer."""
    new: dict[str, Any] = dict(row)
    if "options" in row and "answer_idx" in row:
        return {**new, "answer_idx": "B", "answer": "B"}
    if "answer_idx" in row:
        return {**new, "answer_idx": "C", "answer": "C"}
    for column, value in (
        ("label", "B"), ("cop", 1), ("final_decision", "no" if row.get("final_decision") != "no" else "yes"),
        ("Response", "Other."), ("Ground-True Answer", "Other."),
    ):  # fmt: skip
        if column in row or (column == "final_decision" and "context" in row and "choices" not in row):
            return {**new, column: value if row.get("cop") != 1 else 0}
    if isinstance(row["answer"], list):
        return {**new, "answer": ["a"]}
    return {**new, "answer": 0 if isinstance(row["answer"], int) else "A"}


BAD = [
    ("medqa", {"question": rows.STEM}, "unknown_layout", "options, answer_idx"),
    ("medqa", {"text": "x"}, "unknown_layout", "missing for the layout"),
    ("medqa", {**rows.MEDQA, "question": " "}, "no_question", "no text"),
    ("medqa", {**rows.MEDQA, "question": None}, "no_question", "question"),
    ("medqa", {**rows.MEDQA, "options": "A) x"}, "malformed_options", "options"),
    ("medqa", {**rows.MEDQA, "options": [{"key": "A"}]}, "malformed_options", "without a key"),
    ("medqa", {**rows.MEDQA, "options": {"A": "x", "B": "y", "C": "z"}}, "option_count", "4 to 5"),
    ("medqa", {**rows.MEDQA, "options": {}}, "option_count", "no options"),
    ("medqa", {**rows.MEDQA, "options": {**rows.FOUR, "F": "x"}}, "option_keys", "A, B, C, D, F"),
    ("medqa", {**rows.MEDQA, "options": {**rows.FOUR, "D": " "}}, "empty_option", "D"),
    ("medqa", {**rows.MEDQA, "options": {**rows.FOUR, "D": "marfan  SYNDROME"}}, "same_option_text", "A and D"),
    ("medqa", {**rows.MEDQA, "answer_idx": "F"}, "bad_answer", "answer_idx"),
    ("medqa", {**rows.MEDQA, "answer_idx": None}, "bad_answer", "answer_idx"),
    ("medqa", {**rows.MEDQA, "answer_idx": "B"}, "answer_mismatch", "different options"),
    ("medqa", {**rows.ELAINE, "answer": ["a", "b"]}, "several_answers", "2 answers"),
    ("medqa", {**rows.ELAINE, "answer": []}, "bad_answer", "names no option"),
    ("medqa", {**rows.ELAINE, "answer": "a"}, "bad_answer", "no list"),
    ("medqa", {**rows.ELAINE, "answer": ["e"]}, "bad_answer", "none of the 4"),
    ("medqa", {**rows.ELAINE, "choices": ["a", 2, "c", "d"]}, "malformed_options", "no text"),
    ("medqa", {**rows.ELAINE, "choices": "abcd"}, "malformed_options", "no list"),
    ("medqa", {**rows.ELAINE, "text_only": False}, "has_image", "image"),
    ("medmcqa", {**rows.MEDMCQA, "cop": 4}, "bad_answer", "none of the 4"),
    ("medmcqa", {**rows.MEDMCQA, "cop": "first"}, "bad_answer", "counted from 0"),
    ("medmcqa", {**rows.MEDMCQA, "cop": True}, "bad_answer", "counted from 0"),
    ("medmcqa", {**rows.MEDMCQA, "cop": 0, "first_cop": 1}, "bad_answer", "counted from 1"),
    ("medmcqa", {**rows.MEDMCQA, "first_cop": None}, "unknown_first_cop", "from 0 or from 1"),
    ("medmcqa", {**rows.MEDMCQA, "opd": None}, "malformed_options", "no text"),
    ("medmcqa", {k: v for k, v in rows.MEDMCQA.items() if k != "opd"}, "unknown_layout", "opd"),
    ("mmlu", {**rows.MMLU, "subject": "astronomy"}, "not_medical", "astronomy"),
    ("mmlu", {**rows.MMLU, "choices": rows.NAMES}, "option_count", "5 options where mmlu has 4"),
    ("mmlu", {**rows.MMLU, "choices": rows.LONG * 2}, "option_count", "44"),
    ("mmlu", {**rows.MMLU, "answer": 4}, "bad_answer", "none of the 4"),
    ("medxpertqa", {**rows.XPERT, "label": "K"}, "bad_answer", "label"),
    ("medxpertqa", {**rows.XPERT, "images": ["MM-1.jpeg"]}, "has_image", "image"),
    ("medxpertqa", {**rows.XPERT, "options": None}, "option_count", "no options"),
    ("hle", {**rows.HLE, "answer_idx": "U"}, "answer_mismatch", "different options"),
    ("hle", {**rows.HLE, "image": "data:image/png;base64,AA"}, "has_image", "image"),
    ("hle", {**rows.HLE_HUB, "image": "data:image/png;base64,AA"}, "has_image", "image"),
    ("hle", {**rows.HLE_HUB, "answer_type": "exactMatch"}, "not_multiple_choice", "in words"),
    ("hle", {**rows.HLE_HUB, "category": "Chess"}, "not_medical", "Biology/Medicine"),
    ("hle", {**rows.HLE_HUB, "question": rows.STEM}, "option_count", "no options"),
    ("hle", {**rows.HLE_HUB, "answer": "W"}, "bad_answer", "answer"),
    ("medbullets", {**rows.BULLETS_5, "answer_idx": "A"}, "answer_mismatch", "different options"),
    ("medbullets", {**rows.BULLETS_4, "answer_idx": "E"}, "bad_answer", "answer_idx"),
    ("pubmedqa", {**rows.PUBMEDQA, "final_decision": "perhaps"}, "bad_answer", "yes, no, maybe"),
    ("pubmedqa", {**rows.PUBMEDQA, "context": "text"}, "malformed_context", "contexts"),
    ("pubmedqa", {**rows.PUBMEDQA, "context": {"contexts": "text"}}, "malformed_context", "no list"),
    ("pubmedqa", {**rows.PUBMEDQA, "context": {"contexts": []}}, "no_context", "without its abstract"),
    ("pubmedqa", {**rows.PUBMEDQA_ELAINE, "choices": ["yes", "no"]}, "malformed_options", "yes, no, maybe"),
    ("pubmedqa", {**rows.PUBMEDQA_ELAINE, "context": None}, "malformed_context", "no text"),
    ("huatuo", {**rows.HUATUO, "Response": ""}, "no_reference", "without an answer"),
    ("huatuo", {**rows.VERIFIABLE, "Ground-True Answer": None}, "no_reference", "Ground-True Answer"),
    ("huatuo", {"Question": "q"}, "unknown_layout", "Response"),
]


@pytest.mark.parametrize(("source", "row", "reason", "says"), BAD)
def test_a_bad_row_is_a_rejection_that_says_where_and_why(hpo, source: str, row: Row, reason: str, says: str) -> None:
    rejection = made(hpo, source, row)
    assert isinstance(rejection, Rejection), rejection
    assert (rejection.stage, rejection.reason) == ("question", reason)
    assert rejection.detail.startswith("file.jsonl:3: ")
    assert says in rejection.detail
    assert rejection.id.startswith(f"{source}:")


@pytest.mark.parametrize("source", list(SOURCES))
@pytest.mark.parametrize("value", [None, 1, 1.5, True, "x", [], [None], {}, {"A": 1}, [{"key": 1}], b"x".hex()])
def test_no_value_in_any_column_is_a_traceback(hpo, source: str, value: Any) -> None:
    for name, row, *_ in LAYOUTS:
        if name == source:
            for column in row:
                assert isinstance(made(hpo, source, {**row, column: value}), Question | Rejection)


@pytest.mark.parametrize("position", range(22))
def test_answers_at_every_position_up_to_v(hpo, position: int) -> None:
    letter = chr(65 + position)
    split = made(hpo, "hle", {**rows.HLE, "answer_idx": letter, "answer": f"{letter}. {rows.LONG[position]}\n"})
    hub = made(hpo, "hle", {**rows.HLE_HUB, "answer": letter})
    assert isinstance(split, Question)
    assert isinstance(hub, Question)
    assert split.answer_key == hub.answer_key == letter
    assert hub.options[position].text == rows.LONG[position]


def test_options_are_linked_as_in_own_questions_and_a_shared_concept_is_dropped_from_both(hpo) -> None:
    options = {"A": "Marfan syndrome", "B": "Green disease", "C": "Cystic fibrosis", "D": "Marfan's syndrome"}
    question = made(hpo, "medqa", {**rows.MEDQA, "options": options, "answer": "Marfan syndrome"})
    assert isinstance(question, Question)
    assert [o.concept for o in question.options] == ["", "", "OMIM:219700", ""]
    assert question.flags == ("option_not_linked:B", "option_concept_shared:A", "option_concept_shared:D")


def test_a_boolean_question_keeps_the_abstract_as_sentences_and_sets_its_paper_aside(hpo) -> None:
    question = made(hpo, "pubmedqa", rows.PUBMEDQA)
    assert isinstance(question, Question)
    assert question.context == (
        "We asked 12 people.", "All of them answered.", "Of 12 people, 9 had long fingers (P<.01).",
    )  # fmt: skip
    assert question.excluded_publications == ("PMID:1234567",)
    assert question.flags == ()
    assert question.options == (Option("A", "yes"), Option("B", "no"), Option("C", "maybe"))


@pytest.mark.parametrize(
    ("label", "text"), [("CONCLUSIONS", "It seems so."), ("RESULTS", rows.PUBMEDQA["long_answer"].upper())]
)
def test_a_conclusion_in_the_context_is_left_out(hpo, label: str, text: str) -> None:
    context = {"contexts": ["We asked.", text], "labels": ["METHODS", label]}
    question = made(hpo, "pubmedqa", {**rows.PUBMEDQA, "context": context})
    assert isinstance(question, Question)
    assert question.context == ("We asked.",)
    assert question.flags == ("conclusion_left_out",)


def test_flags_of_the_split_and_of_a_multi_choice(hpo) -> None:
    question = made(hpo, "medmcqa", {**rows.MEDMCQA, "choice_type": "multi"}, Split("validation", evaluation=True))
    assert isinstance(question, Question)
    assert question.flags[0] == "choice_type_multi"
    assert "evaluation_split" in question.flags
    assert question.split == "validation"


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("Stem\nAnswer Choices:\nA. one\nB. two\nwith a second line", ["one", "two\nwith a second line"]),
        ("Stem\nAnswer Choices:\nA. Name\nP. aeruginosa\nB. two", ["Name\nP. aeruginosa", "two"]),
        ("Stem\nAnswer Choices: (A) one (B) two (see A) or (C) three", ["one", "two (see A) or", "three"]),
        ("Stem\nanswer choices :\n(A) one\n(B) two", ["one", "two"]),
        ("Stem\nAnswer Choices:\nA) one\nB) two", ["one", "two"]),
        ("Stem", []),
    ],
)
def test_options_inside_a_question_text(text: str, options: list[str]) -> None:
    stem, found = split_choices(text)
    assert stem == "Stem"
    assert [o.text for o in found] == options


def test_an_unknown_source_is_named_with_those_there_are(hpo) -> None:
    with pytest.raises(UsageError, match="no question source 'medq'") as error:
        open_source("medq", hpo)
    assert "medqa" in error.value.fix
