"""What may leave this machine, to whom, and the sentence that says so before it does."""

from __future__ import annotations

import ipaddress
import re
import sys
from urllib.parse import urlsplit

from medreason.errors import PrivacyError, UsageError
from medreason.llm.request import Request

# A shorter id, or a short bare number, is found in any text and names nobody outside its file.
SHORTEST_ID = 4
SHORTEST_NUMBER = 6


def host_of(base_url: str) -> str:
    """The host of a base URL, in lower case.

    Raises:
        UsageError: it is not a plain ``http(s)://host[:port]/path``; a user, password or query could hold a key.
    """
    fix = "give a plain address like http://127.0.0.1:8000/v1; keys come from a variable or a file"
    try:
        parts = urlsplit(base_url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise UsageError("the base URL cannot be read", fix=fix) from None
    plain = re.fullmatch(r"https?://[A-Za-z0-9._:\[\]-]+(/[A-Za-z0-9._~/%+-]*)?", base_url)
    if not plain or not host or parts.username is not None:
        raise UsageError("the base URL is not a plain http or https address", fix=fix)
    return host.lower()


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its very name: a loopback address, ``localhost`` or below it."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def check_host(base_url: str, *, local_only: bool) -> str:
    """The host of a base URL, if it may be used.

    Raises:
        PrivacyError: it is not this machine and only this machine is allowed.
        UsageError: not a plain address.
    """
    host = host_of(base_url)
    if local_only and not is_loopback(host):
        raise PrivacyError(
            f"{host} is not this machine, and the run is local only",
            fix="serve the model on 127.0.0.1, or leave out --local-only",
        )
    return host


def check_text(request: Request) -> None:
    """Refuses a request whose messages hold the id of its item.

    Raises:
        PrivacyError: the id stands in the text as a word of its own.
    """
    item = request.item.strip()
    if len(item) < SHORTEST_ID or (item.isdecimal() and len(item) < SHORTEST_NUMBER):
        return
    folded = item.casefold()
    for message in request.messages:
        text = message.content.casefold()
        if folded in text and re.search(rf"(?<!\w){re.escape(folded)}(?!\w)", text):
            raise PrivacyError(
                f"the text of stage {request.stage or '?'} holds the id of its item",
                fix="take the id out of the question's text, or give the item another id",
                item=item,
            )


def announcement(base_url: str, request: Request) -> str:
    """One line: where, which model, and which fields leave."""
    fields = ", ".join(request.fields) or "the text of the prompt"
    clear = "" if base_url.startswith("https:") else " over plain http (not encrypted)"
    stage = f" (stage {request.stage})" if request.stage else ""
    return (
        f"leaves this machine{clear} to {host_of(base_url)}, model {request.model}{stage}: {fields}; ids are not sent"
    )


def say(text: str) -> None:
    """Prints a message of the run to stderr."""
    print(f"medreason: {text}", file=sys.stderr, flush=True)
