"""Answers are compared as a person would: what fits, what does not, and what is no answer."""

from __future__ import annotations

from datetime import date

import pytest

from demo.people import MEMBERS
from demo.register import register_csv
from idp.helpdesk.answers import facts_of, fits
from idp.members.changes import Create, plan
from idp.members.model import Member
from idp.members.register_file import RegisterRow, read_register
from idp.policy.helpdesk import QuestionKind as Kind
from tests.support.helpdesk import truth

TODAY = date(2026, 7, 1)


def members() -> dict[str, Member]:
    rows = [one for one in read_register(register_csv(TODAY)) if isinstance(one, RegisterRow)]
    made = [plan(None, one, TODAY) for one in rows]
    return {one.member.member_number: one.member for one in made if isinstance(one, Create)}


REGISTER = members()
TARO, HANAKO = REGISTER["00000101"], REGISTER["00000102"]


@pytest.mark.parametrize("number", [one.number for one in MEMBERS if one.standing != "applicant"])
def test_what_each_member_would_say_fits_everything_that_can_be_asked(number: str) -> None:
    facts = facts_of(REGISTER[number], TODAY)
    assert len(facts) >= 5
    for kind in facts:
        assert fits(kind, truth(number, kind), facts), kind


FITTING = [
    (Kind.BIRTH_DATE, "昭和59年5月12日"),
    (Kind.BIRTH_DATE, "S59.5.12"),
    (Kind.BIRTH_DATE, "１９８４／５／１２"),
    (Kind.BIRTH_DATE, "19840512"),
    (Kind.POSTAL_CODE, "0000000"),
    (Kind.POSTAL_CODE, "〒０００‐００００"),
    (Kind.POSTAL_CODE, "000ー0000"),
    (Kind.TOWN, "架空"),
    (Kind.TOWN, "架空市"),
    (Kind.TOWN, "東京都 架空市"),
    (Kind.HOUSE_NUMBER, "1丁目1番1号"),
    (Kind.HOUSE_NUMBER, "一丁目一番一号"),
    (Kind.HOUSE_NUMBER, "１－１－１"),
    (Kind.HOUSE_NUMBER, "見本町１ー１−１"),
    (Kind.PHONE_LAST, "０１０１"),
    (Kind.PHONE_LAST, "090ー0000ー0101"),
    (Kind.KANA_NAME, "みほんたろう"),
    (Kind.KANA_NAME, "ﾐﾎﾝ ﾀﾛｳ"),
    (Kind.KANA_NAME, "ミホン　タロー"),
    (Kind.JOIN_YEAR, "平成16年"),
    (Kind.JOIN_YEAR, "H16"),
    (Kind.JOIN_YEAR, "２００４年度"),
    (Kind.WORKPLACE, "みほん第一小"),
    (Kind.WORKPLACE, "ミホン第一小学校"),
    (Kind.MEMBER_NUMBER, "１０１"),
    (Kind.MEMBER_NUMBER, "0000-0101"),
]


@pytest.mark.parametrize(("kind", "said"), FITTING)
def test_ways_to_say_the_truth(kind: Kind, said: str) -> None:
    assert fits(kind, said, facts_of(TARO, TODAY))


WRONG = [
    (Kind.BIRTH_DATE, "昭和59年5月13日"),
    (Kind.BIRTH_DATE, "59年5月12日"),
    (Kind.POSTAL_CODE, "000-0001"),
    (Kind.TOWN, "見本市"),
    (Kind.TOWN, "市"),
    (Kind.HOUSE_NUMBER, "1-1"),
    (Kind.HOUSE_NUMBER, "11-1"),
    (Kind.HOUSE_NUMBER, "1-1-1-1"),
    (Kind.PHONE_LAST, "101"),
    (Kind.PHONE_LAST, "00101"),
    (Kind.KANA_NAME, "みほん"),
    (Kind.JOIN_YEAR, "04"),
    (Kind.JOIN_YEAR, "昭和16年"),
    (Kind.WORKPLACE, "小学校"),
    (Kind.MEMBER_NUMBER, "102"),
    *((kind, bad) for kind in Kind for bad in ("", "　", "-", "\x00", "\ud800", "9" * 5000)),
]


@pytest.mark.parametrize(("kind", "said"), WRONG)
def test_what_is_not_the_truth_does_not_fit(kind: Kind, said: str) -> None:
    """Nothing that folds to nothing, and nothing that cannot be read, fits anything."""
    assert not fits(kind, said, facts_of(TARO, TODAY))


def test_the_room_may_be_left_out_and_the_rest_may_not() -> None:
    facts = facts_of(HANAKO, TODAY)
    for said in ("例示台2-3-4", "二丁目三番地四", "2-3-4 架空マンション105", "2丁目3-4-105号室"):
        assert fits(Kind.HOUSE_NUMBER, said, facts), said
    assert not fits(Kind.HOUSE_NUMBER, "105", facts)


def test_what_the_register_does_not_know_is_never_asked() -> None:
    facts = facts_of(REGISTER["00000205"], TODAY)
    assert Kind.PHONE_LAST not in facts
    assert Kind.WORKPLACE not in facts
    assert not fits(Kind.PHONE_LAST, "", facts)
