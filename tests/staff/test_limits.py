"""Limits on staff secrets: the same gate and list of blocks, and never the wrong person."""

from __future__ import annotations

import json

import requests

from tests.support.demo import Demo, wait_until
from tests.support.factors import send
from tests.support.relying_party import Browser
from tests.support.staff import (
    STAFF,
    new_staff,
    sign_in,
    sign_out,
    to_code,
    type_password,
    wrong_code,
)


def blocks_of(demo: Demo, staff_id: str) -> list[dict[str, str]]:
    listed = json.loads(demo.idp("block", "list", "--format", "json").stdout)
    return [one for one in listed if one["subject"] == staff_id]


def test_strangers_who_guess_lock_out_strangers_and_not_the_desk_cwe_645(demo: Demo) -> None:
    account = new_staff(demo, "tsukue", "helpdesk")
    desk = sign_in(demo, account)
    sign_out(desk)
    before = demo.metric("gate_verifications_total", secret="staff_password")
    for number in range(8):
        answer = type_password(Browser(demo.issuer), account["email"], f"guess number {number}")
        assert answer.status_code == 401
        assert "ブロック" not in answer.text, "a stranger is told nothing"
    assert demo.metric("gate_verifications_total", secret="staff_password") - before == 5
    right = type_password(Browser(demo.issuer), account["email"], account["password"])
    assert right.status_code == 401, "a stranger with the right password is not looked at"
    (block,) = blocks_of(demo, account["id"])
    assert (block["subject_kind"], block["rule"]) == (
        "staff",
        "staff_password_from_unknown_device",
    )
    sign_in(demo, account, desk)
    lifted = demo.idp("block", "lift", block["reference"], "--reason", "asked in person")
    assert lifted.returncode == 0, lifted.stderr
    sign_in(demo, account)


def test_a_block_is_explained_in_both_languages(demo: Demo) -> None:
    account = new_staff(demo, "setsumei", "helpdesk")
    for number in range(5):
        type_password(Browser(demo.issuer), account["email"], f"guess number {number}")
    (block,) = blocks_of(demo, account["id"])
    told = json.loads(demo.idp("block", "explain", block["reference"], "--format", "json").stdout)
    assert "職員用アカウントに" in told["ja"]
    assert "システムの管理者" in told["ja"]
    assert "staff account" in told["en"]
    assert "パスワードを再設定" not in told["ja"], "the staff has no such page"


def test_a_known_browser_that_guesses_is_told_why_it_is_stopped(demo: Demo) -> None:
    account = new_staff(demo, "wasure", "helpdesk")
    desk = sign_in(demo, account)
    sign_out(desk)
    for number in range(5):
        answer = type_password(desk, account["email"], f"guess number {number}")
    assert "この端末ではログインできません" in answer.text
    assert "システムの管理者に" in answer.text
    assert "/recover" not in answer.text


def test_codes_are_limited_over_all_sign_ins_in_progress_cve_2024_32868(demo: Demo) -> None:
    account = new_staff(demo, "bangou", "helpdesk")
    before = demo.metric("gate_verifications_total", secret="staff_totp")
    for _ in range(8):
        browser, page = to_code(demo, account)
        answer = send(
            browser, page, "verification-code", code=wrong_code(demo, account["totp_secret"])
        )
        assert answer.status_code == 401
        assert browser.cookie(STAFF) is None
    assert demo.metric("gate_verifications_total", secret="staff_totp") - before == 5
    (block,) = blocks_of(demo, account["id"])
    assert (block["subject_kind"], block["rule"]) == ("staff", "staff_totp")


def test_a_new_link_lifts_what_guessers_have_set(demo: Demo) -> None:
    from tests.support.staff import enrol

    account = new_staff(demo, "atarasii", "helpdesk")
    for number in range(5):
        type_password(Browser(demo.issuer), account["email"], f"guess number {number}")
    assert blocks_of(demo, account["id"])
    done = demo.idp(
        "staff", "enrol", account["email"], "--reason", "locked out", "--format", "json"
    )
    fresh = enrol(demo, json.loads(done.stdout)["link"], "kaba to kaeru no uta 3")
    assert blocks_of(demo, account["id"]) == []
    sign_in(demo, account | fresh)


def test_the_person_gets_one_mail_about_a_block(demo: Demo) -> None:
    account = new_staff(demo, "tayori", "helpdesk")
    for number in range(7):
        type_password(Browser(demo.issuer), account["email"], f"guess number {number}")

    def mails() -> list[dict[str, str]]:
        every = requests.get(demo.facts["mail"] + "/messages", timeout=10).json()
        return [one for one in every if account["email"] in one["to"]]

    wait_until(mails, 30)
    (mail,) = mails()
    assert "架空 例" in mail["text"]
    assert "職員用アカウントに" in mail["text"]
    assert "システムの管理者に" in mail["text"]
    assert "/recover" not in mail["text"]
