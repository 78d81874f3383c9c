"""Each sentence carries the expected reading: + observed, - excluded, F of the family (any status)."""

from __future__ import annotations

import pytest

from medreason.kg.store import Graph
from medreason.linking import link


def read(graph: Graph, text: str) -> str:
    marks = []
    for found in link(graph, text):
        mention = found.mention
        sign = "F" if mention.subject == "family" else {"observed": "+", "excluded": "-"}[mention.status]
        marks.append(sign + mention.text.lower())
    return " ".join(marks)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No seizures, ataxia or tremor.", "-seizures -ataxia -tremor"),
        (
            "He has no seizures, ataxia, or tremor, and hypotonia was present.",
            "-seizures -ataxia -tremor +hypotonia",
        ),
        ("He has no seizures but has ataxia.", "-seizures +ataxia"),
        ("She denies seizures, ataxia and deafness; she has fever.", "-seizures -ataxia -deafness +fever"),
        ("Neither seizures nor ataxia were observed, but tremor was.", "-seizures -ataxia +tremor"),
        ("He did not have seizures or ataxia and has fever.", "-seizures -ataxia +fever"),
        ("He has never had seizures.", "-seizures"),
        ("No patient had seizures; all had ataxia.", "-seizures +ataxia"),
        ("There were no seizures, although ataxia was noted.", "-seizures +ataxia"),
        ("A boy with fever without tremor, and with ataxia.", "+fever -tremor +ataxia"),
        ("Without seizures, the patient has ataxia.", "-seizures +ataxia"),
        ("He has fever, no tremor, and ataxia.", "+fever -tremor +ataxia"),
        ("Examination revealed absence of deafness and tremor.", "-deafness +tremor"),
        ("Negative for seizures and ataxia. Tremor is seen.", "-seizures -ataxia +tremor"),
        ("No seizures. Ataxia.", "-seizures +ataxia"),
    ],
)
def test_forward_negation(graph: Graph, text: str, expected: str) -> None:
    assert read(graph, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Seizures and ataxia were absent.", "-seizures -ataxia"),
        ("Seizures, ataxia and tremor were not found.", "-seizures -ataxia -tremor"),
        ("He had ataxia, and seizures were absent.", "+ataxia -seizures"),
        ("He had ataxia and seizures were ruled out.", "+ataxia -seizures"),
        ("Hearing loss is not present. Tremor was excluded, fever is high.", "-hearing loss -tremor +fever"),
    ],
)
def test_backward_negation(graph: Graph, text: str, expected: str) -> None:
    assert read(graph, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Not only seizures but also ataxia occurred.", "+seizures +ataxia"),
        ("No increase in tremor was seen.", "+tremor"),
        ("He has seizures with or without fever.", "+seizures +fever"),
        ("Hearing loss could not be excluded.", "+hearing loss"),
        ("Absent reflexes, hypotonia and ataxia were noted.", "+absent reflexes +hypotonia +ataxia"),
    ],
)
def test_words_that_look_like_negation(graph: Graph, text: str, expected: str) -> None:
    assert read(graph, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("His mother has seizures and ataxia, and he has tremor.", "Fseizures Fataxia +tremor"),
        ("There is a family history of seizures and ataxia. He has tremor.", "Fseizures Fataxia +tremor"),
        ("Ataxia runs in the family. He has fever.", "Fataxia +fever"),
        ("Two maternal uncles had seizures. He has no ataxia.", "Fseizures -ataxia"),
        ("Seizures were reported in his brother.", "Fseizures"),
        ("He has tremor, and his 4-year-old sister had seizures.", "+tremor Fseizures"),
        ("His mother had seizures, and examination shows ataxia.", "Fseizures +ataxia"),
        ("Her mother, who has ataxia, is worried about the tremor.", "Fataxia +tremor"),
        ("She has no family history of seizures.", "Fseizures"),
        ("The sister of his father has deafness.", "Fdeafness"),
    ],
)
def test_findings_of_relatives(graph: Graph, text: str, expected: str) -> None:
    assert read(graph, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "His mother reports that he has seizures.",
        "His parents noticed seizures.",
        "He was brought by his mother with seizures.",
        "Born to healthy cousins, he has seizures.",
        "A 30-year-old mother of two has seizures.",
        "He has seizures, like his father.",
    ],
)
def test_relatives_as_witnesses(graph: Graph, text: str) -> None:
    assert read(graph, text) == "+seizures"
