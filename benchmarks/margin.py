"""Sets the decision margin on one half of the diseases and reports it on the other.

    python -m benchmarks.margin KG CASES

KG is a graph folder, CASES a file of solved phenopackets. Rule: the smallest margin on a half-bit grid at
which, macro over the diseases of the calibration half, at least 90 % of the decided items are right. The value found
stands in ``medreason.config``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from medreason.config import RunConfig
from medreason.dataset.summary import in_calibration_half, rate
from medreason.engine import make_pipeline
from medreason.kg.store import open_graph
from medreason.questions.reading import Item, read_items

TARGET = 0.90


def audits(kg: Path, cases: Path) -> list[tuple[str, float, bool]]:
    """(answer's disease, margin, right) of every case that reached the teacher."""
    config = RunConfig(questions=cases, source="phenopackets", kg=kg, out=kg)
    pipeline = make_pipeline(open_graph(kg), config)
    outcomes = (pipeline.process(item).audit for item in read_items(cases) if isinstance(item, Item))
    return [(a.answer, a.margin, a.right) for a in outcomes if a is not None]


def main() -> None:
    items = audits(Path(sys.argv[1]), Path(sys.argv[2]))
    halves = {
        "calibration": [i for i in items if in_calibration_half(i[0])],
        "report": [i for i in items if not in_calibration_half(i[0])],
    }
    print(f"{'margin':>6}  {'half':12} {'decided':>8} {'right per item':>24} {'right macro':>24}")
    chosen = None
    for step in range(0, 25):
        margin = step / 2
        for half, members in halves.items():
            decided = [(answer, float(right)) for answer, lead, right in members if lead >= margin]
            right = rate(decided)
            item, macro = right["per_item"], right["macro_over_diseases"]
            if half == "calibration" and chosen is None and macro["value"] and macro["value"] >= TARGET:
                chosen = margin
            print(
                f"{margin:6.1f}  {half:12} {len(decided) / max(len(members), 1):8.3f} "
                f"{item['value']:8.3f} ({item['low']:.3f}-{item['high']:.3f}) "
                f"{macro['value']:8.3f} ({macro['low']:.3f}-{macro['high']:.3f})"
            )
    print(f"margin set on the calibration half: {chosen}")


if __name__ == "__main__":
    main()
