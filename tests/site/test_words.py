"""The search index: words as JavaScript makes them, pieces that hold every word once, gaps that add up."""

from hypothesis import given, settings
from hypothesis import strategies as st

from medreason.site.lines import Keys, clean, cut
from medreason.site.words import LONGEST, Index, base36, words


def read_back(index: Index, most: int) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for piece in index.pieces(most):
        for word, gaps in zip(piece.words, piece.items, strict=True):
            assert word not in found
            at, items = -1, []
            for gap in gaps.split(" "):
                at += int(gap, 36)
                items.append(at)
            found[word] = items
    return found


def test_words_are_folded_and_cut() -> None:
    assert words("Éléphant’s ﬁne, HP:0001250!") == {"elephant", "s", "fine", "hp", "0001250"}
    assert words("snake_case") == {"snake", "case"}
    assert words("w" * 99) == {"w" * LONGEST}
    assert words("\U0001d40a" * 40) == {"k" * LONGEST}  # a mathematical letter is its plain letter
    assert words("x" * (LONGEST - 1) + "\U00010330") == {"x" * (LONGEST - 1)}  # no pair is torn apart
    assert words("… — ()") == set()


@given(st.integers(0, 10**9))
def test_base36_reads_back(n: int) -> None:
    assert int(base36(n), 36) == n


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="abz Ä9\U00010330\uffe1", max_size=12), max_size=12), st.integers(1, 60))
def test_every_item_is_found_under_every_word(texts: list[str], most: int) -> None:
    index = Index()
    for text in texts:
        index.add([text])
    found = read_back(index, most)
    assert found == {
        w: [n for n, t in enumerate(texts) if w in words(t)] for w in set().union(*map(words, texts), set())
    }
    order = [w for piece in index.pieces(most) for w in piece.words]
    assert order == sorted(order, key=lambda w: w.encode("utf-16-be"))


def test_names_of_items_differ() -> None:
    keys = Keys()
    assert [keys.name(id_) for id_ in ("a", "a", "a~2", "", "a")] == ["a", "a~2", "a~2~2", "item", "a~3"]


def test_texts_are_cut_and_cleaned() -> None:
    assert cut("one two  three", 9) == "one two…"
    assert cut("x" * 20, 9) == "x" * 8 + "…"
    assert cut("short") == "short"
    assert clean("a\ud800b") == "a\ufffdb"
