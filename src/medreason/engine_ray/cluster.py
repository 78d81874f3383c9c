"""A Ray cluster that is joined for some work, or started on this machine; usage reports stay off."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from medreason.errors import MedReasonError, UsageError


@contextmanager
def joined(address: str, processors: int | None = None) -> Iterator[Any]:
    """The module ``ray``, connected; a connection that was there already is used and left.

    Args:
        address: Of a cluster, as Ray takes it (``auto``, ``ray://HOST:PORT``); empty for this machine alone.
        processors: Of this machine, where Ray is started here; ``None`` for all.

    Raises:
        UsageError: Ray is not installed.
        MedReasonError: there is no such cluster, or it fails.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise UsageError("Ray is not installed", fix="pip install 'medreason[ray]'") from None
    began = not ray.is_initialized()
    try:
        if began:
            here: dict[str, Any] = {} if address else {"include_dashboard": False, "num_cpus": processors}
            ray.init(address=address or "local", logging_level="error", log_to_driver=False, **here)
        with _quiet():
            yield ray
    except ray.exceptions.RayError as error:
        cause = str(error).strip().splitlines()[0]
        raise MedReasonError(f"the cluster failed ({cause})", fix="run the same command: it goes on") from error
    except ConnectionError as error:
        raise MedReasonError(f"there is no cluster at {address} ({error})", fix="correct --address") from error
    finally:
        if began:
            ray.shutdown()


@contextmanager
def _quiet() -> Iterator[None]:
    """Ray tells of dead workers on standard output, where a caller's JSON belongs, and of its plans by logging."""
    logging.disable(logging.WARNING)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        logging.disable(logging.NOTSET)


def processors_of(ray: Any) -> int:
    """Processors of the cluster, at least one."""
    return max(1, int(ray.cluster_resources().get("CPU", 1)))
