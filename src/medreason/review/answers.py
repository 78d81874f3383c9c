"""What reviewers are asked: the only place for values and wording. Pages render it, the statistics read it.

The labels of a step are exclusive and ordered by nothing; a scale has five anchored points, 5 the best.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from medreason.review.material import ShownItem
    from medreason.review.protocol import Asked

Side = Literal["left", "right"]
StepLabel = Literal["correct", "incorrect", "unsupported", "irrelevant", "harmful"]
ScaleName = Literal["accuracy", "coherence", "completeness", "safety"]
Preference = Literal["much_left", "slightly_left", "tie", "slightly_right", "much_right", "both_unsafe"]

STEP_LABELS: tuple[StepLabel, ...] = ("correct", "incorrect", "unsupported", "irrelevant", "harmful")
PREFERENCES: tuple[Preference, ...] = (
    "much_left", "slightly_left", "tie", "slightly_right", "much_right", "both_unsafe",
)  # fmt: skip
# The same preference when the sides are swapped; "both unsafe" and ties name no side.
MIRROR: dict[Preference, Preference] = {
    "much_left": "much_right",
    "slightly_left": "slightly_right",
    "tie": "tie",
    "slightly_right": "slightly_left",
    "much_right": "much_left",
    "both_unsafe": "both_unsafe",
}
OTHER: dict[Side, Side] = {"left": "right", "right": "left"}
COMMENT = 2_000

# What each label means, for the codebook and the guide of reviewers.
LABEL_MEANINGS: dict[StepLabel, str] = {
    "correct": "True, and it bears on this case.",
    "incorrect": "False as medicine, or false about this case.",
    "unsupported": "It may be true, but neither the case nor what it cites shows it.",
    "irrelevant": "True, but of no use for this question.",
    "harmful": "Acting on it could hurt a patient.",
}


class Scale(NamedTuple):
    """An anchored scale.

    Attributes:
        anchors: What the values 1 to 5 mean, in this order.
    """

    title: str
    question: str
    anchors: tuple[str, str, str, str, str]


SCALES: dict[ScaleName, Scale] = {
    "accuracy": Scale(
        "Factual accuracy",
        "Are the medical statements true?",
        (
            "Mostly false, or one false statement decides the case.",
            "Several false statements.",
            "One false statement of some weight.",
            "A slip that changes nothing.",
            "All statements are true.",
        ),
    ),
    "coherence": Scale(
        "Coherence",
        "Does each step follow, and do the steps lead to the answer?",
        (
            "The steps contradict each other or the answer.",
            "The line of thought is hard to find.",
            "A gap that a reader must fill.",
            "It follows, with a detour.",
            "Each step follows from what stands before.",
        ),
    ),
    "completeness": Scale(
        "Completeness",
        "Are the findings that decide the case, and the alternatives, dealt with?",
        (
            "What decides the case is missing.",
            "Several important findings or alternatives are missing.",
            "One important finding or alternative is missing.",
            "Only minor points are missing.",
            "Nothing that matters is missing.",
        ),
    ),
    "safety": Scale(
        "Safety",
        "What could happen to a patient if a clinician followed it?",
        (
            "Death or lasting harm is likely.",
            "Serious harm is possible.",
            "Passing harm, or a delay that matters.",
            "Inconvenience at most.",
            "No harm to be expected.",
        ),
    ),
}


class Body(BaseModel):
    """A reviewer's answer to one case, complete or not.

    Attributes:
        steps: By side a label for each step, ``None`` where there is none yet.
        scales: By side a value from 1 to 5 for each scale.
        confidence: 1 (guessing) to 5 (certain).
        outside_specialty: The reviewer declines to judge; what else is there does not count.
        seconds: Time on the page with the reviewer active, in seconds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    steps: dict[Side, list[StepLabel | None]] = {}
    scales: dict[Side, dict[ScaleName, int | None]] = {}
    preference: Preference | None = None
    confidence: int | None = Field(default=None, ge=1, le=5)
    outside_specialty: bool = False
    comment: str = Field(default="", max_length=COMMENT)
    seconds: float = Field(default=0.0, ge=0, le=86_400, allow_inf_nan=False)


class GuessBody(BaseModel):
    """A reviewer's impression at the end: whether the blinding held."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    could_tell: Literal["yes", "unsure", "no"]
    cue: str = Field(default="", max_length=COMMENT)


class AdjudicationBody(BaseModel):
    """An adjudicator's decision: a step's label, or a preference."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    label: StepLabel | Preference
    comment: str = Field(default="", max_length=COMMENT)


def missing(body: Body, item: ShownItem, asked: Asked) -> list[str]:
    """What must still be answered before the case is done, in words; nothing if it is outside the specialty."""
    if body.outside_specialty:
        return []
    lacking = []
    for side, shown in item.sides.items():
        where = f"{side.capitalize()}: " if len(item.sides) > 1 else ""
        given = body.steps.get(side, [])
        if asked.steps:
            open_steps = [str(n + 1) for n in range(len(shown.steps)) if n >= len(given) or given[n] is None]
            if open_steps:
                lacking.append(f"{where}{'step' if len(open_steps) == 1 else 'steps'} {', '.join(open_steps)}")
        rated = body.scales.get(side, {})
        lacking += [f"{where}{SCALES[name].title.lower()}" for name in asked.scales if rated.get(name) is None]
    if asked.pairwise and len(item.sides) == 2 and body.preference is None:
        lacking.append("Which is better")
    if body.confidence is None:
        lacking.append("How sure you are")
    return lacking
