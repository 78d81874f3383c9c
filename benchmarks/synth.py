"""Synthetic questions: what a blind rule finds, how varied the sentences are, how many texts are nearly the same.

    python -m benchmarks.synth cues DIR --kg KG
    python -m benchmarks.synth sentences DIR --kg KG
    python -m benchmarks.synth near DIR --kg KG
    python -m benchmarks.synth planted DIR --kg KG

``cues``: how often a rule that never reads the question finds the answer (longest option, most popular in the graph,
most like the others, …; ties count as a guess among the tied), and a conditional logit over all of them that learns on
one half of the records and is tested on the other. ``sentences``: distinct sentences of questions and chains once names
and numbers are masked, a list of any length counted as one name. ``near``: texts of a question with its chain, names
masked, that share four of five runs of five words (Jaccard 0.8), and the same of questions with their options as they
stand. ``planted``: faults of 20 sorts (tests/quality/synthetic/plants.py) in 60 records of each kind, and how many of
them the checker finds. Only numbers are printed.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from tests.quality.synthetic.plants import PLANTS

from medreason import records as records_
from medreason.kg.store import Graph, open_graph
from medreason.quality.facts import Facts
from medreason.quality.near import groups
from medreason.quality.synthetic.masks import Masks
from medreason.quality.verify import verify_record

Record = dict[str, Any]
LEVELS = 400
RATE = 0.5


def read(folder: Path) -> list[Record]:
    """The records of a dataset."""
    with (folder / "dataset.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def kind(record: Record) -> str:
    """Its kind; gene questions apart by what they ask for."""
    name = str(record["flags"][1]).removeprefix("synthetic_")
    asks_gene = record["options"][0]["concept"].startswith("NCBIGene")
    return name if name != "gene" else ("gene: which gene" if asks_gene else "gene: which disorder")


# -- cues ------------------------------------------------------------------------------------------------


def trigrams(text: str) -> set[str]:
    """Runs of three characters."""
    text = f"  {text.lower()} "
    return {text[i : i + 3] for i in range(len(text) - 2)}


def words(text: str) -> set[str]:
    """Words of four letters or more."""
    return {w for w in re.findall(r"\w+", text.lower()) if len(w) > 3}


class Blind:
    """What can be seen of options without the case."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        has = graph.relation == graph.relation_code("has_phenotype")
        associated = graph.relation == graph.relation_code("associated")
        self.annotations = np.bincount(graph.head[has & graph.present], minlength=graph.n_nodes)
        self.recorded = np.bincount(graph.tail[has], minlength=graph.n_nodes)
        self.genes = np.bincount(graph.head[associated], minlength=graph.n_nodes)
        self.carriers = np.diff(graph.carriers.indptr)
        self.sets: dict[int, set[int]] = {}

    def around(self, node: int) -> set[int]:
        """What a concept is recorded with, or what lies above it."""
        if node not in self.sets:
            rows = self.graph.profile if len(self.graph.profile[node]) else self.graph.ancestors
            self.sets[node] = {node, *rows[node].tolist()}
        return self.sets[node]

    def features(self, record: Record) -> dict[str, list[float]]:
        """One value an option for each cue."""
        nodes = [self.graph.require(o["concept"]) for o in record["options"]]
        texts = [o["text"] for o in record["options"]]
        stem, grams, around = words(record["question"]), [trigrams(t) for t in texts], [self.around(n) for n in nodes]
        popularity = [float(self.annotations[n] + self.carriers[n] + self.genes[n]) for n in nodes]
        return {
            "length": [float(len(t)) for t in texts],
            "words": [float(len(t.split())) for t in texts],
            "popularity": popularity,
            "rows": [float(self.annotations[n] + self.recorded[n] + self.genes[n]) for n in nodes],
            "stem words": [float(len(stem & words(t))) for t in texts],
            "spelling alike": _mean_jaccard(grams),
            "graph alike": _mean_jaccard(around),
        }


def _mean_jaccard(sets: list[Any]) -> list[float]:
    found = []
    for i, a in enumerate(sets):
        others = [len(a & b) / max(len(a | b), 1) for j, b in enumerate(sets) if j != i]
        found.append(round(sum(others) / len(others), 9))
    return found


def hit(values: list[float], right: int, sign: int) -> float:
    """Chance that the rule "largest" (sign 1) or "smallest" (-1) picks the answer."""
    best = max(sign * v for v in values)
    tied = [i for i, v in enumerate(values) if sign * v == best]
    return 1 / len(tied) if right in tied else 0.0


def learned(rows: list[tuple[np.ndarray, int]]) -> float:
    """Accuracy on the second half of a conditional logit that learnt on the first."""
    half = len(rows) // 2
    width = rows[0][0].shape[1]
    weights = np.zeros(width)
    x = np.stack([r[0] for r in rows])
    y = np.asarray([r[1] for r in rows])
    momentum = np.zeros(width)
    for _ in range(LEVELS):
        scores = x[:half] @ weights
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(half), y[:half]] -= 1
        momentum = 0.9 * momentum + np.einsum("io,iof->f", p, x[:half]) / half
        weights -= RATE * momentum
    return float(np.mean((x[half:] @ weights).argmax(axis=1) == y[half:]))


def _columns(features: dict[str, list[float]]) -> np.ndarray:
    """Each cue as places among the options, centred, and how extreme the place is."""
    columns = []
    for values in features.values():
        a = np.asarray(values)
        ranks = (a[:, None] > a).sum(axis=1) + ((a[:, None] == a).sum(axis=1) - 1) / 2
        centred = (ranks - ranks.mean()) / len(a)
        columns += [centred, centred**2 - (centred**2).mean()]
    return np.stack(columns, axis=1)


def cues(records: list[Record], graph: Graph) -> None:
    """Prints what each rule finds, by kind."""
    blind = Blind(graph)
    hits: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    rows: dict[str, list[tuple[np.ndarray, int]]] = defaultdict(list)
    chance: dict[str, list[float]] = defaultdict(list)
    for record in records:
        keys = [o["key"] for o in record["options"]]
        right, of = keys.index(record["answer_key"]), kind(record)
        features = blind.features(record)
        rows[of].append((_columns(features), right))
        for name in (of, "all"):
            chance[name].append(1 / len(keys))
            for cue, values in features.items():
                hits[name][f"most {cue}"].append(hit(values, right, 1))
                hits[name][f"least {cue}"].append(hit(values, right, -1))
            for letter in "ABCDE":
                hits[name][f"letter {letter}"].append(float(record["answer_key"] == letter))
    for name, of_rules in sorted(hits.items()):
        expected = 100 * float(np.mean(chance[name]))
        print(f"\n{name}: {len(chance[name]):,} records, chance {expected:.1f} %")
        for cue, found in sorted(of_rules.items(), key=lambda c: -float(np.mean(c[1]))):
            mark = "  <-- above chance + 3" if 100 * float(np.mean(found)) > expected + 3 else ""
            print(f"  {cue:24} {100 * float(np.mean(found)):5.1f} %{mark}")
        if name != "all":
            print(f"  learnt from all of them  {100 * learned(rows[name]):5.1f} %")


# -- sentences -------------------------------------------------------------------------------------------

_TOKEN = re.compile("[\ue000-\uf8ff]")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_LISTED = re.compile(r"X(?: \([^()]*\))?(?:(?:[,;]|;?,? and| or) X(?: \([^()]*\))?)+")


def masked(record: Record, facts: Facts, graph: Graph) -> list[str]:
    """The sentences of question and chain, names as X."""
    edges = [graph.edge_number(e) for s in record["steps"] for e in s["edges"]]
    nodes = {int(end[e]) for e in edges if e is not None for end in (graph.head, graph.tail)}
    nodes |= {graph.require(o["concept"]) for o in record["options"]}
    masks = Masks(facts, nodes)
    texts = [record["question"], *(s["text"] for s in record["steps"])]
    return [_TOKEN.sub("X", sentence) for text in texts for sentence in masks.sentences(text)]


def skeleton(sentence: str) -> str:
    """A masked sentence without numbers, each list of names as one."""
    return _LISTED.sub("X", _NUMBER.sub("N", re.sub(r"X \([^()]*\)", "X", sentence)))


def sentences(records: list[Record], graph: Graph) -> None:
    """Prints how many skeletons there are, and the commonest."""
    facts = Facts(graph)
    found: Counter[str] = Counter(skeleton(s) for r in records for s in masked(r, facts, graph))
    total = found.total()
    most = 100 * found.most_common(1)[0][1] / total
    print(f"{total:,} sentences, {len(found):,} skeletons; the commonest {most:.2f} %")
    for text, count in found.most_common(8):
        print(f"  {100 * count / total:.2f} %  {text}")


# -- near ------------------------------------------------------------------------------------------------


def near(records: list[Record], graph: Graph) -> None:
    """Prints the share of records that another one before it nearly equals."""
    facts = Facts(graph)
    texts = {
        "question and chain, names masked": [" ".join(masked(r, facts, graph)).replace("X", "name") for r in records],
        "question and options as they stand": [
            r["question"] + " " + " ".join(o["text"] for o in sorted(r["options"], key=lambda o: o["text"]))
            for r in records
        ],
    }
    for what, of in texts.items():
        together = groups(of, shingle=5, threshold=0.8)
        extra = sum(len(g) - 1 for g in together)
        print(f"{what}: {extra:,} of {len(of):,} ({100 * extra / len(of):.2f} %)")
        print("   by kind:", dict(Counter(kind(records[i]) for g in together for i in sorted(g)[1:])))


# -- planted ---------------------------------------------------------------------------------------------

OF_EACH = 60


def planted(records: list[Record], graph: Graph) -> None:
    """Prints how many planted faults are found."""
    by_kind: dict[str, list[records_.Record]] = defaultdict(list)
    for record in records:
        if len(of := by_kind[record["flags"][1]]) <= OF_EACH:
            of.append(records_.from_dict(records_.Record, record))
    made, missed = Counter[str](), Counter[str]()
    for name, of in by_kind.items():
        for record, other in pairwise(of):
            for plant in PLANTS:
                for changed in plant(record, other, graph):
                    made[name] += 1
                    missed[plant.__name__] += not verify_record(changed, graph)
    print(f"{made.total() - missed.total():,} of {made.total():,} found, of {len(PLANTS)} sorts")
    print("  planted:", dict(made))
    print("  missed:", {name: count for name, count in missed.items() if count})


def main() -> None:
    """Runs one part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("cues", "sentences", "near", "planted"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kg", type=Path, required=True)
    given = parser.parse_args()
    parts = {"cues": cues, "sentences": sentences, "near": near, "planted": planted}
    parts[given.part](read(given.folder), open_graph(given.kg))


if __name__ == "__main__":
    main()
