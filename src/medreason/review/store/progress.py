"""How far a study is: for the coordinator, never by arm, and as numbers of a flow."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from medreason.review.answers import MIRROR, Body, Preference
from medreason.review.protocol import Protocol
from medreason.review.store.answering import guesses
from medreason.review.store.base import File
from medreason.review.store.finals import Final
from medreason.review.store.people import everybody
from medreason.review.store.rows import Dashboard, Flow, Progress
from medreason.statistics import Comparison, win_tie_loss

# Rushing: median time below this share of the expected one, after so many cases.
HASTE, ENOUGH = 0.25, 5
# Inconsistent: fewer than half of the repeats alike, of so many.
REPEATS = 3


def direction(preference: Preference) -> int:
    """1 where the left side is preferred, -1 where the right one is, 0 otherwise."""
    return 1 if preference.endswith("_left") else -1 if preference.endswith("_right") else 0


def _alike(first: Body, second: Body) -> bool | None:
    """Whether a repeat says the same as the first sight: the side preferred, else half of the step labels."""
    if first.outside_specialty or second.outside_specialty:
        return None
    if first.preference is not None and second.preference is not None:
        turned = MIRROR[second.preference]
        unsafe = (first.preference == "both_unsafe", turned == "both_unsafe")
        return direction(first.preference) == direction(turned) and unsafe[0] == unsafe[1]
    one, two = first.steps.get("left", []), second.steps.get("left", [])
    return 2 * sum(a == b for a, b in zip(one, two, strict=False)) >= len(one) if one else None


def _repeats(finals: Sequence[Final]) -> dict[str, tuple[int, int]]:
    """By reviewer, repeats done and those alike."""
    by_key = {final.row.task: final.row.body for final in finals}
    counts: dict[str, tuple[int, int]] = {}
    for final in finals:
        first = by_key.get(final.row.repeat_of)
        alike = _alike(first, final.row.body) if first else None
        if alike is not None:
            done, same = counts.get(final.row.person, (0, 0))
            counts[final.row.person] = (done + 1, same + alike)
    return counts


def dashboard(file: File, protocol: Protocol, cases: int, finals: Sequence[Final], disputed: int) -> Dashboard:
    """What the coordinator sees. O(answers), and 2,000 draws of them where an interval is part of the stopping rule."""
    repeats = _repeats(finals)
    reviewers = []
    for person in everybody(file):
        if person.role != "reviewer" or person.erased:
            continue
        own = [f.row for f in finals if f.row.person == person.id]
        times = [row.body.seconds for row in own if not row.body.outside_specialty]
        median = statistics.median(times) if times else None
        done, same = repeats.get(person.id, (0, 0))
        rushing = median is not None and len(times) >= ENOUGH and median < HASTE * 60 * protocol.minutes_per_item
        outside = sum(row.body.outside_specialty for row in own)
        reviewers.append(
            Progress(person.id, person.done, person.total, outside, median, rushing,
                     done >= REPEATS and 2 * same < done, (done, same))
        )  # fmt: skip
    answers = Counter(f.case for f in finals if not f.row.repeat_of and not f.row.body.outside_specialty)
    wanted = protocol.stopping.answers_per_item or min(protocol.overlap, len(reviewers)) or protocol.overlap
    covered = sum(count >= wanted for count in answers.values())
    width = preference_width(finals) if protocol.stopping.width and len(protocol.arms) == 2 else None
    narrow = not protocol.stopping.width or (width is not None and width <= protocol.stopping.width)
    said = Counter[str](guess.could_tell for guess in guesses(file))
    done, total = sum(p.done for p in reviewers), sum(p.total for p in reviewers)
    return Dashboard(
        tuple(reviewers), cases, covered, done, total, sum(p.outside for p in reviewers), disputed,
        expected_end([f.row.at for f in finals], total - done), width, covered == cases and narrow, dict(said),
    )  # fmt: skip


def preference_width(finals: Sequence[Final]) -> float | None:
    """Width of the interval of wins and half of the ties, which says nothing on who leads; ``None`` if not known.

    Only where every case has the same two arms: then a case's own order is turned to theirs by name.
    """
    rows = []
    for final in finals:
        body = final.row.body
        if final.row.repeat_of or body.outside_specialty or body.preference in {None, "both_unsafe"}:
            continue
        assert body.preference is not None
        result = direction(body.preference)
        rows.append(Comparison(final.row.person, final.row.case, final.row.arm_left, final.row.arm_right, result))
    if not rows or not rows[0].first:
        return None
    low, high = sorted((rows[0].first, rows[0].second))
    rate = win_tie_loss(rows, low, high).rate
    return rate.high - rate.low if math.isfinite(rate.high - rate.low) else None


def expected_end(moments: Sequence[str], left: int) -> str:
    """Day (UTC) on which the rest is done at the pace so far; empty before five answers over an hour."""
    if left <= 0 or len(moments) < ENOUGH:
        return ""
    times = sorted(datetime.fromisoformat(moment) for moment in moments)
    spent = datetime.now(UTC) - times[0]
    if spent < timedelta(hours=1):
        return ""
    rest = spent * (left / len(times))
    return (datetime.now(UTC) + min(rest, timedelta(days=3650))).date().isoformat()


def flow(file: File, available: int, left_out: dict[str, int], cases: int) -> Flow:
    """Numbers of the flow of cases, people and answers."""
    people = [p for p in everybody(file) if p.role == "reviewer"]
    erased = {p.id for p in people if p.erased}
    states = Counter[str]()
    repeats = 0
    began = set()
    for person, state, repeat_of in file.read("SELECT person, state, repeat_of FROM tasks"):
        repeats += bool(repeat_of)
        states[state] += 1
        if state != "new":
            began.add(person)
    present = [p for p in people if p.id not in erased]
    return Flow(
        available, left_out, cases, len(people), sum(bool(p.consented_at) for p in present), len(began),
        sum(p.total > 0 and p.done == p.total for p in present), sum(p.revoked for p in present), len(erased),
        sum(states.values()), repeats, states["done"], states["outside"], states["begun"], states["new"],
        states["erased"],
    )  # fmt: skip
