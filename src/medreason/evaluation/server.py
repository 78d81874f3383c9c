"""Whom an evaluation asks: model, address and key for Inspect, whether anything answers there, and what went wrong.

A key comes from an environment variable that is named, and is written nowhere. A server on this machine that wants none
gets a stand-in, because the client insists on one; a server elsewhere never gets the key of another service.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from medreason.errors import AuthError, LLMError, QuotaError, ServerGoneError, UnknownModelError, UsageError
from medreason.llm.keys import read_key
from medreason.llm.privacy import check_host, host_of, is_loopback

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog
    from inspect_ai.model import Model

NO_KEY = "none"
OPENAI = "api.openai.com"
SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Asking:
    """Whom, and how.

    Attributes:
        model: As Inspect names it: ``openai/NAME`` for any OpenAI-compatible server, or another provider's.
        base_url: Address up to and without ``/chat/completions``; empty: the provider's own.
        key_env: Environment variable that holds the key.
        temperature: Of the sampling.
        max_tokens: Most tokens of a reply, thinking included.
        top_p: Of the sampling; ``None`` is not sent.
        model_seed: Seed that is sent; ``None`` is not.
        connections: Requests at once.
        timeout: Seconds for one try.
        retries: Tries after the first that fails for a passing reason.
        most_failed: Share of a task's outputs that may fail for good; more stops the run.
        local_only: Refuse any server that is not this machine.
    """

    model: str
    base_url: str = ""
    key_env: str = ""
    temperature: float = 0.0
    max_tokens: int = 4096
    top_p: float | None = None
    model_seed: int | None = None
    connections: int = 16
    timeout: int = 600
    retries: int = 5
    most_failed: float = 0.0
    local_only: bool = False

    def __post_init__(self) -> None:
        if "/" not in self.model:
            raise UsageError(f"{self.model!r} names no provider", fix=f"give openai/{self.model} for a chat server")
        if self.local_only and not self.base_url:
            raise UsageError("--local-only needs the address of a server", fix="give --base-url http://127.0.0.1:…/v1")
        if self.base_url:
            check_host(self.base_url, local_only=self.local_only)
        if not 0 <= self.most_failed < 1:
            raise UsageError("--most-failed is a share from 0 to below 1", fix="give 0.01 for one in a hundred")

    @property
    def served(self) -> bool:
        """Whether a server is asked that speaks OpenAI's chat interface and is not OpenAI's own."""
        host = host_of(self.base_url) if self.base_url else OPENAI
        return self.model.startswith("openai/") and host != OPENAI

    def told(self) -> dict[str, Any]:
        """What decides the outputs; neither key nor address, which a restarted server changes."""
        return {
            "model": self.model, "temperature": self.temperature, "max_tokens": self.max_tokens, "top_p": self.top_p,
            "model_seed": self.model_seed,
        }  # fmt: skip

    def model_of_inspect(self) -> Model:
        """The model for Inspect.

        Raises:
            AuthError: the key is named and missing, or a server elsewhere is given none.
            UsageError: Inspect knows no such provider, or its package is missing.
        """
        from inspect_ai._util.error import PrerequisiteError
        from inspect_ai.model import GenerateConfig, get_model

        config = GenerateConfig(
            temperature=self.temperature, max_tokens=self.max_tokens, top_p=self.top_p, seed=self.model_seed,
            max_connections=self.connections, attempt_timeout=self.timeout, max_retries=self.retries,
        )  # fmt: skip
        more: dict[str, Any] = {"base_url": self.base_url} if self.base_url else {}
        if self.base_url or self.key_env:
            more["api_key"] = self._key()
        name = self.model
        if self.served:
            # Inspect's "openai" takes a name that it does not know for OpenAI's newest model: it uses the interface of
            # responses and leaves out the temperature. The client's own retries would come on top of ours.
            name = f"openai-api/served/{self.model.removeprefix('openai/')}"
            more["max_retries"] = 0
        try:
            return get_model(name, config=config, memoize=False, **more)
        except PrerequisiteError as error:
            raise AuthError(_plain(error), fix="name the variable of the key with --key-env") from error
        except (ValueError, ImportError) as error:
            raise UsageError(f"Inspect cannot use {self.model}: {_plain(error)}", fix="check --model") from error

    def _key(self) -> str:
        if self.key_env:
            return read_key(self.key_env).reveal()
        if is_loopback(host_of(self.base_url)):
            return NO_KEY
        raise AuthError(
            f"{host_of(self.base_url)} is not this machine, and no key is named for it",
            fix="name the variable that holds its key with --key-env (any text, if it wants none)",
        )


def check_server(asking: Asking) -> None:
    """Whether anything listens at the address.

    Raises:
        ServerGoneError: nothing does.
    """
    if not asking.base_url:
        return
    parts = urlsplit(asking.base_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), SECONDS).close()
    except OSError as error:
        raise _gone(asking, error.strerror or str(error)) from error


def _gone(asking: Asking, cause: str) -> ServerGoneError:
    address = urlsplit(asking.base_url).netloc or asking.model
    return ServerGoneError(
        f"nothing answers at {address} ({cause})", fix="start the server, then run the same command: it goes on"
    )


def failure(logs: Sequence[EvalLog], asking: Asking) -> LLMError:
    """The error of a run that did not get all its answers."""
    from inspect_ai.log import read_eval_log_sample_summaries

    answered = total = 0
    for log in logs:
        total += (log.eval.dataset.samples or 0) * (log.eval.config.epochs or 1)
        answered += sum(1 for s in read_eval_log_sample_summaries(log.location) if s.completed and not s.error)
    cause = next((_cause(log.error.message) for log in logs if log.error), "the run was stopped")
    counted = f"{answered:,} of {total:,} answered"
    low = cause.lower()
    if "connection" in low or "timed out" in low or "timeout" in low:
        gone = _gone(asking, cause)
        return ServerGoneError(f"{gone.cause}; {counted}", fix=gone.fix)
    fix = "mend that, then run the same command: it goes on"
    kinds: list[tuple[tuple[str, ...], type[LLMError]]] = [
        (("401", "403", "api key"), AuthError),
        (("404", "model_not_found"), UnknownModelError),
        (("insufficient_quota", "429"), QuotaError),
    ]
    kind = next((k for words, k in kinds if any(w in low for w in words)), LLMError)
    if kind is LLMError:
        fix += "; --most-failed 0.01 lets one answer in a hundred be missing, counted as wrong"
    return kind(f"the model cannot be asked on: {cause}; {counted}", fix=fix)


def _cause(message: str) -> str:
    """A failure in short: of retries only what the last one met."""
    last = re.search(r"RetryError.*raised (\w+)", message)
    return last[1] if last else " ".join(message.split())[:300]


def _plain(error: Exception) -> str:
    return " ".join(str(error).replace("[bold]", "").replace("[/bold]", "").split())
