"""Helpers for tests that run the command line: fingerprints of a run folder, subprocesses."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

FINAL = ("dataset.jsonl", "dataset.parquet", "rejected.jsonl", "report.html", "manifest.json")


def fingerprint(folder: Path) -> dict[str, str]:
    """SHA-256 of the files that must be equal for equal runs."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FINAL}


def command(*arguments: object) -> list[str]:
    """The command line of this interpreter's medreason."""
    return [str(Path(sys.executable).with_name("medreason")), *map(str, arguments)]


def medreason(
    *arguments: object, cwd: Path | None = None, stdin: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Runs the command line to its end."""
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        input=stdin,
        env={**os.environ, **environment},
        timeout=300,
    )
