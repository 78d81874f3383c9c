"""Chains on the small graph, and the prose of real chains."""

import gzip
import json
import math
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from medreason.kg.naming import in_sentence, join
from medreason.kg.store import Graph
from medreason.kg.view import GraphView
from medreason.questions.phenopackets import PhenopacketSource
from medreason.questions.reading import Item
from medreason.records import Chain, Finding, Option, Patient, Question
from medreason.teachers.offline import OfflineTeacher
from tests.shared import CASES, shared_file
from tests.teachers import kin
from tests.teachers.small import MURMUR, NIGHT, small_graph


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return small_graph(Path(tmp_path_factory.mktemp("small")) / "kg")


@pytest.fixture(scope="module")
def kindred(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return kin.kin_graph(Path(tmp_path_factory.mktemp("kin")) / "kg")


def question(*diseases: str, observed: tuple[str, ...] = (), excluded: tuple[str, ...] = ()) -> Question:
    options = tuple(Option(k, d, d) for k, d in zip("ABCDE", diseases, strict=False))
    findings = tuple(Finding(f, "", "observed") for f in observed) + tuple(Finding(x, "", "excluded") for x in excluded)
    return Question("q", "test", "text", options, findings=findings)


def test_the_best_supported_option_is_chosen_with_its_lead(small: Graph) -> None:
    teacher = OfflineTeacher(small, margin=1.0)
    chain = teacher.teach(question("D:3", "D:1", "D:5", observed=(NIGHT, MURMUR)), GraphView(small))
    assert chain.chosen_key == "B"
    # Nyctalopia is carried by 3 of 8 diseases (seen in 3 of 4 patients), heart murmur by 2 of 8 (in 9 of 10).
    night, murmur = math.log2(8 / 3), 2.0
    evidence = night * (0.75 + 0.25 * 3.5 / 5) + murmur * (0.75 + 0.25 * 9.5 / 11)
    picture = 6 * (night + murmur) / 2
    assert chain.scores["B"].evidence == pytest.approx(evidence, abs=1e-4)
    assert chain.scores["B"].picture == pytest.approx(picture, abs=1e-4)
    assert chain.scores["A"].total == pytest.approx(6.0)  # no evidence; its one term shares the eye, one bit
    assert chain.margin == pytest.approx(chain.scores["B"].total - 6.0, abs=1e-4)
    assert teacher.decided(chain)
    assert [s.n for s in chain.steps] == list(range(1, len(chain.steps) + 1))
    assert all(s.edges for s in chain.steps)
    assert "Made-up disorder 1" in chain.steps[-1].text
    assert not any("diagnosis is" in s.text.lower() for s in chain.steps)


def test_no_evidence_means_no_choice_and_no_chain(small: Graph) -> None:
    chain = OfflineTeacher(small, margin=1.0).teach(question("D:6", "D:7", observed=(NIGHT,)), GraphView(small))
    assert chain.chosen_key == ""
    assert chain.steps == ()


@pytest.mark.parametrize(("finding", "disease"), [(kin.THUMB, "K:6"), (kin.DRY, "K:1")])
def test_broader_and_related_terms_alone_decide_nothing(kindred: Graph, finding: str, disease: str) -> None:
    asked = question(disease, "K:13", observed=(finding,))
    chain = OfflineTeacher(kindred, margin=0.0).teach(asked, GraphView(kindred))
    assert [e.stance for e in chain.evidence["A"]] == ["compatible"]
    assert chain.evidence["B"] == ()
    assert chain.scores["A"].total > 0
    assert chain.chosen_key == ""
    assert chain.steps == ()


def test_via_is_told_where_the_finding_lies_beside_the_recorded_term(kindred: Graph) -> None:
    asked = question("K:1", "K:6", observed=(kin.DRY, kin.THUMB))
    chain = OfflineTeacher(kindred, margin=0.0).teach(asked, GraphView(kindred))
    told = {(k, e.finding): e.via for k, found in chain.evidence.items() for e in found}
    assert told == {("A", kin.DRY): kin.RASH, ("B", kin.THUMB): ""}


def test_what_counts_for_another_finding_is_not_said_to_be_unrecorded(kindred: Graph) -> None:
    # Palmar rash is a rash and an anomaly of the hand; the hand weighs more.
    asked = question("K:9", "K:7", observed=(kin.RASH, kin.HAND))
    chain = OfflineTeacher(kindred, margin=0.0).teach(asked, GraphView(kindred))
    assert [e.finding for e in chain.evidence["A"]] == [kin.HAND]
    of_nine = next(s.text for s in chain.steps if kin.name(9) in s.text)
    assert "rash" not in of_nine.lower().replace("palmar rash", "")
    # Nor that it sets another option apart: there the rash is what is chosen by.
    asked = question("K:2", "K:9", observed=(kin.RASH, kin.HAND, kin.SCALY))
    chain = OfflineTeacher(kindred, margin=0.0).teach(asked, GraphView(kindred))
    assert chain.chosen_key


def test_age_and_sex_are_told_and_weighed(kindred: Graph) -> None:
    asked = replace(question("K:1", "K:2", observed=(kin.RED,)), patient=Patient(sex="female", age="P3Y"))
    chain = OfflineTeacher(kindred, margin=0.0).teach(asked, GraphView(kindred))
    assert chain.chosen_key == "A"
    assert (chain.scores["A"].patient, chain.scores["B"].patient) == (-4.0, 0.0)
    text = " ".join(s.text for s in chain.steps)
    assert "adult onset" in text.lower()
    assert "X-linked recessive inheritance" in text
    silent = OfflineTeacher(kindred, margin=0.0).teach(replace(asked, patient=Patient()), GraphView(kindred))
    assert silent.scores["A"].total == pytest.approx(chain.scores["A"].total + 4.0)
    assert "onset" not in " ".join(s.text for s in silent.steps).lower()


def test_an_option_that_is_not_linked_weighs_nothing(small: Graph) -> None:
    asked = question("D:1", "D:4", observed=(MURMUR,))
    asked = replace(asked, options=(*asked.options, Option("C", "something else", "")))
    chain = OfflineTeacher(small, margin=0.0).teach(asked, GraphView(small))
    assert set(chain.evidence) == {"A", "B"}


def test_a_small_n_is_said(small: Graph) -> None:
    chain = OfflineTeacher(small, margin=0.0).teach(question("D:1", "D:4", observed=(NIGHT,)), GraphView(small))
    text = " ".join(s.text for s in chain.steps)
    assert re.search(r"\b3 (of|in) (the )?4\b", text)
    assert "%" not in text


def test_the_key_is_never_read(small: Graph) -> None:
    teacher = OfflineTeacher(small, margin=0.0)
    asked = question("D:3", "D:1", "D:4", observed=(NIGHT, MURMUR))
    chains = {repr(teacher.teach(replace(asked, answer_key=key), GraphView(small))) for key in ("", "A", "B", "C")}
    assert len(chains) == 1


@pytest.mark.parametrize(
    ("label", "inside"),
    [
        ("Seizure", "seizure"),
        ("EEG abnormality", "EEG abnormality"),
        ("Babinski sign", "Babinski sign"),
        ("Hodgkin lymphoma", "Hodgkin lymphoma"),
        ("X-linked ichthyosis", "X-linked ichthyosis"),
        ("2-3 toe syndactyly", "2-3 toe syndactyly"),
    ],
)
def test_labels_read_well_inside_a_sentence(label: str, inside: str) -> None:
    assert in_sentence(label) == inside


def test_lists_with_commas_inside_use_semicolons() -> None:
    assert join(["a", "b", "c"]) == "a, b and c"
    assert join(["a, b", "c", "d"]) == "a, b; c; and d"
    assert join(["a"]) == "a"


# -- prose of real chains -----------------------------------------------------------------------------


def skeletons(chain: Chain, names: re.Pattern[str]) -> list[str]:
    """Sentences with concept names, lists of them, and numbers masked."""
    found = []
    for step in chain.steps:
        masked = names.sub("§", step.text)
        masked = re.sub(r"\d+(?:\.\d+)?", "#", masked)
        found += [s.strip() for s in re.split(r"(?<=\.)\s+", masked) if s.strip()]
    return found


def test_no_sentence_frame_dominates_and_none_is_worn_out_in_a_record(hpo: Graph) -> None:
    source, teacher = PhenopacketSource(hpo, seed=0, exclude_own_paper=True), OfflineTeacher(hpo, margin=0.0)
    counts: Counter[str] = Counter()
    records = steps = 0
    with gzip.open(shared_file(CASES), "rt", encoding="utf-8") as lines:
        for line in lines:
            if records >= 220:
                break
            data = json.loads(line)
            asked = source.question(Item(data["id"], "x", data))
            if not isinstance(asked, Question):
                continue
            view = GraphView(hpo, asked.excluded_publications)
            chain = teacher.teach(asked, view)
            concepts = {hpo.edge(e).head for s in chain.steps for e in s.edges}
            concepts |= {hpo.edge(e).tail for s in chain.steps for e in s.edges}
            concepts |= {f.concept for f in asked.findings} | {o.concept for o in asked.options}
            ordered = sorted((hpo.name(c) for c in concepts), key=len, reverse=True)
            names = re.compile("|".join(re.escape(n) for n in ordered), re.IGNORECASE)
            own = Counter(skeletons(chain, names))
            assert max(own.values(), default=0) <= 2, (asked.id, own.most_common(1))
            counts.update(own)
            records += 1
            steps += len(chain.steps)
    assert records >= 200, records
    frame, times = counts.most_common(1)[0]
    assert times <= 0.05 * steps, (frame, times, steps)
