"""Every error a user can meet, in one tree.

    MedReasonError                 exit code
    ├── UsageError                 2   the command line or run file asks for something impossible
    │   ├── PrivacyError           2   text would leave to a host, or carry an id, that is not allowed
    │   └── PriceError             2   a cost limit is set and a model has no price
    ├── InputError                 3   a file, line or item cannot be used
    │   ├── GraphError             3   a folder is not a (complete, matching) graph
    │   ├── UnknownConceptError    3   an id or name is not in the graph
    │   └── RunFolderError         3   a run folder belongs to another run, or cannot be written
    ├── LLMError                   4   a language model cannot be used; the same command goes on where it stopped
    │   ├── AuthError              4   the key is missing or refused
    │   ├── UnknownModelError      4   the server does not offer the model
    │   ├── QuotaError             4   the account has no credit left, or must wait long
    │   ├── ServerGoneError        4   nothing answers, or what answers is not a chat server
    │   ├── BudgetError            4   the cost or token limit of the run is reached
    │   └── ReplayError            4   a request is not in the journal that is replayed
    ├── WaitingError               5   requests were written to files, and their responses are not there yet
    └── CheckError                 1   a check was carried out and failed

Each error carries ``cause`` (what is wrong), ``fix`` (what to do next) and, where there is one, ``item``
(file and line, or item id). An item that cannot become a record is *not* an error: it is a typed
:class:`medreason.records.Rejection`, and the run goes on.
"""

from __future__ import annotations


class MedReasonError(Exception):
    """Base of all errors of this package.

    Args:
        cause: What is wrong, in one sentence.
        fix: What the user can do about it.
        item: File and line, or item id, where that is known.
    """

    exit_code = 3

    def __init__(self, cause: str, *, fix: str = "", item: str = "") -> None:
        self.cause = cause
        self.fix = fix
        self.item = item
        super().__init__(cause)

    def __str__(self) -> str:
        where = f"{self.item}: " if self.item else ""
        fix = f"\n  what to do: {self.fix}" if self.fix else ""
        return f"{where}{self.cause}{fix}"

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.cause, self.fix, self.item))


def _rebuild(cls: type[MedReasonError], cause: str, fix: str, item: str) -> MedReasonError:
    return cls(cause, fix=fix, item=item)


class UsageError(MedReasonError):
    """The command line or the run file asks for something that cannot be."""

    exit_code = 2


class InputError(MedReasonError):
    """A file, a line or an item cannot be used."""


class GraphError(InputError):
    """A folder is not a graph, is incomplete, of a newer format, or not the one a dataset cites."""


class UnknownConceptError(InputError):
    """An identifier or name is not in the graph."""


class RunFolderError(InputError):
    """A run folder holds another run, or cannot be written."""


class WaitingError(MedReasonError):
    """Requests were written to files; the run goes on when their responses lie beside them."""

    exit_code = 5


class CheckError(MedReasonError):
    """A check was carried out and found something wrong."""

    exit_code = 1


class PrivacyError(UsageError):
    """Text would leave to a host that is not allowed, or carry an identifier."""


class PriceError(UsageError):
    """A cost limit is set and a model that is asked has no price."""


class LLMError(MedReasonError):
    """A language model cannot be used; what was answered is in the journal."""

    exit_code = 4


class AuthError(LLMError):
    """The key is missing, unreadable or refused."""


class UnknownModelError(LLMError):
    """The server does not offer the model."""


class QuotaError(LLMError):
    """The account has no credit left, or the server asks for a long wait."""


class ServerGoneError(LLMError):
    """Nothing answers at the address, or what answers is not a chat server."""


class BudgetError(LLMError):
    """The cost or token limit of the run is reached."""


class ReplayError(LLMError):
    """A request is not in the journal that is replayed."""


def of_sqlite(error: Exception, name: str) -> RunFolderError:
    """The error of this package for one of SQLite about a file of a run folder."""
    text = str(error)
    if "locked" in text:
        return RunFolderError("another run is writing this folder", fix="wait for it, or use another --out")
    if "not a database" in text or "malformed" in text or "no such" in text:
        return RunFolderError(f"{name} is damaged ({text})", fix="move it away to start anew, or use another --out")
    if "full" in text:
        return RunFolderError("the disk is full", fix="free some space and run the same command: it goes on")
    return RunFolderError(f"cannot use {name}: {text}", fix="check the rights and the disk of --out")
