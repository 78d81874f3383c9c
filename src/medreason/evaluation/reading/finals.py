"""Statements of an answer in running text, each with its place and weight; nothing is decided here.

Weights: 4 names the answer as such ("the answer is B"), 3 judges an option ("B is correct") or gives it in a line of
its own, 2 concludes in other words ("the most likely diagnosis is …"), 1 is an option that stands alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from medreason.evaluation.reading import forms
from medreason.evaluation.reading.values import WINDOW, Reader, Value, abbreviated

_COLON = re.compile(r" ?:")
_NOTHING_LEFT = re.compile(r"[ \n\"'(\[*:.-]*\Z")
_CONNECTED = re.compile(
    r"[,;:] |(?<![a-z])(?:that|so|therefore|thus|hence|because|and|but|then|is that|here|now|in (?:this|her|his|their"
    r"|such a) (?:setting|case|patient|context|scenario|situation)|for (?:him|her|them|this patient|this case)"
    r"|of (?:these|those|the two)|,) "
)
_MARKED = re.compile(
    r"(?:option|choice|answer|letter) [(\[\"']?(?=[a-z0-9](?![a-z0-9]))|[(\[](?=[a-z0-9][)\]])"
    r"|(?<=[\s(\"'])(?=[a-z][)](?:[ .,]|$))"
)


class Statement(NamedTuple):
    """Something that names an answer, or says that there is none.

    Attributes:
        start: Place in the folded text.
        end: Behind its last character.
        weight: 4 (strongest) to 1.
        rule: Which rule found it.
        key: The option; None where it names none.
        why: Where ``key`` is None: why.
    """

    start: int
    end: int
    weight: int
    rule: str
    key: str | None
    why: str = ""


def _made(value: Value, cue: int, weight: int, rule: str) -> Statement:
    return Statement(min(cue, value.start), value.end, weight, rule, value.key, "" if value.key else value.how)


def _no_statement(reader: Reader, cue: int) -> bool:
    """Whether what stands before a cue makes it a condition, a question, or somebody else's answer."""
    before = reader.low[reader.sentence_start(cue) : cue]
    return bool(
        forms.NO_STATEMENT_BEFORE.search(before)
        or forms.CONDITION.search(before)
        or forms.QUOTED.search(before)
        or _asks(before)
    )


def _asks(before: str) -> bool:
    return bool(
        re.match(
            r"[\s\"'*-]*(?:(?:so|but|and|or|then),? )?(?:is|are|could|would|should|can|may|might|what if|what about"
            r"|why|how about|does|do)(?![a-z])",
            before,
        )
    )


def _conditional(low: str, cue: int, end: int) -> bool:
    """Whether a condition follows in the same sentence: "the answer would be C if"."""
    if " would " not in low[cue:end] and "'d be" not in low[cue:end]:
        return False
    stop = forms.END_OF_SENTENCE.search(low, end, end + WINDOW)
    return (
        re.search(
            r"(?<![a-z])(?:if|had|were|unless|(?:in|for|with) (?:an?|other|another)(?= [a-z]))(?![a-z])",
            low[end : stop.start() if stop else end + WINDOW],
        )
        is not None
    )


# -- the answer follows --------------------------------------------------------------------------------------


def answers(reader: Reader) -> Iterator[Statement]:
    """ "The answer is B", "Answer: B", "the best option would be B"."""
    for noun in forms.ANSWER.finditer(reader.low):
        link = forms.ANSWER_LINK.match(reader.low, noun.end())
        if link is None:
            if _COLON.match(reader.low, noun.end()) and _NOTHING_LEFT.match(reader.low, noun.end()):
                yield Statement(noun.start(), len(reader.low), 4, "answer", None, "truncated")
        elif not _no_statement(reader, noun.start()) and not (link["mark"] and forms.INSTRUCTION.match(link["mid"])):
            found = _behind_link(reader, noun, link)
            if found is not None:
                yield found


def _behind_link(reader: Reader, noun: re.Match[str], link: re.Match[str]) -> Statement | None:
    """What stands behind the first link of a noun; behind a later one where the first is in a clause between."""
    low, start, end = reader.low, noun.start(), link.end()
    named = reader.key(link.start("mid") + 1) if len(link["mid"].strip(" ()")) == 1 else None
    if named is not None or forms.POSSIBLE.search(low, noun.end(), end):
        return None  # "answer C is wrong", "the answer might be C"
    marked = bool(link["mark"] or link["lead"])
    value = reader.at(end, weak=not marked)
    if value is None and link["lead"]:
        value = reader.at(link.end("lead") - len(link["lead"]))
    if value is not None and forms.NEGATION.search(low, noun.end(), end):
        value = reader.instead(value.end)
    if value is not None:
        return _answer(reader, start, end, value)
    if _NOTHING_LEFT.match(low, end):
        return Statement(start, len(low), 4, "answer", None, "truncated")
    clause = forms.RELATIVE.search(link["mid"]) is not None
    if (marked or not clause) and (other := _other_text(reader, end)):
        return Statement(start, other, 4, "answer", None, _why_other(low, end))
    for _ in range(4 if clause else 0):
        following = reader.link(end)
        if following is None:
            return None
        end, marked = following
        if (value := reader.at(end, weak=not marked)) is not None:
            return _answer(reader, start, end, value)
    return None


def _answer(reader: Reader, start: int, end: int, value: Value) -> Statement | None:
    if _conditional(reader.low, start, value.end) or _listing(reader, end, value):
        return None
    return _made(value, start, 4, "answer")


def _other_text(reader: Reader, place: int) -> int:
    """Behind a short phrase that fills the place of the answer and is no option; 0 where there is none."""
    found = re.compile(r"[ \"'(]*(?:[a-z]\. )?[^\W_][^\n.!?]{0,60}(?=[.!]?\s*(?:\n|$))").match(reader.low, place)
    return found.end() if found else 0


def _why_other(low: str, place: int) -> str:
    return "denied" if forms.NEGATION.match(low, place + (low[place : place + 1] == " ")) else "not_option_text"


def _listing(reader: Reader, place: int, value: Value) -> bool:
    """Whether a value on the next line is the first of a list of options."""
    if "\n" not in reader.low[place : value.start] or not reader.options.all or value.key != reader.options.all[0]:
        return False
    second = reader.options.all[1] if len(reader.options.all) > 1 else ""
    stop = reader.low.find("\n", value.start)
    return (
        stop >= 0
        and re.match(rf"[-* (]{{0,3}}{re.escape(second.lower())}[).:\]]", reader.low[stop + 1 : stop + 8]) is not None
    )


def direct(reader: Reader) -> Iterator[Statement]:
    """ "Answer B", "Final answer (B)" at the start of a line."""
    for cue in forms.DIRECT.finditer(reader.low):
        value = reader.at(cue.end(), far=False)
        if (
            value is not None
            and value.how in ("letter", "both", "several", "contradiction")
            and (reader.ends(value) or value.how != "letter" or reader.low.startswith((":", ")", "]", "."), value.end))
        ):
            yield _made(value, cue.start(), 4, "answer")


def other_tongues(reader: Reader) -> Iterator[Statement]:
    """The same in other languages: "Die richtige Antwort ist B", "答案是B"."""
    patterns = [] if reader.low.isascii() else [forms.OTHER_SCRIPTS]
    patterns += [forms.OTHER_LATIN] if forms.TONGUES.search(reader.low) else []
    for cue in (c for p in patterns for c in p.finditer(reader.low)):
        value = reader.at(cue.end(), weak=True)
        if value is not None and not _no_statement(reader, cue.start()):
            yield _made(value, cue.start(), 4, "answer in another language")


def choosing(reader: Reader) -> Iterator[Statement]:
    """ "I would choose B", "my pick is B"."""
    for cue in forms.CHOOSING.finditer(reader.low):
        if _no_statement(reader, cue.start()):
            continue
        value = reader.at(cue.end(), weak=True)
        if value is not None and value.how != "not_an_option" and not _conditional(reader.low, cue.start(), value.end):
            yield _made(value, cue.start(), 4, "choice in the first person")


def corrections(reader: Reader) -> Iterator[Statement]:
    """ "… wait, C": a value directly behind words that take something back."""
    for cue in forms.CORRECTION.finditer(reader.low):
        value = reader.at(cue.end(), weak=True)
        if value is not None and value.how != "not_an_option" and reader.ends(value):
            yield _made(value, cue.start(), 4, "correction")


# -- the answer stands before --------------------------------------------------------------------------------


def _subject(reader: Reader, start: int, end: int) -> Value | None:
    """A value that fills the text from ``start`` to ``end``, leading words aside."""
    low = reader.low
    leading = forms.LEADING.match(low, start)
    starts = [start, *([leading.end()] if leading else [])]
    starts += [m.end() for m in _CONNECTED.finditer(low, max(start, end - 120), end)]
    for place in dict.fromkeys(starts):
        value = reader.at(place)
        if value is None or value.end > end or value.how in ("not_an_option", "repeated_text"):
            continue
        if low[value.end : end].strip(" )]\"'.,:*-") == "":
            return None if _BUT_FOR.search(low, max(0, value.start - 20), value.start) else value
    return None


_BUT_FOR = re.compile(
    r"(?:all|everything|every option|nothing|any|all of them|options) (?:but|except|apart from|save) $|(?:other than"
    r"|except|apart from) $"
)


def judged(reader: Reader) -> Iterator[Statement]:
    """ "B is correct", "(C) would be the best choice", "aspirin is the most likely answer"."""
    low = reader.low
    for pattern in (forms.IS_ANSWER, forms.LEFT_OVER, forms.TRUE_IN_TONGUES):
        for found in pattern.finditer(low):
            start = reader.sentence_start(found.start())
            value = _subject(reader, start, found.start())
            if value is None or _asks(low[start : found.start()]) or low.startswith("?", found.end()):
                continue
            if forms.CONDITION.search(low, start, found.start()) or _conditional(low, found.start(), found.end()):
                continue
            groups = found.groupdict()
            what, noun = groups.get("what") or "correct", groups.get("noun") or groups.get("noun2")
            if pattern is forms.LEFT_OVER:
                yield _made(value, value.start, 3 if value.how != "text" else 2, "is left")
            elif noun in ("answer", "final answer", "pick") or what.startswith(("the one", "what i", "my", "our")):
                yield _made(value, value.start, 4, "is the answer")
            elif what in ("correct", "right"):
                yield _made(value, value.start, 3, "is correct")
            else:
                weight = 3 if noun in ("choice", "option", "response", "selection") else 2
                yield _made(value, value.start, weight, "is the best")


# -- conclusions in other words ------------------------------------------------------------------------------


def recommending(reader: Reader) -> Iterator[Statement]:
    """ "I would start …" with a whole option text."""
    for cue in forms.RECOMMENDING.finditer(reader.low):
        value = reader.at(cue.end())
        if value is not None and value.how in ("text", "both") and not _no_statement(reader, cue.start()):
            yield _made(value, cue.start(), 2, "recommendation")


_FIRST = re.compile(
    r"(?<![a-z])(?:my |the )?(?:first|top|number one|no\. ?1) (?:choice|pick|place):? (?:is |would be |goes to )?"
)


def ranked(reader: Reader) -> Iterator[Statement]:
    """ "First choice A, second choice B"."""
    for cue in _FIRST.finditer(reader.low):
        value = reader.at(cue.end(), far=False)
        if value is not None and value.key is not None and not _no_statement(reader, cue.start()):
            yield _made(value, cue.start(), 3, "first choice")


def concluding(reader: Reader) -> Iterator[Statement]:
    """ "It must be B.", "so C.", "leaving D": the value ends its sentence."""
    low = reader.low
    for cue in forms.CONCLUDING.finditer(low):
        start = reader.sentence_start(cue.start())
        if forms.CONDITION.search(low, start, cue.start()) or _asks(low[start : cue.start()]):
            continue
        value = reader.at(cue.end(), weak=True)
        if value is None or value.how in ("not_an_option", "repeated_text"):
            continue
        left = re.match(
            r" as (?:the|our|my) (?:[a-z]+ ){0,3}(?:answer|choice|option|one)", low[value.end : value.end + 60]
        )
        if reader.ends(value) or left:
            yield _made(value, cue.start(), 3 if value.how != "text" else 2, "conclusion")


def domain(reader: Reader) -> Iterator[Statement]:
    """ "The most likely diagnosis is …", "the best next step is …", with a key or a whole option text at the end."""
    low = reader.low
    for cue in forms.DOMAIN.finditer(low):
        link = reader.link(cue.end())
        for _ in range(4):
            if link is None:
                break
            value = reader.at(link[0], weak=True)
            if (
                value is not None
                and value.key is not None
                and _settled(reader, value)
                and not _no_statement(reader, cue.start())
            ):
                if not forms.NEGATION.search(low, cue.end(), link[0]) and not _conditional(low, cue.start(), value.end):
                    yield _made(value, cue.start(), 2, "conclusion in other words")
                break
            link = reader.link(link[0])


def _settled(reader: Reader, value: Value) -> bool:
    """Whether what follows a value adds to it and cannot change it."""
    low, end = reader.low, value.end
    if reader.ends(value) or (value.how != "letter" and low.startswith((",", " ("), end)):
        return True
    behind = low[value.start + 1 : value.start + 2] if value.how == "both" else low[end : end + 1]
    return value.how != "text" and behind in (")", ".", ":")


def pointed(reader: Reader) -> Iterator[Statement]:
    """The only key in a clear form ("option C", "(C)") in a concluding sentence in which nothing is denied."""
    low, done = reader.low, 0
    for cue in forms.POINTING.finditer(low):
        if cue.start() < done:
            continue
        start = reader.sentence_start(cue.start())
        stop = forms.END_OF_SENTENCE.search(low, cue.end(), cue.end() + 2 * WINDOW)
        while stop is not None and abbreviated(reader.text, stop.start()):
            stop = forms.END_OF_SENTENCE.search(low, stop.end(), cue.end() + 2 * WINDOW)
        end = stop.start() if stop else min(len(low), cue.end() + 2 * WINDOW)
        sentence, done = low[start:end], end
        if (
            forms.DENIED.search(sentence)
            or forms.CONDITION.search(sentence)
            or low.startswith("?", end)
            or _asks(sentence)
        ):
            continue
        found = [v for m in _MARKED.finditer(low, start, end) if (v := reader.one(m.end())) is not None]
        if len({v.key for v in found}) == 1 and found[0].key is not None:
            yield _made(found[0], found[0].start, 2, "key in a concluding sentence")


_HEAD = re.compile(
    r"(?:(?<=\n)|(?<![\s\S])|(?<=[.;!] ))[-* •>\"'(\[]{0,4}(?:option |choice |answer )?\(?([a-z]|\d{1,2})(?:[).:\]]| -)"
)


def in_list(reader: Reader) -> Iterator[Statement]:
    """The one option of a list of remarks that is called the correct one: "C) aspirin: this is the correct answer"."""
    low = reader.low
    heads = [
        (m, k)
        for m in _HEAD.finditer(low)
        if (k := reader.options.keys.get(m.group(1).upper())) and reader.one(m.start(1))
    ]
    if (judged_key := _verdicts(reader, heads)) is not None:
        yield judged_key
        return
    called = []
    for number, (head, key) in enumerate(heads):
        stop = heads[number + 1][0].start() if number + 1 < len(heads) else min(len(low), head.end() + 1000)
        remark = forms.CALLED.search(low, head.end(), stop)
        if remark is not None and not forms.DENIED.search(low, remark.start(), min(remark.end() + 20, stop)):
            called.append(Statement(head.start(1), remark.end(), 3, "called correct in a list", key))
    if len({c.key for c in called}) == 1:
        yield called[-1]
    elif called:
        yield called[-1]._replace(key=None, why="several")


def _verdicts(reader: Reader, heads: list[tuple[re.Match[str], str]]) -> Statement | None:
    """Every option called true or false, and one alone true (or false, where the false one is asked for)."""
    keys = [k for _, k in heads]
    if len(heads) != len(reader.options.all) or len(set(keys)) < len(keys) or len(heads) < 3:
        return None
    found = [forms.VERDICT.match(reader.low, m.end()) for m, _ in heads]
    if not all(found):
        return None
    wanted = "no" if forms.FALSE_ASKED.search(reader.low, 0, heads[0][0].start()) else "yes"
    chosen = [n for n, v in enumerate(found) if v is not None and v[wanted]]
    if len(chosen) != 1:
        return None
    head, key = heads[chosen[0]]
    verdict = found[chosen[0]]
    return Statement(head.start(1), verdict.end() if verdict else head.end(), 3, "judged alone", key)


EVERY = (
    answers,
    direct,
    other_tongues,
    choosing,
    corrections,
    judged,
    recommending,
    ranked,
    concluding,
    domain,
    pointed,
    in_list,
)


def statements(reader: Reader) -> list[Statement]:
    """All statements of a text in order of where they end. O(characters)."""
    return sorted((s for find in EVERY for s in find(reader)), key=lambda s: (s.end, s.weight))
