"""GA4GH Phenopackets v2 as a question source.

A solved case becomes a vignette with five options. What reaches the question: sex, age at last examination,
observed and excluded findings and their onset. What never does: variants, genes, measurements, the diagnosis,
its onset, file, case and publication ids. A field that the schema does not know rejects the item, because a
misspelt ``excluded`` would turn an absent finding into a present one.

Schema: https://phenopacket-schema.readthedocs.io/en/2.0.0/ (both JSON spellings of Protocol Buffers are read).
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from medreason.errors import MedReasonError
from medreason.kg.naming import in_sentence
from medreason.kg.source import HAS_PHENOTYPE
from medreason.kg.store import Graph
from medreason.kg.view import GraphView
from medreason.questions.distractors import MIN_SHARED, N_DISTRACTORS, DistractorIndex, seeded
from medreason.questions.publications import normalised, publications_in
from medreason.questions.reading import Item
from medreason.questions.vignette import Age, gestation, onset_words, parse_duration, patient_of, vignette
from medreason.records import Finding, Option, Question, Rejection, Status

KEYS = "ABCDE"
PHENOTYPE_ROOT = "HP:0000118"
# Message type → its fields in the Phenopacket schema v2.0 (only the messages that are read here).
FIELDS = {
    "phenopacket": "id subject phenotypicFeatures measurements biosamples interpretations diseases medicalActions "
    "files metaData",
    "subject": "id alternateIds dateOfBirth timeAtLastEncounter vitalStatus sex karyotypicSex gender taxonomy",
    "vitalStatus": "status timeOfDeath causeOfDeath survivalTimeInDays",
    "phenotypicFeature": "description type excluded severity modifiers onset resolution evidence",
    "time": "gestationalAge age ageRange ontologyClass timestamp interval",
    "interpretation": "id progressStatus diagnosis summary",
    "diagnosis": "disease genomicInterpretations",
    "metaData": "created createdBy submittedBy resources updates phenopacketSchemaVersion externalReferences",
}
_KNOWN = {name: frozenset(fields.split()) for name, fields in FIELDS.items()}
_SNAKE = re.compile(r"_([a-z])")


class _Bad(Exception):
    """An item cannot be read: reason and detail of its rejection."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Case(NamedTuple):
    """What is read from a phenopacket. ``findings`` are (id, label, status, onset)."""

    id: str
    sex: str
    age: Age
    deceased: bool
    findings: tuple[tuple[str, str, Status, Age], ...]
    disease: str
    publications: tuple[str, ...]


def _message(value: Any, kind: str, where: str) -> dict[str, Any]:
    """A JSON object with the fields of one message type, names in lowerCamelCase."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _Bad("malformed", f"{where}: an object is expected")
    fields = {_SNAKE.sub(lambda m: m[1].upper(), key): item for key, item in value.items()}
    for name in fields:
        if name not in _KNOWN[kind]:
            raise _Bad("unknown_field", f"{where}: the field {name} is not in the Phenopacket schema v2")
    return fields


def _list(value: Any, where: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise _Bad("malformed", f"{where}: a list is expected")
    return value


def _term(value: Any, where: str) -> tuple[str, str]:
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        raise _Bad("malformed", f"{where}: an ontology class with an id is expected")
    return value["id"], str(value.get("label", ""))


def _time(value: Any, where: str) -> Age:
    message = _message(value, "time", where)
    try:
        if "age" in message:
            return parse_duration(str(message["age"].get("iso8601duration", "")))
        if "gestationalAge" in message:
            weeks = message["gestationalAge"]
            return gestation(int(weeks.get("weeks", 0)), int(weeks.get("days", 0)))
    except (ValueError, AttributeError, TypeError, OverflowError) as error:
        cause = error if isinstance(error, ValueError) else "age or gestational age is not of the schema's form"
        raise _Bad("malformed", f"{where}: {cause}") from error
    if "ontologyClass" in message:
        return Age(onset_class=_term(message["ontologyClass"], where)[0])
    return Age()  # ranges, time stamps and intervals say no single age: left unknown


def _findings(packet: dict[str, Any]) -> tuple[tuple[str, str, Status, Age], ...]:
    found = []
    for number, raw in enumerate(_list(packet.get("phenotypicFeatures"), "phenotypicFeatures"), 1):
        where = f"phenotypicFeatures[{number}]"
        feature = _message(raw, "phenotypicFeature", where)
        curie, label = _term(feature.get("type"), f"{where}.type")
        excluded = feature.get("excluded", False)
        if not isinstance(excluded, bool):
            raise _Bad("malformed", f"{where}.excluded: true or false is expected")
        status: Status = "excluded" if excluded else "observed"
        found.append((curie, label, status, _time(feature.get("onset"), f"{where}.onset")))
    return tuple(found)


def _diagnosis(packet: dict[str, Any]) -> str:
    solved = []
    for number, raw in enumerate(_list(packet.get("interpretations"), "interpretations"), 1):
        where = f"interpretations[{number}]"
        interpretation = _message(raw, "interpretation", where)
        if interpretation.get("progressStatus") not in ("SOLVED", "COMPLETED", None):
            continue
        diagnosis = _message(interpretation.get("diagnosis"), "diagnosis", f"{where}.diagnosis")
        if diagnosis.get("disease") is not None:
            solved.append(_term(diagnosis["disease"], f"{where}.diagnosis.disease")[0])
    if len(set(solved)) != 1:
        raise _Bad("no_diagnosis", f"{len(set(solved))} solved diagnoses, exactly one is needed")
    return solved[0]


def _publications(packet: dict[str, Any], case_id: str) -> tuple[str, ...]:
    """Publications of the case itself: external references, evidence of findings, and a PMID in the case id."""
    meta = _message(packet.get("metaData"), "metaData", "metaData")
    external = _list(meta.get("externalReferences"), "metaData.externalReferences")
    for feature in _list(packet.get("phenotypicFeatures"), "phenotypicFeatures"):
        evidence = feature.get("evidence") if isinstance(feature, dict) else None
        external = [*external, *(e.get("reference") for e in evidence or () if isinstance(e, dict))]
    cited = [r.get(key) for r in external if isinstance(r, dict) for key in ("id", "reference")]
    return normalised([*(c for c in cited if isinstance(c, str)), *publications_in(case_id)])


def read_case(item: Item) -> Case:
    """Reads the parts of a phenopacket that are used; raises ``_Bad`` on what cannot be read."""
    packet = _message(item.data, "phenopacket", "phenopacket")
    subject = _message(packet.get("subject"), "subject", "subject")
    vital = _message(subject.get("vitalStatus"), "vitalStatus", "subject.vitalStatus")
    return Case(
        item.id,
        str(subject.get("sex", "UNKNOWN_SEX")),
        _time(subject.get("timeAtLastEncounter"), "subject.timeAtLastEncounter"),
        vital.get("status") == "DECEASED",
        _findings(packet),
        _diagnosis(packet),
        _publications(packet, item.id),
    )


class PhenopacketSource:
    """Makes questions of phenopackets on one graph.

    Args:
        graph: Where findings and diseases are looked up and distractors drawn.
        seed: Seed of the distractors and of the order of options.
        exclude_own_paper: Hide what the case's own publications say (the default everywhere).
    """

    name = "phenopackets"

    def __init__(self, graph: Graph, *, seed: int, exclude_own_paper: bool) -> None:
        self._graph = graph
        self._seed = seed
        self._exclude = exclude_own_paper
        self._index = DistractorIndex(graph)

    def question(self, item: Item) -> Question | Rejection:
        """One question with options and answer key, or the reason why the case gives none."""
        try:
            return self._question(read_case(item), item.location)
        except _Bad as bad:
            return Rejection(item.id, "question", bad.reason, f"{item.location}: {bad.detail}")
        except MedReasonError as error:
            return Rejection(item.id, "question", "malformed", f"{item.location}: {error.cause}")

    def _question(self, case: Case, location: str) -> Question:
        graph = self._graph
        excluded = case.publications if self._exclude else ()
        own = [] if excluded or not self._exclude else ["no_own_publication"]
        solved = graph.number(case.disease)
        if solved is None or not self._annotated(solved):
            raise _Bad("gold_not_annotated", f"{case.disease} has no phenotype annotation in {graph.ref.version}")
        view = GraphView(graph, excluded)
        if not len(view.annotated_terms(solved)):
            raise _Bad("no_evidence_after_exclusion", f"all annotations of {case.disease} cite {', '.join(excluded)}")
        findings, flags = self._link(case)
        flags += own
        observed = [graph.require(f.concept) for f in findings if f.status == "observed"]
        if not observed:
            raise _Bad("finding_not_in_graph", "no observed finding of the case is a phenotype of the graph")
        drawn = self._index.draw(view, solved, observed, seeded(self._seed, "distractors", case.id))
        if len(drawn) < N_DISTRACTORS:
            raise _Bad("no_fair_distractors", f"fewer than {N_DISTRACTORS} sharing {MIN_SHARED} findings and alike")
        return self._assemble(case, location, [solved, *drawn], findings, flags, excluded)

    def _annotated(self, disease: int) -> bool:
        edges = self._graph.outgoing[disease]
        has = self._graph.relation[edges] == self._graph.relation_code(HAS_PHENOTYPE)
        return bool((has & self._graph.present[edges]).any())

    def _link(self, case: Case) -> tuple[tuple[Finding, ...], list[str]]:
        """Findings by their current ids; conflicts inside the case are dropped and flagged."""
        graph, flags = self._graph, []
        status: dict[int, set[Status]] = {}
        onset: dict[int, str] = {}
        for curie, _, state, age in case.findings:
            number = graph.number(curie)
            if number is None:
                flags.append(f"finding_not_in_graph:{curie}")
                continue
            if graph.concept_at(number).type != "phenotype" or graph.curie(number) == PHENOTYPE_ROOT:
                flags.append(f"not_a_phenotype:{curie}")
                continue
            status.setdefault(number, set()).add(state)
            if state == "observed" and number not in onset:
                onset[number] = onset_words(age)
        observed = {n for n, states in status.items() if "observed" in states}
        implied = {int(a) for n in observed for a in graph.ancestors[n]}
        findings = []
        for number, states in status.items():
            concept = graph.concept_at(number)
            if "excluded" in states and number in implied:
                flags.append(f"conflicting_finding:{concept.id}")
                if len(states) == 1:
                    continue
            state = "observed" if "observed" in states else "excluded"
            findings.append(Finding(concept.id, in_sentence(concept.name), state, onset=onset.get(number, "")))
        return tuple(findings), flags

    def _assemble(
        self,
        case: Case,
        location: str,
        diseases: list[int],
        findings: tuple[Finding, ...],
        flags: list[str],
        excluded: tuple[str, ...],
    ) -> Question:
        order = seeded(self._seed, "order", case.id).permutation(len(diseases)).tolist()
        concepts = [self._graph.concept_at(diseases[i]) for i in order]
        options = tuple(Option(key, c.name, c.id) for key, c in zip(KEYS, concepts, strict=True))
        return Question(
            case.id,
            self.name,
            vignette(findings, case.age, case.sex, deceased=case.deceased),
            options,
            KEYS[order.index(0)],
            findings,
            excluded,
            tuple(flags),
            location,
            patient_of(case.age, case.sex, deceased=case.deceased),
        )
