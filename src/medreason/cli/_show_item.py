"""What was asked for one item and what came, gathered from the journal of replies and the run's files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from medreason.cli._run_folder import Folder
    from medreason.llm.accounts import Attempted

_OPTION = re.compile(r"^([A-Z])\. (.*)$")
_LINE = re.compile(r"^([FEC]\d+) (?:(supports|compatible|contradicts|related): )?(.*)$")
_SHEET = ("Findings of the case", "Text that comes with the question", "Evidence, by option")
CHAINS = ("reason", "hint")


class Asked(NamedTuple):
    """One request of an item: its key, stage, sample, messages and parameters, and its attempts in their order."""

    sha: str
    stage: str
    sample: int
    body: dict[str, Any]
    attempts: list[Attempted]

    @property
    def messages(self) -> list[tuple[str, str]]:
        """Role and text of each message; none where bodies are purged."""
        return [(str(role), str(text)) for role, text in self.body.get("messages", ())]


class Told(NamedTuple):
    """A question as its record has it, or as the prompt told it: text, options, sheet lines."""

    question: str
    options: list[dict[str, Any]]
    sheet: list[dict[str, Any]]


def requests(attempts: Iterable[Attempted]) -> list[Asked]:
    """Attempts by request, in the order in which they were first sent."""
    found: dict[str, Asked] = {}
    for a in attempts:
        found.setdefault(a.sha, Asked(a.sha, a.stage, a.sample, a.request, [])).attempts.append(a)
    return list(found.values())


def of_prompt(text: str) -> Told | None:
    """Question, options and sheet lines of a prompt for a chain; ``None`` for another text."""
    head, between, rest = text.partition("\n\nOptions\n")
    if not between or not head.startswith("Question\n"):
        return None
    listed, _, sheet = rest.partition(f"\n\n{_SHEET[0]}\n")
    options = [{"key": m[1], "text": m[2]} for line in listed.split("\n") if (m := _OPTION.match(line))]
    known = {(o["key"], o["text"]) for o in options}
    lines, at = [], ""
    for line in sheet.split("\n"):
        if (m := _OPTION.match(line)) and (m[1], m[2]) in known:
            at = m[1]
        elif line == "Between concepts of the question":
            at = ""
        elif m := _LINE.match(line):
            lines.append({"id": m[1], "text": m[3], "option": at, "stance": m[2] or ""})
    question = head.removeprefix("Question\n").split("\n\nPatient: ")[0]
    return Told(question, options, lines)


def told(rows: Sequence[Mapping[str, Any]], asked: Sequence[Asked]) -> Told | None:
    """The question and its sheet from the record, else from the first prompt for a chain."""
    for row in rows:
        if isinstance(row.get("question"), str):
            options = row.get("options") or []
            return Told(row["question"], list(options) if not isinstance(options, str) else [], row.get("sheet") or [])
    prompts = (text for a in asked if a.stage in CHAINS for role, text in a.messages if role == "user")
    return next((found for text in prompts if (found := of_prompt(text)) is not None), None)


def text_of(body: str) -> str:
    """What a model said in a reply's body, thinking included; the body itself where it is no chat reply."""
    from medreason.llm.parse import OK, judge
    from medreason.llm.request import Message, Request

    verdict = judge(Request("m", (Message("user", ""),)), OK, {}, body)
    if verdict.reply is None:
        return verdict.raw or body
    thought = f"(thinking) {verdict.reply.reasoning}\n\n" if verdict.reply.reasoning else ""
    return thought + verdict.reply.text


def gather(folder: Folder, item: str) -> dict[str, Any]:
    """Everything about an item, as one JSON document.

    Raises:
        InputError: no such item.
        RunFolderError: a run is writing the folder, or a file of it is damaged.
    """
    from medreason.llm.accounts import of_item

    endings, samples = folder.endings(item), folder.samples(item)
    shas = [s["request"] for s in samples]
    shas += [sha for e in endings for sha in (e.row.get("written") or {}).get("requests", ())]
    attempts = of_item(folder.replies, item, shas) if folder.replies is not None else []
    if not endings and not attempts:
        raise folder.missing(item)
    asked = requests(attempts)
    question = told([e.row for e in endings if e.kind == "record"], asked)
    state = folder.manifest() is not None
    return {
        "id": item,
        "ended": [e._asdict() for e in endings],
        "run": "finished" if state else "unfinished",
        **(question._asdict() if question else {"question": None, "options": [], "sheet": []}),
        "requests": [_request(a) for a in asked],
        "samples": samples,
    }


def _request(asked: Asked) -> dict[str, Any]:
    names = ("status", "http_status", "error_class", "prompt_tokens", "completion_tokens", "cost", "started")
    attempts = []
    for a in asked.attempts:
        took = None if a.ended is None else round(a.ended - a.started, 3)
        facts = {name: getattr(a, name) for name in names}
        attempts.append({**facts, "seconds": took, "detail": a.detail, "body": a.body})
    return {
        "sha": asked.sha, "stage": asked.stage, "sample": asked.sample,
        "messages": [{"role": role, "content": text} for role, text in asked.messages],
        "parameters": {k: v for k, v in asked.body.items() if k not in ("messages", "schema")},
        "schema": asked.body.get("schema"), "attempts": attempts,
    }  # fmt: skip


def pretty(text: str) -> str:
    """JSON on lines of its own, other text as it is."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return json.dumps(value, ensure_ascii=False, indent=1) if isinstance(value, (dict, list)) else text
