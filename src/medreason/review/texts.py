"""Texts made safe to look at: nothing invisible may turn or hide what a clinician reads."""

from __future__ import annotations

import unicodedata

# What may stand in a text beside letters: line ends. Joiners shape letters and emoji, they steer nothing.
_KEPT = {"\n", "\t", "\u200c", "\u200d"}


def shown(text: object) -> str:
    """A text with its invisible characters made visible.

    Controls and format characters (bidirectional overrides among them) become ``⟨U+202E⟩``; lone surrogates too.
    Escaping is the template's, isolation ``<bdi>``'s or ``dir="auto"``'s.
    """
    out = []
    for c in str(text):
        hidden = c not in _KEPT and unicodedata.category(c) in {"Cc", "Cf", "Cs"}
        out.append(f"⟨U+{ord(c):04X}⟩" if hidden and c != "\r" else c)
    return "".join(out)
