"""The dataset card: ``README.md`` of an export, with the YAML header that the Hugging Face hub reads.

Every figure comes from the summary of the export or the manifest of the run; what is not known is said to be unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from jinja2 import Environment, StrictUndefined, Template

from medreason.quality.language import printable

Summary = Mapping[str, Any]
UNSTATED = "not stated by the source"
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))

_FORMATS = {
    "hf": "One row a question: `question`, `options`, `answer_key`, `answer`, the `steps` with the edges "
    "and lines that each cites, `evidence` and `scores` by option, `findings` with concept ids, the evidence `sheet` "
    "where a language model read one, and who wrote the chain (`teacher`, `model`, `written`).",
    "medreason": "The columns of the published MedReason dataset: `dataset_name`, `id_in_dataset`, `question`, "
    "`answer`, `reasoning`, `options`. What they have no place for (licence, graph, teacher, flags) is in "
    "`metadata.jsonl`, one line a row in the same order.",
    "sft": "Conversations for supervised fine-tuning with TRL.",
    "sharegpt": "Conversations for supervised fine-tuning with LLaMA-Factory (`dataset_info.json` describes them) and "
    "axolotl (`type: chat_template`, `field_messages: conversations`).",
    "alpaca": "`instruction`, `input` and `output` for supervised fine-tuning with LLaMA-Factory (`dataset_info.json` "
    "describes them) and axolotl (`type: alpaca`).",
    "dpo": "Preference pairs in TRL's format: `prompt`, `chosen`, `rejected`; `error` tells what is wrong with the "
    "rejected chain, `step` in which step, `why` what the checker said.",
    "rl": "Prompts for reinforcement learning with verifiable rewards, and the columns that "
    "`medreason.training.rewards` reads: `question`, `options`, `findings`, `sheet`, `answer`, and `evidence` with its "
    "weight in bits and whether it is `decisive`.",
}
ERRORS = {
    "chose_other": "a model's own chain that chose another option",
    "not_grounded": "a model's own chain that says what its evidence does not",
    "planted_number": "planted: another number in one step",
    "planted_polarity": "planted: recorded said as not recorded, or the other way round",
    "planted_finding": "planted: another finding in one step",
    "planted_option": "planted: another option in one step",
    "planted_conclusion": "planted: a conclusion for another option",
}
_DROPPED = {
    "evaluation_split": "left out: from a split kept for evaluation",
    "no_answer_key": "left out: no answer key",
    "concludes_other": "left out: the chain concludes for another option",
    "no_steps": "left out: no chain",
    "holds_marks": "left out: a step holds marks of the form",
    "too_long": "left out: rows over the token limit",
    "no_pair": "left out: no rejected chain",
}


def card(summary: Summary, manifest: Mapping[str, Any]) -> str:
    """The card of an export.

    Args:
        summary: What ``export.json`` holds.
        manifest: Manifest of the run or of the synthetic folder; empty where there is none.

    Returns:
        Markdown with a YAML header. Text from the data is escaped: it makes no heading, table, link or HTML.
    """
    text = _template().render(
        s=summary,
        front=_front(summary),
        title=_cell(_title(summary)),
        intro=_intro(summary),
        reviewed=_reviewed(summary),
        splitting=_splitting(summary),
        format_text=_format(summary),
        errors=ERRORS,
        where=_where(summary),
        graph=_graph(manifest),
        making=_making(summary),
        cost=_cost(summary["account"]),
        funnel=_funnel(summary, manifest),
        limits=_limits(summary),
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


# -- the header --------------------------------------------------------------------------------------------


def _front(s: Summary) -> str:
    licences = {part["licence"] for part in s["parts"]}
    tags = ["medical", "reasoning", "chain-of-thought", "knowledge-graph", *(["synthetic"] if s["synthetic"] else [])]
    head: dict[str, Any] = {
        "pretty_name": _title(s),
        "language": ["en"],
        "license": "unknown" if licences == {UNSTATED} else "other",
    }
    if head["license"] == "other":
        head |= {"license_name": "see-sources-and-licences", "license_link": "README.md"}
    head |= {
        "task_categories": ["text-generation"] if s["format"] in {"dpo", "rl"} else ["question-answering"],
        "size_categories": [next((name for most, name in _SIZES if s["rows"] < most), "1M<n<10M")],
        "tags": tags,
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": name, "path": one["files"]} for name, one in s["splits"].items()],
            }
        ],
    }
    return f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=100)}---\n"


def _title(s: Summary) -> str:
    sources = [part["source"] for part in s["parts"]]
    named = ", ".join(dict.fromkeys(printable(" ".join(one.split())) or "unnamed" for one in sources))
    return f"Medical reasoning with cited evidence ({named})"


# -- sentences ---------------------------------------------------------------------------------------------


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else "unknown" if value is None else f"{value:g}"


def _cell(value: Any) -> str:
    """Text of the data on one line, without what Markdown or HTML would read; an address stays readable."""
    line = printable(" ".join(str(value).split()))
    return re.sub(r"([\\`*\[\]<>|#$])", r"\\\1", line).replace("\\<", "&lt;").replace("\\>", "&gt;")


def _prompts(writer: Mapping[str, Any]) -> str:
    digests = writer["prompt_sha256"]
    told = (
        f"{_cell(name)} {_cell(version)}" + (f" `{digests[name][:16]}`" if name in digests else "")
        for name, version in writer["prompts"].items()
    )
    return ", ".join(told) or "none"


def _intro(s: Summary) -> str:
    made = (
        "All questions were made from the graph by a program."
        if s["synthetic"] == s["exported"]
        else f"{s['synthetic']:,} of the questions were made from the graph by a program."
        if s["synthetic"]
        else ""
    )
    return ("Every step cites edges of a versioned knowledge graph. " + made).strip()


def _reviewed(s: Summary) -> str:
    done = s["clinician_reviewed"]
    if not done:
        return "No clinician has reviewed these chains (`clinician_reviewed` is false in every row)."
    return f"Clinicians reviewed {done:,} of {s['exported']:,} chains (`clinician_reviewed`)."


def _splitting(s: Summary) -> str:
    shares = " / ".join(f"{100 * share:g} %" for share in s["shares"])
    how = "Diseases that are one disorder by name, gene or hierarchy stay together too." if s["one_disorder"] else ""
    return f"Shares asked for: {shares}; whole groups go to one split, by a hash with seed {s['seed']}. {how}".strip()


def _format(s: Summary) -> str:
    text = _FORMATS[s["format"]]
    if s["format"] == "sft":
        text += (
            " "
            + {"messages": "Column `messages`.", "prompt-completion": "Columns `prompt` and `completion`."}[s["shape"]]
        )
    if s["form"]:
        think = "`## Thinking` … `## Final Answer`" if s["form"]["think"] == "headings" else "`<think>` … `</think>`"
        text += f" Replies have the form {think}, then letter and text of the answer." if s["format"] != "rl" else ""
        none = s["sheets"].get("none", 0)
        if not s["form"]["citations"]:
            text += " Prompts hold question and options alone, and nothing is cited."
        elif none == s["exported"]:
            text += " No question has an evidence sheet, so that prompts show no evidence and steps cite none."
        else:
            text += " Prompts show numbered lines of evidence, which the steps cite as `[F1, E2]`."
            text += f" {none:,} questions have no such lines; `metadata.sheet` is then `none`." if none else ""
    return text


def _where(s: Summary) -> str:
    return {
        "hf": "",
        "medreason": " in `metadata.jsonl`",
        "sharegpt": " in the column `metadata`, a text of JSON",
        "alpaca": " in the column `metadata`, a text of JSON",
    }.get(s["format"], " in the column `metadata`")


def _graph(manifest: Mapping[str, Any]) -> dict[str, str]:
    told = manifest.get("graph", {})
    return {key: str(told.get(key, "")) for key in ("licence", "attribution")}


def _making(s: Summary) -> str:
    told = [
        "For each question the recorded evidence for and against every option is drawn from the graph. The chain is "
        "written without sight of the answer key, and kept only if it arrives at the keyed answer. "
        "`medreason verify` checks every step against the graph without a model."
    ]
    if s["synthetic"]:
        told.append(
            "Synthetic questions start from the graph: question, options, answer and chain are drawn from its edges."
        )
    if s["hinted"]:
        told.append(
            f"In {s['hinted']:,} cases the model was told the answer after its blind tries failed (flag `hinted`)."
        )
    return " ".join(told)


def _cost(account: Mapping[str, Any] | None) -> str:
    if not account:
        return "Requests to language models: none on record."
    tokens = account["prompt_tokens"] + account["completion_tokens"]
    price = "cost unknown, because no price was given" if account["cost"] is None else f"cost {account['cost']:.2f}"
    return f"Language models over the whole run: {account['requests']:,} requests, {tokens:,} tokens, {price}."


def _funnel(s: Summary, manifest: Mapping[str, Any]) -> list[tuple[str, int]]:
    told: list[tuple[str, int]] = []
    summary = manifest.get("summary")
    if isinstance(summary, Mapping):
        told.append(("items read by the run", int(summary["items"])))
        ranked = sorted(summary["rejected"].items(), key=lambda pair: (-pair[1], pair[0]))
        told += [(f"rejected by the run: {name}", int(n)) for name, n in ranked]
    told.append(("records of the run", int(s["read"])))
    told += [(_DROPPED.get(name, name), int(n)) for name, n in s["dropped"].items()]
    return [*told, ("questions in this dataset", int(s["exported"])), ("rows", int(s["rows"]))]


def _limits(s: Summary) -> list[str]:
    told = [
        "A step was checked against the graph, not against the truth: where the graph is wrong or silent, so are the "
        "chains. What is not annotated is not absent.",
        "Annotations of rare diseases often rest on few patients. No base rates are known: a chain says which option "
        "the recorded evidence supports best, not what the patient has.",
        "An answer never stands in two splits, but may be a wrong option, or be named in a question, of another.",
    ]
    if not s["one_disorder"]:
        told.append("Splits were made without a graph: other names of one disorder were not looked for.")
    if any(p["licence"] == UNSTATED for p in s["parts"]):
        told.append("The licence of some questions is not stated by their source. Find it out before publishing them.")
    if s["synthetic"]:
        told.append("Synthetic questions ask what the graph records. They are no cases of patients.")
    if s["errors"] and any(name.startswith("planted") for name in s["errors"]):
        told.append("Planted errors are one change in one step; the errors that models make are of other kinds too.")
    return told


@cache
def _template() -> Template:
    env = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    env.filters |= {"n": _number, "cell": _cell, "prompts": _prompts}
    return env.from_string((files("medreason.dataset") / "card.md.j2").read_text(encoding="utf-8"))
