"""Build, open and path search on the HPO graph, beside NetworkX and rustworkx: ``python -m benchmarks.hpo``.

All three libraries search the same random connected pairs of one graph (present edges, undirected) in one
process, one after the other on each pair. NetworkX and rustworkx get a simple graph, so their paths are node
sequences; ours keep parallel edges apart and are compared as node sequences. The first search, which loads
compiled code, is not counted.
"""

import argparse
import gc
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean, quantiles
from typing import TypeVar

import networkx as nx
import numpy as np
import rustworkx as rx

from medreason.kg.build import build, collector_paused
from medreason.kg.hpo import read_hpo
from medreason.kg.paths import best_paths, shortest_paths
from medreason.kg.store import Graph, open_graph

SEED = 2002
T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[float, T]:
    begin = time.perf_counter()
    result = work()
    return time.perf_counter() - begin, result


def line(name: str, seconds: list[float], base: list[float]) -> str:
    milli = [s * 1000 for s in seconds]
    cuts = quantiles(milli, n=100, method="inclusive")
    ratio = sum(seconds) / sum(base)
    return f"{name:28}{mean(milli):10.2f}{cuts[49]:10.2f}{cuts[98]:10.2f}{ratio:10.1f}"


def measure_build(folder: Path) -> None:
    def both() -> None:
        with collector_paused():
            build(read_hpo(), folder)

    seconds, _ = timed(both)
    print(f"build from the release files  {seconds:8.2f} s")


def connected_pairs(graph: Graph, net: rx.PyGraph, count: int) -> list[tuple[int, int]]:
    component = np.zeros(graph.n_nodes, dtype=np.int64)
    for number, members in enumerate(rx.connected_components(net)):
        component[list(members)] = number
    chance, pairs = random.Random(SEED), []
    while len(pairs) < count:
        a, b = chance.randrange(graph.n_nodes), chance.randrange(graph.n_nodes)
        if a != b and component[a] == component[b]:
            pairs.append((a, b))
    return pairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=60)
    parser.add_argument("--graph", type=Path, help="a built graph; without it one is built and timed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.graph or Path(scratch) / "hpo"
        if options.graph is None:
            measure_build(folder)
        compare(folder, options.pairs)


def compare(folder: Path, count: int) -> None:
    opened = sorted(timed(lambda: open_graph(folder))[0] for _ in range(9))
    print(f"open (median of 9)            {opened[4] * 1000:8.2f} ms")
    graph = open_graph(folder)
    ends = np.column_stack([graph.head[graph.present], graph.tail[graph.present]])
    pairs_of_ends = list(map(tuple, np.unique(np.sort(ends, axis=1), axis=0).tolist()))
    rust = rx.PyGraph(multigraph=False)
    rust.add_nodes_from(range(graph.n_nodes))
    rust.add_edges_from_no_data(pairs_of_ends)
    python = nx.Graph(pairs_of_ends)
    pairs = connected_pairs(graph, rust, count)
    name = graph.curie
    shortest_paths(graph, name(pairs[0][0]), name(pairs[0][1]))
    best_paths(graph, name(pairs[0][0]), name(pairs[0][1]))

    ours, ranked, networkx, rustworkx = [], [], [], []
    same, paths = True, 0
    gc.collect()
    for a, b in pairs:
        start, goal = name(a), name(b)
        seconds, found = timed(lambda: shortest_paths(graph, start, goal))  # noqa: B023 - called at once
        ours.append(seconds)
        seconds, _ = timed(lambda: best_paths(graph, start, goal))  # noqa: B023
        ranked.append(seconds)
        seconds, by_rust = timed(lambda: rx.all_shortest_paths(rust, a, b))  # noqa: B023
        rustworkx.append(seconds)
        seconds, by_python = timed(lambda: list(nx.all_shortest_paths(python, a, b)))  # noqa: B023
        networkx.append(seconds)
        mine = {p.nodes for p in found.paths}
        same &= mine == {tuple(map(name, p)) for p in by_python} == {tuple(map(name, p)) for p in by_rust}
        paths += len(found.paths)
    print(f"{len(pairs)} connected pairs, {paths:,} shortest paths")
    print(f"{'':28}{'mean ms':>10}{'p50':>10}{'p99':>10}{'x ours':>10}")
    print(line("medreason shortest_paths", ours, ours))
    print(line("medreason best_paths, k = 5", ranked, ours))
    print(line("rustworkx all_shortest_paths", rustworkx, ours))
    print(line("networkx all_shortest_paths", networkx, ours))
    print(f"identical path sets: {'yes' if same else 'no'}")


if __name__ == "__main__":
    main()
