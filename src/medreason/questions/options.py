"""Ties the options of a question to concepts, in one way for all sources; what could not be tied is flagged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from medreason.kg.store import Graph
from medreason.records import Option

# Node types that a published question may be about, in the spellings of the graphs here. Findings leave genes and
# anatomy out: their names are words of any sentence ("rest", "heart"); an option is named as a whole.
FINDING_TYPES = ("phenotype", "effect/phenotype", "symptom", "disease", "drug", "exposure")
OPTION_TYPES = (
    *FINDING_TYPES, "gene/protein", "gene", "anatomy", "biological_process", "molecular_function",
    "cellular_component", "pathway", "pharmacologic_class", "chemical", "cell",
)  # fmt: skip
DISEASES = ("disease",)


def link_options(
    graph: Graph, options: Sequence[Option], flags: list[str], types: Sequence[str] = DISEASES
) -> tuple[Option, ...]:
    """Options with the concept they name: the given one where the graph still has it, else the text linked by name.

    Args:
        graph: Where concepts are looked up.
        options: As the source has them; ``concept`` may be empty.
        types: Node types whose names count, those that the graph has.
        flags: Gets ``option_not_in_graph:KEY`` or ``option_not_linked:KEY`` for each option left without a concept.
    """
    known = tuple(t for t in types if t in graph.node_types) or DISEASES
    return tuple([_linked(graph, option, flags, known) for option in options])


def _linked(graph: Graph, option: Option, flags: list[str], types: tuple[str, ...]) -> Option:
    from medreason.linking import link_option

    if option.concept:
        current = graph.current_id(option.concept)
        if current is None:
            flags.append(f"option_not_in_graph:{option.key}")
        return Option(option.key, option.text, current or "")
    link = link_option(graph, option.text, types)
    if link is None:
        flags.append(f"option_not_linked:{option.key}")
    return Option(option.key, option.text, link.concept if link else "")


def without_shared(options: Sequence[Option], flags: list[str]) -> tuple[Option, ...]:
    """Takes the concept from every option that shares it with another: evidence could not tell them apart.

    Args:
        options: Linked options.
        flags: Gets ``option_concept_shared:KEY`` for each option that lost its concept.
    """
    counts = Counter(o.concept for o in options if o.concept)
    shared = {o.key for o in options if counts[o.concept] > 1}
    flags += [f"option_concept_shared:{o.key}" for o in options if o.key in shared]
    return tuple([Option(o.key, o.text) if o.key in shared else o for o in options])
