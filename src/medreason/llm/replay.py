"""Answers a finished run's requests from its journal: no network, no key, no cost."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from medreason.errors import ReplayError, of_sqlite
from medreason.llm.ask import Outcome, ask
from medreason.llm.faults import FAULTS, Fault
from medreason.llm.journal import last_attempt
from medreason.llm.parse import OK, Verdict, judge
from medreason.llm.request import Canonical, Request


class ReplayClient:
    """Reads a journal; writes nothing.

    Raises:
        ReplayError: there is no such file.
        RunFolderError: the file is damaged, or a run holds it.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise ReplayError(f"there is no {path.name} to replay", fix="name the folder of a finished run")
        self._name = path.name
        try:
            self._db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=1.0)
            self._db.execute("SELECT COUNT(*) FROM attempt").fetchone()
        except sqlite3.Error as error:
            raise of_sqlite(error, path.name) from error

    async def call(self, request: Request) -> Outcome:
        """The outcome that the live client gave.

        Raises:
            ReplayError: the request was never answered, or its body is purged.
        """
        return await ask(self._fetch, request)

    async def _fetch(self, request: Request, key: Canonical) -> Verdict:
        try:
            stored = last_attempt(self._db, key.sha, final=False)
        except sqlite3.Error as error:
            raise of_sqlite(error, self._name) from error
        if stored is None:
            raise ReplayError(
                f"the journal holds no reply to this request of stage {request.stage or '?'} (key {key.sha[:12]})",
                fix="replay with the same program version, prompts, inputs and options, or run live",
                item=request.item,
            )
        if stored.status == "ok":
            return judge(request, stored.http_status or OK, {}, stored.body)
        return Verdict(None, Fault(FAULTS[stored.error_class or "server"], stored.detail), None, stored.body)

    def close(self) -> None:
        """Closes the file."""
        self._db.close()
