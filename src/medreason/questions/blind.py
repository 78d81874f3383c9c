"""What rules that never see the case reach on an options list: the control of every multiple-choice set.

Each rule names the option with the largest value; a tie is shared out. Chance is one over the number of options.
"""

from __future__ import annotations

import numpy as np

from medreason.kg.view import GraphView
from medreason.questions.distractors import F64, DistractorIndex
from medreason.records import Question

LABELS = {
    "likeness": "most similar to the other options",
    "weighted_likeness": "most similar, weighted by information",
    "annotations": "most annotated",
    "name_length": "longest name",
}


def _share(values: F64, answer: int) -> float:
    top = values == values.max()
    return float(top[answer]) / int(np.count_nonzero(top))


def blind_rules(index: DistractorIndex, view: GraphView, bare: GraphView, question: Question) -> dict[str, float]:
    """Rule → chance (0 to 1) that it names the answer. Needs a key and options that are all linked, else ``{}``."""
    graph = view.graph
    numbers = [graph.number(o.concept) if o.concept else None for o in question.options]
    keys = [o.key for o in question.options]
    if question.answer_key not in keys or any(n is None for n in numbers):
        return {}
    answer = keys.index(question.answer_key)
    known = [n for n in numbers if n is not None]
    rules = {f"position {key}": float(i == answer) for i, key in enumerate(keys)}
    views = [("", bare)] + ([(", own paper left out", view)] if view.excluded else [])
    for suffix, seen in views:
        blind = index.blind(seen, known)
        for field, label in LABELS.items():
            if not (suffix and field == "name_length"):
                rules[label + suffix] = _share(getattr(blind, field), answer)
    return rules
