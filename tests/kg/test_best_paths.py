"""Every search equals brute force, order included, on thousands of small random multigraphs."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medreason.errors import UsageError
from medreason.kg.paths import Searcher
from tests.kg.brute import NODES, cost_units, costs, filters_, simple_paths, small_graphs

quick = settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))


class View:
    """What a search asks of a case's view."""

    def __init__(self, dropped, touched):
        self.dropped, self.touched = set(dropped), set(touched) - set(dropped)


def rows(found):
    return [
        (tuple(n[: h + 1]), tuple(e[:h]))
        for n, e, h in zip(found.nodes.tolist(), found.edges.tolist(), found.hops.tolist(), strict=True)
    ]


def hidden(data, graph):
    some = st.lists(st.integers(0, graph.n_edges - 1), max_size=2, unique=True)
    return View(data.draw(some), data.draw(some)), data.draw(some)


def searcher(graph, filters, cost, view, excluded):
    try:
        return Searcher(
            graph, filters=filters, cost=cost, view=view, excluded_edges=[graph.edge_id(e) for e in excluded]
        )  # fmt: skip
    except UsageError as error:
        assert "leave no edge" in error.cause
        return None


@quick
@given(small_graphs, filters_, costs, st.data())
def test_all_searches_equal_brute_force(graph, filters, cost, data):
    view, excluded = hidden(data, graph)
    engine = searcher(graph, filters, cost, view, excluded)
    if engine is None:
        return
    out = {*excluded, *view.dropped}
    k, slack, start = data.draw(st.integers(1, 9)), data.draw(st.integers(0, 3)), data.draw(st.integers(0, NODES - 1))
    for goal in range(NODES):
        if goal == start:
            continue
        every = list(simple_paths(graph, filters, out, start, goal, filters.max_length or NODES))
        first = min((len(e) for _, e in every), default=0)
        bound = first + slack if not filters.pattern else first
        within = [(n, e) for n, e in every if len(e) <= bound]
        ends = graph.curie(start), graph.curie(goal)
        found = engine.shortest(*ends)
        assert rows(found) == sorted((n, e) for n, e in within if len(e) == first)
        found = engine.simple(*ends, slack=slack, limit=None)
        assert rows(found) == sorted(within, key=lambda p: (len(p[1]), *p))
        assert len(found) == found.total
        priced = {p: cost_units(graph, cost, *p, view.touched) for p in within}
        assert (found.costs * 1e9).round().astype(int).tolist() == [priced[p] for p in rows(found)]
        ranked = sorted(within, key=lambda p: (priced[p], *p))[:k]
        found = engine.best(*ends, k, slack=slack)
        assert rows(found) == ranked
        assert found.costs.tolist() == [priced[p] / 1e9 for p in ranked]
