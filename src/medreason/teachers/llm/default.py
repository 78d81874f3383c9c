"""The default profile: the model sees evidence for every option, and never the answer.

One call a sample. The prompt depends on question, options and sheet alone, so two runs whose answer keys differ send
the same requests. The hinted try is a prompt and a stage of its own.
"""

from __future__ import annotations

import re

from medreason.llm.ask import Chat, Failure
from medreason.llm.request import Request, prompt_version
from medreason.records import Option, Patient, Question
from medreason.teachers.llm.drafts import Draft, chain_shape
from medreason.teachers.llm.prompts import render
from medreason.teachers.llm.settings import Asking
from medreason.teachers.llm.sheet import Sheet

REASON, HINT = "reason", "hint"
FIELDS = ("question", "options", "findings", "evidence of the graph")


def options_text(options: tuple[Option, ...]) -> str:
    """Options as a model reads them."""
    return "\n".join(f"{o.key}. {o.text}" for o in options)


_DURATION = re.compile(r"(\d+)([YMWD])")
_UNITS = {"Y": "year", "M": "month", "W": "week", "D": "day"}


def age_words(duration: str) -> str:
    """An ISO 8601 duration in words: ``P3Y6M`` is "3 years 6 months"."""
    parts = [f"{n} {_UNITS[unit]}{'' if n == '1' else 's'}" for n, unit in _DURATION.findall(duration)]
    return " ".join(parts) or duration


def patient_text(patient: Patient) -> str:
    """What is known of the patient beside the findings, as a paragraph or nothing."""
    known = [patient.sex, f"age {age_words(patient.age)}" if patient.age else "", "fetus" if patient.fetal else ""]
    told = ", ".join(filter(None, known))
    return f"Patient: {told}\n\n" if told else ""


def evidence_text(question: Question, sheet: Sheet) -> str:
    """The evidence lines as a model reads them, grouped by option; what an option has no record of is said."""
    blocks = []
    for option in question.options:
        rows = [f"{line.id} {line.stance}: {line.text}" for line in sheet.of(option.key)]
        if shared := sheet.shared.get(option.key):
            rows.append(f"recorded with another finding's line above, as one: {', '.join(shared)}")
        if silent := sheet.silent.get(option.key):
            rows.append(f"not recorded: {', '.join(silent)}")
        blocks.append("\n".join([f"{option.key}. {option.text}", *(rows or ["nothing recorded"])]))
    loose = [f"{line.id} {line.stance}: {line.text}" for line in sheet.lines if line.id[0] == "E" and not line.option]
    if loose:
        blocks.append("\n".join(["Between concepts of the question", *loose]))
    return "\n\n".join(blocks)


class DefaultTeacher:
    """Writes chains by one call each.

    Args:
        chat: Who answers.
        asking: Model and parameters.
    """

    def __init__(self, chat: Chat, asking: Asking) -> None:
        self._chat = chat
        self.asking = asking

    @staticmethod
    def prompts(*, hinted: bool) -> dict[str, str]:
        """Names and versions of the prompts that a chain depends on."""
        name = HINT if hinted else REASON
        return {name: prompt_version(name)}

    def request(self, question: Question, sheet: Sheet, *, sample: int = 0, hint: str = "") -> Request:
        """The request for a chain; ``hint`` is the answer in words, for the hinted try only."""
        findings, context = (
            "\n".join(f"{line.id} {line.text}" for line in sheet.lines if line.id[0] == kind) for kind in "FC"
        )
        values = {
            "question": question.text,
            "patient": patient_text(question.patient),
            "options": options_text(question.options),
            "findings": findings or "none linked",
            "context": f"Text that comes with the question\n{context}\n\n" if context else "",
            "evidence": evidence_text(question, sheet),
        }
        stage = HINT if hint else REASON
        if hint:
            values["answer"] = hint
        fields = (*FIELDS, *(("context",) if context else ()), *(("answer",) if hint else ()))
        return self.asking.request(
            render(stage, **values),
            stage=stage,
            item=question.id,
            fields=fields,
            shape=chain_shape(sheet.lines, [o.key for o in question.options]),
            sample=sample,
        )

    async def write(self, question: Question, sheet: Sheet, *, sample: int = 0, hint: str = "") -> Draft | Failure:
        """A chain, or why there is none; raises as :meth:`medreason.llm.ask.Chat.call` does."""
        outcome = await self._chat.call(self.request(question, sheet, sample=sample, hint=hint))
        if isinstance(outcome, Failure):
            return outcome
        draft: Draft = outcome.value
        return draft._replace(request=outcome.sha)
