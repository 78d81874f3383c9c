"""From a model's free text to one option key, or to none with the reason.

What it is: the last thing that the text states as its answer, read by rules that are told with the result. What it
deliberately is not: a guess. There is no default, no likeness of texts, no elimination ("A, B and C are wrong"), and
where two options are named as the answer, none is. Cost: O(characters).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from medreason.evaluation.reading import forms, structured
from medreason.evaluation.reading.finals import Statement, statements
from medreason.evaluation.reading.fold import Folded
from medreason.evaluation.reading.lines import lines
from medreason.evaluation.reading.options import Options, indexed
from medreason.evaluation.reading.parts import parts
from medreason.evaluation.reading.values import Reader

_SOFT = "not_option_text"
_UNREAD = {_SOFT: "not_an_option"}
_SOFT_REASONS = (_SOFT, "denied", "truncated")


class Reading(NamedTuple):
    """What an output answers.

    Attributes:
        key: The option's key as given, or None.
        rule: Which rule decided; for None the rule that met the obstacle, or empty.
        start: First character of the statement in the output; 0 where there is none.
        end: Behind its last character.
        why: Empty with a key; else ``empty``, ``only_thinking``, ``truncated``, ``refusal``, ``several``,
            ``two_answers``, ``denied``, ``contradiction``, ``repeated_text``, ``not_an_option``, ``retracted`` or
            ``no_statement``.
    """

    key: str | None
    rule: str
    start: int
    end: int
    why: str


def read_answer(output: str, options: Mapping[str, str]) -> Reading:
    """Reads the answer of an output.

    Args:
        output: As the model gave it, thinking and template marks included.
        options: Key → text. Keys of one letter, of digits, or words (yes, no, maybe).

    Returns:
        The option stated last as the answer, or None with the reason. Never raises on any text.
    """
    if not output.strip():
        return Reading(None, "", 0, 0, "empty")
    own = parts(output)
    if not own.text.strip():
        why = "truncated" if own.unfinished else "only_thinking" if own.thought else "empty"
        return Reading(None, "", 0, 0, why)
    reading = _read(own.text, indexed(options))
    if reading.key is None and own.unfinished and reading.why in ("no_statement", "refusal"):
        return reading._replace(why="truncated")
    return reading


class _Found(NamedTuple):
    """A statement with its span in the output, and its standing: 1 plain, 2 conclusion, 3 final."""

    start: int
    end: int
    said: Statement
    standing: int = 3


def _read(text: str, options: Options) -> Reading:
    found: list[_Found] = []
    json_fields = structured.fields(text)
    for field in json_fields:
        found.append(_of_field(field, options))
        start, stop = field.region
        text = f"{text[:start]}{' ' * (stop - start)}{text[stop:]}"
    if not json_fields and text.lstrip().startswith("{"):
        text = text.replace("\\n", "\n ")  # as long as before
    if not text.strip():
        return _decide(found, Folded(""))
    pieces = structured.pieces(text)
    found += _of_pieces(text, pieces, options)
    text = structured.without_tags(text, pieces)
    folded = Folded(text)
    reader = Reader(folded, options)
    told = [*statements(reader), *lines(reader)]
    section = _final_section(folded)
    found += [_placed(folded, s, section) for s in told]
    if not any(f.said.weight > 2 for f in found):
        found += _of_bold(text, options)
    found.sort(key=lambda f: (f.end, f.said.weight))
    return _decide(found, folded)


# -- marked pieces -------------------------------------------------------------------------------------------


def _plain(text: str, options: Options) -> Statement | None:
    """What a short piece says: read as a text of its own."""
    folded = Folded(text)
    reader = Reader(folded, options)
    whole = reader.at(0)
    if whole is not None and folded.low[whole.end :].strip(" \n)]\"'.,;:!") == "":
        return Statement(whole.start, whole.end, 4, "", whole.key, "" if whole.key else whole.how)
    told = [*statements(reader), *lines(reader)]
    best = max((s.weight for s in told), default=0)
    chosen = [s for s in told if s.weight == best]
    return chosen[-1] if chosen else None


def _of_piece(piece: structured.Piece, options: Options) -> _Found:
    said = _plain(piece.text, options)
    if said is None:
        empty = not piece.text.strip()
        letter = re.fullmatch(r"\W*[A-Z]\W*", piece.text) is not None
        why = "empty" if empty else "not_an_option" if letter or piece.rule == "JSON field" else _SOFT
        said = Statement(0, 0, 4, piece.rule, None, why)
    return _Found(piece.start, piece.end, said._replace(weight=piece.weight, rule=piece.rule))


def _of_field(found: structured.Field, options: Options) -> _Found:
    read = _of_piece(found.piece, options)
    if found.beside and read.said.key is not None:
        other = _plain(found.beside, options)
        if other is not None and other.key not in (None, read.said.key):
            return read._replace(said=read.said._replace(key=None, why="contradiction"))
    return read


def _of_pieces(text: str, pieces: list[structured.Piece], options: Options) -> list[_Found]:
    found: list[_Found] = []
    for number, piece in enumerate(pieces):
        read = _of_piece(piece, options)
        if number and found[-1].said.key not in (None, read.said.key):
            between = text[pieces[number - 1].end : piece.start]
            if len(between) < 20 and re.fullmatch(r"[\s$,;&/\\()]*(?:and|or|,)[\s$,;&/\\()]*", between):
                read = read._replace(said=read.said._replace(key=None, why="several"))
        found.append(read)
    return found


def _of_bold(text: str, options: Options) -> list[_Found]:
    """The one option in bold, where no other is."""
    read = [(p, s) for p in structured.bold(text) if (s := _plain(p.text, options)) is not None]
    keys = {s.key for _, s in read}
    if len(keys) != 1 or None in keys:
        return []
    piece, said = read[-1]
    after = Folded(text[piece.end : piece.end + 200]).low
    if forms.DENIED_AFTER.match(f"{after}") or re.match(
        r"[:\s-]*(?:this|it)[^.\n]{0,40}(?:incorrect|wrong|not)", after
    ):
        return []
    return [_Found(piece.start, piece.end, said._replace(weight=2, rule="bold"))]


# -- the decision --------------------------------------------------------------------------------------------

_OWN_LINE = ("first line", "last line", "first word")


def _final_section(folded: Folded) -> int:
    """Behind the last heading of a final answer; past the end where there is none."""
    last = len(folded.text) + 1
    for heading in forms.FINAL_SECTION.finditer(folded.low):
        last = heading.end()
    return last


def _placed(folded: Folded, said: Statement, section: int) -> _Found:
    """A statement with its standing: what is called final or stands in a final section, a conclusion, or neither."""
    if said.start >= section and said.key is not None:
        return _Found(*folded.span(said.start, said.end), said._replace(weight=4), 3)
    before = folded.low[max(0, said.start - 40) : said.start]
    sentence = before[max(before.rfind(". "), before.rfind("\n"), before.rfind("! ")) + 1 :]
    told = folded.low[said.start : min(said.end, said.start + 40)]
    standing = 1
    if forms.FINAL_BEFORE.search(sentence) or told.startswith("final") or " final " in told:
        standing = 3
    elif forms.CONCLUDING_BEFORE.search(f"{sentence} {told}"):
        standing = 2
    return _Found(*folded.span(said.start, said.end), said, standing)


def _none(why: str, found: _Found | None = None) -> Reading:
    if found is None:
        return Reading(None, "", 0, 0, why)
    return Reading(None, found.said.rule, found.start, found.end, _UNREAD.get(why, why))


def _decide(found: list[_Found], folded: Folded) -> Reading:
    if not found:
        return _none(_why_none(folded))
    strong = [f for f in found if f.said.weight == 4]
    levels = [[f for f in found if f.said.weight == 4 or (strong and f.said.rule in _OWN_LINE)]]
    levels += [[f for f in found if f.said.weight == weight] for weight in (3, 2, 1)]
    turns = [folded.origin(m.start()) for m in forms.CORRECTION.finditer(folded.low)]
    for level in levels:
        hard = [f for f in level if f.said.why not in _SOFT_REASONS]
        if level and not hard:
            return _none(level[-1].said.why, level[-1])
        if not hard:
            continue
        chosen = _settled(hard, turns)
        chosen = _overruled(chosen, found, turns) or chosen
        if chosen.said.key is None:
            return _none(chosen.said.why, chosen)
        if _beside(folded, chosen):
            return _none("several", chosen)
        if _retracted(folded, chosen, found):
            return _none("retracted", chosen)
        return Reading(chosen.said.key, chosen.said.rule, chosen.start, chosen.end, "")
    return _none(_why_none(folded))


def _settled(level: list[_Found], turns: list[int]) -> _Found:
    """Which of several statements stands: a revision or a higher standing replaces; else two that differ leave none."""
    current, clash = level[0], False
    for later in level[1:]:
        if later.said.key == current.said.key:
            current = later._replace(standing=max(later.standing, current.standing))
        elif (
            (current.said.key is None and not clash)
            or later.standing > current.standing
            or any(current.end <= turn <= later.end for turn in turns)
            or (not clash and _contains(later, current))
        ):
            current, clash = later, False
        else:
            current = later._replace(
                said=later.said._replace(key=None, why="two_answers"), standing=max(later.standing, current.standing)
            )
            clash = True
    return current


def _contains(later: _Found, earlier: _Found) -> bool:
    """Whether the later statement is the longer reading of the same words."""
    return later.start <= earlier.start and earlier.end <= later.end


def _overruled(chosen: _Found, found: list[_Found], turns: list[int]) -> _Found | None:
    """A weaker statement behind words that take the chosen one back."""
    later = [f for f in found if f.start >= chosen.end and f.said.key is not None]
    for turn in turns:
        if turn >= chosen.end and (after := [f for f in later if f.start >= turn]):
            best = max(f.said.weight for f in after)
            return [f for f in after if f.said.weight == best][-1]
    return None


def _beside(folded: Folded, chosen: _Found) -> bool:
    """Whether a second option is called as good right behind: "A, but B is just as possible"."""
    if chosen.said.rule in ("JSON field", "boxed", "tag", "bold", "hashes"):
        return False
    found = forms.EQUALLY.search(folded.low, chosen.said.end, chosen.said.end + 100)
    return found is not None and found.group(1).upper() != chosen.said.key


def _retracted(folded: Folded, chosen: _Found, found: list[_Found]) -> bool:
    """Whether words behind a statement take it back, and nothing restates it."""
    if any(f.start >= chosen.end and f.said.key == chosen.said.key for f in found):
        return False
    for cue in forms.TAKEN_BACK.finditer(folded.low):
        if folded.origin(cue.start()) >= chosen.end:
            before = folded.low[max(0, cue.start() - 60) : cue.start()]
            if forms.CORRECTION.search(before) or forms.CORRECTION.match(folded.low, cue.start()):
                return True
    return False


def _why_none(folded: Folded) -> str:
    low = folded.low.rstrip()
    if not low:
        return "empty"
    if forms.REFUSAL.search(low):
        return "refusal"
    return "no_statement" if low[-1] in ".!?)]\"'" or len(low) < 40 else "truncated"
