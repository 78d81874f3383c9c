"""The list of a site: one short line an item, with numbers in place of the values that repeat."""

from __future__ import annotations

from typing import Any, NamedTuple

KEPT = "kept"
SNIPPET = 150


class Line(NamedTuple):
    """What the list shows of an item, and what its filters ask.

    Attributes:
        key: The item's id; a second item of the same id is called ``ID~2``. Stands in the address of its page.
        title: The answer; of an item that was not kept its id.
        text: The beginning of the question; of an item that was not kept why it was not.
        systems: Organ systems.
        source: Where the question comes from.
        outcome: ``kept``, or ``stage/reason``.
        lead: Lead of the best option over the second in bits; ``None`` where options have no scores.
        flags: As the record has them, without what follows a colon.
        reviewed: A clinician has reviewed the record.
    """

    key: str
    title: str
    text: str
    systems: tuple[str, ...]
    source: str
    outcome: str
    lead: float | None
    flags: tuple[str, ...]
    reviewed: bool


def clean(text: str) -> str:
    """The text without half surrogates, which no address and no UTF-8 file can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def cut(text: str, most: int = SNIPPET) -> str:
    """The beginning of a text on one line, at most so many characters, cut at a blank where there is one."""
    flat = " ".join(text.split())
    if len(flat) <= most:
        return flat
    head = flat[: most - 1]
    at = head.rfind(" ")
    return (head[:at] if at > most // 2 else head) + "…"


def id_of(row: dict[str, Any]) -> str:
    """The id of a row of either format."""
    return clean(str(row.get("id") or row.get("id_in_dataset") or ""))


def answer_of(row: dict[str, Any]) -> str:
    """Text of the answer of a record of either format."""
    options = row.get("options")
    if isinstance(options, list):
        for option in options:
            if option["key"] == row.get("answer_key"):
                return str(option["text"])
    return str(row.get("answer") or row.get("answer_key") or "")


def line(kind: str, row: dict[str, Any], key: str) -> Line:
    """The line of an item.

    Args:
        kind: ``record`` or ``rejection``.
        row: The row, of this project's format or of the published one.
        key: What the item is called in addresses.
    """
    lead = None if row.get("scores") == {} else row.get("margin")
    lead = float(lead) if isinstance(lead, int | float) else None
    if kind == "rejection":
        outcome = f"{row['stage']}/{row['reason']}"
        return Line(key, id_of(row) or key, cut(str(row["detail"])), (), "", outcome, lead, (), reviewed=False)
    source = str(row.get("source") or row.get("dataset_name") or "")
    return Line(
        key,
        cut(answer_of(row)) or key,
        cut(str(row["question"])),
        tuple(row.get("organ_systems") or ()),
        source,
        KEPT,
        lead,
        tuple(dict.fromkeys(f.partition(":")[0] for f in row.get("flags") or ())),
        reviewed=bool(row.get("clinician_reviewed")),
    )


class Keys:
    """Names for addresses: the ids, made different where they are not."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def name(self, id_: str) -> str:
        """The id, or ``ID~2``, ``ID~3`` … for further items of the same id; ``item`` for an empty one."""
        base = id_ or "item"
        key, n = base, 1
        while key in self._taken:
            n += 1
            key = f"{base}~{n}"
        self._taken.add(key)
        return key


class Tables:
    """The values that repeat (sources, systems, outcomes, flags), numbered as they come, and their counts."""

    def __init__(self) -> None:
        self.names: dict[str, dict[str, int]] = {"source": {}, "system": {}, "outcome": {}, "flag": {}}
        self.counts: dict[str, list[int]] = {name: [] for name in self.names}

    def number(self, table: str, value: str) -> int:
        """The number of a value; counts it."""
        names, counts = self.names[table], self.counts[table]
        n = names.setdefault(clean(value), len(names))
        if n == len(counts):
            counts.append(0)
        counts[n] += 1
        return n

    def coded(self, found: Line) -> list[Any]:
        """The line as the list's script reads it: a list, numbers for values; the lead in tenths of bits."""
        return [
            found.key, clean(found.title), clean(found.text), [self.number("system", s) for s in found.systems],
            self.number("source", found.source) if found.source else -1, self.number("outcome", found.outcome),
            None if found.lead is None else round(10 * found.lead), [self.number("flag", f) for f in found.flags],
            int(found.reviewed),
        ]  # fmt: skip

    def document(self) -> dict[str, list[list[Any]]]:
        """Each table as value and count, in the order of the numbers."""
        return {t: [[name, self.counts[t][n]] for name, n in names.items()] for t, names in self.names.items()}
