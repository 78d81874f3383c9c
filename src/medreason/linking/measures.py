"""Measured values that are a finding by themselves: "temperature 39.2 °C" is fever, "sodium 121 mEq/L" hyponatremia.

One table (``ranges.tsv``) holds the reference interval and, outside it with a margin, the value from
which the finding is named; between the two nothing is. The unit must be written. Rows are for adults unless
they say otherwise: where the text speaks of a child they are left out.
What it is not: an interpretation. Urine, spinal fluid and sweat have other ranges and are passed over.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import cache
from itertools import compress
from typing import NamedTuple

from medreason.linking import tables
from medreason.linking.lexicon import Entry
from medreason.linking.scan import Hit, Text

_NUMBER = r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?"
_FILLER = (
    r"(?:\s|[:=,(~≈<>≥≤]|levels?|concentrations?|counts?|values?|was|is|were|are|of|at|to|has|had|only|about|around|nearly|"
    r"approximately|measured|measures|measuring|rose|fell|dropped|up|down|as|low|high|elevated|raised|reduced|"
    r"decreased|increased|markedly|showed|and|came|back|found|be|reached|reaching|on\ admission|at\ rest)*"
)
_OTHER = re.compile(
    r"(?:urine|urinary|sweat|csf|fluid|fetal|ldl|hdl|free|ionized|ionised|direct|conjugated|stool|fecal|room|ambient|"
    r"water|target|normal|maternal|mother's|cord|24-hour)[\s-]+(?:\w+\s+)?$",
    re.IGNORECASE,
)
_AGES = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
_CHILD = re.compile(
    r"\b(?:newborn|neonate|neonatal|infant|baby|toddler|child|children|boy|girl)\b|"
    r"\b\w+[- ](?:day|week|month)s?[- ]old\b|"
    rf"\b(?:1[0-7]|[0-9]|{_AGES})[- ]years?[- ]old\b",
    re.IGNORECASE,
)
_ADULT = re.compile(r"\b(?:1[89]|[2-9]\d|1[01]\d)[- ]years?[- ]old\b|\b(?:man|woman|adult)\b", re.IGNORECASE)
# A number before what may be a unit; where none is near a name, nothing else is looked for.
_QUICK = re.compile(r"\d\s?(?:[°º%x×*CFcf]|[A-Za-zµμ]{1,5}\s?/|/\s?[a-zµμ]|mm|bpm|BPM|beat|breath|per |deg|fl)")
PRESSURE = "blood pressure"
LOOK_BACK = 80  # characters before a value in which its name must stand
LONGEST = 40  # characters of a value up to its unit


class Range(NamedTuple):
    """A row of the table; ``low`` and ``high`` are the values from which a finding is named."""

    low: float | None
    high: float | None
    concept_low: str
    concept_high: str
    adult: bool


def _plain(unit: str) -> str:
    """One spelling of a unit: ``mEq / l`` → ``meq/l``, ``× 10⁹/L`` → ``x10^9/l``."""
    unit = unit.lower().replace(" ", "").replace("μ", "u").replace("µ", "u").replace("×", "x").replace("*", "x")
    unit = unit.replace("⁹", "^9").replace("³", "3").replace("º", "°").replace("microl", "ul")
    unit = re.sub(r"^(?:cells|leukocytes|platelets|neutrophils)", "", unit)
    return re.sub(r"x10\^?([39])", r"x10^\1", unit)


@cache
def _ranges() -> dict[tuple[str, str], Range]:
    found = {}
    for row in tables.rows("ranges"):
        low, high = (float(row[c]) if row[c] else None for c in ("clear_low", "clear_high"))
        entry = Range(low, high, row["concept_low"], row["concept_high"], row["age"] == "adult")
        for name in row["names"].split("|"):
            for unit in row["units"].split("|"):
                found[name.lower(), _plain(unit)] = entry
    return found


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    names = sorted({n for n, _ in _ranges()} | {PRESSURE}, key=len, reverse=True)
    units = {u for row in tables.rows("ranges") for u in row["units"].split("|")}
    spelled = {_spelled(u) for u in units} | {r"mm\s?Hg"}
    unit = "|".join(sorted(spelled, key=len, reverse=True))
    value = re.compile(
        rf"(?P<one>{_NUMBER})(?:(?P<dash>\s*(?:[-–/]|to)\s*)(?P<two>{_NUMBER}))?"
        rf"\s*(?P<unit>{unit})(?![\w/^])",
        re.IGNORECASE,
    )
    name = re.compile(rf"(?<![\w-])(?P<name>{'|'.join(map(re.escape, names))}){_FILLER}$", re.IGNORECASE)
    return value, name


def _spelled(unit: str) -> str:
    pattern = re.escape(unit).replace(r"\ ", r"\s+").replace("µ", "(?:µ|μ|u|micro)").replace("/", r"\s?/\s?")
    pattern = pattern.replace("×10\\^9", r"[×x*]\s?10(?:\^?9|⁹)").replace("×10\\^3", r"[×x*]\s?10(?:\^?3|³)")
    pattern = pattern.replace("mm3", "(?:mm3|mm³)").replace("°", r"(?:°|º)\s?").replace("mmHg", r"mm\s?Hg")
    return rf"(?:cells)?\s?{pattern}" if unit.startswith("/") else pattern


_INSIDE = frozenset("0123456789.,/-")  # before a number: it is the end of another


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _is_child(text: str) -> bool:
    return _CHILD.search(text) is not None and _ADULT.search(text) is None


def _concept(known: Range, values: list[float], sign: str) -> str:
    if known.low is not None and max(values) <= known.low and sign not in {">", "≥"}:
        return known.concept_low
    if known.high is not None and min(values) >= known.high and sign not in {"<", "≤"}:
        return known.concept_high
    return ""


def _pressure(match: re.Match[str], child: bool) -> str:
    """The finding of a pair "182/110 mmHg"."""
    if match["two"] is None or match["dash"].strip() != "/" or child:
        return ""
    found = [
        _concept(_ranges()[f"{which} {PRESSURE}", "mmhg"], [_number(match[side])], "")
        for which, side in (("systolic", "one"), ("diastolic", "two"))
    ]
    return next((c for c in found if c), "")


def values(text: str, low: int = 0, high: int = sys.maxsize) -> Iterator[tuple[int, int, str]]:
    """Stretches of a part of a text that state a clearly abnormal value, with the id of the finding."""
    value, name = _patterns()
    child: bool | None = None
    for match in value.finditer(text, low, high):
        begin = max(0, match.start() - LOOK_BACK)
        before = text[begin : match.start()].rstrip()
        if text[match.start() - 1 : match.start()] in _INSIDE and match.start():
            continue
        named = name.search(text, begin, match.start())
        if named is None or _OTHER.search(text, begin, named.start()):
            continue
        if child is None:
            child = _is_child(text)
        what = named["name"].lower()
        if what == PRESSURE:
            concept = _pressure(match, child)
        else:
            known = _ranges().get((what, _plain(match["unit"])))
            if known is None or (known.adult and child) or (match["dash"] or "").strip() == "/":
                continue
            given = [_number(match[side]) for side in ("one", "two") if match[side]]
            concept = _concept(known, given, before[-1:])
        if concept:
            yield named.start(), match.end(), concept


@cache
def _last_words() -> frozenset[str]:
    return frozenset(re.split(r"\W+", name.rstrip("+"))[-1] for name in (*(n for n, _ in _ranges()), PRESSURE))


def _near_names(c: Text) -> list[int]:
    """Where the last word of a name stands that what may be a value follows closely."""
    if _last_words().isdisjoint(c.lowers):
        return []
    near = compress(c.starts, map(_last_words().__contains__, c.lowers))
    return [at for at in near if _QUICK.search(c.text, at, at + LOOK_BACK + LONGEST)]


def measured(c: Text, number: Callable[[str], int | None]) -> list[Hit]:
    """Hits for the values of a text; ``number`` gives the node of a concept id."""
    found: list[Hit] = []
    near = _near_names(c)
    if not near:
        return found
    for start, end, concept in values(c.text, near[0], near[-1] + LOOK_BACK + LONGEST):
        node = number(concept)
        first, last = bisect_left(c.starts, start), bisect_left(c.ends, end)
        if node is not None and first <= last < len(c.starts) and c.starts[first] == start:
            entry = Entry(1, node, "measured", "EXACT", c.text[start:end], False)
            found.append(Hit(first, last, last - first + 1, (entry,), "measured"))
    return found
