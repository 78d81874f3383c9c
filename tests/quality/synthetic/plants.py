"""Faults planted into synthetic records: each function gives changed copies in which something no longer holds."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from medreason.kg.store import Graph
from medreason.records import Record, Step

Plant = Callable[[Record, Record, Graph], Iterator[Record]]


def told(record: Record, steps: list[Step]) -> Record:
    """A record with other steps, numbered and with its reasoning anew."""
    steps = [replace(s, n=n) for n, s in enumerate(steps, 1)]
    return replace(record, steps=tuple(steps), reasoning="\n".join(f"{s.n}. {s.text}" for s in steps))


def at(record: Record, place: int, **fields: object) -> Record:
    """A record with one step changed."""
    steps = list(record.steps)
    steps[place] = replace(steps[place], **fields)  # type: ignore[arg-type]
    return told(record, steps)


def exchanged(text: str, a: str, b: str) -> str:
    """A text with two names in each other's place."""
    return text.replace(a, "\0").replace(b, a).replace("\0", b)


def names(record: Record, place: int, graph: Graph, kind: str) -> list[str]:
    """Names of one type of node that the edges of a step join and its text holds."""
    found: dict[str, None] = {}
    for edge in record.steps[place].edges:
        for end in (graph.edge(edge).head, graph.edge(edge).tail):
            concept = graph.concept(end)
            if concept.type == kind and concept.name in record.steps[place].text:
                found[concept.name] = None
    return list(found)


def other_answer(record: Record, _: Record, __: Graph) -> Iterator[Record]:
    for option in record.options:
        if option.key != record.answer_key:
            yield replace(record, answer_key=option.key, chosen_key=option.key)
            return


def other_choice(record: Record, _: Record, __: Graph) -> Iterator[Record]:
    yield replace(record, chosen_key=next(o.key for o in record.options if o.key != record.answer_key))


def swapped_edge(record: Record, other: Record, _: Graph) -> Iterator[Record]:
    for place in (0, len(record.steps) // 2, len(record.steps) - 1):
        edges = record.steps[place].edges
        yield at(record, place, edges=(other.steps[0].edges[0], *edges[1:]))


def edge_of_another_step(record: Record, _: Record, __: Graph) -> Iterator[Record]:
    first, second = record.steps[0].edges, record.steps[1].edges
    if not set(first) & set(second):
        yield told(record, [replace(record.steps[0], edges=second), replace(record.steps[1], edges=first),
                            *record.steps[2:]])  # fmt: skip


def dropped_edge(record: Record, _: Record, __: Graph) -> Iterator[Record]:
    for place, step in enumerate(record.steps):
        if len(step.edges) > 1:
            yield at(record, place, edges=step.edges[1:])
            return


def added_edge(record: Record, other: Record, _: Graph) -> Iterator[Record]:
    yield at(record, 0, edges=(*record.steps[0].edges, other.steps[0].edges[0]))
    yield at(record, 0, edges=(*record.steps[0].edges, record.steps[0].edges[0]))


def changed_number(record: Record, _: Record, __: Graph) -> Iterator[Record]:
    """Counts of patients, bits and counts of findings; never a number inside a name."""
    pattern = re.compile(r"\d+(?= of \d+ patients)|(?<= of )\d+(?= patients)|\d+(?= findings)|\d(?= bits)")
    done = 0
    for place, step in enumerate(record.steps):
        for match in list(pattern.finditer(step.text))[:2]:
            number = str((int(match[0]) + 1) % 10 if len(match[0]) == 1 else int(match[0]) + 1)
            yield at(record, place, text=step.text[: match.start()] + number + step.text[match.end() :])
            done += 1
        if done > 3:
            return


def changed_words(record: Record, _: Record, __: Graph) -> Iterator[Record]:
    for place, step in enumerate(record.steps):
        for word, instead in (
            ("very frequent", "occasional"),
            ("(frequent", "(very frequent"),
            ("occasional", "frequent"),
        ):
            if word in step.text:
                yield at(record, place, text=step.text.replace(word, instead, 1))
                return


def other_polarity(record: Record, _: Record, graph: Graph) -> Iterator[Record]:
    for place in range(len(record.steps) - 1):
        edges = [graph.edge(e) for e in record.steps[place].edges]
        edge = next((e for e in edges if e.relation == "has_phenotype"), None)
        if edge is None:
            return
        disease, finding = graph.name(edge.head), graph.name(edge.tail)
        absent = f"{finding} is recorded as absent in {disease}."
        present = f"{disease} is recorded with {finding}."
        if record.flags[1] == "synthetic_absent":
            yield at(record, place, text=absent if edge.polarity == "present" else present)
        elif record.flags[1] == "synthetic_diagnosis":
            yield at(record, place, text=absent)
            yield at(record, place, text=f"{disease} has no annotation for {finding}.")
            first, dot, second = record.steps[place].text.rpartition(". ")
            if dot and place == 0:
                yield at(record, place, text=first + ".")
                yield at(record, place, text=second)
            return


def other_verdict(record: Record, _: Record, __: Graph) -> Iterator[Record]:
    near, far = "which is much the same", "a clear difference"
    if record.flags[1] == "synthetic_distinguish":
        for place, step in enumerate(record.steps[:-1]):
            cut = re.search(
                r"(?<=[\w)])(?:, (?:so the|which|too|and that|and these|a clear)|; (?:these|that))", step.text
            )
            if cut is None:
                continue
            tail = step.text[cut.start() :]
            is_far = any(w in tail for w in ("far apart", "clear", "sets them apart", "apart well", "far from"))
            yield at(record, place, text=f"{step.text[: cut.start()]}, {near if is_far else far}.")


def exchanged_diseases(record: Record, other: Record, graph: Graph) -> Iterator[Record]:
    for place in range(2):
        here = names(record, place, graph, "disease")
        counts = re.findall(r"\d+ of \d+ patients", record.steps[place].text)
        if len(here) > 1 and len(set(counts)) < len(counts):
            continue  # two equal counts: exchanged, the sentence says the same
        if len(here) > 1:
            yield at(record, place, text=exchanged(record.steps[place].text, here[0], here[1]))
        elif here:
            there = [n for p in range(len(other.steps)) for n in names(other, p, graph, "disease") if n not in here]
            if there:
                yield at(record, place, text=record.steps[place].text.replace(here[0], there[0]))


def exchanged_genes(record: Record, _: Record, graph: Graph) -> Iterator[Record]:
    here = [names(record, p, graph, "gene") for p in range(2)]
    if all(here) and here[0] != here[1]:
        for place, (own, foreign) in enumerate(((here[0][0], here[1][0]), (here[1][0], here[0][0]))):
            yield at(record, place, text=record.steps[place].text.replace(own, foreign))


def dropped_step(record: Record, _: Record, __: Graph) -> Iterator[Record]:
    for place in (0, len(record.steps) - 2, len(record.steps) - 1):
        yield told(record, [s for i, s in enumerate(record.steps) if i != place])


def repeated_step(record: Record, _: Record, __: Graph) -> Iterator[Record]:
    yield told(record, [record.steps[0], *record.steps])


def conclusion_first(record: Record, _: Record, __: Graph) -> Iterator[Record]:
    yield told(record, [record.steps[-1], *record.steps[:-1]])


def other_conclusion(record: Record, _: Record, __: Graph) -> Iterator[Record]:
    right = next(o.text for o in record.options if o.key == record.answer_key)
    wrong = next(o.text for o in record.options if o.key != record.answer_key)
    last = record.steps[-1].text
    for name in (right, right[0].lower() + right[1:]):
        if name in last:
            yield at(record, len(record.steps) - 1, text=last.replace(name, wrong))
            return


def added_sentence(record: Record, _: Record, __: Graph) -> Iterator[Record]:
    yield at(record, 0, text=record.steps[0].text + " This is caused by a variant.")


def changed_options(record: Record, other: Record, _: Graph) -> Iterator[Record]:
    a, b, *rest = record.options
    yield replace(record, options=(replace(a, text=b.text), replace(b, text=a.text), *rest))
    yield replace(record, options=(replace(a, text=b.text, concept=b.concept),
                                   replace(b, text=a.text, concept=a.concept), *rest)
                  if record.answer_key in (a.key, b.key) else (a, replace(b, concept=a.concept), *rest))  # fmt: skip
    foreign = other.options[0]
    if foreign.concept != a.concept:
        yield replace(record, options=(replace(a, text=foreign.text, concept=foreign.concept), b, *rest))
    yield replace(record, options=record.options[:-1])


def changed_question(record: Record, other: Record, graph: Graph) -> Iterator[Record]:
    yield replace(record, question=other.question)
    yield replace(record, question=record.question + " The patient is 4 years old.")
    if record.findings:
        yield replace(record, findings=record.findings[1:])
        yield replace(record, findings=(replace(record.findings[0], status="excluded"), *record.findings[1:]))


def changed_labels(record: Record, _: Record, __: Graph) -> Iterator[Record]:
    levels = ("difficulty_easy", "difficulty_medium", "difficulty_hard")
    yield replace(record, flags=(*record.flags[:2], next(level for level in levels if level != record.flags[2])))
    yield replace(record, flags=record.flags[1:])
    yield replace(record, flags=("synthetic", "synthetic_riddle", record.flags[2]))
    yield replace(record, clinician_reviewed=True)
    yield replace(record, teacher="offline")
    yield replace(record, source="phenopackets")
    yield replace(record, margin=3.0)
    yield replace(record, reasoning=record.reasoning + " ")


PLANTS: tuple[Plant, ...] = (
    other_answer, other_choice, swapped_edge, edge_of_another_step, dropped_edge, added_edge, changed_number,
    changed_words, other_polarity, other_verdict, exchanged_diseases, exchanged_genes, dropped_step, repeated_step,
    conclusion_first, other_conclusion, added_sentence, changed_options, changed_question, changed_labels,
)  # fmt: skip
