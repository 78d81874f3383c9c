"""A whole evaluation against a real inference server: ``transformers serve`` with a tiny model made on the spot.

The model knows nothing and answers nothing; what is tested is that everything is asked, kept, counted and gone on with.
"""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("inspect_ai", reason="the extra [eval] is not installed")
pytest.importorskip("torch", reason="the extra [train] is not installed")
pytest.importorskip("transformers", reason="the extra [train] is not installed")
pytest.importorskip("fastapi", reason="transformers[serving] is not installed")

from medreason.evaluation.asking import Way
from medreason.evaluation.results import read_rows
from medreason.evaluation.run import Plan, evaluate
from medreason.evaluation.server import Asking
from tests.evaluation.served import QUESTIONS, write_questions
from tests.llm.test_inference_server import served  # noqa: F401


def test_a_model_that_knows_nothing_is_scored_as_such(served: tuple[str, str], tmp_path: Path) -> None:  # noqa: F811
    url, model = served
    file = write_questions(tmp_path / "q.jsonl")
    plan = Plan({"questions": str(file)}, Way("direct", shuffle=1), samples=2, limit=3)
    asking = Asking(f"openai/{model}", url, max_tokens=8, timeout=120, retries=1, connections=2, local_only=True)
    done = evaluate(plan, asking, tmp_path / "out")
    assert [(r.id, r.sample) for r in done.rows] == [(q[0], n) for q in QUESTIONS[:3] for n in (0, 1)]
    assert all(r.key is None and r.why in ("truncated", "no_statement", "empty") and not r.right for r in done.rows)
    outputs = (tmp_path / "out" / "outputs.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(outputs) == 6 and read_rows(tmp_path / "out") == done.rows
    logs = sorted((tmp_path / "out" / "logs").glob("*.eval"))
    again = evaluate(plan, asking, tmp_path / "out")
    assert again.rows == done.rows and sorted((tmp_path / "out" / "logs").glob("*.eval")) == logs
