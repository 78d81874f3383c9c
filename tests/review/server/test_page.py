"""The reviewing page in a real browser: keys, autosave, undo, lost connections, two windows, no script."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.review.server.browsing import Site, Tab, chromium, site
from tests.review.server.made import Made


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture
def served(made: Made) -> Iterator[Site]:
    with site(made) as found:
        yield found


@pytest.fixture
def tab(browser: Any, served: Site) -> Iterator[Tab]:
    found = Tab(browser, served)
    found.enter("ada")
    yield found
    found.clean()
    found.context.close()


def first(served: Site) -> str:
    return served.made.task("ada")


def labels(served: Site, key: str) -> list[Any]:
    saved = served.made.study.answer(key)
    assert saved
    return list(saved.body.steps["left"])


def test_digits_answer_and_go_on(tab: Tab, served: Site) -> None:
    key = first(served)
    tab.case(key)
    tab.press("j", "1", "5")
    tab.saved()
    assert labels(served, key)[:2] == ["correct", "harmful"]
    tab.press("k", "k", "2")
    tab.state("Saving")
    tab.saved()
    assert labels(served, key)[:2] == ["incorrect", "harmful"]


def test_undo_goes_back_and_shows_it(tab: Tab, served: Site) -> None:
    key = first(served)
    tab.case(key)
    tab.press("j", "1")
    tab.saved()
    tab.press("k", "3")
    tab.saved()
    tab.press("u")
    tab.state("Undone")
    assert labels(served, key)[0] == "correct"
    assert tab.page.is_checked("input[name='step.left.0'][value=correct]")


def test_the_help_opens_by_key_and_single_keys_can_be_switched_off(tab: Tab, served: Site) -> None:
    tab.case(first(served))
    tab.press("?")
    assert tab.page.is_visible("#keys")
    tab.page.uncheck("#single")
    tab.press("Escape")
    assert not tab.page.is_visible("#keys")
    tab.press("j", "1")
    assert tab.page.locator("input[type=radio]:checked").count() == 0
    tab.page.reload()
    tab.page.wait_for_selector("form[data-ready]")
    tab.press("?")
    assert not tab.page.is_visible("#keys")
    tab.page.click("#help")
    tab.page.check("#single")
    tab.press("Escape", "j", "1")
    tab.saved()


def test_keys_typed_into_the_comment_are_text(tab: Tab, served: Site) -> None:
    key = first(served)
    tab.case(key)
    tab.press("c")
    tab.page.keyboard.type("just 1 u? no <b>")
    tab.saved()
    saved = served.made.study.answer(key)
    assert saved
    assert saved.body.comment == "just 1 u? no <b>"
    assert not tab.page.is_visible("#keys")
    tab.press("Escape", "1")
    tab.saved()
    assert labels(served, key)[0] == "correct"


def test_a_key_opens_the_citations(tab: Tab, served: Site) -> None:
    tab.case(first(served))
    tab.press("j", "e")
    details = tab.page.locator("li.step details").first
    assert details.get_attribute("open") is not None
    tab.press("e")
    assert details.get_attribute("open") is None


def test_done_says_what_is_missing_and_then_goes_on(tab: Tab, served: Site) -> None:
    key = first(served)
    tab.case(key)
    tab.press("Control+Enter")
    tab.page.wait_for_selector("#still:not([hidden])")
    assert tab.page.locator("#missing li").count() >= 1
    saved = served.made.study.answer(key)
    assert saved is None or not saved.done
    tab.press("x", "Control+Enter")
    tab.page.wait_for_url(lambda url: "/task/" in url and key not in url)
    ended = served.made.study.answer(key)
    assert ended
    assert ended.done
    assert ended.body.outside_specialty


def test_a_lost_connection_loses_nothing(tab: Tab, served: Site) -> None:
    key = first(served)
    tab.case(key)
    tab.context.set_offline(True)
    tab.press("j", "1", "2")
    tab.state("no connection")
    tab.press("4")
    assert served.made.study.answer(key) is None
    tab.context.set_offline(False)
    tab.saved()
    assert labels(served, key)[:3] == ["correct", "incorrect", "irrelevant"]


def test_a_reply_that_was_lost_is_not_a_conflict(tab: Tab, served: Site) -> None:
    key = first(served)
    tab.case(key)
    lost: list[Any] = []

    def drop(route: Any) -> None:
        if route.request.method == "PUT" and not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    tab.page.route("**/answer", drop)
    tab.press("j", "1")
    tab.state("no connection")
    tab.press("2")
    tab.saved()
    tab.page.unroute("**/answer")
    assert lost == [200]
    assert not tab.page.is_visible("#conflict")
    assert labels(served, key)[:2] == ["correct", "incorrect"]


def test_a_reload_without_connection_brings_back_what_was_not_saved(tab: Tab, served: Site) -> None:
    key = first(served)
    tab.case(key)
    tab.page.route("**/answer", lambda route: route.abort())
    tab.press("j", "1", "5")
    tab.state("no connection")
    tab.page.unroute("**/answer")
    # The page is left and loaded anew; its parting save is stopped as well.
    tab.context.route("**/answer", lambda route: route.abort())
    tab.page.reload()
    tab.page.wait_for_selector("form[data-ready]")
    tab.context.unroute("**/answer")
    tab.saved()
    assert labels(served, key)[:2] == ["correct", "harmful"]


@pytest.mark.parametrize("choice", ["mine", "theirs"])
def test_two_windows_do_not_overwrite_each_other(browser: Any, tab: Tab, served: Site, choice: str) -> None:
    key = first(served)
    tab.case(key)
    other = Tab(browser, served, beside=tab)
    other.case(key)
    tab.press("j", "1")
    tab.saved()
    other.press("j", "5")
    other.state("changed in another window")
    assert labels(served, key)[0] == "correct"
    other.page.click(f"#{choice}")
    if choice == "mine":
        other.saved()
    else:
        other.page.wait_for_selector("#conflict", state="hidden")
        other.page.wait_for_selector("form[data-ready]")
        assert other.page.is_checked("input[name='step.left.0'][value=correct]")
    assert labels(served, key)[0] == {"mine": "harmful", "theirs": "correct"}[choice]
    other.clean()


def test_an_ended_session_keeps_the_page_and_saves_after_the_next_link(browser: Any, tab: Tab, served: Site) -> None:
    key = first(served)
    tab.case(key)
    cookie = next(c["value"] for c in tab.context.cookies() if c["name"] == "review")
    served.made.study.end_session(cookie)
    tab.press("j", "5")
    tab.state("your session has ended")
    assert served.made.study.answer(key) is None
    other = Tab(browser, served, beside=tab)
    other.enter("ada")
    other.page.close()
    tab.page.evaluate("dispatchEvent(new Event('focus'))")
    tab.saved()
    assert labels(served, key)[0] == "harmful"


def test_a_closed_study_can_be_read_and_not_changed(tab: Tab, served: Site) -> None:
    key = first(served)
    tab.case(key)
    tab.press("j", "1")
    tab.saved()
    served.made.study.freeze("dee")
    tab.press("5")
    tab.state("the study is closed")
    assert labels(served, key)[:2] == ["correct", None]
    tab.page.reload()
    assert tab.page.is_disabled("input[name='step.left.0'][value=correct]")
    assert "closed" in tab.page.inner_text("main .notice")


def test_without_script_the_same_form_works(browser: Any, served: Site) -> None:
    made, key = served.made, first(served)
    tab = Tab(browser, served, java_script_enabled=False)
    page = tab.page
    page.goto(f"{served.url}/r/{made.tokens['ada']}")
    page.check("input[name=agree]")
    page.click("main button")
    page.goto(f"{served.url}/task/{key}")
    assert not page.is_visible("#help")
    page.locator("label.pill", has_text="harmful").first.click()
    page.fill("#comment", "two\nlines")
    page.click("#done")
    assert page.locator("#missing li").count() >= 1
    saved = made.study.answer(key)
    assert saved
    assert (saved.done, saved.body.comment, saved.body.steps["left"][0]) == (False, "two\nlines", "harmful")
    page.check("#outside")
    page.click("#save")
    assert page.url.endswith(key)
    page.click("#undo")
    assert not page.is_checked("#outside")
    page.check("#outside")
    page.click("#done")
    assert "/task/" in page.url
    assert key not in page.url
    ended = made.study.answer(key)
    assert ended
    assert ended.done
    tab.context.close()
