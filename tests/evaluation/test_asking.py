"""How questions are put: the words of training, letters that lead back, hints, other orders, exchanged evidence."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from medreason.dataset.export.text import Form, prompt_of
from medreason.errors import UsageError
from medreason.evaluation.asking import Asked, Variant, Way, asked, corrupt, lure_of
from medreason.evaluation.layouts import make_item
from medreason.evaluation.shots import draw_shots
from medreason.records import Option, Record, SheetLine
from tests.dataset.small import record

ORGAN = (Option("A", "Liver"), Option("B", "Heart"), Option("C", "Lung"))
PLAIN = make_item("q1", "own", "Which organ pumps?", ORGAN, "B")


def put(way: Way, item: object = PLAIN) -> Asked:
    found = asked(item, way)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_the_words_are_those_of_training() -> None:
    item = record()
    assert put(Way(), item).turns[0].text == prompt_of(item, Form())
    assert put(Way("tags"), item).turns[0].text == prompt_of(item, Form("tags"))
    assert put(Way(evidence=False), item).turns[0].text == prompt_of(item, Form(citations=False))
    direct = put(Way("direct"), item).turns[0].text
    assert "Thinking" not in direct and direct.endswith("nothing else.") and "\nE5 (E) line of" in direct
    context = replace(PLAIN, context=("It was tried.", "It worked."))
    assert "Context:\nIt was tried.\nIt worked.\n" in put(Way("direct"), context).turns[0].text


def test_shuffled_letters_lead_back_to_the_source() -> None:
    seen = Counter()
    for n in range(60):
        item = replace(record(f"r{n}"))
        told = put(Way(shuffle=4), item)
        source = {o.key: o.text for o in item.options}
        assert {told.keys[k]: text for k, text in told.options.items()} == source
        assert told.keys[told.gold] == item.answer_key and told == put(Way(shuffle=4), item)
        for line in item.sheet:
            if line.option:
                place = next(k for k, old in told.keys.items() if old == line.option)
                assert f"({place}) {line.text}" in told.turns[0].text
        seen[told.gold] += 1
    assert set(seen) == set("ABCDE")
    assert put(Way(shuffle=5), record("r1")).options != put(Way(shuffle=4), record("r1")).options
    both = replace(PLAIN, options=(*PLAIN.options[:2], Option("C", "Both A and B")))
    assert put(Way(shuffle=4), both).left and put(Way(shuffle=4), both).keys == {"A": "A", "B": "B", "C": "C"}


def test_another_order_moves_the_answer() -> None:
    for n in range(30):
        for shuffle in (None, 2):
            item = record(f"r{n}")
            before, after = put(Way(shuffle=shuffle), item), put(Way(shuffle=shuffle, variant="order"), item)
            assert before.gold != after.gold
            assert before.keys[before.gold] == after.keys[after.gold] == item.answer_key
    assert asked(replace(PLAIN, kind="boolean"), Way(variant="order")) is None


def test_a_wrong_hint_names_a_wrong_option() -> None:
    lures = Counter()
    for n in range(200):
        item = replace(PLAIN, id=f"q{n}")
        told = put(Way(variant="wrong-hint", shuffle=1, seed=9), item)
        assert told.lure == lure_of(item, 9) != item.answer_key
        place = next(k for k, old in told.keys.items() if old == told.lure)
        assert told.turns[0].text.endswith(f"the answer is {place}. {told.options[place]}.")
        lures[told.lure] += 1
    assert set(lures) == {"A", "C"} and min(lures.values()) > 60


def test_exchanged_evidence_changes_sides_and_nothing_else() -> None:
    sheet = (
        SheetLine("F1", "Cough: present"),
        SheetLine("E1", "Falling sickness: cough in 3 of 3 patients", "A", "supports"),
        SheetLine("E2", "cough not recorded", "B"),
        SheetLine("E3", "cough excluded in 2 of 2 patients", "C", "contradicts"),
    )
    found = corrupt(record(sheet=sheet), "C")
    assert found is not None
    assert [(line.id, line.option, line.text) for line in found.sheet] == [
        ("F1", "", "Cough: present"),
        ("E1", "A", "cough excluded in 2 of 2 patients"),
        ("E2", "B", "cough not recorded"),
        ("E3", "C", "Hollow heart, type B: cough in 3 of 3 patients"),
    ]
    assert corrupt(record(sheet=(sheet[0], sheet[2])), "C") is None
    assert asked(PLAIN, Way(variant="corrupt-evidence")) is None
    for n in range(20):
        told = put(Way(variant="corrupt-evidence", shuffle=n), record(sheet=sheet))
        ids = re.findall(r"^([FE]\d)\b", told.turns[0].text, re.MULTILINE)
        assert ids == ["F1", "E1", "E2", "E3"]
        assert told.lure and told.gold in told.options


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(UsageError, match="no style"):
        Way("loud")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="no variant"):
        Way(variant="louder")  # type: ignore[arg-type]
    changed: Variant = "corrupt-evidence"
    with pytest.raises(UsageError, match="changes nothing"):
        Way(variant=changed, evidence=False)


def shots_file(path: Path, *rows: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


ORGANS = "heart lung liver spleen stomach kidney".split()


def own(n: int, text: str = "") -> dict[str, object]:
    asks = text or f"Where in the body would a {ORGANS[n]} usually be looked for first?"
    options = {"A": f"left {n}", "B": f"right {n}"}
    return {"id": f"s{n}", "question": asks, "options": options, "answer_key": "AB"[n % 2]}


def test_examples_are_shown_with_their_answers(tmp_path: Path) -> None:
    file = shots_file(tmp_path / "train.jsonl", *(own(n) for n in range(6)))

    def drawn(seed: int) -> list[Record]:
        return draw_shots("questions", file, 3, seed=seed, style="direct", against=[PLAIN])

    shots = drawn(1)
    assert shots == drawn(1) and [s.id for s in shots] != [s.id for s in drawn(2)]
    told = asked(PLAIN, Way("direct"), shots)
    assert told is not None and [t.role for t in told.turns] == ["user", "assistant"] * 3 + ["user"]
    for shot, turn in zip(shots, told.turns[1::2], strict=True):
        right = next(o for o in shot.options if o.key == shot.answer_key)
        assert turn.text == f"{right.key}. {right.text}"
    with pytest.raises(UsageError, match="0 examples with steps"):
        draw_shots("questions", file, 1, seed=1, style="headings", against=[PLAIN])
    with pytest.raises(UsageError, match="holds 6 questions, and 9 are wanted"):
        draw_shots("questions", file, 9, seed=1, style="direct", against=[PLAIN])


def test_examples_with_steps_come_from_a_dataset(tmp_path: Path) -> None:
    rows = [json.loads(json.dumps(asdict(record(f"r{n}")))) for n in range(2)]
    shots = draw_shots("medqa", shots_file(tmp_path / "d.jsonl", *rows), 2, seed=0, style="tags", against=[PLAIN])
    told = asked(PLAIN, Way("tags", shuffle=3), shots)
    assert told is not None and told.turns[1].text.startswith("<think>\n1. ") and "</think>" in told.turns[3].text


@pytest.mark.parametrize("text", ["Which organ pumps?", "which ORGAN pumps ?"])
def test_an_example_that_stands_in_the_test_is_refused(tmp_path: Path, text: str) -> None:
    twin = own(0, text) | {"options": {"A": "Liver", "B": "Heart", "C": "Lung"}, "answer_key": "B"}
    with pytest.raises(UsageError, match="example s0 stands in the test"):
        draw_shots("questions", shots_file(tmp_path / "t.jsonl", twin), 1, seed=0, style="direct", against=[PLAIN])
