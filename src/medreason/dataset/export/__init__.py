"""Exports a run for those who train or publish: one call, one folder, nothing cut, nothing lost without a line.

    taken    = take(run)                            which records enter, and why the others do not
    splits   = split(taken.records, …)              no disease in two of them
    rows     = one function a format                 rows.py, pairs.py
    summary  = export(run, out, options, …)         all of it: data/, README.md (the card), dropped.jsonl, export.json

What it is not: a trainer, and no place where chains are mended. A folder is written beside its name and renamed at the
end, so that it is whole or not there.
"""

from medreason.dataset.export.make import export
from medreason.dataset.export.options import Knowledge, Options
from medreason.dataset.export.text import Form, answer_of, prompt_of, target_of

__all__ = ["Form", "Knowledge", "Options", "answer_of", "export", "prompt_of", "target_of"]
