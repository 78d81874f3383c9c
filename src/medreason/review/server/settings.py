"""What a review server is told, and the limits it keeps."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from medreason.errors import UsageError

# A whole answer is at most some 40 KB: 2,000 characters of comment in UTF-8, percent-encoded, and a few hundred fields.
BODY_BYTES = 131_072
# Fields of one form; an item of two sides with 100 steps each has some 220.
FIELDS = 1_000


@dataclass(frozen=True)
class Settings:
    """How a server is reached and what it allows.

    Attributes:
        host: Address to listen at.
        port: Port to listen at, 0..65535.
        public_url: Origin under which browsers reach it (``https://review.example.org``); empty: as it listens.
        hours: Life of a session, however busy, in hours.
        wrong_links: Wrong personal links that one address may try within ``window`` seconds.
        window: In seconds.
        body_bytes: Largest body of a request.
    """

    host: str = "127.0.0.1"
    port: int = 8600
    public_url: str = ""
    hours: float = 12.0
    wrong_links: int = 20
    window: float = 300.0
    body_bytes: int = BODY_BYTES

    @property
    def secure(self) -> bool:
        """Whether browsers come by https, so that cookies are kept to it."""
        return self.public_url.startswith("https://")

    @property
    def cookie(self) -> str:
        """Name of the session's cookie; the prefix makes browsers refuse one set by a neighbouring host."""
        return "__Host-review" if self.secure else "review"

    @property
    def origin(self) -> str:
        """Where personal links begin, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def hosts(self) -> frozenset[str]:
        """Names a request may be addressed to (without port); another name is refused, against DNS rebinding."""
        names = {"127.0.0.1", "localhost", "::1", self.host}
        if self.public_url:
            names.add(urlsplit(self.public_url).hostname or "")
        return frozenset(name.lower() for name in names)


def loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked(settings: Settings, *, open_network: bool) -> Settings:
    """The settings, with the public address as an origin.

    Args:
        open_network: Listening beyond this machine without a public https address was asked for by name.

    Raises:
        UsageError: the public address is no origin, or the server would be open to the network without one.
    """
    url = settings.public_url.rstrip("/")
    if url:
        try:
            parts = urlsplit(url)
            good = bool(parts.hostname) and parts.scheme in {"http", "https"} and (parts.port or 1) > 0
        except ValueError:
            good = False
        if not good or parts.path or parts.query or parts.fragment or parts.username is not None:
            raise UsageError(
                "--public-url is not an address of a host alone",
                fix="give scheme and host, as in https://review.example.org (a name of its own, without a path)",
                item=url,
            )
    if not loopback(settings.host) and not url.startswith("https://") and not open_network:
        raise UsageError(
            f"listening at {settings.host} would open the study to the network unencrypted",
            fix="listen at 127.0.0.1 behind a reverse proxy and give --public-url https://…; "
            "if the network is closed and trusted, add --open-network",
        )
    return Settings(**{**settings.__dict__, "public_url": url})
