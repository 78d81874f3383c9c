"""Path search beside NetworkX and rustworkx, on a graph of PrimeKG's size and on HPO: ``python -m benchmarks.paths``.

The large graph is generated from a seed: 129,375 nodes, 4,050,249 undirected edges between distinct pairs, both ends
drawn with weights proportional to rank^-0.75, so that hubs of 10^5 neighbours stand beside nodes of ten. Types and
relations are drawn with PrimeKG's shares and names. All three libraries search the same random connected pairs in one
process and thread, one after the other on each pair; NetworkX and rustworkx get a simple graph, and path sets are
compared as node sequences. The first search, which loads compiled code, is not counted. ``search`` is the search with
its columns of node and edge numbers; ``+ records`` turns every path into a record as well.
"""

import argparse
import gc
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean, quantiles
from typing import Any, TypeVar

import networkx as nx
import numpy as np
import rustworkx as rx
from numpy.typing import NDArray

from benchmarks.kg_sources import RELATIONS, TYPES
from medreason.kg.arrays import distinct_sorted
from medreason.kg.build import build, collector_paused
from medreason.kg.checks import Case, option_checks, path_checks
from medreason.kg.hpo import read_hpo
from medreason.kg.paths import best_paths, question_paths, shortest_paths
from medreason.kg.pathset import PathSet
from medreason.kg.source import ASSOCIATED, HAS_PHENOTYPE, EdgeTable, SourceGraph
from medreason.kg.store import Graph, open_graph
from medreason.kg.view import GraphView
from medreason.records import Concept, Patient

SEED = 2002
NODES, EDGES, SKEW = 129_375, 4_050_249, -0.75
HOUSE = {"disease_phenotype_positive": HAS_PHENOTYPE, "disease_protein": ASSOCIATED}
T = TypeVar("T")
Pairs = list[tuple[int, int]]


def timed(work: Callable[[], T]) -> tuple[float, T]:
    begin = time.perf_counter()
    result = work()
    return time.perf_counter() - begin, result


def private_mb(kind: str = "") -> float:
    """Memory of this process that no other shares; ``Clean`` are pages of files that a second process would share."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()
    return sum(int(row.split()[1]) for row in lines if row.startswith(f"Private_{kind}")) / 1024


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


# -- graphs ---------------------------------------------------------------------------------------------


def ends(chance: np.random.Generator, nodes: int, edges: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Distinct pairs of distinct nodes; a pair's chance goes with the product of its ends' weights."""
    cumulated = np.cumsum(np.arange(1, nodes + 1) ** SKEW)
    rank = chance.permutation(nodes)
    keys = np.empty(0, dtype=np.int64)
    while len(keys) < edges:
        a, b = (rank[np.searchsorted(cumulated, chance.random(edges) * cumulated[-1])] for _ in range(2))
        low, high = np.minimum(a, b), np.maximum(a, b)
        fresh = np.setdiff1d(distinct_sorted((low * nodes + high)[low != high]), keys)
        keys = np.concatenate([keys, chance.permutation(fresh)[: edges - len(keys)]])
    return keys // nodes, keys % nodes


def large_source(nodes: int, edges: int) -> SourceGraph:
    chance = np.random.default_rng(SEED)
    source = SourceGraph("generated", f"seed {SEED}", "none", "none")
    kinds, sizes = list(TYPES), np.asarray([count for _, count in TYPES.values()])
    drawn = chance.choice(len(kinds), nodes, p=sizes / sizes.sum()).tolist()
    source.concepts = [Concept(f"G:{i:06d}", kinds[kind], f"{kinds[kind]} {i}") for i, kind in enumerate(drawn)]
    head, tail = ends(chance, nodes, edges)
    names = [HOUSE.get(relation, display) for relation, display, *_ in RELATIONS]
    rows = np.asarray([row[-1] for row in RELATIONS])
    relations = sorted(set(names))
    code = np.asarray([relations.index(name) for name in names])[chance.choice(len(names), edges, p=rows / rows.sum())]
    yes = np.ones(edges, dtype=np.bool_)
    source.table = EdgeTable(head, tail, code, yes, ~yes, np.zeros(edges, dtype=np.int64), relations, ["generated"])
    return source


def build_apart(kind: str, folder: Path) -> None:
    """Builds in a process of its own, so that its memory is not counted with that of the searches."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-m", "benchmarks.paths", "--build", kind, str(folder)], check=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    print(f"build                            {time.perf_counter() - begin:9.1f} s, peak memory {peak:.1f} GB")


def build_here(kind: str, folder: Path) -> None:
    with collector_paused():
        build(large_source(NODES, EDGES) if kind == "large" else read_hpo(), folder)


# -- measures -------------------------------------------------------------------------------------------


def row(name: str, seconds: list[float]) -> tuple[float, float]:
    """Prints mean, median and 99th percentile in ms; returns mean and p99."""
    milli = [s * 1000 for s in seconds]
    cuts = quantiles(milli, n=100, method="inclusive")
    print(f"{name:42}{len(milli):6}{mean(milli):11.3f}{cuts[49]:11.3f}{cuts[98]:11.3f}")
    return mean(milli), cuts[98]


def target(what: str, value: float, bound: float, *, least: bool = False) -> None:
    reached = value >= bound if least else value <= bound
    print(
        f"  {'reached' if reached else 'MISSED '}  {what}: {value:,.2f} (to reach: {'≥' if least else '≤'} {bound:,g})"
    )


def connected_pairs(graph: Graph, net: Any, count: int) -> Pairs:
    component = np.zeros(graph.n_nodes, dtype=np.int64)
    for number, members in enumerate(rx.connected_components(net)):
        component[list(members)] = number
    chance, pairs = random.Random(SEED), Pairs()
    while len(pairs) < count:
        a, b = chance.randrange(graph.n_nodes), chance.randrange(graph.n_nodes)
        if a != b and component[a] == component[b]:
            pairs.append((a, b))
    return pairs


def compare(graph: Graph, few: int, many: int) -> None:
    ends_ = np.column_stack([graph.head[graph.present], graph.tail[graph.present]])
    ends_ = np.unique(np.sort(ends_, axis=1), axis=0)
    simple = list(zip(ends_[:, 0].tolist(), ends_[:, 1].tolist(), strict=True))
    gc.collect()
    before = resident_mb()
    rust = rx.PyGraph()  # the pairs are distinct; to have that checked takes minutes beside hubs
    seconds, _ = timed(lambda: (rust.add_nodes_from(range(graph.n_nodes)), rust.add_edges_from_no_data(simple)))
    print(f"rustworkx: graph made in         {seconds:9.1f} s, {resident_mb() - before:,.0f} MB")
    before = resident_mb()
    seconds, python = timed(lambda: nx.Graph(simple))
    print(f"NetworkX: graph made in          {seconds:9.1f} s, {resident_mb() - before:,.0f} MB")
    simple.clear()
    pairs = connected_pairs(graph, rust, max(few, many))
    name = graph.curie
    shortest_paths(graph, name(pairs[0][0]), name(pairs[0][1])).paths  # noqa: B018
    gc.collect()
    ours, whole, by_rust, by_python, same, paths = [], [], [], [], True, 0
    for a, b in pairs[:few]:
        start, goal = name(a), name(b)
        seconds, found = timed(lambda: shortest_paths(graph, start, goal))  # noqa: B023 - called at once
        ours.append(seconds)
        whole.append(seconds + timed(lambda: found.paths)[0])  # noqa: B023
        seconds, theirs = timed(lambda: rx.all_shortest_paths(rust, a, b))  # noqa: B023
        by_rust.append(seconds)
        seconds, other = timed(lambda: list(nx.all_shortest_paths(python, a, b)))  # noqa: B023
        by_python.append(seconds)
        mine = set(map(tuple, found.nodes.tolist()))
        same &= mine == set(map(tuple, other)) == set(map(tuple, theirs))
        paths += len(mine)
    print(f"{few} connected pairs, {paths:,} shortest paths; identical path sets: {'yes' if same else 'no'}")
    head()
    means = [
        row(f"shortest, {label}", measured)[0]
        for label, measured in (
            ("medreason", ours), ("medreason + records", whole), ("rustworkx", by_rust), ("NetworkX", by_python)
        )
    ]  # fmt: skip
    target("times as fast as NetworkX", means[3] / means[0], 5000, least=True)
    target("times as fast as rustworkx", means[2] / means[0], 1500, least=True)
    print(f"  with records: {means[3] / means[1]:,.0f} times NetworkX, {means[2] / means[1]:,.0f} times rustworkx")
    alone(graph, pairs[:many])


def head() -> None:
    print(f"{'':42}{'n':>6}{'mean ms':>11}{'p50':>11}{'p99':>11}")


def alone(graph: Graph, pairs: Pairs) -> None:
    """Ours on more pairs: all shortest paths, and the best five with the full cost."""
    names = [(graph.curie(a), graph.curie(b)) for a, b in pairs]
    best_paths(graph, *names[0], slack=1).paths  # noqa: B018
    gc.collect()
    head()
    found = [timed(lambda: shortest_paths(graph, *pair)) for pair in names]  # noqa: B023
    _, p99 = row("shortest, medreason", [s for s, _ in found])
    row("shortest, medreason + records", [s + timed(lambda: f.paths)[0] for s, f in found])  # noqa: B023
    del found
    row("best 5, slack 0 + records", [timed(lambda: best_paths(graph, *p).paths)[0] for p in names])  # noqa: B023
    slack = [timed(lambda: best_paths(graph, *p, slack=1).paths)[0] for p in names]  # noqa: B023
    average, _ = row("best 5, slack 1 + records", slack)
    target("ms, p99 of all shortest paths", p99, 10)
    target("ms, mean of best 5 with slack 1", average, 10)


def whole_questions(graph: Graph, finding: str, option: str, count: int) -> None:
    """6 findings x 5 options: best 5 of each pair as records, checks of every option and of each pair's best path."""
    chance, spans, checked = random.Random(SEED), [], []
    view = GraphView(graph)
    of_type = {
        kind: np.flatnonzero(graph.node_type == graph.node_types.index(kind)).tolist() for kind in (finding, option)
    }
    for number in range(count + 1):
        seen, asked = chance.sample(of_type[finding], 6), chance.sample(of_type[option], 5)
        findings, options = [graph.curie(n) for n in seen], [graph.curie(n) for n in asked]
        case = Case(tuple(seen), (), Patient(sex="female", age="P34Y"))

        def search() -> list[PathSet]:
            found = list(question_paths(graph, findings, options, slack=1).values())  # noqa: B023 - called at once
            for paths in found:
                _ = paths.paths
            return found

        def check(found: list[PathSet]) -> int:
            done = sum(len(path_checks(view, paths[0], case)) for paths in found if len(paths))  # noqa: B023
            return done + sum(len(option_checks(view, n, case)) for n in asked)  # noqa: B023

        seconds, found = timed(search)
        more, _ = timed(lambda: check(found))  # noqa: B023
        spans.extend([seconds] if number else [])
        checked.extend([seconds + more] if number else [])
    head()
    row("question 6 x 5, best 5, slack 1 + records", spans)
    average, _ = row("the same and all checks", checked)
    target("ms, mean of a whole question, paths and checks", average, 50)


def answer(folder: Path) -> None:
    """What an answering process needs: opens, searches, says how much memory it shares with nobody."""
    opened, graph = timed(lambda: open_graph(folder))
    again = sorted(timed(lambda: open_graph(folder))[0] for _ in range(9))[4]
    chance = random.Random(SEED)
    first = None
    for _ in range(200):
        a, b = (graph.curie(chance.randrange(graph.n_nodes)) for _ in range(2))
        seconds, _ = timed(lambda: best_paths(graph, a, b, slack=1).paths)  # noqa: B023
        first = first or seconds
    print(f"open                             {opened * 1000:9.1f} ms, again {again * 1000:.1f} ms (median of 9)")
    print(f"first search, loads code         {(first or 0) * 1000:9.1f} ms")
    print(f"answering process, 200 searches  {private_mb():9.0f} MB private of {resident_mb():.0f} MB resident,")
    print(f"{'':33}{private_mb('Clean'):9.0f} MB of it pages of files, which a second worker shares")
    target("s, open", opened, 0.2)
    target("MB, private memory of an answering process", private_mb(), 250)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=20, help="compared with the other libraries, large graph")
    parser.add_argument("--hpo-pairs", type=int, default=100, help="the same on HPO")
    parser.add_argument("--many", type=int, default=1000, help="pairs for us alone")
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--graphs", type=Path, help="folder that keeps the graphs; those in it are not built again")
    parser.add_argument("--only", choices=["large", "hpo"])
    parser.add_argument("--build", nargs=2, metavar=("KIND", "DIR"), help=argparse.SUPPRESS)
    parser.add_argument("--answer", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.build:
        build_here(given.build[0], Path(given.build[1]))
        return
    if given.answer:
        answer(given.answer)
        return
    with tempfile.TemporaryDirectory() as scratch:
        for kind in [given.only] if given.only else ["hpo", "large"]:
            folder = (given.graphs or Path(scratch)) / kind
            print(f"\n== {kind} ==", flush=True)
            if not folder.exists():
                build_apart(kind, folder)
            subprocess.run([sys.executable, "-m", "benchmarks.paths", "--answer", str(folder)], check=True)
            graph = open_graph(folder)
            print(f"{graph.n_nodes:,} nodes, {graph.n_edges:,} edges", flush=True)
            whole_questions(graph, *(("phenotype", "disease") if kind == "hpo" else ("effect/phenotype", "disease")),
                            given.questions)  # fmt: skip
            compare(graph, given.hpo_pairs if kind == "hpo" else given.pairs, given.many)


if __name__ == "__main__":
    main()
