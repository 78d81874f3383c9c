"""The flow of one question with a language model, in one place.

    item → question → findings → sheet → draft → checked draft → record | next sample | rejection

Asynchronous: while a reply is awaited, other items go on. The answer key is looked at here alone, after a draft was
written, to keep it or to draw the next sample; no request depends on it, but for the hinted try.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from typing import NamedTuple, TypeVar

from medreason.kg.store import Graph
from medreason.kg.view import GraphView
from medreason.linking.choose import Thresholds
from medreason.llm.ask import Chat, Failure
from medreason.pipeline import Audit, Outcome, Source
from medreason.quality.accept import render
from medreason.quality.grounding import Grounder, Grounding
from medreason.quality.leaks import Redactor
from medreason.quality.systems import organ_systems
from medreason.questions.blind import blind_rules
from medreason.questions.distractors import DistractorIndex
from medreason.questions.findings import NAME_OVERLAP, flag_overlap, read_findings
from medreason.questions.reading import Item
from medreason.records import Question, Record, Rejection, Sample, Written
from medreason.teachers.llm.answers import Answers
from medreason.teachers.llm.default import DefaultTeacher
from medreason.teachers.llm.drafts import Draft
from medreason.teachers.llm.settings import Asking
from medreason.teachers.llm.sheet import Sheet, SheetMaker
from medreason.teachers.llm.stages import Asked, Stages

T = TypeVar("T")
# Failures that a further sample would meet again.
HOPELESS = frozenset({"context_length", "content_filter", "bad_request", "private"})
MOST_TOLD = 3
# Node types, in the spellings of the graphs here, of what a question can say of a patient.
FINDING_TYPES = ("phenotype", "effect/phenotype", "Symptom", "disease", "Disease", "drug", "Compound", "exposure")


class Case(NamedTuple):
    """A question with what was made of it before any model was asked."""

    question: Question
    view: GraphView
    sheet: Sheet

    @property
    def blind(self) -> Question:
        """The question as a teacher sees it."""
        return replace(self.question, answer_key="", reference="", location="")


class Attempt(NamedTuple):
    """A draft, what the checker says of it, and whether it arrives at the answer (``None``: no key)."""

    draft: Draft
    grounding: Grounding
    right: bool | None
    sample: int
    hinted: bool
    trimmed: int

    @property
    def kept(self) -> bool:
        """Whether it becomes a record."""
        return self.right is True and not self.grounding.problems

    @property
    def verdict(self) -> str:
        """Why it is not kept, in one word."""
        if not self.draft.chosen_key:
            return "chose_none"
        if self.right is None:
            return "no_answer_key"
        return "chose_other" if not self.right else "not_grounded"


class LlmPipeline:
    """The default profile on one graph; holds no state from one item to the next.

    Args:
        graph: An open graph.
        source: Turns items into questions.
        chat: Who answers.
        asking: Model, parameters, samples.
        worker: Runs what needs the processor, so that replies are not kept waiting.
        stages: Which stages before the reasoning ask the model.
        kept: Walks that pruning keeps of a pair.
        limits: When a candidate concept of an extracted mention is taken without asking.
    """

    def __init__(
        self,
        graph: Graph,
        source: Source,
        chat: Chat,
        asking: Asking,
        worker: Executor,
        stages: Stages,
        kept: int,
        limits: Thresholds,
    ) -> None:
        self._graph = graph
        self._source = source
        self._asking = asking
        self._worker = worker
        self._maker = SheetMaker(graph)
        self._teacher = DefaultTeacher(chat, asking)
        self._answers = Answers(graph, chat, asking)
        self._asked = Asked(graph, chat, asking, stages, limits)
        self._kept = kept
        self._bare = GraphView(graph)
        self._index = DistractorIndex(graph)
        self.name = f"llm/{asking.model}"

    async def process(self, item: Item) -> Outcome:
        """Takes one item to its record or its rejection.

        Raises:
            LLMError: the run cannot go on.
            Pending: the reply is not there yet (files instead of a network).
        """
        question = await self._apart(lambda: self._source.question(item))
        if isinstance(question, Rejection):
            return Outcome(question)
        if self._asked.stages.extract and not question.findings:
            found = await self._asked.findings(replace(question, answer_key="", reference=""), self._types())
            question = question if found is None else replace(question, findings=found)
        case = await self._apart(lambda: self._prepare(question))
        if case.question.kind == "open":
            opened = await self._opened(case)
            if isinstance(opened, Rejection):
                return Outcome(opened)
            case = opened
        if case.sheet.empty:
            return Outcome(self._rejected(case, "sheet", "no_evidence", "the graph ties no finding to any option"))
        if self._asked.stages.prune:
            sheet = await self._asked.pruned(case.blind, case.sheet, self._kept)
            case = case._replace(sheet=sheet)
        return await self._write(case)

    def _types(self) -> tuple[str, ...]:
        """Node types of the graph that a finding may have."""
        return tuple(t for t in FINDING_TYPES if t in self._graph.node_types) or tuple(self._graph.node_types)

    async def _apart(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)

    # -- before any model ----------------------------------------------------------------------------

    def _prepare(self, question: Question) -> Case:
        question = flag_overlap(self._graph, read_findings(self._graph, question))
        view = GraphView(self._graph, question.excluded_publications)
        blind = replace(question, answer_key="", reference="", location="")
        return Case(question, view, self._maker.make(blind, view))

    async def _opened(self, case: Case) -> Case | Rejection:
        """An open question with the candidates that the model proposed, blind, as its options."""
        options = await self._answers.propose(case.blind)
        if isinstance(options, Failure):
            return self._failed(case, options, "propose")
        question = replace(case.question, options=options)
        made = await self._apart(lambda: self._maker.make(replace(question, answer_key="", reference=""), case.view))
        return Case(question, case.view, made)

    # -- drafts --------------------------------------------------------------------------------------

    async def _write(self, case: Case) -> Outcome:
        q = case.question
        grounder = Grounder(self._graph, q.id, q.text, q.options, q.findings, case.sheet.lines)
        attempts: list[Attempt] = []
        failures: list[Failure] = []
        known = bool(q.answer_key or q.reference)
        for sample in range(self._asking.samples if known else 1):
            outcome = await self._teacher.write(case.blind, case.sheet, sample=sample)
            if isinstance(outcome, Failure):
                failures.append(outcome)
                if outcome.kind in HOPELESS:
                    break
                continue
            attempts.append(await self._judged(case, grounder, outcome, sample, hinted=False))
            if attempts[-1].kept:
                break
        if self._wants_hint(case, attempts):
            key = q.answer_key
            told = next(f"{o.key}. {o.text}" for o in q.options if o.key == key)
            outcome = await self._teacher.write(case.blind, case.sheet, hint=told)
            if isinstance(outcome, Failure):
                failures.append(outcome)
            else:
                attempts.append(await self._judged(case, grounder, outcome, 0, hinted=True))
        flags = await self._answered(case, attempts)
        return await self._apart(lambda: self._outcome(case, attempts, failures, flags))

    async def _answered(self, case: Case, attempts: list[Attempt]) -> tuple[str, ...]:
        """Flags of the kept chain: whether its choice follows without conclusion and names, where that is asked.

        One reply without controls; ``medreason answerability`` measures what a chain adds.
        """
        if not (self._asked.stages.answer and attempts and attempts[-1].kept):
            return ()
        draft, q = attempts[-1].draft, case.blind
        spoken = [f.text for f in q.findings]
        redactor = Redactor(self._graph, q.text, q.options, draft.chosen_key, spoken=spoken)
        reasoning = await self._apart(lambda: redactor.steps(draft.steps))
        found = await self._answers.rederived(replace(q, answer_key=draft.chosen_key), reasoning)
        if isinstance(found, Failure):
            return ("answer_not_asked",)
        return ("answer_follows",) if found.right else ("answer_does_not_follow",)

    def _wants_hint(self, case: Case, attempts: list[Attempt]) -> bool:
        return bool(self._asking.hint and case.question.answer_key and attempts and not attempts[-1].kept)

    async def _judged(self, case: Case, grounder: Grounder, draft: Draft, sample: int, *, hinted: bool) -> Attempt:
        tidied = await self._apart(lambda: grounder.tidy(draft.steps))
        trimmed = sum(len(a.cites) - len(b.cites) for a, b in zip(draft.steps, tidied, strict=True))
        draft = draft._replace(steps=tidied)
        grounding = await self._apart(lambda: grounder.check(tidied, draft.chosen_key))
        right = await self._right(case, draft)
        return Attempt(draft, grounding, right, sample, hinted, trimmed)

    async def _right(self, case: Case, draft: Draft) -> bool | None:
        q = case.question
        if q.answer_key:
            return draft.chosen_key == q.answer_key
        if q.kind == "open" and q.reference and draft.chosen_key:
            chosen = next(o for o in q.options if o.key == draft.chosen_key)
            return await self._answers.same(q, chosen)
        return False if q.reference else None

    # -- after ---------------------------------------------------------------------------------------

    def _outcome(self, case: Case, attempts: list[Attempt], failures: list[Failure], flags: tuple[str, ...]) -> Outcome:
        kept = attempts[-1] if attempts and attempts[-1].kept else None
        samples = tuple(self._sample(case, a) for a in attempts if a is not kept)
        shown = kept or (attempts[-1] if attempts else None)
        claims: dict[str, int] = dict(Counter(str(c.kind) for c in shown.grounding.claims)) if shown else {}
        audit = self._audit(case, shown)
        if kept is not None:
            return Outcome(self._record(case, kept, flags), audit, samples, claims)
        return Outcome(self._why(case, attempts, failures), audit, samples, claims)

    def _why(self, case: Case, attempts: list[Attempt], failures: list[Failure]) -> Rejection:
        """The rejection that says most: right but not grounded, then wrong, then no reply."""
        for verdict, stage in (("no_answer_key", "accept"), ("not_grounded", "check"), ("chose_other", "accept")):
            if found := [a for a in attempts if a.verdict == verdict]:
                last = found[-1]
                problems = "; ".join(_told(last)[:MOST_TOLD])
                other = f"chose {last.draft.chosen_key}, not {case.question.answer_key or 'the reference'}"
                detail = {"not_grounded": problems, "chose_other": other}.get(verdict, "nothing to compare with")
                return self._rejected(case, stage, verdict, detail, last.draft)
        if attempts:
            return self._rejected(
                case, "reason", "chose_none", "the evidence singles out no option", attempts[-1].draft
            )
        return self._failed(case, failures[-1], "reason")

    def _failed(self, case: Case, failure: Failure, stage: str) -> Rejection:
        detail = f"{failure.detail}; {failure.fix} (request {failure.sha[:12]})"
        return self._rejected(case, stage, f"reply_{failure.kind}", detail)

    @staticmethod
    def _rejected(case: Case, stage: str, reason: str, detail: str, draft: Draft | None = None) -> Rejection:
        if draft is None:
            return Rejection(case.question.id, stage, reason, detail)
        return Rejection(case.question.id, stage, reason, detail, draft.chosen_key, None, draft.steps)

    @staticmethod
    def _sample(case: Case, a: Attempt) -> Sample:
        draft = a.draft
        told = tuple(_told(a))
        return Sample(
            case.question.id, a.sample, a.hinted, draft.chosen_key, a.verdict, told, draft.steps, draft.request
        )

    def _record(self, case: Case, a: Attempt, flags: tuple[str, ...]) -> Record:
        q, chosen = case.question, a.draft.chosen_key
        marks = ("hinted" if a.hinted else "", self._asking.mark)
        flags = (*q.flags, *flags, *filter(None, marks))
        prompts = self._teacher.prompts(hinted=a.hinted)
        written = Written(self._asking.model, "default", prompts, a.sample, a.hinted, (a.draft.request,), a.trimmed)
        return Record(
            id=q.id,
            source=q.source,
            question=q.text,
            options=q.options,
            answer_key=q.answer_key or chosen,
            chosen_key=chosen,
            margin=margin(case.sheet, chosen),
            patient=q.patient,
            findings=q.findings,
            organ_systems=organ_systems(self._graph, q.findings),
            evidence=case.sheet.evidence,
            scores=case.sheet.scores,
            steps=a.draft.steps,
            reasoning=render(a.draft.steps),
            excluded_publications=q.excluded_publications,
            graph=self._graph.ref,
            teacher=self.name,
            flags=flags,
            kind=q.kind,
            context=q.context,
            licence=q.licence,
            sheet=case.sheet.lines,
            written=written,
        )

    def _audit(self, case: Case, attempt: Attempt | None) -> Audit:
        q = case.question
        answer = next((o.concept or f"text:{o.text.casefold()}" for o in q.options if o.key == q.answer_key), "")
        chosen = attempt.draft.chosen_key if attempt else ""
        lead = margin(case.sheet, chosen)
        rules = blind_rules(self._index, case.view, self._bare, q)
        right = bool(attempt and attempt.right)
        return Audit(answer, lead, bool(chosen), right, NAME_OVERLAP in q.flags, rules)


def _told(attempt: Attempt) -> list[str]:
    """The checker's problems, a text each."""
    return [f"step {p.step}: {p.rule}: {p.message}" for p in attempt.grounding.problems]


def margin(sheet: Sheet, chosen: str) -> float:
    """Lead in bits of an option over the best of the others by docs/scoring.md; below 0 where another leads."""
    if chosen not in sheet.scores:
        return 0.0
    others = [score.total for key, score in sheet.scores.items() if key != chosen]
    return round(sheet.scores[chosen].total - max(others, default=0.0), 4)
