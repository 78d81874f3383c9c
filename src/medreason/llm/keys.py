"""Keys of servers: from an environment variable or a file, held so that nothing prints or writes them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

from medreason.errors import AuthError

HIDDEN = "[key]"


class Key:
    """A secret; shows itself as ``[key]``, cannot be pickled, and is told only to :meth:`reveal`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return HIDDEN

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not written anywhere")

    def reveal(self) -> str:
        """The secret, for the header of a request."""
        return self._value

    def scrub(self, text: str) -> str:
        """The text without the secret, for servers that send it back."""
        return text.replace(self._value, HIDDEN) if self._value else text


def read_key(variable: str = "", file: Path | None = None) -> Key:
    """The key from a variable or a file; an empty one where neither is named.

    Raises:
        AuthError: both are named, the one that is named is missing or empty, or the key cannot be a header.
    """
    if variable and file is not None:
        raise AuthError("a key variable and a key file are both named", fix="name one")
    if variable:
        where, value = f"the environment variable {variable}", os.environ.get(variable, "")
        if not value.strip():
            raise AuthError(f"{where} is not set", fix=f"export {variable}=… or name a key file")
    elif file is not None:
        where = f"the key file {file.name}"
        try:
            value = file.expanduser().read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise AuthError(
                f"{where} cannot be read: {type(error).__name__}", fix="check its path and rights"
            ) from None
        if not value.strip():
            raise AuthError(f"{where} is empty", fix="put the key, and nothing else, in it")
    else:
        return Key("")
    value = value.strip()
    if not all("!" <= character <= "~" for character in value):
        raise AuthError(f"{where} holds more than one key", fix="put the key, and nothing else, in it")
    return Key(value)
