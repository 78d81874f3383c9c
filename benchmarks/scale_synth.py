"""The same synthetic questions by the local engine and by Ray: ``python -m benchmarks.scale_synth --kg KG``.

One after the other, both with two workers. The seconds of Ray are those after the cluster stands; starting it is told
apart. Prints the ratio, and whether the records are equal byte for byte.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from medreason.engine_ray.cluster import joined
from medreason.engine_ray.synth import produce_ray
from medreason.records import to_json
from medreason.synth import SHARES, Made, produce

WORKERS = 2


def quiet(_: int, __: int) -> None:
    """No progress."""


def measured(name: str, work: Callable[[], Made]) -> tuple[float, str]:
    """Seconds, and SHA-256 of the records."""
    started = time.perf_counter()
    made = work()
    seconds = time.perf_counter() - started
    digest = hashlib.sha256()
    for record in made.records:
        digest.update(to_json(record).encode() + b"\n")
    print(f"{name:8}{seconds:9.1f} s{len(made.records):10,} records  {digest.hexdigest()[:16]}", flush=True)
    return seconds, digest.hexdigest()


def main() -> None:
    """Prints the table; exit code 1 where bytes differ."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kg", type=Path, required=True)
    parser.add_argument("--n", type=int, default=120_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}", flush=True)
    kinds = list(SHARES)
    local, one = measured("local", lambda: produce(given.kg, given.n, given.seed, kinds, WORKERS, quiet))
    print(f"load of the machine between: {os.getloadavg()[0]:.1f}", flush=True)
    started = time.perf_counter()
    with joined("", WORKERS):
        print(f"the cluster stands after {time.perf_counter() - started:.1f} s", flush=True)
        far, other = measured(
            "ray", lambda: produce_ray(given.kg, given.n, given.seed, kinds, WORKERS, quiet, address="")
        )
    print(f"ratio {far / local:.2f}; {'equal bytes' if one == other else 'DIFFERENT'}")
    print(f"load of the machine after: {os.getloadavg()[0]:.1f}", flush=True)
    sys.exit(0 if one == other else 1)


if __name__ == "__main__":
    main()
