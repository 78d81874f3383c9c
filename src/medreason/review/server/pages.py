"""Templates, texts made safe to show, and errors as pages."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from medreason.review.texts import shown

_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

REASONS = {
    400: ("This could not be read", "The page sent something that the server does not understand. Go back and reload."),
    401: (
        "Please open your personal link",
        "You are not signed in, or your session has ended. Open the link that the coordinator sent you; "
        "what was saved is still there.",
    ),
    403: ("This is not for you", "Your role in the study does not include this page, or the form was not from us."),
    404: ("There is nothing here", "The address is wrong, or what it named is not among your tasks."),
    405: ("This does not work here", "The address is used in another way."),
    409: ("Changed elsewhere", "This was changed in another window. Reload to see what is saved."),
    413: ("Too large", "What was sent is larger than any answer can be."),
    415: ("This could not be read", "The form was sent in a way that the server does not read."),
    421: ("Wrong address", "The server does not answer under this name."),
    429: ("Too many wrong links", "Wait some minutes, then open your personal link again."),
    500: ("Something went wrong", "The server met an error. What was saved is safe. Please tell the coordinator."),
}


class Asset(NamedTuple):
    """A file that pages load."""

    content: bytes
    kind: str


def when(text: str) -> str:
    """A moment ``2026-01-31T09:30:00…`` as ``2026-01-31 09:30``."""
    return shown(text)[:16].replace("T", " ")


def span(minutes: float) -> str:
    """A duration in words: ``about 25 min``, ``about 1 h 40 min``."""
    whole = max(1, round(minutes))
    if whole < 60:
        return f"about {whole} min"
    rounded = 10 * round(whole / 10)
    hours, rest = divmod(rounded, 60)
    return f"about {hours} h {rest} min" if rest else f"about {hours} h"


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates; everything is escaped, an unknown name is an error."""
    env = Environment(
        loader=PackageLoader("medreason.review.server"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    env.filters.update(shown=shown, when=when, span=span)
    env.finalize = None
    return env


def render(name: str, /, **values: Any) -> str:
    """A page as HTML."""
    return environment().get_template(name).render(values)


@lru_cache(maxsize=1)
def assets() -> dict[str, Asset]:
    """The files that pages load, by name, read once: no address can name another file."""
    found = {}
    for file in files("medreason.review.server").joinpath("static").iterdir():
        suffix = "." + file.name.rpartition(".")[2]
        if suffix in _TYPES:
            found[file.name] = Asset(file.read_bytes(), _TYPES[suffix])
    return found


def error_page(status: int, detail: str = "") -> str:
    """An error in plain words; never a traceback, never what was sent."""
    title, words = REASONS.get(status, REASONS[400 if status < 500 else 500])
    return render("error.html", title=title, words=detail or words, status=status)
