"""The published claim in miniature: do checked chains of reasoning in training improve answers?

A study makes questions from the graph, trains small models from nothing, with chains and without, on equal questions
and on equal tokens, and asks what no training question held. What it is not: evidence on large models.

table.py       findings by diseases            draw.py     questions
text.py        words in, words out             data.py     made, checked, split
truth.py       is a written chain true?        arms.py     what is compared, how large
vocabulary.py  a tokenizer from the text       model.py    a decoder from nothing
loop.py        training                        job.py      one training
study.py       all of them, resumed            effects.py  differences and tests
results.py     files: report.py in words, figures.py drawn
"""

from medreason.training.tiny.results import together, write
from medreason.training.tiny.study import Study, carry_out, jobs, trials

__all__ = ["Study", "carry_out", "jobs", "together", "trials", "write"]
