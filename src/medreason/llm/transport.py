"""The way to a server: bytes of a JSON object out, status, headers and body back. No retries here.

:class:`AiohttpTransport` is for plain OpenAI-compatible addresses; the ``openai`` SDK is in ``sdk.py``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol

from medreason.llm.faults import Fault, fault
from medreason.llm.keys import Key
from medreason.llm.parse import OK
from medreason.llm.privacy import host_of, is_loopback
from medreason.llm.settings import Endpoint

if TYPE_CHECKING:
    import aiohttp

CONNECT_SECONDS = 15.0
# A chat reply of a million tokens is about 6 MB with its JSON.
MAX_BYTES = 32 * 2**20


class RawReply(NamedTuple):
    """Status, headers (lower-case names; none are needed with status 200) and body as text."""

    status: int
    headers: Mapping[str, str]
    body: str


class TransportError(Exception):
    """No whole reply came; carries the fault."""

    def __init__(self, problem: Fault) -> None:
        self.fault = problem
        super().__init__(problem.detail)


class Transport(Protocol):
    """One server."""

    async def send(self, payload: bytes) -> RawReply:
        """Sends a JSON object to the chat end point.

        Raises:
            TransportError: no whole reply came.
        """

    async def close(self) -> None:
        """Closes connections."""


class AiohttpTransport:
    """Posts to ``base_url/chat/completions``.

    Follows no redirect, keeps no cookie; a proxy of the environment is used for hosts that are not loopback only.
    """

    def __init__(self, endpoint: Endpoint, key: Key, *, max_bytes: int = MAX_BYTES) -> None:
        self._url = endpoint.base_url.rstrip("/") + "/chat/completions"
        self._host = host_of(endpoint.base_url)
        self._timeout = endpoint.timeout
        self._max_bytes = max_bytes
        self._key = key
        self._bearer = endpoint.key_header == "Authorization"
        self._header = endpoint.key_header
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        import aiohttp

        headers = {"Content-Type": "application/json", "User-Agent": "medreason"}
        if self._key:
            headers[self._header] = f"Bearer {self._key.reveal()}" if self._bearer else self._key.reveal()
        return aiohttp.ClientSession(
            headers=headers,
            connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=300),
            timeout=aiohttp.ClientTimeout(total=self._timeout, sock_connect=CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=not is_loopback(self._host),
        )

    async def send(self, payload: bytes) -> RawReply:
        """Sends a JSON object.

        Raises:
            TransportError: the server cannot be reached, hangs up, is too slow, or never ends.
        """
        import aiohttp

        if self._session is None:
            self._session = self._open()
        try:
            async with self._session.post(self._url, data=payload, allow_redirects=False) as reply:
                body = await self._read(reply)
                headers = {} if reply.status == OK else {n.lower(): value for n, value in reply.headers.items()}
                return RawReply(reply.status, headers, body)
        except aiohttp.ConnectionTimeoutError:
            raise TransportError(fault("unreachable", f"{self._host} does not answer")) from None
        except TimeoutError:
            raise TransportError(fault("timeout", f"no reply within {self._timeout:g} s")) from None
        except aiohttp.ClientConnectorCertificateError:
            raise TransportError(fault("wrong_address", f"the certificate of {self._host} is not valid")) from None
        except aiohttp.ClientConnectorError as error:
            raise TransportError(fault("unreachable", f"cannot connect to {self._host}: {error.strerror}")) from None
        except (aiohttp.ClientError, ConnectionError) as error:
            raise TransportError(fault("dropped", f"the connection broke ({type(error).__name__})")) from None

    async def _read(self, reply: aiohttp.ClientResponse) -> str:
        plain = "Content-Encoding" not in reply.headers
        if plain and reply.content_length is not None and reply.content_length <= self._max_bytes:
            return (await reply.read()).decode("utf-8", "replace")
        parts, size = [], 0
        async for part in reply.content.iter_any():
            parts.append(part)
            size += len(part)
            if size > self._max_bytes:
                reply.close()
                raise TransportError(fault("too_long", f"the reply is longer than {self._max_bytes} bytes"))
        return b"".join(parts).decode("utf-8", "replace")

    async def close(self) -> None:
        """Closes connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
            await asyncio.sleep(0)


def open_transport(endpoint: Endpoint, key: Key) -> Transport:
    """The transport that an end point names.

    Raises:
        UsageError: it needs the ``openai`` extra and that is not installed.
    """
    if endpoint.transport == "aiohttp":
        return AiohttpTransport(endpoint, key)
    from medreason.llm.sdk import SdkTransport

    return SdkTransport(endpoint, key)
