"""Runs the linker over an annotated corpus and reports every score and every error.

Two tasks. *End to end*: the text alone is given. *Given mention*: the annotators' spans are given and only the
concept is asked for; beside it stands the yardstick, trigram TF-IDF over the same names (:class:`PlainNgrams`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from medreason.errors import InputError
from medreason.linking.abbreviations import explained
from medreason.linking.candidates import CandidateIndex, PlainNgrams
from medreason.linking.choose import DEFAULT, Thresholds
from medreason.linking.corpora import Annotation, Document
from medreason.linking.learned import learned_names
from medreason.linking.link import link
from medreason.linking.linker import Dense, Linker
from medreason.linking.score import Counts, Equivalents, Marked, compared, counted, overlapping, paired, share, summary
from medreason.linking.spans import named_spans
from medreason.records import Link, Mention

if TYPE_CHECKING:
    from medreason.kg.store import Graph

ABNORMALITY = "HP:0000118"
_COVERED = 0.1  # annotation types less of whose ids are in the graph are left out
_AROUND = 60  # characters of context in an error
Find = Callable[[str], Sequence[Link]]


@dataclass(frozen=True, slots=True)
class Task:
    """What is evaluated.

    Attributes:
        types: Node types that may be linked to.
        vocabularies: The answer must be a node with an id of one of these prefixes; earlier ones are preferred.
        only: Annotation types that count; by default all of whose ids a tenth or more is in the graph.
        nested: The corpus marks names inside longer names, so these are looked for too.
        relink: Decide the concepts of detected mentions again with the candidates of this task, and add the spans
            that are names once levelled and the short forms of what was found.
        seed: Seed of the bootstrap.
    """

    types: tuple[str, ...]
    vocabularies: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    nested: bool = False
    relink: bool = False
    seed: int = 0


@dataclass(slots=True)
class Evaluation:
    """``scores`` is one JSON document, ``errors`` one row an error (see :func:`evaluate`)."""

    scores: dict[str, Any]
    errors: list[dict[str, Any]] = field(default_factory=list)


def evaluate(
    graph: Graph,
    documents: Sequence[Document],
    task: Task,
    *,
    training: Sequence[Document] = (),
    thresholds: Thresholds = DEFAULT,
    dense: Dense | None = None,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Evaluation:
    """Scores of both tasks on a corpus.

    Args:
        graph: The graph to link to.
        documents: Annotated documents.
        task: What counts.
        training: Documents to learn names from; those whose id is also in ``documents`` are left out and counted.
        thresholds: Of the linker, for given mentions.
        dense: Similar names by embedding.
        progress: Told how many documents of how many are done.

    Raises:
        InputError: no annotation of the corpus has an id that is in the graph.
    """
    same = Equivalents(graph, task.types if task.vocabularies else ())
    kept, left_out = _kept_types(documents, same, task.only)
    documents = [_only(d, kept) for d in documents]
    index = CandidateIndex(graph, task.types, task.vocabularies)
    linker = Linker(index, thresholds, dense=dense)
    run = _Run(graph, documents, task, same)
    run.end_to_end(_finder(graph, task, linker), progress)
    scores = {
        "documents": len(documents),
        "annotations": sum(len(d.annotations) for d in documents),
        "node_types": list(task.types), "vocabularies": list(task.vocabularies),
        "annotation_types": sorted(t for t in kept if t), "left_out": left_out,
        "gold_ids_not_in_graph": run.unknown, "names": len(index), "seed": task.seed,
        **run.scores, "given_mention": run.given(linker, PlainNgrams(graph, index.rows)),
    }  # fmt: skip
    if training:
        ids = {d.id for d in documents}
        new = [d for d in training if d.id not in ids]
        pairs = learned_names(new, same, tuple(kept))
        taught = Linker(CandidateIndex(graph, task.types, task.vocabularies, pairs), thresholds, dense=dense)
        scores["given_mention_learned"] = {
            "training_documents": len(new), "also_evaluated_left_out": len(training) - len(new),
            "names_learned": len(pairs), **run.given(taught, None),
        }  # fmt: skip
    return Evaluation(scores, run.errors)


def _only(document: Document, types: set[str]) -> Document:
    kept = tuple(a for a in document.annotations if a.type in types)
    return Document(document.id, document.text, kept)


def _kept_types(
    documents: Sequence[Document], same: Equivalents, only: Sequence[str]
) -> tuple[set[str], dict[str, int]]:
    ids: defaultdict[str, list[str]] = defaultdict(list)
    counts: defaultdict[str, int] = defaultdict(int)
    for document in documents:
        for mark in document.annotations:
            ids[mark.type].extend(mark.ids)
            counts[mark.type] += 1
    known = {c: bool(same.nodes(c)) for c in {i for row in ids.values() for i in row}}
    if only:
        kept = set(only) & counts.keys()
    else:
        kept = {t for t, row in ids.items() if row and sum(known[i] for i in row) >= _COVERED * len(row)}
    if not any(known[i] for t in kept for i in ids[t]):
        raise InputError(
            f"no annotation has an id that is in the graph (for example {next(iter(known), 'none at all')})",
            fix="give the graph of the corpus's vocabulary, or one with cross-references to it (kg build --mappings)",
        )
    return kept, {t: n for t, n in sorted(counts.items()) if t not in kept}


def _finder(graph: Graph, task: Task, linker: Linker) -> Find:
    def plainly(text: str) -> Sequence[Link]:
        return link(graph, text, task.types, nested=task.nested)

    def again(text: str) -> Sequence[Link]:
        mentions = named_spans(text, linker.index, [found.mention for found in plainly(text)])
        mentions = with_short_forms(text, mentions)
        return [found for links in linker.link(text, mentions) for found in links]

    return again if task.relink else plainly


def with_short_forms(text: str, mentions: Sequence[Mention]) -> list[Mention]:
    """The mentions, and every place of a short form whose long form begins one of them; no new one overlaps."""
    found = list(mentions)
    named = {m.text.lower() for m in mentions}
    for short, long in explained(text).items():
        if not any(name.startswith(long.lower()) for name in named):
            continue
        for match in re.finditer(rf"(?<!\w){re.escape(short)}(?!\w)", text):
            if all(match.end() <= m.start or m.end <= match.start() for m in found):
                found.append(Mention(match[0], match.start(), match.end()))
    return sorted(found, key=lambda m: m.start)


class _Run:
    """The counts of one corpus, and its errors."""

    def __init__(self, graph: Graph, documents: Sequence[Document], task: Task, same: Equivalents) -> None:
        self.graph, self.documents, self.task, self.same = graph, documents, task, same
        self.errors: list[dict[str, Any]] = []
        self.scores: dict[str, Any] = {}
        self.unknown = sum(not same.nodes(i) for d in documents for a in d.annotations for i in a.ids)
        self._top = graph.number(ABNORMALITY)

    def _abnormal(self, curie: str) -> bool:
        number = self.graph.number(curie)
        return number is not None and self._top in self.graph.ancestors[number]

    def _name(self, curie: str) -> str:
        return self.graph.name(curie) if self.graph.number(curie) is not None else ""

    # -- end to end ----------------------------------------------------------------------------------

    def end_to_end(self, find: Find, progress: Callable[[int, int], None]) -> None:
        """Fills ``scores`` with the keys document, mention and span."""
        parts: defaultdict[tuple[str, str, str], list[Counts]] = defaultdict(list)
        groups = self._groups()
        for done, document in enumerate(self.documents, start=1):
            links = find(document.text)
            to_gold = self.same.agreeing(i for a in document.annotations for i in a.ids)
            gold = [(Marked(a.start, a.end, self.same.key(i)), a) for a in document.annotations for i in a.ids]
            found = [Marked(f.mention.start, f.mention.end, to_gold.get(f.concept, f.concept)) for f in links]
            for name, belongs in groups.items():
                marks = [m for m, a in gold if belongs(m.concept, a)]
                hits = [m for m in found if belongs(m.concept, None)]
                self._count(parts, name, marks, hits)
            parts["span", "all", "strict"].append(
                compared({(m.start, m.end) for m, _ in gold}, {(m.start, m.end) for m in found})
            )
            self._note(document, gold, found, links)
            progress(done, len(self.documents))
        for (level, name, mode), rows in parts.items():
            place = self.scores.setdefault(level, {})
            for key in name.split("/"):
                place = place.setdefault(key, {})
            result = summary(rows, seed=self.task.seed)
            if name.startswith("by_type/") and self._corpus_types():
                result = {k: v for k, v in result.items() if k in {"recall", "recall_interval", "tp", "fn"}}
            if mode == "strict":
                place.update(result)
            else:
                place[mode] = result

    def _corpus_types(self) -> bool:
        return any(a.type for d in self.documents for a in d.annotations)

    def _groups(self) -> dict[str, Callable[[str, Annotation | None], bool]]:
        """What is counted apart. Found concepts have no corpus type: by corpus type there is only a recall."""
        groups: dict[str, Callable[[str, Annotation | None], bool]] = {"all": lambda _c, _a: True}
        if any(self._abnormal(i) for d in self.documents for a in d.annotations for i in a.ids):
            groups["abnormality"] = lambda c, _a: self._abnormal(c)
        if self._corpus_types():
            for kind in sorted({a.type for d in self.documents for a in d.annotations}):
                groups[f"by_type/{kind}"] = lambda _c, a, k=kind: a is None or a.type == k  # type: ignore[misc]
            return groups
        known = {i: self.graph.concept(i).type for d in self.documents for a in d.annotations for i in a.ids
                 if self.graph.number(i) is not None}  # fmt: skip
        for kind in sorted(set(known.values())):
            groups[f"by_type/{kind}"] = lambda c, _a, k=kind: (  # type: ignore[misc]
                self.graph.number(c) is not None and self.graph.concept(c).type == k
            )
        return groups

    def _count(
        self, parts: dict[tuple[str, str, str], list[Counts]], name: str, gold: list[Marked], found: list[Marked]
    ) -> None:
        parts["mention", name, "strict"].append(compared(gold, found))
        parts["mention", name, "lenient"].append(overlapping(gold, found))
        marked, hit = sorted({m.concept for m in gold}), sorted({m.concept for m in found})
        parts["document", name, "strict"].append(compared(marked, hit))
        parts["document", name, "lenient"].append(counted(paired(marked, hit, self.same.near)))

    def _note(
        self, document: Document, gold: list[tuple[Marked, Annotation]], found: list[Marked], links: Sequence[Link]
    ) -> None:
        """Errors of one document, by span: what was missed, what was not marked, what got another concept."""
        by_span: defaultdict[tuple[int, int], tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
        for mark, _ in gold:
            by_span[mark.start, mark.end][0].add(mark.concept)
        for mark in found:
            by_span[mark.start, mark.end][1].add(mark.concept)
        how = {(f.mention.start, f.mention.end): f for f in links}
        for (start, end), (wanted, got) in sorted(by_span.items()):
            if wanted == got:
                continue
            kind = "missed" if not got else "not marked" if not wanted else "another concept"
            row = self._row("end to end", kind, document, start, end, wanted, got)
            if (link_ := how.get((start, end))) is not None:
                row |= {"method": link_.method, "score": link_.score, "runner_up": link_.runner_up}
            self.errors.append(row)

    def _row(
        self, task: str, kind: str, document: Document, start: int, end: int, wanted: Iterable[str], got: Iterable[str]
    ) -> dict[str, Any]:
        text = document.text
        return {
            "task": task, "error": kind, "document": document.id, "start": start, "end": end,
            "text": text[start:end], "before": text[max(0, start - _AROUND) : start],
            "after": text[end : end + _AROUND],
            "gold": [
                {"id": g, "nodes": [{"id": n, "name": self._name(n)} for n in sorted(self.same.nodes(g))]}
                for g in sorted(wanted)
            ],
            "found": [{"id": c, "name": self._name(c)} for c in sorted(got)],
        }  # fmt: skip

    # -- given mentions ------------------------------------------------------------------------------

    def given(self, linker: Linker, plain: PlainNgrams | None) -> dict[str, Any]:
        """Accuracy where the spans are given; ``in_graph`` leaves out mentions none of whose ids is in the graph.

        A mention is right if its links agree with its ids: with all of them (``accuracy``), with one (``any``).
        """
        rows: defaultdict[str, list[list[bool]]] = defaultdict(list)
        methods: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        for document in self.documents:
            marks = [a for a in document.annotations if a.ids]
            here: defaultdict[str, list[bool]] = defaultdict(list)
            mentions = [Mention(a.text, a.start, a.end) for a in marks]
            for mark, links in zip(marks, linker.link(document.text, mentions), strict=True):
                sets = [self.same.nodes(i) for i in mark.ids]
                got = {found.concept for found in links}
                outcomes = {"linked": agrees(sets, got)}
                if plain is not None:
                    outcomes["plain"] = agrees(sets, {plain.best(mark.text)} - {""})
                for name, (every, one) in outcomes.items():
                    here[f"{name} accuracy"].append(every)
                    here[f"{name} any"].append(one)
                    if any(sets):
                        here[f"{name} in_graph"].append(every)
                for found in links:
                    methods[found.method][0] += any(found.concept in s for s in sets)
                    methods[found.method][1] += 1
                if plain is not None and any(sets) and not outcomes["linked"][0]:
                    self._note_given(document, mark, links)
            for name in ("accuracy", "any", "in_graph"):
                for who in ("linked", "plain") if plain is not None else ("linked",):
                    rows[f"{who} {name}"].append(here[f"{who} {name}"])
        kinds = ("accuracy", "any", "in_graph")
        result: dict[str, Any] = {kind: share(rows[f"linked {kind}"], seed=self.task.seed) for kind in kinds}
        if plain is not None:
            result["baseline"] = {kind: share(rows[f"plain {kind}"], seed=self.task.seed) for kind in kinds}
        result["by_method"] = {m: {"right": r, "n": n} for m, (r, n) in sorted(methods.items())}
        return result

    def _note_given(self, document: Document, mark: Annotation, links: Sequence[Link]) -> None:
        row = self._row(
            "given mention", "another concept" if links else "missed", document, mark.start, mark.end, mark.ids,
            {found.concept for found in links},
        )  # fmt: skip
        if links:
            row |= {"method": links[0].method, "score": links[0].score, "runner_up": links[0].runner_up}
        self.errors.append(row)


def agrees(wanted: Sequence[frozenset[str]], got: set[str]) -> tuple[bool, bool]:
    """Whether found concepts agree with all ids of a mention and nothing else, and with at least one of them."""
    every = bool(got) and all(s & got for s in wanted) and all(any(c in s for s in wanted) for c in got)
    return every, any(s & got for s in wanted)
