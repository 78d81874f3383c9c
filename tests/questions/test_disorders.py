import pytest

from medreason.kg.store import Graph
from medreason.questions.disorders import DisorderIndex, series_words


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Retinitis pigmentosa 19", "Retinitis pigmentosa 7"),
        ("Amelogenesis imperfecta, type IJ", "Amelogenesis imperfecta, type IA"),
        ("Ehlers-Danlos syndrome, classic type, 1", "Ehlers-Danlos syndrome, classic type, 2"),
        ("Stickler syndrome, type IV", "Stickler syndrome, type I"),
        (
            "Intellectual developmental disorder, autosomal dominant 52",
            "Intellectual developmental disorder, X-linked 1",
        ),
    ],
)
def test_members_of_a_series_share_their_words(a: str, b: str) -> None:
    assert series_words(a) == series_words(b)


def test_sameness_on_real_diseases(hpo: Graph) -> None:
    same = DisorderIndex(hpo).same
    number = hpo.require
    assert same(number("OMIM:154700"), number("OMIM:154700"))
    # Stargardt disease 1 and Retinitis pigmentosa 19 share ABCA4.
    assert same(number("OMIM:248200"), number("OMIM:601718"))
    # Marfan syndrome and cystic fibrosis share nothing.
    assert not same(number("OMIM:154700"), number("OMIM:219700"))
    assert not same(number("OMIM:162200"), number("OMIM:191100"))
