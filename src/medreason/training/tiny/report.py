"""What a study found, in words and numbers, whatever it found."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from medreason.statistics.rates import Estimate
from medreason.training.tiny.arms import ARMS, Size
from medreason.training.tiny.effects import Effect, Reached, Runs

TESTS = {
    "open": "Open book: the sheets stand in the prompt, and no disease of the test is in any training question.",
    "closed": "Closed book: no sheets; diseases of training, combinations of disease and findings that no training "
    "question holds.",
}
NOT = (
    "What this does not show: anything about a large model that reads text, about chains that a language model wrote, "
    "or about patients. Questions are synthetic and closed in form; findings are single words; what the chains hold is "
    "what decides. No clinician reviewed anything."
)


def points(estimate: Estimate) -> str:
    """A share in percent with its interval."""
    if math.isinf(estimate.low):
        return f"{100 * estimate.value:.1f}"
    return f"{100 * estimate.value:.1f} ({100 * estimate.low:.1f} to {100 * estimate.high:.1f})"


def share(value: float) -> str:
    """A share in percent; a dash where there is none."""
    return "–" if math.isnan(value) else f"{100 * value:.1f}"


def p_value(p: float) -> str:
    """A p value, never zero."""
    return f"{p:.3f}" if p >= 0.001 else "< 0.001"


def reading(effect: Effect) -> str:
    """What the numbers of a comparison allow to say."""
    seeds, items = effect.over_seeds, effect.over_items
    if seeds.n < 2:
        return "one seed: says nothing about other seeds"
    sure = effect.corrected < 0.05
    if seeds.low > 0 and items.low > 0 and sure:
        return "the chain arm is better, over seeds and over questions"
    if seeds.high < 0 and items.high < 0 and sure:
        return "the chain arm is worse, over seeds and over questions"
    if sure:
        return "these models differ on these questions, but with other seeds that may turn out otherwise"
    return "no difference shown"


def arm_rows(arms: Mapping[str, Reached]) -> list[list[str]]:
    """One row an arm: what it is, questions, epochs, tokens, right, unread, what of its chains is true."""
    return [
        [ARMS[name].told, f"{of.questions:,}", f"{of.epochs:.1f}", f"{of.tokens[0]:,}", f"{of.tokens[1]:,}",
         points(of.right), share(of.unread), share(of.true_steps), share(of.true_verdicts), share(of.follows),
         share(of.sound)]
        for name, of in arms.items()
    ]  # fmt: skip


ARM_HEAD = ("arm", "questions", "epochs", "tokens", "of them in the loss", "right", "unread", "steps true",
            "verdicts true", "answer follows", "right and all true")  # fmt: skip
EFFECT_HEAD = ("chain against", "over seeds", "each seed", "over questions", "p", "p (Holm)", "reading")


def effect_rows(found: Sequence[Effect]) -> list[list[str]]:
    """One row a comparison."""
    return [
        [ARMS[e.other].told, points(e.over_seeds), " ".join(f"{100 * s:+.1f}" for s in e.seeds), points(e.over_items),
         p_value(e.p), p_value(e.corrected), reading(e)]
        for e in found
    ]  # fmt: skip


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield f"| {' | '.join(row)} |"


def markdown(results: Mapping[str, Any], size: Size) -> str:
    """``report.md``."""
    lines = ["# Do chains in training improve answers? A miniature", ""]
    seeds = len(next(iter(results["runs"].values()))["chain"])
    shape = size.shape
    lines += [
        f"{seeds} seeds; a decoder of {shape.layers} layers, width {shape.width}, from nothing; five options: chance "
        "is 20 %. Intervals are 95 %: over seeds Student's t, over questions a bootstrap over diseases. p: sign-flip "
        "test, exact, of right answers added up over the seeds; Holm's correction over the comparisons of a test. "
        "What cannot be read is wrong.",
        "",
    ]
    for book, arms in results["arms"].items():
        facts = results["facts"][book]
        lines += [
            f"## {TESTS[book].split(':', maxsplit=1)[0]}", "", TESTS[book], "",
            f"{facts['test']:,} test questions about {facts['diseases_of_test']:,} diseases; {facts['train']:,} "
            f"training questions about {facts['diseases_of_training']:,}.", "",
            *_table(ARM_HEAD, arm_rows(arms)), "", *_table(EFFECT_HEAD, effect_rows(results["effects"][book])), "",
            f"![Learning curves](curves-{book}.png)", "",
        ]  # fmt: skip
    return "\n".join([*lines, NOT, ""])


def curve_table(runs: Mapping[str, Mapping[str, Runs]]) -> str:
    """``curves.csv``: one row a point of a training."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("test", "arm", "seed", "step", "tokens", "loss", "asked", "right"))
    for book, arms in runs.items():
        for arm, of in arms.items():
            for run in of:
                for p in run["curve"]:
                    cells = (p["step"], p["tokens"], f"{p['loss']:.6f}", p["asked"], f"{p['right']:.4f}")
                    table.writerow((book, arm, run["seed"], *cells))
    return out.getvalue()
