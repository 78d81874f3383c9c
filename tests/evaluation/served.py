"""A scripted chat server whose replies have what Inspect's client reads; answers are decided by the question."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.llm.server import Script, ScriptedServer

QUESTIONS = [
    ("q1", "Which organ pumps the blood?", {"A": "Liver", "B": "Heart", "C": "Spleen", "D": "Lung"}, "B"),
    ("q2", "Which vitamin does sunlit skin make?", {"A": "A", "B": "C", "C": "D", "D": "K"}, "C"),
    ("q3", "Which bone is the longest?", {"A": "Femur", "B": "Tibia", "C": "Rib", "D": "Ulna"}, "A"),
    ("q4", "Which gland makes insulin?", {"A": "Thyroid", "B": "Spleen", "C": "Pancreas", "D": "Thymus"}, "C"),
]


class Server(ScriptedServer):
    """The scripted server; its counts of tokens have their sum."""

    def _envelope(self, sha: str, body: dict[str, Any], kind: str) -> dict[str, Any]:
        made = super()._envelope(sha, body, kind)
        usage = made["usage"]
        usage["total_tokens"] = usage["prompt_tokens"] + usage["completion_tokens"]
        return {"object": "chat.completion", "created": 1, **made}


def asked_in(body: dict[str, Any]) -> str:
    """The last message of a request."""
    return str(body["messages"][-1]["content"])


def shown(body: dict[str, Any]) -> dict[str, str]:
    """The options in the last message: letter → text."""
    return dict(re.findall(r"^([A-Z])\. (.*)$", asked_in(body).split("Options:\n")[1].split("\n\n")[0], re.M))


def letter_of(body: dict[str, Any], text: str) -> str:
    return next(key for key, option in shown(body).items() if option == text)


def reply(text: str) -> str:
    return f"## Thinking\n1. It is known.\n\n## Final Answer\n{text}"


def knows(*ids: str) -> Callable[[str, dict[str, Any]], str]:
    """Answers that are right for these questions, and no answer for others."""

    def content(_sha: str, body: dict[str, Any]) -> str:
        for name, question, options, key in QUESTIONS:
            if question in asked_in(body):
                return reply(f"{letter_of(body, options[key])}. {options[key]}") if name in ids else "I do not know."
        return "What?"

    return content


def write_questions(path: Path, rows: list[tuple[str, str, dict[str, str], str]] | None = None) -> Path:
    """The questions above as a file of the own form."""
    lines = [
        json.dumps({"id": name, "question": question, "options": options, "answer_key": key})
        for name, question, options, key in (QUESTIONS if rows is None else rows)
    ]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


__all__ = ["QUESTIONS", "Script", "Server", "asked_in", "knows", "letter_of", "reply", "shown", "write_questions"]
