"""Speed of candidate search over 130,000 names: ``python -m benchmarks.candidates --hpo DIR [--mondo DIR]``.

The names of the given graphs, filled up to the wanted number with made-up ones (seeded: two to five words drawn from
the real names' words, at their frequencies), and mentions made of names by dropping, swapping and misspelling words.
Prints the median, mean and 95th percentile of one search (best of three), after a warm-up that compiles the loop.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from medreason.kg.build import build
from medreason.kg.source import SourceGraph
from medreason.kg.store import Graph, open_graph
from medreason.linking.candidates import CandidateIndex, PlainNgrams, names_of
from medreason.records import Concept

NAMES = 130_000
MENTIONS = 2_000


def real_names(graphs: list[Graph]) -> list[str]:
    types = ("phenotype", "disease")
    return list(dict.fromkeys(row.text for graph in graphs for row in names_of(graph, types)))


def filled(real: list[str], wanted: int, rng: random.Random) -> list[str]:
    words = [word for name in real for word in name.split()]
    names = dict.fromkeys(real[:wanted])
    while len(names) < wanted:
        names[" ".join(rng.choices(words, k=rng.randint(2, 5)))] = None
    return list(names)


def mention(name: str, rng: random.Random) -> str:
    words = name.split()
    kind = rng.randrange(4)
    if kind == 0 and len(words) > 2:
        words.pop(rng.randrange(len(words)))
    elif kind == 1 and len(words) > 1:
        rng.shuffle(words)
    elif kind == 2:
        at = rng.randrange(len(words))
        cut = rng.randrange(max(1, len(words[at])))
        words[at] = words[at][:cut] + words[at][cut + 1 :] or words[at]
    return " ".join(words)


def graph_of(names: list[str], folder: Path) -> Graph:
    source = SourceGraph("made up", "1", "none", "none")
    source.concepts = [Concept(f"X:{i:07d}", "disease", name) for i, name in enumerate(names)]
    build(source, folder)
    return open_graph(folder)


def timed(call: Callable[[str], object], texts: list[str]) -> list[float]:
    """Milliseconds a text, the best of three runs of each, sorted."""
    times = [float("inf")] * len(texts)
    for _ in range(3):
        for i, text in enumerate(texts):
            start = time.perf_counter()
            call(text)
            times[i] = min(times[i], (time.perf_counter() - start) * 1e3)
    return sorted(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hpo", type=Path, required=True, help="an HPO graph")
    parser.add_argument("--mondo", type=Path, help="a MONDO graph")
    parser.add_argument("--names", type=int, default=NAMES)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    real = real_names([open_graph(folder) for folder in (args.hpo, args.mondo) if folder])
    names = filled(real, args.names, rng)
    with tempfile.TemporaryDirectory() as folder:
        graph = graph_of(names, Path(folder) / "graph")
        start = time.perf_counter()
        index = CandidateIndex(graph, ("disease",))
        built = time.perf_counter() - start
        texts = [mention(rng.choice(real), rng) for _ in range(MENTIONS)]
        plain = PlainNgrams(graph, index.rows)
        print(f"{len(index):,} names ({min(len(real), args.names):,} real), index built in {built:.1f} s")
        print(f"{MENTIONS:,} mentions, milliseconds a mention   median    mean     95 %     max")
        calls: list[tuple[str, Callable[[str], object]]] = [
            ("candidates, re-ranked", index.search),
            ("trigram TF-IDF alone", plain.best),
        ]
        for label, call in calls:
            timed(call, texts[:50])
            times = timed(call, texts)
            mean, n = sum(times) / len(times), len(times)
            print(f"{label:39s} {times[n // 2]:8.3f} {mean:7.3f} {times[int(0.95 * n)]:8.3f} {times[-1]:7.3f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    main()
