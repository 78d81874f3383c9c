"""Requests as files instead of a network, for machines that reach no model and for batch services.

    session 1   every new request stops its item with ``Pending``; ``finish`` writes DIR/requests-0001.jsonl
    by hand     a batch service, another machine or a person answers it; the responses go to DIR/responses-*.jsonl
    session 2   the same command: responses are committed to the journal, then judged as those of a server; a request
                that is asked anew (a bad shape, an expired batch) goes into DIR/requests-0002.jsonl

Nothing is sent. A request's ``custom_id`` is its key, so ids of items stand in no file, and equal requests go out once.
A response is committed before a stage sees it; from then on the journal answers, with or without the files.

What a response is worth stands in :mod:`medreason.llm.weigh`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from medreason.errors import RunFolderError, UsageError
from medreason.llm.ask import Outcome, ask
from medreason.llm.batch import Folder
from medreason.llm.budget import Bound, Ledger
from medreason.llm.faults import FAULTS, Fault
from medreason.llm.inflight import InFlight
from medreason.llm.journal import Journal, Result, Totals
from medreason.llm.parse import OK, Verdict, judge
from medreason.llm.privacy import say
from medreason.llm.request import Canonical, Request
from medreason.llm.settings import STRUCTURED, Budget, Price
from medreason.llm.wave import Wave
from medreason.llm.weigh import TEXT, Judged, Weighed, weigh

NOTHING = Bound(0, 0.0)


class Pending(Exception):
    """A request has no response yet: its item stops here and goes on when the same command runs again.

    Not an error of the run, and no :class:`medreason.errors.MedReasonError`: whoever drives the items catches it for
    each item, goes on with the others, and calls :meth:`FilesClient.finish` at the end.

    Args:
        sha: Key of the request.
    """

    def __init__(self, sha: str) -> None:
        self.sha = sha
        super().__init__(f"request {sha[:12]} waits for its response")


class Waiting(NamedTuple):
    """Different requests of this session that wait, and that are answered (failures included)."""

    waiting: int
    answered: int


class Outbox(NamedTuple):
    """What a session leaves.

    Args:
        waiting: Requests without a response.
        written: Those of them that were written now.
        files: How many of them wait in which file, by name.
        again: Requests that are asked again because their response was an error, by class of fault.
        duplicates: Responses to a request that had one already.
        unknown: Responses to requests that nobody asked.
        malformed: Lines that are no response.
    """

    waiting: int
    written: int
    files: dict[str, int]
    again: dict[str, int]
    duplicates: int
    unknown: int
    malformed: int


class FilesClient:
    """Answers requests from files in a folder, and writes those that have no answer; use within one event loop.

    Args:
        folder: The folder; made if it is not there.
        journal: Where attempts are kept; the caller closes it.
        prices: Price by model name; batch services mostly take half.
        structured: How the body of a request tells of the schema; ``none`` writes it into the prompt, which every
            service and person can read.
        max_tokens_field: Name of the parameter ``max_tokens`` at the service.
        notify: Gets the sentences the user must see.

    Raises:
        RunFolderError: the folder cannot be made.
        UsageError: an unknown ``structured``.
    """

    def __init__(
        self,
        folder: Path,
        journal: Journal,
        *,
        prices: Mapping[str, Price] | None = None,
        structured: Literal["json_schema", "json_object", "none"] = "none",
        max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens",
        notify: Callable[[str], None] = say,
    ) -> None:
        if structured not in STRUCTURED:
            raise UsageError(f"structured is {structured}", fix=f"give one of {', '.join(STRUCTURED)}")
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise RunFolderError(f"cannot make {folder}: {error.strerror}", fix="name a folder you may write") from None
        self._path = folder
        self._journal = journal
        self._ledger = Ledger(Budget(), prices or {})
        self._structured = STRUCTURED.index(structured)
        self._max_tokens_field = max_tokens_field
        self._notify = notify
        self._wave = Wave(folder)
        self._loaded: asyncio.Task[Folder] | None = None
        self._flying = InFlight(self._answer)
        self._answered: set[bytes] = set()
        self._pending: set[bytes] = set()
        self._files: Counter[str] = Counter()
        self._fields: set[str] = set()
        self._again: Counter[str] = Counter()
        self._duplicates = 0

    async def call(self, request: Request) -> Outcome:
        """The reply to a request, or the failure that stands for it.

        Raises:
            Pending: it has no response yet.
            RunFolderError: the folder or the journal cannot be read or written.
        """
        return await ask(self._flying.fetch, request)

    def waiting(self) -> Waiting:
        """How many requests of this session wait, and how many are answered."""
        return Waiting(len(self._pending), len(self._answered))

    async def totals(self) -> Totals:
        """Calls, tokens and cost of the run so far, over all sessions."""
        return await self._journal.totals()

    async def finish(self) -> Outbox:
        """Writes the requests that wait and stand in no file yet, and says what to do with them.

        Raises:
            RunFolderError: the folder cannot be written.
        """
        await asyncio.gather(*self._flying.tasks, return_exceptions=True)
        folder = await self._load()
        new = await asyncio.to_thread(self._wave.write, folder.next_wave)
        self._files.update(new)
        ours = self._pending | self._answered
        unknown = sum(bytes.fromhex(sha) not in ours and not self._journal.knows(sha) for sha in folder.unasked())
        out = Outbox(
            len(self._pending),
            sum(new.values()),
            dict(sorted(self._files.items())),
            dict(self._again),
            self._duplicates,
            folder.strangers + unknown,
            folder.malformed,
        )
        self._tell(out)
        return out

    async def close(self) -> None:
        """Waits for what is being committed; what no :meth:`finish` wrote is asked anew by the next session."""
        await asyncio.gather(*self._flying.tasks, return_exceptions=True)
        self._wave.close()

    async def __aenter__(self) -> FilesClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # -- one request -------------------------------------------------------------------------------------

    async def _answer(self, request: Request, key: Canonical) -> Verdict:
        if bytes.fromhex(key.sha) in self._pending:
            raise Pending(key.sha)
        stored = await self._journal.reply(key.sha)
        if stored is not None:
            verdict = judge(request, stored.http_status or OK, {}, stored.body)
        else:
            verdict = await self._look_up(request, key)
        self._answered.add(bytes.fromhex(key.sha))
        return verdict

    async def _look_up(self, request: Request, key: Canonical) -> Verdict:
        """The verdict on what the files say, committed; waits where they say nothing that stands."""
        folder = await self._load()
        found = weigh(request, folder.entries(key.sha))
        self._duplicates += found.duplicates
        if found.best is not None and found.grade >= TEXT:
            await self._take(request, key, found.best, "ok")
            return found.best.verdict
        last = await self._journal.last(key.sha)
        if last is not None and FAULTS[last.error_class or "server"].scope == "item":
            return Verdict(None, Fault(FAULTS[last.error_class or "server"], last.detail), None, last.body)
        if found.best is None:
            self._wait(request, key, folder, found)
            raise Pending(key.sha)
        if last is None or last.body != found.best.entry.body:
            await self._take(request, key, found.best, "failed")
        return found.best.verdict

    async def _take(self, request: Request, key: Canonical, judged: Judged, status: str) -> None:
        entry, verdict = judged
        cost = None if verdict.usage is None else self._ledger.cost(request.model, verdict.usage)
        kind, detail = (None, "") if verdict.fault is None else (verdict.fault.kind.name, verdict.fault.detail)
        result = Result(status, entry.status, kind, verdict.usage, cost, entry.date, NOTHING, entry.body, detail)
        await self._journal.take(request, key, entry.date, result)

    def _wait(self, request: Request, key: Canonical, folder: Folder, found: Weighed) -> None:
        """Notes a request as waiting, and puts it into the wave unless an earlier one still has it."""
        asked = folder.asked(key.sha)
        if asked.times > found.tries.total():
            self._files[asked.file] += 1
        else:
            step = min(self._structured + found.tries["unstructured"], len(STRUCTURED) - 1)
            self._wave.add(key.sha, request.payload(STRUCTURED[step], self._max_tokens_field))
            self._fields.update(request.fields)
            if found.last:
                self._again[found.last] += 1
        self._pending.add(bytes.fromhex(key.sha))

    # -- the folder --------------------------------------------------------------------------------------

    async def _load(self) -> Folder:
        if self._loaded is None:
            self._loaded = asyncio.create_task(self._read())
        return await asyncio.shield(self._loaded)

    async def _read(self) -> Folder:
        folder = await asyncio.to_thread(Folder, self._path)
        if folder.malformed:
            more = folder.malformed - len(folder.problems)
            shown = "; ".join([*folder.problems, *([f"and {more:,} more"] if more else [])])
            self._notify(f"{_count(folder.malformed, 'line')} of {self._path} cannot be used, the rest is: {shown}")
        return folder

    def _tell(self, out: Outbox) -> None:
        for number, what in (
            (out.duplicates, "to a request that had one already: the first counts"),
            (out.unknown, "to no request of this run: not used"),
        ):
            if number:
                self._notify(f"{self._path}: {_count(number, 'response')} {what}")
        if out.again:
            classes = "; ".join(f"{number:,} {name} ({FAULTS[name].fix})" for name, number in out.again.items())
            self._notify(
                f"{self._path}: {_count(sum(out.again.values()), 'response')} with an error, asked again: {classes}"
            )
        if out.waiting:
            files = ", ".join(f"{name} ({number:,})" for name, number in out.files.items())
            fields = f"; they hold {', '.join(sorted(self._fields))}; ids are not in them" if self._fields else ""
            self._notify(
                f"{_count(out.waiting, 'request')} without a response, {out.written:,} of them new, in {self._path}: "
                f"{files}{fields}.\n"
                f"  Put the responses into the same folder as responses-*.jsonl (any name that starts with responses), "
                f"one JSON object a line:\n"
                f"  the output and error files of a batch service in OpenAI's format as they are, or "
                f'{{"custom_id": "as in the request", "content": "the reply"}}.\n'
                f"  Then run the same command: it goes on. Leave the requests files where they are: "
                f"requests whose file is gone are written anew."
            )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("s" if number != 1 else "")
