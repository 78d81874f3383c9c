"""Prompt and target: one list of options, read back by what scores completions."""

from dataclasses import replace
from itertools import product

import pytest

from medreason.dataset.export.text import Form, answer_of, prompt_of, target_of
from medreason.errors import InputError
from medreason.records import Option, SheetLine, Step, to_dict
from medreason.training.completion import answer_key, read
from tests.dataset.small import KEYS, NAMES, record

STEPS = (Step(1, "The rash is there.", (), ("F1",)), Step(2, "Glass fever\nhas it.", (), ("E1", "E2", "E99")))


@pytest.mark.parametrize(("think", "answer"), list(product(("headings", "tags"), range(5))))
def test_a_target_is_read_back_as_it_was_written(think: str, answer: int) -> None:
    one = record(answer=answer, steps=STEPS)
    found = read(target_of(one, Form(think)))  # type: ignore[arg-type]
    assert [(s.n, s.text, s.cites) for s in found.steps] == [
        (1, "The rash is there.", ("F1",)),
        (2, "Glass fever has it.", ("E1", "E2")),
    ]
    assert (found.before, found.loose, found.thinkings, found.finals) == ("", "", 1, 1)
    assert answer_key(found, [to_dict(o) for o in one.options]) == KEYS[answer]


def test_without_citations_nothing_is_cited_and_no_evidence_shown() -> None:
    one = record(steps=STEPS)
    form = Form(citations=False)
    assert all(step.cites == () for step in read(target_of(one, form)).steps)
    assert "line of" not in prompt_of(one, form) and "cite" not in prompt_of(one, form)
    assert "E1 (A) line of Falling sickness" in prompt_of(one)


def test_the_prompt_holds_each_option_once_in_its_list_and_never_the_key() -> None:
    one = record(answer=2)
    for form in (Form(), Form("tags"), Form(citations=False)):
        told = prompt_of(one, form)
        for key, name in zip(KEYS, NAMES, strict=True):
            assert told.count(f"\n{key}. {name}\n") == 1
        assert told == prompt_of(replace(one, answer_key="A", chosen_key="A", steps=(), margin=-1.0), form)


def test_context_is_shown_once() -> None:
    one = record(context=("The patient fell.",), sheet=(SheetLine("C1", "The patient fell."),))
    assert prompt_of(one).count("The patient fell.") == 1
    assert prompt_of(one, Form(citations=False)).count("The patient fell.") == 1


@pytest.mark.parametrize("text", ["so [E1, E2] then", "</think> now", "a <think> b", "## Final Answer"])
def test_a_step_that_would_be_read_as_something_else_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="holds a heading, a tag or a citation"):
        target_of(record(steps=(Step(1, text, ()),)))


def test_an_answer_is_letter_and_text_on_one_line() -> None:
    one = record(options=(Option("A", "Glass\n fever"), Option("B", "Other")))
    assert answer_of(one) == "A. Glass fever" and answer_of(one, "B") == "B. Other"
    with pytest.raises(InputError, match="no option has the key 'C'"):
        answer_of(one, "C")
