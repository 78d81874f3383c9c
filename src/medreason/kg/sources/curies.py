"""How the sources' own ids become CURIEs, and when two CURIEs name the same thing.

Rules. A number of an ontology whose ids have seven digits is padded (PrimeKG's MONDO ``5532`` is
``MONDO:0005532``); a gene is ``NCBIGene:N`` whoever states it; an id that carries its prefix keeps it; an unknown
source becomes the prefix. Where nodes of several types would share one CURIE, each gets ``#type`` behind it.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence

# Source as written in PrimeKG and Hetionet → prefix and number of digits (0: as it stands).
PREFIXES = {
    "NCBI": ("NCBIGene", 0), "Entrez": ("NCBIGene", 0), "GO": ("GO", 7), "HPO": ("HP", 7), "MONDO": ("MONDO", 7),
    "UBERON": ("UBERON", 7), "DOID": ("DOID", 0), "DrugBank": ("DrugBank", 0), "REACTOME": ("Reactome", 0),
    "CTD": ("MESH", 0), "MeSH": ("MESH", 0), "UMLS": ("UMLS", 0), "NDF-RT": ("NDFRT", 0),
    "PathwayCommons/WikiPathways": ("HetionetPathway", 0),
}  # fmt: skip
GROUPED = "MONDO_grouped"
LONGEST_GROUP = 64  # characters of a readable id; node ids are stored in a fixed width
# Spellings of one prefix, lower case → the one that is compared.
_SAME_PREFIX = {
    "ncbi": "ncbigene", "entrez": "ncbigene", "orphanet": "orpha", "ordo": "orpha", "msh": "mesh", "omimps": "omimps",
    "umls_cui": "umls", "hpo": "hp", "drugbank": "drugbank", "mim": "omim", "react": "reactome",
}  # fmt: skip
_CURIE = re.compile(r"^[A-Za-z][\w.-]*:\S+$")


def canonical(curie: str) -> str:
    """The form in which ids are compared: prefix in lower case and one spelling, ``#type`` taken off."""
    prefix, colon, rest = curie.partition(":")
    low = prefix.lower()
    return f"{_SAME_PREFIX.get(low, low)}{colon}{rest.partition('#')[0]}"


def curie(source: str, raw: str) -> str:
    """The CURIE of a source's own id."""
    if source == GROUPED:
        return group_curie(raw)
    prefix, digits = PREFIXES.get(source, (re.sub(r"[^\w.-]+", "_", source), 0))
    if _CURIE.match(raw):
        return raw
    return f"{prefix}:{raw.zfill(digits) if raw.isdigit() else raw}"


def group_curie(raw: str) -> str:
    """``MONDO_grouped:8054_16367_1907``; long groups keep three members, their number and a hash of all.

    ``MONDO_grouped:9960_12845_33643_and_11_more_1f3870be`` stands for fourteen members.
    """
    plain = f"{GROUPED}:{raw}"
    if len(plain) <= LONGEST_GROUP:
        return plain
    members = raw.split("_")
    digest = hashlib.sha256(raw.encode()).hexdigest()[:8]
    return f"{GROUPED}:{'_'.join(members[:3])}_and_{len(members) - 3}_more_{digest}"


def members(raw: str) -> tuple[str, ...]:
    """The MONDO ids that a grouped disease of PrimeKG joins."""
    return tuple(dict.fromkeys(curie("MONDO", part) for part in raw.split("_") if part))


def by_type(curies: Sequence[str], types: Sequence[str]) -> list[str]:
    """The CURIEs, with ``#type`` behind those that nodes of several types claim."""
    claimed: defaultdict[str, set[str]] = defaultdict(set)
    for one, kind in zip(curies, types, strict=True):
        claimed[one].add(kind)
    return [
        one if len(claimed[one]) == 1 else f"{one}#{re.sub(r'[^0-9A-Za-z]+', '_', kind)}"
        for one, kind in zip(curies, types, strict=True)
    ]
