"""The ledger: every reason of the source has a stage and a meaning, counts add up, faults of a folder are told."""

import ast
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import medreason
from medreason.dataset.funnel import as_json, survey
from medreason.errors import RunFolderError
from medreason.ledger import ASKING, FLOWS, INTERNAL, REASONS, REPLIES, STAGES, flow_name, ledger, meaning
from medreason.llm.faults import FAULTS

PACKAGE = Path(medreason.__file__).parent
# Calls that name a reason: the places of stage and reason among the arguments; a stage as text is the one it means.
NAMING: dict[str, tuple[int | str, int]] = {
    "Rejection": (1, 2), "Lost": (0, 1), "_rejected": (1, 2), "_rejection": ("read", 1), "_Bad": ("question", 0),
    "BadRow": ("question", 0), "text_in": ("question", 2), "_failed": (2, 1),
}  # fmt: skip
# Rooms that reject rows of other files than a run's; no run passes them.
APART = ("quality/freetext/", "dataset/export/", "site/", "synth/", "evaluation/")
# Where a name stands instead of a text: its texts are those of another call of this table, or of the functions below.
FORWARDED = {
    ("questions/reading.py", "_rejection"),
    ("questions/sources/base.py", "question"),
    ("questions/sources/columns.py", "text_in"),
    ("questions/phenopackets.py", "question"),
    ("quality/accept.py", "accept"),
    ("pipeline_llm.py", "_why"),
    ("pipeline_llm.py", "_rejected"),
    ("pipeline_llm.py", "_failed"),
    ("pipeline_compat.py", "process"),
    ("teachers/llm/compat.py", "_value"),
    ("teachers/llm/compat.py", "_text"),
}


def _calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Every call that names a reason, with its file and the function around it."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.relative_to(PACKAGE).as_posix().startswith(APART):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Call):
                        called = node.func
                        name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
                        if name in NAMING:
                            yield path.relative_to(PACKAGE).as_posix(), function.name, node


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _named(node: ast.Call) -> tuple[str | None, str | None]:
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    place, reason = NAMING[name]
    if name == "text_in" and len(node.args) <= reason:
        return "question", "no_question"
    if name == "_failed":
        return _text(node.args[2]), "reply_schema"
    return (place if isinstance(place, str) else _text(node.args[place])), _text(node.args[reason])


def reasons_of_the_source() -> set[tuple[str, str]]:
    found = {pair for _, _, node in _calls() if None not in (pair := _named(node))}
    # Reasons in tables of tuples: of accept.py (stage, reason, detail) and of pipeline_llm.py (reason, stage).
    for file, function, turned in (("quality/accept.py", "_reason", False), ("pipeline_llm.py", "_why", True)):
        tree = ast.parse((PACKAGE / file).read_text(encoding="utf-8"))
        body = next(f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) and f.name == function)
        for node in ast.walk(body):
            if isinstance(node, ast.Tuple) and len(node.elts) >= 2:
                first, second = _text(node.elts[0]), _text(node.elts[1])
                if first and second:
                    found.add((second, first) if turned else (first, second))
    # A teacher of the published method may lose an item at each of its stages for want of a reply.
    tree = ast.parse((PACKAGE / "teachers/llm/compat.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and getattr(node.func, "attr", "") == "_request"
            and (stage := _text(node.args[0]))
        ):
            found.add((stage, "reply_schema"))
    return {(stage, reason) for stage, reason in found if stage and reason}


def test_every_reason_in_the_source_has_a_stage_and_a_meaning() -> None:
    found = reasons_of_the_source()
    assert len(found) > 40
    assert {("accept", "evidence_favours_other"), ("check", "not_grounded"), ("search", "no_path")} <= found
    assert {("question", "has_image"), ("propose", "reply_schema"), ("judge", "reply_schema")} <= found
    assert [pair for pair in sorted(found) if not meaning(*pair)] == []
    assert [stage for stage, _ in sorted(found) if all(stage not in flow for flow in FLOWS.values())] == []


def test_no_call_hides_its_reason_from_the_test_above() -> None:
    hidden = {(file, function) for file, function, node in _calls() if None in _named(node)}
    assert hidden <= FORWARDED, "a reason that is no text: name it as one, or teach this test where it comes from"


def test_no_meaning_is_left_over() -> None:
    found = reasons_of_the_source()
    told = {(stage, reason) for stage, reasons in REASONS.items() for reason in reasons}
    assert told - found == set()
    assert set(REASONS) <= set(STAGES)
    assert {s for flow in FLOWS.values() for s in flow} == set(STAGES)


def test_every_fault_that_ends_an_item_has_a_meaning() -> None:
    assert set(REPLIES) == {name for name, fault in FAULTS.items() if fault.scope != "run"}
    assert all(meaning(stage, f"reply_{name}") for stage in ASKING for name in REPLIES)
    assert meaning("reason", "reply_of_tomorrow") == ""
    assert meaning("check", "reply_timeout") == ""


def test_the_flow_of_a_run() -> None:
    assert flow_name({"teacher": "offline", "margin": 10.0}) == "offline"
    assert flow_name({"teacher": "llm", "profile": "compat"}) == "compat"
    assert flow_name({"teacher": "llm", "profile": "default"}) == "default"


# -- the ledger ----------------------------------------------------------------------------------------

REJECTED = {"question/gold_not_annotated": 30, "question/no_fair_distractors": 10, "reason/margin_too_small": 20}


def test_a_stage_gets_what_the_one_before_let_on() -> None:
    found = ledger(REJECTED, 40, "offline")
    assert [(p.stage, p.entered, p.lost, p.went_on) for p in found.passages] == [
        ("read", 100, 0, 100), ("question", 100, 40, 60), ("link", 60, 0, 60), ("reason", 60, 20, 40),
        ("accept", 40, 0, 40),
    ]  # fmt: skip
    assert (found.items, found.kept, found.share.value) == (100, 40, 0.4)
    reason = found.passages[3].left[0]
    # Wilson's interval of 20 in 60, by hand: centre 0.3433…, half width 0.1155….
    assert (round(reason.share.low, 4), round(reason.share.high, 4)) == (0.2273, 0.4594)
    assert found.passages[1].left[0].reason == "gold_not_annotated"


def test_faults_of_the_program_come_after_reading_and_only_where_there_are_any() -> None:
    found = ledger({"internal/internal_error": 1, "accept/no_answer_key": 1}, 0, "default")
    assert [p.stage for p in found.passages][:3] == ["read", INTERNAL, "question"]
    assert found.passages[2].entered == 1
    assert INTERNAL not in [p.stage for p in ledger({}, 3, "compat").passages]


def test_a_stage_of_another_version_is_counted_too() -> None:
    found = ledger({"tomorrow/later": 2}, 1, "offline")
    last = found.passages[-1]
    assert (last.stage, last.words, last.entered, last.went_on) == ("tomorrow", "", 3, 1)


def test_an_empty_run_has_no_share() -> None:
    found = ledger({}, 0, "offline")
    assert found.items == 0
    assert math.isnan(found.share.value)
    assert as_json(survey("r", None, {}, [], []))["kept"] == {
        "items": 0, "share": {"value": None, "low": None, "high": None, "n": 0},
    }  # fmt: skip


NAMES = st.sampled_from([f"{stage}/{reason}" for stage, rs in REASONS.items() for reason in rs] + ["else/where"])


@given(st.dictionaries(NAMES, st.integers(1, 10_000)), st.integers(0, 10_000), st.sampled_from(sorted(FLOWS)))
def test_every_item_is_accounted_for(rejected: dict[str, int], kept: int, flow: str) -> None:
    found = ledger(rejected, kept, flow)
    assert found.items == kept + sum(rejected.values())
    entered = found.items
    for p in found.passages:
        assert p.entered == entered == p.lost + p.went_on
        entered = p.went_on
    assert entered == kept
    told = {f"{p.stage}/{row.reason}": row.items for p in found.passages for row in p.left}
    assert told == rejected


# -- rows ----------------------------------------------------------------------------------------------


def rejection(name: str, stage: str = "reason", reason: str = "margin_too_small") -> tuple[str, dict[str, Any]]:
    row = {"id": name, "stage": stage, "reason": reason, "detail": f"of {name}", "chosen_key": "B", "margin": 1.5}
    return "rejection", {**row, "steps": []}


def record(name: str, sample: int | None = None, *, hinted: bool = False) -> tuple[str, dict[str, Any]]:
    written = None if sample is None else {"sample": sample, "hinted": hinted}
    return "record", {"id": name, "written": written}


def sample(name: str, verdict: str, *problems: str) -> dict[str, Any]:
    return {"id": name, "sample": 0, "verdict": verdict, "problems": list(problems)}


def manifest(kept: int, chains: int | None = None, **rejected: int) -> dict[str, Any]:
    told = {name.replace("__", "/"): n for name, n in rejected.items()}
    summary = {"items": kept + sum(told.values()), "kept": kept, "rejected": told}
    return {"summary": summary if chains is None else {**summary, "chains": {"samples": chains}}}


def test_examples_are_the_first_of_each_reason() -> None:
    endings = [rejection("a"), rejection("b"), rejection("c"), rejection("d", "read", "malformed"), record("e")]
    found = survey("r", manifest(1, reason__margin_too_small=3, read__malformed=1), {}, endings, [], examples=2)
    assert [e.id for e in found.examples["reason/margin_too_small"]] == ["a", "b"]
    assert found.examples["read/malformed"][0]._asdict() == {
        "id": "d", "detail": "of d", "chosen_key": "B", "margin": 1.5,
    }  # fmt: skip
    assert found.faults == []
    document = as_json(found)
    assert document["adds_up"] is True
    assert [s["stage"] for s in document["stages"]] == ["read", "question", "link", "reason", "accept"]
    assert document["stages"][3]["reasons"][0]["share"]["n"] == 4
    assert document["chains"] is None


def test_samples_are_counted_by_need_verdict_and_rule() -> None:
    endings = [record("a", 0), record("b", 2), record("c", 0, hinted=True), rejection("d", "accept", "chose_other")]
    samples = [
        sample("b", "chose_other"),
        sample("b", "not_grounded", "step 2: share: no", "step 3: share: no", "step 3: number: 3, not 4"),
        sample("c", "chose_none"), sample("d", "chose_other"), sample("d", "chose_other", "strange words"),
    ]  # fmt: skip
    told = manifest(3, 5, accept__chose_other=1)
    found = survey("r", told, {"profile": "default"}, endings, samples)
    assert found.faults == []
    assert found.chains is not None
    assert found.chains.kept_at == {1: 1, 3: 1}
    assert (found.chains.hinted, found.chains.not_kept) == (1, {2: 1})
    assert found.chains.verdicts == {"chose_other": 3, "chose_none": 1, "not_grounded": 1}
    assert found.chains.rules == {"share": 2, "number": 1, "other": 1}
    assert found.chains.rule_chains == {"number": 1, "other": 1, "share": 1}


@pytest.mark.parametrize(
    ("endings", "samples", "fault"),
    [
        ([rejection("a")], 0, "dataset.jsonl holds 0 records, manifest.json counts 1"),
        ([record("b")], 0, "rejected.jsonl holds 0 items of reason/margin_too_small, manifest.json counts 1"),
        ([rejection("a", "read", "malformed"), record("b")], 0, "rejected.jsonl holds 1 items of read/malformed"),
        ([rejection("a"), record("b"), record("b")], 0, "dataset.jsonl holds the id b more than once"),
        ([rejection("a"), record("b")], 1, "samples.jsonl has a chain of x, which has no end in this run"),
    ],
)
def test_a_folder_that_does_not_add_up_says_so(endings: list[Any], samples: int, fault: str) -> None:
    drawn = [sample("x", "chose_other")] * samples
    found = survey("r", manifest(1, samples or None, reason__margin_too_small=1), {}, endings, drawn)
    assert any(text.startswith(fault) for text in found.faults), found.faults
    assert as_json(found)["adds_up"] is False


def test_a_lost_sample_and_a_manifest_at_odds_with_itself() -> None:
    found = survey("r", manifest(1, 2), {"profile": "default"}, [record("a", 0)], [sample("a", "chose_other")])
    assert found.faults == ["samples.jsonl holds 1 chains, manifest.json counts 2"]
    odd = manifest(1)
    odd["summary"]["items"] = 5
    assert survey("r", odd, {}, [record("a")], []).faults == ["manifest.json counts 5 items, but 1 ends of items"]


def test_an_unfinished_run_is_marked_and_has_nothing_to_compare_with() -> None:
    found = survey("r", None, {}, [record("a"), rejection("b")], [])
    assert (found.state, found.ledger.items, found.faults) == ("unfinished", 2, [])


def test_a_row_that_is_of_no_run_is_an_error() -> None:
    with pytest.raises(RunFolderError, match="not of a run"):
        survey("r", manifest(0), {}, [("rejection", {"id": "a"})], [])
    with pytest.raises(RunFolderError, match="not of a run"):
        survey("r", manifest(0), {"profile": "default"}, [], [{"id": "a"}])


# -- what the docs say ---------------------------------------------------------------------------------

DOCS = Path(__file__).parents[2] / "docs"


def test_the_docs_list_every_reason_with_its_meaning() -> None:
    page = (DOCS / "funnel.md").read_text(encoding="utf-8")
    rows = [f"| {stage} | `{reason}` | {words} |" for stage, rs in REASONS.items() for reason, words in rs.items()]
    assert [row for row in rows if row not in page] == []
    assert len(page.split("## All reasons")[1].split("| `")) - 1 == len(rows)
    questions = (DOCS / "questions.md").read_text(encoding="utf-8")
    assert [reason for reason in REASONS["question"] if f"`{reason}`" not in questions] == []
