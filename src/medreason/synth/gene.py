"""Which gene is recorded for a disease, or which disease for a gene: questions about the record, both ways.

Only diseases with exactly one recorded gene are asked about or offered, so that "another gene" is on record for
every wrong option: asked for the gene, a wrong gene cites the disease that it is recorded with; asked for the disease,
a wrong disease cites its only gene. None of this says that a gene causes a disease.
"""

from __future__ import annotations

import random

from medreason.questions.disorders import DisorderIndex
from medreason.synth import frames, stems
from medreason.synth.draft import Choice, Draft, Said
from medreason.synth.draw import pick, shuffled, some
from medreason.synth.options import of_diseases, of_genes
from medreason.synth.words import sentence, stem
from medreason.synth.world import World

KIND = "gene"
WRONG = 4
POOL = 16
MIN_ANNOTATIONS = 5
LIKE = 0.35


def subjects(world: World) -> list[int]:
    """Diseases with exactly one recorded gene and some findings."""
    one = [d for d in world.diseases if len(world.disorders.get(d, ())) == 1]
    return [d for d in one if world.sizes[d] >= MIN_ANNOTATIONS]


def _gene(world: World, disease: int) -> int:
    return next(iter(world.disorders[disease]))


def _named(world: World, gene: int, disease: int) -> bool:
    """Whether the name of the disease gives the gene's symbol away."""
    return world.name(gene).casefold()[:4] in world.name(disease).casefold()


def _related(world: World, gene: int, disease: int) -> bool:
    """Whether the gene is recorded for a disease of the same name."""
    name = world.name(disease).casefold()
    return any(world.name(d).casefold() == name for d in world.genes[gene])


def _pool(world: World, disorders: DisorderIndex, disease: int, rng: random.Random) -> list[int]:
    """Diseases with one gene of their own that share a finding with the disease, each another disorder and gene."""
    terms = sorted((t for t, f in world.facts[disease].items() if f.present), key=lambda t: (-world.bits[t], t))
    drawn: list[int] = []
    for term in [*terms[:6], *some(rng, terms, 4)]:
        drawn += some(rng, world.carriers(term).tolist(), 12)
    genes = set(world.disorders[disease])
    found: list[int] = []
    for other in shuffled(rng, sorted(set(drawn))):
        own = world.disorders.get(other, {})
        if len(own) != 1 or world.space[other] != world.space[disease] or world.sizes[other] < MIN_ANNOTATIONS:
            continue
        gene = _gene(world, other)
        if gene in genes or _named(world, gene, other) or any(disorders.same(other, o) for o in (disease, *found)):
            continue
        if any(_related(world, gene, o) or _related(world, _gene(world, o), other) for o in (disease, *found)):
            continue
        genes.add(gene)
        found.append(other)
        if len(found) == POOL:
            break
    return found


def make(world: World, disorders: DisorderIndex, disease: int, rng: random.Random) -> Draft | None:
    """A question about one of five like diseases and its gene, asked either way; ``None`` where there are not five.

    The five are drawn around ``disease``, and which of them is asked about is drawn after that.
    """
    pool = _pool(world, disorders, disease, rng)
    if _named(world, _gene(world, disease), disease) or len(pool) < WRONG:
        return None
    drawn = shuffled(rng, [disease, *some(rng, pool, WRONG)])
    return (_for_gene if rng.random() < 0.5 else _for_disease)(world, drawn[0], drawn[1:], rng)


def _version(world: World) -> str:
    return f"{world.graph.ref.source} {world.graph.ref.version}"


def _for_gene(world: World, disease: int, others: list[int], rng: random.Random) -> Draft:
    gene, name = _gene(world, disease), world.name(disease)
    at = {_gene(world, d): d for d in others}
    wrong = list(at)
    only = sentence(rng, pick(rng, frames.ONLY), G=world.name(gene), D=name)
    edge = world.disorders[disease][gene]
    said = {gene: Said(only, (edge,))}
    for g in wrong:
        text = sentence(rng, pick(rng, frames.GENE), G=world.name(g), D=world.name(at[g]))
        said[g] = Said(text, (world.disorders[at[g]][g],))
    last = sentence(rng, pick(rng, frames.END_GENE), frames.CLOSERS, G=world.name(gene), D=name)
    likest = max(world.alike(disease, at[g]) for g in wrong)
    return Draft(
        KIND,
        f"{disease}",
        stem(rng, (stems.ASK_GENE,), D=name, V=_version(world)),
        tuple(Choice(g, world.name(g)) for g in (gene, *wrong)),
        (*(said[g] for g in shuffled(rng, list(said))), Said(last, (edge,))),
        hard=int(likest >= LIKE),
        table=of_genes(world).table([gene, *wrong]),
    )


def _for_disease(world: World, disease: int, wrong: list[int], rng: random.Random) -> Draft:
    gene = _gene(world, disease)
    said: dict[int, Said] = {}
    for d in (disease, *wrong):
        g = _gene(world, d)
        text = sentence(rng, pick(rng, frames.ONLY), G=world.name(g), D=world.name(d))
        said[d] = Said(text, (world.disorders[d][g],))
    end = pick(rng, frames.END_DISEASE)
    last = sentence(rng, end, frames.CLOSERS, G=world.name(gene), D=world.name(disease))
    likest = max(world.alike(disease, d) for d in wrong)
    return Draft(
        KIND,
        f"{disease}",
        stem(rng, (stems.ASK_DISEASE,), G=world.name(gene), V=_version(world)),
        tuple(Choice(d, world.name(d)) for d in (disease, *wrong)),
        (*(said[d] for d in shuffled(rng, list(said))), Said(last, said[disease].edges)),
        hard=int(likest >= LIKE),
        table=of_diseases(world, [gene]).table([disease, *wrong]),
    )
