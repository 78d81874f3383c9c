"""Rows in every layout of every source, in our own words (no question of an exam stands in this repository)."""

from typing import Any

Row = dict[str, Any]

STEM = "Which of these disorders makes tall people with long fingers?"
NAMES = ["Marfan syndrome", "Cystic fibrosis", "Green disease", "Fabry disease", "Blue disease"]
LETTERED = dict(zip("ABCDE", NAMES, strict=True))
FOUR = {k: LETTERED[k] for k in "ABCD"}
LONG = [f"Colour number {n}" for n in range(22)]


def inline(texts: list[str], form: str) -> str:
    """Options written into a question, as "A. text" or "(A) text"."""
    return "\n".join(form.format(chr(65 + n), text) for n, text in enumerate(texts))


MEDQA = {"question": STEM, "options": LETTERED, "answer": NAMES[0], "answer_idx": "A", "meta_info": "step1"}
MEDQA_LIST = {**MEDQA, "options": [{"key": k, "value": v} for k, v in LETTERED.items()]}
ELAINE = {
    "problem_id": 7, "problem_text": STEM, "choices": NAMES[:4], "answer": ["d"], "points": 1, "text_only": True,
}  # fmt: skip
MEDMCQA = {
    "id": "m-1", "question": STEM, "opa": NAMES[0], "opb": NAMES[1], "opc": NAMES[2], "opd": NAMES[3], "cop": 2,
    "choice_type": "single", "exp": "Secret explanation", "subject_name": "Colours", "topic_name": None, "first_cop": 0,
}  # fmt: skip
MMLU = {"question": STEM, "subject": "anatomy", "choices": NAMES[:4], "answer": 3}
XPERT = {
    "id": "Text-0", "question": STEM, "options": dict(zip("ABCDEFGHIJ", LONG, strict=False)), "label": "J",
    "medical_task": "Diagnosis", "body_system": "Skeletal", "question_type": "Reasoning",
}  # fmt: skip
XPERT_HUB = {
    **XPERT,
    "question": f"{STEM}\nAnswer Choices: " + inline(LONG[:10], "({}) {}").replace("\n", " "),
    "options": [{"letter": k, "content": v} for k, v in XPERT["options"].items()],
}
HLE = {"idx": 9, "question": f"{STEM}\n\n", "options": dict(zip("ABCDEFGHIJKLMNOPQRSTUV", LONG, strict=True)),
       "answer": f"V. {LONG[21]}\n", "answer_idx": "V"}  # fmt: skip
HLE_HUB = {
    "id": "h1", "question": f"{STEM}\n\nAnswer Choices:\n" + inline(LONG, "{}. {}"), "image": "", "image_preview": None,
    "answer": "C", "answer_type": "multipleChoice", "author_name": "nobody", "rationale": "Secret rationale",
    "rationale_image": None, "raw_subject": "Medicine", "category": "Biology/Medicine", "canary": "canary words",
}  # fmt: skip
BULLETS = {**MEDQA, "options": FOUR}
BULLETS_5 = {
    "question": STEM, "opa": NAMES[0], "opb": NAMES[1], "opc": NAMES[2], "opd": NAMES[3], "ope": NAMES[4],
    "answer": NAMES[4], "answer_idx": "E", "explanation": "Secret explanation", "link": "https://example.org",
}  # fmt: skip
BULLETS_4 = {**BULLETS_5, "ope": None, "answer": NAMES[1], "answer_idx": "B"}
PUBMEDQA = {
    "pubid": 1234567,
    "question": "Do long fingers go with tall stature?",
    "context": {
        "contexts": ["We asked 12 people. All of them answered.", "Of 12 people, 9 had long fingers (P<.01)."],
        "labels": ["METHODS", "RESULTS"],
        "meshes": ["Secret heading"],
        "reasoning_required_pred": ["y", "e", "s"],
    },
    "long_answer": "Long fingers do go with tall stature.",
    "final_decision": "yes",
}
UNLABELLED = {k: v for k, v in PUBMEDQA.items() if k != "final_decision"}
PUBMEDQA_JSON = {
    "QUESTION": PUBMEDQA["question"], "CONTEXTS": PUBMEDQA["context"]["contexts"], "LABELS": ["METHODS", "RESULTS"],
    "MESHES": ["Secret heading"], "YEAR": "2001", "final_decision": "maybe", "LONG_ANSWER": "Hard to say.",
}  # fmt: skip
PUBMEDQA_ELAINE = {
    "problem_id": "1234567", "problem_text": PUBMEDQA["question"], "context": "We asked 12 people. Nine said so.",
    "choices": ["yes", "no", "maybe"], "answer": ["b"], "points": 1, "text_only": True,
}  # fmt: skip
HUATUO = {"Question": "Why are fingers long?", "Complex_CoT": "Secret thoughts", "Response": "Because of fibrillin."}
VERIFIABLE = {"Open-ended Verifiable Question": "Why are fingers long?", "Ground-True Answer": "Fibrillin"}
