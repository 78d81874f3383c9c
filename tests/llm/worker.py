"""A child process of the kill tests: asks many requests, prints when it is done. Arguments: folder, URL, number."""

import sys
from pathlib import Path

from medreason.llm.settings import Limits
from tests.llm.tools import converse, many

if __name__ == "__main__":
    outcomes, totals = converse(
        Path(sys.argv[1]), sys.argv[2], many(int(sys.argv[3])), limits=Limits(start=16, most=16)
    )
    print(len(outcomes), totals.prompt_tokens, totals.completion_tokens)
