"""The command line: ``medreason COMMAND``. One file a command; each exposes ``register(app)``.

A command imports its heavy parts inside its function, so that ``--help`` stays below 0.4 s, and lets
:class:`MedReasonError` propagate: :func:`main` turns it into one message on stderr and the exit code.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Annotated

import typer

from medreason.cli import (
    answerability,
    balance,
    check,
    compare,
    contamination,
    demo,
    estimate,
    evaluate,
    explain,
    export,
    funnel,
    judge,
    kg,
    link,
    link_eval,
    merge,
    plot,
    purge,
    review,
    run,
    score,
    show,
    site,
    status,
    synth,
    train,
    verify,
)
from medreason.errors import MedReasonError

# The commands of `medreason`, in the order in which --help shows them.
COMMANDS = (
    demo, check, estimate, run, merge, status, funnel, show, site, plot, purge, explain, verify, answerability,
    contamination, balance, judge, score, compare, synth, export, train, evaluate, review, link, link_eval, kg,
)  # fmt: skip

app = typer.Typer(
    name="medreason",
    help="Medical reasoning whose every step cites an edge of a versioned knowledge graph.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(f"medreason {version('medreason')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Medical reasoning whose every step cites an edge of a versioned knowledge graph."""


for command in COMMANDS:
    command.register(app)


def _report(error: MedReasonError) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, soft_wrap=True)
    console.print(Text.assemble(("error: ", "bold red"), (str(error), "red")))


def main() -> None:
    """Runs the command line; exit codes: 0 done, others as in :mod:`medreason.errors`, 130 interrupted."""
    # Our matrices are small: threads of the linear algebra library cost more than they bring (6.5 s against 0.3 s
    # over 1,632 products of 65 x 2,000), and workers inherit this.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        app()
        sys.stdout.flush()
    except MedReasonError as error:
        _report(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader has gone; keep the interpreter from complaining when it flushes stdout at exit.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
