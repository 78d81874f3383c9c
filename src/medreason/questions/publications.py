"""Publication ids in one spelling, so that an exclusion cannot be missed for a capital letter or a URL."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PMID = re.compile(r"(?i)(?:pmid[\s:_/-]*|pubmed(?:\.ncbi\.nlm\.nih\.gov)?/)(\d+)")
_PREFIXED = re.compile(r"^\s*([A-Za-z][\w.-]*)\s*:\s*(\S+)\s*$")


def publications_in(text: str) -> list[str]:
    """PubMed ids named in a text, as ``PMID:n``: ``PMID_123``, ``pmid: 123``, a PubMed address."""
    return [f"PMID:{number}" for number in _PMID.findall(text)]


def normalised(references: Iterable[str]) -> tuple[str, ...]:
    """References in the graph's spelling (``PMID:n``, prefix in capitals, no spaces), without repeats."""
    found: list[str] = []
    for reference in references:
        named = publications_in(reference)
        prefixed = _PREFIXED.match(reference)
        if named:
            found += named
        elif prefixed and not reference.strip().lower().startswith(("http:", "https:")):
            found.append(f"{prefixed[1].upper()}:{prefixed[2]}")
        elif reference.strip():
            found.append(reference.strip())
    return tuple(dict.fromkeys(found))
