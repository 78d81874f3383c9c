"""How well a score tells the solved disease from its fair distractors, own publication left out.

    python -m benchmarks.separation KG CASES [--every N]

Scores compared, each over the observed findings that count:

- random pick;
- unweighted shortest path: minus the mean number of edges from a finding to the option;
- path cost: minus the mean cost of the cheapest path of at most one edge more than the shortest (``kg/cost.py``);
- Resnik best match (Resnik 1995; symmetric as in Koehler et al. 2009): mean over the findings of the most informative
  ancestor shared with a recorded term, and the same the other way round, averaged;
- evidence: the score of docs/scoring.md;
- few annotations: minus the number of terms a disease is recorded with. It knows nothing of the case, and is above one
  half because the own paper takes terms from the solved disease alone. *Matched* areas count only distractors with 0.8
  to 1.25 times as many terms, where this says nothing.

For each: area under the ROC curve within questions (how often the solved disease outscores a distractor), first
place, and the share right among the questions with the largest lead. Diseases are split as the margin's calibration
does; the weights of docs/scoring.md were chosen on the calibration half.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from medreason.config import RunConfig
from medreason.dataset.summary import in_calibration_half
from medreason.kg.paths import Searcher
from medreason.kg.store import Graph, open_graph
from medreason.kg.view import GraphView
from medreason.questions.phenopackets import PhenopacketSource
from medreason.questions.reading import Item, read_items
from medreason.records import Question
from medreason.statistics import Estimate, macro
from medreason.teachers.weigh import Weigher

METHODS = ("random pick", "few annotations", "shortest path", "path cost", "Resnik best match", "evidence")
MATCHED = (0.8, 1.25)
COVERAGES = (0.2, 0.4, 0.5, 0.6, 0.8, 1.0)
UNREACHED = 99.0


class Scored(NamedTuple):
    """A question: its solved disease, whether it is of the calibration half, and each method's scores, solved first."""

    disease: str
    calibration: bool
    scores: dict[str, np.ndarray]


def path_scores(view: GraphView, findings: Sequence[str], options: Sequence[str]) -> dict[str, np.ndarray]:
    """Minus mean length and minus mean cost of the best path from every finding, for every option."""
    searcher = Searcher(view.graph, view=view)
    found = searcher.question(findings, options, 1, slack=1)
    lengths = np.zeros(len(options))
    costs = np.zeros(len(options))
    for column, option in enumerate(options):
        for finding in findings:
            shortest = searcher.shortest(finding, option, limit=1).hops
            best = found[finding, option].costs
            lengths[column] += shortest[0] if len(shortest) else UNREACHED
            costs[column] += best[0] if len(best) else UNREACHED
    return {"shortest path": -lengths / len(findings), "path cost": -costs / len(findings)}


def resnik(view: GraphView, weigher: Weigher, observed: Sequence[int], disease: int) -> float:
    """Symmetric best-match average in bits; 0 for a disease without terms."""
    terms = sorted(set(view.annotated_terms(disease).tolist()))
    if not terms:
        return 0.0
    recorded = frozenset().union(*(weigher.above(t) for t in terms))
    seen = frozenset().union(*(weigher.above(f) for f in observed))

    def mean(of: Sequence[int], others: frozenset[int]) -> float:
        best = [max((view.information(a) for a in weigher.above(n) & others), default=0.0) for n in of]
        return sum(best) / len(best)

    return (mean(observed, recorded) + mean(terms, seen)) / 2


def scored(graph: Graph, weigher: Weigher, question: Question, rng: np.random.Generator) -> Scored:
    """All methods on one question."""
    view = GraphView(graph, question.excluded_publications)
    observed, excluded = weigher.telling(question.findings)
    ordered = sorted(question.options, key=lambda o: o.key != question.answer_key)
    options = [o.concept for o in ordered]
    numbers = [graph.require(o) for o in options]
    evidence = []
    for number in numbers:
        weighed = weigher.weigh(view, number, observed, excluded)
        evidence.append(weigher.score(view, number, weighed, observed, question.patient).total)
    scores = {
        "random pick": rng.random(len(options)),
        "few annotations": -np.asarray([len(set(view.annotated_terms(n).tolist())) for n in numbers], dtype=float),
        **path_scores(view, [graph.curie(f) for f in observed], options),
        "Resnik best match": np.asarray([resnik(view, weigher, observed, n) for n in numbers]),
        "evidence": np.asarray(evidence),
    }
    return Scored(options[0], in_calibration_half(options[0]), scores)


def over_diseases(questions: Sequence[Scored], values: np.ndarray) -> tuple[float, Estimate]:
    """Mean over questions and over diseases (with its bootstrap interval)."""
    groups: dict[str, list[float]] = {}
    for question, value in zip(questions, values.tolist(), strict=True):
        groups.setdefault(question.disease, []).append(value)
    return float(np.mean(values)), macro(groups)


def report(questions: Sequence[Scored], name: str) -> dict[str, list[float]]:
    """Prints the table of one half; returns the macro share right at each coverage."""
    print(f"\n{name}: {len(questions)} questions, {len({q.disease for q in questions})} diseases")
    heads = " ".join(f"{f'{c:.0%}':>6}" for c in COVERAGES)
    print(
        f"{'':20} {'ROC area':>9} {'macro':>22} {'first':>7} {'macro':>7}   right among the clearest (macro): {heads}"
    )
    curves = {}
    for method in METHODS:
        table = np.vstack([q.scores[method] for q in questions])
        above = (table[:, :1] > table[:, 1:]) + 0.5 * (table[:, :1] == table[:, 1:])
        area, area_macro = over_diseases(questions, above.mean(axis=1))
        counts = np.vstack([-q.scores["few annotations"] for q in questions])
        ratio = counts[:, 1:] / np.maximum(counts[:, :1], 1)
        matched = above[(ratio >= MATCHED[0]) & (ratio <= MATCHED[1])].mean()
        ranks = np.sort(table, axis=1)
        ties = (table == ranks[:, -1:]).sum(axis=1)
        first = (table[:, 0] == ranks[:, -1]) / ties
        right, right_macro = over_diseases(questions, first)
        order = np.argsort(-(ranks[:, -1] - ranks[:, -2]), kind="stable")
        curve = []
        for coverage in COVERAGES:
            kept = order[: round(coverage * len(order))].tolist()
            curve.append(over_diseases([questions[i] for i in kept], first[kept])[1].value)
        curves[method] = curve
        cells = " ".join(f"{100 * c:6.1f}" for c in curve)
        interval = f"{area_macro.value:.3f} ({area_macro.low:.3f}-{area_macro.high:.3f})"
        middle = f"{area:9.3f} {interval:>22} {matched:8.3f} {100 * right:7.1f} {100 * right_macro.value:7.1f}"
        print(f"{method:20} {middle}   {'':34}{cells}")
    return curves


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("kg", type=Path)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take every n-th answerable question")
    options = parser.parse_args()
    graph = open_graph(options.kg)
    seed = RunConfig.model_fields["seed"].default
    source = PhenopacketSource(graph, seed=seed, exclude_own_paper=True)
    weigher, rng = Weigher(graph), np.random.default_rng(seed)
    asked = (source.question(item) for item in read_items(options.cases) if isinstance(item, Item))
    questions = [q for q in asked if isinstance(q, Question)][:: options.every]
    done = [scored(graph, weigher, q, rng) for q in questions]
    for name, half in (("calibration half", True), ("report half", False)):
        report([q for q in done if q.calibration is half], name)


if __name__ == "__main__":
    main()
