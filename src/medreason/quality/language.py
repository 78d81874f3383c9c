"""The controlled language of chains: which words may occur, what they do, and where concept names stand.

What it is: a closed list of words with roles, and a tokeniser that first takes concept names out of the text.
What it deliberately is not: a language model, nor the teacher's sentence frames. A word that is not listed here
makes a sentence unreadable, and what cannot be read is not waved through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

Role = Literal["negation", "against", "lack", "favour", "broader", "open", "grade", "neutral"]

_ROLES: dict[Role, str] = {
    # Says that an annotation is missing; one of them at most in a sentence.
    "negation": "not no nothing unrecorded without",
    # The finding weighs against the disease.
    "against": "against",
    # A finding is not there: in the patient, or in the disease.
    "lack": "absent absence lacks lacking",
    # The finding weighs for the disease.
    "favour": "fits fit supports support favour agrees matches consistent keeping explains explain accounts "
    "account towards",
    # The annotated term lies above the finding.
    "broader": "broader wider compatible weaker less directly",
    # No frequency is recorded.
    "open": "open unstated often",
    "grade": "obligate very frequent occasional rare",
    # Says nothing of its own.
    "neutral": """
        a about above add adds ahead all alone also although among an and annotated annotation annotations
        any are argues as at be been belong belongs besides best between beyond both but by carried carriers
        carries carry carrying case chiefly choice cited come comes common contrast contribute count counts
        describe described deserves direction diseases do documented does draws edge evidence exactly
        examined fall falls far feature features field finding findings finds first for form found frequency
        from further gathers grade graded graph group grouped had has have having here holds how in includes
        involves is it its joins known larger lead leading leaves led left lies likewise line link list
        lists looked mainly makes marked marks mention more most moves names narrows next note noted
        observed of offers on one only option options or other over patient patients picture place places point
        points rarest rate reaches record recorded records remain remaining remains report reported reports
        resting same saw say seen selective separates set share sharpest showed showing shows side since sit
        sits so source sources speaks stand stands states stops strength studied such sum supported system
        taken telling tells term than that the their there these they this through to together too total
        touched turns two under up was way weigh weighed weighing weighs weight well were what where whereas
        which whose with within would yet
        """,
}
VOCABULARY: dict[str, Role] = {word: role for role in reversed(_ROLES) for word in _ROLES[role].split()}

# Words that are understood only beside another one: word → (must follow one of, must precede one of).
COMPANIONS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "less": (frozenset(), frozenset({"directly"})),
    "directly": (frozenset({"less"}), frozenset()),
    "exactly": (frozenset({"more"}), frozenset()),
    "open": (frozenset({"left", "leaves"}), frozenset()),
    "often": (frozenset({"how"}), frozenset()),
    "very": (frozenset(), frozenset({"frequent", "rare"})),
    "rare": (frozenset({"very"}), frozenset()),
    "supported": (frozenset({"best"}), frozenset()),
    "towards": (frozenset({"points", "point"}), frozenset()),
    "best": (frozenset({"separates"}), frozenset({"supported", "supports"})),
}
MARKS = frozenset(".,;:()%")
_DIGITS = frozenset("0123456789")
_PIECE = re.compile(r"[0-9]+(?:\.[0-9]+)?|[^\W\d_]+|\S")


class Token(NamedTuple):
    """A piece of text outside names, or a whole name.

    Attributes:
        kind: ``name``, ``number``, ``word`` or ``mark``.
        text: As written; words in lower case.
        concepts: For a name, the node numbers that carry it (homonyms: more than one).
    """

    kind: Literal["name", "number", "word", "mark"]
    text: str
    concepts: tuple[int, ...] = ()


Sentence = list[Token]


def _lower(text: str) -> str:
    """Lower case of the same length (a few letters grow when lowered; they are left as they are)."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


class Names:
    """The concept names that may stand in the chain of one record, for masking.

    Args:
        concepts: Node number and preferred name of everything that may be named.
    """

    _KEY = 3

    def __init__(self, concepts: Iterable[tuple[int, str]]) -> None:
        self._concepts: dict[str, tuple[int, ...]] = {}
        for number, name in sorted({c for c in concepts if c[1]}):
            folded = _lower(name)
            self._concepts[folded] = (*self._concepts.get(folded, ()), number)
        self._starts: dict[str, list[str]] = {}
        for folded in sorted(self._concepts, key=len, reverse=True):
            self._starts.setdefault(folded[: self._KEY], []).append(folded)
        self._widths = sorted({len(start) for start in self._starts}, reverse=True)

    def at(self, folded: str, place: int) -> str:
        """The longest name that starts at a place of a lower-cased text and ends at a word's end, or ``""``."""
        for width in self._widths:
            for name in self._starts.get(folded[place : place + width], ()):
                end = place + len(name)
                cut = name[-1].isalnum() and folded[end : end + 1].isalnum()
                if not cut and folded.startswith(name, place):
                    return name
        return ""

    def concepts(self, name: str) -> tuple[int, ...]:
        """Node numbers of a name given by :meth:`at`."""
        return self._concepts[name]


def sentences(text: str, names: Names) -> list[Sentence]:
    """Splits a step into sentences of tokens, names masked first (a name may hold a full stop).

    The full stop that ends a sentence is not among its tokens; a last sentence without one is returned as it is.
    """
    folded = _lower(text)
    found: list[Sentence] = [[]]
    place = 0
    while place < len(text):
        if folded[place].isspace():
            place += 1
            continue
        inside = folded[place].isalnum() and place > 0 and folded[place - 1].isalnum()
        name = "" if inside else names.at(folded, place)
        if name:
            found[-1].append(Token("name", text[place : place + len(name)], names.concepts(name)))
            place += len(name)
            continue
        match = _PIECE.match(folded, place)
        assert match is not None
        piece = match.group()
        place = match.end()
        if piece == ".":
            found.append([])
        elif piece[0] in _DIGITS:
            found[-1].append(Token("number", piece))
        else:
            found[-1].append(Token("word" if piece[0].isalpha() else "mark", piece))
    return found[:-1] if not found[-1] else found


def unreadable(sentence: Sentence) -> str:
    """Why the words of a sentence cannot be read, or ``""``. O(tokens)."""
    texts = ["", *(t.text if t.kind == "word" else "\x00" for t in sentence), ""]
    for place, token in enumerate(sentence, 1):
        if token.kind == "mark" and token.text not in MARKS:
            return f"the sign {token.text!r} is not part of the language of chains"
        if token.kind != "word":
            continue
        if token.text not in VOCABULARY:
            return f"the word {token.text!r} is neither in the vocabulary nor part of a name of this record"
        after, before = COMPANIONS.get(token.text, (frozenset(), frozenset()))
        if (after or before) and texts[place - 1] not in after and texts[place + 1] not in before:
            return f"the word {token.text!r} has no meaning here"
    return ""
