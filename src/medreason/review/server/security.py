"""Headers of every response, and the limit of wrong links per address."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from medreason.review.server.settings import Settings

# Nothing but our own files: no inline script or style, no frame, no other host, forms only to ourselves.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# Addresses whose wrong links are remembered at once; the longest unheard of goes first.
REMEMBERED = 4_096


class Headers:
    """Sets the headers on all that leaves, errors of the layers below included."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if "cache-control" not in headers:
                    headers["cache-control"] = "no-store"
                if self.settings.secure:
                    headers["strict-transport-security"] = "max-age=31536000"
            await send(message)

        await self.app(scope, receive, sent)


class WrongLinks:
    """Counts wrong personal links by address; right ones are free, so that a hospital behind one address can work.

    Tokens have 256 random bits, so guessing is hopeless anyway: the limit keeps the log and the disk quiet.
    """

    def __init__(self, most: int, window: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self.window = window
        self._clock = clock
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, address: str) -> float:
        """Seconds until the address may try again, 0 if now."""
        with self._lock:
            tries = self._recent(network(address))
            return 0.0 if len(tries) < self.most else max(tries[0] + self.window - self._clock(), 0.001)

    def count(self, address: str) -> None:
        """A wrong link came from the address."""
        key = network(address)
        with self._lock:
            tries = self._recent(key)
            tries.append(self._clock())
            self._seen[key] = tries
            self._seen.move_to_end(key)
            while len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)

    def _recent(self, key: str) -> deque[float]:
        tries = self._seen.get(key, deque(maxlen=self.most))
        while tries and tries[0] <= self._clock() - self.window:
            tries.popleft()
        return tries


def network(address: str) -> str:
    """What counts as one address: an IPv4 address, the /64 of an IPv6 address, or the text itself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
