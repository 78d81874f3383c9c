"""How many questions of which kind, which of them are kept, and which letter the answer gets."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from medreason.errors import InputError, UsageError
from medreason.records import Record
from medreason.synth.balance import Balance
from medreason.synth.draft import TEACHER, Finished, difficulty, record
from medreason.synth.draw import seeded, shuffled
from medreason.synth.make import KINDS, Drafts, Maker, Pool

SHARES = {"diagnosis": 44, "distinguish": 18, "gene": 16, "next": 16, "absent": 6}
"""Percent of each kind where every kind is asked for; kinds left out share in proportion."""
REPEATS = {"diagnosis": 12, "distinguish": 2, "gene": 4, "next": 2, "absent": 5}
"""How often one fact may be asked about, each time with other options."""
ROUNDS = 12
"""How often every subject is tried at most."""
AHEAD = 1.3
LEAST = 64

Update = Callable[[int, int], None]


class Made(NamedTuple):
    """Records in the order of their ids, and how they came about."""

    records: list[Record]
    manifest: dict[str, Any]


def shares(n: int, kinds: Sequence[str]) -> dict[str, int]:
    """How many questions of each kind make ``n``; the remainder goes to the kinds with the largest fractions."""
    whole = sum(SHARES[k] for k in kinds)
    exact = {k: n * SHARES[k] / whole for k in kinds}
    counts = {k: int(v) for k, v in exact.items()}
    rest = sorted(kinds, key=lambda k: (counts[k] - exact[k], k))
    for kind in rest[: n - sum(counts.values())]:
        counts[kind] += 1
    return counts


def chosen(kinds: str) -> list[str]:
    """The kinds named in a text such as ``diagnosis,gene``; all, if it is empty.

    Raises:
        UsageError: a kind is unknown or named twice.
    """
    named = [k.strip() for k in kinds.split(",") if k.strip()] or list(SHARES)
    for kind in named:
        if kind not in SHARES or named.count(kind) > 1:
            problem = "is no kind of question" if kind not in SHARES else "is named twice"
            raise UsageError(f"{kind} {problem}", fix=f"give some of {', '.join(SHARES)}, joined by commas")
    return [k for k in SHARES if k in named]


class _Kind:
    """The questions of one kind, kept one after another as they are asked for."""

    def __init__(self, maker: Maker, kind: str) -> None:
        self.kind = kind
        self.subjects: list[Any] = KINDS[kind].subjects(maker.world)
        self._tasks = maker.tasks(kind, self.subjects, ROUNDS)
        self.kept: list[Finished] = []
        self._known: set[tuple[str, frozenset[str]]] = set()
        self.tried = self.unfair = self.repeated = self.tilted = 0
        self._balance: dict[str, Balance] = {}
        self._of_fact: Counter[str] = Counter()
        self.dry = False
        self._waiting: deque[Finished | None] = deque()

    def fill(self, pool: Drafts, wanted: int, update: Callable[[], None]) -> None:
        """Keeps questions until there are ``wanted``, or no task is left; what is made beyond that waits."""
        while len(self.kept) < wanted and not self.dry:
            while self._waiting and len(self.kept) < wanted:
                self._take(self._waiting.popleft())
            wave = list(islice(self._tasks, max(LEAST, int(AHEAD * (wanted - len(self.kept))))))
            if len(self.kept) == wanted or not wave:
                self.dry = not wave and not self._waiting
                continue
            for found in pool.map(wave):
                if len(self.kept) < wanted:
                    self._take(found)
                    update()
                else:
                    self._waiting.append(found)

    def _take(self, found: Finished | None) -> None:
        self.tried += 1
        if found is None:
            self.unfair += 1
            return
        fact = found.draft.fact
        key = fact, frozenset(found.concepts)
        if key in self._known or self._of_fact[fact] == REPEATS[self.kind]:
            self.repeated += 1
            return
        asked = found.concepts[0].partition(":")[0]
        if asked not in self._balance:
            self._balance[asked] = Balance(len(found.concepts), len(found.draft.table))
        if not self._balance[asked].takes(found.draft.table):
            self.tilted += 1
            return
        self._known.add(key)
        self._of_fact[fact] += 1
        self.kept.append(found)


def produce(
    kg: Path | str,
    n: int,
    seed: int,
    kinds: Sequence[str],
    workers: int,
    update: Update,
    pool_of: Callable[[Maker, int], Drafts] = Pool,
) -> Made:
    """Makes ``n`` records, or as many as the graph gives; ``pool_of`` gives whoever makes the drafts.

    Raises:
        UsageError: ``n`` or ``workers`` is below 1.
        InputError: the graph gives no question of these kinds.
    """
    if n < 1 or workers < 1:
        raise UsageError("nothing to make", fix="give --n and --workers of at least 1")
    maker = Maker(kg, seed)
    wanted = shares(n, kinds)
    made = {kind: _Kind(maker, kind) for kind in kinds}
    done = [0]

    def one() -> None:
        done[0] = sum(len(m.kept) for m in made.values())
        update(done[0], n)

    with pool_of(maker, workers) as pool:
        for kind, count in wanted.items():
            made[kind].fill(pool, count, one)
        while (lacking := n - sum(len(m.kept) for m in made.values())) and any(not m.dry for m in made.values()):
            more = [k for k in kinds if not made[k].dry]
            for kind, count in shares(lacking, more).items():
                made[kind].fill(pool, len(made[kind].kept) + count, one)
    records = list(_lettered(maker, made, seed))
    if not records:
        raise InputError("the graph gives no question of these kinds", fix="take a graph with annotated diseases")
    records.sort(key=lambda r: r.id)
    return Made(records, _manifest(maker, n, seed, wanted, made, records))


def _lettered(maker: Maker, made: dict[str, _Kind], seed: int) -> Iterator[Record]:
    """Letters in blocks in which each occurs once, in an order of chance: balanced in every kind by construction."""
    licence = str(maker.world.graph.manifest.get("licence", ""))
    for kind, of_kind in made.items():
        rng = seeded("letters", seed, kind)
        block: list[int] = []
        for found in of_kind.kept:
            block = block or shuffled(rng, range(len(found.draft.options)))
            yield record(found, block.pop(), maker.world.graph.ref, licence)


def _manifest(
    maker: Maker, n: int, seed: int, wanted: dict[str, int], made: dict[str, _Kind], records: Sequence[Record]
) -> dict[str, Any]:
    graph = maker.world.graph
    source = {k: graph.manifest[k] for k in ("licence", "attribution") if k in graph.manifest}
    of = {
        kind: {
            "asked_for": wanted[kind],
            "made": len(m.kept),
            "facts_in_the_graph": len(m.subjects),
            "facts_asked_about": len({f.draft.fact for f in m.kept}),
            "most_of_one_fact": max(Counter(f.draft.fact for f in m.kept).values(), default=0),
            "tried": m.tried,
            "no_fair_options": m.unfair,
            "said_before": m.repeated,
            "out_of_balance": m.tilted,
            "difficulty": dict(sorted(Counter(difficulty(f.draft.hard) for f in m.kept).items())),
        }
        for kind, m in made.items()
    }
    return {
        "synthetic": True,
        "clinician_reviewed": False,
        "teacher": TEACHER,
        "seed": seed,
        "n": n,
        "made": len(records),
        "short": {k: wanted[k] - len(m.kept) for k, m in made.items() if len(m.kept) < wanted[k]},
        "kinds": of,
        "letters": dict(sorted(Counter(r.answer_key for r in records).items())),
        "graph": {"source": graph.ref.source, "version": graph.ref.version, "sha256": graph.ref.sha256, **source},
    }
