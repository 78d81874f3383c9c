"""How a model is asked by the stages; what of it changes a reply is in every request's key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from medreason.llm.request import Message, Request
from medreason.llm.schema import Shape

Profile = Literal["default", "compat"]


@dataclass(frozen=True, slots=True)
class Asking:
    """Settings of the stages.

    Args:
        model: Name of the model at the server.
        profile: ``default`` or ``compat``.
        samples: Blind samples drawn until one arrives at the answer and passes the checker.
        hint: After them, one try with the answer told; its record is flagged.
        temperature: Sampling temperature; ``None`` leaves it to the server.
        top_p: Nucleus mass.
        max_tokens: Most tokens of a reply, thinking included.
        seed: Seed for servers that take one.
        reasoning_effort: For models that take it.
        extra: Further parameters of the server.
        mark: Flag of every record; changes no request.
    """

    model: str
    profile: Profile = "default"
    samples: int = 3
    hint: bool = True
    temperature: float | None = 0.7
    top_p: float | None = None
    max_tokens: int | None = 4096
    seed: int | None = None
    reasoning_effort: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    mark: str = ""

    def request(
        self,
        messages: tuple[Message, ...],
        *,
        stage: str,
        item: str,
        fields: tuple[str, ...],
        shape: Shape | None = None,
        sample: int = 0,
    ) -> Request:
        """A request of a stage."""
        return Request(
            self.model,
            messages,
            stage=stage,
            item=item,
            fields=fields,
            sample=sample,
            temperature=self.temperature,
            top_p=self.top_p,
            max_tokens=self.max_tokens,
            seed=self.seed,
            reasoning_effort=self.reasoning_effort,
            shape=shape,
            extra=self.extra,
        )
