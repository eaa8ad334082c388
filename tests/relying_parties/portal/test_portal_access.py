"""Access while a session is used: confirmed by the provider, and ended when it says so."""

import threading
from typing import Any

import pytest
from portal_browser import fields, problem, reason
from portal_scene import Scene


def asked(scene: Scene) -> int:
    return scene.provider.calls["/userinfo"]


def test_the_provider_is_asked_at_most_every_five_minutes(scene: Scene) -> None:
    browser = scene.browser()
    browser.sign_in()
    for path in ("/", "/me", "/statements"):
        browser.get(path)
    scene.clock.move(seconds=299)
    browser.get("/me")
    assert asked(scene) == 1
    scene.clock.move(seconds=1)
    scene.provider.member["name"] = "新見　花子"
    assert "新見　花子" in browser.get("/me").text
    browser.get("/me")
    assert asked(scene) == 2


@pytest.mark.parametrize("why", ["membership_ended", "service_stopped", "signed_out", "blocked"])
def test_ended_access_ends_the_session_at_once_and_says_why(scene: Scene, why: str) -> None:
    browser = scene.browser()
    browser.sign_in()
    scene.clock.move(minutes=5)
    scene.provider.ended = why
    page = browser.get("/me")
    assert (page.status_code, reason(page)) == (403, why)
    assert "hanako" not in page.text
    scene.provider.ended = None
    assert 'id="sign-in"' in browser.get("/").text


@pytest.mark.parametrize("why", ["membership_ended", "service_stopped", "signed_out", "blocked"])
def test_a_refused_refresh_says_why_too(scene: Scene, why: str) -> None:
    scene.provider.access_lifetime = 60
    browser = scene.browser()
    browser.sign_in()
    scene.clock.move(minutes=5)
    scene.provider.ended = why
    assert reason(browser.get("/statements")) == why
    assert asked(scene) == 1


def test_an_expired_access_token_is_refreshed_and_the_successor_used(scene: Scene) -> None:
    scene.provider.access_lifetime = 60
    browser = scene.browser()
    browser.sign_in()
    for _ in range(3):
        scene.clock.move(minutes=6)
        assert browser.get("/me").status_code == 200
    assert scene.provider.calls["/token"] == 4


def test_dead_tokens_without_a_reason_end_the_session(scene: Scene) -> None:
    browser = scene.browser()
    browser.sign_in()
    scene.provider.end_all_tokens()
    scene.clock.move(minutes=5)
    assert reason(browser.get("/me")) == "signed_out"


def test_when_the_provider_cannot_answer_nothing_personal_is_shown(scene: Scene) -> None:
    browser = scene.browser()
    browser.sign_in()
    scene.clock.move(minutes=5)
    scene.provider.down = True
    page = browser.get("/me")
    assert (page.status_code, problem(page)) == (503, "unavailable")
    assert int(page.headers["Retry-After"]) > 0
    assert "hanako" not in page.text
    scene.provider.down = False
    assert "hanako" in browser.get("/me").text


def test_parallel_requests_ask_once(scene: Scene) -> None:
    scene.provider.access_lifetime = 60
    browser = scene.browser()
    browser.sign_in()
    scene.clock.move(minutes=5)
    before = scene.provider.calls["/token"]
    cookies = {"kumiai_portal": browser.cookie()}
    statuses: list[Any] = []

    def visit() -> None:
        other = scene.browser()
        other.http.cookies.update(cookies)
        statuses.append(other.get("/me").status_code)

    threads = [threading.Thread(target=visit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert statuses == [200] * 8
    assert scene.provider.calls["/token"] == before + 1


def test_a_session_unused_for_an_hour_is_over(scene: Scene) -> None:
    browser = scene.browser()
    browser.sign_in()
    scene.clock.move(minutes=61)
    assert reason(browser.get("/me")) == "time_over"


def test_a_session_is_over_after_twelve_hours(scene: Scene) -> None:
    browser = scene.browser()
    browser.sign_in()
    for _ in range(24):
        scene.clock.move(minutes=30)
        assert browser.get("/me").status_code == 200
    scene.clock.move(minutes=1)
    assert reason(browser.get("/me")) == "time_over"


def test_what_was_being_written_is_not_lost_when_the_session_ends(scene: Scene) -> None:
    browser = scene.browser()
    browser.sign_in()
    form = fields(browser.get("/inquiry").text, "inquiry")
    scene.clock.move(minutes=61)
    typed = {"reason": "other", "text": "長い相談 <b>です</b>"}
    page = browser.post("/inquiry", form | typed)
    assert reason(page) == "time_over"
    assert "長い相談 &lt;b&gt;です&lt;/b&gt;" in page.text


def test_an_altered_session_row_is_no_session(scene: Scene) -> None:
    browser = scene.browser()
    browser.sign_in()
    with scene.services.storage.changing() as db:
        db.execute("UPDATE session SET sealed = zeroblob(200)")
    assert 'id="sign-in"' in browser.get("/").text


def test_a_session_survives_a_restart_of_the_portal(scene: Scene) -> None:
    from relying_parties.portal.app import create_app

    browser = scene.browser()
    browser.sign_in()
    again = create_app(scene.services.settings)
    client = again.test_client()
    client.set_cookie("kumiai_portal", browser.cookie(), domain="localhost")
    assert "0012345" in client.get("/").text
    again.extensions["portal"].storage.close()
