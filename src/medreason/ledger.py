"""Every stage of a run and every reason why an item ends there, in order; and the ledger of a run's items.

The one place for that order and for what each reason means. A ledger says of each stage how many items entered, how
many left and why, how many went on; what it is not: a reader of files (see :mod:`medreason.dataset.funnel`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from medreason.statistics import Estimate, wilson

KEPT = "kept"
INTERNAL = "internal"
# The stages of each flow in the order in which an item meets them. Of an item that met a fault of the program no more
# is known than that it was read.
FLOWS = {
    "offline": ("read", INTERNAL, "question", "link", "reason", "accept"),
    "default": ("read", INTERNAL, "question", "propose", "sheet", "reason", "accept", "check"),
    "compat": (
        "read", INTERNAL, "question", "extract", "choose", "link", "search", "prune", "reason", "answer", "judge",
        "filter",
    ),
}  # fmt: skip
# Stages that most items never meet: in a ledger only where items ended there.
SELDOM = (INTERNAL, "propose")
STAGES = {
    "read": "the line of the input is read",
    INTERNAL: "the program meets no fault of its own",
    "question": "the item is made a fair question",
    "extract": "a model lists the entities of question and answer",
    "choose": "a model picks among concepts of similar name",
    "link": "findings are tied to concepts of the graph",
    "search": "paths between question and answer are searched",
    "propose": "a model proposes candidates for an open question",
    "sheet": "evidence for and against each option is laid out",
    "prune": "a model keeps some of the paths",
    "reason": "the chain is written, without the answer key where evidence comes first",
    "answer": "a model answers from the chain without its conclusion",
    "judge": "a model compares that answer with the key",
    "filter": "the chain leads a model to the answer",
    "accept": "the choice is compared with the answer key",
    "check": "each step is checked against the graph, without a model",
}
REASONS: dict[str, dict[str, str]] = {
    "read": {
        "malformed": "the line is no item that can be read; the detail names file and line",
        "unreadable": "the file breaks off or is not in its format",
        "duplicate_id": "an earlier item has this id already",
    },
    INTERNAL: {"internal_error": "a fault of the program: please report it"},
    "question": {
        "malformed": "a field is missing, or not what it must be",
        "duplicate_question": "an earlier item asks the same question",
        "unknown_field": "a field is not in the Phenopacket schema",
        "no_diagnosis": "the case has not exactly one solved diagnosis",
        "gold_not_annotated": "the solved disease has no phenotype annotation in this graph release",
        "no_evidence_after_exclusion": "nothing is left once the case's own publication is set aside",
        "finding_not_in_graph": "no observed finding is a phenotype of this graph release",
        "no_fair_distractors": "there are no four comparable disorders to choose between",
        "no_answer_key": "the published method needs the answer, and the question has none",
        "unknown_layout": "the columns are of no layout in which this source is published",
        "no_question": "the question has no text",
        "option_count": "the number of options is not the one of this source",
        "option_keys": "the options are not lettered A, B, C and so on",
        "empty_option": "an option has no text",
        "same_option_text": "two options have the same text",
        "malformed_options": "the options are not in the form of this source",
        "bad_answer": "the answer names none of the options",
        "answer_mismatch": "the answer's letter and its text name different options",
        "several_answers": "there are several answers where one is expected",
        "no_reference": "an open question comes without an answer text",
        "no_context": "the question comes without its abstract",
        "malformed_context": "the abstract is not in the form of this source",
        "has_image": "the question needs an image",
        "not_medical": "the subject is none of medicine",
        "not_multiple_choice": "the question is to be answered in words",
        "unknown_first_cop": "whether the answer numbers count from 0 or from 1 is not known",
    },
    "link": {
        "no_findings": "no observed finding of the question is in the graph",
        "no_concepts": "no entity of the question, or none of the answer, is in the graph",
    },
    "search": {"no_path": "no path of the graph joins question and answer"},
    "sheet": {"no_evidence": "the graph ties no finding to any option"},
    "reason": {
        "no_adequate_evidence": "no recorded evidence speaks for any option",
        "margin_too_small": "the best option leads by less than the threshold",
        "chose_none": "the model found that the evidence singles out no option",
        "no_headings": "the chain lacks a heading of the published format",
    },
    "filter": {"not_answered": "without its conclusion the chain leads no model to the answer"},
    "accept": {
        "no_answer_key": "the question has no answer key to compare with",
        "gold_not_annotated": "the option of the key has no phenotype annotation in this graph release",
        "no_evidence_after_exclusion": "all annotations of the option of the key are set aside",
        "evidence_favours_other": "the recorded evidence favours another option than the key",
        "chose_other": "the model chose another option than the key",
    },
    "check": {"not_grounded": "the answer is right, but a step says what the graph does not"},
}
# Stages in which a model is asked, so that an item can end for want of a usable reply.
ASKING = ("extract", "choose", "propose", "prune", "reason", "answer", "judge")
REPLY = "reply_"
REPLIES = {
    "rate_limit": "the server kept asking for a pause",
    "overload": "the server stayed overloaded",
    "server": "the server failed again and again",
    "timeout": "no reply came in time",
    "unreachable": "the server could not be reached",
    "dropped": "the server kept closing the connection",
    "bad_body": "what the server sent was no chat reply",
    "empty": "the replies were empty",
    "truncated": "the replies broke off",
    "unstructured": "the server refused the form that was asked for",
    "schema": "the reply did not keep to the form that was asked for",
    "length": "the reply ran into the limit of its length",
    "context_length": "the prompt is longer than the model can read",
    "content_filter": "the provider's filter stopped it",
    "refusal": "the model declined to answer",
    "bad_request": "the server refused a parameter",
    "too_long": "the reply is larger than any reply may be",
    "private": "the text holds the id of its item and was not sent",
}


def flow_name(config: Mapping[str, Any]) -> str:
    """The flow of a run by the configuration in its identity: ``offline``, ``default`` or ``compat``."""
    name = str(config.get("profile", "offline"))
    return name if name in FLOWS else "offline"


def meaning(stage: str, reason: str) -> str:
    """What a reason means, in one sentence; empty for one that this version does not know."""
    if stage in ASKING and reason.startswith(REPLY):
        said = REPLIES.get(reason.removeprefix(REPLY), "")
        return f"no usable reply: {said}" if said else ""
    return REASONS.get(stage, {}).get(reason, "")


class Left(NamedTuple):
    """Items that left a stage for one reason, and their share of those that entered it (Wilson, 95 %)."""

    reason: str
    words: str
    items: int
    share: Estimate


class Passage(NamedTuple):
    """One stage: how many items entered, which left and why (most first), and the share that went on."""

    stage: str
    words: str
    entered: int
    left: tuple[Left, ...]
    share: Estimate

    @property
    def lost(self) -> int:
        """Items that ended here."""
        return sum(row.items for row in self.left)

    @property
    def went_on(self) -> int:
        """Items that entered the next stage."""
        return self.entered - self.lost


class Ledger(NamedTuple):
    """Every item of a run: the stages in order, how many items there are, how many became records, and that share."""

    passages: tuple[Passage, ...]
    items: int
    kept: int
    share: Estimate


def ledger(rejected: Mapping[str, int], kept: int, flow: str) -> Ledger:
    """The ledger of counts; what one stage lets go on is what enters the next, the last of all the records.

    Args:
        rejected: Items by ``stage/reason``, as in the manifest.
        kept: Records.
        flow: One of :data:`FLOWS`. A stage that it lacks (a run of another version) comes after its own.
    """
    by_stage: dict[str, dict[str, int]] = {}
    for name, count in rejected.items():
        stage, _, reason = name.partition("/")
        by_stage.setdefault(stage, {})[reason] = count
    order = [stage for stage in FLOWS[flow] if stage not in SELDOM or stage in by_stage]
    order += sorted(by_stage.keys() - set(order))
    items = entered = kept + sum(rejected.values())
    passages = []
    for stage in order:
        counts = sorted(by_stage.get(stage, {}).items(), key=lambda pair: (-pair[1], pair[0]))
        left = tuple(Left(r, meaning(stage, r), n, wilson(n, entered)) for r, n in counts)
        went_on = entered - sum(row.items for row in left)
        passages.append(Passage(stage, STAGES.get(stage, ""), entered, left, wilson(went_on, entered)))
        entered = went_on
    return Ledger(tuple(passages), items, kept, wilson(kept, items))
