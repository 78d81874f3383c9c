"""PubMedQA: does the abstract say yes, no or maybe? https://pubmedqa.github.io

Labelled, artificial and unlabelled rows have one form; the unlabelled have no ``final_decision``, so a question of
theirs can be asked and never be kept (flag ``no_answer_key``). The options are always yes, no, maybe as A, B, C. Of the
context only the abstract's sentences are kept, never MeSH terms or the annotators' predictions; a part labelled as
conclusion, or a sentence of ``long_answer`` (the reference), is left out and flagged ``conclusion_left_out``. The
abstract's own publication is excluded as evidence. The labelled part holds the official test set: a file or
configuration that calls itself so is for evaluation.
"""

from __future__ import annotations

from typing import Any

from medreason.questions.sentences import sentences
from medreason.questions.sources.base import BadRow, Layout, Parts, Row, Spec, own_id
from medreason.questions.sources.columns import choices_in, elaine, elaine_parts, lettered, text_in, words_in
from medreason.records import Option

DECISIONS = ("yes", "no", "maybe")


def _key(value: Any, options: tuple[Option, ...]) -> str:
    if value is None or (isinstance(value, str) and not value.strip()):
        return ""
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in DECISIONS:
        raise BadRow("bad_answer", "the decision is none of yes, no, maybe")
    return next(o.key for o in options if o.text == word)


def _context(parts: Any, labels: Any, answer: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not isinstance(parts, list) or not all(isinstance(p, str) for p in parts):
        raise BadRow("malformed_context", "the context is no list of texts")
    heads = labels if isinstance(labels, list) and len(labels) == len(parts) else [""] * len(parts)
    told = {" ".join(s.split()).casefold() for s in sentences(answer)}
    kept: list[str] = []
    dropped = False
    for head, part in zip(heads, parts, strict=True):
        own = [] if str(head).strip().upper().startswith("CONCLUSION") else sentences(part)
        fair = [s for s in own if " ".join(s.split()).casefold() not in told]
        dropped |= len(fair) < len(sentences(part))
        kept += fair
    return tuple(kept), ("conclusion_left_out",) if dropped else ()


def _parts(row: Row, question: str, contexts: Any, labels: Any, decision: Any, answer: str) -> Parts:
    options = lettered(DECISIONS)
    context, flags = _context(contexts, labels, answer)
    return Parts(question, options, _key(decision, options), answer, context, flags, _publication(row))


def _publication(row: Row) -> tuple[str, ...]:
    own = own_id(row)
    return (f"PMID:{own}",) if own.isdecimal() and len(own) >= 4 else ()


def _hub(row: Row) -> Parts:
    context = row["context"]
    if not isinstance(context, dict):
        raise BadRow("malformed_context", "the column context is no object with contexts")
    decision, answer = row.get("final_decision"), words_in(row, "long_answer")
    return _parts(row, text_in(row, "question"), context.get("contexts"), context.get("labels"), decision, answer)


def _original(row: Row) -> Parts:
    decision, answer = row.get("final_decision"), words_in(row, "LONG_ANSWER")
    return _parts(row, text_in(row, "QUESTION"), row["CONTEXTS"], row.get("LABELS"), decision, answer)


def _elaine(row: Row) -> Parts:
    if tuple(o.text.lower() for o in choices_in(row, "choices")) != DECISIONS:
        raise BadRow("malformed_options", "the choices are not yes, no, maybe")
    parts = elaine_parts(row)
    abstract = sentences(text_in(row, "context", "malformed_context"))
    return parts._replace(context=tuple(abstract), publications=_publication(row))


PUBMEDQA = Spec(
    name="pubmedqa",
    kind="boolean",
    licence="MIT",
    layouts=(
        elaine(_elaine, "context"),
        Layout("hub", ("question", "context"), _hub),
        Layout("original", ("QUESTION", "CONTEXTS"), _original),
    ),
    evaluation_names=("labeled", "labelled", "pqal"),
    counts=(3, 3),
)
