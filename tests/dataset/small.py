"""A tiny record of our own, to be varied."""

from dataclasses import replace
from typing import Any

from medreason.records import Evidence, GraphRef, Option, Patient, Record, Score, SheetLine, Step

NAMES = ("Falling sickness", "Glass fever", "Hollow heart, type B", "Iron lung disease", "Jumping gout")
KEYS = "ABCDE"


def record(name: str = "r1", answer: int = 0, *, texts: tuple[str, ...] = NAMES, **changes: Any) -> Record:
    """A record whose every part names its option: evidence, score and sheet line."""
    options = tuple(Option(KEYS[i], text, f"X:{text}") for i, text in enumerate(texts))
    steps = (Step(1, f"{texts[0]} and {texts[-1]} lack the rash.", ()), Step(2, f"{texts[answer]} fits.", ()))
    made = Record(
        id=name, source="own", question=f"What has the patient {name}?", options=options, answer_key=KEYS[answer],
        chosen_key=KEYS[answer], margin=3.5, patient=Patient(), findings=(), organ_systems=("heart",),
        evidence={o.key: (Evidence(f"edge of {o.text}", "supports", "HP:1", 1.0),) for o in options},
        scores={o.key: Score(float(i), 0.0, 0.0, float(i)) for i, o in enumerate(options)},
        steps=steps, reasoning="\n".join(f"{s.n}. {s.text}" for s in steps), excluded_publications=(),
        graph=GraphRef("own", "1", "0"), teacher="none",
        sheet=(SheetLine("F1", "a rash"), *(SheetLine(f"E{i}", f"line of {o.text}", o.key, "supports")
                                            for i, o in enumerate(options, 1))),
    )  # fmt: skip
    return replace(made, **changes)


def saying(*texts: str, **changes: Any) -> Record:
    """The record with these steps."""
    steps = tuple(Step(n, text, ()) for n, text in enumerate(texts, 1))
    return record(steps=steps, reasoning="\n".join(f"{s.n}. {s.text}" for s in steps), **changes)
