"""Mail addresses: the strict grammar, the carriers' exceptions, no look-alikes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.members.errors import BadMailAddress
from idp.members.japan.mail import parse_mail_address

CARRIERS = frozenset({"docomo.ne.jp", "vodafone.ne.jp"})


@pytest.mark.parametrize(
    ("text", "typed", "normal"),
    [
        ("Taro.Mihon@Mihon.Example", "Taro.Mihon@Mihon.Example", "taro.mihon@mihon.example"),
        (" taro@mihon.example　", "taro@mihon.example", "taro@mihon.example"),
        ("taro+shop@mihon.example", "taro+shop@mihon.example", "taro+shop@mihon.example"),
        ("taro@見本.example", "taro@見本.example", "taro@xn--8pvz87e.example"),
        ("taro@XN--8PVZ87E.example", "taro@XN--8PVZ87E.example", "taro@xn--8pvz87e.example"),
    ],
)
def test_keeps_what_was_typed_and_folds_ascii_case(text: str, typed: str, normal: str) -> None:
    address = parse_mail_address(text)
    assert (address.typed, address.normal_form) == (typed, normal)


@pytest.mark.parametrize(
    ("text", "envelope"),
    [
        ("taro.@docomo.ne.jp", '"taro."@docomo.ne.jp'),
        ("taro..yamada@docomo.ne.jp", '"taro..yamada"@docomo.ne.jp'),
        ("Taro..M@d.Vodafone.ne.jp", '"Taro..M"@d.vodafone.ne.jp'),
        ("taro@docomo.ne.jp", "taro@docomo.ne.jp"),
        ("taro@見本.example", "taro@xn--8pvz87e.example"),
    ],
)
def test_carrier_addresses_are_quoted_towards_smtp(text: str, envelope: str) -> None:
    assert parse_mail_address(text, CARRIERS).smtp_form == envelope


@pytest.mark.parametrize("text", ["taro.@docomo.ne.jp", "taro..yamada@docomo.ne.jp"])
def test_stray_dots_are_for_the_carriers_of_the_policy_only(text: str) -> None:
    with pytest.raises(BadMailAddress):
        parse_mail_address(text)
    with pytest.raises(BadMailAddress):
        parse_mail_address(text.replace("docomo", "evil-docomo"), CARRIERS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "taro",
        "@mihon.example",
        "taro@",
        "taro@@mihon.example",
        "taro@mihon@mihon.example",
        '"taro@x"@mihon.example',
        '"taro"@mihon.example',
        "taro mihon@mihon.example",
        "taro@mihon.example\nBcc: x@mihon.example",
        "taro@mihon.example\x00",
        "taro\r@mihon.example",
        "ta\ud800ro@mihon.example",
        "taro@localhost",
        "taro@127.0.0.1",
        "taro@[127.0.0.1]",
        "taro@-mihon.example",
        "taro@mihon..example",
        "taro@.example",
        "taro@mihon.example.",
        "taro@mihon_.example",
        "taro@" + "a" * 64 + ".example",
        "t" * 65 + "@mihon.example",
        "taro@" + "見" * 100 + ".example",
        "taro@" + "a." * 130 + "example",
        "t" * 1_000_000,
        "taro＠mihon.example",
        "ｔａｒｏ@mihon.example",
        ".taro@docomo.ne.jp",
        "太郎@mihon.example",
    ],
)
def test_refuses_what_is_no_address(text: str) -> None:
    with pytest.raises(BadMailAddress) as caught:
        parse_mail_address(text, CARRIERS)
    assert caught.value.detail


@pytest.mark.parametrize(
    "text",
    [
        "m\u0131hon@mihon.example",  # dotless i upper-cases to I
        "\u212aen@mihon.example",  # KELVIN SIGN lower-cases to k
        "taro@m\u0131hon.example\u212a",
        "taro@\u212aen.example",
        "taro@ｍihon.example",
        "taro@stra\u00dfe.example",
        "taro@mi\u200dhon.example",
        "taro@mihon\u3002example",
    ],
)
def test_look_alikes_never_meet_another_address_cve_2019_19844(text: str) -> None:
    with pytest.raises(BadMailAddress):
        parse_mail_address(text)


@given(st.text(max_size=300))
def test_any_text_is_an_address_or_a_clear_refusal(text: str) -> None:
    try:
        outcome = parse_mail_address(text, CARRIERS).normal_form
    except BadMailAddress as error:
        outcome = error.detail
    assert outcome
    assert outcome.isascii()


@given(st.from_regex(r"[a-zA-Z0-9.+_-]{1,70}@[a-zA-Z0-9.-]{1,70}", fullmatch=True))
def test_the_normal_form_is_its_own_normal_form(text: str) -> None:
    try:
        address = parse_mail_address(text)
    except BadMailAddress:
        return
    again = parse_mail_address(address.normal_form)
    assert again.normal_form == address.normal_form == address.typed.lower()
