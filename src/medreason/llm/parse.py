"""From the bytes of a reply to a verdict: text, reasoning, checked value, or the fault. Pure functions.

Strict on purpose: a reply with a schema is one JSON value, alone or in one code fence. Prose around it, a repeated
key, NaN or a cut-off end are faults, not things to repair.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from medreason.llm.faults import Fault, classify, clean, fault
from medreason.llm.request import Request
from medreason.llm.schema import Shape

OK = 200
MAX_COUNT = 2**40


class Usage(NamedTuple):
    """Tokens of one call as the server counts them; ``cached`` is the part of ``prompt`` that it had already."""

    prompt: int
    completion: int
    cached: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """A usable reply.

    Args:
        text: What the model says, thinking taken out.
        reasoning: What it thought, if it shows it.
        value: The checked value, for a request with a shape.
        finish: Why it stopped: ``stop``, or ``length`` for a text cut at ``max_tokens``.
        model: The model's name as the server gives it.
        usage: Tokens, if the server counts them.
        sha: Key of the request that was answered (of the second one after a re-ask).
        asked: How many requests it took: 1, or 2 after a re-ask.
    """

    text: str
    reasoning: str
    value: Any
    finish: str
    model: str
    usage: Usage | None
    sha: str = ""
    asked: int = 1


class Verdict(NamedTuple):
    """One attempt judged: either a reply or a fault, the use of tokens, and the raw text."""

    reply: Reply | None
    fault: Fault | None
    usage: Usage | None
    raw: str


class Truncated(ValueError):
    """JSON that ends too early."""


def judge(request: Request, status: int, headers: Mapping[str, str], body: str) -> Verdict:
    """What an HTTP reply is worth; O(length of the body)."""
    if status != OK:
        problem = classify(status, headers, body)
        if problem.kind.name == "unstructured" and request.shape is None:
            problem = fault("bad_request", problem.detail)
        return Verdict(None, problem, None, body)
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return Verdict(None, fault("bad_body", "a reply that is not (complete) JSON"), None, body)
    if not isinstance(data, dict):
        return Verdict(None, fault("bad_body", "a reply that is not an object"), None, body)
    usage = _usage(data.get("usage"))
    try:
        choice = data["choices"][0]
        message = choice["message"]
        content = message.get("content")
        finish = str(choice.get("finish_reason") or "stop")
    except (KeyError, IndexError, TypeError, AttributeError):
        return Verdict(None, _inner_error(data, headers, body), usage, body)
    if isinstance(choice.get("error"), dict) or finish == "error":
        return Verdict(None, _inner_error({"error": choice.get("error")}, headers, body), usage, body)
    said, parts = map(clean, _text(content))
    text, thought = split_thinking(said)
    reasoning = "\n".join(filter(None, (clean(_shown(message)), parts, thought)))
    wrong, value = _judge_text(request.shape, text, finish, message.get("refusal"))
    if wrong is not None:
        return Verdict(None, wrong, usage, said or str(message.get("refusal") or ""))
    return Verdict(Reply(text, reasoning, value, finish, clean(str(data.get("model") or "")), usage), None, usage, said)


def _judge_text(shape: Shape | None, text: str, finish: str, refusal: object) -> tuple[Fault | None, Any]:
    cut = finish in ("length", "max_tokens")
    if finish == "content_filter":
        return fault("content_filter", "the reply was filtered"), None
    if isinstance(refusal, str) and refusal.strip():
        return fault("refusal", refusal), None
    if not text:
        detail = "no text before max_tokens was reached" if cut else "a reply without text"
        return fault("length" if cut else "empty", detail), None
    if shape is None:
        return None, None
    try:
        return None, read_json(text, shape)
    except Truncated as error:
        return fault("length" if cut else "truncated", str(error)), None
    except ValueError as error:
        return fault("schema", str(error)), None


def _inner_error(data: Mapping[str, Any], headers: Mapping[str, str], body: str) -> Fault:
    """The fault of a status 200 without a choice: some servers put an error, with its status as code, in there."""
    error = data.get("error")
    if not error:
        return fault("bad_body", "a reply without choices")
    code = error.get("code") if isinstance(error, dict) else None
    status = code if isinstance(code, int) and 400 <= code < 600 else 500
    return classify(status, headers, json.dumps({"error": error}) if isinstance(error, dict) else body)


def _usage(data: Any) -> Usage | None:
    if not isinstance(data, dict):
        return None
    prompt, completion = _count(data.get("prompt_tokens")), _count(data.get("completion_tokens"))
    if prompt is None or completion is None:
        return None
    details = data.get("prompt_tokens_details")
    cached = _count(details.get("cached_tokens")) if isinstance(details, dict) else None
    return Usage(prompt, completion, min(cached or 0, prompt))


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MAX_COUNT else None


def _text(content: Any) -> tuple[str, str]:
    """Text and thinking of a message content: a string, nothing, or a list of parts."""
    if isinstance(content, str):
        return content, ""
    if not isinstance(content, list):
        return "", ""
    said: list[str] = []
    thought: list[str] = []
    for part in content:
        if isinstance(part, dict):
            kind, text = part.get("type"), part.get("text", part.get("thinking"))
            if isinstance(text, list):
                text = "".join(str(t.get("text", "")) for t in text if isinstance(t, dict))
            if isinstance(text, str):
                (said if kind in ("text", "output_text") else thought).append(text)
    return "".join(said), "\n".join(thought)


def _shown(message: Mapping[str, Any]) -> str:
    """Thinking that the server keeps apart (DeepSeek, vLLM, SGLang; OpenRouter and Ollama)."""
    shown = message.get("reasoning_content") or message.get("reasoning") or ""
    return shown if isinstance(shown, str) else ""


_OPEN = re.compile(r"\s*<(think|thinking|reasoning)>")


def split_thinking(text: str) -> tuple[str, str]:
    """Text and thinking of a reply that thinks in the open.

    Takes a block at the very start; one that is never closed is all thinking; a closing tag whose opening tag stands
    in the chat template ends it too.
    """
    if opened := _OPEN.match(text):
        thought, closed, rest = text[opened.end() :].partition(f"</{opened[1]}>")
        return (rest.strip(), thought.strip()) if closed else ("", thought.strip())
    thought, closed, rest = text.partition("</think>")
    if closed and "<think>" not in thought:
        return rest.strip(), thought.strip()
    return text.strip(), ""


_FENCE = re.compile(r"```(?:json|JSON)?[ \t]*\n(.*?)\n?[ \t]*```", re.DOTALL)
_PAIRS = {"{": "}", "[": "]"}


def read_json(text: str, shape: Shape) -> Any:
    """The checked value of a reply.

    Raises:
        Truncated: the text is the beginning of JSON.
        ValueError: it is not one JSON value, or breaks the schema; the message says where.
    """
    fenced = _FENCE.fullmatch(text)
    inner = (fenced[1] if fenced else text).strip()
    if not fenced and inner.startswith("```"):
        inner = inner.partition("\n")[2].strip()
        if "```" not in inner:
            raise Truncated("the code block is not closed")
    try:
        value = json.loads(inner, object_pairs_hook=_unique, parse_constant=_constant)
    except json.JSONDecodeError as error:
        closing = _PAIRS.get(inner[:1])
        open_ = (
            error.pos >= len(inner) or not inner.endswith(closing or "") or error.msg.startswith("Unterminated string")
        )
        if closing and error.msg != "Extra data" and open_:
            raise Truncated(f"the JSON ends too early, after {len(inner)} characters") from None
        raise ValueError(f"not one JSON value: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise ValueError("the JSON is nested too deep") from None
    if "\\u" in inner and clean(text := json.dumps(value, ensure_ascii=False)) != text:
        raise ValueError("a text holds half a character")
    return shape.read(inner, value)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) < len(pairs):
        raise ValueError("an object repeats a key")
    return out


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
