"""A chat server for tests: real HTTP on loopback, its replies and faults decided by the request and a script.

A reply depends on the request's bytes alone (the sample index is in them through the seed). A fault comes on
schedule (the n-th call) or at random by seed, request and count of that request, and at most ``most`` times a
request, so it is transient. As a program: ``python -m tests.llm.server LATENCY`` prints its port and serves.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from aiohttp import web

FAULTS = (
    "429 429wait 500 503 drop cut_body cut_json invalid_json wrong_schema prose refusal filter empty long slow "
    "401 401echo 404 quota context badfilter 400 unstructured error200 redirect length"
).split()
TRANSIENT = "429 429wait 500 503 drop cut_body cut_json empty error200".split()


class Seen(NamedTuple):
    """One call as the server saw it; tokens are zero unless a whole reply with a count was sent."""

    sha: str
    kind: str
    prompt: int
    completion: int


@dataclass
class Script:
    """What the server does.

    Args:
        latency: Seconds before a reply.
        schedule: Fault by number of the call, from 0.
        rate: Share of calls that get a fault of ``kinds``, at random by ``seed``.
        most: Faults of one request at random.
        always: A fault of every call.
        capacity: Calls at once above which 429 is sent.
        content: Text of a reply by hash and request, instead of the default.
        wait: Retry-After in seconds of ``429wait``.
        message: Further keys of the reply's message.
    """

    latency: float = 0.0
    schedule: Mapping[int, str] = field(default_factory=dict)
    rate: float = 0.0
    kinds: tuple[str, ...] = tuple(TRANSIENT)
    seed: int = 0
    most: int = 2
    always: str = ""
    capacity: int = 1_000_000
    content: Callable[[str, dict[str, Any]], str] | None = None
    wait: float = 0.05
    message: Mapping[str, Any] = field(default_factory=dict)


def error_reply(status: int, message: str, code: str = "", headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response({"error": {"message": message, "code": code}}, status=status, headers=headers)


def example(schema: dict[str, Any], sha: str) -> Any:
    """A value of a schema, by hash."""
    if "enum" in schema:
        return schema["enum"][int(sha[:4], 16) % len(schema["enum"])]
    kind = schema.get("type")
    if kind == "object":
        return {name: example(sub, sha) for name, sub in schema.get("properties", {}).items()}
    if kind == "array":
        return [example(schema["items"], sha)]
    return {"string": sha[:16], "integer": int(sha[:4], 16), "number": 0.5, "boolean": True}.get(str(kind))


class ScriptedServer:
    """Serves in a thread; a context manager. ``seen`` is what came."""

    def __init__(self, script: Script | None = None, port: int = 0) -> None:
        self.script = script or Script()
        self.seen: list[Seen] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[dict[str, Any]] = []
        self.active = self.peak = self.calls = 0
        self.port = port
        self._count: Counter[str] = Counter()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> ScriptedServer:
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        runner = self._loop.run_until_complete(self.start())
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def start(self) -> web.AppRunner:
        app = web.Application(client_max_size=2**26)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/openai/deployments/{model}/chat/completions", self._chat)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port, backlog=1024, reuse_address=True)
        await site.start()
        self.port = runner.addresses[0][1]
        return runner

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        self.headers.append(dict(request.headers))
        self.bodies.append(body := json.loads(raw))
        sha = hashlib.sha256(raw).hexdigest()
        number, self.calls = self.calls, self.calls + 1
        count = self._count[sha]
        self._count[sha] += 1
        self.active += 1
        self.peak = max(self.peak, self.active)
        try:
            kind = "429" if self.active > self.script.capacity else self._fault(sha, number, count)
            if self.script.latency:
                await asyncio.sleep(self.script.latency)
            return await self._reply(request, sha, body, kind)
        finally:
            self.active -= 1

    def _fault(self, sha: str, number: int, count: int) -> str:
        if number in self.script.schedule:
            return self.script.schedule[number]
        if self.script.always:
            return self.script.always
        if not self.script.rate:
            return ""
        draw = random.Random(f"{self.script.seed} {sha} {count}")
        return draw.choice(self.script.kinds) if count < self.script.most and draw.random() < self.script.rate else ""

    async def _reply(self, request: web.Request, sha: str, body: dict[str, Any], kind: str) -> web.StreamResponse:
        refused = self._refused(request, body, kind)
        if refused is not None:
            self.seen.append(Seen(sha, kind, 0, 0))
            return refused
        if kind == "slow":
            await asyncio.sleep(5)
        if kind == "drop":
            self.seen.append(Seen(sha, kind, 0, 0))
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        text = json.dumps(self._envelope(sha, body, kind))
        usage = json.loads(text)["usage"]
        if kind == "cut_body":
            self.seen.append(Seen(sha, kind, 0, 0))
            return web.Response(text=text[: len(text) // 2], content_type="application/json")
        self.seen.append(Seen(sha, kind, usage["prompt_tokens"], usage["completion_tokens"]))
        return web.Response(text=text, content_type="application/json")

    def _refused(self, request: web.Request, body: dict[str, Any], kind: str) -> web.Response | None:
        found: dict[str, Callable[[], web.Response]] = {
            "429": lambda: error_reply(429, "Rate limit reached"),
            "429wait": lambda: error_reply(429, "Rate limit", headers={"Retry-After": f"{self.script.wait:g}"}),
            "500": lambda: error_reply(500, "internal"),
            "503": lambda: error_reply(503, "overloaded"),
            "401": lambda: error_reply(401, "Incorrect API key provided", "invalid_api_key"),
            "401echo": lambda: error_reply(401, f"bad header {request.headers.get('Authorization')}"),
            "404": lambda: error_reply(404, "The model `m` does not exist.", "model_not_found"),
            "quota": lambda: error_reply(429, "You exceeded your current quota", "insufficient_quota"),
            "context": lambda: error_reply(
                400, "This model's maximum context length is 4096 tokens.", "context_length_exceeded"
            ),
            "badfilter": lambda: error_reply(400, "The response was filtered", "content_filter"),
            "400": lambda: error_reply(400, "Unsupported parameter: 'seed'"),
            "error200": lambda: web.json_response({"error": {"message": "upstream", "code": 502}}),
            "redirect": lambda: web.Response(status=307, headers={"Location": "http://192.0.2.1/v1/chat/completions"}),
        }
        if kind == "unstructured" and "response_format" in body:
            return error_reply(400, "response_format json_schema is not supported")
        return found[kind]() if kind in found else None

    def _envelope(self, sha: str, body: dict[str, Any], kind: str) -> dict[str, Any]:
        finish = "stop"
        message = {"role": "assistant", "content": self._content(sha, body, kind), **self.script.message}
        if kind == "refusal":
            message |= {"content": None, "refusal": "I cannot help with that."}
        if kind == "filter":
            finish = "content_filter"
        if kind in ("cut_json", "length"):
            message["content"] = str(message["content"])[: len(str(message["content"])) // 2] or "{"
            finish = "length" if kind == "length" else "stop"
        usage = {"prompt_tokens": 1 + len(json.dumps(body["messages"])) // 4, "completion_tokens": 5 + int(sha[:2], 16)}
        choice = {"index": 0, "message": message, "finish_reason": finish}
        return {"id": sha[:8], "model": body["model"], "choices": [choice], "usage": usage}

    def _content(self, sha: str, body: dict[str, Any], kind: str) -> str:
        fixed = {
            "empty": "",
            "invalid_json": '{"answer": nope}',
            "wrong_schema": '{"wrong": 1}',
            "prose": 'Sure! Here it is: {"answer": "A"}',
            "long": "word " * 400_000,
        }
        if kind in fixed:
            return fixed[kind]
        if self.script.content is not None:
            return self.script.content(sha, body)
        schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
        return json.dumps(example(schema, sha)) if schema else f"reply {sha[:16]}"


async def _main(latency: float) -> None:
    server = ScriptedServer(Script(latency=latency))
    await server.start()
    print(server.port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main(float(sys.argv[1])))
