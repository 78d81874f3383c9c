"""How often each clinical-logic check fails on solved diseases and on their distractors.

    python -m benchmarks.checks KG CASES

KG is a graph folder, CASES a file of solved phenopackets. A rule that fails for more than 3 % of the solved diseases
may weigh, not reject (METHOD section 4). Path rules are asked of the best path from every observed finding to the
option, searched without the case's own publication.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from medreason.config import RunConfig
from medreason.kg.checks import Case, option_checks, path_checks
from medreason.kg.paths import question_paths
from medreason.kg.store import open_graph
from medreason.kg.view import GraphView
from medreason.questions.phenopackets import PhenopacketSource
from medreason.questions.reading import Item, read_items
from medreason.records import Question
from medreason.statistics import wilson
from medreason.teachers.weigh import Weigher

LIMIT = 0.03


def main() -> None:
    graph = open_graph(Path(sys.argv[1]))
    seed = RunConfig.model_fields["seed"].default
    source = PhenopacketSource(graph, seed=seed, exclude_own_paper=True)
    weigher = Weigher(graph)
    asked: Counter[tuple[str, bool, str]] = Counter()
    for item in read_items(Path(sys.argv[2])):
        question = source.question(item) if isinstance(item, Item) else None
        if not isinstance(question, Question):
            continue
        view = GraphView(graph, question.excluded_publications)
        observed, excluded = weigher.telling(question.findings)
        case = Case(tuple(observed), tuple(excluded), question.patient)
        findings, options = [graph.curie(f) for f in observed], [o.concept for o in question.options]
        found = question_paths(graph, findings, options, 1, view=view)
        for option in question.options:
            solved = option.key == question.answer_key
            for check in option_checks(view, graph.require(option.concept), case):
                asked[f"option: {check.rule}", solved, check.outcome] += 1
            for finding in findings:
                for path in found[finding, option.concept].paths:
                    for check in path_checks(view, path, case):
                        asked[f"path: {check.rule}", solved, check.outcome] += 1
    print(f"{'rule':32} {'of the solved: fails':>34} {'applies':>8} {'of the distractors':>19} {'applies':>8}")
    for rule in dict.fromkeys(rule for rule, _, _ in asked):
        cells = []
        for solved in (True, False):
            total = sum(n for (r, s, _), n in asked.items() if (r, s) == (rule, solved))
            fails, silent = asked[rule, solved, "fail"], asked[rule, solved, "not_applicable"]
            rate = wilson(fails, total)
            bounds = f" ({100 * rate.low:.2f}-{100 * rate.high:.2f})" if solved else ""
            cells.append(
                f"{fails:6} of {total:6}: {100 * rate.value:5.2f} %{bounds} {100 * (1 - silent / total):6.1f} %"
            )
        print(f"{rule:32} {cells[0]}   {cells[1]}   {'may weigh, not reject' if fails_often(asked, rule) else ''}")


def fails_often(asked: Counter[tuple[str, bool, str]], rule: str) -> bool:
    total = sum(n for (r, s, _), n in asked.items() if (r, s) == (rule, True))
    return asked[rule, True, "fail"] > LIMIT * total


if __name__ == "__main__":
    main()
