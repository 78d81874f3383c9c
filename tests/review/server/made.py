"""A study of a few short cases, made on the spot: two arms with names that must not reach a browser."""

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from medreason.review.answers import Body, Side
from medreason.review.material import ArmText, Case, Material, ShownEdge, ShownSide, ShownStep
from medreason.review.protocol import Protocol
from medreason.review.store import Person, Role, StudyFile
from tests.review.server.hostile import HOSTILE

ARMS = {"zebrafinch": "Quokka system", "marmoset": "Capybara baseline"}
CONSENT = "You judge reasoning on made-up cases.\nYour answers are kept under a random number and can be erased."
# Vignette, options (the first is right), and for each arm steps with what they cite.
CASES = (
    (
        "A 24-year-old woman has had fatigue and heavy periods for a year. Ferritin is 4 ug/L and haemoglobin 92 g/L "
        "with small, pale red cells.",
        ("Iron deficiency anaemia", "Beta thalassaemia trait", "Vitamin B12 deficiency"),
        ("Low ferritin shows empty iron stores.", "Heavy periods explain the loss of iron.",
         "Red cells without enough iron are small and pale."),
        ("Small red cells fit a lack of iron.", "Vitamin B12 deficiency would make red cells large.",
         "Ferritin below 15 ug/L settles it."),
    ),
    (
        "A 60-year-old man has sudden severe pain of the first toe joint at night. It is red and hot. Fluid from the "
        "joint shows needle-shaped crystals, negatively birefringent.",
        ("Gout", "Calcium pyrophosphate disease", "Septic arthritis"),
        ("Needle-shaped, negatively birefringent crystals are urate.", "The first toe joint is the usual place.",
         "A red, hot joint that began at night fits."),
        ("Crystals of calcium pyrophosphate are rhomboid.", "A Gram stain and culture still exclude infection.",
         "The shape and birefringence are those of urate."),
    ),
    (
        "A 30-year-old man has burning pain on passing urine and a urethral discharge. A nucleic acid test is positive "
        "for Chlamydia trachomatis and negative for Neisseria gonorrhoeae.",
        ("Chlamydial urethritis", "Gonococcal urethritis", "Renal colic"),
        ("The nucleic acid test names the agent.", "A negative test speaks against gonorrhoea.",
         "The symptoms are those of urethritis."),
        ("Discharge and burning are signs of urethritis.", "Colic would give flank pain without discharge.",
         "Chlamydia was found, gonococci were not."),
    ),
    (
        "A 5-year-old child has had fever for two days, a barking cough and a harsh sound on breathing in. It swallows "
        "well and does not drool.",
        ("Croup", "Epiglottitis", "Asthma"),
        ("A barking cough with stridor is typical of croup.", "Without drooling, epiglottitis is unlikely.",
         "Fever for two days fits a viral infection."),
        ("Asthma gives a wheeze on breathing out.", "The sound on breathing in points to the upper airway.",
         "A child who swallows well hardly has epiglottitis."),
    ),
)  # fmt: skip
EDGE = ShownEdge(
    "has phenotype",
    "Iron deficiency anaemia",
    "Microcytic anemia",
    "",
    "textbook",
    ("frequency: 9 of 10",),
    in_graph=True,
)
GONE = ShownEdge("cited as", "E0000000000000000", "", "", "", (), in_graph=False)


def _arm(texts: Sequence[str], answer: str = "A") -> ArmText:
    steps = tuple(
        ShownStep(text, (EDGE,) if n == 0 else (EDGE, GONE) if n == 1 else ()) for n, text in enumerate(texts)
    )
    return ArmText(ShownSide(steps, answer), tuple(range(1, len(steps) + 1)))


def _case(n: int) -> Case:
    vignette, options, first, second = CASES[n % len(CASES)]
    arms = list(ARMS)[:: 1 if n % 2 else -1]
    texts = dict(zip(arms, (_arm(first), _arm(second)), strict=True))
    stratum = {"source": "made", "organ_system": "blood" if n % 4 == 0 else "other", "difficulty": "easy"}
    return Case(f"case-{n}", stratum, vignette, tuple(zip("ABC", options, strict=True)), texts)


def _hostile(n: int) -> Case:
    words = HOSTILE[n]
    edge = ShownEdge(words, words, words, words, words, (words,), in_graph=n % 2 == 0)
    side = ShownSide((ShownStep(words, (edge,)), ShownStep(words, (edge,))), "A")
    texts = {arm: ArmText(side, (1, 2)) for arm in ARMS}
    return Case(f"case-{n}", {"source": words}, words, (("A", words), ("B", words)), texts)


def _without_origins(case: Case, arm: str) -> dict[str, ArmText]:
    """The case's texts, those of one arm as outputs of a model."""
    return {name: replace(t, origins=(0,) * len(t.origins)) if name == arm else t for name, t in case.texts.items()}


def _pair(case: Case, n: int) -> dict[str, ArmText]:
    """Two of three arms, in turn."""
    names = [*ARMS, "heron"]
    left_out = names[n % 3]
    return dict(zip([name for name in names if name != left_out], case.texts.values(), strict=True))


@dataclass
class Made:
    """A study with its people.

    Attributes:
        tokens: By short name, for the link.
        ids: By short name.
        secrets: Words that no response may hold.
    """

    study: StudyFile
    path: Path
    tokens: dict[str, str]
    ids: dict[str, str]
    secrets: list[str]

    def task(self, name: str) -> str:
        """Key of the first task of a reviewer."""
        return self.study.tasks(self.ids[name])[0].key

    def outside(self) -> Body:
        """An answer that declines the case."""
        return Body(outside_specialty=True)

    def full(self, key: str, label: str = "correct") -> Body:
        """A whole answer; every step on each side gets the label."""
        item = self.study.item(key)
        steps = {side: [label] * len(one.steps) for side, one in item.sides.items()}
        scales = {side: dict.fromkeys(self.study.protocol.asked.scales, 4) for side in item.sides}
        return Body.model_validate(
            {"steps": steps, "scales": scales, "preference": "tie", "confidence": 4, "seconds": 60}
        )

    def dispute(self) -> str:
        """Key of a step's disagreement between ada and ben; neither's first task is touched."""
        known = self.study.disagreements()
        if known:
            return known[0].key
        vignettes = [
            {self.study.item(t.key).vignette: t.key for t in self.study.tasks(self.ids[n])[1:]} for n in ("ada", "ben")
        ]
        shared = next(vignette for vignette in vignettes[0] if vignette in vignettes[1])
        for keys, label in zip(vignettes, ("harmful", "correct"), strict=True):
            self.study.save(keys[shared], self.full(keys[shared], label), base=0, done=True)
        return self.study.disagreements()[0].key

    def guess_fields(self) -> dict[str, str]:
        return {"could_tell": "no", "cue": ""}

    def verdict_fields(self) -> dict[str, str]:
        return {"verdict": "harmful", "comment": "dose far too high"}

    def fingerprint(self) -> str:
        """A hash over all that the study file holds."""
        with sqlite3.connect(self.path) as base:
            return hashlib.sha256("\n".join(base.iterdump()).encode("utf-8", "surrogatepass")).hexdigest()

    def arms(self, key: str) -> dict[Side, str]:
        """Which arm stands on which side of a task, read past all blinding."""
        with sqlite3.connect(self.path) as base:
            n, swapped = base.execute("SELECT case_n, swapped FROM tasks WHERE key = ?", (key,)).fetchone()
        case = self.study._case(n)
        names = case.arms[::-1] if swapped else case.arms
        sides: tuple[Side, ...] = ("left", "right")
        return dict(zip(sides, names, strict=False))


def protocol_of(items: int, *, overlap: int = 2, words: str = "", **more: object) -> Protocol:
    values = {
        "title": words[:200] or "Reasoning on four short cases",
        "contact": words[:200] or "study office",
        "consent": words or CONSENT,
        "arms": {name: {"path": f"{name}.jsonl", "label": label} for name, label in ARMS.items()},
        "sample": {"items": items},
        "overlap": overlap,
    }
    return Protocol.model_validate(values | more)


def make(
    folder: Path,
    *,
    items: int,
    hostile: bool = False,
    reviewers: Sequence[str] = ("ada", "ben"),
    overlap: int = 2,
    plain: str = "",
    third: bool = False,
    **more: object,
) -> Made:
    """A study file with reviewers, the adjudicator cyd and the coordinator dee.

    Args:
        hostile: Every text of it would do harm where a page lets it.
        plain: An arm whose texts are of no record.
        third: A third arm, heron; each case shows two.
        more: Other keys of the protocol.
    """
    path = folder / "study.db"
    cases = tuple(_hostile(n) if hostile else _case(n) for n in range(items))
    if plain:
        cases = tuple(replace(c, texts=_without_origins(c, plain)) for c in cases)
    if third:
        cases = tuple(replace(c, texts=_pair(c, n)) for n, c in enumerate(cases))
        more["arms"] = {name: {"path": f"{name}.jsonl", "label": ARMS.get(name, "")} for name in (*ARMS, "heron")}
    if more.get("asked") == {"pairwise": False}:
        cases = tuple(replace(c, texts=dict([list(c.texts.items())[n % 4 // 2]])) for n, c in enumerate(cases))
    words = "\n".join(HOSTILE[:6]) if hostile else ""
    study = StudyFile.create(
        path, protocol_of(items, overlap=overlap, words=words, **more), Material(cases, "made 1 0", {}, items)
    )
    short = [*reviewers, "cyd", "dee"]
    roles: dict[str, Role] = {"cyd": "adjudicator", "dee": "coordinator"}
    people = [
        Person(
            f"{name} {HOSTILE[n % 6]}" if hostile else name,
            roles.get(name, "reviewer"),
            (HOSTILE[0],) if hostile else (),
        )
        for n, name in enumerate(short)
    ]  # fmt: skip
    added = study.add_people(people)
    secrets = [*ARMS, *ARMS.values(), *(f"case-{n}" for n in range(items)), "repeat_of", "swapped"]
    return Made(
        study, path, {name: token for name, (_, token) in zip(short, added, strict=True)},
        {name: person for name, (person, _) in zip(short, added, strict=True)}, secrets,
    )  # fmt: skip
