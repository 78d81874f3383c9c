"""Cases read, drawn and made ready: strata, pairs of arms, edges, and what is left out."""

import json
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from medreason.errors import InputError, UsageError
from medreason.kg.store import Graph
from medreason.records import GraphRef, Option, Patient, Record, Step, to_json
from medreason.review.protocol import Protocol
from medreason.review.sampling import draw, gather, key_of
from medreason.review.store import StudyFile
from tests.teachers.small import MURMUR, small_graph

OPTIONS = (Option("A", "Iron deficiency anaemia"), Option("B", "Thalassaemia trait"))
STEPS = (Step(1, "Ferritin is **low**.", ()), Step(2, "Red cells are small.", ()))


def record(name: str, **more: Any) -> Record:
    values: dict[str, Any] = {
        "id": name, "source": "made", "question": f"Case {name}: tired, ferritin 4 ug/L.", "options": OPTIONS,
        "answer_key": "A", "chosen_key": "A", "margin": 1.0, "patient": Patient(), "findings": (),
        "organ_systems": ("blood",), "evidence": {}, "scores": {}, "steps": STEPS, "reasoning": "",
        "excluded_publications": (), "graph": GraphRef("made", "1", "0" * 64), "teacher": "x",
    }  # fmt: skip
    return Record(**values | more)


def dataset(file: Path, records: list[Record]) -> Path:
    file.write_text("".join(to_json(r) + "\n" for r in records), encoding="utf-8")
    return file


def outputs(file: Path, rows: list[dict[str, Any]]) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def protocol(arms: dict[str, Path], **more: Any) -> Protocol:
    values = {
        "title": "t", "consent": "c", "arms": {name: {"path": str(path)} for name, path in arms.items()},
        "sample": {"items": 50},
    }  # fmt: skip
    return Protocol.model_validate(values | more)


@pytest.fixture
def two(tmp_path: Path) -> dict[str, Path]:
    """Records, and a model's outputs on the same questions."""
    names = [f"q{n}" for n in range(12)]
    texts = [
        {"id": n, "output": "1. **Ferritin** is low.\n2. It is anaemia.\n\nFinal answer: B", "answer": "B"}
        for n in names
    ]
    return {
        "graph": dataset(tmp_path / "a.jsonl", [record(n) for n in names]),
        "model": outputs(tmp_path / "b.jsonl", texts),
    }


def test_records_and_outputs_side_by_side(two: dict[str, Path]) -> None:
    found = gather(protocol(two))
    assert len(found.cases) == found.available == 12
    case = found.cases[0]
    assert set(case.arms) == {"graph", "model"}
    assert [s.text for s in case.texts["graph"].shown.steps] == ["Ferritin is low.", "Red cells are small."]
    assert [s.text for s in case.texts["model"].shown.steps] == ["Ferritin is low.", "It is anaemia."]
    assert (case.texts["graph"].shown.answer, case.texts["model"].shown.answer) == ("A", "B")
    assert (case.texts["graph"].origins, case.texts["model"].origins) == ((1, 2), (0, 0))
    assert len({c.arms for c in found.cases}) == 2


def test_the_draw_is_by_seed(two: dict[str, Path]) -> None:
    ids = [c.id for c in gather(protocol(two, sample={"items": 6, "seed": 4})).cases]
    assert ids == [c.id for c in gather(protocol(two, sample={"items": 6, "seed": 4})).cases]
    assert ids != [c.id for c in gather(protocol(two, sample={"items": 6, "seed": 5})).cases]
    assert len(ids) == 6


def test_strata_keep_their_shares() -> None:
    strata = (
        {f"a{n}": ("x",) for n in range(70)}
        | {f"b{n}": ("y",) for n in range(20)}
        | {f"c{n}": ("z",) for n in range(10)}
    )
    for items, expected in (
        (10, {"a": 7, "b": 2, "c": 1}),
        (25, {"a": 17.5, "b": 5, "c": 2.5}),
        (500, {"a": 70, "b": 20, "c": 10}),
    ):
        counts = Counter(name[0] for name in draw(strata, items, random.Random(1)))
        assert sum(counts.values()) == min(items, 100)
        assert all(abs(counts[key] - share) < 1 for key, share in expected.items())


def test_three_arms_take_turns_in_pairs(tmp_path: Path) -> None:
    names = [f"q{n}" for n in range(12)]
    arms = {"a": dataset(tmp_path / "a.jsonl", [record(n) for n in names])}
    for arm in "bc":
        rows = [{"id": n, "text": f"It is {arm}naemia. Ferritin shows it."} for n in names]
        arms[arm] = outputs(tmp_path / f"{arm}.jsonl", rows)
    pairs = Counter(frozenset(c.arms) for c in gather(protocol(arms)).cases)
    assert set(pairs.values()) == {4}
    assert len(pairs) == 3
    alone = Counter(c.arms for c in gather(protocol(arms, asked={"pairwise": False})).cases)
    assert alone == {("a",): 4, ("b",): 4, ("c",): 4}


def test_what_cannot_be_shown_is_counted(tmp_path: Path) -> None:
    first = [record(f"q{n}") for n in range(5)]
    second = [record("q0"), replace(record("q1"), question="Another."), record("q2", steps=(Step(1, "**", ()),)),
              record("q3", steps=(Step(1, "Else.", ()), Step(2, "More.", ()))), record("extra")]  # fmt: skip
    arms = {"a": dataset(tmp_path / "a.jsonl", first), "b": dataset(tmp_path / "b.jsonl", second)}
    found = gather(protocol(arms))
    assert [c.id for c in found.cases] == ["q3"]
    assert found.left_out == {
        "not answered by every arm": 2, "question or options differ between arms": 1, "an arm says nothing": 1,
        "both arms read the same": 1,
    }  # fmt: skip


def test_difficulty_is_the_flag_or_the_third_of_the_lead(tmp_path: Path) -> None:
    first = [record(f"q{n}", margin=float(n)) for n in range(9)] + [
        record("flagged", flags=("difficulty_hard",), margin=8.5)
    ]
    rows = [{"id": r.id, "text": "One thing. Another."} for r in first]
    arms = {"a": dataset(tmp_path / "a.jsonl", first), "b": outputs(tmp_path / "b.jsonl", rows)}
    told = {c.id: c.stratum["difficulty"] for c in gather(protocol(arms)).cases}
    assert (told["q0"], told["q4"], told["q8"], told["flagged"]) == ("hard", "medium", "easy", "hard")


@pytest.mark.parametrize(
    ("line", "words", "where"),
    [
        ("{", "no JSON", "b.jsonl:1"),
        ("[1]", "no JSON object", "b.jsonl:1"),
        ('{"id": 1, "text": "x"}', "the texts id and text", "b.jsonl:1"),
        ('{"id": "a", "text": "x"}\n{"id": "a", "text": "y"}', "second time", "b.jsonl:2"),
        ("", "nothing in it", "b.jsonl"),
    ],
)
def test_wrong_outputs_are_refused_by_line(two: dict[str, Path], line: str, words: str, where: str) -> None:
    two["model"].write_text(line + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=words) as caught:
        gather(protocol(two))
    assert caught.value.item == where


def test_of_several_samples_the_first_is_shown(two: dict[str, Path], tmp_path: Path) -> None:
    rows = [{"id": f"q{n}", "output": f"Sample {s}. It ends.", "sample": s} for n in range(12) for s in (0, 1)]
    two["model"] = outputs(tmp_path / "c.jsonl", rows)
    assert all("Sample 0." in c.texts["model"].shown.steps[0].text for c in gather(protocol(two)).cases)


def test_the_choice_is_read_off_where_the_file_does_not_hold_it(two: dict[str, Path], tmp_path: Path) -> None:
    rows = [{"id": f"q{n}", "output": f"One thing. Another {n}. The answer is B."} for n in range(12)]
    two["model"] = outputs(tmp_path / "c.jsonl", rows)
    case = gather(protocol(two)).cases[0]
    assert case.texts["model"].shown.answer == "B"
    assert not any("answer" in step.text for step in case.texts["model"].shown.steps)


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        ("A", "A"), ("b", "B"), (" (B) ", "B"), ("B. Thalassaemia trait", "B"), ("thalassaemia trait", "B"), ("C", ""),
        ("Both", ""), ("", ""), ("A or B", ""),
    ],
)  # fmt: skip
def test_an_answer_is_a_key_or_none(answer: str, key: str) -> None:
    assert key_of(answer, OPTIONS) == key


def test_a_choice_is_shown_of_all_sides_or_of_none(two: dict[str, Path], tmp_path: Path) -> None:
    answers = ["B", "b", "B. Thalassaemia trait", "the second", ""]
    rows = [{"id": f"q{n}", "output": f"One thing {n}. Another.", "answer": answers[n % 5]} for n in range(12)]
    two["model"] = outputs(tmp_path / "c.jsonl", rows)
    for case in gather(protocol(two)).cases:
        chose = int(case.id[1:]) % 5 < 3
        assert case.texts["model"].shown.answer == ("B" if chose else "")
        assert case.texts["graph"].shown.answer == ("A" if chose else "")


def test_the_number_of_a_case_does_not_tell_its_arms(two: dict[str, Path]) -> None:
    """Arms take turns; the adjudicator sees numbers of cases."""
    odd = Counter[str]()
    for seed in range(40):
        cases = gather(protocol(two, asked={"pairwise": False}, sample={"items": 12, "seed": seed})).cases
        odd.update(case.arms[0] for case in cases[::2])
    assert 90 < odd["graph"] < 150
    assert odd.total() == 240


def test_lone_surrogates_are_replaced(two: dict[str, Path], tmp_path: Path) -> None:
    file = tmp_path / "c.jsonl"
    lines = [f'{{"id": "q{n}", "output": "Low \\ud800 ferritin. It fits.", "answer": "A"}}\n' for n in range(12)]
    file.write_text("".join(lines), encoding="utf-8")
    two["model"] = file
    found = protocol(two)
    material = gather(found)
    assert material.cases[0].texts["model"].shown.steps[0].text == "Low \ufffd ferritin."
    assert StudyFile.create(tmp_path / "study.db", found, material).size == 12


def test_an_arm_that_never_says_its_choice_is_not_told_by_that(two: dict[str, Path], tmp_path: Path) -> None:
    rows = [{"id": f"q{n}", "output": f"One thing. Another {n}."} for n in range(12)]
    two["model"] = outputs(tmp_path / "c.jsonl", rows)
    for case in gather(protocol(two)).cases:
        assert [text.shown.answer for text in case.texts.values()] == ["", ""]


def test_no_arm_has_the_questions(two: dict[str, Path], tmp_path: Path) -> None:
    two["graph"] = outputs(tmp_path / "c.jsonl", [{"id": "q1", "text": "x"}])
    with pytest.raises(UsageError, match="no arm holds records"):
        gather(protocol(two))
    with pytest.raises(InputError, match=r"there is no missing\.jsonl"):
        gather(protocol({**two, "graph": tmp_path / "missing.jsonl"}))


# -- citations -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return small_graph(tmp_path_factory.mktemp("review") / "small")


def edges(graph: Graph, disease: str) -> dict[str, str]:
    """Finding → id of the edge from a disease."""
    found = [graph.edge_at(n) for n in range(graph.n_edges)]
    return {edge.tail: edge.id for edge in found if edge.head == disease}


def cited(graph: Graph, tmp_path: Path) -> dict[str, Path]:
    present, absent = edges(graph, "D:1")[MURMUR], edges(graph, "D:2")[MURMUR]
    told = GraphRef(graph.ref.source, graph.ref.version, graph.ref.sha256)
    steps = (Step(1, "Ferritin is low.", (present, "E" + "0" * 16)), Step(2, "It fits.", (absent,)))
    first = [record("q1", graph=told, steps=steps, excluded_publications=("PMID:1",))]
    second = [record("q1", graph=told, steps=(Step(1, "Something else.", (present,)), Step(2, "It is so.", ())))]
    rows = [{"id": "q1", "text": "One thing. Another thing."}]
    return {
        "a": dataset(tmp_path / "a.jsonl", first),
        "b": dataset(tmp_path / "b.jsonl", second),
        "plain": outputs(tmp_path / "c.jsonl", rows),
    }


def test_edges_are_shown_in_words(graph: Graph, tmp_path: Path) -> None:
    arms = cited(graph, tmp_path)
    case = gather(protocol({k: arms[k] for k in "ab"}), graph).cases[0]
    first, second = case.texts["a"].shown.steps
    known, unknown = first.edges
    assert (known.head, known.relation, known.tail, known.polarity) == (
        "Made-up disorder 1", "has phenotype", "Heart murmur", "",
    )  # fmt: skip
    # The case's own publication is left out, and so is the frequency that it is part of.
    assert known.evidence == ("frequency: pooled, withheld", "evidence: PCS", "reference: PMID:2")
    assert (known.in_graph, unknown.in_graph, unknown.head) == (True, False, "E" + "0" * 16)
    assert second.edges[0].polarity == "not observed"
    assert second.edges[0].evidence[0] == "frequency: 0 of 3"


@pytest.mark.parametrize(
    ("rule", "shown"), [("both", [False, False]), ("always", [False, True]), ("never", [False, False])]
)
def test_citations_that_would_tell_the_arms_apart_are_hidden(
    graph: Graph, tmp_path: Path, rule: str, shown: list[bool]
) -> None:
    arms = cited(graph, tmp_path)
    case = gather(protocol({"a": arms["a"], "plain": arms["plain"]}, citations=rule), graph).cases[0]
    assert sorted(any(step.edges for step in text.shown.steps) for text in case.texts.values()) == shown


def test_edges_need_their_graph(graph: Graph, tmp_path: Path) -> None:
    arms = cited(graph, tmp_path)
    chosen = {k: arms[k] for k in "ab"}
    with pytest.raises(UsageError, match="cite edges"):
        gather(protocol(chosen))
    assert gather(protocol(chosen, citations="never")).cases
    other = record("q1", steps=(Step(1, "x y.", ("E" + "0" * 16,)), Step(2, "z.", ())))
    chosen["b"] = dataset(tmp_path / "d.jsonl", [other])
    with pytest.raises(UsageError, match="arm b cites made 1"):
        gather(protocol(chosen), graph)
