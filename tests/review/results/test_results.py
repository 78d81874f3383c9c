"""The exported statistics against calculations written here, apart from the package's; blinded files; odd studies."""

import csv
import json
import random
from collections import Counter, defaultdict
from itertools import permutations
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from medreason.errors import RunFolderError
from medreason.review.answers import STEP_LABELS, GuessBody
from medreason.review.results import write_report
from medreason.review.results.tables import OWN_PREFERENCES
from tests.review.results.judging import FIRST, SECOND, judge, unblind
from tests.review.server.hostile import HOSTILE
from tests.review.server.made import ARMS, Made, make


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def results(made: Made) -> tuple[Path, dict[str, Any]]:
    out = made.path.parent / "report"
    write_report(made.study, out)
    return out, json.loads((out / "results.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Three reviewers who differ, twenty cases with repeats, answers by chance, unblinded."""
    made = make(tmp_path_factory.mktemp("results"), items=20, reviewers=["ada", "ben", "eve"], overlap=3)
    chance = random.Random(5)
    known: dict[tuple[str, int, str], Any] = {}

    def remembered(kind: str, who: str, n: int, draw: Any) -> Any:
        return known.setdefault((who, n, kind), draw())

    labels = STEP_LABELS[:3] + STEP_LABELS[:1] * 3
    judge(
        made,
        lambda who, n, arm: remembered(arm, who, n, lambda: [chance.choice(labels) for _ in range(3)]),
        lambda who, n: remembered("p", who, n, lambda: (
            chance.choice(["much", "slightly", "slightly", "tie", "unsafe"]), chance.choice([FIRST, FIRST, SECOND])
        )),
        value=lambda who, n, arm: remembered(f"v{arm}", who, n, lambda: chance.randint(2 if arm == FIRST else 1, 5)),
    )  # fmt: skip
    made.study.guess(made.ids["ada"], GuessBody(could_tell="yes", cue="style"))
    unblind(made)
    return results(made)


# -- against calculations of our own ---------------------------------------------------------------------------


def test_wins_ties_and_losses(study: tuple[Path, dict[str, Any]]) -> None:
    out, told = study
    counts: Counter[str] = Counter()
    for row in rows(out, "answers"):
        if row["repeat"] == "true":
            continue
        given = next(p["shown"] for p in rows(out, "preferences") if p["task"] == row["task"])
        if given == "both_unsafe":
            counts["unsafe"] += 1
        elif given == "tie":
            counts["tie"] += 1
        else:
            counts[row[f"arm_{given.rpartition('_')[2]}"]] += 1
    first, second = ARMS.values()
    n = counts[first] + counts[second] + counts["tie"]
    pair = told["preferences"]["pairs"][0]
    assert (pair["arm"], pair["other"]) == (first, second)
    assert pair["win"]["n"] == n
    assert pair["win"]["value"] == pytest.approx(counts[first] / n, abs=1e-6)
    assert pair["loss"]["value"] == pytest.approx(counts[second] / n, abs=1e-6)
    assert pair["rate"]["value"] == pytest.approx((counts[first] + counts["tie"] / 2) / n, abs=1e-6)
    assert pair["both_unsafe"]["value"] == pytest.approx(counts["unsafe"] / (n + counts["unsafe"]), abs=1e-6)
    assert sum(pair["given"].values()) == n + counts["unsafe"] == 60


def units(out: Path, table: str, keys: tuple[str, ...], value: str) -> list[list[str]]:
    """Ratings of the same thing, by hand from the CSV: the same arm's step, whichever side it stood on."""
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for row in rows(out, table):
        if row["repeat"] == "false":
            found[tuple(row[key] for key in keys)].append(row[value])
    return list(found.values())


def alpha(ratings: list[list[str]], distance: Any) -> float:
    """Krippendorff's alpha from its definition: mean distance within things over mean distance among all."""
    paired = [unit for unit in ratings if len(unit) > 1]
    everything = [value for unit in paired for value in unit]
    within = sum(sum(distance(a, b) for a, b in permutations(unit, 2)) / (len(unit) - 1) for unit in paired)
    among = sum(distance(a, b) for a, b in permutations(everything, 2)) / (len(everything) - 1)
    return float(1 - within / among)


def percent(ratings: list[list[str]]) -> float:
    shares = [
        sum(a == b for a, b in permutations(unit, 2)) / (len(unit) * (len(unit) - 1))
        for unit in ratings
        if len(unit) > 1
    ]
    return sum(shares) / len(shares)


def gwet(ratings: list[list[str]], classes: int) -> float:
    """AC1: chance is the mean of p(1 - p) over classes, times their number over one less."""
    shares: dict[str, list[float]] = defaultdict(list)
    for unit in ratings:
        for label, count in Counter(unit).items():
            shares[label].append(count / len(unit))
    chance = sum((p := sum(s) / len(ratings)) * (1 - p) for s in shares.values()) / (classes - 1)
    return (percent(ratings) - chance) / (1 - chance)


def test_agreement_on_steps(study: tuple[Path, dict[str, Any]]) -> None:
    out, told = study
    ratings = units(out, "steps", ("case", "arm", "step"), "label")
    assert len(ratings) == 20 * 2 * 3
    found = told["agreement"]["steps"]["coefficients"]
    assert found["percent"]["value"] == pytest.approx(percent(ratings), abs=1e-6)
    assert found["krippendorff_nominal"]["value"] == pytest.approx(alpha(ratings, lambda a, b: a != b), abs=1e-6)
    assert found["gwet_ac1"]["value"] == pytest.approx(gwet(ratings, 5), abs=1e-6)
    # Taking sides for arms, as if nothing were swapped, gives another number.
    wrong = units(out, "steps", ("case", "shown", "step"), "label")
    assert abs(alpha(wrong, lambda a, b: a != b) - found["krippendorff_nominal"]["value"]) > 1e-3


def test_agreement_on_scales_and_preference(study: tuple[Path, dict[str, Any]]) -> None:
    out, told = study
    accuracy = [row for row in rows(out, "scales") if row["scale"] == "accuracy" and row["repeat"] == "false"]
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in accuracy:
        found[row["case"], row["arm"]].append(row["value"])
    value = told["agreement"]["scale_accuracy"]["coefficients"]
    expected = alpha(list(found.values()), lambda a, b: (int(a) - int(b)) ** 2)
    assert value["krippendorff_interval"]["value"] == pytest.approx(expected, abs=1e-6)
    ratings = units(out, "preferences", ("case",), "own")
    coefficients = told["agreement"]["preference"]["coefficients"]
    assert coefficients["krippendorff_nominal"]["value"] == pytest.approx(alpha(ratings, lambda a, b: a != b), abs=1e-6)
    used = {row["label"]: row["ratings"] for row in told["agreement"]["preference"]["prevalence"]}
    assert used == {name: sum(unit.count(name) for unit in ratings) for name in OWN_PREFERENCES}


def test_labels_and_scales_by_arm(study: tuple[Path, dict[str, Any]]) -> None:
    out, told = study
    for arm in told["steps"]:
        own = [row["label"] for row in rows(out, "steps") if row["arm"] == arm["arm"] and row["repeat"] == "false"]
        for label in STEP_LABELS:
            assert arm["labels"][label]["value"] == pytest.approx(own.count(label) / len(own), abs=1e-6)
    first, second = ARMS.values()
    means = {}
    for arm_name in (first, second):
        given = [int(r["value"]) for r in rows(out, "scales")
                 if r["arm"] == arm_name and r["scale"] == "safety" and r["repeat"] == "false"]  # fmt: skip
        means[arm_name] = sum(given) / len(given)
    shown = {(m["scale"], m["arm"]): m["value"] for m in told["scales"]["means"]}
    assert shown["safety", first] == pytest.approx(means[first], abs=1e-6)
    difference = next(d for d in told["scales"]["differences"] if d["scale"] == "safety")
    assert difference["value"] == pytest.approx(means[first] - means[second], abs=1e-6)


def test_who_answers_by_arm_is_the_same_again(study: tuple[Path, dict[str, Any]]) -> None:
    _, told = study
    for question in ("preference", "direction", "steps"):
        assert told["consistency"][question]["same"]["value"] == 1
    assert told["consistency"]["direction"]["same_side"]["value"] in {0, None}
    assert told["guesses"] == {"could_tell": {"yes": 1}, "cues": ["style"]}


def test_parquet_is_the_same_table_and_knows_its_protocol(study: tuple[Path, dict[str, Any]]) -> None:
    out, told = study
    for name in ("answers", "steps", "scales", "preferences", "adjudicated"):
        table = pl.read_parquet(out / f"{name}.parquet")
        assert table.height == len(rows(out, name))
        assert pl.read_parquet_metadata(out / f"{name}.parquet")["protocol"] == told["study"]["protocol"]
    steps = pl.read_parquet(out / "steps.parquet")
    assert steps["label"].to_list() == [row["label"] for row in rows(out, "steps")]


def test_every_column_is_in_the_codebook(study: tuple[Path, dict[str, Any]]) -> None:
    out, _ = study
    known = {(row["file"].split(".")[0], row["column"]) for row in rows(out, "codebook")}
    for name in ("answers", "steps", "scales", "preferences", "adjudicated"):
        header = (out / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
        assert {(name, column) for column in header} <= known
    assert all(row["meaning"] and row["type"] for row in rows(out, "codebook"))


# -- blinding and odd studies ------------------------------------------------------------------------------------


def test_a_blinded_report_names_no_arm(tmp_path: Path) -> None:
    made = make(tmp_path, items=6)
    judge(made, lambda who, n, arm: ["correct"] * 3 if who == "ada" else ["harmful"] * 3, lambda *_: ("much", FIRST))
    made.study.adjudicate(made.study.disagreements()[0].key, made.ids["cyd"], _decision("harmful"))
    out, told = results(made)
    assert "preferences" not in told
    assert told["agreement"]["steps"]["units"] == 36
    for file in out.iterdir():
        content = file.read_bytes().lower()
        for word in (*ARMS, *ARMS.values()):
            assert word.lower().encode() not in content, (file.name, word)
    assert "The study is blinded." in (out / "report.html").read_text(encoding="utf-8")
    unblind(made)
    _, told = results(made)
    assert told["preferences"]["pairs"][0]["win"]["value"] == 1
    assert told["adjudicated"][0]["majority"] == ""


def _decision(label: str) -> Any:
    from medreason.review.answers import AdjudicationBody

    return AdjudicationBody.model_validate({"label": label, "comment": "because"})


def test_a_study_without_answers(tmp_path: Path) -> None:
    made = make(tmp_path, items=4)
    out, told = results(made)
    assert told["agreement"] == {}
    assert told["times"]["all"]["median"] is None
    unblind(made)
    out, told = results(made)
    assert told["preferences"] is None
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "No preference was given." in page
    assert "nan" not in page.lower().replace("finance", "")


def test_one_reviewer_and_equal_answers_are_not_dressed_up(tmp_path: Path) -> None:
    made = make(tmp_path, items=8, reviewers=["ada"], overlap=1)
    judge(made, lambda *_: ["correct"] * 3, lambda *_: ("tie", FIRST))
    unblind(made)
    out, told = results(made)
    coefficient = told["agreement"]["steps"]["coefficients"]["krippendorff_nominal"]
    assert coefficient["value"] is None
    assert coefficient["why"]
    assert told["preferences"]["pairs"][0]["tie"]["over"] == "items"
    assert told["preferences"]["ranking"]["why"]
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "not defined" in page
    assert coefficient["why"] in page


def test_a_blinded_report_does_not_tell_records_from_outputs(tmp_path: Path) -> None:
    """Outputs of a model have no steps of a record behind them; that must not show either."""
    made = make(tmp_path, items=4, plain="marmoset")
    judge(made, lambda *_: ["correct"] * 3, lambda *_: ("tie", FIRST))
    out, _ = results(made)
    assert {row["origin"] for row in rows(out, "steps")} == {""}
    assert pl.read_parquet(out / "steps.parquet")["origin"].is_null().all()
    unblind(made)
    out, _ = results(made)
    by_arm = {(row["arm"], row["origin"]) for row in rows(out, "steps")}
    assert by_arm == {(ARMS[FIRST], n) for n in "123"} | {(ARMS[SECOND], "0")}


def test_three_arms(tmp_path: Path) -> None:
    made = make(tmp_path, items=12, third=True)
    order = {FIRST: 0, SECOND: 1, "heron": 2}

    def best(who: str, n: int) -> tuple[str, str]:
        # The better arm loses now and then, so that strengths are finite.
        arms = sorted(made.study._case(n).arms, key=order.__getitem__)
        return ("tie", "") if n % 4 == 3 else ("much", arms[0] if n % 5 else arms[1])

    judge(made, lambda *_: ["correct"] * 3, best)
    unblind(made)
    _, told = results(made)
    assert len(told["preferences"]["pairs"]) == 3
    assert {pair["win"]["n"] for pair in told["preferences"]["pairs"]} == {8}
    strengths = [one["value"] for one in told["preferences"]["ranking"]["strengths"]]
    by_name = dict(zip([one["arm"] for one in told["preferences"]["ranking"]["strengths"]], strengths, strict=True))
    assert by_name[ARMS[FIRST]] > by_name[ARMS[SECOND]] > by_name["heron"]


def test_every_table_holds_the_protocol(study: tuple[Path, dict[str, Any]]) -> None:
    out, told = study
    for name in ("answers", "steps", "scales", "preferences"):
        assert {row["protocol"] for row in rows(out, name)} == {told["study"]["protocol"]}


def test_one_arm_at_a_time(tmp_path: Path) -> None:
    made = make(tmp_path, items=6, asked={"pairwise": False})
    judge(made, lambda who, n, arm: ["correct", "incorrect", "correct"], lambda *_: ("tie", FIRST))
    unblind(made)
    out, told = results(made)
    assert {arm["arm"]: arm["labels"]["incorrect"]["n"] for arm in told["steps"]} == dict.fromkeys(ARMS.values(), 18)
    assert told["preferences"] is None
    assert told["scales"]["differences"] == []
    assert {row["arm_right"] for row in rows(out, "answers")} == {""}


def test_declined_cases_are_counted_and_not_judged(tmp_path: Path) -> None:
    made = make(tmp_path, items=4)
    judge(made, lambda *_: ["harmful"] * 3, lambda *_: ("much", FIRST), outside_specialty=True)
    unblind(made)
    out, told = results(made)
    assert told["flow"]["outside"] == 8
    assert rows(out, "steps") == rows(out, "preferences") == []
    assert {row["outside_specialty"] for row in rows(out, "answers")} == {"true"}


def test_hostile_texts_stay_text(tmp_path: Path) -> None:
    made = make(tmp_path, items=len(HOSTILE), hostile=True)
    for name in ("ada", "ben"):
        for n, task in enumerate(made.study.tasks(made.ids[name])):
            words = HOSTILE[n % len(HOSTILE)]
            body = made.full(task.key, "harmful" if name == "ada" else "correct").model_copy(update={"comment": words})
            made.study.save(task.key, body, base=0, done=True)
        made.study.guess(made.ids[name], GuessBody(could_tell="yes", cue=HOSTILE[0]))
    unblind(made)
    out, _ = results(made)
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert 'onerror="' not in page
    assert "\u202e" not in page
    for row in rows(out, "answers"):
        assert not row["comment"].startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_formula_in_a_comment_is_no_formula(tmp_path: Path) -> None:
    made = make(tmp_path, items=2)
    judge(made, lambda *_: ["correct"] * 3, lambda *_: ("tie", FIRST), comment='=HYPERLINK("http://x")')
    out, _ = results(made)
    assert {row["comment"] for row in rows(out, "answers")} == {'\'=HYPERLINK("http://x")'}
    assert set(pl.read_parquet(out / "answers.parquet")["comment"]) == {'=HYPERLINK("http://x")'}


def test_a_folder_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    made = make(tmp_path, items=2)
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(RunFolderError, match="cannot write here"):
        write_report(made.study, tmp_path / "file" / "report")
