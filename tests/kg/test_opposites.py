"""Opposites by name: the teacher's reading and the checker's, and the table in docs/scoring.md."""

import random
import re
from itertools import combinations, zip_longest
from pathlib import Path

import pytest

from medreason.kg import opposites as teacher
from medreason.kg.opposites import opposed
from medreason.kg.store import Graph
from medreason.quality import opposites as checker
from medreason.quality.opposites import opposite

PAGE = Path(__file__).resolve().parents[2] / "docs" / "scoring.md"

Scales = list[tuple[set[str], set[str]]]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Long philtrum", "Short philtrum"),
        ("Tall stature", "Disproportionate short stature"),
        ("Macrodontia", "Microdontia"),
        ("Macrodontia of permanent maxillary central incisor", "Small teeth"),
        ("Hypercalciuria", "Hypocalciuria"),
        ("Upslanted palpebral fissure", "Downslanted palpebral fissures"),
        ("Upslanted palpebral fissures", "Downslanted palpebral fissure"),
        ("Increased circulating IgE concentration", "Decreased circulating IgE concentration"),
        ("Elevated circulating IgE", "Reduced circulating IgE"),
        ("Joint hypermobility", "Flexion contracture"),
        ("Joint laxity", "Limitation of joint mobility"),
        ("Coxa vara", "Coxa valga"),
        ("Genu varum", "Genu valgum"),
        ("Polyhydramnios", "Oligohydramnios"),
        ("Tachycardia", "Sinus bradycardia"),
        ("Brachycephaly", "Dolichocephaly"),
        ("Wide nasal bridge", "Narrow nasal bridge"),
        ("Metabolic acidosis", "Metabolic alkalosis"),
        ("Thick upper lip vermilion", "Thin upper lip vermilion"),
        ("Weight loss", "Weight gain"),
        ("Mandibular prognathia", "Micrognathia"),
        ("Large-for-gestational age", "Small for gestational age"),  # a hyphen ends a word
        ("LONG PHILTRUM", "short philtrum"),
    ],
)
def test_opposites(one: str, other: str) -> None:
    for a, b in ((one, other), (other, one)):
        assert opposed(a, b), (a, b)
        assert opposite(a, b), (a, b)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # The same side, or the same name.
        ("Long philtrum", "Long philtrum"),
        ("Long philtrum", "Tall stature"),
        ("Hypercalciuria", "Increased circulating IgE concentration"),
        ("Macrodontia", "Large teeth"),
        ("Retrognathia", "Micrognathia"),
        # No word of a scale on one of the two, or on both.
        ("Long philtrum", "Smooth philtrum"),
        ("Seizure", "Ataxia"),
        ("", "Short philtrum"),
        ("", ""),
        # Sides of two different scales.
        ("Long philtrum", "Narrow philtrum"),
        ("Tachycardia", "Dolichocephaly"),
        ("Polydactyly", "Brachydactyly"),
        # One name on both sides stands on neither.
        ("Long fingers and short toes", "Short philtrum"),
        ("Long fingers and short toes", "Long philtrum"),
        ("Short long bone", "Long bone"),
        ("Hypoplasia with hyperpigmentation", "Hypopigmentation"),
        # Whole words, and beginnings of words, alone.
        ("Belonging", "Short philtrum"),
        ("Longitudinal vaginal septum", "Short philtrum"),
        ("Thinking difficulty", "Thick skin"),
        ("Against", "Weight loss"),
        ("Tetrahypocrite", "Hypercalciuria"),
        ("Amicrocoria", "Macrodontia"),
    ],
)
def test_what_is_no_opposite(one: str, other: str) -> None:
    for a, b in ((one, other), (other, one)):
        assert not opposed(a, b), (a, b)
        assert not opposite(a, b), (a, b)


# -- the two readings ----------------------------------------------------------------------------------


def _same(a: str, b: str) -> bool:
    """Asserts that both read a pair alike, and in both orders; whether they are opposites."""
    told = opposed(a, b)
    assert told == opposed(b, a) == opposite(a, b) == opposite(b, a), (a, b)
    return told


@pytest.fixture(scope="module")
def names(hpo: Graph) -> dict[int, str]:
    """Names of the phenotypes of HPO by node number."""
    concepts = ((n, hpo.concept_at(n)) for n in range(len(hpo.node_ids)))
    return {n: c.name for n, c in concepts if c.type == "phenotype"}


def test_both_read_random_pairs_alike(names: dict[int, str]) -> None:
    rng, every = random.Random(5), list(names.values())
    assert len(every) > 10_000
    found = sum(_same(rng.choice(every), rng.choice(every)) for _ in range(200_000))
    assert found > 500, found


def test_both_read_siblings_alike(hpo: Graph, names: dict[int, str]) -> None:
    rng = random.Random(6)
    below = {n: sorted({int(hpo.head[e]) for e in hpo.incoming[n].tolist()} & names.keys()) for n in names}
    groups = [children for n in sorted(names) if len(children := below[n]) > 1]
    assert len(groups) > 300
    found = sum(_same(names[a], names[b]) for group in rng.sample(groups, 300) for a, b in combinations(group, 2))
    assert found > 30, found


# -- the page ------------------------------------------------------------------------------------------


def _table() -> Scales:
    """The scales of the table in docs/scoring.md; a cell with semicolons holds a side of several scales."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = lines.index("| one side | other side |") + 2
    scales: Scales = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        sides = [re.sub(r"\(.*?\)", "", cell).split(";") for cell in line.strip("|").split("|")]
        for one, other in zip_longest(*sides, fillvalue=""):
            scales.append((set(re.findall(r"[^\s,]+", one)), set(re.findall(r"[^\s,]+", other))))
    return scales


def test_the_page_lists_the_words_of_both() -> None:
    table = _table()
    assert len(table) >= 18
    assert all(one and other for one, other in table)

    def canonical(scales: Scales) -> list[tuple[list[str], list[str]]]:
        return sorted((sorted(one), sorted(other)) for one, other in scales)

    of_teacher = [(set(one.split()), set(other.split())) for one, other in teacher.SCALES]
    of_checker = [tuple({w.replace("*", "-") for w in side} for side in scale) for scale in checker.SCALES]
    assert canonical(of_teacher) == canonical(table)
    assert canonical([(one, other) for one, other in of_checker]) == canonical(table)


def test_no_word_stands_twice() -> None:
    words = [w for one, other in _table() for w in (*one, *other)]
    assert len(words) == len(set(words))
