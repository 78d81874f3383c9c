"""``medreason check``: whether a chat server can be used: there, model known, replies counted, schemas obeyed.

Four tiny calls, each sent once, with no journal: nothing is kept. A fault is told at once, not waited for.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from medreason.llm.faults import Fault
    from medreason.llm.parse import Verdict
    from medreason.llm.request import Request
    from medreason.llm.settings import Endpoint

QUESTION = "Is water wet? Say yes or no, and in one short sentence why."
# Enough for a model that thinks before it speaks.
MOST_TOKENS = 2048
SECONDS = 120.0
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"wet": {"type": "boolean"}, "why": {"type": "string"}},
    "required": ["wet", "why"],
    "additionalProperties": False,
}
WORDS = {
    "json_schema": "the schema is enforced by the server",
    "json_object": "the schema is in the prompt, JSON is enforced",
    "none": "the schema is in the prompt, nothing is enforced",
}


class Probed(NamedTuple):
    """One call: what it was worth, and how long it took."""

    verdict: Verdict
    seconds: float


def failed(host: str, problem: Fault) -> Exception:
    """The error for a call that brought no reply."""
    from medreason.errors import QuotaError, ServerGoneError

    kind = problem.kind
    error = kind.error
    if kind.name in ("unreachable", "dropped", "timeout", "bad_body"):
        error = ServerGoneError
    elif kind.name == "rate_limit":
        error = QuotaError
    fix = "check that the address is a chat server; it mostly ends in /v1" if kind.name == "bad_body" else kind.fix
    return error(f"{host}: {problem.detail} ({kind.name})", fix=fix)


class _Prober:
    """Sends single calls to a server."""

    def __init__(self, endpoint: Endpoint, model: str, *, local_only: bool, notify: Callable[[str], None]) -> None:
        from medreason.llm.keys import read_key
        from medreason.llm.privacy import announcement, check_host, is_loopback
        from medreason.llm.transport import open_transport

        self.host = check_host(endpoint.base_url, local_only=local_only)
        self._key = read_key(endpoint.key_env, endpoint.key_file)
        self._model = model
        self._transport = open_transport(endpoint, self._key)
        self.field = "max_tokens"
        if not is_loopback(self.host):
            notify(announcement(endpoint.base_url, self._request(None)))

    def _request(self, structured: str | None) -> Request:
        from medreason.llm.request import Message, Request
        from medreason.llm.schema import shape_of_schema

        shape = None if structured is None else shape_of_schema("wetness", SCHEMA)
        return Request(self._model, (Message("user", QUESTION),), stage="check", max_tokens=MOST_TOKENS, shape=shape)

    async def probe(self, structured: str | None = None) -> Probed:
        """One call, plain or in one of the ways to tell a server of a schema."""
        import json
        import time

        from medreason.llm.parse import Verdict, judge
        from medreason.llm.transport import TransportError

        request = self._request(structured)
        payload = json.dumps(request.payload(structured or "none", self.field)).encode()
        started = time.monotonic()
        try:
            status, headers, body = await self._transport.send(payload)
            verdict = judge(request, status, headers, self._key.scrub(body))
        except TransportError as error:
            verdict = Verdict(None, error.fault, None, "")
        return Probed(verdict, time.monotonic() - started)

    async def all(self) -> dict[str, Any]:
        """Plain, then each way of a schema.

        Raises:
            LLMError: there is no reply to the plain call.
        """
        try:
            plain = await self.probe()
            fault = plain.verdict.fault
            if fault is not None and fault.kind.name == "bad_request" and "max_completion_tokens" in fault.detail:
                self.field = "max_completion_tokens"
                plain = await self.probe()
            if plain.verdict.fault is not None:
                raise failed(self.host, plain.verdict.fault)
            ways = {way: self._way(await self.probe(way)) for way in WORDS}
        finally:
            await self._transport.close()
        reply = plain.verdict.reply
        assert reply is not None
        usage = None if reply.usage is None else {"prompt": reply.usage.prompt, "completion": reply.usage.completion}
        return {
            "host": self.host, "model": self._model, "answers_as": reply.model, "seconds": round(plain.seconds, 3),
            "tokens": usage, "max_tokens_field": self.field, "structured": ways, "use": advice(ways),
        }  # fmt: skip

    def _way(self, probed: Probed) -> dict[str, Any]:
        """Whether a schema was obeyed, and if not, why.

        Raises:
            LLMError: the server went away between two calls, or wants no more of them.
        """
        problem = probed.verdict.fault
        if problem is not None and (problem.kind.scope == "run" or problem.kind.name in ("unreachable", "rate_limit")):
            raise failed(self.host, problem)
        why = "" if problem is None else f"{problem.kind.name}: {problem.detail}"
        refused = problem is not None and problem.kind.name == "unstructured"
        return {"obeyed": problem is None, "refused": refused, "seconds": round(probed.seconds, 3), "why": why}


def advice(ways: dict[str, dict[str, Any]]) -> str:
    """The value of ``llm.structured`` for a run: ``auto`` where stepping down from what is refused arrives; or ""."""
    obeyed = next((way for way, found in ways.items() if found["obeyed"]), "")
    before = list(ways)[: list(ways).index(obeyed)] if obeyed else []
    return "auto" if obeyed and all(ways[way]["refused"] for way in before) else obeyed


def show(console: Console, url: str, told: dict[str, Any]) -> None:
    """Prints what was found."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from medreason.cli.explain import plain

    table = Table(box=box.SIMPLE_HEAD, show_header=False, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    other = told["answers_as"] not in ("", told["model"])
    named = f"{told['model']}, answers as {told['answers_as']}" if other else told["model"]
    tokens = told["tokens"]
    counted = f"counted ({tokens['prompt']} + {tokens['completion']})" if tokens else "not counted: no costs"
    rows = {"server": f"{url} answers", "model": plain(named), "plain call": f"{told['seconds']:.2f} s"}
    rows["tokens"] = counted
    for way, found in told["structured"].items():
        took = f"{found['seconds']:.2f} s"
        if found["obeyed"]:
            rows[way] = f"obeyed, {took}: {WORDS[way]}"
        else:
            rows[way] = f"{'refused' if found['refused'] else 'not obeyed'}, {took}: {plain(found['why'])}"
    for name, words in rows.items():
        table.add_row(Text(name, "bold"), Text(words))
    console.print(table)
    wanted = {"structured": told["use"], "max_tokens_field": told["max_tokens_field"]}
    extra = {k: v for k, v in wanted.items() if v not in ("auto", "max_tokens", "")}
    if extra:
        told_extra = ", ".join(f"{key}: {value}" for key, value in extra.items())
        console.print(f"\nin the run file, section llm, set {told_extra}", highlight=False)
    elif told["use"]:
        console.print("\na run can use it as it is", highlight=False)


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command("check")
    def check_command(
        url: Annotated[str, typer.Argument(metavar="URL", help="Base URL of a chat server; mostly ends in /v1.")],
        model: Annotated[str, typer.Option(help="Name of the model at the server.")],
        key_env: Annotated[str, typer.Option(help="Environment variable that holds the key.")] = "",
        key_file: Annotated[Path | None, typer.Option(help="File that holds the key.")] = None,
        local_only: Annotated[
            bool, typer.Option("--local-only", help="Refuse a server that is not this machine.")
        ] = False,
        timeout: Annotated[float, typer.Option(help="Seconds to wait for a reply.")] = SECONDS,
        json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    ) -> None:
        """Try a chat server with four tiny calls: model, speed, tokens, and which way of asking for JSON it obeys."""
        import asyncio
        import json

        from rich.console import Console

        from medreason.errors import LLMError
        from medreason.llm.privacy import say
        from medreason.llm.settings import Endpoint

        endpoint = Endpoint(url, key_env=key_env, key_file=key_file, timeout=timeout)

        async def work() -> dict[str, Any]:
            return await _Prober(endpoint, model, local_only=local_only, notify=say).all()

        told = asyncio.run(work())
        if json_:
            typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        else:
            show(Console(), url, told)
        if not told["use"]:
            raise LLMError(
                f"{told['host']}: the model {model} replies in no JSON, however it is asked",
                fix="use a model that follows a schema; the default profile needs one",
            )
