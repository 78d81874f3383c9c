"""Lists that share a word: "cerebral and cerebellar atrophy", "short fingers and toes", "pits of the palms and soles".

A member of a list that names nothing by itself is completed, either with the last words of the last member
(the shared noun) or with the first words of the first (the shared adjective); it counts only where the whole
is a name. The mention is the member as it stands in the text.
What it is not: a parser. A member that already is a finding ("truncal ataxia and hypotonia") is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress

from medreason.linking.compile import FIRST, SKIPPED
from medreason.linking.cues import PREPOSED, VERBS
from medreason.linking.forms import ADJECTIVE, head, is_body_part
from medreason.linking.normalise import NONE, SOFT, normal_form
from medreason.linking.recogniser import SHIFT, Recogniser
from medreason.linking.scan import BRIDGES, QUALIFIERS, Hit, Text

LONGEST = 4  # words of a member that are looked at
MEMBERS = 8  # members of a list that are looked at
AND = frozenset({"and", "or"})
_ENDS = BRIDGES | VERBS | PREPOSED - {"of"}  # words of some name that end a member all the same
_BETWEEN = AND | {"to"}
_ORDINALS = frozenset("first second third fourth fifth 1st 2nd 3rd 4th 5th".split())
_NOUNS_OF_ALL = frozenset(head(w) for w in ("abnormality", "disorder"))

_may_join = _BETWEEN.__contains__

Member = tuple[int, int]  # first and last token, inclusive


def _right(c: Text, at: int) -> Member | None:
    """The run of words of names that begins at a token, little words inside it included."""
    last = None
    for here in range(at, min(len(c.numbers), at + 2 * LONGEST)):
        if here != at and c.gaps[here]:
            break
        word, number = c.lowers[here], c.numbers[here]
        if number >= FIRST and word not in _ENDS:
            last = here
        elif word in AND or (number != SKIPPED and word not in QUALIFIERS):
            break
    return None if last is None else (at, last)


def _left(c: Text, at: int) -> Member | None:
    """The run that ends at a token."""
    first = None
    for here in range(at, max(-1, at - 2 * LONGEST), -1):
        word, number = c.lowers[here], c.numbers[here]
        if number >= FIRST and word not in _ENDS:
            first = here
        elif first is None or word in AND or (number != SKIPPED and word not in QUALIFIERS):
            break
        if c.gaps[here]:
            break
    return None if first is None else (first, at)


def _lists(c: Text) -> Iterator[list[Member]]:
    """Lists of at least two members that end with *and*, *or* or a slash."""
    numbers = c.numbers
    between = [at for at in compress(range(len(numbers)), map(_may_join, c.lowers)) if numbers[at - 1] >= FIRST]
    if "/" in c.text:
        between = sorted({*between, *(at for at, gap in enumerate(c.gaps) if gap == SOFT)})
    for at in between:
        if not 0 < at < len(c.lowers) - 1:
            continue
        word = c.lowers[at]
        if word in AND or (word == "to" and c.lowers[at - 1] in QUALIFIERS):
            if c.gaps[at + 1] != NONE or c.gaps[at] not in {NONE, SOFT}:
                continue
            before, after = at - 1, at + 1
        elif c.gaps[at] == SOFT and c.text[c.starts[at] - 1] == "/":
            before, after = at - 1, at
        else:
            continue
        left = _left(c, before)
        last = None if left is None else _right(c, after)
        if left is None or last is None:
            continue
        members = [left, last]
        while len(members) < MEMBERS:
            first = members[0][0]
            if first == 0 or c.text[c.ends[first - 1] : c.starts[first]].strip() not in {",", "/"}:
                break
            left = _left(c, first - 1)
            members.insert(0, left or (first - 1, first - 1))
        yield members


def _words(c: Text, first: int, last: int) -> list[int]:
    numbers, lowers = c.numbers, c.lowers
    return [at for at in range(first, last + 1) if numbers[at] >= FIRST and lowers[at] not in _ENDS]


def _complete(c: Text, names: Recogniser, own: Sequence[int], shared: Sequence[int]) -> Hit | None:
    bag = tuple(sorted([c.numbers[at] for at in (*own, *shared)]))
    if bag not in names.bags:
        return None
    entries = tuple([e for e in names.names(bag).entries if not e.cased])
    return Hit(own[0], own[-1], len(bag), entries, "reordered") if entries else None


def _shared_end(c: Text, names: Recogniser, own: Sequence[int], whole: Sequence[int]) -> Iterator[Hit]:
    """A member completed with the end of the last one, longest first; both as the tokens of their words."""
    own = own[-LONGEST:]
    ending = c.lowers[own[-1]] if own else ""
    if ending.endswith(("s", "ae")) and normal_form(ending) != ending:
        return  # a plural is a noun of its own
    partly = ending.endswith(ADJECTIVE) or ending in _ORDINALS or is_body_part(normal_form(ending))
    for start in range(len(own) if partly else min(1, len(own))):
        code = c.numbers[own[start]] << SHIFT
        for cut in range(1, len(whole)):
            if code | c.numbers[whole[cut]] in names.pairs:
                hit = _complete(c, names, own[start:], whole[cut:])
                if hit is not None:
                    yield hit
                    return


def _shared_begin(c: Text, names: Recogniser, own: Sequence[int], whole: Sequence[int]) -> Iterator[Hit]:
    """A member completed with the beginning of an earlier one, longest first; both as the tokens of their words."""
    own, whole = own[:LONGEST], whole[-LONGEST:]
    if len(own) > 1 and own[1] - own[0] == 1:
        return  # an adjective of its own ("optic atrophy and hearing loss")
    if own and head(normal_form(c.lowers[own[0]])) in _NOUNS_OF_ALL:
        return  # "stiff fingers, and the symptoms …"
    code = c.numbers[own[0]] << SHIFT if own else 0
    starts = [start for start, at in enumerate(whole[:-1]) if code | c.numbers[at] in names.pairs]
    for end in range(len(own), 0, -1) if starts else ():
        for start in starts:
            for stop in range(len(whole) - 1, start, -1):
                hit = _complete(c, names, own[:end], whole[start:stop])
                if hit is not None:
                    yield hit


def completed(c: Text, names: Recogniser, found: Sequence[Hit]) -> list[Hit]:
    """Hits for members of lists that name something only together with words of another member."""
    begins, ends = {h.first for h in found}, {h.last for h in found}
    more: list[Hit] = []
    for members in _lists(c):
        first, end = members[-1]
        words = [_words(c, *member) for member in members]
        if first in begins:
            end = max([h.last for h in found if h.first == first])
        # No word after "of" or "in" is shared.
        last = [at for place, at in enumerate(_words(c, first, end)) if at == first + place]
        if len(last) > 1:
            for member, own in zip(members[:-1], words, strict=False):
                if member[1] not in ends:
                    more += _shared_end(c, names, own, last)
        for at in range(1, len(members)):
            if members[at][0] not in begins:
                for earlier in words[at - 1 :: -1]:
                    if len(earlier) > 1 and (completions := list(_shared_begin(c, names, words[at], earlier))):
                        more += completions
                        break
    return more
