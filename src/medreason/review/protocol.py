"""The study protocol: a YAML file, read and checked whole before anything is drawn, and its hash."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from medreason.errors import InputError
from medreason.review.answers import ScaleName
from medreason.yamlfile import explain, read_mapping

if TYPE_CHECKING:
    from medreason.review.material import Material

Stratum = Literal["source", "organ_system", "difficulty"]
_EVERY: tuple[ScaleName, ...] = ("accuracy", "coherence", "completeness", "safety")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ArmSpec(_Part):
    """Where an arm's reasoning comes from.

    Attributes:
        path: A run folder, a ``dataset.jsonl``, or outputs of a model (JSONL of ``id`` and ``text`` or ``output``,
            ``answer`` if known); relative to the protocol.
        label: What reports call it after unblinding; its key in the protocol if empty.
    """

    path: Path
    label: str = ""


class Sample(_Part):
    """How cases are drawn.

    Attributes:
        items: How many; all that every arm answers if there are fewer.
        strata: Shares of these are kept as they are among all cases (largest remainders).
        seed: Of the draw and of the assignment.
    """

    items: int = Field(ge=1, le=100_000)
    strata: tuple[Stratum, ...] = ()
    seed: int = 1


class Asked(_Part):
    """What reviewers are asked.

    Attributes:
        steps: A label for each step.
        scales: Which anchored scales, in this order.
        pairwise: Two arms side by side, and which is better; otherwise one arm at a time.
    """

    steps: bool = True
    scales: tuple[ScaleName, ...] = _EVERY
    pairwise: bool = True

    @model_validator(mode="after")
    def _something(self) -> Asked:
        if len(set(self.scales)) < len(self.scales):
            raise ValueError("a scale is asked twice")
        if not (self.steps or self.scales or self.pairwise):
            raise ValueError("nothing is asked: give steps, scales or pairwise")
        return self


class Stopping(_Part):
    """When the study has enough; the coordinator is told, nothing closes by itself.

    Attributes:
        answers_per_item: Answers that every case must have; 0: as many as the overlap.
        width: The interval of the preference (wins and half of the ties, 0 to 1) is at most this wide; 0: not asked.
            Judged without showing which arm leads, and only with two arms side by side.
    """

    answers_per_item: int = Field(default=0, ge=0)
    width: float = Field(default=0.0, ge=0, lt=1)


class Protocol(_Part):
    """A study, as it is frozen at its creation.

    Attributes:
        contact: Who answers reviewers' questions.
        consent: What reviewers agree to before the first case.
        arms: At least two, by a short name that stays inside the study file until unblinding.
        overlap: Reviewers that each case gets.
        repeats: Share of a reviewer's cases that come a second time, sides swapped: 0.05 to 0.10, or 0.
        minutes_per_item: Expected time for one case, in minutes.
        specialties: Those that a roster may name; any if empty.
        citations: ``both``: cited edges are shown where every side of the case cites some, so that citations do not
            tell the arms apart; ``always``; ``never``.
    """

    title: str = Field(min_length=1, max_length=200)
    contact: str = Field(default="", max_length=500)
    consent: str = Field(min_length=1, max_length=20_000)
    arms: dict[str, ArmSpec]
    sample: Sample
    asked: Asked = Asked()
    overlap: int = Field(default=2, ge=1, le=100)
    repeats: float = 0.08
    minutes_per_item: float = Field(default=3.0, gt=0, le=240)
    stopping: Stopping = Stopping()
    specialties: tuple[str, ...] = ()
    citations: Literal["both", "always", "never"] = "both"

    @model_validator(mode="after")
    def _whole(self) -> Protocol:
        if len(self.arms) < 2:
            raise ValueError("a study compares two arms or more: give them under arms")
        if len({str(arm.path) for arm in self.arms.values()}) < len(self.arms):
            raise ValueError("two arms have the same path")
        if self.stopping.width and (len(self.arms) > 2 or not self.asked.pairwise):
            raise ValueError("stopping.width needs two arms side by side")
        if self.stopping.answers_per_item > self.overlap:
            raise ValueError("stopping.answers_per_item is more than the overlap gives")
        if len({self.name_of(name) for name in self.arms}) < len(self.arms):
            raise ValueError("two arms have the same label")
        if self.repeats and not 0.05 <= self.repeats <= 0.10:
            raise ValueError("repeats is a share from 0.05 to 0.10, or 0 for none")
        for name, arm in self.arms.items():
            # A name of one or two letters ("a") stands in any text, and tells nothing.
            for told in (one for one in (name, arm.label) if len(one) > 2):
                word = re.compile(rf"(?<!\w){re.escape(told)}(?!\w)", re.IGNORECASE)
                if any(map(word.search, (self.title, self.contact, self.consent))):
                    raise ValueError(f"title, contact or consent names the arm {told}, and reviewers read them")
        return self

    def name_of(self, arm: str) -> str:
        """What reports call an arm after unblinding."""
        return self.arms[arm].label or arm


def read_protocol(file: Path) -> Protocol:
    """The protocol in a YAML file; paths of arms as seen from the file's folder.

    Raises:
        InputError: it cannot be read, or a key or value is wrong; all are named at once.
    """
    values = read_mapping(file, "study protocol")
    try:
        found = Protocol.model_validate(values)
    except ValidationError as error:
        raise InputError(
            explain(error, Protocol, told={}), fix="docs/review.md has an example", item=file.name
        ) from None
    arms = {name: arm.model_copy(update={"path": file.parent / arm.path}) for name, arm in found.arms.items()}
    return found.model_copy(update={"arms": arms})


def plain(protocol: Protocol) -> dict[str, Any]:
    """The protocol as plain values; of an arm's path only the last part, so that no folder of a machine is kept."""
    values = protocol.model_dump(mode="json")
    for arm in values["arms"].values():
        arm["path"] = Path(arm["path"]).name
    return values


def protocol_hash(protocol: Protocol, material: Material) -> str:
    """SHA-256 over the protocol and the content of every drawn case: equal only if reviewers judge the same."""
    told = {"protocol": plain(protocol), "cases": [case.plain() for case in material.cases], "graph": material.graph}
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
