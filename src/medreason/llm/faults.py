"""What can go wrong with a call, by class: who it stops, how often it is tried again, and what to do.

scope   what follows
retry   the same request is sent again after a wait; after ``tries`` of them the item fails
item    the item fails at once, with the raw text; the run goes on
run     the run stops with an error; what was answered is in the journal
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Literal, NamedTuple

from medreason.errors import AuthError, LLMError, QuotaError, ServerGoneError, UnknownModelError

Scope = Literal["retry", "item", "run"]
MAX_DETAIL = 300


@dataclass(frozen=True, slots=True)
class FaultClass:
    """One class of fault.

    Args:
        name: As in the journal's ``error_class``.
        scope: See the module.
        fix: What the user can do.
        tries: How often a request is sent again for this class.
        delay: Seconds before the first repeat; doubles each time up to ``longest``, with jitter.
        longest: Most seconds between repeats.
        slows: Whether the server is overloaded, so that fewer calls go at once.
        billable: Whether the server may have billed a call whose use of tokens is not known.
        error: What stops the run, for scope ``run``.
    """

    name: str
    scope: Scope
    fix: str
    tries: int = 0
    delay: float = 0.5
    longest: float = 30.0
    slows: bool = False
    billable: bool = False
    error: type[LLMError] = LLMError


FAULTS = {
    f.name: f
    for f in (
        FaultClass("auth", "run", "check the key, and that it may use this model", error=AuthError),
        FaultClass("unknown_model", "run", "name a model that the server lists under /models", error=UnknownModelError),
        FaultClass("wrong_address", "run", "check the base URL; it mostly ends in /v1", error=ServerGoneError),
        FaultClass("quota", "run", "add credit or wait, then run the same command: it goes on", error=QuotaError),
        FaultClass("rate_limit", "retry", "set a limit of requests or tokens per minute", 40, 1.0, 60.0, slows=True),
        FaultClass("overload", "retry", "run the same command later, or with less at once", 15, 1.0, 60.0, slows=True),
        FaultClass("server", "retry", "see the server's log, then run the same command", 8),
        FaultClass("timeout", "retry", "raise the timeout or lower max_tokens", 4, 1.0, slows=True, billable=True),
        FaultClass("unreachable", "retry", "start the server, then run the same command", 1_000_000),
        FaultClass("dropped", "retry", "see the server's log, then run the same command", 8, billable=True),
        FaultClass("bad_body", "retry", "check that the address is a chat server", 6, 0.2, 5.0, billable=True),
        FaultClass("empty", "retry", "raise max_tokens, or see whether the prompt asks for text", 3, 0.2, 5.0),
        FaultClass("truncated", "retry", "see whether the server cuts replies", 2, 0.2, 5.0),
        FaultClass("unstructured", "retry", "set structured to none for this server", 3, 0.0),
        FaultClass("schema", "item", "use a model that follows a schema, or a simpler schema"),
        FaultClass("length", "item", "raise max_tokens"),
        FaultClass("context_length", "item", "use a model with a longer context, or shorten the prompt"),
        FaultClass("content_filter", "item", "review the text against the provider's rules, or serve a model yourself"),
        FaultClass("refusal", "item", "reword the prompt, or use another model"),
        FaultClass("bad_request", "item", "correct the parameter the server names"),
        FaultClass("too_long", "item", "set max_tokens", billable=True),
        FaultClass("private", "item", "take the id out of the text, or give the item another id"),
    )
}


class Fault(NamedTuple):
    """A fault of one attempt: its class, the server's words (at most 300 characters), and the wait it asks for."""

    kind: FaultClass
    detail: str
    wait: float | None = None


def fault(name: str, detail: str = "", wait: float | None = None) -> Fault:
    """A fault by name of its class."""
    return Fault(FAULTS[name], clean(" ".join(detail.split())[:MAX_DETAIL]), wait)


def clean(text: str) -> str:
    """The text with half characters (lone surrogates, which JSON can carry) replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_QUOTA = re.compile(
    r"insufficient_quota|exceeded your current quota|insufficient (balance|credit|funds)|credit balance"
)
_CONTEXT = re.compile(
    r"context_length|context length|context window|context size|maximum context|exceed_context|prompt is too long"
    r"|input is too long|too many (input )?tokens|reduce the length"
)
_FILTER = re.compile(r"content_filter|content_policy|content management policy|responsibleai|moderation|flagged")
_MODEL = re.compile(
    r"model_not_found|model\b.{0,120}(not exist|not found)|not a valid model|(unknown|no such) model|deploymentnotfound"
)
_STRUCTURED = re.compile(r"response_format|json_schema|json_object|structured output|guided|grammar")


def classify(status: int, headers: Mapping[str, str], body: str) -> Fault:
    """The fault of a reply whose status is not 200, or that carries an error; headers with lower-case names."""
    message = _message(body)
    low = f"{message} {body[:2000]}".lower()
    wait = _wait(headers)

    def found(name: str) -> Fault:
        return fault(name, f"HTTP {status}: {message}" if message else f"HTTP {status}", wait)

    if status == 402 or (status in (403, 429) and _QUOTA.search(low)):
        return found("quota")
    if status == 429:
        return found("rate_limit")
    if status in (400, 403, 422, 451) and _FILTER.search(low):
        return found("content_filter")
    if status in (401, 403):
        return found("auth")
    if status == 413 or (status in (400, 422, 500) and _CONTEXT.search(low)):
        return found("context_length")
    if status in (400, 422, 500, 501) and _STRUCTURED.search(low):
        return found("unstructured")
    if status in (400, 404) and _MODEL.search(low):
        return found("unknown_model")
    if status in (404, 405) or 300 <= status < 400:
        return found("wrong_address")
    if status in (408, 425, 503, 529):
        return found("overload")
    if status >= 500:
        return found("server")
    return found("bad_request")


def _message(body: str) -> str:
    """The server's own words in the spellings of the common servers."""
    try:
        data: Any = json.loads(body)
    except ValueError:
        return "" if body.lstrip().startswith("<") else body.strip()
    for key in ("error", "message", "detail"):
        if isinstance(data, dict) and key in data:
            data = data[key]
    return data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)


def _wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that a reply asks to wait (``Retry-After`` in seconds or as a date, ``retry-after-ms``)."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = headers.get(name, "").strip()
        if re.fullmatch(r"\d+(\.\d+)?", text):
            return float(text) * scale
    try:
        until = parsedate_to_datetime(headers["retry-after"])
        sent = parsedate_to_datetime(headers["date"])
        return max(0.0, (until - sent).total_seconds())
    except (KeyError, ValueError, TypeError):
        return None
