"""The way back: what reviewers said of an arm's steps becomes a new version of its dataset.

A step is refused by an adjudicator's decision, else by a majority of its reviewers who call it incorrect or harmful. A
record with a refused step is dropped, or kept with flags. Records that were not in the study stay as they are, byte for
byte; ``clinician_reviewed`` is set only where reviewers of the study judged the steps.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

from medreason.errors import InputError, UsageError
from medreason.quality.verify import read_lines
from medreason.records import Record, to_json
from medreason.review.blinding import Piece, clean, forms
from medreason.review.files import write_files
from medreason.review.material import Case
from medreason.review.store import AnswerRow, StudyFile

Policy = Literal["drop", "flag"]
BAD = ("incorrect", "harmful")
# Labels from the best to the worst.
WORST = ("correct", "irrelevant", "unsupported", "incorrect", "harmful")


class Rule(NamedTuple):
    """When a step counts as refused.

    Attributes:
        policy: ``drop`` takes a record with a refused step out, ``flag`` keeps it with a flag for each.
        reviewers: Fewest reviewers whose labels count; with fewer nothing is said of the record.
        any_harmful: One reviewer who calls a step harmful is enough, unless an adjudicator decided otherwise.
    """

    policy: Policy = "drop"
    reviewers: int = 1
    any_harmful: bool = False


class StepVerdict(NamedTuple):
    """What was said of a record's step.

    Attributes:
        label: ``incorrect``, ``harmful``, ``disputed`` (half of the reviewers, no decision) or ``fine``.
        labels: How many reviewers gave which label.
        decided: By an adjudicator.
    """

    step: int
    label: str
    labels: dict[str, int]
    decided: bool


class Applied(NamedTuple):
    """What :func:`apply` wrote: numbers before and after, and the files."""

    before: int
    after: int
    reviewed: int
    dropped: int
    flagged: int
    changed: int
    files: tuple[Path, ...]


def arm_of(study: StudyFile, wanted: str) -> str:
    """The arm of this name or label.

    Raises:
        UsageError: there is none.
    """
    for name in study.protocol.arms:
        if wanted in {name, study.protocol.name_of(name)}:
            return name
    raise UsageError(f"the study has no arm {wanted}", fix=f"one of {', '.join(study.protocol.arms)}")


class Judged(NamedTuple):
    """What the study says of one record.

    Attributes:
        steps: Verdict by number of the record's step.
        reviewers: Reviewers who labelled its steps.
        good: For each of them, whether no step was called incorrect or harmful.
    """

    steps: dict[int, StepVerdict]
    reviewers: int
    good: tuple[bool, ...]


def judged(study: StudyFile, arm: str, rule: Rule) -> dict[str, Judged]:
    """By case id, what the study says of an arm's records. Repeats and declined cases do not count.

    Raises:
        BlindError: the study is not unblinded.
    """
    labels: dict[str, dict[str, dict[int, str]]] = defaultdict(dict)
    for row in study.answers(blind=False):
        side = _side(row, arm)
        if side and not row.repeat_of and not row.body.outside_specialty:
            given = {n: label for n, label in enumerate(row.body.steps.get(side, [])) if label}
            if given:
                labels[row.case][row.person] = dict(given)
    decided: dict[str, dict[int, str]] = defaultdict(dict)
    for one in study.adjudications(blind=False):
        if one.what == "step" and (one.arm_right if one.side == "right" else one.arm_left) == arm:
            decided[one.case][one.step] = one.label
    found = {}
    for case in study.cases():
        if case.id in labels or (case.id in decided and arm in case.texts):
            origins = case.texts[arm].origins
            found[case.id] = _verdicts(origins, list(labels[case.id].values()), decided[case.id], rule)
    return found


def _side(row: AnswerRow, arm: str) -> Literal["left", "right"] | None:
    return "left" if row.arm_left == arm else "right" if row.arm_right == arm else None


def _verdicts(
    origins: Sequence[int], given: Sequence[Mapping[int, str]], decided: Mapping[int, str], rule: Rule
) -> Judged:
    """Votes on each step of the record; of one that was shown in sentences a reviewer's worst label counts.

    Where an adjudicator decided, the decision stands for all labels of what was shown.
    """
    said: dict[int, Counter[str]] = {origin: Counter() for origin in origins}
    votes: dict[int, Counter[str]] = {origin: Counter() for origin in origins}
    settled = {origins[shown]: label for shown, label in sorted(decided.items(), key=lambda pair: WORST.index(pair[1]))}
    for one in given:
        own: dict[int, list[int]] = defaultdict(list)
        for shown in one:
            own[origins[shown]].append(shown)
        for origin, parts in own.items():
            said[origin][max((one[shown] for shown in parts), key=WORST.index)] += 1
            votes[origin][max((decided.get(shown, one[shown]) for shown in parts), key=WORST.index)] += 1
    steps = {}
    for origin, found in votes.items():
        label = settled.get(origin, "")
        steps[origin] = StepVerdict(
            origin, label if label in BAD else _verdict(found, rule), dict(sorted(said[origin].items())), bool(label)
        )
    good = tuple(not any(label in BAD for label in one.values()) for one in given)
    return Judged(steps, len(given), good)


def _verdict(labels: Counter[str], rule: Rule) -> str:
    bad, total = sum(labels[name] for name in BAD), sum(labels.values())
    if rule.any_harmful and labels["harmful"]:
        return "harmful"
    if total < rule.reviewers or not bad or 2 * bad < total:
        return "fine"
    if 2 * bad == total:
        return "disputed"
    return "harmful" if labels["harmful"] and labels["harmful"] >= labels["incorrect"] else "incorrect"


def same_text(record: Record, case: Case, arm: str) -> bool:
    """Whether the record's question, options and steps are those that were reviewed."""
    reviewed = case.texts[arm]
    shown = [(step.text, origin) for step, origin in zip(reviewed.shown.steps, reviewed.origins, strict=True)]
    own = forms([Piece(step.text, (), step.n) for step in record.steps])
    options = tuple((option.key, clean(option.text)) for option in record.options)
    same = clean(record.question) == case.vignette and options == case.options
    return same and any(shown == [(piece.text, piece.origin) for piece in form] for form in own)


def apply(study: StudyFile, dataset: Path, out: Path, arm: str, rule: Rule) -> Applied:
    """Writes a new version of a dataset and what was done to it.

    Args:
        study: An unblinded study.
        dataset: The arm's run folder or ``dataset.jsonl``.
        out: Folder for ``dataset.jsonl``, ``removed.jsonl``, ``labels.jsonl`` and ``review.json``.
        arm: Name or label of the arm.
        rule: When a step is refused, and what follows.

    Raises:
        BlindError: the study is not unblinded.
        UsageError: there is no such arm, it is no dataset, or the folder holds one already.
        InputError: a line of the dataset is no record.
        RunFolderError: the folder cannot be written.
    """
    name = arm_of(study, arm)
    found = judged(study, name, rule)
    cases = {case.id: case for case in study.cases() if name in case.texts}
    if cases and not any(origin for case in cases.values() for origin in case.texts[name].origins):
        raise UsageError(f"arm {arm} is no dataset but outputs of a model", fix="give an arm that holds records")
    path = dataset / "dataset.jsonl" if dataset.is_dir() else dataset
    if (out / "dataset.jsonl").exists():
        raise UsageError("there is a dataset.jsonl already", fix="give a new --out", item=out.name)
    records, lines = _read(path)
    if not set(cases) & {record.id for record in records}:
        raise UsageError("no case of the study is in this dataset", fix="give the dataset of the arm", item=path.name)
    done = _Done()
    for record, line in zip(records, lines, strict=True):
        _one(done, record, line, found.get(record.id), cases.get(record.id), name, rule)
    return _write(done, study, name, rule, path, out, lines)


class _Done:
    """What is collected while records pass."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []
        self.removed: list[dict[str, Any]] = []
        self.labels: list[dict[str, Any]] = []
        self.changed: list[str] = []
        self.steps: Counter[str] = Counter()
        self.reviewers: Counter[int] = Counter()
        self.flagged = 0


def _read(path: Path) -> tuple[list[Record], list[bytes]]:
    records = []
    for where, record in read_lines(path):
        if not isinstance(record, Record):
            raise InputError(record.message, fix="mend or drop this line", item=where)
        records.append(record)
    return records, [line for line in path.read_bytes().split(b"\n") if line.strip()]


def _one(
    done: _Done, record: Record, line: bytes, found: Judged | None, case: Case | None, arm: str, rule: Rule
) -> None:
    if found is None or case is None:
        done.kept.append(line)
        return
    if not same_text(record, case, arm):
        done.changed.append(record.id)
        done.kept.append(line)
        return
    if found.good:
        done.labels.append({"id": record.id, "human": list(found.good), "judge": None, **case.stratum})
    done.reviewers[found.reviewers] += 1
    done.steps.update(verdict.label for verdict in found.steps.values())
    told = [verdict for verdict in found.steps.values() if verdict.label != "fine"]
    refused = [verdict for verdict in told if verdict.label in BAD]
    if refused and rule.policy == "drop":
        worst = "harmful" if any(verdict.label == "harmful" for verdict in refused) else "incorrect"
        steps = [verdict._asdict() for verdict in refused]
        done.removed.append(
            {"id": record.id, "reason": f"review_{worst}", "reviewers": found.reviewers, "steps": steps}
        )
        return
    flags = tuple(f"review_{verdict.label}_step_{verdict.step}" for verdict in told)
    done.flagged += bool(flags)
    reviewed = record.clinician_reviewed or found.reviewers >= rule.reviewers
    # Flags of an earlier review stay.
    changed = replace(record, flags=tuple(dict.fromkeys(record.flags + flags)), clinician_reviewed=reviewed)
    done.kept.append(line if changed == record else to_json(changed).encode("utf-8", "surrogatepass"))


def _write(
    done: _Done, study: StudyFile, arm: str, rule: Rule, path: Path, out: Path, lines: Sequence[bytes]
) -> Applied:
    dataset = b"".join(line + b"\n" for line in done.kept)
    summary = {
        "protocol": study.hash, "arm": arm, "rule": rule._asdict(),
        "input": {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "records": len(lines)},
        "output": {"file": "dataset.jsonl", "sha256": hashlib.sha256(dataset).hexdigest(), "records": len(done.kept)},
        "reviewed": len(done.labels), "reviewed_by": {str(n): count for n, count in sorted(done.reviewers.items())},
        "steps": dict(sorted(done.steps.items())), "dropped": len(done.removed), "flagged": done.flagged,
        "changed_since_the_review": done.changed,
    }  # fmt: skip
    files = {
        "removed.jsonl": _lines([{**row, "protocol": study.hash} for row in done.removed]),
        "labels.jsonl": _lines([{**row, "protocol": study.hash} for row in done.labels]),
        "review.json": (json.dumps(summary, ensure_ascii=False, indent=1) + "\n").encode(),
        "dataset.jsonl": dataset,
    }
    written = write_files(out, files)
    return Applied(
        len(lines), len(done.kept), len(done.labels), len(done.removed), done.flagged, len(done.changed),
        tuple(written),
    )  # fmt: skip


def _lines(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n" for row in rows)
