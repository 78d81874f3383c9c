"""Which words measure: numbers, units, and the names of vital signs and laboratory values.

"Temperature is 37.1 °C, pulse is 80/min, blood pressure is 120/80 mm Hg" stands in thousands of vignettes and says
nothing about where a question comes from. A run of words counts as a panel when at least six in ten of its words
measure, and at least two of them are numbers. What it is not: a reader of values; no value is judged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from medreason.quality.near import Hashes, Numbers, Rows

SHARE = 0.6
FEWEST_NUMBERS = 2
_NUMBER = re.compile(r"[<>]?\d[\d.]*(?:st|nd|rd|th|g|mg|kg|ml|l|cm|mm|mm3|c|f|k|m|min|x|%)?")
_UNITS = """c f celsius fahrenheit min minute minutes mm mmhg hg cm m kg g gm mg mcg ug μg ng pg dl l ml ul μl fl pl
mmol μmol umol nmol meq mosm mosmol osm kpa iu u mu μu units unit mm3 cumm hr h hour hpf lpf percent pct bpm breaths
beats k ku miu pmol kda ratio x 10 lb lbs pounds inches bmi degrees degree sec seconds"""
_VITALS = """temperature temp pulse pulses heart rate hr bp blood pressure systolic diastolic respiration
respirations respiratory rr oxygen saturation o2 sat sats spo2 sao2 oximetry ambient room air weight height weighs
bmi map vitals vital signs"""
_LABS = """hemoglobin haemoglobin hb hgb hematocrit haematocrit hct leukocyte leukocytes leucocyte leucocytes wbc
rbc erythrocyte erythrocytes platelet platelets plt count counts mean corpuscular volume mcv mch mchc rdw
reticulocyte reticulocytes neutrophil neutrophils segmented band bands lymphocyte lymphocytes monocyte monocytes
eosinophil eosinophils basophil basophils differential sodium na potassium k chloride cl bicarbonate hco3 co2 bun
urea nitrogen creatinine cr glucose calcium ca ca2 magnesium mg mg2 phosphorus phosphate phosphorous bilirubin
direct indirect total conjugated unconjugated ast alt alp ggt aspartate alanine aminotransferase transaminase
alkaline phosphatase albumin protein lactate ldh dehydrogenase amylase lipase ferritin iron tibc transferrin
cholesterol hdl ldl triglycerides tsh t3 t4 thyroid stimulating hormone thyroxine inr pt ptt aptt prothrombin
partial thromboplastin esr sedimentation crp reactive hba1c a1c ph pco2 po2 paco2 pao2 acid uric ammonia osmolality
gravity specific serum plasma urine hemogram fasting arterial gas gases creatine kinase troponin anion gap cortisol
prolactin fsh lh nitrite esterase casts epithelial cells cell"""
MEASURING = frozenset(f"{_UNITS} {_VITALS} {_LABS}".split())


def measures(word: str) -> bool:
    """Whether a word (as :func:`medreason.quality.near.words` gives it) is a number, a unit or the name of a value."""
    return word in MEASURING or _NUMBER.fullmatch(word) is not None


class Measured(NamedTuple):
    """Of the words of many texts, how many up to each place measure and how many are numbers."""

    measuring: Numbers
    numbers: Numbers


def measured(words: Hashes, vocabulary: Mapping[str, int]) -> Measured:
    """Counts what measures; O(words).

    Args:
        words: The words of all texts one after the other, hashed.
        vocabulary: Word → hash, for every word that occurs.
    """
    told = sorted((value, word[0].isdigit()) for word, value in vocabulary.items() if measures(word))
    values = np.array([value for value, _ in told] or [0], np.uint64)
    digits = np.array([digit for _, digit in told] or [False])
    places = np.minimum(np.searchsorted(values, words), len(values) - 1)
    found = values[places] == words
    return Measured(_counted(found), _counted(found & digits[places]))


def _counted(found: npt.NDArray[np.bool_]) -> Numbers:
    return np.concatenate(([0], np.cumsum(found))).astype(np.int64)


def panels(
    counts: Measured, texts: Rows, starts: Rows, width: int, fewest_numbers: int = FEWEST_NUMBERS
) -> npt.NDArray[np.bool_]:
    """Of each run of ``width`` words, whether it is a panel; O(words).

    Args:
        counts: What measures in the texts.
        texts: The words of each text.
        starts: The runs, as :func:`medreason.quality.near.runs` gave them for these texts and this width with
            ``whole="never"``.
        width: Words a run.
        fewest_numbers: Numbers that a panel holds at least.

    Returns:
        One value for each hash of ``starts``, in the same order.
    """
    shift = np.repeat(texts.starts[:-1] - starts.starts[:-1], np.diff(starts.starts))
    place = np.arange(len(starts.flat)) + shift
    measuring = counts.measuring[place + width] - counts.measuring[place]
    numbers = counts.numbers[place + width] - counts.numbers[place]
    return np.asarray((measuring >= SHARE * width) & (numbers >= fewest_numbers))
