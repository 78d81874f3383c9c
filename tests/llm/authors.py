"""Replies of a model for the scripted server: written from the prompt alone, by rules, so that they can be checked.

What they are not: what a model would write. They exercise the pipeline; the prose is dull on purpose.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from medreason.kg.store import Graph
from medreason.linking import link

_LINE = re.compile(r"^(E\d+) (supports|compatible|contradicts|related): (.*)$")
_FINDING = re.compile(r"^(F\d+) ([^(:]*?)(?: \(\".*\"\))?: (present|looked for and absent)")
_OPTION = re.compile(r"^([A-Z])\. (.*)$")


def user_text(body: Mapping[str, Any]) -> str:
    return str(next(m["content"] for m in body["messages"] if m["role"] == "user"))


def question_of(text: str) -> str:
    return text.split("\n", 1)[1].split("\n\nOptions\n", 1)[0].split("\n\nPatient:", 1)[0].strip()


def chain(text: str, answer: str = "") -> str:
    """A chain over the sheet in a prompt, for an answer (default: the option with most support)."""
    options = dict(m.groups() for line in part(text, "Options") if (m := _OPTION.match(line)))
    findings = {m[1]: (m[2], m[3]) for line in part(text, "Findings of the case") if (m := _FINDING.match(line))}
    lines: dict[str, list[tuple[str, str, str]]] = {key: [] for key in options}
    at = ""
    for line in text.split("Evidence, by option\n", 1)[1].split("\n"):
        if m := _OPTION.match(line):
            at = m[1]
        elif (m := _LINE.match(line)) and at:
            lines[at].append((m[1], m[2], m[3]))
    chosen = answer or max(options, key=lambda k: (sum(s == "supports" for _, s, _ in lines[k]), k))
    steps = []
    seen = {f: name for f, (name, status) in findings.items() if status == "present"}
    if seen:
        steps.append({"text": f"The case shows {', '.join(seen.values())}.", "cites": list(seen)})
    for key, name in options.items():
        if lines[key]:
            said = " ".join(_sentence(name, stance, what) for _, stance, what in lines[key])
            steps.append({"text": said, "cites": [line for line, _, _ in lines[key]]})
    last = [line for line, stance, _ in lines[chosen] if stance != "contradicts"][:1]
    told = " ".join(_sentence(options[chosen], s, w) for line, s, w in lines[chosen] if line in last)
    end = f"Of the options, the recorded evidence supports {options[chosen]} best."
    steps.append({"text": f"{told} {end}".strip(), "cites": last or list(seen)[:1]})
    return json.dumps({"steps": steps, "answer": chosen})


def part(text: str, title: str) -> list[str]:
    return text.split(f"\n{title}\n", 1)[1].split("\n\n", 1)[0].split("\n") if f"\n{title}\n" in text else []


def _sentence(option: str, stance: str, what: str) -> str:
    what = re.sub(r" \(F\d+\)| \[[^\]]*\]$", "", what)
    return f"Against {option}: {what}." if stance == "contradicts" else f"For {option}: {what}."


def first_right(keys: Mapping[str, str], wrong: float = 0.0) -> Callable[[str, dict[str, Any]], str]:
    """Replies that are right at once, but for a share of questions drawn by hash; ``keys``: question → answer."""

    def reply(sha: str, body: dict[str, Any]) -> str:
        text = user_text(body)
        key = keys.get(question_of(text), "")
        draw = int(hashlib.sha256(f"{question_of(text)} {body.get('seed')}".encode()).hexdigest()[:8], 16) / 2**32
        return chain(text, "" if draw < wrong else key)

    return reply


def published(graph: Graph) -> Callable[[str, dict[str, Any]], str]:
    """Replies to the prompts of the ``compat`` profile: entities by dictionary, the first paths kept, always right."""

    def entities(text: str) -> str:
        named = {"phenotype": "effect/phenotype", "disease": "disease"}
        found = {
            (hit.mention.text, named[kind]): None
            for kind in named
            for hit in link(graph, text, (kind,))
            if text.strip()
        }
        return json.dumps({"entities": [{"name": name, "type": kind} for name, kind in found]})

    def section(text: str, title: str) -> str:
        return text.split(f"\n{title}\n", 1)[1].split("\n\nReply with JSON", 1)[0]

    def reply(_sha: str, body: dict[str, Any]) -> str:
        text = user_text(body)
        if text.startswith("List the medical entities"):
            return entities(section(text, "Text"))
        if text.startswith("Which node"):
            return json.dumps({"choice": "1"})
        if text.startswith("Keep at most"):
            return json.dumps({"keep": ["1", "2", "3"]})
        if text.startswith("Explain step by step"):
            paths = text.split("\nKnowledge graph paths\n", 1)[1]
            return (
                f"Finding reasoning paths:\n{paths[:2000]}\n\nReasoning Process:\n1. The paths lead there.\n\n"
                "Conclusion:\nSo it is."
            )
        if text.startswith("Answer the question"):
            return "the answer"
        return json.dumps({"same": True})

    return reply
