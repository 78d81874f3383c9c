"""Runs with a language model: whole flow over HTTP against the scripted server, with every way an item can end."""

import json
import shutil
import signal
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from medreason.config import RunConfig, load_config
from medreason.engine import run
from medreason.errors import BudgetError, PriceError, PrivacyError, RunFolderError, UsageError, WaitingError
from medreason.kg.store import Graph
from medreason.quality.verify import verify
from tests.llm.authors import chain, first_right, published, question_of, user_text
from tests.llm.server import Script, ScriptedServer
from tests.runs import command

VIGNETTES = Path(__file__).resolve().parents[1] / "src/medreason/data/vignettes.jsonl"
ROWS = [json.loads(line) for line in VIGNETTES.open(encoding="utf-8")]
KEYS = {row["question"]: row["answer_key"] for row in ROWS}


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    return written(tmp_path / "questions.jsonl", ROWS[:6])


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def settings(kg: Path, questions: Path, out: Path, teacher: str, **more: Any) -> RunConfig:
    given = {"questions": questions, "source": "jsonl", "kg": kg, "out": out, "teacher": teacher, "model": "m"}
    return load_config(None, {**given, "llm.seed": 1, "llm.gone": 1.0, **more})


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{name}.jsonl").open(encoding="utf-8")]


def wrong_first(times: int) -> Callable[[str, dict[str, Any]], str]:
    """Chooses a wrong option in the first samples of a question, then the right one."""

    def reply(_sha: str, body: dict[str, Any]) -> str:
        text = user_text(body)
        key = KEYS[question_of(text)]
        other = next(k for k in "ABCDE" if k != key)
        return chain(text, other if body["seed"] - 1 < times and "Reference answer" not in text else key)

    return reply


# -- how items end -----------------------------------------------------------------------------------------


def test_a_blind_chain_that_is_right_and_grounded_becomes_a_record(
    hpo_dir: Path, hpo: Graph, questions: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with ScriptedServer(Script(content=first_right(KEYS))) as server:
        summary = run(settings(hpo_dir, questions, out, server.url)).manifest["summary"]
        bodies = list(server.bodies)
    assert summary["kept"] == 6 and len(bodies) == 6
    for record in rows(out, "dataset"):
        assert record["teacher"] == "llm/m" and record["written"]["hinted"] is False
        assert record["written"]["prompts"] == {"reason": "1"}
        known = {line["id"] for line in record["sheet"]}
        for step in record["steps"]:
            assert step["cites"] and set(step["cites"]) <= known
            assert step["edges"] or all(c.startswith("F") for c in step["cites"])
    assert verify(out, hpo).problems == []
    sent = json.dumps(bodies)
    for row in ROWS[:6]:
        assert row["id"] not in sent and row["reason"] not in sent
    assert summary["chains"]["claims"]["grounded"] > 20


def test_wrong_samples_are_kept_apart_and_the_next_is_drawn(hpo_dir: Path, questions: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with ScriptedServer(Script(content=wrong_first(2))) as server:
        run(settings(hpo_dir, questions, out, server.url))
    assert {r["written"]["sample"] for r in rows(out, "dataset")} == {2}
    samples = rows(out, "samples")
    assert Counter(s["id"] for s in samples) == {row["id"]: 2 for row in ROWS[:6]}
    assert {s["verdict"] for s in samples} == {"chose_other"} and all(s["steps"] for s in samples)


def test_the_hinted_try_comes_last_and_is_flagged(hpo_dir: Path, hpo: Graph, questions: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with ScriptedServer(Script(content=wrong_first(9))) as server:
        run(settings(hpo_dir, questions, out, server.url))
        told = ["Reference answer" in user_text(body) for body in server.bodies]
    assert sum(told) == 6
    kept = rows(out, "dataset")
    assert len(kept) == 6 and all("hinted" in r["flags"] and r["written"]["hinted"] for r in kept)
    assert verify(out, hpo).problems == []


def test_without_a_hint_a_wrong_chain_is_a_rejection(hpo_dir: Path, questions: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with ScriptedServer(Script(content=wrong_first(9))) as server:
        run(settings(hpo_dir, questions, out, server.url, **{"llm.hint": False, "llm.samples": 2}))
    assert {r["reason"] for r in rows(out, "rejected")} == {"chose_other"}
    assert len(rows(out, "samples")) == 12


def planted(error: Callable[[dict[str, Any]], None]) -> Callable[[str, dict[str, Any]], str]:
    def reply(_sha: str, body: dict[str, Any]) -> str:
        text = user_text(body)
        value = json.loads(chain(text, KEYS[question_of(text)]))
        error(value)
        return json.dumps(value)

    return reply


def strange_count(value: dict[str, Any]) -> None:
    value["steps"][-1]["text"] += " It was seen in 917 of 931 patients."


def nothing_cited(value: dict[str, Any]) -> None:
    value["steps"][0]["cites"] = []


def certain(value: dict[str, Any]) -> None:
    value["steps"][-1]["text"] += " This confirms the diagnosis."


@pytest.mark.parametrize(
    ("error", "rule"), [(strange_count, "number"), (nothing_cited, "citation"), (certain, "certainty")]
)
def test_a_chain_that_says_more_than_it_cites_is_not_kept(
    hpo_dir: Path, questions: Path, tmp_path: Path, error: Callable[[dict[str, Any]], None], rule: str
) -> None:
    out = tmp_path / "out"
    with ScriptedServer(Script(content=planted(error))) as server:
        run(settings(hpo_dir, questions, out, server.url, **{"llm.samples": 1, "llm.hint": False}))
    rejected = rows(out, "rejected")
    assert {r["reason"] for r in rejected} == {"not_grounded"}
    assert all(f": {rule}: " in r["detail"] for r in rejected)


def test_a_line_that_does_not_exist_is_asked_again_then_refused(hpo_dir: Path, questions: Path, tmp_path: Path) -> None:
    def strange(value: dict[str, Any]) -> None:
        value["steps"][0]["cites"] = ["E999"]

    out = tmp_path / "out"
    with ScriptedServer(Script(content=planted(strange))) as server:
        run(settings(hpo_dir, questions, out, server.url, **{"llm.samples": 1, "llm.hint": False}))
        assert len(server.bodies) == 12
        again = [b for b in server.bodies if len(b["messages"]) > 2]
        assert len(again) == 6 and all("E999" in b["messages"][-1]["content"] for b in again)
    assert {r["reason"] for r in rows(out, "rejected")} == {"reply_schema"}


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("refusal", "reply_refusal"), ("context", "reply_context_length"), ("badfilter", "reply_content_filter")],
)
def test_what_the_model_will_not_answer_is_a_rejection_of_its_own(
    hpo_dir: Path, questions: Path, tmp_path: Path, kind: str, reason: str
) -> None:
    out = tmp_path / "out"
    with ScriptedServer(Script(always=kind)) as server:
        run(settings(hpo_dir, questions, out, server.url))
    assert {r["reason"] for r in rows(out, "rejected")} == {reason}
    assert all("what" not in r["detail"] or r["detail"] for r in rows(out, "rejected"))


def test_a_question_without_evidence_costs_no_call(hpo_dir: Path, tmp_path: Path) -> None:
    row = {
        "id": "none",
        "question": "A carpenter asks about wood. Which one?",
        "options": [{"key": "A", "text": "oak"}, {"key": "B", "text": "elm"}],
        "answer_key": "A",
    }
    out = tmp_path / "out"
    with ScriptedServer(Script(content=first_right({}))) as server:
        run(settings(hpo_dir, written(tmp_path / "q.jsonl", [row]), out, server.url))
        assert server.calls == 0
    assert rows(out, "rejected")[0]["reason"] == "no_evidence"


# -- once, and again -----------------------------------------------------------------------------------------


def test_a_finished_run_is_found_finished_and_replayed_without_a_server(
    hpo_dir: Path, questions: Path, tmp_path: Path
) -> None:
    out, again = tmp_path / "out", tmp_path / "again"
    with ScriptedServer(Script(content=wrong_first(1))) as server:
        run(settings(hpo_dir, questions, out, server.url))
        calls = server.calls
        assert run(settings(hpo_dir, questions, out, server.url)).fresh is False
        assert server.calls == calls
    run(settings(hpo_dir, questions, again, f"replay:{out}"))
    for name in ("dataset.jsonl", "samples.jsonl", "rejected.jsonl", "dataset.parquet"):
        assert (out / name).read_bytes() == (again / name).read_bytes()


def test_a_further_question_asks_that_question_alone(hpo_dir: Path, questions: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with ScriptedServer(Script(content=first_right(KEYS))) as server:
        run(settings(hpo_dir, questions, out, server.url))
        written(questions, ROWS[:7])
        result = run(settings(hpo_dir, questions, out, server.url))
        assert server.calls == 7 and result.manifest["summary"]["kept"] == 7


def test_another_prompt_asks_the_stages_that_depend_on_it(
    hpo_dir: Path, questions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from medreason.llm import request
    from medreason.teachers.llm import prompts

    out = tmp_path / "out"
    with ScriptedServer(Script(content=wrong_first(9))) as server:
        run(settings(hpo_dir, questions, out, server.url))
        before = server.calls
        plain = request._prompt

        def changed(name: str) -> tuple[str, str]:
            version, text = plain(name)
            return (f"{version}x", text + "\nBe brief.") if name == "hint" else (version, text)

        monkeypatch.setattr(request, "_prompt", changed)
        prompts._parts.cache_clear()
        run(settings(hpo_dir, questions, out, server.url))
        prompts._parts.cache_clear()
        new = [user_text(b) for b in server.bodies[before:]]
    assert len(new) == 6 and all("Reference answer" in text for text in new)


def test_another_model_in_the_same_folder_is_refused(hpo_dir: Path, questions: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with ScriptedServer(Script(content=first_right(KEYS))) as server:
        run(settings(hpo_dir, questions, out, server.url))
        with pytest.raises(RunFolderError, match="model was 'm', now 'other'"):
            run(settings(hpo_dir, questions, out, server.url, model="other"))


def test_what_failed_can_be_asked_again_by_class(hpo_dir: Path, questions: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    more = {"llm.samples": 1, "llm.hint": False}
    with ScriptedServer(Script(content=first_right(KEYS), schedule=dict.fromkeys(range(3), "refusal"))) as server:
        first = run(settings(hpo_dir, questions, out, server.url, **more)).manifest["summary"]
        assert first["kept"] == 3 and first["rejected"] == {"reason/reply_refusal": 3}
        second = run(settings(hpo_dir, questions, out, server.url, retry_failed="refusal", **more))
        assert second.manifest["summary"]["kept"] == 6 and server.calls == 9


def test_a_cost_limit_stops_the_run_and_a_higher_one_goes_on(hpo_dir: Path, questions: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    price = {"llm.prices": {"m": {"prompt": 1.0, "completion": 1.0}}, "llm.max_tokens": 500, "llm.start": 1}
    with ScriptedServer(Script(content=first_right(KEYS))) as server:
        with pytest.raises(PriceError):
            run(settings(hpo_dir, questions, out, server.url, **{"llm.max_cost": 1.0}))
        with pytest.raises(BudgetError, match="cost limit"):
            run(settings(hpo_dir, questions, out, server.url, **{**price, "llm.max_cost": 0.015}))
        assert 0 < server.calls < 6
        result = run(settings(hpo_dir, questions, out, server.url, **{**price, "llm.max_cost": 1.0}))
        assert result.manifest["summary"]["kept"] == 6 and server.calls == 6
    assert result.manifest["llm"]["total"]["cost"] <= 0.03


def test_a_host_elsewhere_is_refused_before_anything_is_sent(hpo_dir: Path, questions: Path, tmp_path: Path) -> None:
    with pytest.raises(PrivacyError, match="not this machine"):
        run(settings(hpo_dir, questions, tmp_path / "out", "https://api.example.org/v1", **{"llm.local_only": True}))


def test_a_teacher_needs_a_model(hpo_dir: Path, questions: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--model"):
        settings(hpo_dir, questions, tmp_path, "http://127.0.0.1:1/v1", model="")
    with pytest.raises(UsageError, match="give offline, the base URL"):
        settings(hpo_dir, questions, tmp_path, "gpt-4")


# -- files instead of a network -----------------------------------------------------------------------------


def answered(folder: Path, reply: Callable[[str, dict[str, Any]], str], skip: int = 0) -> None:
    """Answers the newest requests file as a batch service would."""
    newest = max(folder.glob("requests-*.jsonl"))
    lines = [json.loads(line) for line in newest.open(encoding="utf-8")][skip:]
    said = [{"custom_id": r["custom_id"], "content": reply("", {"seed": 1, **r["body"]})} for r in lines]
    (folder / f"responses-{newest.stem}-{skip}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in said))


def test_files_carry_a_run_over_several_waves(
    hpo_dir: Path, questions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, wire = tmp_path / "out", tmp_path / "wire"
    config = settings(hpo_dir, questions, out, f"files:{wire}", **{"llm.samples": 2, "llm.hint": False})
    with pytest.raises(WaitingError, match="6 items wait"):
        run(config)
    answered(wire, wrong_first(9), skip=1)
    with pytest.raises(WaitingError):
        run(config)
    assert "requests-0002.jsonl" in capsys.readouterr().err
    answered(wire, first_right(KEYS))
    with pytest.raises(WaitingError, match="1 items wait"):
        run(config)
    (wire / "responses-late.jsonl").write_text("")
    first = wire / "requests-0001.jsonl"
    lines = [json.loads(line) for line in first.open(encoding="utf-8")][:1]
    said = first_right(KEYS)("", lines[0]["body"])
    (wire / "responses-late.jsonl").write_text(json.dumps({"custom_id": lines[0]["custom_id"], "content": said}) + "\n")
    assert run(config).manifest["summary"]["kept"] == 6
    shutil.rmtree(wire)
    assert run(config).fresh is False


# -- the published method ------------------------------------------------------------------------------------


def test_compat_writes_the_published_columns(hpo_dir: Path, hpo: Graph, questions: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with ScriptedServer(Script(content=published(hpo))) as server:
        summary = run(settings(hpo_dir, questions, out, server.url, profile="compat")).manifest["summary"]
        prompts = [user_text(b) for b in server.bodies]
    found = rows(out, "dataset")
    assert summary["kept"] == len(found) > 3
    for row in found:
        assert list(row) == ["dataset_name", "id_in_dataset", "question", "answer", "reasoning", "options"]
        assert row["reasoning"].startswith("Finding reasoning paths:\n") and "\nConclusion:\n" in row["reasoning"]
        assert row["options"].startswith("Answer Choices:\nA. ")
    filtered = [p for p in prompts if p.startswith("Answer the question")]
    assert filtered and not any("So it is." in p for p in filtered)
    assert any(" -> " in p for p in prompts if p.startswith("Keep at most 3"))


def test_compat_says_at_which_stage_an_item_was_lost(
    hpo_dir: Path, hpo: Graph, questions: Path, tmp_path: Path
) -> None:
    plain = published(hpo)

    def never(sha: str, body: dict[str, Any]) -> str:
        return json.dumps({"same": False}) if user_text(body).startswith("Is the given") else plain(sha, body)

    out = tmp_path / "out"
    with ScriptedServer(Script(content=never)) as server:
        run(settings(hpo_dir, questions, out, server.url, profile="compat"))
    reasons = Counter(f"{r['stage']}/{r['reason']}" for r in rows(out, "rejected"))
    assert reasons["filter/not_answered"] >= 4


# -- killed --------------------------------------------------------------------------------------------------


def test_a_killed_run_goes_on_to_the_same_files(hpo_dir: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "q.jsonl", ROWS[:30])
    script = Script(content=wrong_first(1), latency=0.15, rate=0.2, seed=4)
    with ScriptedServer(script) as server:
        run(settings(hpo_dir, path, tmp_path / "calm", server.url, **{"llm.most": 4, "llm.start": 4}))
    out = tmp_path / "out"
    with ScriptedServer(script) as server:
        file = tmp_path / "run.yaml"
        file.write_text(
            f"questions: q.jsonl\nsource: jsonl\nkg: {hpo_dir}\nout: out\nteacher: {server.url}\nmodel: m\n"
            "llm: {seed: 1, most: 4, start: 4}\n"
        )
        for seconds in (2.0, 2.6, 3.2):
            process = subprocess.Popen(command("run", file), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
            process.wait()
        done = subprocess.run(command("run", file), capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        served = (sum(s.prompt for s in server.seen), sum(s.completion for s in server.seen))
    for name in ("dataset.jsonl", "samples.jsonl", "rejected.jsonl", "dataset.parquet"):
        assert (out / name).read_bytes() == (tmp_path / "calm" / name).read_bytes()
    total = json.loads((out / "manifest.json").read_text())["llm"]["total"]
    lost = (
        sqlite3.connect(out / "journal.sqlite").execute("SELECT COUNT(*) FROM attempt WHERE status='lost'").fetchone()
    )
    assert total["prompt_tokens"] <= served[0] <= total["prompt_tokens"] + total["unknown_tokens_at_most"]
    assert lost[0] <= 12


# -- further stages, further kinds ----------------------------------------------------------------------------


def test_the_answer_stage_flags_whether_the_answer_follows_without_the_conclusion(
    hpo_dir: Path, questions: Path, tmp_path: Path
) -> None:
    plain = first_right(KEYS)

    def reply(sha: str, body: dict[str, Any]) -> str:
        text = user_text(body)
        if "\nReasoning\n" not in text:
            return plain(sha, body)
        assert "best" not in text.split("\nReasoning\n")[1].split("\n\nReply")[0]
        return json.dumps({"answer": KEYS[question_of(text)] if "cough" in text else "NONE"})

    out = tmp_path / "out"
    with ScriptedServer(Script(content=reply)) as server:
        run(settings(hpo_dir, questions, out, server.url, **{"llm.stages": {"answer": "llm"}, "llm.mark": "tried"}))
    flags = {r["id"]: set(r["flags"]) for r in rows(out, "dataset")}
    assert "answer_follows" in flags["mr-0001"] and all("tried" in f for f in flags.values())
    assert any("answer_does_not_follow" in f for f in flags.values())


def test_extraction_by_the_model_is_linked_and_chosen_in_one_call(hpo_dir: Path, hpo: Graph, tmp_path: Path) -> None:
    plain = first_right(KEYS)

    def reply(sha: str, body: dict[str, Any]) -> str:
        text, system = user_text(body), body["messages"][0]["content"]
        if system.startswith("You mark"):
            told = [
                ("wet cough", "observed"),
                ("chronic sinusitis", "observed"),
                ("recurrent pneumonia", "observed"),
                ("finger clubbing", "observed"),
                ("situs inversus", "excluded"),
                ("no such words", "observed"),
            ]
            return json.dumps({"mentions": [{"text": t, "type": "phenotype", "status": s} for t, s in told]})
        if system.startswith("You decide"):
            count = text.count("Mention ")
            return json.dumps({"choices": [{"mention": n + 1, "choice": "NONE"} for n in range(count)]})
        return plain(sha, body)

    out = tmp_path / "out"
    stages = {"extract": "llm", "choose": "llm"}
    path = written(tmp_path / "one.jsonl", ROWS[:1])
    with ScriptedServer(Script(content=reply)) as server:
        run(settings(hpo_dir, path, out, server.url, **{"llm.stages": stages}))
        asked = Counter(b["messages"][0]["content"].split()[1] for b in server.bodies)
    record = rows(out, "dataset")[0]
    assert asked["mark"] == 1 and asked["decide"] <= 1
    found = {f["text"]: f["status"] for f in record["findings"]}
    assert found["chronic sinusitis"] == "observed" and found["situs inversus"] == "excluded"
    assert "no such words" not in found and all(f["method"].startswith("llm/") for f in record["findings"])
    assert verify(out, hpo).problems == []


def test_an_extraction_that_fails_falls_back_to_the_dictionary(hpo_dir: Path, tmp_path: Path) -> None:
    plain = first_right(KEYS)

    def reply(sha: str, body: dict[str, Any]) -> str:
        return "I would rather not." if body["messages"][0]["content"].startswith("You mark") else plain(sha, body)

    out = tmp_path / "out"
    path = written(tmp_path / "one.jsonl", ROWS[:1])
    with ScriptedServer(Script(content=reply)) as server:
        run(settings(hpo_dir, path, out, server.url, **{"llm.stages": {"extract": "llm"}}))
    assert {f["method"] for f in rows(out, "dataset")[0]["findings"]} <= {
        "exact",
        "normalised",
        "reordered",
        "measured",
    }


def test_an_open_question_gets_candidates_blind_and_is_compared_at_last_by_a_judge(
    hpo_dir: Path, hpo: Graph, tmp_path: Path
) -> None:
    stem = ROWS[0]["question"].replace(
        "Which of these disorders best explains the findings?", "What explains this best?"
    )
    row = {"Question": stem, "Complex_CoT": "thought", "Response": "Mucoviscidosis, most likely."}
    prompts: list[str] = []

    def reply(_sha: str, body: dict[str, Any]) -> str:
        text = user_text(body)
        prompts.append(json.dumps(body))
        if body["messages"][0]["content"].startswith("You propose"):
            return json.dumps({"candidates": ["Ciliary dyskinesia, primary, 20", "Cystic fibrosis", "cystic fibrosis"]})
        if body["messages"][0]["content"].startswith("You decide whether"):
            assert "Mucoviscidosis" in text
            return json.dumps({"same": True})
        return chain(text, "B")

    out = tmp_path / "out"
    path = written(tmp_path / "train.jsonl", [row])
    config = settings(hpo_dir, path, out, "http://127.0.0.1:1/v1", source="huatuo")
    with ScriptedServer(Script(content=reply)) as server:
        summary = run(config.model_copy(update={"teacher": server.url})).manifest["summary"]
    assert summary["kept"] == 1, rows(out, "rejected")
    record = rows(out, "dataset")[0]
    assert record["kind"] == "open" and [o["key"] for o in record["options"]] == ["A", "B"]
    assert len(prompts) == 3 and not any("thought" in p for p in prompts)
    assert "Mucoviscidosis" not in prompts[0] + prompts[1]
    assert verify(out, hpo).problems == []


def test_a_yes_no_question_cites_its_context(hpo_dir: Path, hpo: Graph, tmp_path: Path) -> None:
    context = "Seizures were recorded in forty children with fever. Most of the children recovered without sequelae."
    row = {
        "pubid": 1, "question": "Do most children with fever and seizures recover?", "final_decision": "yes",
        "context": {"contexts": [context], "labels": ["RESULTS"], "meshes": []}, "long_answer": "Most recover indeed.",
    }  # fmt: skip

    def reply(_sha: str, body: dict[str, Any]) -> str:
        assert "Most recover indeed" not in json.dumps(body)
        text = user_text(body)
        key = next(line[0] for line in text.splitlines() if line[1:].startswith(". yes"))
        told = {"text": "Most of the children recovered without sequelae, which speaks for yes.", "cites": ["C2"]}
        return json.dumps({"steps": [told], "answer": key})

    out = tmp_path / "out"
    path = written(tmp_path / "pqaa_train.jsonl", [row])
    config = settings(hpo_dir, path, out, "http://127.0.0.1:1/v1", source="pubmedqa", split="train")
    with ScriptedServer(Script(content=reply)) as server:
        summary = run(config.model_copy(update={"teacher": server.url})).manifest["summary"]
    assert summary["kept"] == 1, rows(out, "rejected")
    record = rows(out, "dataset")[0]
    assert record["kind"] == "boolean" and len(record["context"]) == 2 and record["steps"][0]["cites"] == ["C2"]
    assert verify(out, hpo).problems == []
