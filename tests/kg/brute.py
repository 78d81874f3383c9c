"""Small random multigraphs in memory, and their paths by brute force: the oracle of the path search.

The brute force shares no code with the search: it reads edge records and adds up the cost as the text of
``medreason.kg.cost`` says.
"""

import math
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
from hypothesis import strategies as st

from medreason.kg.arrays import adjacency
from medreason.kg.cost import Cost
from medreason.kg.filters import Filters
from medreason.kg.grades import Grades
from medreason.kg.source import HAS_PHENOTYPE, IS_A

RELATIONS = ["associated", HAS_PHENOTYPE, IS_A, "side effect"]
TYPES = ["disease", "gene", "phenotype"]
NODES = 7
# (k, n, percent, term, code) of every grade; grade 0 is no evidence.
GRADES = [
    (0, 0, math.nan, "", ""),
    (3, 7, math.nan, "", "PCS"),
    (0, 0, 40.0, "", "TAS"),
    (0, 0, math.nan, "HP:0040281", "IEA"),
    (0, 0, math.nan, "", "ECO:1"),
    (0, 0, 0.0, "", "PCS"),
]
TERM_SHARES = {"HP:0040281": 0.9, "": 0.5}


def frozen(values, dtype):
    """As the arrays of an opened graph are: read-only, so that compiled code is compiled once."""
    array = np.asarray(values, dtype=dtype)
    array.flags.writeable = False
    return array


class SmallGraph:
    """What a search uses of a graph, without a folder; edges are (head, relation, tail, present, directed, grade)."""

    def __init__(self, edges, types, carried):
        columns = list(zip(*edges, strict=True)) or [()] * 6
        self.edges, self.n_nodes, self.n_edges = edges, len(types), len(edges)
        self.relations, self.node_types = RELATIONS, TYPES
        self.head, self.tail = frozen(columns[0], np.int32), frozen(columns[2], np.int32)
        self.relation, self.present = frozen(columns[1], np.uint8), frozen(columns[3], np.bool_)
        self.directed, self.grade = frozen(columns[4], np.bool_), frozen(columns[5], np.uint16)
        self.node_type = frozen(types, np.uint8)
        rows, edge = adjacency(self.head, self.tail, self.n_nodes)
        self.adjacency = SimpleNamespace(indptr=frozen(rows.indptr, np.int64), values=frozen(rows.values, np.int32))
        self.adjacency_edge = frozen(edge, np.int32)
        self.carriers = SimpleNamespace(indptr=frozen(np.cumsum([0, *carried]), np.int64))
        terms, codes = ["", "HP:0040281"], ["", "ECO:1", "IEA", "PCS", "TAS"]
        k, n, percent, term, code = zip(*GRADES, strict=True)
        places = [terms.index(t) for t in term], [codes.index(c) for c in code]
        self.grades = Grades(*map(np.asarray, (k, n, percent, *places)), terms, codes)
        self.node_ids = np.asarray([f"T:{i}".encode() for i in range(self.n_nodes)])
        counts = {}
        for _, r, _, present, *_ in edges:
            name = f"{RELATIONS[r]}/{'present' if present else 'absent'}"
            counts[name] = counts.get(name, 0) + 1
        self.manifest = {"counts": {"relations": counts}}

    def require(self, curie):
        return int(curie[2:])

    def curie(self, number):
        return f"T:{number}"

    def relation_code(self, relation):
        return RELATIONS.index(relation)

    def edge_id(self, number):
        return f"E{number:016x}"

    def edge_number(self, edge_id):
        number = int(edge_id[1:], 16)
        return number if number < self.n_edges else None


def unit(bits):
    return round(bits * 1e9)


def edge_units(graph, cost, number, touched=()):
    """Fare of an edge in 1e-9 bits."""
    _, r, _, present, _, grade = graph.edges[number]
    k, n, percent, term, code = GRADES[grade]
    name = RELATIONS[r]
    fare = unit(cost.relations.get(name, cost.other_relation) if present else cost.absent)
    if not (present and name == HAS_PHENOTYPE):
        return fare + (unit(cost.codes.get(code, cost.other_code)) if grade else 0)
    p = (k + 0.5) / (n + 1) if n else percent / 100 if not math.isnan(percent) else TERM_SHARES[term]
    p = 0.5 if number in touched else p
    seen = cost.rarest if p == 0 else min(cost.rarest, -math.log2(p))
    return fare + unit(cost.frequency * seen) + unit(cost.codes.get(code, cost.other_code))


def toll_units(graph, cost, node):
    degree = sum((e[0] == node) + (e[2] == node) for e in graph.edges)
    carried = int(graph.carriers.indptr[node + 1] - graph.carriers.indptr[node])
    return unit(cost.hub * math.log2(1 + max(degree, carried)))


def cost_units(graph, cost, nodes, edges, touched=()):
    total = sum(edge_units(graph, cost, e, touched) for e in edges) + sum(
        toll_units(graph, cost, v) for v in nodes[1:-1]
    )
    read = [
        (graph.edges[e][1], graph.edges[e][4] and graph.edges[e][0] != v) for e, v in zip(edges, nodes, strict=False)
    ]
    for (r, against), (s, following) in pairwise(read):
        if r != s:
            total += unit(cost.change)
        elif RELATIONS[r] == IS_A and against != following:
            total += unit(cost.reversal)
    return total


def hop_fits(token, relation, directed, against):
    text = token.removeprefix("<").removesuffix(">")
    if text != "*" and relation not in text.split("|"):
        return False
    if not directed or (token[0] != "<" and token[-1] != ">"):
        return True
    return against == (token[0] == "<")


def walkable(graph, filters, excluded):
    """Number of every edge that may be walked at all."""
    for number, (_, r, _, present, *_) in enumerate(graph.edges):
        name = RELATIONS[r]
        allowed = (filters.relations is None or name in filters.relations) and name not in filters.not_relations
        if allowed and (present or filters.polarity == "any") and number not in excluded:
            yield number


def simple_paths(graph, filters, excluded, start, goal, longest):
    """(nodes, edges) of every simple path of at most ``longest`` hops that the filters allow."""
    rows = {v: [] for v in range(graph.n_nodes)}
    for e in walkable(graph, filters, excluded):
        head, _, tail, *_ = graph.edges[e]
        rows[head].append((tail, e))
        rows[tail].append((head, e))
    pattern = filters.pattern
    fits = lambda place, v: pattern[2 * place] == "*" or TYPES[graph.node_type[v]] in pattern[2 * place].split("|")  # noqa: E731

    def onward(nodes, edges):
        if nodes[-1] == goal:
            if not pattern or len(edges) == len(pattern) // 2:
                yield tuple(nodes), tuple(edges)
            return
        if len(edges) == longest or (pattern and len(edges) == len(pattern) // 2):
            return
        for v, e in sorted(rows[nodes[-1]]):
            kind = TYPES[graph.node_type[v]]
            inner = (filters.types is None or kind in filters.types) and kind not in filters.not_types
            if v in nodes or (v != goal and not inner):
                continue
            _, r, _, _, directed, _ = graph.edges[e]
            against = directed and graph.edges[e][0] != nodes[-1]
            if pattern:
                token = pattern[2 * len(edges) + 1]
                if not hop_fits(token, RELATIONS[r], directed, against) or not fits(len(edges) + 1, v):
                    continue
            yield from onward([*nodes, v], [*edges, e])

    if not pattern or fits(0, start):
        yield from onward([start], [])


grade = st.integers(0, len(GRADES) - 1)
edges_ = st.tuples(
    st.integers(0, NODES - 1), st.integers(0, len(RELATIONS) - 1), st.integers(0, NODES - 1),
    st.sampled_from([True, True, True, False]), st.booleans(), grade,
)  # fmt: skip
# Few distinct weights, so that ties are common; now and then arbitrary ones.
weight = st.sampled_from([0.0, 0.0, 1.0, 0.5]) | st.floats(0, 5)
costs = st.builds(
    Cost, hub=weight, other_relation=weight, absent=weight, frequency=weight, rarest=weight, other_code=weight,
    change=weight, reversal=weight, relations=st.fixed_dictionaries(dict.fromkeys(RELATIONS[:3], weight)),
    codes=st.fixed_dictionaries({"PCS": weight, "TAS": weight}),
)  # fmt: skip
stop = st.sampled_from(["*", "*", *TYPES, "disease|gene"])
hop = st.sampled_from(["*", "*>", "<*", "is_a>", "<is_a", "is_a", "has_phenotype", "<has_phenotype|associated"])
patterns = st.integers(1, 4).flatmap(
    lambda m: st.tuples(st.just("*"), *[x for i in range(m) for x in (hop, st.just("*") if i == m - 1 else stop)])
)
relations = st.lists(st.sampled_from(RELATIONS), max_size=2, unique=True)
filters_ = st.builds(
    Filters,
    relations=st.none() | st.none() | st.lists(st.sampled_from(RELATIONS), min_size=2, max_size=4, unique=True),
    not_relations=st.just(()) | relations,
    types=st.none() | st.none() | st.lists(st.sampled_from(TYPES), max_size=3, unique=True),
    not_types=st.just(()) | st.just(()) | st.lists(st.sampled_from(TYPES), max_size=1),
    polarity=st.sampled_from(["present", "any"]),
    pattern=st.just(()) | st.just(()) | patterns,
    max_length=st.none() | st.integers(4, 6),
)
small_graphs = st.builds(
    SmallGraph,
    st.lists(edges_, min_size=1, max_size=17),
    st.lists(st.integers(0, 2), min_size=NODES, max_size=NODES),
    st.lists(st.sampled_from([0, 0, 3, 40]), min_size=NODES, max_size=NODES),
)
