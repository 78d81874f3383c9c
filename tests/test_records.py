import pytest
from pydantic import ValidationError

from medreason.errors import CheckError, GraphError, InputError, MedReasonError, UsageError
from medreason.records import (
    Attribute,
    Concept,
    Edge,
    EdgeEvidence,
    Frequency,
    Rejection,
    Step,
    Synonym,
    from_dict,
    from_json,
    to_dict,
    to_json,
)

EDGE = Edge(
    "E1", "OMIM:1", "has_phenotype", "HP:1", True, "absent", "HPOA",
    (EdgeEvidence(("PMID:1", "PMID:2"), "PCS", Frequency(k=0, n=3), "HP:2", "MALE", ("HP:3",)),),
)  # fmt: skip
CONCEPT = Concept(
    "HP:1", "phenotype", "Größe „x“", (Synonym("y", "BROAD", "layperson"),), "d", ("UMLS:C1",),
    (Attribute("onset", "HP:2", ("PMID:1",), "TAS", "1/2"),),
)  # fmt: skip


@pytest.mark.parametrize(
    "record", [EDGE, CONCEPT, Rejection("i", "read", "malformed", "d", "A", 1.5, (Step(1, "t", ("E1",)),))]
)
def test_records_round_trip_through_json(record: object) -> None:
    assert from_json(type(record), to_json(record)) == record
    assert from_dict(type(record), to_dict(record)) == record


def test_records_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        EDGE.head = "OMIM:2"  # type: ignore[misc]
    assert not hasattr(EDGE, "__dict__")


def test_a_wrong_polarity_is_refused() -> None:
    with pytest.raises(ValidationError):
        from_dict(Edge, {**to_dict(EDGE), "polarity": "maybe"})


@pytest.mark.parametrize(("error", "code"), [(UsageError, 2), (GraphError, 3), (InputError, 3), (CheckError, 1)])
def test_errors_say_item_cause_and_fix(error: type[MedReasonError], code: int) -> None:
    raised = error("broken", fix="mend it", item="f.tsv:3")
    assert str(raised) == "f.tsv:3: broken\n  what to do: mend it"
    assert raised.exit_code == code
    import pickle

    again = pickle.loads(pickle.dumps(raised))
    assert (type(again), str(again)) == (error, str(raised))
