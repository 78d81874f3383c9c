"""Planted defects, a small draw with a fixed seed: the large one is ``python -m benchmarks.defects``."""

from itertools import islice
from pathlib import Path

import pytest

from medreason.cli.demo import authored_run
from medreason.config import load_config
from medreason.engine import run
from medreason.kg.store import Graph
from medreason.quality.verify import verify_record
from medreason.records import Finding, Option, Question, Record, from_json
from tests.quality import defects_leaks, defects_offline, defects_prose
from tests.quality.defects import Harmless, Plant, Row, edges_gone, measure, plants
from tests.quality.real import record_of, records
from tests.shared import CASES, shared_file
from tests.teachers.small import MURMUR, NIGHT, small_graph

SEED, OFFLINE, PROSE = 7, 8, 4
# Least share found in prose, by kind; what is not named here is found every time.
LEAST = {
    "not cited": 0.5, "cited in vain": 0.75, "made not recorded": 0.5, "against for": 0.5, "swapped": 0.5,
    "count moved": 0.75, "share in words": 0.75, "made recorded": 0.75, "other option": 0.75, "any disease": 0.75,
    "broader as itself": 0.75, "for against": 0.75, "mechanism": 0.75, "dropped": 0.75, "conclusion dropped": 0.5,
    "by an abbreviation": 0.5,
}  # fmt: skip


def listed(*kinds: dict[str, dict[str, Plant]]) -> list[tuple[str, str]]:
    return [(family, kind) for given in kinds for family, found in given.items() for kind in found]


PROSE_KINDS = [k for k in listed(defects_prose.KINDS, defects_leaks.KINDS) if k[1] != "options traded"]  # no defect


@pytest.fixture(scope="module")
def offline(hpo: Graph) -> list[Record]:
    return list(islice(records(shared_file(CASES), hpo, every=29), 70))


@pytest.fixture(scope="module")
def prose(hpo: Graph, tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    folder = tmp_path_factory.mktemp("authored")
    (folder / "spare").mkdir()
    run(load_config(None, authored_run(hpo, folder / "run", folder / "spare")))
    with (folder / "run" / "dataset.jsonl").open("rb") as lines:
        return [from_json(Record, line) for line in lines]


def planted(teacher: str, family: str, kind: str, given: list[Record], graph: Graph, quota: int) -> Row:
    kinds = {**(defects_offline.KINDS if teacher == "offline" else defects_prose.KINDS), **defects_leaks.KINDS}
    find = defects_leaks.find if family in defects_leaks.KINDS else verify_record
    most = 1 if teacher == "offline" else 2
    return measure(
        teacher, family, kind, kinds[family][kind], given, graph, seed=SEED, quota=quota, most=most, find=find
    )


def test_untouched_records_raise_no_alarm(offline: list[Record], prose: list[Record], hpo: Graph) -> None:
    assert len(offline) >= 60 and len(prose) == 42
    alarms = [r.id for r in (*offline, *prose) if defects_leaks.find(r, hpo)]
    assert len(alarms) <= 0.01 * (len(offline) + len(prose)), alarms


@pytest.mark.parametrize(("family", "kind"), listed(defects_offline.KINDS, defects_leaks.KINDS))
def test_defects_of_offline_records_are_found(family: str, kind: str, offline: list[Record], hpo: Graph) -> None:
    row = planted("offline", family, kind, offline, hpo, OFFLINE)
    assert row.planted == OFFLINE or (kind == "per cent" and row.planted)
    assert row.found >= 0.99 * row.planted, row.missed


@pytest.mark.parametrize(("family", "kind"), PROSE_KINDS)
def test_defects_of_prose_are_found(family: str, kind: str, prose: list[Record], hpo: Graph) -> None:
    row = planted("prose", family, kind, prose, hpo, PROSE)
    assert row.planted
    assert row.found >= LEAST.get(kind, 1.0) * row.planted, row.missed


@pytest.mark.parametrize(("teacher", "family", "kind", "rule"), [
    ("offline", "order", "conclusion early", "order"), ("offline", "order", "comparison early", "order"),
    ("prose", "order", "conclusion early", "order"), ("prose", "order", "comparison early", "order"),
    ("prose", "order", "a later step named", "order"), ("offline", "step dropped or repeated", "repeated", "repeated"),
    ("prose", "step dropped or repeated", "repeated", "repeated"),
    ("offline", "edge removed", "no such edge", "citation"), ("prose", "edge swapped", "any edge", "citation"),
])  # fmt: skip
def test_defects_are_found_by_their_own_rule(
    teacher: str, family: str, kind: str, rule: str, offline: list[Record], prose: list[Record], hpo: Graph
) -> None:
    given, quota = (offline, OFFLINE) if teacher == "offline" else (prose, PROSE)
    row = planted(teacher, family, kind, given, hpo, quota)
    assert row.rules[rule] == row.planted > 0


def test_steps_that_use_nothing_of_each_other_may_trade_places(
    offline: list[Record], prose: list[Record], hpo: Graph
) -> None:
    for teacher, kind, given in (("offline", "option after the end", offline), ("prose", "options traded", prose)):
        row = planted(teacher, "order", kind, given, hpo, 40)
        assert row.harmless >= 5 and row.alarms == 0


def test_the_same_seed_plants_the_same(offline: list[Record], hpo: Graph) -> None:
    a, b = (planted("offline", "number changed", "count", offline, hpo, 4) for _ in range(2))
    assert a == b


def test_an_edge_that_left_the_graph_is_missed(tmp_path: Path) -> None:
    graph = small_graph(tmp_path / "kg")
    findings = (Finding(NIGHT, "nyctalopia", "observed"), Finding(MURMUR, "heart murmur", "observed"))
    options = tuple(Option(k, graph.name(d), d) for k, d in zip("ABC", ("D:3", "D:1", "D:2"), strict=True))
    record = record_of(Question("r1", "test", "Heart murmur and nyctalopia.", options, findings=findings), graph)
    assert record is not None
    row = edges_gone("offline", [record], graph, tmp_path / "thin", seed=0, quota=1)
    assert (row.planted, row.found) == (1, 1)


def test_a_plant_that_changes_nothing_is_no_plant(offline: list[Record], hpo: Graph) -> None:
    import random

    record = offline[0]
    given: list[Plant] = [lambda r, g, rng: r, lambda r, g, rng: None, lambda r, g, rng: [r, Harmless(r)]]
    assert [plants(p, record, hpo, random.Random(0), 3) for p in given] == [[], [], [Harmless(record)]]
