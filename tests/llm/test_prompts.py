"""Prompts are versioned files: the text of a version never changes, every slot is filled, nothing is filled twice."""

import hashlib
from importlib.resources import files

import pytest

from medreason.engine_llm import PROMPTS
from medreason.llm.request import prompt_text, prompt_version
from medreason.teachers.llm.prompts import render, slots

# Name and version → SHA-256 (first 16 digits) of the text. A text that changes needs a new version and a new row here.
TEXTS = {
    "answer/1": "7647ed0317e4cfc9",
    "answer/2": "e5e53b433d51ae8f",
    "answer_open/1": "4e20f768d4e727f7",
    "choose/1": "8853692c39dc6ac8",
    "compat_answer/1": "32802f522bdcc4a2",
    "compat_choose/1": "cecd0e2952201f35",
    "compat_extract/1": "e06a771b68aa7b0e",
    "compat_judge/1": "4277c69ca823001a",
    "compat_prune/1": "0b9848b0f80190f1",
    "compat_reason/1": "cfcdddbdf42d88ac",
    "extract/1": "c3d88381e626d365",
    "hint/1": "dca2fcbb3810a679",
    "judge/1": "aeef01bb9a4c8987",
    "propose/1": "5ec6d763b4a33f7f",
    "prune/1": "664056e29da193de",
    "reask/1": "93b0f21b7f37e123",
    "reason/1": "af2ade9701f1d665",
    "schema/1": "4923734ab86d0dc3",
}

NAMES = sorted(p.name.removesuffix(".md") for p in files("medreason.llm").joinpath("prompts").iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_a_version_has_one_text(name: str) -> None:
    digest = hashlib.sha256(prompt_text(name).encode()).hexdigest()[:16]
    key = f"{name}/{prompt_version(name)}"
    assert TEXTS.get(key) == digest, f'the text of {key} is new: raise its version, and note "{key}": "{digest}"'


def test_every_prompt_belongs_to_a_profile_or_says_why_not() -> None:
    used = {name for names in PROMPTS.values() for name in names}
    assert set(NAMES) == used


def test_rendering_fills_every_slot_once_and_copies_values_as_they_are() -> None:
    values = {slot: f"<{slot}> {{question}}" for slot in slots("reason")}
    system, user = render("reason", **values)
    assert (system.role, user.role) == ("system", "user")
    for value in values.values():
        assert value in user.content
    with pytest.raises(KeyError):
        render("reason", question="only this")
