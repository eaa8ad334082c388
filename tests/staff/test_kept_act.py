"""An act that has to wait for a code: nothing that was typed is lost, nothing is done by itself."""

from __future__ import annotations

import html
import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from markupsafe import escape

from idp.staff.views.carried import pack, unpack
from idp.web.forms import BadForm
from tests.staff.rooms import open_log
from tests.staff.test_matrix import console_of
from tests.support.demo import Demo
from tests.support.factors import fields_of, send
from tests.support.in_process import in_process
from tests.support.relying_party import Browser
from tests.support.staff import code, sign_in, staff_of, wrong_code

NEW = "/staff/clients/new"
AGAIN = "/staff/reauthenticate"
REASON = "図書館の新設「<b>\"みほん\" & '例'</b>」のため"
INPUT = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
Pairs = list[tuple[str, str]]


def stale(demo: Demo, role: str) -> tuple[dict[str, Any], Browser]:
    """Sign in, and let the time pass for which a code counts as shown lately."""
    account = staff_of(demo, role)
    browser = sign_in(demo, account)
    demo.move_clock(float(demo.clock.read_text()) + 6 * 60)
    return account, browser


def typed(number: int, **more: str) -> Pairs:
    """Give what somebody typed to add a relying party, in several lines, as a browser sends it."""
    party = {
        "client_id": f"mihon-kept-{number}",
        "client_name": "みほん「図書館」<1>",
        "redirect_uris": ["https://library.mihon.example/back"],
        "scope": "openid",
    }
    text = json.dumps(party, ensure_ascii=False, indent=1).replace("\n", "\r\n")
    # Fields of the page that asks for the code, and repeated ones, are fields like others.
    odd = [("code", "111111"), ("kept", "[]"), ("next", "//evil.example"), ("x", "2"), ("x", "1")]
    return [("metadata", text), ("reason", REASON), *odd, *more.items()]


def post(browser: Browser, path: str, pairs: Pairs, **options: Any) -> requests.Response:
    """Send fields in their order, with the token of the form."""
    token = fields_of(browser.get("/staff").text, "sign-out")["csrf_token"]
    return browser.post(path, [("csrf_token", token), *pairs], **options)


def form_of(page: str, form: str) -> tuple[str, Pairs]:
    """Read where a form goes, and its hidden fields, repeated ones too."""
    action, inside = re.findall(
        rf'<form id="{form}" method="post" action="(.*?)">(.*?)</form>', page, re.DOTALL
    )[0]
    return html.unescape(action), [(n, html.unescape(v)) for n, v in INPUT.findall(inside)]


def kept_in(page: str) -> Any:
    """Read the act that a page keeps."""
    return json.loads(dict(form_of(page, "re-authenticate")[1])["kept"])


def added(demo: Demo, number: int) -> int:
    """Count how often a relying party was added."""
    with open_log(demo) as log:
        return len(log.lines("client.added", f"mihon-kept-{number}"))


def test_what_was_typed_is_kept_and_done_once_when_a_person_says_so(demo: Demo) -> None:
    account, browser = stale(demo, "administrator")
    sent = typed(1)
    asked = post(browser, NEW, sent)
    assert asked.status_code == 401
    assert asked.headers["Cache-Control"] == "no-store"
    assert kept_in(asked.text) == [NEW, [list(pair) for pair in sent]]
    assert "連携サービスを登録する" in asked.text
    assert "<b>" not in asked.text
    assert "111111" not in browser.get("/staff").text

    wrong = send(
        browser, asked.text, "re-authenticate", code=wrong_code(demo, account["totp_secret"])
    )
    assert wrong.status_code == 401
    assert "認証コードを確認できませんでした" in wrong.text
    assert kept_in(wrong.text) == kept_in(asked.text)

    right = send(browser, wrong.text, "re-authenticate", code=code(demo, account["totp_secret"]))
    assert right.status_code == 200
    assert "ご本人の確認ができました" in right.text
    assert f"<dd>{escape(REASON)}</dd>" in right.text
    assert "<b>" not in right.text
    assert f'href="{NEW}"' in right.text, "the way back without doing it"
    action, fields = form_of(right.text, "kept-act")
    assert action == NEW
    assert [name for name, _ in fields].count("csrf_token") == 1
    assert fields[1:] == sent
    assert added(demo, 1) == 0, "nobody pressed the button"

    done = browser.post(action, fields)
    assert done.status_code == 200
    assert 'id="client-secret"' in done.text
    assert added(demo, 1) == 1
    assert browser.post(action, fields).status_code == 400, "there is one of that name"
    assert added(demo, 1) == 1
    with open_log(demo) as log:
        (line,) = log.lines("client.added", "mihon-kept-1")
    assert json.loads(line)["data"]["reason"] == REASON


def test_an_act_on_one_thing_comes_back_to_it(demo: Demo) -> None:
    account, browser = stale(demo, "administrator")
    asked = post(browser, "/staff/clients/kumiai-portal/secret", [("reason", "もれた")])
    assert "<dd>kumiai-portal</dd>" in asked.text
    right = send(browser, asked.text, "re-authenticate", code=code(demo, account["totp_secret"]))
    assert form_of(right.text, "kept-act")[0] == "/staff/clients/kumiai-portal/secret"
    assert 'href="/staff/clients/kumiai-portal/secret"' in right.text


def test_the_act_is_checked_again_when_it_is_sent(demo: Demo) -> None:
    account, browser = stale(demo, "administrator")
    asked = post(browser, NEW, typed(2))
    right = send(browser, asked.text, "re-authenticate", code=code(demo, account["totp_secret"]))
    action, fields = form_of(right.text, "kept-act")
    assert browser.post(action, fields[1:]).status_code == 403, "no form token"
    demo.move_clock(float(demo.clock.read_text()) + 6 * 60)
    late = browser.post(action, fields)
    assert late.status_code == 401
    assert kept_in(late.text) == kept_in(asked.text), "asked for again, and still not lost"
    assert added(demo, 2) == 0


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/staff/clients/new",
        "//evil.example/staff/clients/new",
        "//staff/clients/new",
        "/\\evil.example",
        "/staff\\clients\\new",
        "/account/stop",
        "/staff/../account/stop",
        "/staff/clients/..",
        "/staff/clients/new?x=1",
        "/staff/clients/new#x",
        "/staff/clients/new/",
        "/staff/clients//new",
        "/staff/clients/%6eew",
        "/staff/clients/new\n",
        "/STAFF/clients/new",
        "/staff/nothing-of-ours",
        "/staff/people",
        "/staff/sign-out",
        AGAIN,
        "/staff",
        "",
        "staff/clients/new",
        "javascript:alert(1)",
    ],
)
def test_no_other_target_is_offered_cwe_601(demo: Demo, signed_in: Browser, path: str) -> None:
    sent = post(signed_in, AGAIN, [("kept", json.dumps([path, []])), ("code", "000000")])
    assert sent.status_code == 400
    assert "kept-act" not in sent.text
    assert "evil.example" not in sent.text


@pytest.mark.parametrize(
    "kept",
    [
        "x",
        "{}",
        "[]",
        "1" * 5000,
        "[" * 60_000,
        f'["{NEW}"]',
        f'["{NEW}",{{"reason":"x"}}]',
        f'["{NEW}",[["reason"]]]',
        f'["{NEW}",[["reason",1]]]',
        f'["{NEW}",[["reason","x","y"]]]',
        f'["{NEW}",[["","x"]]]',
        f'["{NEW}",[["csrf_token","x"]]]',
        f'["{NEW}",[["reason","\\u0000"]]]',
        f'["{NEW}",[["reason","\\ud83d"]]]',
        f'["{NEW}",[["\\udc00","x"]]]',
        f'["{NEW}",[["reason","x"]],1]',
        json.dumps([NEW, [["x", "y"]] * 200]),
        json.dumps([NEW, [["x", "あ" * 16_000]]], ensure_ascii=False),
    ],
    ids=lambda kept: kept[-24:],
)
def test_what_no_page_of_ours_kept_is_refused(signed_in: Browser, kept: str) -> None:
    sent = post(signed_in, AGAIN, [("kept", kept), ("code", "000000")])
    assert sent.status_code in (400, 413), sent.status_code
    assert "kept-act" not in sent.text


@pytest.fixture(scope="module")
def signed_in(demo: Demo) -> Browser:
    return sign_in(demo, staff_of(demo, "administrator"))


def test_a_foreign_page_has_nothing_filled_in_cwe_352(demo: Demo) -> None:
    account, browser = stale(demo, "administrator")
    token = fields_of(browser.get("/staff").text, "sign-out")["csrf_token"]
    kept = {"kept": json.dumps([NEW, typed(3)]), "code": code(demo, account["totp_secret"])}
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    for answer in (
        browser.post(NEW, typed(3)),
        browser.post(NEW, [*typed(3), ("csrf_token", "x" * 43)]),
        browser.post(NEW, [*typed(3), ("csrf_token", token)], headers=foreign),
        browser.post(AGAIN, kept),
        browser.post(AGAIN, kept | {"csrf_token": token}, headers=foreign),
    ):
        assert answer.status_code == 403
        assert "mihon-kept-3" not in answer.text
        assert 'name="kept"' not in answer.text
    # A GET keeps nothing: what a link says is not taken into the page.
    page = browser.get(AGAIN, params={"kept": kept["kept"], "next": "/staff/people"}).text
    assert 'name="kept"' not in page
    assert "mihon-kept-3" not in page


def test_who_may_not_do_it_is_not_asked_for_a_code(demo: Demo) -> None:
    account, browser = stale(demo, "helpdesk")
    for answer in (
        post(browser, NEW, typed(4)),
        post(
            browser,
            AGAIN,
            [("kept", json.dumps([NEW, typed(4)])), ("code", code(demo, account["totp_secret"]))],
        ),
    ):
        assert answer.status_code == 403
        assert "このページを開く権限がありません" in answer.text
        assert "mihon-kept-4" not in answer.text


def test_what_no_page_can_keep_is_led_to_the_code_as_before(demo: Demo) -> None:
    _, browser = stale(demo, "administrator")
    quotes = [("metadata", '"' * 15_000), ("reason", REASON)]
    assert len(urlencode(quotes)) < 64 * 1024 - 100, "the act itself can be sent"
    for path, pairs in ((NEW, quotes), (f"{NEW}?x=1", typed(5))):
        answer = post(browser, path, pairs)
        assert answer.status_code == 303
        assert answer.headers["Location"] == f"{AGAIN}?next=%2Fstaff%2Fclients%2Fnew"
    fits = post(browser, NEW, [(f"x{n}", "あ") for n in range(198)])
    assert fits.status_code == 401
    assert len(kept_in(fits.text)[1]) == 198
    broken = browser.post(
        NEW,
        f"csrf_token={fields_of(browser.get('/staff').text, 'sign-out')['csrf_token']}&a=%FF",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert broken.status_code == 400


def test_every_act_that_waits_says_what_it_is(demo: Demo) -> None:
    with in_process(demo) as provider:
        waiting = [one for one in console_of(provider).routes.values() if one.recent]
    acts = [one for one in waiting if one.method == "POST" and not one.takes_file]
    assert len(acts) >= 16
    assert [one.rule for one in acts if not one.called] == []


def test_what_is_packed_is_unpacked() -> None:
    pairs = [
        ("a", "あ\r\n\"<>&'\\"),
        ("a", ""),
        ("𠮟", "\u2028\x7f"),
        ("csrf_token", "t"),
        ("", "x"),
    ]
    packed = pack(NEW, pairs)
    assert packed is not None
    assert packed.isascii()
    assert unpack(packed) == (NEW, tuple(pairs[:3]))
    assert pack(NEW, [("a", "x" * 60_000)])
    assert pack(NEW, [("a", "x" * 65_000)]) is None
    with pytest.raises(BadForm):
        unpack('["/staff",[["a","\\ud800"]]]')
