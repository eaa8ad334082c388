"""Which passwords may be used: length and lists, never composition (NIST SP 800-63B-4 3.1.1.2)."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.accounts.owner_words import words_about
from idp.accounts.password_rules import WHY_TEXTS, BadPassword, Why, check_password
from idp.members.model import Dated, Employment, Member, Name
from idp.policy.folder import read_folder

POLICY = read_folder(Path(__file__).parents[2] / "policies").policy
DAY = date(2000, 1, 1)
OWNER = Member(
    member_number="00001234",
    birth_on=date(1950, 4, 1),
    employment=Employment.RETIRED,
    workplace="",
    names=(Dated(Name("髙橋", "祐二", "タカハシ", "ユウジ"), DAY),),
    phones=(Dated("+819012345678", DAY),),
    email="yuji.t@mihon.example",
)
WORDS = words_about(OWNER, "violin77@elsewhere.example", POLICY.organisation)


def why(password: str) -> Why | None:
    try:
        check_password(password, POLICY.passwords, WORDS)
    except BadPassword as bad:
        assert WHY_TEXTS[bad.why] % bad.values
        return bad.why
    return None


@pytest.mark.parametrize(
    "password",
    [
        "otter purple teapot",
        "correct horse battery staple",
        "猫と紅茶と自転車の旅",
        "kfjqpzmxwa",
        "Wv3-pQ8!kd",
        "aaaa bbbb teapot violin",
    ],
)
def test_what_nobody_tries_early_is_accepted(password: str) -> None:
    assert why(password) is None


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("short", Why.TOO_SHORT),
        ("漢字九文字の合言葉", Why.TOO_SHORT),
        ("otter purple teapot" * 60, Why.TOO_LONG),
        ("otter \ud800 purple teapot", Why.NOT_TEXT),
        ("otter\0purple teapot", Why.NOT_TEXT),
        ("password123", Why.COMMON),
        ("Ｐａｓｓｗｏｒｄ１２３", Why.COMMON),
        ("p@ssw0rd2024", Why.COMMON),
        ("1234567890", Why.COMMON),
        ("aaaaaaaaaaaa", Why.COMMON),
        ("abababababab", Why.COMMON),
        ("..........!!", Why.COMMON),
        ("1qaz2wsx3edc", Why.COMMON),
        ("qwertyuiop12", Why.COMMON),
        ("sakurasakura2024", Why.COMMON),
        ("さくらさくらさくら", Why.TOO_SHORT),
        ("さくらさくらさくら咲く", None),
        ("あいうえおかきくけこ", Why.COMMON),
        ("syougakkou2024", Why.COMMON),
        ("shogakko2024", Why.COMMON),
        ("tokyo-yokohama", Why.COMMON),
        ("takahashi-yuji", Why.NAME),
        ("takahasi19500401", Why.NAME),
        ("高橋祐二髙橋祐二1950", Why.NAME),
        ("ﾀｶﾊｼﾕｳｼﾞ2024", Why.NAME),
        ("1950-04-01!!", Why.BIRTH_DATE),
        ("s25.04.01 s25", Why.BIRTH_DATE),
        ("00001234-1234", Why.MEMBER_NUMBER),
        ("090-1234-5678", Why.TELEPHONE),
        ("violin77violin77", Why.MAIL_ADDRESS),
        ("yuji.t@mihon.example", Why.MAIL_ADDRESS),
        ("seikyo-mypage", Why.SERVICE_NAME),
        ("みほん学校生活協同組合", Why.SERVICE_NAME),
    ],
)
def test_what_is_tried_early_is_refused_and_says_why(password: str, expected: Why | None) -> None:
    assert why(password) is expected


@given(st.text(min_size=0, max_size=1500))
def test_no_text_breaks_the_rules(password: str) -> None:
    why(password)


def test_the_longest_password_costs_next_to_nothing() -> None:
    started = time.perf_counter()
    for password in ("ab" * 39 + "c", "x1" * 512, "sakura" * 13 + "yz"):
        why(password)
    assert time.perf_counter() - started < 2.0
