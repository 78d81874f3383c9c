"""What a question of each kind must show: the criterion of the right option, and the evidence against each other."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import NamedTuple

from medreason.quality.facts import Facts
from medreason.quality.problem import Wrong
from medreason.quality.synthetic import criteria, edges
from medreason.quality.synthetic.criteria import Count
from medreason.quality.synthetic.edges import Cited
from medreason.quality.synthetic.grammar import Said, concluded, read, tokens
from medreason.quality.synthetic.stems import Asked


class Step(NamedTuple):
    """A step: its masked sentences and the edges it cites."""

    sentences: list[str]
    cited: Cited


class Case(NamedTuple):
    """A record as the rules see it.

    Attributes:
        facts: The graph.
        node: Token → node number.
        asked: What the question names.
        options: Node numbers of the options.
        right: Node number of the answer.
        findings: Node numbers of the patient's findings.
        steps: All steps but the last.
        last: The conclusion.
    """

    facts: Facts
    node: dict[str, int]
    asked: Asked
    options: list[int]
    right: int
    findings: list[int]
    steps: list[Step]
    last: Step


def _need(holds: bool, rule: str, message: str) -> None:
    if not holds:
        raise Wrong(rule, message)


def _read(sentence: str, *kinds: str) -> Said:
    said = read(sentence)
    if said is None:
        raise Wrong("sentence", "a sentence has no known form")
    _need(said.kind in kinds, "sentence", f"a sentence of kind {said.kind} stands where {' or '.join(kinds)} belongs")
    return said


def _one(step: Step, *kinds: str) -> Said:
    _need(len(step.sentences) == 1, "sentence", "the step has more or less than one sentence")
    return _read(step.sentences[0], *kinds)


def _used(step: Step, used: set[int]) -> None:
    _need(used == step.cited.all, "citation", "the step cites edges that it does not use")


def _covers(case: Case, told: list[int]) -> None:
    _need(sorted(told) == sorted(case.options), "complete", "the steps do not tell each option once")


def _end(case: Case, kind: str) -> dict[str, str]:
    _need(len(case.last.sentences) == 1, "sentence", "the conclusion is not one sentence")
    match = concluded(case.last.sentences[0], kind)
    if match is None:
        raise Wrong("conclusion", "the last step is no conclusion of this kind")
    return match.groupdict()


def _last(case: Case, kind: str) -> list[int]:
    """Node numbers that the conclusion names, of one kind of token (D, F or G)."""
    return [case.node[t] for t in tokens(case.last.sentences[0], kind)]


def _told(bits: float) -> str:
    return f"{max(bits, 0.0) + 1e-9:.2f}"


def _hard(points: int) -> str:
    return ("easy", "medium", "hard")[min(points, 2)]


# -- diagnosis -----------------------------------------------------------------------------------------


def _picture(case: Case, step: Step) -> tuple[int, dict[int, int], bool]:
    """The disease of a step, edge by finding on record, and whether some finding is only reached upwards."""
    facts = case.facts
    _need(1 <= len(step.sentences) <= 2, "sentence", "the step has more sentences than are expected")
    has = _read(step.sentences[0], "has")
    disease = case.node[has.diseases[0]]
    used, on, upwards = set[int](), dict[int, int](), False
    for item in has.items:
        finding = case.node[item.finding]
        term = case.node[item.term] if item.term else finding
        _need(finding not in on, "repeated", "a finding is told twice")
        used |= edges.listed(step.cited, disease, finding, term, item.often)
        on[finding] = step.cited.annotation(disease, term, present=True)
        upwards |= term != finding
    _used(step, used)
    off = list[int]()
    if len(step.sentences) > 1:
        lacks = _read(step.sentences[1], "lacks")
        _need(case.node[lacks.diseases[0]] == disease, "names", "the step speaks of two diseases")
        off = [case.node[t] for t in lacks.findings]
    for finding in off:
        if edges.recorded(facts, disease, finding):
            raise Wrong("not recorded", f"{facts.name(disease)} is recorded with {facts.name(finding)}")
    _need(sorted([*on, *off]) == sorted(case.findings), "complete", "a step does not tell of each finding once")
    return disease, on, upwards


def _diagnosis(case: Case) -> str:
    facts, count = case.facts, len(case.findings)
    _need([case.node[t] for t in case.asked.findings] == case.findings, "question", "it names other findings")
    _need(count >= 4, "question", "fewer than four findings")
    pictures = [_picture(case, step) for step in case.steps]
    _covers(case, [disease for disease, _, _ in pictures])
    most = max(len(on) for disease, on, _ in pictures if disease != case.right)
    of_right, upwards = next((on, up) for disease, on, up in pictures if disease == case.right)
    _need(len(of_right) == count, "choice", "the answer has not all findings on record")
    _need(most <= count - 2, "choice", "another option lacks fewer than two findings")
    _need(not any(edges.excluded(facts, case.right, f) for f in case.findings), "choice", "the answer excludes one")
    end = _end(case, "diagnosis")
    _need(_last(case, "D") == [case.right], "conclusion", "it names another option")
    _need((int(end["m"]), int(end["j"])) == (count, most), "number", "the conclusion counts wrongly")
    _used(case.last, set(of_right.values()))
    graph = facts.graph
    carried = [len(graph.carriers[f]) for f in case.findings]
    product = 1
    for c in carried:
        product *= max(c, 1)
    common = product * 64**count > graph.annotated_diseases**count
    return _hard(int(2 * most >= count) + int(upwards) + int(common))


# -- absent ----------------------------------------------------------------------------------------------


def _absent(case: Case) -> str:
    facts = case.facts
    disease = case.node[case.asked.diseases[0]]
    told, shares = list[int](), list[float]()
    for step in case.steps:
        said = _one(step, "has", "unseen")
        _need([case.node[d] for d in said.diseases] == [disease], "names", "the step is about another disease")
        finding = case.node[said.findings[0]]
        told.append(finding)
        if said.kind == "unseen":
            _need(finding == case.right, "choice", "another option than the answer is recorded as absent")
            _used(step, edges.unseen(step.cited, disease, finding, said.patients))
            _need(not said.patients or said.patients >= criteria.LEAST_PATIENTS, "choice", "too few patients")
            continue
        _need(finding != case.right, "choice", "the answer is told as present")
        _need(len(said.items) == 1 and not said.items[0].term, "sentence", "one finding is expected, by its own term")
        _used(step, edges.listed(step.cited, disease, finding, finding, said.items[0].often))
        seen = facts.pooled(step.cited.annotation(disease, finding, present=True))
        enough = seen.n >= criteria.LEAST_PATIENTS and bool(seen.k) if seen.n is not None else False
        often = seen.n is None and seen.term in {"HP:0040280", "HP:0040281", "HP:0040282"}
        _need(enough or often, "choice", f"{facts.name(finding)} is not recorded well enough")
        _need(not edges.excluded(facts, disease, finding), "choice", f"{facts.name(finding)} is excluded elsewhere")
        shares.append(seen.k / seen.n if seen.n and seen.k is not None else seen.share)
    _covers(case, told)
    _end(case, "absent")
    _need(_last(case, "D") == [disease] and _last(case, "F") == [case.right], "conclusion", "it names something else")
    _used(case.last, edges.unseen(case.last.cited, disease, case.right, _patients(case, disease)))
    near = any(_alike(facts, case.right, o) for o in case.options if o != case.right)
    return _hard(int(min(shares) < 0.3) + int(near))


def _patients(case: Case, disease: int) -> int:
    edge = case.last.cited.annotation(disease, case.right, present=False)
    return edges.counted(case.facts.pooled(edge), present=False)[1]


def _alike(facts: Facts, a: int, b: int) -> bool:
    """At least half of the terms at or above either are at or above both."""
    x, y = facts.above(a) | {a}, facts.above(b) | {b}
    return 2 * len(x & y) >= len(x | y)


# -- distinguish and next ----------------------------------------------------------------------------------


class _Counted(NamedTuple):
    said: Said
    finding: int
    counts: dict[int, Count]
    edges: set[int]


def _counts(case: Case, step: Step, diseases: set[int], *kinds: str) -> _Counted:
    said = _one(step, *kinds)
    finding = case.node[said.findings[0]]
    counts, used = dict[int, Count](), set[int]()
    for k, n, token in said.counts:
        disease = case.node[token]
        used.add(edges.count(step.cited, disease, finding, k, n))
        _need(disease not in counts and n >= criteria.LEAST_PATIENTS, "number", "too few patients, or told twice")
        counts[disease] = Count(k, n)
    _need(set(counts) == diseases, "names", "the step does not count in each of the diseases")
    _used(step, used)
    return _Counted(said, finding, counts, used)


def _unspoilt(case: Case, counts: dict[int, Count], finding: int) -> None:
    """Where the finding is rare, no narrower one is on record."""
    facts = case.facts
    shares = {d: c.share for d, c in counts.items()}
    middle = (max(shares.values()) + min(shares.values())) / 2
    for disease in (d for d, share in shares.items() if share < middle):
        below = [a for a in facts.annotations(disease) if a.present and finding in facts.above(a.term)]
        _need(
            not any(a.term != finding for a in below), "choice", f"{facts.name(disease)} has a narrower one on record"
        )


def _distinguish(case: Case) -> str:
    pair = {case.node[t] for t in case.asked.diseases}
    _need(len(pair) == 2, "question", "it does not name two diseases")
    told, gap, right = list[int](), 0.0, set[int]()
    for step in case.steps:
        found = _counts(case, step, pair, "near", "far")
        a, b = found.counts.values()
        told.append(found.finding)
        if found.finding == case.right:
            _need(found.said.kind == "far" and criteria.far(a, b), "choice", "the answer does not differ clearly")
            _unspoilt(case, found.counts, found.finding)
            gap, right = float(abs(a.share - b.share)), found.edges
        else:
            _need(found.said.kind == "near" and criteria.near(a, b), "choice", "a wrong option is not alike in both")
    _covers(case, told)
    _end(case, "distinguish")
    names = set(_last(case, "D")) == pair and _last(case, "F") == [case.right]
    _need(names, "conclusion", "it names something else")
    _used(case.last, right)
    near = any(_alike(case.facts, case.right, o) for o in case.options if o != case.right)
    return _hard(int(gap < 0.6 - 1e-12) + int(near))


def _next(case: Case) -> str:
    facts = case.facts
    named = [case.node[t] for t in case.asked.diseases]
    diseases = set(named)
    _need(len(diseases) == len(named) and len(named) in (2, 3), "question", "it does not name two or three diseases")
    _need([case.node[t] for t in case.asked.findings] == case.findings, "question", "it names other findings")
    _need(len(case.findings) >= 2, "question", "fewer than two findings")
    related = [(f, o) for f in case.findings for o in case.options]
    clash = any(f == o or f in facts.above(o) or o in facts.above(f) for f, o in related)
    _need(not clash, "question", "a finding of the case is an option, or above or below one")
    known, rest = case.steps[: len(named)], case.steps[len(named) :]
    _need({_known(case, step) for step in known} == diseases, "complete", "not every open disease is told of")
    gains, used = dict[int, float](), set[int]()
    for step in rest:
        found = _counts(case, step, diseases, "gain")
        _need(found.finding not in gains, "repeated", "an option is told twice")
        counts = list(found.counts.values())
        gains[found.finding] = criteria.bits(counts)
        _need(found.said.bits == [_told(gains[found.finding])], "number", "the gain is another")
        pairs = list(combinations(counts, 2))
        if found.finding == case.right:
            enough = gains[found.finding] >= criteria.MUCH and any(criteria.far(a, b) for a, b in pairs)
            _need(enough, "choice", "the answer tells too little")
            _unspoilt(case, found.counts, found.finding)
        else:
            little = gains[found.finding] <= criteria.LITTLE and all(criteria.near(a, b) for a, b in pairs)
            _need(little, "choice", "a wrong option tells too much")
        used |= found.edges
    _covers(case, list(gains))
    end = _end(case, "next")
    most = max(g for f, g in gains.items() if f != case.right)
    _need(_last(case, "F") == [case.right], "conclusion", "it names another finding")
    bits = _told(gains[case.right]), _told(most)
    _need((end["x"], end["y"]) == bits, "number", "the bits of the conclusion are wrong")
    _used(case.last, used)
    return _hard(int(len(named) > 2) + int(gains[case.right] < 0.3))


def _known(case: Case, step: Step) -> int:
    said = _one(step, "has")
    disease = case.node[said.diseases[0]]
    used = set[int]()
    _need(not any(i.term for i in said.items), "sentence", "the findings are told by their own terms")
    _need([case.node[i.finding] for i in said.items] == case.findings, "complete", "other findings than the case's")
    for item in said.items:
        finding = case.node[item.finding]
        used |= edges.listed(step.cited, disease, finding, finding, item.often)
    _used(step, used)
    return disease


# -- gene ------------------------------------------------------------------------------------------------


def _asks_graph(case: Case) -> None:
    ref = case.facts.graph.ref
    _need(case.asked.graph == f"{ref.source} {ref.version}", "question", "it asks about another graph")


def _gene(case: Case) -> str:
    facts = case.facts
    _asks_graph(case)
    disease = case.node[case.asked.diseases[0]]
    told, alike = list[int](), False
    for step in case.steps:
        said = _one(step, "gene", "only")
        gene, of = case.node[said.genes[0]], case.node[said.diseases[0]]
        told.append(gene)
        _used(step, edges.associated(step.cited, gene, of, only=said.kind == "only"))
        if gene == case.right:
            _need(said.kind == "only" and of == disease, "choice", "the answer is not told as the only gene recorded")
            continue
        _need(said.kind == "gene" and of != disease, "choice", "a wrong gene is not told as recorded elsewhere")
        _need(gene not in edges.genes_of(facts, disease), "choice", "a wrong gene is recorded for the disease")
        _need(edges.genes_of(facts, of) == {gene}, "choice", f"{facts.name(of)} has other genes on record")
        alike |= _profiles_alike(facts, disease, of)
    _covers(case, told)
    _end(case, "gene")
    _need(_last(case, "G") == [case.right] and _last(case, "D") == [disease], "conclusion", "it names something else")
    _used(case.last, edges.associated(case.last.cited, case.right, disease, only=True))
    return _hard(int(alike))


def _disease(case: Case) -> str:
    facts = case.facts
    _asks_graph(case)
    gene = case.node[case.asked.genes[0]]
    told, alike = list[int](), False
    for step in case.steps:
        said = _one(step, "only")
        own, of = case.node[said.genes[0]], case.node[said.diseases[0]]
        told.append(of)
        _used(step, edges.associated(step.cited, own, of, only=True))
        _need((of == case.right) == (own == gene), "choice", "the gene is not recorded for the answer alone")
        alike |= of != case.right and _profiles_alike(facts, case.right, of)
    _covers(case, told)
    _end(case, "disease")
    _need(_last(case, "G") == [gene] and _last(case, "D") == [case.right], "conclusion", "it names something else")
    _used(case.last, edges.associated(case.last.cited, gene, case.right, only=True))
    return _hard(int(alike))


def _profiles_alike(facts: Facts, a: int, b: int) -> bool:
    """At least 35 % of what either disease is recorded with, ancestors included, both are."""
    x, y = (set(facts.graph.profile[d].tolist()) for d in (a, b))
    return 100 * len(x & y) >= 35 * len(x | y)


RULES: dict[str, Callable[[Case], str]] = {
    "diagnosis": _diagnosis, "distinguish": _distinguish, "absent": _absent, "next": _next,
    "gene": _gene, "disease": _disease,
}  # fmt: skip
OPTIONS = 5
"""Options of a question of any kind."""
