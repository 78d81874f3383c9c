"""Blinded review by clinicians: a study from its protocol to its statistics, in one SQLite file.

    protocol.py   the study protocol (YAML) and its hash
    answers.py    what is asked, in which words, and what an answer may hold
    material.py   the cases of a study, and what of them reaches a browser
    sampling.py   arms read, cases drawn by stratum; blinding.py  what would tell an arm by its looks taken away
    assign.py     who judges what, in which order, on which side; plan.py  sample size and expected width
    roster.py     the people, from CSV
    store/        the study file
    server/       the pages; results/  the statistics; apply.py  the way back into a dataset

An arm's name never leaves the study file before the study is unblinded, which is a logged step after it is frozen.
"""
