"""The questions of a study: made from the graph, checked, split so that nothing tested is trained on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from medreason.errors import CheckError, InputError
from medreason.kg.store import Graph
from medreason.quality.synthetic.check import check
from medreason.records import Record
from medreason.synth.diagnosis import told
from medreason.synth.draft import finished, record
from medreason.synth.draw import seeded, shuffled
from medreason.training.tiny.arms import Size
from medreason.training.tiny.draw import Question, questions
from medreason.training.tiny.table import ON, Table
from medreason.training.tiny.text import Book, Item, item_of
from medreason.training.tiny.truth import judged, read_sheets

TESTED = 0.2
"""Share of the combinations of disease and findings that closed book keeps for the test."""
EVERY = 20
"""Of the training questions each so-manieth is also written out in full and checked against the graph; of the test
all are."""
AMBIGUOUS = "name"


Parts = tuple[list[Question], list[Question], list[Question]]


class Split(NamedTuple):
    """Questions of one test.

    Attributes:
        train: What is trained on.
        dev: For choosing the rate: diseases of training, other questions.
        test: Open book: of diseases that no training question holds. Closed book: combinations of a disease and
            findings that no training question holds.
    """

    train: list[Item]
    dev: list[Item]
    test: list[Item]


def made(kg: Path | str, size: Size, seed: int, book: Book) -> tuple[Split, dict[str, Any]]:
    """Makes the questions of one test, and says how they came about. About 7 ms a question open, 16 ms closed book.

    Raises:
        InputError: the graph gives too few questions.
        CheckError: a chain does not hold against the graph or its sheets, or what is tested would be trained on.
    """
    table = Table(kg, size.findings[book])
    out = np.array([r.held_out for r in table.rows])
    parts = (_open if book == "open" else _closed)(table, out, size, seed)
    _apart(parts, book)
    train, dev, test = parts
    checked = _check(table, [*train[::EVERY], *test])
    split = Split(*([item_of(table, q, book) for q in part] for part in parts))
    examined([i for part in split for i in part], book)
    facts = {
        "graph": asdict(table.world.graph.ref), "seed": seed, "findings": len(table.findings),
        "diseases": len(table.rows), "held_out": int(out.sum()), "train": len(train), "dev": len(dev),
        "test": len(test), "diseases_of_training": len({d for q in train for d in q.options}),
        "diseases_of_test": len({d for q in test for d in q.options}), "checked_in_full": checked,
        "letters_of_test": "".join(f"{letter}{sum(i.letter == letter for i in split.test)} " for letter in "ABCDE"),
    }  # fmt: skip
    return split, facts


def _apart(parts: Parts, book: Book) -> None:
    """Sees to it that nothing tested is trained on: open book no disease, closed book no disease with its findings."""
    train, dev, test = parts
    if book == "open":
        both = {d for q in test for d in q.options} & {d for q in [*train, *dev] for d in q.options}
    else:
        both = {q.key for q in test} & {q.key for q in [*train, *dev]}  # type: ignore[assignment]
    if both:
        raise CheckError(f"{len(both)} of the test are in training", fix="report this", item=f"{book} book")


def _open(table: Table, out: np.ndarray, size: Size, seed: int) -> Parts:
    """Training and development of seen diseases, test of unseen ones, each right disease tested once."""
    seen = list(islice(questions(table, ~out, seed, "open"), size.pool["open"] + size.dev))
    test: dict[int, Question] = {}
    for question in islice(questions(table, out, seed, "unseen"), 20 * size.test):
        test.setdefault(question.key[0], question)
        if len(test) == size.test:
            return seen[: size.pool["open"]], seen[size.pool["open"] :], list(test.values())
    raise InputError("the graph has too few diseases for the test", fix="take the whole HPO graph")


def _closed(table: Table, out: np.ndarray, size: Size, seed: int) -> Parts:
    """Questions about a few diseases of training, no two the same disorder: those with about a third of the findings on
    record, since among such the most sets of five can be told apart."""
    chosen: list[int] = []
    off = np.abs(3 * (table.cells == ON).sum(axis=1) - len(table.findings))
    for row in np.lexsort((np.arange(len(out)), off)).tolist():
        if len(chosen) == size.diseases:
            break
        if not out[row] and not any(table.same(row, c) for c in chosen):
            chosen.append(row)
    fair = np.zeros(len(out), dtype=bool)
    fair[chosen] = True
    train: list[Question] = []
    test: list[Question] = []
    for question in islice(questions(table, fair, seed, "closed"), 20 * size.pool["closed"]):
        part, wanted = (test, size.test) if _tested(table, question) else (train, size.pool["closed"] + size.dev)
        if len(part) < wanted:
            part.append(question)
        if len(test) == size.test and len(train) == size.pool["closed"] + size.dev:
            return train[: size.pool["closed"]], train[size.pool["closed"] :], test
    raise InputError("the graph has too few findings for the closed-book test", fix="take the whole HPO graph")


def _tested(table: Table, question: Question) -> bool:
    disease, case = question.key
    key = " ".join([table.rows[disease].name, *sorted(table.words[f] for f in case)])
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") < TESTED * 2**32


def record_of(table: Table, question: Question) -> Record | None:
    """The question as a whole record of :mod:`medreason.synth`, sentences and edges and all."""
    world = table.world
    order = [question.answer, *(i for i in range(len(question.options)) if i != question.answer)]
    nodes = [table.rows[question.options[i]].node for i in order]
    rng = seeded("tiny record", *nodes, *question.case)
    draft = told(world, nodes, [table.findings[f] for f in question.case], rng)
    if draft is None:
        return None
    edges = [[world.edge_id(e) for e in step.edges] for step in draft.steps]
    whole = finished(draft, [world.graph.curie(n) for n in nodes], edges, rng)
    return record(whole._replace(order=tuple(range(1, len(order)))), question.answer, world.graph.ref, "")


def _check(table: Table, drawn: Sequence[Question]) -> int:
    """Writes questions in full and has the checker of synthetic questions look at them; returns how many.

    A question with two concepts of one name cannot be told in words; it is left out of the count, not of the study.
    """
    graph: Graph = table.world.graph
    done = 0
    for question in drawn:
        whole = record_of(table, question)
        problems = check(whole, graph) if whole is not None else []
        for problem in problems:
            if problem.rule != AMBIGUOUS:
                raise CheckError(f"a chain does not hold: {problem.message}", item=problem.item)
        done += whole is not None and not problems
    return done


def examined(items: Sequence[Item], book: Book) -> None:
    """Has every chain judged by :mod:`medreason.training.tiny.truth`, against the sheets of its prompt.

    Raises:
        CheckError: a step is not true of the sheet, or another option fits as well.
    """
    for item in items if book == "open" else ():
        found = judged("\n".join([*item.steps, f"answer {item.letter}"]), *read_sheets(item.prompt), 1)
        if found.true != len(item.steps) or not found.follows:
            raise CheckError("a chain does not agree with its sheets", item=item.prompt.splitlines()[0])


def training(split: Split, seed: int, wanted: int) -> list[Item]:
    """The questions that a seed trains on: the first of an order of chance, so that fewer are a part of more."""
    order = shuffled(seeded("questions", seed), range(len(split.train)))
    return [split.train[i] for i in order[:wanted]]


def strangers(items: Sequence[Item], seed: int) -> list[Sequence[str]]:
    """For each question the chain of another one: every chain once, none at its own."""
    order = shuffled(seeded("strangers", seed), range(len(items)))
    chains: list[Sequence[str]] = [()] * len(items)
    for here, there in zip(order, [*order[1:], *order[:1]], strict=True):
        chains[here] = items[there].steps
    return chains


def save(split: Split, facts: dict[str, Any], path: Path) -> None:
    """Writes questions, whole or not at all."""
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(json.dumps({"facts": facts, "split": split}, ensure_ascii=False), encoding="utf-8")
    temporary.replace(path)


def load(path: Path) -> tuple[Split, dict[str, Any]]:
    """Reads questions back.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        parts = ([Item(p, tuple(steps), *rest) for p, steps, *rest in part] for part in found["split"])
        return Split(*parts), found["facts"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            "the questions of the study cannot be read", fix="give --out a new folder", item=path.name
        ) from error
