"""Settings of the client, as small frozen objects; the run file's Pydantic models map onto them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from medreason.errors import UsageError

STRUCTURED = ("json_schema", "json_object", "none")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A chat server.

    Args:
        base_url: Address up to and without ``/chat/completions``; for Azure by the SDK, the resource's address.
        key_env: Environment variable that holds the key.
        key_file: File that holds the key; with neither, no key is sent.
        transport: ``aiohttp`` for plain OpenAI-compatible addresses; ``openai`` and ``azure`` go by the SDK.
        key_header: Header of the key: ``Authorization`` (as bearer) or ``api-key``.
        api_version: Of Azure by the SDK.
        structured: How the server is told of a schema; ``auto`` tries the strictest and steps down when refused.
        max_tokens_field: ``max_completion_tokens`` for OpenAI's reasoning models.
        timeout: Seconds for one call.
    """

    base_url: str
    key_env: str = ""
    key_file: Path | None = None
    transport: Literal["aiohttp", "openai", "azure"] = "aiohttp"
    key_header: Literal["Authorization", "api-key"] = "Authorization"
    api_version: str = ""
    structured: Literal["auto", "json_schema", "json_object", "none"] = "auto"
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    timeout: float = 600.0

    def __post_init__(self) -> None:
        _positive("timeout", self.timeout)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much goes at once: calls in flight (first, most), and requests and tokens in any 60 seconds."""

    start: int = 64
    most: int = 256
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None

    def __post_init__(self) -> None:
        for name in ("start", "most", "requests_per_minute", "tokens_per_minute"):
            _positive(name, getattr(self, name))


@dataclass(frozen=True, slots=True)
class Price:
    """Price of a model in one currency per million tokens; ``cached`` for prompt tokens the server had already."""

    prompt: float
    completion: float
    cached: float | None = None

    def __post_init__(self) -> None:
        for value in (self.prompt, self.completion, self.cached or 0.0):
            if not math.isfinite(value) or value < 0:
                raise UsageError("a price is not a number from 0", fix="give prices per million tokens")


@dataclass(frozen=True, slots=True)
class Budget:
    """Most cost and most tokens (prompt and completion) of a run, over all its resumes."""

    cost: float | None = None
    tokens: int | None = None

    def __post_init__(self) -> None:
        _positive("budget.cost", self.cost)
        _positive("budget.tokens", self.tokens)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited.

    Args:
        gone: Seconds that the run pauses for a server that answered before, until it stops.
        longest_wait: Most seconds that a server may ask to wait; more stops the run.
        scale: Factor on every back-off; tests set it low.
    """

    gone: float = 1800.0
    longest_wait: float = 900.0
    scale: float = 1.0


def _positive(name: str, value: float | None) -> None:
    if value is not None and not (math.isfinite(value) and value > 0):
        raise UsageError(f"{name} is {value}, not above 0", fix=f"give a positive {name}, or leave it out")
