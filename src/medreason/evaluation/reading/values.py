"""The answer that stands at a place of a text: a key, an option's text, both, several, or none of the options.

What it is: a reader of the few words behind "the answer is". What it deliberately is not: a search; it reads what
stands at the place it is given, or nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import NamedTuple

from medreason.evaluation.reading import forms
from medreason.evaluation.reading.fold import Folded
from medreason.evaluation.reading.options import Options

_OPENERS = re.compile(r"(?:[\s\"'(\[<:=>,…→•✅✔☑👉/]|-(?!\.?\d))*")
_DELIMITER = re.compile(r"(?:[)\]\"'.:,> \n=(\[]|-(?!\.?\d)){0,6}")
_CLOSERS = re.compile(r"[)\]\"'>]{0,4}")
_LETTERED = re.compile(
    r" ?(?:[-,(\[]{1,2}|(?<= )) ?(?:(?:which is|i\.e\.,?|that is,?|namely) )?(?:option|choice|answer|letter)? ?[(\[]?"
)
# How a sentence may go on behind an option's text without changing what was named.
_AFTER_TEXT = re.compile(
    r"\s*$|\s*\n|[.](?!\d)|[;:!?)\]\"'>]|,(?!\d)| ?\(| -{1,2} | (?:because|since|as|due|given|which|based|for this"
    r"|in this|for the|in the"
    r"|is|are|was|would|with|and (?:is|not|the)|rather than|instead of|over|not|so|therefore|but|while|whereas"
    r"|according|→)(?![a-z])"
)
_CLEAN_END = re.compile(r"\s*$|\s*\n|[.)\],;:!?\"'>]")
_ASKED = re.compile(r"[)\"'.]?\?")
_ARTICLE = re.compile(r"(?:the|an|a) ")
_GOES_ON_LISTING = re.compile(rf"{_CLEAN_END.pattern}| (?:and|or|&) ")
_TERMINAL = re.compile(r"[)\]\"'.]{0,3}(?: ?\([^()\n]{0,60}\))?[)\]\"'.,;!]{0,3}(?:\s*$|\s*\n|(?<=[.;!]) )")
_CALLED = ("option ", "choice ", "letter ", "option (", "choice (")
_MAX_STEPS = 8
WINDOW = 200
_PRONOUN_SAFE = ("because", "since", "as ", "is ")


class Value(NamedTuple):
    """What stands at a place.

    Attributes:
        key: The option's key; None where there is none.
        start: Place of its first character in the folded text.
        end: Place behind its last character.
        how: ``letter``, ``text``, ``both``, or why there is no key.
    """

    key: str | None
    start: int
    end: int
    how: str


def abbreviated(text: str, stop: int) -> bool:
    """Whether a full stop follows a single letter and the sentence goes on in small letters."""
    single = text[stop - 1 : stop].isalpha() and not text[stop - 2 : stop - 1].isalnum()
    return single and not text[stop + 2 : stop + 3].isupper()


def _cjk(char: str) -> bool:
    return ord(char) >= 0x2E80


class Reader:
    """Reads values of one folded text against the options of its question."""

    def __init__(self, folded: Folded, options: Options) -> None:
        self.folded = folded
        self.text = folded.text
        self.low = folded.low
        self.options = options
        self._known: dict[tuple[int, bool, bool], Value | None] = {}
        self._sentences: list[int] | None = None
        self._links: tuple[list[int], list[tuple[int, bool]]] | None = None

    # -- places ----------------------------------------------------------------------------------------------

    def sentence_start(self, place: int) -> int:
        """Where the sentence of a place starts, at most 200 characters before it."""
        if self._sentences is None:
            ends = forms.END_OF_SENTENCE.finditer(self.low)
            self._sentences = [m.end() for m in ends if not (m.group() == "." and abbreviated(self.text, m.start()))]
        number = bisect_right(self._sentences, place)
        return max(place - WINDOW, self._sentences[number - 1] if number else 0, 0)

    def link(self, place: int) -> tuple[int, bool] | None:
        """Behind the next "is" or colon of the sentence, within 140 characters; and whether it is a colon."""
        if self._links is None:
            found = list(forms.ANY_LINK.finditer(self.low))
            self._links = [m.start() for m in found], [(m.end(), m["mark"] is not None) for m in found]
        starts, links = self._links
        number = bisect_left(starts, place)
        if number == len(starts) or starts[number] - place > 140 or forms.BREAK.search(self.low, place, starts[number]):
            return None
        return links[number]

    # -- one key, or one text --------------------------------------------------------------------------------

    def key(self, i: int, *, weak: bool = False) -> Value | None:
        """A key that stands alone at ``i``; a letter that is no key gives ``not_an_option``.

        Args:
            i: Place.
            weak: Whether a small letter at the very end may be an article that was cut off.
        """
        text, char = self.text, self.text[i : i + 1]
        if char.isdigit():
            return self._number(i)
        if not char.isascii() or not char.isalpha() or (i and text[i - 1].isalnum() and not _cjk(text[i - 1])):
            return None
        end = i + 1
        if not self._alone(i, end, weak=weak):
            return None
        known = self.options.keys.get(char.upper())
        if known is not None:
            return Value(known, i, end, "letter")
        if char.isupper() and self.options.keys and _CLEAN_END.match(text, end):
            return Value(None, i, end, "not_an_option")
        return None

    def _number(self, i: int) -> Value | None:
        found = re.compile(r"\d+(?![.,]?\d|[^\W\d_]|%)").match(self.text, i)
        if found is None or not self.options.numbered or found.group() not in self.options.keys:
            return None
        return Value(self.options.keys[found.group()], i, found.end(), "letter")

    def _alone(self, i: int, end: int, *, weak: bool) -> bool:
        """Whether the letter at ``i`` is a word of its own, and no article, pronoun, initial or part of a name."""
        low, char = self.low, self.text[i]
        after = low[end : end + 1]
        if after and ((after.isalnum() and not _cjk(after)) or after == "_"):
            return False
        if not after:
            return char.isupper() or not (weak and char == "a")
        if after in "'" and low[end + 1 : end + 2].isalpha():
            return False
        if after in ". " and forms.SPECIES.match(low, end) and not self._own(char, end):
            return False
        if after in "-+":
            return self._dashed(char, end)
        if after == " ":
            return self._before_word(char, end)
        if char.islower():
            return after in ".):],;!?\"'>\n/" or _cjk(after)
        return True

    def _own(self, char: str, end: int) -> bool:
        named = self.options.at(self.low, _DELIMITER.match(self.low, end).end())  # type: ignore[union-attr]
        return named is not None and self.options.keys.get(char.upper(), "") in named.keys

    def _dashed(self, char: str, end: int) -> bool:
        following = self.low[end + 1 : end + 2]
        if following == " " or not following or following in "\n-":
            return self.low[end] == "-"
        if self._own(char, end):
            return True
        # "A-C" and "A+C" are several keys; "B-cell" and "B12" are names.
        return self.text[end + 1].isupper() and not self.low[end + 2 : end + 3].isalnum()

    def _before_word(self, char: str, end: int) -> bool:
        low, i = self.low, end - 1
        following = low[end + 1 : end + 2]
        if not following or not following.isalnum() or _cjk(following):
            return True
        if self._own(char, end):
            return True
        if char in "Ii" and not low.startswith(_PRONOUN_SAFE, end + 1):
            return False
        if forms.GOES_ON.match(low, end + 1):
            return char.isupper() or char not in "ai"
        if low[max(0, i - 7) : i].endswith(_CALLED) and low[end + 1].isalpha():
            return True  # "option C explains"
        # a second key directly behind: "B C"
        return char.isupper() and self.text[end + 1].isupper() and not low[end + 2 : end + 3].isalnum()

    def option_text(self, i: int) -> Value | None:
        """An option's whole text that stands at ``i``, and does not go on into something else."""
        named = self.options.at(self.low, i)
        if named is None or (i and self.text[i - 1].isalnum() and not _cjk(self.text[i - 1])):
            return None
        keys, end = named.keys, named.end
        if not _AFTER_TEXT.match(self.low, end) and not forms.BESIDE.match(self.low, end):
            return None
        letter = self._letter_behind(end)
        if letter is not None and letter.key is not None:
            if letter.key in keys:
                return Value(letter.key, i, letter.end, "both")
            return Value(None, i, letter.end, "contradiction")
        if not _AFTER_TEXT.match(self.low, end):
            # " and", " with" and the like: only a second option may follow.
            beside = self._beside(end, "")
            return Value(None, i, beside, "several") if beside else None
        if len(keys) > 1:
            return Value(None, i, end, "repeated_text")
        return Value(keys[0], i, end, "text")

    def _letter_behind(self, end: int) -> Value | None:
        """A key in brackets or behind a dash after an option's text: "aspirin (B)"."""
        found = _LETTERED.match(self.low, end)
        if found is None or not found.group().strip():
            return None
        letter = self.key(found.end())
        if letter is None or not re.compile(r"\s*$|\n|[)\].,;]").match(self.low, letter.end):
            return None
        return letter

    # -- a value, with what stands around it -----------------------------------------------------------------

    def one(self, i: int, *, weak: bool = False) -> Value | None:
        """A key with what follows it, or an option's text; the longer reading counts."""
        letter = self.key(i, weak=weak)
        text = self.option_text(i)
        if letter is not None:
            letter = self._with_text(letter)
        if text is None or letter is None:
            return letter or text
        if letter.key is None or self.low[max(0, i - 8) : i].endswith(_CALLED):
            return letter if letter.key is not None else text
        if self.text[letter.start] in self.options.doubtful and letter.how == "letter":
            return Value(None, i, letter.end, "contradiction") if text.end <= letter.end else text
        return letter if letter.end >= text.end else text

    def _with_text(self, letter: Value) -> Value:
        if letter.key is None:
            return letter
        delimiter = _DELIMITER.match(self.low, letter.end)
        start = delimiter.end() if delimiter else letter.end
        named = self.options.at(self.low, start)
        if named is None:
            # an article between: "B. The femoral nerve"
            article = re.compile(r"(?:the|an|a) ").match(self.low, start)
            named = self.options.at(self.low, article.end()) if article else None
        if named is None or start == letter.end:
            return letter
        if letter.key in named.keys:
            return Value(letter.key, letter.start, named.end, "both")
        between = self.text[letter.end : start]
        ends = _TERMINAL.match(self.low, named.end)
        told = re.compile(r" (?:is the|because|as it|since|due to)(?![a-z])").match(self.low, named.end)
        if "\n" in between:
            fills = re.compile(r"[.)\"']{0,2} ?(?:\n|$)").match(self.low, named.end)
            return Value(None, letter.start, named.end, "contradiction") if fills else letter
        if (ends or (told and ("." not in between or ")" in between))) and between.strip():
            if between.strip() == "," and len(named.keys) == 1:
                return letter  # a list, dealt with as such
            return Value(None, letter.start, named.end, "contradiction")
        return letter

    def _beside(self, end: int, key: str) -> int:
        """Behind a second option beside the first, or 0: "B or D", "B, D", "A/C"."""
        closers = _CLOSERS.match(self.low, end)
        for start in {end, closers.end() if closers else end}:
            found = forms.BESIDE.match(self.low, start)
            if found is None or "\n" in found.group():
                continue
            joined = found.group().strip(" (['\"")
            second = self.one(found.end())
            if second is None or second.key == key or second.how == "not_an_option":
                continue
            worded = any(
                w in joined for w in ("and", "or", "und", "oder", "&", "/", "+", " y", " et", "ou", "和", "或", "well")
            )
            if not worded and not _GOES_ON_LISTING.match(self.low, second.end):
                continue
            if joined == "" and second.how != "letter":
                continue
            if worded and forms.DENIED_AFTER.match(self.low, second.end) and joined not in ("or", "/"):
                continue
            return second.end
        return 0

    def at(self, place: int, *, weak: bool = False, far: bool = True) -> Value | None:
        """The value behind a cue.

        Args:
            place: Where the cue ends.
            weak: As in :meth:`key`.
            far: Whether filler words may stand before the value.
        """
        asked = (place, weak, far)
        if asked not in self._known:
            self._known[asked] = self._at(place, weak=weak, far=far)
        return self._known[asked]

    def _at(self, place: int, *, weak: bool, far: bool) -> Value | None:
        low, i, denied = self.low, place, False
        for step in range(_MAX_STEPS):
            opened = i
            i = _OPENERS.match(low, i).end()  # type: ignore[union-attr]
            if i >= len(low) or (step and "\n" in low[opened:i] and low[opened - 1 : opened] != ":"):
                return None
            value = self.one(i, weak=weak)
            if value is not None:
                return self._judged(value, denied=denied)
            if (nothing := forms.NOTHING.match(low, i)) is not None:
                return None if denied else Value(None, i, nothing.end(), "not_an_option")
            if (no := forms.NEGATION.match(low, i)) is not None:
                denied, i = True, no.end()
            elif not far and (article := _ARTICLE.match(low, i)) is not None:
                i = article.end()
                return self.option_text(i)
            elif far and (filler := forms.FILLER.match(low, i)) is not None and filler.end() > i:
                i = filler.end()
            else:
                return self.instead(i) if denied else None
        return None

    def _judged(self, value: Value, *, denied: bool) -> Value | None:
        low = self.low
        if denied:
            return self.instead(value.end)
        asked = _ASKED.match(low, value.end)
        if asked is not None and not forms.AFFIRMED.match(low, asked.end()):
            return None
        if value.key is not None and forms.DENIED_AFTER.match(low, value.end):
            return None
        if value.how in ("letter", "both", "text") and (end := self._beside(value.end, value.key or "")):
            last = end
            while end:
                last, end = end, self._beside(end, "")
            if forms.DENIED_AFTER.match(low, last):
                return None
            return Value(None, value.start, last, "several")
        if value.how == "letter" and low[value.end : value.end + 1] == "-" and self.key(value.end + 1) is not None:
            return Value(None, value.start, value.end + 2, "several")
        return value

    def instead(self, start: int) -> Value | None:
        """What is named instead of something denied in the same sentence: "not A but C"."""
        stop = forms.END_OF_SENTENCE.search(self.low, start, start + 120)
        for found in forms.BUT.finditer(self.low, start, stop.start() if stop else min(len(self.low), start + 120)):
            i = _OPENERS.match(self.low, found.end()).end()  # type: ignore[union-attr]
            if forms.NEGATION.match(self.low, i):
                continue
            filler = forms.FILLER.match(self.low, i)
            value = self.one(i) or (self.one(filler.end()) if filler else None)
            if value is not None and value.key is not None:
                return self._judged(value, denied=False)
        return None

    def ends(self, value: Value) -> bool:
        """Whether the sentence or line ends with the value."""
        return _TERMINAL.match(self.low, value.end) is not None
