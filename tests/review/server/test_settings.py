"""Where a server may listen, what counts as one address, how invisible characters are shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medreason.errors import UsageError
from medreason.review.server.pages import render, span
from medreason.review.server.security import REMEMBERED, WrongLinks, network
from medreason.review.server.settings import Settings, checked
from medreason.review.texts import shown


def test_loopback_needs_nothing() -> None:
    for host in ("127.0.0.1", "localhost", "::1", "127.8.8.8"):
        assert checked(Settings(host=host), open_network=False).origin.startswith("http://")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "review.example.org", ""])
def test_the_network_needs_https_or_a_word(host: str) -> None:
    with pytest.raises(UsageError, match="unencrypted"):
        checked(Settings(host=host), open_network=False)
    with pytest.raises(UsageError, match="unencrypted"):
        checked(Settings(host=host, public_url="http://review.example.org"), open_network=False)
    assert checked(Settings(host=host), open_network=True).host == host
    secure = checked(Settings(host=host, public_url="https://review.example.org/"), open_network=False)
    assert secure.secure
    assert secure.origin == "https://review.example.org"
    assert secure.cookie == "__Host-review"
    assert "review.example.org" in secure.hosts


@pytest.mark.parametrize(
    "url",
    ["review.example.org", "ftp://a.example", "https://", "https://a.example/study", "https://a.example?x=1",
     "https://user:word@a.example", "https://a.example:99999", "https://a.example#x", "javascript:alert(1)"],
)  # fmt: skip
def test_a_public_address_is_an_origin(url: str) -> None:
    with pytest.raises(UsageError, match="host alone"):
        checked(Settings(public_url=url), open_network=False)


def test_wrong_links_are_counted_by_address_and_forgotten() -> None:
    now = [0.0]
    wrong = WrongLinks(3, 60.0, lambda: now[0])
    for _ in range(3):
        assert wrong.wait("198.51.100.7") == 0
        wrong.count("198.51.100.7")
        now[0] += 10
    assert wrong.wait("198.51.100.7") == 30
    assert wrong.wait("198.51.100.8") == 0
    now[0] = 60.0
    assert wrong.wait("198.51.100.7") == 0
    wrong.count("198.51.100.7")
    assert wrong.wait("198.51.100.7") == 10


def test_addresses_remembered_are_bounded() -> None:
    wrong = WrongLinks(1, 60.0, lambda: 0.0)
    for n in range(REMEMBERED + 50):
        wrong.count(f"host-{n}")
    assert len(wrong._seen) == REMEMBERED
    assert wrong.wait("host-0") == 0
    assert wrong.wait(f"host-{REMEMBERED}") == 60.0


def test_one_network_counts_as_one_address() -> None:
    assert network("2001:db8:1:2:3:4:5:6") == network("2001:db8:1:2::1")
    assert network("2001:db8:1:2::1") != network("2001:db8:1:3::1")
    assert network("::ffff:198.51.100.7") == network("198.51.100.7") == "198.51.100.7"
    assert network("no address" * 40) == ("no address" * 40)[:64]


@given(st.text())
def test_nothing_invisible_is_left(text: str) -> None:
    out = shown(text)
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\x00\x1b\ufeff") & set(out)
    out.encode("utf-8")


def test_what_is_shown_of_the_invisible() -> None:
    assert shown("dose \u202e05\u202c mg") == "dose ⟨U+202E⟩05⟨U+202C⟩ mg"
    assert shown("क्‍ष\n\ta") == "क्‍ष\n\ta"
    assert shown("\ud800") == "⟨U+D800⟩"


@given(st.text(alphabet=st.sampled_from("<>&'\"{}%/=abc ")))
def test_a_text_never_becomes_markup(text: str) -> None:
    page = render("error.html", title="T", words=text, status=400)
    shell = render("error.html", title="T", words="", status=400)
    assert page.count("<") == shell.count("<")
    assert page.count('"') == shell.count('"')


@pytest.mark.parametrize(("minutes", "words"), [
    (0.2, "about 1 min"), (59, "about 59 min"), (60, "about 1 h"), (101, "about 1 h 40 min"), (118, "about 2 h"),
])  # fmt: skip
def test_spans(minutes: float, words: str) -> None:
    assert span(minutes) == words
