"""Two simulated reviewers finish a study in headless Chromium by keyboard alone; no response names an arm."""

import json
import random
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from medreason.review.answers import PREFERENCES, STEP_LABELS, Side
from medreason.review.results import write_report
from tests.review.server.browsing import Site, Tab, chromium, site
from tests.review.server.made import Made, make


def begin(tab: Tab, name: str) -> None:
    """Link, consent and the first case, by keyboard."""
    tab.page.goto(f"{tab.site.url}/r/{tab.site.made.tokens[name]}")
    assert tab.page.url.endswith("/consent")
    tab.tab_to("input[name=agree]")
    tab.press("Space")
    tab.tab_to("main button")
    tab.press("Enter")
    tab.page.wait_for_url("**/study")
    tab.tab_to("main a.button")
    tab.press("Enter")
    tab.page.wait_for_url("**/task/*")


def answer(tab: Tab, chance: random.Random) -> tuple[str, dict[str, str]]:
    """One case by j and digits; its key, and what was chosen by field."""
    page = tab.page
    page.wait_for_selector("form[data-ready]")
    key = page.url.rsplit("/", 1)[1]
    names = page.eval_on_selector_all("form#review input[type=radio]", "all => [...new Set(all.map(r => r.name))]")
    chosen = {}
    tab.press("j")
    for name in names:
        most = 5 if name != "preference" else len(PREFERENCES)
        digit = chance.randint(1, most)
        kind = name.split(".")[0]
        values = {"step": STEP_LABELS, "preference": PREFERENCES}.get(kind)
        chosen[name] = values[digit - 1] if values else str(digit)
        focus = page.evaluate("document.activeElement.name")
        assert focus == name
        tab.press(str(digit))
    if chance.random() < 0.3:
        tab.press("c")
        chosen["comment"] = f"note {chance.random():.6f}"
        page.keyboard.type(chosen["comment"])
        tab.press("Escape")
    tab.press("Control+Enter")
    page.wait_for_url(lambda url: key not in url)
    return key, chosen


def finish(tab: Tab) -> None:
    """The last questions by keyboard."""
    assert tab.page.url.endswith("/end")
    tab.tab_to("main input[type=radio]")
    tab.press("Space")
    tab.tab_to("main button")
    tab.press("Enter")
    tab.page.wait_for_selector("main .good")


def whole_study(made: Made, names: list[str]) -> tuple[dict[str, dict[str, str]], list[bytes]]:
    """All cases of the reviewers; what each chose by case, and every header and body sent."""
    pressed: dict[str, dict[str, str]] = {}
    with site(made) as served, chromium() as browser:
        for n, name in enumerate(names):
            tab = Tab(browser, served)
            begin(tab, name)
            chance = random.Random(n)
            for _ in made.study.tasks(made.ids[name]):
                key, chosen = answer(tab, chance)
                pressed[key] = chosen
            finish(tab)
            look_around(tab)
            tab.clean()
            tab.context.close()
        for name in ("cyd", "dee"):
            others(Tab(browser, served), name)
        return pressed, list(served.sent)


def look_around(tab: Tab) -> None:
    """Pages that the way through did not need."""
    served: Site = tab.site
    for path in ("/study", "/consent", "/end", "/nothing", "/coordinator", "/adjudicate"):
        tab.page.goto(served.url + path)


def others(tab: Tab, name: str) -> None:
    """The adjudicator's and the coordinator's pages."""
    tab.enter(name)
    paths = ["/adjudicate", *(f"/adjudicate/{one.key}" for one in tab.site.made.study.disagreements())]
    for path in paths if name == "cyd" else ["/coordinator", "/coordinator/audit"]:
        assert tab.page.goto(tab.site.url + path).status == 200
    tab.clean()
    tab.context.close()


def side_of(name: str) -> Side:
    return "left" if name == "left" else "right"


def compare(made: Made, pressed: dict[str, dict[str, str]]) -> None:
    """The study file holds what was pressed, nothing else."""
    for key, chosen in pressed.items():
        saved = made.study.answer(key)
        assert saved
        assert saved.done
        body = saved.body
        for name, value in chosen.items():
            kind, _, rest = name.partition(".")
            side, _, what = rest.partition(".")
            if kind == "step":
                got: Any = body.steps[side_of(side)][int(what)]
            elif kind == "scale":
                got = str({str(k): v for k, v in body.scales[side_of(side)].items()}[what])
            else:
                got = str(getattr(body, kind))
            assert got == value, (key, name)
        assert body.comment == chosen.get("comment", "")
        assert not body.outside_specialty


def nothing_told(made: Made, sent: list[bytes]) -> None:
    """No word of the arms stands in any header or body."""
    everything = b"\n".join(sent).lower()
    assert len(everything) > 10_000
    for word in made.secrets:
        assert word.lower().encode() not in everything, word


def exported(made: Made, pressed: dict[str, dict[str, str]]) -> None:
    """The report's wins and labels are what was pressed, counted here from the keys."""
    made.study.freeze("dee")
    made.study.unblind("dee")
    out = made.path.parent / "report"
    write_report(made.study, out)
    told = json.loads((out / "results.json").read_text(encoding="utf-8"))
    repeats = {row.task for row in made.study.answers(blind=False) if row.repeat_of}
    names = made.study.protocol.name_of
    wins: Counter[str] = Counter()
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    for key, chosen in pressed.items():
        arms = {side: names(arm) for side, arm in made.arms(key).items()}
        if key in repeats:
            continue
        preference = chosen["preference"]
        if preference == "tie":
            wins["tie"] += 1
        elif preference != "both_unsafe":
            wins[arms[side_of(preference.rpartition("_")[2])]] += 1
        for name, value in chosen.items():
            if name.startswith("step."):
                labels[arms[side_of(name.split(".")[1])]][value] += 1
    pair = told["preferences"]["pairs"][0]
    n = wins[pair["arm"]] + wins[pair["other"]] + wins["tie"]
    assert pair["win"]["n"] == n
    if n:
        assert pair["win"]["value"] == pytest.approx(wins[pair["arm"]] / n, abs=1e-6)
        assert pair["loss"]["value"] == pytest.approx(wins[pair["other"]] / n, abs=1e-6)
    for arm in told["steps"]:
        own = labels[arm["arm"]]
        for label in STEP_LABELS:
            assert arm["labels"][label]["value"] == pytest.approx(own[label] / own.total(), abs=1e-6)


def study(folder: Path, items: int) -> None:
    made = make(folder, items=items)
    pressed, sent = whole_study(made, ["ada", "ben"])
    assert set(pressed) == {task.key for name in ("ada", "ben") for task in made.study.tasks(made.ids[name])}
    compare(made, pressed)
    nothing_told(made, sent)
    exported(made, pressed)
    assert all(task.state == "done" for name in ("ada", "ben") for task in made.study.tasks(made.ids[name]))


def test_two_reviewers_finish_a_small_study_by_keyboard(tmp_path: Path) -> None:
    study(tmp_path, 2)


@pytest.mark.slow
def test_two_reviewers_finish_a_study_of_twenty_cases_by_keyboard(tmp_path: Path) -> None:
    study(tmp_path, 20)
