"""A graph of a few dozen names with the traps in it, and the whole HPO for the slow evaluation."""

from __future__ import annotations

import pytest

from medreason.kg.build import build
from medreason.kg.hpo import read_hpo
from medreason.kg.source import SourceGraph
from medreason.kg.store import Graph, open_graph
from medreason.records import Concept, Synonym

Names = tuple[str, str, tuple[tuple[str, str, str], ...]]

PHENOTYPES: list[Names] = [
    ("HP:0000001", "All", ()),
    ("HP:0000118", "Phenotypic abnormality", ()),
    ("HP:0001250", "Seizure", (("Seizures", "EXACT", "plural_form"), ("Fits", "EXACT", "layperson"))),
    ("HP:0002373", "Febrile seizure (3 months to 6 years)", (("Febrile seizures", "EXACT", ""),)),
    ("HP:0001251", "Ataxia", ()),
    ("HP:0002066", "Gait ataxia", ()),
    ("HP:0001337", "Tremor", ()),
    ("HP:0001945", "Fever", ()),
    ("HP:0001252", "Hypotonia", ()),
    ("HP:0001284", "Areflexia", (("Absent reflexes", "EXACT", ""),)),
    ("HP:0000365", "Hearing impairment", (("Hearing loss", "EXACT", "layperson"), ("Deafness", "EXACT", ""))),
    ("HP:0000407", "Sensorineural hearing impairment", (("Hearing loss, sensorineural", "EXACT", ""),)),
    ("HP:0000969", "Edema", ()),
    ("HP:0002014", "Diarrhea", ()),
    ("HP:0002031", "Abnormal esophagus morphology", (("Anomaly of the esophagus", "EXACT", ""),)),
    ("HP:0001903", "Anemia", ()),
    ("HP:0003764", "Nevus", ()),
    ("HP:0000252", "Microcephaly", ()),
    ("HP:0001658", "Myocardial infarction", (("MI", "EXACT", "abbreviation"),)),
    ("HP:0100001", "Pale nail", (("Shared name", "EXACT", ""),)),
    ("HP:0100002", "Shared name", ()),
    ("HP:0100003", "Thick nail", (("Twin name", "EXACT", ""),)),
    ("HP:0100004", "Thin nail", (("Twin name", "EXACT", ""), ("Broad name", "BROAD", ""))),
    ("HP:0100005", "Split nail", (("Broad name", "RELATED", ""),)),
    ("HP:0100006", "Glycogen storage type II", ()),
]  # fmt: skip
DISEASES: list[Names] = [
    ("OMIM:154700", "Marfan syndrome", ()),
    ("ORPHA:558", "Marfan syndrome", ()),
    ("DECIPHER:8", "Smith-Magenis syndrome", ()),
    ("OMIM:182290", "Smith-Magenis syndrome", ()),
    ("OMIM:615067", "Ciliary dyskinesia, primary, 20", ()),
    ("OMIM:170400", "Hypokalemic periodic paralysis, type 1", ()),
    ("OMIM:170500", "Hyperkalemic periodic paralysis, type 1", ()),
    ("OMIM:613345", "Hypokalemic periodic paralysis, type 2", ()),
]


@pytest.fixture(scope="session")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    source = SourceGraph("toy", "1", "CC0", "none")
    for kind, rows in (("phenotype", PHENOTYPES), ("disease", DISEASES)):
        for cid, name, synonyms in rows:
            source.concepts.append(Concept(cid, kind, name, tuple(Synonym(*s) for s in synonyms)))
    folder = tmp_path_factory.mktemp("linking") / "toy"
    build(source, folder)
    return open_graph(folder)


@pytest.fixture(scope="session")
def hpo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Graph:
    if "slow" not in (request.config.getoption("-m") or ""):
        pytest.skip("builds the whole HPO; run by hand with -m slow")
    folder = tmp_path_factory.mktemp("linking") / "hpo"
    build(read_hpo(), folder)
    return open_graph(folder)
