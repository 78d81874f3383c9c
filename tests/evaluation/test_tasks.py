"""The tasks of Inspect: registered under their names, what they hold, and how outputs are scored."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from medreason.errors import UsageError
from medreason.evaluation.catalogue import KNOWN
from tests.evaluation.served import QUESTIONS, Script, Server, knows, write_questions

inspect_ai = pytest.importorskip("inspect_ai", reason="the extra [eval] is not installed")

from inspect_ai.log import list_eval_logs, read_eval_log  # noqa: E402
from inspect_ai.model import ChatMessageAssistant, ContentReasoning, ContentText, ModelOutput  # noqa: E402
from inspect_ai.scorer import Target  # noqa: E402
from inspect_ai.solver import TaskState  # noqa: E402

from medreason.evaluation.scorer import answer_read, read_output  # noqa: E402
from medreason.evaluation.tasks import TASKS  # noqa: E402


def test_there_is_a_task_for_each_set() -> None:
    assert set(TASKS) == set(KNOWN)


def test_a_task_holds_what_is_asked(tmp_path: Path) -> None:
    file = str(write_questions(tmp_path / "q.jsonl"))
    task = TASKS["questions"](data=file, shuffle_seed=5)
    samples = list(task.dataset)
    assert [s.id for s in samples] == [row[0] for row in QUESTIONS]
    for sample, (_, question, options, key) in zip(samples, QUESTIONS, strict=True):
        assert question in sample.input[0].text and sample.metadata["gold"] == key
        assert sample.metadata["keys"][sample.target] == key
        assert sample.metadata["options"][sample.target] == options[key]
    assert task.metadata["files"][0]["name"] == "q.jsonl" and task.metadata["rows"] == 4
    versions = {
        TASKS["questions"](data=file, **more).version for more in ({}, {"shuffle_seed": 5}, {"style": "direct"})
    }
    assert len(versions) == 3 and TASKS["questions"](data=file).version in versions
    assert len(list(TASKS["questions"](data=file, items=2).dataset)) == 2
    with pytest.raises(UsageError, match="corrupt-evidence cannot be made of questions"):
        TASKS["questions"](data=file, variant="corrupt-evidence")
    with pytest.raises(UsageError, match="no data for medqa"):
        TASKS["medqa"]()
    with pytest.raises(UsageError, match="a file and a number"):
        TASKS["questions"](data=file, few_shot=2)


def output(text: str, *, thinking: str = "", stop: str = "stop") -> ModelOutput:
    parts: Any = [ContentReasoning(reasoning=thinking), ContentText(text=text)] if thinking else text
    made = ModelOutput.from_message(ChatMessageAssistant(content=parts), stop_reason=stop)  # type: ignore[arg-type]
    made.completion = text
    return made


SHOWN = {"A": "Liver", "B": "Heart"}


@pytest.mark.parametrize(
    ("made", "key", "why"),
    [
        (output("The answer is B."), "B", ""),
        (output("## Thinking\n1. The liver? No.\n\n## Final Answer\nB. Heart"), "B", ""),
        (output("Acute thoughts arise."), None, "no_statement"),
        (output("1. The liver moves bile.\n2. The heart", stop="max_tokens"), None, "truncated"),
        (output("B. Heart", stop="max_tokens"), "B", ""),
        (output("The answer is A.", stop="max_tokens"), "A", ""),
        (output("", thinking="The answer is B."), None, "only_thinking"),
        (output("", stop="content_filter"), None, "refusal"),
        (output(""), None, "empty"),
    ],
)  # fmt: skip
def test_outputs_are_read_and_never_guessed(made: ModelOutput, key: str | None, why: str) -> None:
    told = read_output(made, SHOWN)
    assert (told.reading.key, told.reading.why) == (key, why)


def test_a_score_leads_back_to_the_letters_of_the_source() -> None:
    metadata = {"options": SHOWN, "keys": {"A": "B", "B": "A"}}
    state = TaskState(
        model="m", sample_id="q", epoch=1, input="", messages=[], output=output("The answer is B."), metadata=metadata
    )
    score = asyncio.run(answer_read()(state, Target("B")))
    assert score is not None and score.value == "C" and score.answer == "B"
    assert score.metadata is not None and score.metadata["key"] == "A" and score.metadata["length"] == 16
    wrong = asyncio.run(answer_read()(state, Target("A")))
    assert wrong is not None and wrong.value == "I"


def test_inspect_runs_a_task_by_its_name(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("inspect")
    file = write_questions(tmp_path / "q.jsonl")
    with Server(Script(content=knows("q1", "q2", "q3"))) as server:
        done = subprocess.run(
            [str(program), "eval", "medreason/questions", "-T", f"data={file}", "-M", "responses_api=false", "--model",
             "openai/m", "--model-base-url", server.url, "--display", "none", "--log-dir", str(tmp_path / "logs")],
            capture_output=True, text=True, check=False, timeout=300, cwd=tmp_path,
            env={**os.environ, "OPENAI_API_KEY": "none"},
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (info,) = list_eval_logs(str(tmp_path / "logs"))
    log = read_eval_log(info)
    assert log.status == "success" and log.eval.task == "medreason/questions"
    assert log.results is not None
    metrics = {name: m.value for s in log.results.scores for name, m in s.metrics.items()}
    assert metrics["accuracy"] == 0.75 and metrics["unreadable"] == 0.25
    assert json.loads(json.dumps(log.eval.metadata))["files"][0]["name"] == "q.jsonl"
