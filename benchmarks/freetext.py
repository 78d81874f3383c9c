"""Free text against a graph: counts by dataset, precision against labels made by hand, chains in a second.

    python -m benchmarks.freetext KG FILE... [--labels benchmarks/freetext.tsv]

The labels say of pairs of names (places in a chain, no text) whether the sentence says that the two belong together
(``present``), that they do not (``absent``), that one is a kind of the other (``is_a``), or nothing of the kind
(``none``). 60 pairs were drawn at random (seed 20261122) from all pairs that the first version found in both files, by
whatever verdict; with them all other claims of that version, and later ones that were new. Patterns were written after
these labels had been seen: what is measured on them is no estimate for other texts.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from medreason.kg.store import open_graph
from medreason.quality.freetext.claims import FreeClaim, Reader
from medreason.quality.freetext.counts import summarise
from medreason.quality.freetext.rows import Chain, read_chains

LABELS = Path(__file__).with_suffix(".tsv")
Key = tuple[str, int, int, int, int, int]


class Label(NamedTuple):
    """What a sentence says of a pair, how the pair was drawn, and what the first version made of it ("-": nothing)."""

    said: str
    drawn: str
    first_verdict: str
    first_said: str


def read_labels(path: Path) -> dict[Key, Label]:
    """Labels by place."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            chain, a, b, c, d, e, *label = line.split("\t")
            found[chain, int(a), int(b), int(c), int(d), int(e)] = Label(*label)
    return found


def key(claim: FreeClaim) -> Key:
    """The place of a claim."""
    first, second = sorted(claim.spans)
    return claim.chain, claim.start, *first, *second


def first_version(labels: dict[Key, Label]) -> dict[str, list[int]]:
    """Right and all claims of the first version, by verdict."""
    right: Counter[str] = Counter(v.first_verdict for v in labels.values() if v.first_said == v.said)
    every: Counter[str] = Counter(v.first_verdict for v in labels.values() if v.first_said != "-")
    return {verdict: [right[verdict], n] for verdict, n in sorted(every.items())}


def against(labels: dict[Key, Label], claims: list[FreeClaim]) -> dict[str, object]:
    """Right and all labelled claims by verdict, and how many statements among the random pairs are found."""
    made = {key(c): c for c in claims if c.checkable}
    right = Counter(c.verdict for k, c in made.items() if k in labels and labels[k].said == c.said)
    every = Counter(c.verdict for k, c in made.items() if k in labels)
    told = [k for k, v in labels.items() if v.drawn == "random" and v.said != "none"]
    return {
        "claims": len(made),
        "not labelled": sum(k not in labels for k in made),
        "right of labelled": {verdict: [right[verdict], n] for verdict, n in sorted(every.items())},
        "statements found, of the random pairs": [sum(k in made for k in told), len(told)],
    }


def main() -> None:
    """Prints one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kg", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--labels", type=Path, default=LABELS)
    args = parser.parse_args()
    labels = read_labels(args.labels)
    reader = Reader(open_graph(args.kg))
    reader.read(Chain("warm", "", "Fever and seizures.", "", "text"))
    claims: list[FreeClaim] = []
    for file in args.files:
        chains = [c for c in read_chains(file) if isinstance(c, Chain)]
        start = time.perf_counter()
        read = [reader.read(c) for c in chains]
        spent = time.perf_counter() - start
        claims += [c for r in read for c in r.claims]
        print(json.dumps({"file": file.name, "chains in a second": round(len(chains) / spent, 1), **summarise(read)}))
    print(json.dumps({"first version": first_version(labels), "now": against(labels, claims)}, indent=1))


if __name__ == "__main__":
    main()
