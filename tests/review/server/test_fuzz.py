"""All forms and all JSON with made-up values: never an error of the server, never a change that is no answer."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medreason.review.server.app import RULES
from tests.review.server.guests import Guest
from tests.review.server.made import Made, make

TEXT = st.text(max_size=60) | st.sampled_from(
    ["", "0", "-1", "1e9", "yes", "correct", "NaN", "\x00", "\ud83d\ude00", "\u202e", "<script>", "{{7*7}}", "9" * 40]
)
NAMES = st.sampled_from(
    ["base", "opened", "seconds", "preference", "confidence", "comment", "outside_specialty", "agree", "person", "sure",
     "verdict", "cue", "could_tell", "step.left.0", "step.right.99", "scale.left.accuracy", "scale..", "step", "page"]
) | TEXT  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(NAMES | st.sampled_from(["body", "steps", "scales", "left"]), inner, max_size=5),
    max_leaves=15,
)  # fmt: skip
POSTS = [rule.path for rule in RULES if rule.method == "POST" and rule.path != "/leave"]
WHO = {"coordinator": "dee", "adjudicate": "cyd"}


@pytest.fixture(scope="module")
def guests(tmp_path_factory: pytest.TempPathFactory) -> tuple[Made, dict[str, Guest]]:
    made = make(tmp_path_factory.mktemp("fuzz"), items=4)
    return made, {name: Guest(made, name) for name in ("ada", "cyd", "dee")}


def of(path: str) -> str:
    return next((name for word, name in WHO.items() if word in path), "ada")


@given(path=st.sampled_from(POSTS), fields=st.dictionaries(NAMES, TEXT, max_size=8))
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_forms(guests: tuple[Made, dict[str, Guest]], path: str, fields: dict[str, str]) -> None:
    made, people = guests
    # What ends the study or a person has its own tests; here all else must go on.
    if path.startswith("/coordinator"):
        fields = {name: value for name, value in fields.items() if name != "sure"}
    key = made.dispute() if "adjudicate" in path else made.task("ada")
    plain = {n.encode("utf-8", "replace").decode(): v.encode("utf-8", "replace").decode() for n, v in fields.items()}
    client = people[of(path)].client
    reply = client.post(path.replace("{key}", key), data={**plain, "csrf": people[of(path)].csrf})
    assert reply.status_code in {200, 303, 400, 404, 409, 422}, reply.text


@given(value=JSON, action=st.sampled_from(["answer", "undo", "done"]))
@settings(max_examples=250, deadline=None)
def test_json(guests: tuple[Made, dict[str, Guest]], value: Any, action: str) -> None:
    import json

    made, people = guests
    ada = people["ada"]
    raw = json.dumps(value).encode("utf-8", "surrogatepass")
    headers = {"X-CSRF-Token": ada.csrf, "content-type": "application/json", "accept": "application/json"}
    method = "PUT" if action == "answer" else "POST"
    reply = ada.client.request(method, f"/task/{made.task('ada')}/{action}", content=raw, headers=headers)
    assert reply.status_code in {200, 400, 409, 422}, reply.text


@given(
    raw=st.binary(max_size=300), kind=TEXT | st.sampled_from(["application/x-www-form-urlencoded", "application/json"])
)
@settings(max_examples=150, deadline=None)
def test_bytes(guests: tuple[Made, dict[str, Guest]], raw: bytes, kind: str) -> None:
    made, people = guests
    ada = people["ada"]
    headers = {
        b"X-CSRF-Token": ada.csrf.encode(),
        b"content-type": kind.encode("utf-8", "replace").replace(b"\r", b"").replace(b"\n", b""),
    }
    for path in ("/consent", f"/task/{made.task('ada')}", "/end"):
        reply = ada.client.post(path, content=raw, headers=headers)
        assert reply.status_code in {200, 303, 400, 409, 415, 422}, reply.text


@given(key=st.text(min_size=1, max_size=40).filter(lambda key: key not in {".", ".."}))
@settings(max_examples=150, deadline=None)
def test_addresses(guests: tuple[Made, dict[str, Guest]], key: str) -> None:
    _, people = guests
    named = quote(key.encode("utf-8", "replace"), safe="")
    for name, path in (
        ("ada", "/task/{}"),
        ("ada", "/task/{}/answer"),
        ("cyd", "/adjudicate/{}"),
        ("ada", "/static/{}"),
    ):
        assert people[name].get(path.format(named)).status_code == 404
    assert people["dee"].get(f"/coordinator/audit?page={named}").status_code in {200, 400}
