"""What a study found: tables of its answers, their statistics, and the files and the page that hold them.

    tables.py    answers as plain rows, a case's two sides in the case's own order
    numbers.py   all statistics as plain values; agreement.py, comparison.py  the two halves of it
    export.py    CSV, Parquet, codebook, results.json
    figures.py, page.py  the report

While a study is blinded there are no arms in any of it, and nothing that compares them.
"""

from medreason.review.results.export import write_report

__all__ = ["write_report"]
