"""Links, cookies, headers, limits and errors, without a browser."""

import re
import time
from pathlib import Path
from typing import Any

import pytest

from medreason.review.server import Settings
from medreason.review.server.security import POLICY
from medreason.review.server.settings import BODY_BYTES
from tests.review.server.guests import Guest
from tests.review.server.made import Made

PACKAGE = Path(__file__).resolve().parents[3] / "src" / "medreason" / "review" / "server"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(made: Made) -> None:
    guest = Guest(made)
    set_ = guest.client.get(f"/r/{made.tokens['ada']}").headers["set-cookie"]
    assert re.match(r"review=[\w-]{32,};", set_)
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Max-Age=43200"} <= set(set_.split("; "))
    assert "Secure" not in set_
    assert "Domain" not in set_


def test_behind_https_the_cookie_is_bound_to_it(made: Made) -> None:
    settings = Settings(public_url="https://review.example.org")
    guest = Guest(made, settings=settings)
    reply = guest.client.get(f"/r/{made.tokens['ada']}")
    assert reply.headers["set-cookie"].startswith("__Host-review=")
    assert "Secure" in reply.headers["set-cookie"]
    assert reply.headers["strict-transport-security"] == "max-age=31536000"


def test_the_link_is_not_in_any_page_or_the_cookie(made: Made) -> None:
    guest = Guest(made, "ada")
    token = made.tokens["ada"]
    assert token not in guest.client.cookies["review"]
    for path in ("/study", "/consent", f"/task/{made.task('ada')}", "/end"):
        assert token not in guest.get(path).text


@pytest.mark.parametrize("token", ["x", "x" * 43, "x" * 5_000, "%00", "%F0%9F%92%8A", "..%2f..", "' or 1=1 --"])
def test_a_wrong_link_is_not_found(made: Made, token: str) -> None:
    reply = Guest(made).get(f"/r/{token}")
    assert reply.status_code == 404
    assert "set-cookie" not in reply.headers
    assert "x" * 43 not in reply.text


def test_a_revoked_link_and_its_session_end(made: Made) -> None:
    guest = Guest(made, "ada")
    made.study.revoke(made.ids["ada"])
    assert guest.get("/study").status_code == 401
    key = made.task("ada")
    assert guest.put(f"/task/{key}/answer", {"base": 0, "body": {}}).status_code == 401
    assert guest.get(f"/r/{made.tokens['ada']}").status_code == 404


def test_a_new_link_ends_the_earlier_one(made: Made) -> None:
    token = made.study.new_token(made.ids["ada"])
    guest = Guest(made)
    assert guest.get(f"/r/{made.tokens['ada']}").status_code == 404
    guest.enter(token)
    assert guest.get("/study").status_code == 200


def test_sessions_expire(made: Made) -> None:
    guest = Guest(made, "ada", settings=Settings(hours=1.5 / 3600))
    time.sleep(2)
    reply = guest.get("/study")
    assert reply.status_code == 401
    assert "personal link" in reply.text


def test_leaving_ends_the_session_on_the_server(made: Made) -> None:
    guest = Guest(made, "ada")
    cookie = guest.client.cookies["review"]
    assert guest.post("/leave").status_code == 200
    guest.client.cookies.clear()
    guest.client.cookies.set("review", cookie)
    assert guest.get("/study").status_code == 401


def test_a_second_link_in_the_same_browser_changes_the_person(made: Made) -> None:
    guest = Guest(made, "ada")
    old = guest.client.cookies["review"]
    guest.enter(made.tokens["ben"])
    assert guest.get(f"/task/{made.task('ada')}").status_code == 404
    assert guest.get(f"/task/{made.task('ben')}").status_code == 200
    assert made.study.session(old) is None


@pytest.mark.parametrize("cookie", ["", "x", "x" * 9_000, '"\\073"', "a=b", "%00", "\\377"])
def test_a_made_up_cookie_is_nobody(made: Made, cookie: str) -> None:
    guest = Guest(made)
    assert guest.client.get("/study", headers={"cookie": f"review={cookie}"}).status_code == 401


def test_wrong_links_are_limited_by_address(made: Made) -> None:
    guest = Guest(made, settings=Settings(wrong_links=5, window=600))
    for n in range(5):
        assert guest.get(f"/r/{n}").status_code == 404
    reply = guest.get("/r/6")
    assert reply.status_code == 429
    assert 0 < int(reply.headers["retry-after"]) <= 601
    assert guest.get(f"/r/{made.tokens['ada']}").status_code == 429
    assert "set-cookie" not in guest.get(f"/r/{made.tokens['ada']}").headers


def test_right_links_are_not_limited(made: Made) -> None:
    guest = Guest(made, settings=Settings(wrong_links=3, window=600))
    for _ in range(10):
        assert guest.get(f"/r/{made.tokens['ada']}").status_code == 303


def test_a_body_too_large_is_refused(made: Made) -> None:
    guest = Guest(made, "ada")
    key = made.task("ada")
    big = "x" * (BODY_BYTES + 1)
    assert guest.post(f"/task/{key}", comment=big).status_code == 413
    assert guest.put(f"/task/{key}/answer", {"base": 0, "body": {"comment": big}}).status_code == 413
    pieces = (b"x" * 10_000 for _ in range(20))
    headers = {"X-CSRF-Token": guest.csrf, "content-type": "application/json"}
    assert guest.client.put(f"/task/{key}/answer", content=pieces, headers=headers).status_code == 413
    assert made.study.answer(key) is None


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[", "review@evil.example", "a b"])
def test_another_host_name_is_refused(made: Made, host: str) -> None:
    guest = Guest(made, "ada")
    assert guest.client.get("/study", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1:8600", "localhost", "[::1]:8600"])
def test_our_own_names_are_not(made: Made, host: str) -> None:
    assert Guest(made).client.get("/static/review.css", headers={"host": host}).status_code == 200


def test_every_answer_carries_the_headers(made: Made) -> None:
    guest = Guest(made, "ada")
    for path in (
        "/",
        "/study",
        "/nothing",
        "/coordinator",
        "/r/wrong",
        "/static/review.js",
        f"/task/{made.task('ada')}",
    ):
        headers = guest.get(path).headers
        assert headers["content-security-policy"] == POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"
        assert "server" not in headers
        assert headers["cache-control"] == ("private, max-age=600" if "static" in path else "no-store")
    big = guest.post("/leave", comment="x" * BODY_BYTES)
    assert (big.status_code, big.headers["content-security-policy"]) == (413, POLICY)
    for word in ("unsafe-inline", "unsafe-eval", "*", "data:", "http"):
        assert word not in POLICY


def test_no_page_holds_inline_script_or_style() -> None:
    for file in sorted((PACKAGE / "templates").glob("*.html")):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"<style|\sstyle=|\son[a-z]+\s*=|javascript:|https?://", text), file.name
        assert not re.search(r"<script(?! src=\"/static/[a-z]+\.js\" defer></script>)", text), file.name
        assert "|safe" not in text.replace(" ", ""), file.name
        assert "Markup" not in text and "autoescape" not in text, file.name
    script = (PACKAGE / "static" / "review.js").read_text(encoding="utf-8")
    for sink in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "http"):
        assert sink not in script


def test_an_error_of_ours_shows_no_traceback(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    from starlette.testclient import TestClient

    guest = Guest(made, "ada")

    def broken(_: str) -> Any:
        raise RuntimeError("secret words")

    monkeypatch.setattr(made.study, "tasks", broken)
    client = TestClient(guest.app, base_url="http://127.0.0.1", raise_server_exceptions=False)
    client.cookies = guest.client.cookies
    reply = client.get("/study")
    assert reply.status_code == 500
    assert "secret words" not in reply.text
    assert "Traceback" not in reply.text
    assert reply.headers["content-security-policy"] == POLICY
