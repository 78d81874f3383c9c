"""One request to a chat model, its canonical form and its key.

The key is the SHA-256 of what decides the output: model, messages, parameters, schema, sample index. Stage, item and
the names of the fields that went into the messages are for the journal and the announcement; they are never sent.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from medreason.errors import InputError, UsageError
from medreason.llm.schema import Shape

# Keys of ``extra`` that name the sender, keep the reply elsewhere, or change how many replies come.
FORBIDDEN = frozenset(
    "model messages n stream stream_options user metadata store safety_identifier prompt_cache_key response_format "
    "temperature top_p max_tokens max_completion_tokens seed stop reasoning_effort".split()
)


# Characters of a bad reply that are shown to the model again; a schema error is visible well before that.
MAX_SHOWN = 8000
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


class Message(NamedTuple):
    """One message; ``role`` is system, user or assistant."""

    role: str
    content: str


class Canonical(NamedTuple):
    """The key of a request (64 hex digits) and the JSON it is the hash of."""

    sha: str
    body: str


@dataclass(frozen=True, slots=True)
class Request:
    """A request; ``None`` and empty values are not sent.

    Args:
        model: Name of the model at the server.
        messages: What the model reads.
        stage: Which stage asks, for the journal.
        item: Id of the item, for the journal; a request whose text holds it is refused.
        fields: Names of the fields of the item that the messages hold, for the announcement.
        sample: Index of the sample where several are drawn; sent as ``seed + sample`` if there is a seed.
        temperature: Sampling temperature.
        top_p: Nucleus mass.
        max_tokens: Most tokens of the reply, thinking included.
        seed: Seed for servers that take one.
        stop: Texts that end the reply.
        reasoning_effort: For models that take it.
        shape: What the reply must look like.
        extra: Further parameters of the server that change the output, for example ``top_k``.
    """

    model: str
    messages: tuple[Message, ...]
    stage: str = ""
    item: str = ""
    fields: tuple[str, ...] = ()
    sample: int = 0
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    reasoning_effort: str = ""
    shape: Shape | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if wrong := sorted(set(self.extra) & FORBIDDEN):
            raise UsageError(f"extra parameters {', '.join(wrong)} are not allowed", fix="use the request's own fields")
        if not self.model or not self.messages or self.sample < 0:
            raise UsageError("a request needs a model, messages and a sample index from 0", fix="give them")

    def parameters(self) -> dict[str, Any]:
        """What changes the output besides model, messages and schema."""
        given: dict[str, Any] = {
            "temperature": None if self.temperature is None else float(self.temperature),
            "top_p": None if self.top_p is None else float(self.top_p),
            "max_tokens": self.max_tokens,
            "seed": self.seed,
            "stop": list(self.stop) or None,
            "reasoning_effort": self.reasoning_effort or None,
        }
        return {**self.extra, **{k: v for k, v in given.items() if v is not None}}

    def canonical(self) -> Canonical:
        """Key and canonical JSON; O(length of the messages).

        Raises:
            InputError: the text is not valid Unicode, or a parameter is not JSON.
        """
        content = {
            "model": self.model,
            "messages": [list(m) for m in self.messages],
            "parameters": self.parameters(),
            "sample": self.sample,
        }
        if self.shape is not None:
            content["schema"] = self.shape.schema
            content["schema_prompt"] = prompt_version("schema")
        try:
            body = _CANONICAL.encode(content)
            return Canonical(hashlib.sha256(body.encode()).hexdigest(), body)
        except (ValueError, TypeError) as error:
            raise InputError(f"a request cannot be written as JSON: {error}", item=self.item) from None

    def payload(self, structured: str, max_tokens_field: str = "max_tokens") -> dict[str, Any]:
        """The JSON object that is sent.

        Args:
            structured: ``json_schema``, ``json_object`` or ``none``: how the server is told of the shape; but for
                the first, the schema is written into a message.
            max_tokens_field: Name of the parameter ``max_tokens`` at this server.
        """
        messages = self.messages
        out = self.parameters()
        if "max_tokens" in out:
            out[max_tokens_field] = out.pop("max_tokens")
        if self.seed is not None:
            out["seed"] = self.seed + self.sample
        if self.shape is not None:
            if structured == "json_schema":
                schema = {"name": self.shape.name, "schema": self.shape.schema, "strict": True}
                out["response_format"] = {"type": "json_schema", "json_schema": schema}
            else:
                text = prompt_text("schema").format(schema=json.dumps(self.shape.schema, ensure_ascii=False))
                messages = (*messages[:-1], messages[-1]._replace(content=f"{messages[-1].content}\n\n{text}"))
                if structured == "json_object":
                    out["response_format"] = {"type": "json_object"}
        return {"model": self.model, "messages": [m._asdict() for m in messages], **out}

    def again(self, reply: str, problem: str) -> Request:
        """The request that shows a reply, says what is wrong with it, and asks once more."""
        text = prompt_text("reask").format(error=problem)
        shown = reply if len(reply) <= MAX_SHOWN else reply[:MAX_SHOWN] + " …"
        return replace(self, messages=(*self.messages, Message("assistant", shown), Message("user", text)))


@cache
def _prompt(name: str) -> tuple[str, str]:
    text = files("medreason.llm").joinpath("prompts", f"{name}.md").read_text(encoding="utf-8")
    found = re.match(r"<!-- version: (\S+) -->\n", text)
    assert found is not None, f"prompts/{name}.md has no version header"
    return found[1], text[found.end() :].strip()


def prompt_text(name: str) -> str:
    """The text of a prompt file of this room, without its header."""
    return _prompt(name)[1]


def prompt_digests() -> dict[str, str]:
    """SHA-256 of the text of every prompt of this version of the program, by ``name version``."""
    names = (f.name for f in files("medreason.llm").joinpath("prompts").iterdir() if f.name.endswith(".md"))
    known = ((name, *_prompt(name)) for name in sorted(n.removesuffix(".md") for n in names))
    return {f"{name} {version}": hashlib.sha256(text.encode()).hexdigest() for name, version, text in known}


def prompt_version(name: str) -> str:
    """The version in the header of a prompt file of this room."""
    return _prompt(name)[0]
