"""Every mail, in both languages: text and HTML say the same, one link at most, and it is ours."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.mails.blocks import as_html, as_text, one_line
from idp.mails.compose import SUBJECT_HALF_WIDTHS, BadMail, Written, compose, half_widths
from idp.mails.letters import LETTERS
from idp.mails.message import make_message
from idp.mails.model import COLLEAGUES, Mail, MailKind
from idp.members.japan.mail import parse_mail_address
from idp.policy.folder import read_folder
from idp.web.organisation import Language, Organisation

POLICY = read_folder(Path(__file__).parents[2] / "policies").policy
ISSUER = "https://id.mihon.example"
AT = datetime(2026, 7, 31, 5, 5, tzinfo=UTC)
HOUSE = Organisation(
    POLICY.mail.sender_name_ja,
    POLICY.mail.sender_name_en,
    POLICY.organisation.telephone,
    POLICY.organisation.hours_ja,
    POLICY.organisation.hours_en,
)
VALUES = {
    "name": "見本　太郎",
    "code": "12345678",
    "link": "/recover/selector.token",
    "how": "reset",
    "why": "blocked",
    "new": "t***@mihon.example",
    "what": "認証アプリ",
    "device": "Firefox",
    "rule": "password_from_unknown_device",
    "effect": "strangers_for_a_while",
    "advice": "reset",
    "count": "5",
    "reference": "7K2MPX9W",
    "kind": "name",
    "outcome": "refused",
    "reason": "書類が足りません",
    "days": "7",
    "minutes": "30",
    "ends": "2026-07-31",
    "expires": "2026-08-31",
    "due": "2026-08-05",
    "effective": "2026-08-06",
    "alert": "look_ups",
    "about": "operator:console",
}
EVERY = [(kind, language) for kind in MailKind for language in ("ja", "en")]


def written(kind: MailKind, language: Language, **more: str) -> Written:
    return compose(Mail(kind, "taro@mihon.example", language, VALUES | more), AT, ISSUER, HOUSE)


def words(markup: str) -> str:
    body = markup.split("<body")[1].partition(">")[2].split("</body>")[0]
    return "".join(html.unescape(re.sub(r"<[^>]+>", "", body)).split())


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_every_mail_keeps_the_rules(kind: MailKind, language: Language) -> None:
    one = written(kind, language)
    text, markup = as_text(one.blocks), as_html(one.blocks, language, one.subject)
    assert half_widths(one.subject) <= SUBJECT_HALF_WIDTHS
    assert HOUSE.name(language) in one.subject
    first = text.splitlines()[0]
    assert ("2026年7月31日（金）14:05（日本時間）" in first) == (language == "ja")
    assert ("14:05 (Japan time)" in first) == (language == "en")
    assert "".join(text.replace("-" * 40, "").split()) == words(markup), "both say the same"
    links = re.findall(r"https?://\S+", text)
    assert len(links) <= 1
    assert all(link.startswith(ISSUER + "/") for link in links)
    assert re.findall(r'(?:href|src|url)\s*=?\s*["(]?([^")\s]+)', markup) == links
    assert "<img" not in markup
    assert "%(" not in text
    unproven = kind in (MailKind.REGISTER_CODE, MailKind.NEW_ADDRESS, MailKind.ADDRESS_IN_USE)
    unproven |= kind is MailKind.NEW_ADDRESS_BY_PHONE
    unproven |= kind is MailKind.ALERT  # it names no member
    assert ("見本　太郎" in text) != unproven, "nothing personal to an address nobody has proven"
    if language == "en":
        kept = re.sub("見本　太郎|認証アプリ|書類が足りません", "", text + one.subject)
        assert not re.search(r"[\u3041-\u30ff\u3400-\u9fff]", kept)


@pytest.mark.parametrize("kind", sorted(COLLEAGUES))
def test_colleagues_are_told_in_japanese_and_under_it_in_english(kind: MailKind) -> None:
    one = written(kind, "ja")
    text, markup = as_text(one.blocks), as_html(one.blocks, "ja", one.subject)
    japanese, english = text.split(f"\n\n{'-' * 40}\n\n")
    whole = as_text(written(kind, "en").blocks)
    told = re.sub(rf"\n{ISSUER}\S+", ": open the link above.", whole)
    assert english == told, "nothing is left out but the link, which stands above"
    assert (ISSUER in japanese) == (ISSUER in whole)
    assert markup.count('<hr>\n<div lang="en">') == 1
    assert '<html lang="ja">' in markup


def test_others_are_told_in_one_language() -> None:
    for kind in set(MailKind) - COLLEAGUES:
        assert "-" * 40 not in as_text(written(kind, "ja").blocks)


def test_a_code_stands_alone_on_its_line_in_groups() -> None:
    for code, shown in (("123456", "123 456"), ("12345678", "1234 5678"), ("AB12-CD34-EF56",) * 2):
        lines = as_text(written(MailKind.RESET, "ja", code=code).blocks).splitlines()
        assert shown in [line.strip() for line in lines]


def test_until_when_a_code_holds_is_said_in_japan_time() -> None:
    assert "2026年7月31日（金）14:35（日本時間）まで" in as_text(
        written(MailKind.RESET, "ja").blocks
    )


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/recover/x",
        "https://id.mihon.example.evil.example/x",
        "//evil.example/x/",
        "https://id.mihon.example@evil.example/",
        "javascript:alert(1)",
        '/recover/"><script>',
        "/recover/x y",
        "/recover/x\r\nBcc: thief@elsewhere.example",
        "",
    ],
)
def test_no_link_leads_elsewhere(link: str) -> None:
    try:
        text = as_text(written(MailKind.RESET, "ja", link=link).blocks)
    except BadMail:
        return
    for found in re.findall(r"https?://\S+", text):
        assert found.startswith(ISSUER + "/")


def test_a_mail_that_lacks_a_value_is_refused_where_it_is_promised() -> None:
    for kind in MailKind:
        for name in LETTERS[kind].needed():
            values = {key: value for key, value in VALUES.items() if key != name}
            with pytest.raises(BadMail):
                compose(Mail(kind, None, "ja", values), AT, ISSUER, HOUSE)


HOSTILE = st.text(max_size=300) | st.sampled_from(
    [
        "x\r\nBcc: thief@elsewhere.example\r\n\r\nhello",
        "</p><script>alert(1)</script>",
        "https://evil.example/ www.evil.example",
        "\u202egnp.exe\u2066",
        "\ud800",
        "\0",
        "123 456",
        "%(code)s %s",
    ]
)


@given(HOSTILE, HOSTILE)
def test_what_people_and_browsers_call_themselves_harms_nothing(name: str, device: str) -> None:
    one = written(MailKind.NEW_DEVICE, "ja", name=name, device=device)
    message = make_message(
        one, parse_mail_address("taro@mihon.example"), "ja", AT, "<1@id.mihon.example>", POLICY.mail
    )
    raw = message.as_bytes()
    head = raw.split(b"\r\n\r\n")[0].decode("ascii")
    assert "\nBcc" not in head
    names = {line.split(":")[0] for line in head.splitlines() if line[0] not in " \t"}
    assert names == {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
        "Content-Language",
    }
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    text, markup = as_text(one.blocks), as_html(one.blocks, "ja", one.subject)
    assert "<script" not in markup
    assert not re.search(r"https?://|www\.", text)
    assert "\n" not in one_line(name)
    assert len(one_line(name)) <= 200
