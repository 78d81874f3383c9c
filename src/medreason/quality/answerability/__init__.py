"""Whether a chain leads to its answer once the answer is hidden in it, and how much more than no chain does.

The published filter lets a model answer from a chain that names the answer: nearly every chain passes. Here the names
of the options are hidden (:mod:`medreason.quality.leaks.redact`), the conclusion is left out, and what counts is the
*lift*: right answers with the chain less right answers without any, and less those with the chain of another item of
the same disease group.
"""
