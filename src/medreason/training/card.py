"""``README.md`` beside the weights: the model card the Hugging Face hub reads. Every figure is of ``train.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from medreason.dataset.card import UNSTATED
from medreason.quality.language import printable

_HOW = {
    "sft": "Supervised fine-tuning on step-by-step medical reasoning; the loss is on replies and stop tokens alone.",
    "dpo": "Direct preference optimization (arXiv:2305.18290) on pairs of a checked chain and one that failed.",
}


def card(told: Mapping[str, Any], which: str) -> str:
    """The card of the weights of a training.

    Args:
        told: What ``train.json`` holds at the end.
        which: ``best`` or ``last``.
    """
    recipe, data = told["recipe"], told["data"]
    parts = [
        _front(told),
        f"# {_cell(recipe['name'])} ({which})",
        f"{_HOW[recipe['method']]} Trained with medreason; `train.json` beside this file holds the recipe, hashes, "
        "versions of all packages and losses.",
        "> **Not medical advice, and not clinically validated.** No clinician has tested this model, and no study has "
        "shown that it helps patients. Do not use it to diagnose or to treat. Its chains sound sure whether they are "
        "right or not.",
        "## What it was made of\n\n" + _table(("what", "value"), _facts(told, which)),
        "## Data and licences\n\n" + _sources(data),
        "## Limits\n\n" + "\n".join(f"- {line}" for line in _limits(told)),
    ]
    return "\n\n".join(parts) + "\n"


def _front(told: Mapping[str, Any]) -> str:
    recipe = told["recipe"]
    head: dict[str, Any] = {"language": ["en"], "license": "other", "license_name": "see-base-model-and-data"}
    base = told["model"]
    if not base["local"]:
        head["base_model"] = base["name"]
    if recipe["lora"] is not None:
        head["library_name"] = "peft"
    head["tags"] = ["medical", "reasoning", "chain-of-thought", recipe["method"]]
    return f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=100)}---"


def _facts(told: Mapping[str, Any], which: str) -> list[tuple[str, str]]:
    recipe, base, device = told["recipe"], told["model"], told["device"]
    lora, step = recipe["lora"], told["best_step"] if which == "best" else told["steps"]
    named = base["name"] + (f" at {base['revision']}" if base["revision"] else "")
    validation = dict(told["losses"]["validation"]).get(step)
    train = told["losses"]["train"]
    return [
        ("base model", named),
        ("SHA-256 of the base", base["sha256"] or "not taken: from the hub at the commit above"),
        (
            "weights trained",
            f"{base['trained']:,} of {base['parameters']:,}" + (f" (LoRA, rank {lora['r']})" if lora else ""),
        ),
        ("rows", " + ".join(f"{n:,} {name}" for name, n in told["rows"].items() if n)),
        ("rows left out as too long", f"{len(told['dropped']):,}"),
        ("SHA-256 of the rows", told["data_sha256"]),
        ("step", f"{step:,} of {told['steps']:,}; {told['epochs']:g} epochs in all"),
        ("tokens read", f"{told['tokens_seen']:,}"),
        ("training loss, first and last logged", f"{train[0][1]:.4f}, {train[-1][1]:.4f}" if train else "none logged"),
        ("validation loss", f"{validation:.4f}" if validation is not None else "not measured"),
        ("SHA-256 of the recipe", told["recipe_sha256"]),
        ("device", f"{device['count']} x {device['name']}, {device['precision']}"),
    ]


def _sources(data: Mapping[str, Any]) -> str:
    if not data["parts"]:
        return "The export does not say where its questions come from."
    rows = [(p["source"], p["licence"], f"{p['records']:,}", "yes" if p["synthetic"] else "no") for p in data["parts"]]
    graphs = "; ".join(
        f"{_cell(g['source'])} {_cell(g['version'])} `{_cell(g['sha256'])[:16]}`" for g in data["graphs"]
    )
    table = _table(("source", "licence of its questions", "questions", "made from the graph"), rows)
    return table + (f"\n\nGraph of the evidence: {graphs}." if graphs else "")


def _limits(told: Mapping[str, Any]) -> list[str]:
    data = told["data"]
    lines = [
        "Chains of the training data were checked against a knowledge graph, not against the truth; what is not "
        "recorded there is not absent.",
        "Fine-tuning on chains can raise accuracy while more single steps are wrong: check steps, not only answers.",
        "Nothing was measured here but the loss. Evaluate before any claim, on sets that share no question with the "
        "data.",
    ]
    if not data["clinician_reviewed"]:
        lines.append("No clinician has reviewed the chains that it was trained on.")
    else:
        lines.append(
            f"Clinicians reviewed {data['clinician_reviewed']:,} of {data['exported']:,} questions of the data."
        )
    if data["evaluation_split"]:
        lines.append(
            f"{data['evaluation_split']:,} of the questions come from splits that their sources keep for evaluation: "
            "results on those sets mean nothing."
        )
    if any(p["licence"] == UNSTATED for p in data["parts"]):
        lines.append(
            "The licence of some questions is not stated by their source. Find it out before publishing weights."
        )
    lines.append("The base model's licence applies to these weights too.")
    return lines


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(_cell(c) if n != 1 else c for c in row) + " |" for n, row in enumerate(lines))


def _cell(value: object) -> str:
    """Text of the data on one line, without what Markdown or HTML would read."""
    line = printable(" ".join(str(value).split()))
    for sign in "\\`*[]|#":
        line = line.replace(sign, f"\\{sign}")
    return line.replace("<", "&lt;").replace(">", "&gt;")
