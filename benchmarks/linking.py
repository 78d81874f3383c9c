"""Text recognition on GSC+ and on the scope sentences: ``python -m benchmarks.linking --ablation``.

Document level: of each abstract the set of distinct concepts, retired ids replaced, is compared with the
annotated one, summed over abstracts. *all* counts every annotated id, *abnormality* those at or below
HP:0000118, on both sides. The speed is that of one core on the abstracts, in processor time, the best of many
passes. An ablation switches one rule off, compiles the names anew where it must, and measures again; its speed is
relative to that of all rules, measured in turn with it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from benchmarks.fasthpocr import FastHPOCR, beside
from medreason.kg.store import Graph, open_graph
from medreason.linking import compile as compiling
from medreason.linking import coordination, forms, link, normalise, recogniser, scan, tables
from medreason.linking.context import Context
from medreason.linking.corpora import read_corpus
from medreason.linking.score import Counts, compared, total

detect = import_module("medreason.linking.detect")  # the package gives its function this name
ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT.parent / "shared/data/linking/gsc-plus/gsc-plus.dev.jsonl"
SENTENCES = ROOT / "tests/linking/scope_sentences.jsonl"
TYPES = ("phenotype", "inheritance", "modifier", "clinical_course")
ROUNDS = 5
PASSES = 40  # over the abstracts, for a speed on a machine whose load changes


class Corpus:
    """The abstracts with the current ids of their annotations."""

    def __init__(self, graph: Graph, file: Path) -> None:
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        self.texts: list[str] = [row["text"] for row in rows]
        ids = [{graph.current_id(a["id"]) for a in row["annotations"]} for row in rows]
        self.gold: list[set[str]] = [{i for i in row if i is not None} for row in ids]
        root = graph.require("HP:0000118")
        self._graph, self._root = graph, root

    def _below(self, concept: str) -> bool:
        number = self._graph.number(concept)
        if number is None:
            return False
        return number == self._root or self._root in self._graph.ancestors[number]

    def current(self, ids: set[str]) -> set[str]:
        """The current ids of what a recogniser of another release gives; ids of no node stay as they are."""
        return {self._graph.current_id(i) or i for i in ids}

    def scores(self, concepts: list[set[str]]) -> tuple[Counts, Counts]:
        """Counts over all ids, and over abnormalities."""
        pairs = list(zip(self.gold, concepts, strict=True))
        kept = [({i for i in g if self._below(i)}, {i for i in f if self._below(i)}) for g, f in pairs]
        return total(compared(*pair) for pair in pairs), total(compared(*pair) for pair in kept)


def found(graph: Graph, corpus: Corpus, *, nested: bool = True) -> list[set[str]]:
    """The concepts of each abstract."""
    return [{x.concept for x in link(graph, text, TYPES, nested=nested)} for text in corpus.texts]


def cpu_seconds(graph: Graph, corpus: Corpus, *, nested: bool = True) -> float:
    """Processor seconds for all abstracts once."""
    begin = time.process_time()
    found(graph, corpus, nested=nested)
    return time.process_time() - begin


def first_pass(graph: Graph, files: list[Path]) -> tuple[int, float]:
    """Number of documents of PubTator files, and the processor seconds of a first pass over their texts."""
    texts = [document.text for file in files for document in read_corpus(file, "pubtator")]
    begin = time.process_time()
    for text in texts:
        link(graph, text, TYPES, nested=True)
    return len(texts), time.process_time() - begin


def _seconds(work: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


# -- ablations -----------------------------------------------------------------------------------------


@contextmanager
def patched(*changes: tuple[Any, str, Any]) -> Iterator[None]:
    """Attributes replaced for a while; everything remembered about words is forgotten before and after."""
    with ExitStack() as stack:
        for where, name, value in changes:
            stack.enter_context(mock.patch.object(where, name, value))
        _forget()
        yield
    _forget()


def _forget() -> None:
    for remembered in (
        normalise.normal_form, normalise.gap_code, forms._table, compiling._phrases, scan._heads,
        recogniser.adjective, recogniser.body_part,
    ):  # fmt: skip
        remembered.cache_clear()
    scan._gaps.clear()


def _without(name: str, *kinds: str) -> tuple[Any, str, Any]:
    """The tables with one of them empty, or with rows of some kinds left out."""
    read = tables.rows

    def rows(asked: str) -> Any:
        return tuple(r for r in read(asked) if asked != name or (bool(kinds) and r["kind"] not in kinds))

    return tables, "rows", rows


_as_found = scan._named


def _ordered(*given: Any) -> Any:
    entries, method = _as_found(*given)
    return ((), "") if method == "reordered" else (entries, method)


def _plain(*given: Any) -> Any:
    return [Context("observed", "patient", "") for _ in given[2]]


def _always(value: Any) -> Callable[..., Any]:
    """A stand-in that gives the same value whatever it is asked."""

    def stand_in(*_given: Any) -> Any:
        return value

    return stand_in


def _same(of: int) -> Callable[..., Any]:
    """A stand-in that hands back one of its arguments."""

    def stand_in(*given: Any) -> Any:
        return given[of]

    return stand_in


class Off(NamedTuple):
    """A rule that can be switched off."""

    what: str
    changes: list[tuple[Any, str, Any]]
    compiles: bool = False
    nested: bool = True


def switches() -> list[Off]:
    """Every rule that earns a line in the table."""
    none: frozenset[str] = frozenset()
    return [
        Off("word order and word forms", [(scan, "_named", _ordered)]),
        Off("equivalent words (table)", [_without("equivalents")], True),
        Off("adjective to noun (rules)", [(forms, "nouns", _always(()))], True),
        Off("British spelling", [(normalise, "american", _same(0))], True),
        Off("plurals", [(normalise, "singular", _same(0)), (normalise, "_WORDS", {})], True),
        Off("hyphens after prefixes", [(scan, "PREFIXES", none), (normalise, "PREFIXES", none)], True),
        Off("Roman numerals, type A", [(scan, "_CAPITALS", none), (normalise, "ROMAN", {})], True),
        Off("generated names", [(compiling, "variants", _always(()))], True),
        Off("shortened names (of the jaw)", [(compiling.Compiler, "_shortened", _always([]))], True),
        Off("divided words (brain stem)", [(compiling.Compiler, "_divided", _always([]))], True),
        Off("former names", [_without("names", "former")], True),
        Off("everyday names", [_without("names", "layperson", "adjective")], True),
        Off("wordings of inheritance", [_without("names", "variant_name")], True),
        Off("forms of to be inside a name", [(scan, "BRIDGES", none), (scan, "_PASSED", scan.QUALIFIERS)]),
        Off("qualifiers inside a name", [(scan, "QUALIFIERS", none), (scan, "_PASSED", scan.BRIDGES)]),
        Off("adjective before a noun", [(scan, "adjective", _always(False))]),
        Off("order of body parts", [(scan, "_same_parts", _always(True))]),
        Off("coordination", [(detect, "completed", _always([]))]),
        Off("… shared noun only", [(coordination, "_shared_begin", _always(()))]),
        Off("… shared adjective only", [(coordination, "_shared_end", _always(()))]),
        Off("abbreviations of the text", [(detect, "resolve", _same(1))]),
        Off("measured values", [(detect, "measured", _always([]))]),
        Off("scopes (speed only)", [(detect, "contexts", _plain)]),
        Off("names inside names", [], nested=False),
    ]


@contextmanager
def without(graph: Graph, off: Off, names: recogniser.Recogniser) -> Iterator[None]:
    """The rule switched off, with the names as compiled without it."""
    by_types = recogniser._CACHE[graph]
    whole = by_types[TYPES]
    with patched(*off.changes):
        by_types[TYPES] = names
        yield
        by_types[TYPES] = whole


def ablate(graph: Graph, corpus: Corpus, only: str) -> None:
    whole = recogniser.recogniser(graph, TYPES)
    full = corpus.scores(found(graph, corpus))
    print("| rule switched off | all F1 | Δ | abnormality F1 | Δ | speed |")
    print("|---|---|---|---|---|---|")
    print(f"| (none) | {full[0].f1:.4f} | | {full[1].f1:.4f} | | 1 |")
    for off in switches():
        if only not in off.what:
            continue
        names = whole
        if off.compiles:
            with patched(*off.changes):
                names = recogniser.compile_recogniser(graph, TYPES, store=False)
        with without(graph, off, names):
            got = corpus.scores(found(graph, corpus, nested=off.nested))
        with_rule, without_rule = [], []
        for _ in range(ROUNDS):  # in turn, so that the machine's other work falls on both
            found(graph, corpus)
            with_rule.append(cpu_seconds(graph, corpus))
            with without(graph, off, names):
                found(graph, corpus, nested=off.nested)
                without_rule.append(cpu_seconds(graph, corpus, nested=off.nested))
        print(
            f"| {off.what} | {got[0].f1:.4f} | {got[0].f1 - full[0].f1:+.4f} "
            f"| {got[1].f1:.4f} | {got[1].f1 - full[1].f1:+.4f} | {min(with_rule) / min(without_rule):.2f} |",
            flush=True,
        )


# -- scopes ----------------------------------------------------------------------------------------------


def scopes(graph: Graph) -> dict[str, float]:
    """Share of the labelled mentions with the right status, subject and scope, and with all three."""
    right = {"found": 0, "status": 0, "subject": 0, "scope": 0, "all": 0}
    total = 0
    for line in SENTENCES.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        links = link(graph, row["sentence"])
        for wanted in row["mentions"]:
            total += 1
            end = wanted["start"] + len(wanted["text"])
            got = next((x.mention for x in links if x.mention.start < end and wanted["start"] < x.mention.end), None)
            if got is None:
                continue
            same = [getattr(got, part) == wanted[part] for part in ("status", "subject", "scope")]
            for part, is_same in zip(right, [True, *same, all(same)], strict=True):
                right[part] += is_same
    return {part: count / total for part, count in right.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graph", type=Path, default=Path("hpo"), help="a built HPO graph")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--ablation", action="store_true", help="switch every rule off in turn")
    parser.add_argument("--only", default="", help="only the rules whose name contains this")
    parser.add_argument("--first-pass", type=Path, nargs="*", default=[], help="PubTator files: speed on unseen texts")
    parser.add_argument("--fasthpocr", default="", help="a Python that has FastHPOCR, to run it on the same texts")
    parser.add_argument("--fasthpocr-index", type=Path, help="its index")
    given = parser.parse_args()
    if bool(given.fasthpocr) != bool(given.fasthpocr_index):
        parser.error("--fasthpocr and --fasthpocr-index are given together")
    graph = open_graph(given.graph)
    compiled = _seconds(lambda: recogniser.compile_recogniser(graph, TYPES))
    loaded = _seconds(lambda: recogniser.load(graph, TYPES))
    print(f"compiled in {compiled:.1f} s, loaded in {loaded:.2f} s")
    corpus = Corpus(graph, given.corpus)
    everything, abnormal = corpus.scores(found(graph, corpus))
    rate = len(corpus.texts) / min(cpu_seconds(graph, corpus) for _ in range(PASSES))
    for name, s in (("all", everything), ("abnormality", abnormal)):
        print(f"{name:12} P {s.precision:.3f}  R {s.recall:.3f}  F1 {s.f1:.3f}")
    print(f"{rate:.0f} documents a second of processor time")
    print("scopes       " + "  ".join(f"{part} {share:.3f}" for part, share in scopes(graph).items()))
    if given.first_pass:
        documents, seconds = first_pass(graph, given.first_pass)
        print(f"{documents / seconds:.0f} documents a second on {documents} unseen texts, first pass")
    if given.fasthpocr:
        theirs = FastHPOCR(given.fasthpocr, given.fasthpocr_index, corpus.texts)
        beside(theirs, corpus, lambda: found(graph, corpus), lambda: cpu_seconds(graph, corpus), PASSES)
    if given.ablation:
        ablate(graph, corpus, given.only)


if __name__ == "__main__":
    main()
