"""From free text to one option or none: each form, and each thing that looks like a form and is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medreason.evaluation.reading import Reading, read_answer

DRUGS = {"A": "Atropine", "B": "Physostigmine", "C": "Pralidoxime", "D": "Neostigmine and atropine", "E": "Acute care"}
YES = {"A": "yes", "B": "no", "C": "maybe"}
WORDS = {"yes": "yes", "no": "no", "maybe": "maybe"}
NUMBERS = {"A": "2", "B": "4", "C": "4.5", "D": "10 mg", "E": "-4"}
TYPES = {"A": "Vitamin A", "B": "Hepatitis B", "C": "Type I", "D": "E. coli", "E": "C. difficile", "F": "B lymphocytes"}
MANY = {chr(ord("A") + i): f"choice number {i}" for i in range(22)}
REPEATED = {"A": "Aspirin", "B": "aspirin", "C": "Heparin"}
CASED = {"A": "RR", "B": "Rr", "C": "rr"}


def key(text: str, options: dict[str, str] = DRUGS) -> str | None:
    return read_answer(text, options).key


def why(text: str, options: dict[str, str] = DRUGS) -> str:
    reading = read_answer(text, options)
    assert reading.key is None, reading
    return reading.why


STATED = [
    ("The answer is B.", "B"),
    ("the correct answer is (C).", "C"),
    ("Therefore, the correct answer is **D**.", "D"),
    ("Final answer: B", "B"),
    ("FINAL ANSWER\nB", None),
    ("## Final Answer\n\nB. Physostigmine", "B"),
    ("**Final Answer:** (B) Physostigmine", "B"),
    ("Answer: b", "B"),
    ("Answer - B", "B"),
    ("Answer: B: Physostigmine", "B"),
    ("Answer B", "B"),
    ("Ans: C", "C"),
    ("The answer is most likely option B.", "B"),
    ("The best answer choice is therefore B) Physostigmine", "B"),
    ("The answer that is most consistent with these findings is C.", "C"),
    ("The most appropriate option would be D.", "D"),
    ("My answer is B because it crosses into the brain.", "B"),
    ("The answer is clear: B", "B"),
    ("The answer is 'C'", "C"),
    ("The answer is\n\n(C) Pralidoxime", "C"),
    ("Option B is correct.", "B"),
    ("(C) is the correct answer.", "C"),
    ("I think that C is the best choice here.", "C"),
    ("Physostigmine is the correct answer.", "B"),
    ("So physostigmine would be the best choice.", "B"),
    ("I would choose C.", "C"),
    ("I'd go with option D.", "D"),
    ("Let's go with B", "B"),
    ("My pick is B.", "B"),
    ("It must be C.", "C"),
    ("This leaves B.", "B"),
    ("$\\boxed{B}$", "B"),
    ("\\boxed{\\text{(C) Pralidoxime}}", "C"),
    ("The result is \\boxed{\\mathbf{D}}.", "D"),
    ("#### B", "B"),
    ("<answer>C</answer>", "C"),
    ("<answer>\nB. Physostigmine\n</answer>", "B"),
    ("<answer>C", "C"),
    ("[ANSWER]C[/ANSWER]", "C"),
    ("<answer>The answer is \\boxed{C}</answer>", "C"),
    ('{"answer": "B"}', "B"),
    ('{"step_by_step_thinking": "A is wrong. The answer is C if old.", "answer_choice": "B"}', "B"),
    ('{"answer_choice": "B. Physostigmine"', "B"),
    ('{"thinking": "it says "B" here" "answer_choice": "C"}', "C"),
    ("```json\n{'answer': 'D'}\n```", "D"),
    ('{"answer": ["B"]}', "B"),
    ('{"reason": "The correct answer is C.\\nB is wrong', "C"),
    ("B", "B"),
    ("b", "B"),
    ("B.", "B"),
    ("(B)", "B"),
    ("[B]", "B"),
    ("**B**", "B"),
    ("B) Physostigmine", "B"),
    ("B: it crosses the barrier", "B"),
    ("B. Because it crosses into the brain.\n\nAtropine does not.", "B"),
    ("B\n\nExplanation: atropine (A) is an antagonist, and C acts elsewhere.", "B"),
    ("Reasoning comes first here.\n\nC", "C"),
    ("Reasoning comes first here.\n\n**C. Pralidoxime**", "C"),
    ("Ｂ", "B"),
    ("答えは「Ｃ」です", "C"),
    ("Ⓑ", "B"),
    ("Physostigmine", "B"),
    ("**physostigmine.**", "B"),
    ("The answer is neostigmine and   Atropine.", "D"),
    ("The patient is poisoned. The most likely answer is pralidoxime.", "C"),
    ("The best next step is physostigmine.", "B"),
    ("Pralidoxime (C)", "C"),
    ("A and B are wrong. The drug of choice is **Physostigmine**", "B"),
    ("Probably B.", "B"),
    ("I'm not sure, but C.", "C"),
    ("Therefore, option C explains the findings best.", "C"),
    ("A) Atropine: wrong, it blocks.\nB) Physostigmine: This is the correct answer.\nC) Pralidoxime: incorrect.", "B"),
    ("A) Atropine\nB) Physostigmine\nC) Pralidoxime\n\nAnswer: B", "B"),
    ("The answer is B (80 % sure).", "B"),
    ("Answer: B\nConfidence: 0.9", "B"),
]


@pytest.mark.parametrize(("text", "expected"), STATED)
def test_statements(text: str, expected: str | None) -> None:
    if expected is None:
        expected = "B"
    assert key(text) == expected


NONE = [
    ("", "empty"),
    (" \n", "empty"),
    ("<|im_end|>", "empty"),
    ("The answer is Acute pancreatitis.", "not_an_option"),
    ("Acute pancreatitis", "no_statement"),
    ("A patient with this picture needs care.", "no_statement"),
    ("A 35-year-old woman was given atropine. It did not help.", "no_statement"),
    ("The answer is a cholinesterase inhibitor.", "not_an_option"),
    ("The answer is vitamin A.", "not_an_option"),
    ("The answer is hepatitis B.", "not_an_option"),
    ("The answer is B-cell lymphoma.", "not_an_option"),
    ("The answer is B12 deficiency.", "not_an_option"),
    ("The answer is E. coli.", "not_an_option"),
    ("The answer is F.", "not_an_option"),
    ("None of the above.", "not_an_option"),
    ("The answer is none of the above.", "not_an_option"),
    ("B or D", "several"),
    ("The answer is B or D.", "several"),
    ("The answer is A and B.", "several"),
    ("Answer: A/C", "several"),
    ("Answer: A, C", "several"),
    ("Both B and D are correct.", "several"),
    ("The answer is either atropine or physostigmine.", "several"),
    ("\\boxed{A} or \\boxed{C}", "several"),
    ('{"answer": "A/B/C"}', "several"),
    ('{"answer": ["A", "C"]}', "several"),
    ('{"answer": null}', "not_an_option"),
    ('{"answer": ""}', "empty"),
    ('{"answer": "None of the above"}', "not_an_option"),
    ("A is incorrect.", "no_statement"),
    ("The answer is not A.", "denied"),
    ("A is unlikely to be the answer.", "no_statement"),
    ("I would not choose A.", "no_statement"),
    ("A, B, C and E are wrong.", "no_statement"),
    ("B. Pralidoxime", "contradiction"),
    ("The answer is B (pralidoxime).", "contradiction"),
    ("Pralidoxime (B)", "contradiction"),
    ('{"answer": "B", "answer_text": "Pralidoxime"}', "contradiction"),
    ("<think>The answer is B.</think>", "only_thinking"),
    ("<think>The answer is B.", "truncated"),
    ("The answer is B.</think>", "only_thinking"),
    ("Well, the correct answer is", "truncated"),
    ("Answer:", "truncated"),
    ("Atropine blocks these receptors, so that the pupils widen and", "truncated"),
    ("I'm sorry, but I cannot answer medical questions.", "refusal"),
    ("As an AI model I can't say.", "refusal"),
    ("A) Atropine\nB) Physostigmine\nC) Pralidoxime", "several"),
    ("A) Atropine B) Physostigmine C) Pralidoxime", "several"),
    ("Could the answer be B?", "no_statement"),
    ("If the patient were a child, the answer would be C.", "no_statement"),
    ("The answer would be C if the patient were a child.", "no_statement"),
    ("A tempting wrong answer is C.", "no_statement"),
    ("The answer is B. Wait, that is not right.", "retracted"),
    ("Options A and B are both correct. Option C is not.", "several"),
    ("The answer is B. The answer is C.", "two_answers"),
    ("Final answer: B\n\nThe answer is A.", "two_answers"),
    ("<answer>A</answer><answer>C</answer>", "two_answers"),
    ("1. B\n2. A\n3. D", "several"),
    ("I don't think the answer is C.", "no_statement"),
    ("I would say A, but B is just as likely.", "several"),
    ("The resident wrote 'Answer: B' on the chart.", "no_statement"),
    ("Answer with one of A, B, C or D.", "no_statement"),
]


@pytest.mark.parametrize(("text", "expected"), NONE)
def test_no_answer(text: str, expected: str) -> None:
    assert why(text) == expected


REVISED = [
    ("A… wait, C", "C"),
    ("The answer is A. No, actually it is C.", "C"),
    ("The answer is A.\n\nOn reflection the muscle is weak. The answer is C.", "C"),
    ("At first I thought B. Correction: D.", "D"),
    ("\\boxed{A}\n\nWait, let me recheck. \\boxed{C}", "C"),
    ("The answer is A. Hmm, let me reconsider. Option C is correct.", "C"),
    ("Not A but C", "C"),
    ("The answer is not A, but rather C.", "C"),
    ("The answer is B, not D.", "B"),
    ("The answer is B rather than C.", "B"),
    ("A is incorrect, so the answer is B.", "B"),
    ("My first answer was A, but the correct answer is B.", "B"),
    ('{"answer": "A"}\nWait.\n{"answer": "C"}', "C"),
    ("<think>It is A.</think>\nThe answer is C.", "C"),
    ("<think>It is A.</think>C", "C"),
    ("It is A.</think>\n\n**C**", "C"),
    ("The answer is B. C is wrong because it acts elsewhere.", "B"),
    ("The answer is B. Pralidoxime is wrong because it acts elsewhere.", "B"),
    ("Either B or C is possible, but I would choose C.", "C"),
    ("The answer is A. Yet the eyes are dry, therefore the answer is C.", "C"),
    ("The answer is A. The eyes are dry.\n\nFinal answer: C", "C"),
    ("Only C remains.", "C"),
    ("B) Physostigmine? Exactly.", "B"),
    ("The answer is none other than C.", "C"),
    ("A: false\nB: true\nC: false\nD: false\nE: false", "B"),
]


@pytest.mark.parametrize(("text", "expected"), REVISED)
def test_the_last_statement_counts(text: str, expected: str) -> None:
    assert key(text) == expected


TONGUES = [
    ("Die richtige Antwort ist B.", "B"),
    ("Antwort: C", "C"),
    ("Die Antwort ist nicht A, sondern D.", "D"),
    ("La respuesta correcta es la C.", "C"),
    ("Respuesta: B) Physostigmine", "B"),
    ("La bonne réponse est la B.", "B"),
    ("Réponse : D", "D"),
    ("La réponse n'est pas A mais C.", "C"),
    ("答案是B。", "B"),
    ("正确答案：C", "C"),
    ("综上所述，故选D。", "D"),
    ("答案不是A", None),
    ("La respuesta es una enzima", None),
    ("A resposta correta é a letra D.", "D"),
]


@pytest.mark.parametrize(("text", "expected"), TONGUES)
def test_other_languages(text: str, expected: str | None) -> None:
    assert key(text) == expected


MARKED = [
    ("<|im_start|>assistant\nB<|im_end|>", "B"),
    ("The answer is B.</s>", "B"),
    ("B<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nIs it C? The answer is C.", "B"),
    ("The answer is B.\n\nQuestion: Which vessel?\nAnswer: C", "B"),
    (
        "<|channel|>analysis<|message|>The answer is A<|end|><|start|>assistant<|channel|>final<|message|>C<|return|>",
        "C",
    ),
    ("<|channel|>analysis<|message|>The answer is A", None),
    ("## Thinking\n\nThe answer is A.\n\n## Final Response\n\nThe answer is C.", "C"),
    ("## Thinking\n\nThe answer is A.", "A"),
    ("[THINK]A[/THINK]B", "B"),
    ("◁think▷A◁/think▷B", "B"),
]


@pytest.mark.parametrize(("text", "expected"), MARKED)
def test_templates(text: str, expected: str | None) -> None:
    assert key(text) == expected


def test_yes_no_maybe() -> None:
    for options, expected in ((YES, ("A", "B", "C")), (WORDS, ("yes", "no", "maybe"))):
        texts = ("Yes, the trial shows it.", "The answer is no.", "Maybe")
        assert tuple(key(t, options) for t in texts) == expected
        assert key("No effect was found in the trial.", options) is None
        assert key("Yes. On the whole, however, the final answer is no.", options) == expected[1]
    assert key("B. no, since the trial is small", YES) == "B"


def test_numbers_are_whole() -> None:
    assert key("The answer is 4.", NUMBERS) == "B"
    assert key("The answer is 4.5.", NUMBERS) == "C"
    assert key("The answer is -4", NUMBERS) == "E"
    assert key("The answer is 10", NUMBERS) is None
    assert key("The answer is 40", NUMBERS) is None
    assert key("\\boxed{10 \\text{ mg}}", NUMBERS) == "D"
    assert key("Answer: 2", {"1": "one", "2": "two"}) == "2"
    assert key("The answer is 1,000.", {"A": "100", "B": "1000"}) == "B"


def test_letters_that_are_part_of_names() -> None:
    for text, expected in (
        ("The answer is vitamin A.", "A"), ("The answer is hepatitis B", "B"), ("The answer is Type I.", "C"),
        ("The answer is E. coli.", "D"), ("C. difficile", "E"), ("The answer is B lymphocytes.", "F"),
        ("The answer is D. E. coli", "D"), ("I think the answer is B.", "B"),
    ):  # fmt: skip
        assert key(text, TYPES) == expected


def test_letters_to_v() -> None:
    assert key("The answer is V.", MANY) == "V"
    assert key("Answer: I", MANY) == "I"
    assert key("The answer is I think V.", MANY) == "V"
    assert key("The answer is W.", MANY) is None
    assert key("The answer is Z", dict(zip("XYZ", ("one", "two", "three"), strict=True))) == "Z"


def test_options_of_one_text() -> None:
    assert why("The answer is Aspirin tablets", REPEATED) == "not_an_option"
    assert why("The answer is ASPIRIN", REPEATED) == "repeated_text"
    assert key("The answer is B. Aspirin", REPEATED) == "B"
    assert why("Rr", CASED) == "repeated_text"


def test_options_that_speak_of_options() -> None:
    options = {"A": "Fever", "B": "Cough", "C": "Both A and B", "D": "None of the above"}
    assert key("The answer is both A and B.", options) == "C"
    assert key("None of the above", options) == "D"
    assert key("Answer: D. None of the above", options) == "D"
    assert key("The answer is A and B.", options) is None
    letters = {"A": "B", "B": "A", "C": "AB"}
    assert why("The answer is A.", letters) == "contradiction"
    assert key("The answer is AB.", letters) == "C"


def test_never_by_likeness() -> None:
    for text in ("Physostigmin", "physostigmine bromide", "The answer is atropin", "Neostigmine", "pralidoxim (2-PAM)"):
        assert key(text) is None


def test_where_and_why() -> None:
    text = "Thinking of it, **the answer is (B)**, of course."
    reading = read_answer(text, DRUGS)
    assert reading == Reading("B", "answer", text.index("answer"), text.index("B") + 1, "")
    boxed = "So $\\boxed{\\text{C}}$."
    found = read_answer(boxed, DRUGS)
    assert boxed[found.start : found.end] == "\\boxed{\\text{C}}"
    thought = read_answer("<think>A</think>\nAnswer: D", DRUGS)
    assert (thought.key, thought.start, thought.end) == ("D", 17, 26)
    several = read_answer("Hm. The answer is B or D.", DRUGS)
    assert (several.why, several.rule) == ("several", "answer")


PIECES = st.sampled_from(
    ["A", "B", " ", "\n", "The answer is ", "not ", "\\boxed{", "}", '{"answer": "', '"', "<think>", "</think>", "(",
     ")", "*", "**", "Wait, ", "Physostigmine", " or ", ".", "<answer>", "</answer>", "答案", "é", "\u200b", "Option ",
     " is correct", ":", "-4", "ﬁ", "İ"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_text_gives_a_reading_with_its_place(text: str) -> None:
    reading = read_answer(text, DRUGS)
    assert 0 <= reading.start <= reading.end <= len(text)
    assert (reading.key is None) == bool(reading.why)
    assert reading.key is None or reading.key in DRUGS
    assert reading == read_answer(text, DRUGS)


@given(st.text(max_size=200))
def test_any_characters(text: str) -> None:
    reading = read_answer(text, DRUGS)
    assert 0 <= reading.start <= reading.end <= len(text)
