"""Medical reasoning whose every step cites an edge of a versioned knowledge graph.

Public names load on first use, so that importing the package does no work.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["evidence", "explain", "link", "open_graph", "run", "verify"]

if TYPE_CHECKING:
    from medreason.api import evidence, explain, link, open_graph, run, verify


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("medreason.api"), name)
    raise AttributeError(f"module 'medreason' has no attribute {name!r}")
