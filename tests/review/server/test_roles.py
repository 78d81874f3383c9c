"""The role matrix over every route, and forms without or with a wrong token."""

from typing import Any

import pytest

from medreason.review.server.app import RULES
from tests.review.server.guests import Guest
from tests.review.server.made import Made

PEOPLE = ("nobody", "owner", "other", "adjudicator", "coordinator")
NAMES = {"owner": "ada", "other": "ben", "adjudicator": "cyd", "coordinator": "dee"}
# Method and route → the status that each of PEOPLE gets, in this order. Written by hand, apart from the server's list.
EXPECTED = {
    ("GET", "/"): (401, 303, 303, 303, 303),
    ("GET", "/static/{file}"): (200, 200, 200, 200, 200),
    ("GET", "/r/{token}"): (404, 404, 404, 404, 404),
    ("POST", "/leave"): (401, 200, 200, 200, 200),
    ("GET", "/consent"): (401, 200, 200, 200, 403),
    ("POST", "/consent"): (401, 303, 303, 303, 403),
    ("GET", "/study"): (401, 200, 200, 403, 403),
    ("GET", "/task/{key}"): (401, 200, 404, 403, 403),
    ("POST", "/task/{key}"): (401, 303, 404, 403, 403),
    ("GET", "/task/{key}/answer"): (401, 200, 404, 403, 403),
    ("PUT", "/task/{key}/answer"): (401, 200, 404, 403, 403),
    ("POST", "/task/{key}/undo"): (401, 303, 404, 403, 403),
    ("POST", "/task/{key}/done"): (401, 303, 404, 403, 403),
    ("GET", "/end"): (401, 200, 200, 403, 403),
    ("POST", "/end"): (401, 303, 303, 403, 403),
    ("GET", "/adjudicate"): (401, 403, 403, 200, 403),
    ("GET", "/adjudicate/{key}"): (401, 403, 403, 200, 403),
    ("POST", "/adjudicate/{key}"): (401, 403, 403, 303, 403),
    ("GET", "/coordinator"): (401, 403, 403, 403, 200),
    ("GET", "/coordinator/audit"): (401, 403, 403, 403, 200),
    ("POST", "/coordinator/revoke"): (401, 403, 403, 403, 303),
    ("POST", "/coordinator/link"): (401, 403, 403, 403, 200),
    ("POST", "/coordinator/freeze"): (401, 403, 403, 403, 303),
}


def test_the_matrix_is_over_all_routes() -> None:
    assert set(EXPECTED) == {(rule.method, rule.path) for rule in RULES}


def body() -> dict[str, Any]:
    return {"outside_specialty": True}


@pytest.mark.parametrize("route", EXPECTED, ids=" ".join)
@pytest.mark.parametrize("person", PEOPLE)
def test_who_gets_what(made: Made, route: tuple[str, str], person: str) -> None:
    method, path = route
    key = made.task("ada")
    if "undo" in path:
        made.study.save(key, made.outside(), base=0, done=False)
    address = path.replace("{token}", "x" * 43).replace("{file}", "review.css")
    address = address.replace("{key}", made.dispute() if "adjudicate" in path else key)
    guest = Guest(made, NAMES.get(person, ""))
    before = made.fingerprint()
    reply = ask(guest, made, method, path, address)
    assert reply.status_code == EXPECTED[route][PEOPLE.index(person)], reply.text
    if reply.status_code >= 400:
        assert made.fingerprint() == before
        assert "Traceback" not in reply.text


def ask(guest: Guest, made: Made, method: str, path: str, address: str) -> Any:
    """One request as the page would send it."""
    if method == "GET":
        return guest.get(address)
    if method == "PUT":
        return guest.put(address, {"base": 0, "body": body()})
    fields = {
        "/task/{key}": {"base": "0"},
        "/task/{key}/undo": {"base": "1"},
        "/task/{key}/done": {"base": "0", "outside_specialty": "yes"},
        "/consent": {"agree": "yes"},
        "/end": made.guess_fields(),
        "/adjudicate/{key}": made.verdict_fields(),
        "/coordinator/revoke": {"person": made.ids["ben"], "sure": "yes"},
        "/coordinator/link": {"person": made.ids["ben"], "sure": "yes"},
        "/coordinator/freeze": {"sure": "yes"},
    }.get(path, {})
    return guest.post(address, **fields)


CHANGING = [route for route in EXPECTED if route[0] != "GET"]
RIGHT = {
    "/leave": "ada", "/consent": "ada", "/task/{key}": "ada", "/task/{key}/answer": "ada", "/task/{key}/undo": "ada",
    "/task/{key}/done": "ada", "/end": "ada", "/adjudicate/{key}": "cyd", "/coordinator/revoke": "dee",
    "/coordinator/link": "dee", "/coordinator/freeze": "dee",
}  # fmt: skip


@pytest.mark.parametrize("route", CHANGING, ids=" ".join)
@pytest.mark.parametrize("token", ["missing", "wrong", "of another session", "cross-site", "not ascii"])
def test_a_form_needs_the_token_of_its_session(made: Made, route: tuple[str, str], token: str) -> None:
    method, path = route
    guest = Guest(made, RIGHT[path])
    other = Guest(made, RIGHT[path])
    assert other.csrf != guest.csrf
    key = made.task("ada")
    if "undo" in path:
        made.study.save(key, made.outside(), base=0, done=False)
    address = path.replace("{key}", made.dispute() if "adjudicate" in path else key)
    if token == "cross-site":
        guest.client.headers["sec-fetch-site"] = "cross-site"
    else:
        guest.csrf = {"missing": "", "wrong": "A" * 43, "of another session": other.csrf, "not ascii": "\u00e9\u00ff"}[
            token
        ]
    before = made.fingerprint()
    if method == "PUT" and token == "not ascii":
        reply = guest.client.put(address, json={}, headers={b"X-CSRF-Token": "\u00e9\u00ff".encode("latin-1")})
    else:
        reply = ask(guest, made, method, path, address)
    assert reply.status_code == 403
    assert made.fingerprint() == before


def test_without_consent_there_are_no_cases(made: Made) -> None:
    guest = Guest(made)
    guest.client.get(f"/r/{made.tokens['ada']}")
    key = made.task("ada")
    for path in ("/study", "/end", f"/task/{key}"):
        assert guest.get(path).headers["location"] == "/consent"
    page = guest.get("/consent")
    guest.csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
    assert guest.put(f"/task/{key}/answer", {"base": 0, "body": body()}).status_code == 403
    assert made.study.answer(key) is None
    assert guest.post("/consent").status_code == 422
    assert guest.get("/study").status_code == 303
    assert guest.post("/consent", agree="yes").headers["location"] == "/study"
    assert guest.get("/study").status_code == 200


def test_another_method_or_address_is_refused(made: Made) -> None:
    guest = Guest(made, "ada")
    assert guest.client.delete("/study").status_code == 405
    assert guest.post("/study").status_code == 405
    for path in ("/nothing", "/study/", "/static/../app.py", "/static/%2e%2e%2fapp.py", "/static/app.py", "/task/",
                 "/docs", "/openapi.json", "/r/", "/favicon.ico"):  # fmt: skip
        assert guest.get(path).status_code == 404, path
