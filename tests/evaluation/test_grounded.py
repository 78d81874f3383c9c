"""Steps of free outputs against a graph: the kinds of a step, and the file of outputs."""

import json
from pathlib import Path

import pytest

from medreason.errors import InputError
from medreason.evaluation.grounded import Output, grounded, read_outputs
from medreason.kg.store import Graph

TEXT = """1. Marfan syndrome is associated with ectopia lentis.
2. Marfan syndrome causes polydactyly.
3. This is a sentence without any name."""


def test_the_file(tmp_path: Path) -> None:
    assert read_outputs(tmp_path) == []
    rows = [{"task": "t", "id": 1, "output": "one"}, {"task": "t", "id": "2", "sample": 1, "output": ""}]
    changed = {"task": "t", "id": "1", "output": "other", "condition": "hinted"}
    path = tmp_path / "outputs.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in [*rows, changed]) + "\n", encoding="utf-8")
    assert read_outputs(tmp_path) == [Output("t", "1", 0, "one"), Output("t", "2", 1, "")]
    for line, words in [("{", "no output"), ("[]", "no output"), ('{"task":"t","id":"1"}', "no output"),
                        ('{"task":"t","id":"1","output":3}', "no text")]:  # fmt: skip
        path.write_text(json.dumps(rows[0]) + "\n" + line + "\n", encoding="utf-8")
        with pytest.raises(InputError, match=words) as told:
            read_outputs(tmp_path)
        assert told.value.item == "outputs.jsonl:2"


def test_steps_by_kind(hpo: Graph) -> None:
    found = grounded([Output("t", "1", 0, TEXT), Output("t", "2", 0, "")], hpo)
    assert found.outputs == 2
    assert found.steps == {"contradicted": 0, "unsupported": 1, "grounded": 1, "silent": 1}
    assert found.checked.value == pytest.approx(2 / 3)
    assert {k: e.value for k, e in found.shares.items()} == {"contradicted": 0, "unsupported": 0.5, "grounded": 0.5}


def test_nothing_to_check(hpo: Graph) -> None:
    found = grounded([], hpo)
    assert sum(found.steps.values()) == 0
    assert all(e.n == 0 for e in found.shares.values())
