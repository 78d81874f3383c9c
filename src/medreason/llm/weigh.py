"""What a response in a file is worth. Pure functions. Best first:

reply             taken; of several the first, and the others are counted
status 200        without a usable reply (refusal, bad shape): taken; where the shape is bad it is asked once more
error of an item  a recorded failure; a reply in a later response still takes its place
other errors      pending: the next wave holds the request again, until its class has had its tries
                  (:data:`medreason.llm.faults.FAULTS`; classes that stop a live run have no limit here)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from medreason.llm.batch import Entry
from medreason.llm.faults import FAULTS
from medreason.llm.parse import OK, Verdict, judge
from medreason.llm.request import Request

RETRY, ITEM, TEXT, REPLY = range(4)


class Judged(NamedTuple):
    """A response and the verdict on it."""

    entry: Entry
    verdict: Verdict


class Weighed(NamedTuple):
    """The response that stands, if any does, and what was said besides.

    Args:
        best: The response that stands.
        grade: Its worth, as in the module's table.
        duplicates: Other responses that could stand.
        tries: Errors after which the request is asked again, by class.
        last: Class of the last of them, or empty.
    """

    best: Judged | None
    grade: int
    duplicates: int
    tries: Counter[str]
    last: str


def weigh(request: Request, entries: Iterable[Entry]) -> Weighed:
    """Judges all responses to a request; the best stands, of equals the first."""
    best: Judged | None = None
    highest, standing = RETRY, 0
    tries: Counter[str] = Counter()
    last: Judged | None = None
    name = ""
    for entry in entries:
        verdict = _judge(request, entry)
        grade = _grade(entry, verdict)
        standing += grade > RETRY
        if grade > highest:
            best, highest = Judged(entry, verdict), grade
        elif grade == RETRY and not entry.copy:
            assert verdict.fault is not None
            last, name = Judged(entry, verdict), verdict.fault.kind.name
            tries[name] += 1
    if best is None and any(FAULTS[n].scope == "retry" and times > FAULTS[n].tries for n, times in tries.items()):
        best, highest = last, ITEM
    return Weighed(best, highest, max(0, standing - 1), tries, name)


def _judge(request: Request, entry: Entry) -> Verdict:
    if entry.problem is not None or entry.status is None:
        return Verdict(None, entry.problem, None, entry.body)
    return judge(request, entry.status, {}, entry.body)


def _grade(entry: Entry, verdict: Verdict) -> int:
    if verdict.fault is None:
        return REPLY
    if entry.status == OK and (verdict.fault.kind.scope == "item" or verdict.fault.kind.name == "truncated"):
        return TEXT
    return ITEM if verdict.fault.kind.scope == "item" else RETRY
