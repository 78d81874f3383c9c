"""The OBO reader."""

from pathlib import Path

import pytest

from medreason.errors import InputError
from medreason.kg.obo import read_obo
from medreason.records import Synonym
from tests.kg.release import OBO


def read(tmp_path: Path, text: str):
    path = tmp_path / "hp.obo"
    path.write_text(text, encoding="utf-8")
    return read_obo(path)


def test_header_terms_and_tags(tmp_path):
    ontology = read(tmp_path, OBO)
    assert ontology.header["data-version"] == "hp/releases/2030-01-01"
    assert len(ontology.terms) == 12
    assert "part_of" not in ontology.terms, "a Typedef is no term"
    seizure = ontology.terms["HP:0001250"]
    assert seizure.definition == 'A "paroxysmal" event.'
    assert seizure.synonyms == [Synonym("Fits", "RELATED", "layperson"), Synonym("Epileptic seizure", "EXACT")]
    assert seizure.xrefs == ["UMLS:C0036572"]
    assert seizure.alt_ids == ["HP:0002279"]


def test_comment_and_qualifier_of_a_parent_are_cut(tmp_path):
    assert read(tmp_path, OBO).terms["HP:0007359"].parents == ["HP:0001250"]


def test_obsolete_term_names_its_successor(tmp_path):
    old = read(tmp_path, OBO).terms["HP:0009999"]
    assert old.obsolete
    assert old.replaced_by == "HP:0001250"


@pytest.mark.parametrize("text", ["", "format-version: 1.2\n", "[Typedef]\nid: part_of\n"])
def test_a_file_without_terms_is_an_error_that_names_it(tmp_path, text):
    with pytest.raises(InputError, match=r"hp\.obo: no \[Term\]"):
        read(tmp_path, text)


def test_a_file_that_is_not_utf8_is_an_error(tmp_path):
    path = tmp_path / "hp.obo"
    path.write_bytes(b"[Term]\nid: HP:0000001\nname: \xff\xfe\n")
    with pytest.raises(InputError, match=r"hp\.obo"):
        read_obo(path)
