"""From a request to what a stage gets: a reply or a failure, with one second try where the schema was not obeyed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol

from medreason.errors import PrivacyError
from medreason.llm.faults import fault
from medreason.llm.parse import Reply, Verdict
from medreason.llm.privacy import check_text
from medreason.llm.request import Canonical, Request

# Faults of the text itself: asked once more, with the problem.
REASK = ("schema", "truncated")


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that has no usable reply.

    Args:
        kind: Name of the fault class (:data:`medreason.llm.faults.FAULTS`).
        detail: The server's words, or what breaks the schema.
        fix: What the user can do.
        raw: The raw text of the last reply.
        sha: Key of the last request that was sent.
    """

    kind: str
    detail: str
    fix: str
    raw: str
    sha: str


Outcome = Reply | Failure
Fetch = Callable[[Request, Canonical], Awaitable[Verdict]]


class Chat(Protocol):
    """Who answers requests: a live client or a replay."""

    async def call(self, request: Request) -> Outcome:
        """The reply, or the failure that stands for it.

        Raises:
            LLMError: the run cannot go on.
        """


async def ask(fetch: Fetch, request: Request) -> Outcome:
    """Fetches a verdict; where the text breaks the shape, asks once more and shows why."""
    key, verdict = await _fetch(fetch, request)
    asked = 1
    if verdict.fault is not None and verdict.fault.kind.name in REASK and request.shape is not None:
        key, verdict = await _fetch(fetch, request.again(verdict.raw, verdict.fault.detail))
        asked = 2
        if verdict.fault is not None and verdict.fault.kind.name in REASK:
            verdict = verdict._replace(fault=fault("schema", verdict.fault.detail))
    if verdict.reply is not None:
        return replace(verdict.reply, sha=key.sha, asked=asked)
    assert verdict.fault is not None
    kind = verdict.fault.kind
    return Failure(kind.name, verdict.fault.detail, kind.fix, verdict.raw, key.sha)


async def _fetch(fetch: Fetch, request: Request) -> tuple[Canonical, Verdict]:
    key = request.canonical()
    return key, refused(request) or await fetch(request, key)


def refused(request: Request) -> Verdict | None:
    """The verdict on a request that is not sent because its text holds the id of its item."""
    try:
        check_text(request)
    except PrivacyError as error:
        return Verdict(None, fault("private", error.cause), None, "")
    return None
