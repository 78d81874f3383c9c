"""Blinding: what tells an arm by its looks goes, what is said stays."""

import pytest

from medreason.review.blinding import Piece, chosen, of_text, plain, same_cut


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**Low** ferritin shows _empty_ stores", "Low ferritin shows empty stores."),
        ("Step 3: ferritin is low.", "Ferritin is low."),
        ("2) ferritin is low", "Ferritin is low."),
        ("- ferritin is low", "Ferritin is low."),
        ("### ferritin is low", "Ferritin is low."),
        ("Ferritin is low [HP:0012343].", "Ferritin is low."),
        ("Ferritin is low [E12, F3] and red cells small [E4].", "Ferritin is low and red cells small."),
        ("Ferritin is low (E0123456789abcdef).", "Ferritin is low."),
        ("Ferritin \u2013 4\u00a0ug/L \u2013 is \u201clow\u201d\u2026", 'Ferritin - 4 ug/L - is "low"...'),
        ("As an AI language model, I note that ferritin is low.", "I note that ferritin is low."),
        ("ChatGPT and GPT-4o say: low.", "The writer and the writer say: low."),
        ("\\boxed{Gout} it is", "Gout it is."),
        ("see [this](https://example.org/a) trial", "See this trial."),
        ("`ferritin` < 15 ug/L and K > 3.5", "Ferritin < 15 ug/L and K > 3.5."),
        ("Dose 2 * 3 * 4 mg", "Dose 2 * 3 * 4 mg."),
        ("Is it gout?", "Is it gout?"),
        ("HLA-B*57:01 and c.35delG", "HLA-B*57:01 and c.35delG."),
        ("snake_case_name stays", "Snake_case_name stays."),
        ("Ferritin is low<|im_end|>", "Ferritin is low."),
        ("I am Claude, made by Anthropic. Ferritin is low.", "Ferritin is low."),
        ("<b>Ferritin</b> is low<br/>and MCV too", "Ferritin is low and MCV too."),
        ("10<sup>9</sup>/L and CO<sub>2</sub>, K <3.5 and >2", "10^9/L and CO2, K <3.5 and >2."),
        ("| test | value |\n|---|---|\n| ferritin | 4 |", "Test, value ferritin, 4."),
        ("low \ud800 ferritin", "Low \ufffd ferritin."),
        ("", ""),
        ("***", ""),
        ("[E1]", ""),
    ],
)
def test_plain(text: str, expected: str) -> None:
    assert plain(text) == expected
    assert plain(plain(text)) == expected


@pytest.mark.parametrize(
    "animal", ["Contact with llamas and alpacas", "A claude lorrain print", "Gemini twins", "Qfever"]
)
def test_words_that_only_look_like_models_stay(animal: str) -> None:
    assert plain(animal) == animal + "."


MARKED = """<think>
## Thinking
1. **Ferritin** is low [E1].
2. Red cells are small; this fits.

## Final Answer
The answer is A.
</think>"""
BARE = "Ferritin is low. Red cells are small; this fits.\n\nFinal answer: A"


def test_outputs_in_different_dress_read_the_same() -> None:
    marked, bare = same_cut([of_text(MARKED), of_text(BARE)])
    assert [p.text for p in marked] == [p.text for p in bare] == ["Ferritin is low.", "Red cells are small; this fits."]


def test_steps_stay_steps_only_where_every_side_has_them() -> None:
    steps = [Piece("One thing. Another thing.", (), 1), Piece("A third.", (), 2)]
    both = same_cut([steps, steps])
    assert [[p.text for p in side] for side in both] == [["One thing. Another thing.", "A third."]] * 2
    cut = same_cut([steps, [Piece("One block. Of two sentences.")]])
    assert [p.text for p in cut[0]] == ["One thing.", "Another thing.", "A third."]
    assert [p.origin for p in cut[0]] == [1, 1, 2]
    assert len(cut[1]) == 2


def test_a_step_that_is_only_the_choice_goes_from_every_arm() -> None:
    steps = [Piece("One thing.", (), 1), Piece("Another.", (), 2), Piece("The answer is C.", (), 3)]
    cut = same_cut([steps, of_text("1. One thing.\n2. Another.\n3. The answer is C.")])
    assert [[p.text for p in side] for side in cut] == [["One thing.", "Another."]] * 2


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (MARKED, "A"), (BARE, "A"), ("It is gout. The answer is C. Final answer: B", "B"),
        ("### Final Answer\nD. Gout", "D"),
        ("The best option is (E).", "E"), ("A rash is seen.", ""), ("Answer a question.", ""),
    ],
)  # fmt: skip
def test_the_choice_that_is_taken_away_is_known(text: str, key: str) -> None:
    assert chosen(text) == key
