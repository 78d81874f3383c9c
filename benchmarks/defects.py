"""Planted defects over real records: how many the checker finds, and how often it is alarmed at untouched ones.

    medreason run --questions CASES --source phenopackets --kg KG --out RUN_OFFLINE
    medreason demo --chains authored --out RUN_LLM
    python -m benchmarks.defects RUN_OFFLINE RUN_LLM --kg KG --n 1400 --seed 0 [--json]

Each defect is one change to one record that holds (``tests/quality/defects*.py`` say why it is a defect). Changes that
turn out to be no defect are counted apart ("spared"), with the alarms that they raise all the same. A row: how many
planted, how many found, the share with its 95 % interval (Wilson, as if plants on one record were independent),
and the rules that found them. The last rows are the untouched records of both runs, all of them.

The authored chains are few, and the checker's patterns for prose were mended on them: their shares say that what was
looked for is found, and are no estimate for the prose of another author.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.quality import defects_leaks, defects_offline, defects_prose
from tests.quality.defects import Plant, Row, edges_gone, measure

from medreason.kg.store import Graph, open_graph
from medreason.quality.verify import verify_record
from medreason.records import Record, from_json
from medreason.statistics import wilson

OFFLINE, PROSE = "offline", "language model"
# Plants of one kind in one record, at most.
MOST = {OFFLINE: 1, PROSE: 3}


class Run(NamedTuple):
    """The records of one teacher, and the defects that they can carry."""

    teacher: str
    records: list[Record]
    kinds: dict[str, dict[str, Plant]]


def read(folder: Path) -> list[Record]:
    """The records of a run."""
    with (folder / "dataset.jsonl").open("rb") as lines:
        return [from_json(Record, line) for line in lines]


def untouched(run: Run, graph: Graph) -> Row:
    """The records as they are: ``planted`` counts them, ``found`` the false alarms."""
    row = Row(run.teacher, "untouched", "untouched", records=len(run.records))
    for record in run.records:
        row.add(record, defects_leaks.find(record, graph))
    return row


def rows(runs: Sequence[Run], graph: Graph, n: int, seed: int) -> Iterator[Row]:
    """Every kind of defect for every teacher; together at least ``n`` where the records can carry so many."""
    kinds = sum(len(plants) for run in runs for plants in run.kinds.values()) + len(runs)
    quota = -(-n // kinds)
    for run in runs:
        with tempfile.TemporaryDirectory() as spare:
            yield edges_gone(run.teacher, run.records, graph, Path(spare) / "kg", seed=seed, quota=quota)
        for family, plants in run.kinds.items():
            for kind, plant in plants.items():
                find = defects_leaks.find if family in defects_leaks.KINDS else verify_record
                yield measure(
                    run.teacher, family, kind, plant, run.records, graph,
                    seed=seed, quota=quota, most=MOST[run.teacher], find=find,
                )  # fmt: skip


def _line(name: str, found: Sequence[Row]) -> str:
    planted, hits = sum(r.planted for r in found), sum(r.found for r in found)
    share = wilson(hits, planted)
    told = f"{share.value:7.1%} ({share.low:.1%} to {share.high:.1%})" if planted else f"{'':7} (none)"
    spared = sum(r.harmless for r in found)
    apart = f"{sum(r.alarms for r in found)} of {spared}" if spared else ""
    rules = ", ".join(f"{rule} {n}" for rule, n in sum((r.rules for r in found), Counter[str]()).most_common(3))
    return f"{name:34} {planted:7} {hits:6} {planted - hits:7} {told:26} {apart:>9}  {rules}"


def show(found: Sequence[Row], clean: Sequence[Row]) -> None:
    """Prints the confusion tables."""
    for teacher in (OFFLINE, PROSE):
        own = [r for r in found if r.teacher == teacher]
        records = next(r for r in clean if r.teacher == teacher)
        head = f"{'kind':34} {'planted':>7} {'found':>6} {'missed':>7} {'found, 95 % interval':26} {'spared':>9}  rules"
        print(f"\n{teacher}: {records.records} records\n{head}")
        for family in dict.fromkeys(r.family for r in own):
            print(_line(family, [r for r in own if r.family == family]))
            for row in own:
                if row.family == family:
                    print(_line(f"  {row.kind}", [row]))
        print(_line("all defects", own))
        alarms = wilson(records.found, records.planted)
        print(
            f"{'untouched':34} {records.planted:7} {records.found:6} alarms  {alarms.value:.2%} "
            f"({alarms.low:.2%} to {alarms.high:.2%})"
        )
    print("\nspared: changes that are no defect, and how many of them the checker refuses all the same")
    print(_line("all", found))


def told(found: Sequence[Row], clean: Sequence[Row]) -> dict[str, Any]:
    """The same as JSON."""

    def row(r: Row) -> dict[str, Any]:
        share = wilson(r.found, r.planted)
        return {
            "teacher": r.teacher, "family": r.family, "kind": r.kind, "records": r.records, "planted": r.planted,
            "found": r.found, "share": share.value if r.planted else None, "low": share.low, "high": share.high,
            "harmless": r.harmless, "harmless_refused": r.alarms, "rules": dict(r.rules.most_common()),
            "missed": r.missed,
        }  # fmt: skip

    return {"defects": [row(r) for r in found], "untouched": [row(r) for r in clean]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("offline", type=Path, help="run folder of the offline teacher")
    parser.add_argument("llm", type=Path, help="run folder of a language model, or of the authored chains")
    parser.add_argument("--kg", type=Path, required=True, help="the graph that both cite")
    parser.add_argument("--n", type=int, default=1400, help="defects to plant, at least (as far as the records allow)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    graph = open_graph(args.kg)
    runs = [
        Run(OFFLINE, read(args.offline), {**defects_offline.KINDS, **defects_leaks.KINDS}),
        Run(PROSE, read(args.llm), {**defects_prose.KINDS, **defects_leaks.KINDS}),
    ]
    clean = [untouched(run, graph) for run in runs]
    found = list(rows(runs, graph, args.n, args.seed))
    if args.json:
        print(json.dumps(told(found, clean), indent=1))
    else:
        show(found, clean)


if __name__ == "__main__":
    main()
