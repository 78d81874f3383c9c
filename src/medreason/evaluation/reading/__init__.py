"""From a model's free text to one option key, or to none with the reason.

fold        text as it is compared, and where it came from
options     the options of a question, found by their whole text or by key
parts       thinking, template marks and made-up turns taken out
structured  JSON fields, boxed, tags, bold
forms       the words that state, deny or correct an answer
values      the answer at one place
finals      statements in running text
lines       answers that are a line of their own
read        which statement counts
"""

from medreason.evaluation.reading.read import Reading, read_answer

__all__ = ["Reading", "read_answer"]
