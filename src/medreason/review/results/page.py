"""The report of a study as one page: own style sheet inside, no script, nothing loaded from anywhere."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from medreason.review.answers import LABEL_MEANINGS, SCALES, STEP_LABELS
from medreason.review.results.figures import stack, track
from medreason.review.texts import shown

COEFFICIENTS = {
    "percent": "Percent agreement",
    "cohen": "Cohen's kappa",
    "cohen_weighted": "Cohen's kappa, weighted",
    "fleiss": "Fleiss' kappa",
    "krippendorff_nominal": "Krippendorff's alpha, nominal",
    "gwet_ac1": "Gwet's AC1",
    "percent_weighted": "Percent agreement, weighted",
    "fleiss_weighted": "Fleiss' kappa, weighted",
    "krippendorff_ordinal": "Krippendorff's alpha, ordinal",
    "krippendorff_interval": "Krippendorff's alpha, interval",
    "gwet_ac2": "Gwet's AC2",
}
ASKED = {
    "steps": "Labels of steps",
    **{f"scale_{name}": scale.title for name, scale in SCALES.items()},
    "preference": "Preference, six answers",
    "preference_ordered": "Preference, in order (without both unsafe)",
}
REPEATS = {
    "preference": "Preference, the same of six answers",
    "direction": "Preference, the same direction",
    "steps": "Labels of steps",
}
GROUPS = {
    "specialty": "Specialty of the reviewer",
    "source": "Source",
    "organ_system": "Organ system",
    "difficulty": "Difficulty",
}
SHARE, BALANCE, FIVE = (0.0, 0.5, 1.0), (-1.0, 0.0, 1.0), (-4.0, 0.0, 4.0)


def percent(found: dict[str, Any] | None) -> str:
    """A share with its interval: ``62.5 % (48.1 to 75.0)``."""
    if not found or found["value"] is None:
        return "not defined"
    ends = [_end(found[name], 100, 1) for name in ("low", "high")]
    return f"{100 * found['value']:.1f}\u00a0% ({ends[0]}\u00a0to\u00a0{ends[1]})"


def number(found: dict[str, Any] | None) -> str:
    """A number with its interval: ``0.42 (0.17 to 0.63)``."""
    if not found or found["value"] is None:
        return "not defined"
    ends = [_end(found[name], 1, 2) for name in ("low", "high")]
    return f"{found['value']:.2f} ({ends[0]}\u00a0to\u00a0{ends[1]})"


def _end(value: float | None, factor: int, digits: int) -> str:
    return "no bound" if value is None else f"{factor * value:.{digits}f}"


def share_track(found: dict[str, Any]) -> str:
    """A share on the scale from 0 to 1, one half marked."""
    return track(found["value"], found["low"], found["high"], SHARE, percent(found))


def balance_track(found: dict[str, Any]) -> str:
    """A coefficient or balance on the scale from -1 to 1, 0 marked."""
    return track(found["value"], found["low"], found["high"], BALANCE, number(found))


def difference_track(found: dict[str, Any]) -> str:
    """A difference of two ratings from 1 to 5 on the scale from -4 to 4, 0 marked."""
    return track(found["value"], found["low"], found["high"], FIVE, number(found))


def labels_stack(arm: dict[str, Any]) -> str:
    """An arm's labels as shares of a whole."""
    shares = [(name, arm["labels"][name]["value"] or 0.0) for name in STEP_LABELS]
    return stack(shares, ", ".join(f"{name} {100 * share:.1f} %" for name, share in shares))


def seconds(value: float | None) -> str:
    """A time in seconds, minutes above two: ``48 s``, ``3.2 min``."""
    if value is None:
        return "–"
    return f"{value:.0f} s" if value < 120 else f"{value / 60:.1f} min"


def render(numbers: dict[str, Any]) -> str:
    """The page of a study's numbers."""
    from jinja2 import DictLoader, Environment, StrictUndefined

    place = files("medreason.review.results")
    sources = {name: place.joinpath(name).read_text(encoding="utf-8") for name in ("page.html", "page.css")}
    environment = Environment(
        loader=DictLoader(sources), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "percent": percent, "number": number, "share_track": share_track, "balance_track": balance_track,
        "difference_track": difference_track, "labels_stack": labels_stack, "seconds": seconds, "shown": shown,
    }  # fmt: skip
    return environment.get_template("page.html").render(
        n=numbers, css=sources["page.css"], coefficients=COEFFICIENTS, asked=ASKED, repeats=REPEATS, groups=GROUPS,
        labels=LABEL_MEANINGS, scales=SCALES, blinded="arms" not in numbers,
    )  # fmt: skip
