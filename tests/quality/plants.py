"""Errors planted into correct chains, one at a time, in the words in which a language model would make them.

A plant looks names up in the text by itself, not through the checker's vocabulary. It gives all its variants of one
chain; a kind that does not apply to a chain gives none.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

from medreason.records import SheetLine, Step
from tests.quality.chains import Case


class Planted(NamedTuple):
    """A chain with one error."""

    steps: list[Step]
    chosen: str
    told: str


Plant = Callable[[Case, random.Random], Iterator[Planted]]
COUNT = re.compile(r"(?<![\d.])(\d+) of (\d+)(?!\d)")
ENDS = re.compile(r"(?<=[.!?])\s+(?=[A-Z(])")


def put(case: Case, step: Step, text: str, cites: tuple[str, ...] | None = None, told: str = "") -> Planted:
    """The chain with a step's text and citations replaced."""
    new = case.step(step.n, text, step.cites if cites is None else tuple(dict.fromkeys(cites)))
    return Planted([new if s is step else s for s in case.steps], case.chosen, told or text)


def added(case: Case, step: Step, sentence: str, rng: random.Random, cites: tuple[str, ...] = ()) -> Planted:
    """The chain with a sentence put behind one of a step's sentences."""
    sentences = ENDS.split(step.text)
    sentences.insert(rng.randint(1, len(sentences)), sentence)
    return put(case, step, " ".join(sentences), (*step.cites, *cites), sentence)


def upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def low(text: str) -> str:
    """A name inside a sentence."""
    return text if text[1:2].isupper() or not text[:1].isupper() else text[:1].lower() + text[1:]


def about(case: Case, option: str) -> list[Step]:
    """Steps that name an option in full."""
    return [s for s in case.steps[1:] if case.options[option].casefold() in s.text.casefold()]


def silent(case: Case) -> list[tuple[str, str]]:
    """Options and present findings of which no line of the option says anything."""
    found = [(o, f) for o in case.options for f, status in case.status.items() if status == "observed"]
    return [(o, f) for o, f in found if case.of(o) and not case.touches(o, f)]


# -- who has what ------------------------------------------------------------------------------------------


def attributed(case: Case, rng: random.Random) -> Iterator[Planted]:
    """A finding is given to an option that has no line for it, in a sentence of its own."""
    forms = [
        "{F} is recorded for {o} as well.",
        "{o} also has {f} on record.",
        "{o} accounts for {f} too.",
        "{F} was seen in patients with {o}.",
        "{o} shares {f} with the others.",
        "With {o}, {f} is documented too.",
        "Patients with {o} show {f}.",
        "{o} explains {f} and therefore fits.",
    ]
    for option, finding in silent(case):
        if steps := about(case, option):
            name = rng.choice(case.names[finding])
            told = rng.choice(forms).format(F=upper(name), f=low(name), o=case.options[option])
            yield added(case, rng.choice(steps), told, rng, (case.labels[finding],))


def attributed_beside(case: Case, rng: random.Random) -> Iterator[Planted]:
    """The same behind a sentence that says of something else that it is not recorded."""
    forms = [", and {f} is recorded for {o}.", ", whereas {o} does have {f}.", ", but {f} is recorded for {o}."]
    for option, finding in silent(case):
        name = rng.choice(case.names[finding])
        for step in about(case, option):
            for sentence in ENDS.split(step.text):
                others = any(n.casefold() in sentence.casefold() for n in case.names[finding])
                if "not recorded" in sentence and sentence.endswith(".") and not others:
                    new = sentence[:-1] + rng.choice(forms).format(f=low(name), o=case.options[option])
                    yield put(case, step, step.text.replace(sentence, new), (*step.cites, case.labels[finding]), new)


def other_finding(case: Case, rng: random.Random) -> Iterator[Planted]:
    """A finding's name gives way to that of another which the option does not have."""
    for option, finding in silent(case):
        for step in about(case, option):
            for sentence in ENDS.split(step.text):
                if re.search(r"\bnot\b|neither|\bnor?\b|none|related|broader|against|lack|missing", sentence):
                    continue
                if sum(n.casefold() in sentence.casefold() for n in case.options.values()) != 1:
                    continue
                if case.options[option].casefold() not in sentence.casefold():
                    continue
                for line in case.of(option):
                    own = case.graph.name(line.concepts[0])
                    if line.stance == "supports" and own in sentence and case.names[finding][0] not in sentence:
                        new = sentence.replace(own, case.names[finding][0])
                        cites = (*step.cites, case.labels[finding])
                        yield put(case, step, step.text.replace(sentence, new), cites, new)


def other_option(case: Case, rng: random.Random) -> Iterator[Planted]:
    """In one sentence that grants findings, another option stands in the place of the one that has them."""
    for step in case.steps[1:]:
        for sentence in ENDS.split(step.text):
            there = [k for k, n in case.options.items() if n in sentence]
            if len(there) != 1 or re.search(r"\bnot\b|neither|\bnor?\b|none|related|broader|against", sentence):
                continue
            held = [ln for ln in case.of(there[0]) if case.graph.name(ln.concepts[0]) in sentence and ln.edges]
            for key, name in case.options.items():
                gone = [ln for ln in held if not case.touches(key, ln.concepts[0])]
                if key != there[0] and gone and case.of(key):
                    new = sentence.replace(case.options[there[0]], name)
                    labels = tuple(case.labels[ln.concepts[0]] for ln in gone if ln.concepts[0] in case.labels)
                    yield put(case, step, step.text.replace(sentence, new), (*step.cites, *labels), new)


def swapped(case: Case, rng: random.Random) -> Iterator[Planted]:
    """The two options of a comparison trade places."""
    for step in case.steps[1:]:
        for sentence in ENDS.split(step.text):
            there = [k for k, n in case.options.items() if sentence.count(n) == 1]
            others = [k for k, n in case.options.items() if sentence.count(n) > 1]
            if len(there) != 2 or others:
                continue
            a, b = (case.options[k] for k in there)
            if a in b or b in a or _alike(sentence, a, b):
                continue
            lopsided = re.search(rf"recorded (?:plainly |itself )?for ({re.escape(a)}|{re.escape(b)})"
                                 rf"[^.;:]*\bnot\b[^.;:]*"
                                 rf"({re.escape(a)}|{re.escape(b)})", sentence)  # fmt: skip
            counts = set(COUNT.findall(sentence))
            if lopsided or len(counts) >= 2:
                new = sentence.replace(a, "\0").replace(b, a).replace("\0", b)
                yield put(case, step, step.text.replace(sentence, new), told=new)


def _alike(sentence: str, a: str, b: str) -> bool:
    """Whether a sentence says the same of two options, or names one once more in short: the exchange may be true."""
    same = re.search(r"\bBetween\b|\boverlap|\balike\b|\bcannot (?:separate|part)\b|\bdo not separate\b", sentence)
    if same and not re.search(r"\blatter\b|\bformer\b|\d+ of \d+ for each", sentence):
        return True
    rest = sentence.replace(a, "").replace(b, "")
    return any(re.split(r"[ ,]", n)[0] in rest for n in (a, b))


# -- numbers -----------------------------------------------------------------------------------------------


def count_changed(case: Case, rng: random.Random) -> Iterator[Planted]:
    """3 of 7 becomes 5 of 7; the new count may stand on another line."""
    for step in case.steps:
        for m in COUNT.finditer(step.text):
            k, n = int(m[1]), int(m[2])
            new = rng.choice([x for x in range(1, min(n, k + 9) + 1) if x != k] or [k + 1])
            text = step.text[: m.start()] + f"{new} of {n}" + step.text[m.end() :]
            yield put(case, step, text, told=text[max(0, m.start() - 60) : m.end() + 30])


def count_moved(case: Case, rng: random.Random) -> Iterator[Planted]:
    """Two counts of a step trade places."""
    for step in case.steps:
        found = list(COUNT.finditer(step.text))
        pairs = [(a, b) for a, b in pairwise(found) if a.group() != b.group()]
        for a, b in pairs:
            t = step.text
            text = t[: a.start()] + b.group() + t[a.end() : b.start()] + a.group() + t[b.end() :]
            yield put(case, step, text, told=text[max(0, a.start() - 60) : b.end() + 30])


def percentage(case: Case, rng: random.Random) -> Iterator[Planted]:
    """A share in percent that no line has."""
    for step in case.steps[1:]:
        for m in COUNT.finditer(step.text):
            share = round(100 * int(m[1]) / int(m[2]))
            said = rng.choice([f"{share}%", f"about {share} %", f"roughly {share} percent", f"{share}.0 per cent"])
            yield put(case, step, step.text[: m.start()] + said + step.text[m.end() :], told=said)


def share_in_words(case: Case, rng: random.Random) -> Iterator[Planted]:
    """A small share told as most, a large one as few."""
    for step in case.steps[1:]:
        for m in re.finditer(r"in (\d+) of (\d+)(?: patients)?(?! annot)", step.text):
            k, n = int(m[1]), int(m[2])
            if n < 5 or 0.3 < k / n < 0.7:
                continue
            many = [
                "in most patients",
                "in the majority of patients",
                "in nearly all patients",
                "in almost every patient",
            ]
            few = ["in a minority of patients", "in few patients", "only rarely", "in a small share of patients"]
            said = rng.choice(few if k / n > 0.5 else many)
            text = step.text[: m.start()] + said + step.text[m.end() :]
            yield put(case, step, text, told=text[max(0, m.start() - 90) : m.end() + 60])


def always(case: Case, rng: random.Random) -> Iterator[Planted]:
    """One patient of one told as all."""
    forms = ["{F} is seen in every patient with {o}.", "{o} always shows {f}.", "All patients with {o} have {f}.",
             "{F} is a constant feature of {o}.", "{F} is invariably present in {o}.",
             "In {o}, {f} occurs in 100 % of patients.", "{F} was present in all reported cases of {o}."]  # fmt: skip
    for option in case.options:
        for line in case.of(option):
            if "1 of 1 patient" not in line.text or line.stance != "supports":
                continue
            for step in about(case, option):
                name = case.graph.name(line.concepts[0])
                told = rng.choice(forms).format(F=name, f=low(name), o=case.options[option])
                yield added(case, step, told, rng, (line.id,))


# -- polarity ----------------------------------------------------------------------------------------------


def made_not_recorded(case: Case, rng: random.Random) -> Iterator[Planted]:
    """recorded → not recorded."""
    for step in case.steps[1:]:
        for m in re.finditer(
            r"\b(is|are|were|was) ((?:both |all |each |also )*)"
            r"(recorded for(?! no| n?either)|seen in(?! \d| an? | only))",
            step.text,
        ):
            clause = re.split(r"[.;]", step.text[: m.start()])[-1]
            if (
                re.search(r"\b(?:neither|nor|none|no|nothing|[Ee]very|[Aa]ll)\b", clause + m[2])
                or "alone" in step.text[m.end() :][:40]
            ):
                continue  # another sense than the one meant here
            new = rng.choice(["{0} not {1}recorded for", "{0} {1}not on record for", "{0} {1}not recorded for"])
            text = step.text[: m.start()] + new.format(m[1], m[2]) + step.text[m.end() :]
            yield put(case, step, text, told=text[max(0, m.start() - 60) : m.end() + 50])


def said_not_recorded(case: Case, rng: random.Random) -> Iterator[Planted]:
    """A finding that an option has is told as missing from it."""
    forms = ["{F} is not recorded for {o}.", "{o} has no record of {f}.", "{F} is missing from the record of {o}.",
             "{o} lacks {f}.", "For {o}, {f} is unrecorded.", "{o} does not explain {f}.",
             "{F} is left unexplained by {o}.", "Neither way is {f} listed for {o}."]  # fmt: skip
    for option in case.options:
        for line in case.of(option):
            finding = line.concepts[0]
            if line.stance == "supports" and len(line.edges) == 1 and finding in case.names:
                for step in about(case, option)[:1]:
                    name = rng.choice(case.names[finding])
                    told = rng.choice(forms).format(F=upper(name), f=low(name), o=case.options[option])
                    yield added(case, step, told, rng, (line.id,))


def made_recorded(case: Case, rng: random.Random) -> Iterator[Planted]:
    """not recorded → recorded."""
    for step in case.steps[1:]:
        for m in re.finditer(r"\b(is|are|remains?) not recorded for", step.text):
            if re.search(r"\bnor\b[^.;]*$", step.text[: m.start()]):
                continue
            new = rng.choice(["{0} recorded for", "{0} on record for", "{0} also recorded for"])
            text = step.text[: m.start()] + new.format(m[1]) + step.text[m.end() :]
            yield put(case, step, text, told=text[max(0, m.start() - 80) : m.end() + 50])
        for m in re.finditer(r"\b([Nn])either (.{3,60}?) nor (.{3,60}?) is recorded for", step.text):
            both = ("Both" if m[1] == "N" else "both") + f" {m[2]} and {m[3]} are recorded for"
            text = step.text[: m.start()] + both + step.text[m.end() :]
            yield put(case, step, text, told=text[max(0, m.start() - 40) : m.end() + 50])


def against_for(case: Case, rng: random.Random) -> Iterator[Planted]:
    """What contradicts an option is told in its favour."""
    forms = ["{F} supports {o}.", "{F} speaks for {o}.", "{F} is recorded for {o}, which fits.",
             "{F} agrees with {o}.", "{o} is consistent with {f}.", "{o} accounts for {f}."]  # fmt: skip
    for option in case.options:
        for line in case.of(option):
            if line.stance == "contradicts":
                name = case.graph.name(line.concepts[0])
                for step in about(case, option):
                    told = rng.choice(forms).format(F=name, f=low(name), o=case.options[option])
                    yield added(case, step, told, rng, (line.id,))
                    for m in re.finditer(
                        r"\b(speaks?|weighs?|counts?|stands?|argues?|is|evidence) against\b", step.text
                    ):
                        if "o line" not in step.text[max(0, m.start() - 9) : m.start()]:
                            text = step.text[: m.start()] + f"{m[1]} for" + step.text[m.end() :]
                            yield put(case, step, text, told=text[max(0, m.start() - 50) : m.end() + 50])


def for_against(case: Case, rng: random.Random) -> Iterator[Planted]:
    """What supports an option is told against it."""
    forms = ["{F} speaks against {o}.", "{F} argues against {o}.", "Against {o} stands {f}.",
             "{F} is evidence against {o}.", "{F} contradicts {o}.", "{F} makes {o} less likely.",
             "{F} does not fit {o}.", "{F} weighs against {o}."]  # fmt: skip
    for option in case.options:
        for line in case.of(option):
            if line.stance == "supports":
                name = case.graph.name(line.concepts[0])
                for step in about(case, option)[:1]:
                    told = rng.choice(forms).format(F=name, f=low(name), o=case.options[option])
                    yield added(case, step, told, rng, (line.id,))


def absent_present(case: Case, rng: random.Random) -> Iterator[Planted]:
    """An absent finding told as present."""
    forms = ["{F} is present.", "The patient also has {f}.", "{F} adds to the picture.", "There is {f} as well.",
             "Together with {f}, this is a telling picture."]  # fmt: skip
    for finding, status in case.status.items():
        if status == "excluded":
            for step in case.steps[:2]:
                name = rng.choice(case.names[finding])
                told = rng.choice(forms).format(F=upper(name), f=low(name))
                yield added(case, step, told, rng, (case.labels[finding],))


def present_absent(case: Case, rng: random.Random) -> Iterator[Planted]:
    """A present finding told as absent."""
    forms = ["{F} is absent.", "The patient has no {f}.", "{F} was looked for and not found.", "There is no {f} here.",
             "{F} was looked for and is absent.", "The patient does not have {f}.", "{F} is not present in this case.",
             "The absence of {f} is also of note."]  # fmt: skip
    for finding, status in case.status.items():
        if status == "observed":
            name = rng.choice(case.names[finding])
            told = rng.choice(forms).format(F=upper(name), f=low(name))
            yield added(case, case.steps[0], told, rng, (case.labels[finding],))


def broader_as_itself(case: Case, rng: random.Random) -> Iterator[Planted]:
    """Only a broader or a related term is recorded, and the finding itself is said to be."""
    forms = ["{F} is recorded for {o}.", "{F} itself is recorded for {o}.", "{o} has {f} on record.",
             "{o} accounts for {f} as well.", "{F} was seen in patients with {o}.", "{o} shows {f}."]  # fmt: skip
    for option in case.options:
        for line in case.of(option):
            if line.stance == "compatible" and line.concepts[0] in case.names:
                for step in about(case, option):
                    name = rng.choice(case.names[line.concepts[0]])
                    told = rng.choice(forms).format(F=upper(name), f=low(name), o=case.options[option])
                    yield added(case, step, told, rng, (line.id,))
                    term = case.graph.name(line.concepts[1])
                    own = case.graph.name(line.concepts[0])
                    for m in re.finditer(rf"(?:the |only )*(?:broader|related) {re.escape(term)}", step.text, re.I):
                        text = step.text[: m.start()] + own + step.text[m.end() :]
                        said = next((s for s in ENDS.split(text) if own in s), "")
                        loose = r"related|broader|place|stands? in|sideways|instead"
                        loose += r"|approach|loose|near|different|n?either|n[oe]"
                        if line.id in step.cites and not re.search(rf"\b(?:{loose})", said):
                            yield put(case, step, text, told=text[max(0, m.start() - 70) : m.end() + 50])


# -- names -------------------------------------------------------------------------------------------------

FINDINGS = (
    "seizures", "splenomegaly", "an enlarged spleen", "hepatomegaly", "nystagmus", "cataract", "hypotonia", "fever",
    "scoliosis", "hearing loss", "microcephaly", "jaundice", "epistaxis", "nosebleeds", "hematuria", "anemia",
    "short stature", "macroglossia", "a large tongue", "polydactyly", "cleft palate", "hyperhidrosis", "alopecia",
    "photophobia", "ptosis", "strabismus", "vitiligo", "proteinuria", "a congenital heart defect", "arrhythmia",
)  # fmt: skip
DISEASES = (
    "Turner syndrome", "sarcoidosis", "Wilson disease", "systemic lupus erythematosus", "Crohn disease",
    "tuberculosis", "rheumatoid arthritis", "multiple sclerosis", "diabetes mellitus", "Gaucher disease",
    "Noonan syndrome", "hypothyroidism", "Behcet disease", "asthma", "Down syndrome", "leukemia", "lymphoma",
    "Ehlers-Danlos syndrome, hypermobility type", "myasthenia gravis", "Hirschsprung disease",
)  # fmt: skip


def _strange(case: Case, name: str) -> bool:
    """Whether neither question nor sheet has a word of a name."""
    words = [w for w in re.findall(r"[a-z]{5,}", name.casefold()) if w not in ("disease", "syndrome")]
    text = " ".join([case.question, *case.options.values(), *(line.text for line in case.sheet)]).casefold()
    return not any(w[:6] in text for w in words)


def foreign_finding(case: Case, rng: random.Random) -> Iterator[Planted]:
    """A finding that neither question nor sheet has."""
    forms = ["The patient also has {f}.", "{o} would be expected to show {f}.", "{F} is recorded for {o}.",
             "One would look for {f} in {o}.", "{F} is not recorded for {o}."]  # fmt: skip
    pool = [f for f in FINDINGS if _strange(case, f)]
    for name in rng.sample(pool, min(6, len(pool))):
        step = rng.choice(case.steps[1:])
        option = next((n for n in case.options.values() if n in step.text), case.options[case.chosen])
        yield added(case, step, rng.choice(forms).format(F=upper(name), f=name, o=option), rng)


def foreign_disease(case: Case, rng: random.Random) -> Iterator[Planted]:
    """A disease that neither question nor sheet has."""
    forms = ["{F} would be another thought.", "The picture resembles {f}.", "{o} is easily mistaken for {f}.",
             "{F} is not among the options."]  # fmt: skip
    pool = [f for f in DISEASES if _strange(case, f)]
    for name in rng.sample(pool, min(6, len(pool))):
        step = rng.choice(case.steps[1:])
        option = next((n for n in case.options.values() if n in step.text), case.options[case.chosen])
        yield added(case, step, rng.choice(forms).format(F=upper(name), f=name, o=option), rng)


# -- citations ---------------------------------------------------------------------------------------------


def _told_in(case: Case, line: SheetLine, text: str) -> bool:
    """Whether a step has a word of a line's subject or of its recorded term."""
    names = [case.graph.name(c) for c in line.concepts[:2]] + case.names.get(line.concepts[0], [])
    words = {w for n in names for w in re.findall(r"[a-z]{4,}", n.casefold())}
    return any(w[:5] in text.casefold() for w in words)


def cited_in_vain(case: Case, rng: random.Random) -> Iterator[Planted]:
    """A step cites a line of its option or a finding of which it does not speak."""
    for step in case.steps[1:]:
        for line in case.sheet:
            mine = not line.option or case.options[line.option] in step.text
            if mine and line.concepts and line.id not in step.cites and not _told_in(case, line, step.text):
                yield put(case, step, step.text, (*step.cites, line.id), f"+{line.id}")


def cited_of_other(case: Case, rng: random.Random) -> Iterator[Planted]:
    """A step cites what another option has of the same finding."""
    for step in case.steps[1:]:
        for cite in step.cites:
            line = case.lines[cite]
            if line.option:
                for key in case.options:
                    other = case.line(key, line.concepts[0])
                    if key != line.option and other and case.options[key] not in step.text:
                        cites = tuple(other.id if c == cite else c for c in step.cites)
                        yield put(case, step, step.text, cites, f"{cite}→{other.id}")


def not_cited(case: Case, rng: random.Random) -> Iterator[Planted]:
    """A step leaves out one evidence line whose finding and option it names."""
    for step in case.steps[1:]:
        for cite in step.cites:
            line = case.lines[cite]
            if line.option and line.edges and case.graph.name(line.concepts[0]) in step.text and len(step.cites) > 1:
                cites = tuple(c for c in step.cites if c != cite)
                if case.options[line.option] in step.text:
                    yield put(case, step, step.text, cites, f"-{cite}")


def no_citation(case: Case, rng: random.Random) -> Iterator[Planted]:
    """A step cites nothing."""
    for step in case.steps:
        yield put(case, step, step.text, ())


# -- the whole ---------------------------------------------------------------------------------------------


def contradiction_dropped(case: Case, rng: random.Random) -> Iterator[Planted]:
    """What contradicts the chosen option is neither told nor cited."""
    against = [ln for ln in case.sheet if ln.option == case.chosen and ln.stance == "contradicts"]
    for line in against:
        name = case.graph.name(line.concepts[0])
        steps = []
        for step in case.steps:
            kept = [s for s in ENDS.split(step.text) if name not in s] or [step.text]
            steps.append(case.step(step.n, " ".join(kept), [c for c in step.cites if c != line.id]))
        yield Planted(steps, case.chosen, f"-{line.id}")


def other_conclusion(case: Case, rng: random.Random) -> Iterator[Planted]:
    """The last step concludes for another option than the chosen one."""
    last, own = case.steps[-1], case.options[case.chosen]
    for key, name in case.options.items():
        if key != case.chosen and case.of(key):
            text = re.sub(re.escape(own), lambda _: name, last.text, flags=re.IGNORECASE)  # noqa: B023
            yield put(case, last, text, told=text)
            told = rng.choice(
                [
                    f"{name} is therefore the best supported option.",
                    f"Taken together, {name} fits best.",
                    f"The evidence thus favours {name} over {own}.",
                    f"{own} comes second to {name}.",
                ]
            )
            yield put(case, last, f"{last.text} {told}", told=told)


def chosen_changed(case: Case, rng: random.Random) -> Iterator[Planted]:
    """The text stays, and another option is called chosen."""
    for key in case.options:
        if key != case.chosen:
            yield Planted(list(case.steps), key, f"chosen {key}")


# -- words -------------------------------------------------------------------------------------------------


def _phrases(*forms: str) -> Plant:
    def plant(case: Case, rng: random.Random) -> Iterator[Planted]:
        for step in case.steps[1:]:
            there = [k for k, n in case.options.items() if n in step.text and case.of(k)]
            if not there:
                continue
            option = rng.choice(there)
            lines = [ln for ln in case.of(option) if ln.stance == "supports" and len(ln.edges) == 1]
            if not lines:
                continue
            line = rng.choice(lines)
            name = case.graph.name(line.concepts[0])
            words = {"F": name, "f": low(name), "o": case.options[option], "k": option, "e": line.id}
            words["y"] = next((n for k, n in case.options.items() if k != option), "")
            told = rng.choice(forms).format(**words)
            yield added(case, step, told, rng, (line.id,))

    return plant


certainty = _phrases(
    "{F} rules out {y}.", "{F} confirms {o}.", "{F} is diagnostic of {o}.", "{F} proves {o}.", "{F} excludes {y}.",
    "{F} makes {o} certain.", "{F} establishes the diagnosis of {o}.", "{o} is clearly the diagnosis.",
    "There is no doubt that this is {o}.", "{F} is specific for {o}.", "{F} clinches {o}.", "This can only be {o}.",
    "{F} leaves no other explanation than {o}.", "{y} can be ruled out.", "{F} is virtually diagnostic of {o}.",
)  # fmt: skip
never = _phrases(
    "{F} does not occur in {y}.", "{F} is never seen in {y}.", "{F} cannot occur in {y}.", "{F} is unheard of in {y}.",
    "{y} does not cause {f}.", "{F} does not appear in {y}.", "{y} never presents with {f}.",
    "Patients with {y} do not have {f}.", "{F} is not a feature of {y}.", "{F} is not seen in {y}.",
)  # fmt: skip
leak = _phrases(
    "As the answer says, {o} fits.", "Since the correct option is {k}, {f} matters.", "The given answer is {o}.",
    "The answer key names {o}.", "This agrees with the expected answer, {o}.", "{o} is the right answer, as stated.",
    "Knowing that the answer is {o}, {f} carries weight.", "The hint points to {o}.", "We are told that it is {o}.",
    "The solution provided is {o}.", "Given that {o} is correct, {f} must count.", "{o} is the correct choice.",
)  # fmt: skip
ids = _phrases(
    "{F} ({e}) is recorded for {o}.", "According to {e}, {f} is recorded for {o}.", "{F} is recorded for {o} [{e}].",
    "Line {e} records {f} for {o}.", "{F}, see {e}, is recorded for {o}.",
)  # fmt: skip
causal = _phrases(
    "{o} is caused by mutations in the gene ABCD1.", "A defect of the gene FBN1 causes {f}.",
    "{F} in {o} results from a gene mutation.", "{o} is an autosomal recessive disorder of one gene.",
    "{o} is due to pathogenic variants of PTEN.", "{o} arises from a deletion on a chromosome.",
    "The gene behind {o} encodes a collagen.", "{o} is inherited from a carrier mother.",
)  # fmt: skip
epidemiology = _phrases(
    "{o} is the commonest cause of {f} worldwide.", "{o} is the most common disorder of its kind.",
    "{o} has a prevalence of one in ten thousand.", "{o} is rare in the general population.",
    "{o} mostly affects children of northern European descent.", "{F} is a frequent reason for referral in {o}.",
    "Most cases of {f} are due to {o}.", "{o} is more prevalent in men.", "{y} is far less common than {o}.",
    "{o} typically presents with {f} in infancy.", "{F} is the hallmark of {o}.", "{F} is classic for {o}.",
)  # fmt: skip
mechanism = _phrases(
    "{F} arises because a faulty enzyme lets its substrate accumulate.", "In {o} a defective channel leads to {f}.",
    "{F} follows from a loss of elastic fibres in {o}.", "{o} weakens connective tissue, which produces {f}.",
    "{F} reflects autoantibodies that attack the tissue.", "{o} disturbs mitochondrial energy production, hence {f}.",
    "Deposits in the vessel wall give rise to {f} in {o}.", "{F} is secondary to inflammation in {o}.",
    "{o} impairs protein folding, and this triggers {f}.", "The pathway that fails in {o} explains {f}.",
)  # fmt: skip

KINDS: dict[str, Plant] = {
    p.__name__: p
    for p in (
        attributed, attributed_beside, other_finding, other_option, swapped, count_changed, count_moved, percentage,
        share_in_words, always, made_not_recorded, said_not_recorded, made_recorded, against_for, for_against,
        absent_present, present_absent, broader_as_itself, foreign_finding, foreign_disease, cited_in_vain,
        cited_of_other, not_cited, no_citation, contradiction_dropped, other_conclusion, chosen_changed,
    )
}  # fmt: skip
KINDS |= {
    "certainty": certainty, "never": never, "leak": leak, "ids": ids, "causal": causal, "epidemiology": epidemiology,
    "mechanism": mechanism,
}  # fmt: skip


def sample(case: Case, kind: str, most: int) -> list[Planted]:
    """Up to so many planted errors of a kind in one chain, the same ones every time."""
    rng = random.Random(f"{case.id} {kind}")
    found = list(KINDS[kind](case, rng))
    return rng.sample(found, min(most, len(found)))
