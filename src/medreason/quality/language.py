"""The controlled language of chains: which words may occur, what they do, and where concept names stand.

What it is: a closed list of words with roles, and a tokeniser that first takes concept names out of the text.
What it deliberately is not: a language model, nor the teacher's sentence frames. A word that is not listed here
makes a sentence unreadable, and what cannot be read is not waved through.
"""

from __future__ import annotations

import re
import unicodedata
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
        a about above add adds ahead aside all alone also although among an and annotated annotation annotations
        any are argues as at been belong belongs besides best between beyond both but by carried carriers
        carries carry carrying case chiefly choice cited come comes common contrast contribute count counts
        describe described deserves direction diseases do documented does draws edge evidence exactly
        examined fall falls far feature features field finding findings finds first for form found frequency
        from further gathers grade graded graph group grouped had has have having here holds how in includes
        involves is it its joins known larger lead leading leaves led left lies likewise line link list
        lists looked mainly makes marked marks mention more most moves names narrows next note noted
        observed of offers on one only option options or other over own paper patient patients picture
        place places point points rarest rate reaches record recorded records remain remaining remains report
        reported reports resting same saw say seen selective separates set share sharpest showed
        showing shows side since sit sits so source sources speaks stand stands states stops strength studied
        such sum supported system taken telling tells term than that the there these this through throughout to together
        too total touched turns two under up used was way weigh weighed weighing weighs weight well were what where
        whereas which whose with within would yet
        """,
}
VOCABULARY: dict[str, Role] = {word: role for role in reversed(_ROLES) for word in _ROLES[role].split()}

_FREQUENCY = """
    a about an and as aside at cited count described feature for frequency frequent grade graded how in is its leaves
    left obligate occasional of often open own paper patient patients rare rate reported reports set source studied
    the under unstated very with
    """
_BRACKETS = " as exactly form in more of recorded the there"
_LISTING = " and or"
# The words that each kind of statement (docs/chain-language.md) may be told with.
WORDS: dict[str, frozenset[str]] = {
    kind: frozenset(words.split())
    for kind, words in {
        "grouping": """belong belongs by case come comes fall falls findings group grouped includes involves is of one
            picture place places point points shows sit sits system the through to touched under way within"""
        + _LISTING,
        "selectivity": """all among annotated are best by carried carriers carry carrying deserves diseases field
            finding findings for is it makes most narrows of on only rarest record recorded selective separates telling
            that the weight which with""",
        "absence": "absent also are for found here in is lacks looked note of on patient side the this was were"
        + _LISTING,
        "support": """accounts adds agrees also among annotations are been besides beyond carries comes consistent
            counts describe described direction documented explain explains favour features finding finds fit fits from
            further graph has having holds it keeping known likewise list matches next noted observed on place points
            record recorded records report same seen sources speaks stand support supports that there these this to
            too towards well where which would"""
        + _FREQUENCY + _BRACKETS + _LISTING,
        "broader": """belongs broader by compatible directly falls has includes it joins less link lists offers on only
            over reaches record recorded shows stops term than to under way weaker which whose wider"""
        + _FREQUENCY + _BRACKETS + _LISTING,
        "against": """absence absent against although annotated annotation argues counts documented examined had
            here it its lacking lacks looked marked marks on point recorded saw seen showed showing since
            speaks stands states that this to was weigh weighs weight where which yet"""
        + _FREQUENCY + _BRACKETS,
        "not_recorded": """a among annotated annotation annotations any are as case do does edge features finding for
            from graph has have here holds in is joins leaves list mention names no not noted nothing of on picture
            place record recorded records remain remains reported say states the there this to unrecorded used with
            without"""
        + _LISTING,
        "contrast": """accounts ahead annotated between but by carries choice contrast documented does draws edge from
            has it leading lies line lists moves no not on options record recorded separates side sharpest such
            tells to turns two weighed where whereas which"""
        + _FREQUENCY + _BRACKETS,
        "shared": """account add ahead all and as belongs both but carries case common does evidence explains findings
            for further gathers is larger lies more of on other over record recorded remaining share sum taken the to
            together total up well with""",
        "conclusion": """above all alone and as best by carry chiefly contribute evidence far first for graph in is it
            lead led mainly most of on option options record recorded records resting so strength sum supported
            supports taken the through together weigh weighing weight what which with""",
    }.items()
}  # fmt: skip

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
# Words that are understood only inside one of these wordings, because on their own they can turn a sentence round
# or claim more than is looked up. ``_`` is a name, number or mark; ``^`` and ``$`` are the ends of the sentence.
_BOUND: dict[str, str] = {
    "all": "all in all / of all findings _ / over all findings _ gathers more / weighing all options / "
    "above all through / first of all by",
    "any": "to any finding of the case",
    "only": "only by way of / only _ of _ annotated diseases",
    "alone": "by the record alone",
    "yet": "yet absent in this patient",
    "far": "so far as the graph records it",
    "above": "above all through",
    "more": "more exactly / more of the case is recorded for _ $ / _ gathers more $",
    "most": "most selective finding / most telling is _ / field most / deserves most weight / weighing most / "
    "weigh most / most of the weight / contribute most",
    "larger": "is larger for _ $",
    "from": "comes from _ / edge from _ to _ / from _ _ which is not $",
    "well": "recorded as well _ / as well as _ / for _ as well $",
    "under": "under the grade / under which _ / belongs under _ / come under _ / comes under _ / ^ under _ fall / "
    "^ under _ falls",
    "further": "further support for _ / add up further for _ $",
    "other": "the other findings add up",
    "ahead": "moves ahead on _ / carries _ ahead $",
    "gathers": "_ gathers more $",
    "sum": "the sum of the evidence is larger for / the sum is larger for / in sum",
    "total": "the total lies with _ $",
    "lead": "in the lead",
    "leading": "two leading options",
    "first": "first of all by",
    "aside": "count set aside / is set aside throughout $ / is set aside here $ / is set aside $ / "
    "^ set aside throughout / ^ set aside here",
    "set": "set aside / set side by side",
    "own": "the own paper",
    "paper": "the own paper of this case / set aside with the own paper _ / set aside with the own paper $",
    "throughout": "set aside throughout / ^ throughout _ what the own paper",
    "reports": "in the cited reports / ^ reports of _ describe / ^ reports looked for / the reports on _ weigh against "
    "/ of this case reports",
    "report": "where sources report it / sources on _ report",
    "sources": "where sources report it / ^ sources on _ report",
    "source": "the source states that / the source leaves open",
}
_ENDS = {"_": "\x00", "^": "", "$": ""}


def _wordings(told: str) -> list[tuple[str, ...]]:
    return [tuple(_ENDS.get(w, w) for w in wording.split()) for wording in told.split(" / ")]


BOUND = {word: _wordings(told) for word, told in _BOUND.items()}
MARKS = frozenset(".,;:()%")
_DIGITS = frozenset("0123456789")
_PIECE = re.compile(r"[0-9]+(?:\.[0-9]+)?|[^\W\d_]+|\S")


def printable(text: str) -> str:
    """A text of a dataset without the characters that steer a terminal."""
    return "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cf"})


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
        if token.text in BOUND and not any(_inside(texts, place, w) for w in BOUND[token.text]):
            return f"the word {token.text!r} has no meaning here"
    return ""


def _inside(texts: list[str], place: int, wording: tuple[str, ...]) -> bool:
    """Whether a wording stands around a place that holds one of its words."""
    starts = (place - i for i, word in enumerate(wording) if word == texts[place] and i <= place)
    return any(tuple(texts[start : start + len(wording)]) == wording for start in starts)
