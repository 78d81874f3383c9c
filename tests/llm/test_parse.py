"""From bytes to a verdict: thinking, strict JSON, schemas, and the classes of faults, by examples of real servers."""

import json
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from medreason.errors import UsageError
from medreason.llm.faults import FAULTS, classify
from medreason.llm.parse import Truncated, judge, read_json, split_thinking
from medreason.llm.schema import check, shape_of_model, shape_of_schema
from tests.llm.tools import SHAPE, ask_for


def envelope(content: Any, **choice: Any) -> str:
    message = {"role": "assistant", "content": content, **choice.pop("message", {})}
    return json.dumps({"choices": [{"message": message, "finish_reason": "stop", **choice}]})


@pytest.mark.parametrize(
    ("text", "said", "thought"),
    [
        ("plain", "plain", ""),
        ("<think>a</think> b", "b", "a"),
        ("\n<think>\na\n</think>\n\nb", "b", "a"),
        ("a</think>b", "b", "a"),
        ("<think>never ends", "", "never ends"),
        ("<thinking>a</thinking>b", "b", "a"),
        ("<think></think>b", "b", ""),
        ("x <think>a</think> b", "x <think>a</think> b", ""),
        ('<think>{"answer": "A"}</think>{"answer": "B"}', '{"answer": "B"}', '{"answer": "A"}'),
    ],
)
def test_thinking_is_taken_from_the_start_alone(text: str, said: str, thought: str) -> None:
    assert split_thinking(text) == (said, thought)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('Here: {"answer": "A"}', "not one JSON value"),
        ('{"answer": "A"} hope this helps', "not one JSON value"),
        ('{"answer": "A", "answer": "B"}', "repeats a key"),
        ('{"answer": NaN}', "NaN is not JSON"),
        ('{"answer": 1}', "not of type string"),
        ('{"answer": "A", "more": 1}', "more is not allowed"),
        ('{"answer": "\\ud800"}', "half a character"),
        ("[" * 100_000 + "]" * 100_000, "nested too deep"),
        ("[]", "not of type object"),
    ],
)
def test_json_is_read_strictly(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_json(text, SHAPE)


@pytest.mark.parametrize("text", ['{"answer": "A"}', '```json\n{"answer": "A"}\n```', '```\n{"answer": "A"}```'])
def test_one_value_alone_or_in_a_fence_is_read(text: str) -> None:
    assert read_json(text, SHAPE) == {"answer": "A"}


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=20), min_size=1, max_size=4), st.data())
def test_every_beginning_of_json_is_seen_as_cut(value: dict[str, str], data: Any) -> None:
    text = json.dumps(value)
    cut = data.draw(st.integers(1, len(text) - 1))
    with pytest.raises(Truncated):
        read_json(text[:cut].rstrip(), shape_of_schema("any", {"type": "object"}))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("", "bad_body"),
        ("<html>", "bad_body"),
        ("[]", "bad_body"),
        ("{}", "bad_body"),
        ('{"choices": []}', "bad_body"),
        ('{"choices": [null]}', "bad_body"),
        ('{"choices": [{"message": null}]}', "bad_body"),
        ('{"error": {"code": 429, "message": "slow"}}', "rate_limit"),
        ('{"error": "boom"}', "server"),
        (envelope(None), "empty"),
        (envelope("<think>only"), "empty"),
        (envelope("<think>only", finish_reason="length"), "length"),
        (envelope("x", finish_reason="content_filter"), "content_filter"),
        (envelope(None, message={"refusal": "no"}), "refusal"),
        (envelope('{"answer": "A', finish_reason="length"), "length"),
        (envelope('{"answer": "A'), "truncated"),
        (envelope("words"), "schema"),
        (envelope("x", error={"code": 502, "message": "upstream"}), "server"),
    ],
)
def test_a_bad_body_has_its_class(body: str, kind: str) -> None:
    verdict = judge(ask_for(shape=SHAPE), 200, {}, body)
    assert verdict.reply is None
    assert verdict.fault is not None
    assert verdict.fault.kind.name == kind


def test_contents_in_parts_and_counts_of_tokens() -> None:
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "B"}]
    body = json.loads(envelope(parts))
    body["usage"] = {"prompt_tokens": 10, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 8}}
    reply = judge(ask_for(), 200, {}, json.dumps(body)).reply
    assert reply is not None
    assert (reply.text, reply.reasoning, reply.usage) == ("B", "hm", (10, 2, 8))
    for wrong in (-1, 10**30, "7", None, True, 1.5):
        body["usage"] = {"prompt_tokens": wrong, "completion_tokens": 2}
        assert judge(ask_for(), 200, {}, json.dumps(body)).usage is None


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda s: st.lists(s) | st.dictionaries(
    st.sampled_from(["choices", "message", "content", "usage", "error", "code", "prompt_tokens"]), s)))  # fmt: skip
def test_no_json_breaks_the_judge(value: Any) -> None:
    for shaped in (None, SHAPE):
        for body in (json.dumps(value), json.dumps({"choices": [{"message": value}], "usage": value, "error": value})):
            verdict = judge(ask_for(shape=shaped), 200, {}, body)
            assert (verdict.reply is None) != (verdict.fault is None)


# Error bodies as the servers named send them (their documentation or source), cut to what matters.
@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, '{"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}}', "auth"),
        (404, '{"error": {"message": "The model `x` does not exist or you have no access"}}', "unknown_model"),
        (404, '{"object": "error", "message": "The model `x` does not exist.", "code": 404}', "unknown_model"),
        (404, '{"error": {"message": "model \\"x\\" not found, try pulling it first"}}', "unknown_model"),
        (400, '{"error": {"message": "x is not a valid model ID", "code": 400}}', "unknown_model"),
        (404, '{"error": {"code": "DeploymentNotFound", "message": "does not exist"}}', "unknown_model"),
        (404, '{"detail": "Not Found"}', "wrong_address"),
        (405, "", "wrong_address"),
        (302, "", "wrong_address"),
        (429, '{"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}', "quota"),
        (402, '{"error": {"message": "Insufficient Balance"}}', "quota"),
        (429, '{"error": {"message": "Rate limit reached for requests"}}', "rate_limit"),
        (503, '{"error": {"message": "The engine is currently overloaded"}}', "overload"),
        (529, "", "overload"),
        (500, "<html>", "server"),
        (504, "", "server"),
        (400, '{"error": {"code": "context_length_exceeded", "message": "maximum is 4096"}}', "context_length"),
        (400, '{"error": {"message": "the request exceeds the available context size"}}', "context_length"),
        (400, '{"message": "The input (9 tokens) is longer than the model\'s context length (8)"}', "context_length"),
        (400, '{"error": {"code": "content_filter", "message": "triggering Azure\'s policy"}}', "content_filter"),
        (403, '{"error": {"message": "Your input was flagged", "code": 403}}', "content_filter"),
        (400, '{"error": {"message": "Invalid parameter: \'response_format\' json_schema"}}', "unstructured"),
        (400, '{"error": {"message": "Unknown parameter: \'foo\' for this model."}}', "bad_request"),
        (422, '{"detail": [{"loc": ["body"], "msg": "field required"}]}', "bad_request"),
    ],
)  # fmt: skip
def test_errors_of_servers_have_their_class(status: int, body: str, kind: str) -> None:
    assert classify(status, {}, body).kind.name == kind


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "7", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:10 GMT", "date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 10.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:10 GMT", "date": "Wed, 21 Oct 2015 07:29:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({}, None),
    ],
)
def test_waits_are_read(headers: dict[str, str], seconds: float | None) -> None:
    assert classify(429, headers, "").wait == seconds


def test_every_class_says_what_to_do() -> None:
    assert all(f.fix and (f.tries > 0) == (f.scope == "retry") for f in FAULTS.values())


class Step(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str
    cites: list[str] = []
    polarity: Literal["for", "against"]


class Steps(BaseModel):
    model_config = ConfigDict(extra="forbid")
    steps: list[Step]


def test_a_model_is_sent_closed_and_read_strictly() -> None:
    shape = shape_of_model(Steps)
    step = shape.schema["$defs"]["Step"]
    assert step["required"] == ["text", "cites", "polarity"]
    assert step["additionalProperties"] is False
    assert "default" not in json.dumps(shape.schema)
    text = '{"steps": [{"text": "a", "polarity": "for"}]}'
    assert shape.read(text, None) == Steps(steps=[Step(text="a", polarity="for")])
    with pytest.raises(ValueError, match=r"steps\.0\.text.*steps\.0\.polarity"):
        shape.read('{"steps": [{"text": 1, "polarity": "maybe"}]}', None)
    assert check(shape.schema, {"steps": [{"text": "a", "cites": [], "polarity": "for"}]}) == []
    assert check(shape.schema, {"steps": [{"text": "a", "cites": [], "polarity": "x"}]})


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 3}, [1, 3], [0, 4, True, 1.0, "1"]),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, [0.5], [0, 1, True]),
        ({"type": "string", "minLength": 2, "maxLength": 3, "pattern": "^a"}, ["ab", "abc"], ["a", "abcd", "bb"]),
        ({"type": "array", "items": {"type": "null"}, "minItems": 1, "maxItems": 2}, [[None]], [[], [1], [None] * 3]),
        ({"type": "array", "uniqueItems": True}, [[1, True]], [[1, 1]]),
        ({"type": ["string", "null"]}, ["a", None], [1]),
        ({"anyOf": [{"type": "string"}, {"const": 1}]}, ["a", 1], [2, True]),
        ({"allOf": [{"type": "string"}, {"enum": ["a"]}]}, ["a"], ["b", 1]),
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, [{"x": True}], [{"x": 1}]),
    ],
)
def test_schemas_are_checked(schema: dict[str, Any], good: list[Any], bad: list[Any]) -> None:
    shape = shape_of_schema("s", schema)
    for value in good:
        assert shape.read("", value) == value
    for value in bad:
        with pytest.raises(ValueError, match="reply"):
            shape.read("", value)


def test_a_keyword_that_is_not_checked_is_an_error() -> None:
    with pytest.raises(UsageError, match="multipleOf"):
        shape_of_schema("s", {"type": "object", "properties": {"a": {"type": "integer", "multipleOf": 2}}})
