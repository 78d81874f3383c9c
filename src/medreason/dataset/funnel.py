"""Every item's end, read from what a run wrote: the ledger by stage and reason, with examples and what samples came to.

A pure function of the rows of a run folder and of its manifest. Where a finished run's files do not add up, the faults
say so; nothing is made to fit.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from medreason.dataset.write import DATASET, MANIFEST, REJECTED, SAMPLES
from medreason.errors import RunFolderError
from medreason.ledger import KEPT, Ledger, Passage, flow_name, ledger
from medreason.statistics import Estimate

EXAMPLES = 3
_PROBLEM = re.compile(r"step \d+: ([a-z_ -]+): ")
OTHER_RULE = "other"


class Example(NamedTuple):
    """An item that ended for a reason: id, detail, and option and lead in bits where a chain chose one."""

    id: str
    detail: str
    chosen_key: str
    margin: float | None


class Chains(NamedTuple):
    """What a run with a language model needed until a chain was kept, and why chains were not.

    Attributes:
        kept_at: Number of the sample (from 1) that was kept → items; hinted ones not among them.
        hinted: Items kept after the answer was told.
        not_kept: Chains written of an item that ended without a record → items.
        verdicts: Why a chain was not kept → chains.
        rules: Rule of the checker → problems that it found in chains that were not kept.
        rule_chains: Rule of the checker → chains that were not kept in which it found any.
    """

    kept_at: dict[int, int]
    hinted: int
    not_kept: dict[int, int]
    verdicts: dict[str, int]
    rules: dict[str, int]
    rule_chains: dict[str, int]


class Funnel(NamedTuple):
    """A run's items from first to last.

    Attributes:
        run: Name of the run's folder.
        state: ``finished``, or ``unfinished``: then everything is of the items that have ended so far.
        flow: One of :data:`medreason.ledger.FLOWS`.
        ledger: Counts by stage and reason, from the rows.
        examples: ``stage/reason`` → the first items that ended so, in the order of the input.
        chains: What samples came to; ``None`` where no language model wrote chains in samples.
        faults: What does not add up, a sentence each; none for a folder as it was written.
    """

    run: str
    state: str
    flow: str
    ledger: Ledger
    examples: dict[str, list[Example]]
    chains: Chains | None
    faults: list[str]


@dataclass(slots=True)
class _Counts:
    """What is counted while the rows go by."""

    rejected: Counter[str] = field(default_factory=Counter)
    kept: int = 0
    hinted: int = 0
    kept_at: Counter[int] = field(default_factory=Counter)
    examples: dict[str, list[Example]] = field(default_factory=dict)
    records: Counter[str] = field(default_factory=Counter)
    others: set[str] = field(default_factory=set)


def survey(
    run: str,
    manifest: Mapping[str, Any] | None,
    config: Mapping[str, Any],
    endings: Iterable[tuple[str, dict[str, Any]]],
    samples: Iterable[dict[str, Any]],
    examples: int = EXAMPLES,
) -> Funnel:
    """The funnel of a run from its rows; reads each once.

    Args:
        run: Name of the folder.
        manifest: Of a finished run; ``None`` for one that is under way.
        config: The configuration in the run's identity.
        endings: ``record`` or ``rejection``, and the row, in the order of the files.
        samples: Rows of chains that were not kept.
        examples: Largest number of examples of a reason.

    Raises:
        RunFolderError: a row lacks what every row of its file has.
    """
    counts = _Counts()
    flow = flow_name(config)
    try:
        for kind, row in endings:
            _count(counts, kind, row, examples)
        drawn = list(samples)
        chains = _chains(counts, drawn) if flow == "default" else None
    except (KeyError, TypeError, ValueError) as error:
        raise RunFolderError(
            f"a row of the folder is not of a run ({type(error).__name__}: {error})", fix="make the run again", item=run
        ) from error
    found = ledger(counts.rejected, counts.kept, flow)
    faults = [] if manifest is None else _faults(manifest["summary"], counts, drawn)
    state = "unfinished" if manifest is None else "finished"
    return Funnel(run, state, flow, found, counts.examples, chains, faults)


def _count(counts: _Counts, kind: str, row: dict[str, Any], most: int) -> None:
    name = str(row.get("id") or row.get("id_in_dataset") or "")
    if kind == "record":
        counts.kept += 1
        counts.records[name] += 1
        written = row.get("written") or {}
        if written.get("hinted"):
            counts.hinted += 1
        elif written:
            counts.kept_at[int(written["sample"]) + 1] += 1
        return
    reason = f"{row['stage']}/{row['reason']}"
    counts.rejected[reason] += 1
    counts.others.add(name)
    shown = counts.examples.setdefault(reason, [])
    if len(shown) < most:
        shown.append(Example(name, str(row["detail"]), str(row.get("chosen_key") or ""), row.get("margin")))


def _chains(counts: _Counts, samples: list[dict[str, Any]]) -> Chains:
    verdicts: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    rule_chains: Counter[str] = Counter()
    written: Counter[str] = Counter()
    for sample in samples:
        verdicts[sample["verdict"]] += 1
        written[sample["id"]] += 1
        named = [m[1] if (m := _PROBLEM.match(text)) else OTHER_RULE for text in sample["problems"]]
        rules.update(named)
        rule_chains.update(set(named))
    lost = Counter(n for name, n in written.items() if name not in counts.records)
    return Chains(
        dict(sorted(counts.kept_at.items())), counts.hinted, dict(sorted(lost.items())),
        _ranked(verdicts), _ranked(rules), _ranked(rule_chains),
    )  # fmt: skip


def _ranked(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _faults(summary: Mapping[str, Any], counts: _Counts, samples: list[dict[str, Any]]) -> list[str]:
    """Where the files of a finished run and its manifest disagree."""
    told: dict[str, int] = summary["rejected"]
    faults = []
    ended = int(summary["kept"]) + sum(told.values())
    if summary["items"] != ended:
        faults.append(f"{MANIFEST} counts {summary['items']:,} items, but {ended:,} ends of items")
    if counts.kept != summary["kept"]:
        faults.append(f"{DATASET} holds {counts.kept:,} records, {MANIFEST} counts {summary['kept']:,}")
    for reason in sorted(told.keys() | counts.rejected.keys()):
        here, there = counts.rejected[reason], told.get(reason, 0)
        if here != there:
            faults.append(f"{REJECTED} holds {here:,} items of {reason}, {MANIFEST} counts {there:,}")
    twice = sorted(name for name, n in counts.records.items() if n > 1)
    faults += [f"{DATASET} holds the id {name} more than once" for name in twice]
    chains = summary.get("chains")
    if chains is not None and chains["samples"] != len(samples):
        faults.append(f"{SAMPLES} holds {len(samples):,} chains, {MANIFEST} counts {chains['samples']:,}")
    known = counts.records.keys() | counts.others
    strays = sorted({str(s["id"]) for s in samples} - known)
    faults += [f"{SAMPLES} has a chain of {name}, which has no end in this run" for name in strays]
    return faults


# -- as one JSON document ------------------------------------------------------------------------------


def _estimate(e: Estimate) -> dict[str, Any]:
    if math.isnan(e.value):
        return {"value": None, "low": None, "high": None, "n": 0}
    return {"value": round(e.value, 4), "low": round(e.low, 4), "high": round(e.high, 4), "n": e.n}


def as_json(funnel: Funnel) -> dict[str, Any]:
    """The whole funnel as one JSON document; the same keys for every run, shares from 0 to 1 with 95 % intervals."""
    found = funnel.ledger
    chains = funnel.chains
    return {
        "run": funnel.run,
        "state": funnel.state,
        "flow": funnel.flow,
        "adds_up": not funnel.faults,
        "faults": funnel.faults,
        "items": found.items,
        KEPT: {"items": found.kept, "share": _estimate(found.share)},
        "stages": [_stage(p, funnel.examples) for p in found.passages],
        "chains": None if chains is None else {
            "kept_at": {str(n): items for n, items in chains.kept_at.items()},
            "hinted": chains.hinted,
            "not_kept_after": {str(n): items for n, items in chains.not_kept.items()},
            "verdicts": chains.verdicts,
            "problems": [
                {"rule": rule, "problems": n, "chains": chains.rule_chains[rule]} for rule, n in chains.rules.items()
            ],
        },
    }  # fmt: skip


def _stage(passage: Passage, examples: Mapping[str, list[Example]]) -> dict[str, Any]:
    return {
        "stage": passage.stage,
        "meaning": passage.words,
        "entered": passage.entered,
        "left": passage.lost,
        "went_on": passage.went_on,
        "share": _estimate(passage.share),
        "reasons": [
            {
                "reason": row.reason,
                "meaning": row.words,
                "items": row.items,
                "share": _estimate(row.share),
                "examples": [e._asdict() for e in examples.get(f"{passage.stage}/{row.reason}", ())],
            }
            for row in passage.left
        ],
    }
