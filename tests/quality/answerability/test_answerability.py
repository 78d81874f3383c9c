"""What a chain adds: donors, the answerer without a model, lifts, and the whole flow with a scripted model."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from medreason.answering import answer_offline, answer_with_model, make_plan, rows, summary
from medreason.config import load_config
from medreason.engine import run
from medreason.errors import InputError, WaitingError
from medreason.kg.store import Graph
from medreason.quality.answerability.donors import answer_of, donors, group
from medreason.quality.answerability.lift import Answered, summarise
from medreason.quality.answerability.offline import OfflineAnswerer
from medreason.quality.verify import read_lines
from medreason.records import Option, Record
from tests.llm.server import Script, ScriptedServer
from tests.runs import medreason

VIGNETTES = Path(__file__).resolve().parents[3] / "src/medreason/data/vignettes.jsonl"


@pytest.fixture(scope="module")
def dataset(hpo_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "out"
    given = {"questions": VIGNETTES, "source": "jsonl", "kg": hpo_dir, "out": out, "limit": 40}
    run(load_config(None, given))
    return out


@pytest.fixture(scope="module")
def records(dataset: Path) -> list[Record]:
    found = [r for _, r in read_lines(dataset) if isinstance(r, Record)]
    assert len(found) > 25
    return found


# -- donors ------------------------------------------------------------------------------------------------


def test_a_donor_has_another_answer_and_shares_no_option_where_it_can(records: list[Record]) -> None:
    found = donors(records, seed=3)
    assert donors(records, seed=3) == found
    assert donors(records, seed=4) != found
    for record, donor in zip(records, found, strict=True):
        assert donor is not None
        other = records[donor.at]
        assert answer_of(other).concept != answer_of(record).concept
        assert donor.shares == bool({o.concept for o in record.options} & {o.concept for o in other.options})
        assert donor.same_group == (group(other) == group(record))
    assert sum(d.shares for d in found if d) == 0
    assert sum(d.same_group for d in found if d) > len(records) / 2
    second = donors(records, seed=3, turn=1)
    assert all(a and b and a.at != b.at for a, b in zip(found, second, strict=True))


def test_one_answer_alone_has_no_donor(records: list[Record]) -> None:
    assert donors(records[:1]) == [None]
    assert donors([records[0], replace(records[0], id="again")]) == [None, None]
    with pytest.raises(InputError, match="no other item"):
        make_plan(records[:1])


# -- without a model ---------------------------------------------------------------------------------------


def test_without_edges_every_option_shares_the_credit(hpo: Graph, records: list[Record]) -> None:
    for record in records:
        assert OfflineAnswerer(hpo).read(record, ()).credit == pytest.approx(1 / len(record.options))


def test_cited_edges_speak_for_and_against_by_polarity_and_status(hpo: Graph, records: list[Record]) -> None:
    answerer = OfflineAnswerer(hpo)
    turned = 0
    for record in records:
        said = answerer.read(record, record.steps)
        best = max(said.bits, key=lambda k: said.bits[k])
        if record.chosen_key == best:
            assert said.credit == 1.0 and said.used > 0
        # The same edges for a case whose findings are the other way round: support becomes opposition.
        denied = tuple(replace(f, status="excluded" if f.status == "observed" else "observed") for f in record.findings)
        turned += answerer.read(replace(record, findings=denied), record.steps).bits[best] < 0
    assert turned == len(records)


def test_edges_that_are_gone_or_foreign_say_nothing(hpo: Graph, records: list[Record]) -> None:
    record = records[0]
    strange = [replace(s, edges=("E" + "0" * 16, "no id")) for s in record.steps]
    assert OfflineAnswerer(hpo).read(record, strange).used == 0
    other = Option("A", "Something else", "OMIM:000000")
    assert OfflineAnswerer(hpo).read(replace(record, options=(other,)), record.steps).used == 0


def test_own_chains_have_a_lift_and_foreign_ones_have_none(hpo: Graph, records: list[Record]) -> None:
    plan = make_plan(records, seed=1)
    found = summary(plan, answer_offline(plan, hpo), hpo, None)
    assert found["right"]["none"]["value"] == pytest.approx(0.2)
    for control in ("none", "other"):
        assert found["lift"][control]["per_item"]["low"] > 0.6
    planted = make_plan(records, seed=1, foreign=True)
    assert all(a.id != b.id for a, b in zip(planted.writers, planted.records, strict=True))
    none = summary(planted, answer_offline(planted, hpo), hpo, None)
    assert none["foreign_chains"] and none["verdicts"]["adds"] == 0
    for control in ("none", "other"):
        lift = none["lift"][control]["per_item"]
        assert lift["low"] <= 0 <= lift["high"]


# -- numbers -----------------------------------------------------------------------------------------------


def item(chain: float, none: float, other: float, answer: str = "x") -> Answered:
    return Answered("i", answer, {"chain": chain, "none": none, "other": other}, {})


def test_verdicts() -> None:
    assert item(1, 0, 0).verdict == "adds"
    assert item(1, 1, 0).verdict == "not shown" and item(1, 0, 1).verdict == "not shown"
    assert item(0.5, 0, 0).verdict == "fails", "one of two is a coin's fall"
    assert item(0, 0, 0).verdict == "fails" and item(0.4, 0, 0).verdict == "fails"
    assert item(0.6, 0.5, 0.2).verdict == "adds"
    assert Answered("i", "x", {"chain": 1.0, "none": 0.0}, {}).verdict == "incomplete"


def test_lifts_are_means_of_differences_with_intervals_over_answers() -> None:
    items = [item(1, 0, 0, f"a{i}") for i in range(30)] + [item(1, 1, 0, f"b{i}") for i in range(10)]
    found = summarise(items)
    assert found["right"]["none"]["value"] == 0.25
    assert found["lift"]["none"]["per_item"]["value"] == 0.75
    assert 0.55 < found["lift"]["none"]["per_item"]["low"] < 0.75 < found["lift"]["none"]["per_item"]["high"] < 0.95
    assert found["lift"]["other"]["per_item"] == {"value": 1.0, "low": 1.0, "high": 1.0, "n": 40}
    crowd = summarise([item(1, 1, 0, "one") for _ in range(30)] + [item(1, 0, 0, "two") for _ in range(10)])
    assert crowd["lift"]["none"]["macro_over_answers"]["value"] == 0.5
    assert summarise([])["lift"]["none"]["per_item"]["value"] is None


# -- with a model ------------------------------------------------------------------------------------------


def settings(kg: Path, dataset: Path, out: Path, url: str, **more: Any) -> Any:
    given = {"questions": dataset, "source": "records", "kg": kg, "out": out, "teacher": url, "model": "m"}
    return load_config(None, {**given, "llm.gone": 1.0, "llm.samples": 2, **more})


def parts(body: dict[str, Any]) -> tuple[str, str]:
    """Question and reasoning of a prompt."""
    text = str(body["messages"][1]["content"])
    question = text.split("\n", 1)[1].split("\n\nOptions\n", maxsplit=1)[0]
    return question, text.split("\n\nReasoning\n")[1].split("\n\nReply with", maxsplit=1)[0]


def test_a_model_is_asked_in_three_ways_and_never_sees_the_answer(
    hpo_dir: Path, hpo: Graph, records: list[Record], tmp_path: Path
) -> None:
    some = records[:6]
    key = {r.question: r.answer_key for r in some}
    own = {r.question: r for r in some}
    seen: list[tuple[str, str]] = []

    def reply(_sha: str, body: dict[str, Any]) -> str:
        question, reasoning = parts(body)
        seen.append((question, reasoning))
        # Right with the own chain alone: its first step stands in the prompt.
        right = own[question].steps[0].text.split(" ")[0] in reasoning and "[option]" in reasoning
        mine = right and any(f.text.split()[-1].casefold() in reasoning.casefold() for f in own[question].findings)
        return json.dumps({"answer": key[question].lower() if mine else "no idea"[:8]})

    plan = make_plan(some, seed=1)
    with ScriptedServer(Script(content=reply)) as server:
        config = settings(hpo_dir, tmp_path, tmp_path / "out", server.url)
        answered = answer_with_model(plan, hpo, config)
        again = answer_with_model(plan, hpo, config)
        calls = len(server.bodies)
    assert calls == 6 * 3 * 2 and again == answered
    for question, reasoning in seen:
        for option in own[question].options:
            assert option.text not in reasoning
        assert "answer_key" not in reasoning
    found = summary(plan, answered, hpo, config)
    assert found["right"]["none"]["value"] == 0 and found["unread"]["none"] == 12
    assert found["right"]["chain"]["value"] > found["right"]["other"]["value"]
    assert found["samples"] == 2 and found["prompts"]["answer"] == "2" and found["mask"] == "all"
    table = list(rows(plan, answered))
    assert [row["id"] for row in table] == [r.id for r in some] and all(row["donor"] != row["id"] for row in table)


def test_open_answers_are_compared_by_concept_then_by_a_judge(
    hpo_dir: Path, hpo: Graph, records: list[Record], tmp_path: Path
) -> None:
    asked = [
        replace(records[0], kind="open", options=(Option("A", "Marfan syndrome", "OMIM:154700"),), answer_key="A"),
        replace(records[1], kind="open", options=(Option("B", "A named thing", ""),), answer_key="B"),
    ]
    judged: list[str] = []

    def reply(_sha: str, body: dict[str, Any]) -> str:
        text = str(body["messages"][1]["content"])
        assert "Marfan" not in text and "Options" not in text
        if "Answer 1" in text:
            judged.append(text)
            return json.dumps({"same": True})
        return json.dumps({"answer": "Marfan's syndrome" if asked[0].question in text else "The thing that was named"})

    plan = make_plan(asked)
    with ScriptedServer(Script(content=reply)) as server:
        config = settings(hpo_dir, tmp_path, tmp_path / "out", server.url, **{"llm.samples": 1})
        found = answer_with_model(plan, hpo, config)
    assert found[0].credits["chain"] == 1.0 and found[1].credits["chain"] == 1.0
    assert judged and all("A named thing" in text for text in judged)


def test_failed_replies_leave_an_item_incomplete(
    hpo_dir: Path, hpo: Graph, records: list[Record], tmp_path: Path
) -> None:
    plan = make_plan(records[:3])
    with ScriptedServer(Script(content=lambda _s, _b: "not JSON")) as server:
        found = answer_with_model(plan, hpo, settings(hpo_dir, tmp_path, tmp_path / "out", server.url))
    assert {f.verdict for f in found} == {"incomplete"}
    assert summarise(found)["right"]["chain"]["value"] is None


def test_files_instead_of_a_network_wait_and_go_on(
    hpo_dir: Path, hpo: Graph, records: list[Record], tmp_path: Path
) -> None:
    plan = make_plan(records[:3])
    wire = tmp_path / "wire"
    config = settings(hpo_dir, tmp_path, tmp_path / "out", f"files:{wire}", **{"llm.samples": 1})
    with pytest.raises(WaitingError, match="9 requests wait"):
        answer_with_model(plan, hpo, config)
    requests = [json.loads(line) for line in (wire / "requests-0001.jsonl").open(encoding="utf-8")]
    replies = [{"custom_id": r["custom_id"], "content": json.dumps({"answer": "A"})} for r in requests]
    (wire / "responses-0001.jsonl").write_text("".join(json.dumps(r) + "\n" for r in replies), encoding="utf-8")
    found = answer_with_model(plan, hpo, config)
    assert [f.credits["none"] for f in found] == [float(r.answer_key == "A") for r in records[:3]]


# -- the command -------------------------------------------------------------------------------------------


def test_the_command_prints_and_writes(hpo_dir: Path, dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = medreason("answerability", dataset, "--kg", hpo_dir, "--out", out)
    assert done.returncode == 0, done.stderr
    assert "lift over no chain" in done.stdout and "not say that the chain is good medicine" in " ".join(
        done.stdout.split()
    )
    found = json.loads((out / "answerability.json").read_text(encoding="utf-8"))
    listed = [json.loads(line) for line in (out / "answerability.jsonl").open(encoding="utf-8")]
    assert found["items"] == len(listed) == sum(found["verdicts"].values())
    twice = medreason("answerability", dataset, "--kg", hpo_dir, "--out", tmp_path / "b", "--json", "--keep", "adds")
    assert json.loads(twice.stdout) == found and not (out / "dataset.jsonl").exists()
    whole = {json.loads(line)["id"]: line for line in (dataset / "dataset.jsonl").open(encoding="utf-8")}
    kept = (tmp_path / "b" / "dataset.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    assert kept == [whole[row["id"]] for row in listed if row["verdict"] == "adds"]
    wrong = medreason("answerability", dataset, "--kg", hpo_dir, "--keep", "best")
    assert wrong.returncode == 2 and "is no verdict" in wrong.stderr


def test_nothing_that_is_read_or_finished_is_written_over(hpo_dir: Path, dataset: Path, tmp_path: Path) -> None:
    before = (dataset / "dataset.jsonl").read_bytes()
    kept = tmp_path / "kept"
    for out in (dataset, dataset / "dataset.jsonl"):
        done = medreason("answerability", dataset, "--kg", hpo_dir, "--keep", "fails", "--out", out)
        assert done.returncode != 0 and "Traceback" not in done.stderr, out
    assert (dataset / "dataset.jsonl").read_bytes() == before
    medreason("answerability", dataset, "--kg", hpo_dir, "--keep", "adds", "--out", kept)
    assert (kept / "dataset.jsonl").is_file()
    medreason("answerability", dataset, "--kg", hpo_dir, "--out", kept)
    assert not (kept / "dataset.jsonl").exists(), "records of an earlier call do not stay beside other numbers"
    for command in ("--page", "--out"):
        done = medreason("verify", dataset, "--kg", hpo_dir, "--free-text", command, dataset / "dataset.jsonl")
        assert done.returncode == 2 and "what is read" in done.stderr
    done = medreason("funnel", dataset, "--svg", dataset / "report.html")
    assert done.returncode == 2 and "belongs to the run" in done.stderr
    assert (dataset / "dataset.jsonl").read_bytes() == before


def test_a_key_that_is_no_option_is_told_with_its_line(hpo_dir: Path, dataset: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in (dataset / "dataset.jsonl").open(encoding="utf-8")][:3]
    rows[1]["answer_key"] = "Z"
    bad = tmp_path / "dataset.jsonl"
    bad.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    done = medreason("answerability", bad, "--kg", hpo_dir, "--out", tmp_path / "o")
    assert done.returncode != 0 and "dataset.jsonl:2" in done.stderr and "Traceback" not in done.stderr


def test_the_command_refuses_what_it_cannot_use(hpo_dir: Path, dataset: Path, tmp_path: Path) -> None:
    bad = tmp_path / "dataset.jsonl"
    bad.write_text('{"id": 1}\n', encoding="utf-8")
    done = medreason("answerability", bad, "--kg", hpo_dir)
    assert done.returncode != 0 and "dataset.jsonl:1" in done.stderr and "Traceback" not in done.stderr
    done = medreason("answerability", dataset, "--kg", hpo_dir, "--samples", "3")
    assert done.returncode == 2 and "takes no model" in done.stderr
    done = medreason("answerability", dataset, "--kg", hpo_dir, "--mask", "some")
    assert done.returncode == 2 and "give all or answer" in done.stderr
    done = medreason("answerability", dataset, "--kg", hpo_dir, "--answerer", "http://localhost:1", "--out", tmp_path)
    assert done.returncode == 2 and "--model" in done.stderr
