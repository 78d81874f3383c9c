"""A made-up file in the shape of PrimeKG, and how long and large its build is: ``python -m benchmarks.kg_sources``.

The generator is seeded: 129,375 nodes of the 10 types, the 30 relations with the row counts of the published
file, 4,050,064 edges each stored twice and 370 exact duplicates, 8,100,498 rows. Ids and names are invented;
degrees are skewed as in any such graph. ``--write FILE`` only writes the file.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

SEED = 2002
DUPLICATES = 370
TYPES = {
    "biological_process": ("GO", 28642), "gene/protein": ("NCBI", 27671), "disease": ("MONDO", 17080),
    "effect/phenotype": ("HPO", 15311), "anatomy": ("UBERON", 14035), "molecular_function": ("GO", 11169),
    "drug": ("DrugBank", 7957), "cellular_component": ("GO", 4176), "pathway": ("REACTOME", 2516),
    "exposure": ("CTD", 818),
}  # fmt: skip
GENE, EFFECT, PROCESS = "gene/protein", "effect/phenotype", "biological_process"
FUNCTION, COMPONENT = "molecular_function", "cellular_component"
# relation, display_relation, x_type, y_type, rows of the published file (both directions)
RELATIONS = [
    ("anatomy_protein_present", "expression present", "anatomy", GENE, 3036406),
    ("drug_drug", "synergistic interaction", "drug", "drug", 2672628),
    ("protein_protein", "ppi", GENE, GENE, 642150),
    ("disease_phenotype_positive", "phenotype present", "disease", EFFECT, 300634),
    ("bioprocess_protein", "interacts with", PROCESS, GENE, 289610),
    ("cellcomp_protein", "interacts with", COMPONENT, GENE, 166804),
    ("disease_protein", "associated with", "disease", GENE, 160822),
    ("molfunc_protein", "interacts with", FUNCTION, GENE, 139060),
    ("drug_effect", "side effect", "drug", EFFECT, 129568),
    ("bioprocess_bioprocess", "parent-child", PROCESS, PROCESS, 105772),
    ("pathway_protein", "interacts with", "pathway", GENE, 85292),
    ("disease_disease", "parent-child", "disease", "disease", 64388),
    ("contraindication", "contraindication", "drug", "disease", 61350),
    ("drug_protein", "target", "drug", GENE, 51306),
    ("anatomy_protein_absent", "expression absent", "anatomy", GENE, 39774),
    ("phenotype_phenotype", "parent-child", EFFECT, EFFECT, 37472),
    ("anatomy_anatomy", "parent-child", "anatomy", "anatomy", 28064),
    ("molfunc_molfunc", "parent-child", FUNCTION, FUNCTION, 27148),
    ("indication", "indication", "drug", "disease", 18776),
    ("cellcomp_cellcomp", "parent-child", COMPONENT, COMPONENT, 9690),
    ("phenotype_protein", "associated with", EFFECT, GENE, 6660),
    ("off-label use", "off-label use", "drug", "disease", 5136),
    ("pathway_pathway", "parent-child", "pathway", "pathway", 5070),
    ("exposure_disease", "linked to", "exposure", "disease", 4608),
    ("exposure_exposure", "parent-child", "exposure", "exposure", 4140),
    ("exposure_bioprocess", "interacts with", "exposure", PROCESS, 3250),
    ("exposure_protein", "interacts with", "exposure", GENE, 2424),
    ("disease_phenotype_negative", "phenotype absent", "disease", EFFECT, 2386),
    ("exposure_molfunc", "interacts with", "exposure", FUNCTION, 90),
    ("exposure_cellcomp", "interacts with", "exposure", COMPONENT, 20),
]
Numbers = NDArray[np.int64]


def raw_id(kind: str, number: int) -> str:
    if kind == "drug":
        return f"DB{number:05d}"
    if kind == "pathway":
        return f"R-HSA-{100000 + number}"
    if kind == "exposure":
        return f"D{number:06d}"
    if kind == "disease" and number % 12 == 0:  # some hundred ids long ones, as in the published file
        return "_".join(str(20000 + 40 * number + i) for i in range(2 + number % (140 if number % 97 == 0 else 5)))
    return str(number + 1)


def nodes(scale: int) -> pl.DataFrame:
    rows = []
    for kind, (source, count) in TYPES.items():
        for number in range(max(count // scale, 3)):
            raw = raw_id(kind, number)
            grouped = "MONDO_grouped" if "_" in raw else source
            comma = ", familial" if number % 7 == 0 else ""
            rows.append((len(rows), raw, kind, f"{kind} number {number}{comma}", grouped))
    return pl.DataFrame(rows, schema=["index", "id", "type", "name", "source"], orient="row")


def pairs(chance: np.random.Generator, x: int, y: int, count: int, *, same: bool) -> tuple[Numbers, Numbers]:
    """``count`` distinct pairs, skewed towards small numbers; a first chain reaches every node of x."""
    chain = np.arange(min(x - 1 if same else x, count), dtype=np.int64)
    key = chain * y + ((chain + 1) if same else chain % y)
    while len(key) < count:
        a = (x * chance.random(2 * count) ** 1.5).astype(np.int64)
        b = (y * chance.random(2 * count) ** 1.5).astype(np.int64)
        if same:
            a, b = np.minimum(a, b), np.maximum(a, b)
        fresh = np.setdiff1d((a * y + b)[(a != b) | (not same)], key)
        key = np.concatenate([key, chance.permutation(fresh)[: count - len(key)]])
    return key // y, key % y


def write_primekg(path: Path, *, scale: int = 1, seed: int = SEED) -> dict[str, int]:
    """Writes the CSV, shrunk by ``scale``; returns its true counts."""
    chance = np.random.default_rng(seed)
    table = nodes(scale)
    first = {kind: int(table.filter(pl.col("type") == kind)["index"].to_list()[0]) for kind in TYPES}
    size = {kind: table.filter(pl.col("type") == kind).height for kind in TYPES}
    parts: list[pl.DataFrame] = []
    edges = 0
    for number, (relation, display, x, y, rows) in enumerate(RELATIONS):
        room = size[x] * size[y] // (4 if x != y else 8)
        count = min(max(rows // 2 // scale, 1) - (DUPLICATES // 2 if number == 1 and scale == 1 else 0), room)
        a, b = pairs(chance, size[x], size[y], count, same=x == y)
        ends = a + first[x], b + first[y]
        edges += count
        for left, right in (ends, ends[::-1]):
            parts.append(pl.DataFrame({"l": left, "r": right}).with_columns(r0=pl.lit(relation), d0=pl.lit(display)))
    rows_ = pl.concat(parts)
    again = chance.choice(rows_.height, DUPLICATES, replace=False)
    rows_ = pl.concat([rows_, rows_[again.tolist()]])
    columns: dict[str, Any] = {"relation": rows_["r0"], "display_relation": rows_["d0"]}
    for side, at in (("x", rows_["l"]), ("y", rows_["r"])):
        columns |= {f"{side}_{name}": table[name].gather(at) for name in table.columns}
    pl.DataFrame(columns).write_csv(path)
    used = len(np.unique(np.concatenate([rows_["l"].to_numpy(), rows_["r"].to_numpy()])))
    return {"rows": rows_.height, "edges": edges, "nodes": used, "duplicates": DUPLICATES}


def measure(path: Path, out: Path) -> None:
    begin = time.perf_counter()
    command = [sys.executable, "-c", "from medreason.cli import main; main()"]
    subprocess.run([*command, "kg", "build", "primekg", "--input", str(path), "--out", str(out)], check=True)
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    print(f"build   {seconds:8.1f} s, peak memory {peak:.2f} GB")
    from medreason.kg.store import open_graph

    open_graph(out)
    begin = time.perf_counter()
    graph = open_graph(out)
    print(f"open    {1000 * (time.perf_counter() - begin):8.1f} ms")
    numbers = np.random.default_rng(SEED).integers(0, graph.n_edges, 10_000).tolist()
    begin = time.perf_counter()
    for number in numbers:
        graph.edge_at(number)
    print(f"edge    {(time.perf_counter() - begin) * 100:8.1f} µs each, 10,000 random ones")
    print(f"folder  {sum(p.stat().st_size for p in out.iterdir()) / 1e6:8.0f} MB, {graph.n_edges:,} edges")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, help="only write the CSV")
    parser.add_argument("--input", type=Path, help="measure with this CSV instead of a generated one")
    parser.add_argument("--scale", type=int, default=1, help="divide all counts by this")
    given = parser.parse_args()
    if given.write:
        print(write_primekg(given.write, scale=given.scale))
        return
    with tempfile.TemporaryDirectory() as place:
        path = given.input or Path(place) / "kg.csv"
        if given.input is None:
            print(write_primekg(path, scale=given.scale))
        measure(path, Path(place) / "graph")


if __name__ == "__main__":
    main()
