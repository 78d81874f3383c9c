"""Questions with chains made from a knowledge graph alone: no patient, no text of others, no language model.

What they are: synthetic, and labelled so in every record; every sentence of a chain says what cited edges say, and the
answer follows from them by a criterion that ``quality.synthetic`` re-derives. What they are not: clinical cases, and
checked by no clinician.
"""

from medreason.synth.produce import SHARES, Made, chosen, produce

__all__ = ["SHARES", "Made", "chosen", "produce"]
