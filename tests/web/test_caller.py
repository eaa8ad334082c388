import pytest
from flask import Request
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder

from idp.web.caller import Caller, bucket_keys, caller_address, caller_of, parse_networks

TRUSTED = parse_networks(["10.0.0.0/8", "127.0.0.1/32", "fd00::/8"])
PROXY = "10.0.0.1"


def address(peer: str | None, *forwarded: str) -> str:
    return str(caller_address(peer, forwarded, TRUSTED))


def test_a_stranger_cannot_name_himself() -> None:
    assert address("203.0.113.9", "1.2.3.4") == "203.0.113.9"  # CVE-2023-36456
    assert address("203.0.113.9") == "203.0.113.9"


def test_the_nearest_untrusted_address_from_the_right() -> None:
    assert address(PROXY, "203.0.113.9") == "203.0.113.9"
    assert address(PROXY, "1.1.1.1, 203.0.113.9") == "203.0.113.9"
    assert address(PROXY, "evil, 203.0.113.9,10.0.0.2") == "203.0.113.9"
    assert address("::ffff:10.0.0.1", "2001:db8::1") == "2001:db8::1"
    assert address(PROXY, "10.0.0.3, 10.0.0.2") == "10.0.0.3"
    assert address(PROXY, "x" * 10_000 + ",203.0.113.9") == "203.0.113.9"


@pytest.mark.parametrize(
    "header",
    [
        "",
        " ",
        ",",
        "203.0.113.9,",
        "unknown",
        "203.0.113.9:1234",
        "[2001:db8::1]",
        "fe80::1%eth0",
        "203.0.113.009",
        "203.0.113.9;for=1",
        "9" * 10_000,
        "203.0.113.9\x00",
        "１.2.3.4",
        "1.2.3.4, garbage, 10.0.0.2",
    ],
)
def test_garbage_means_the_peer(header: str) -> None:
    assert address(PROXY, header) == PROXY


def test_a_repeated_header_or_an_endless_chain_means_the_peer() -> None:
    assert address(PROXY, "1.2.3.4", "5.6.7.8") == PROXY
    assert address(PROXY, ",".join(["1.2.3.4", *["10.0.0.2"] * 40])) == PROXY


def test_mapped_addresses_are_one_with_their_ipv4() -> None:
    assert address("::ffff:203.0.113.9") == "203.0.113.9"
    assert address(PROXY, "::ffff:203.0.113.9") == "203.0.113.9"


@pytest.mark.parametrize("peer", [None, "", "unix:", "not an address"])
def test_a_peer_without_an_address_has_a_bucket_too(peer: str | None) -> None:
    assert address(peer, "1.2.3.4") == "::"


def test_buckets() -> None:
    assert bucket_keys(caller_address("203.0.113.9", (), ())) == ("203.0.113.9/32",)
    six = caller_address("2001:db8:1:2ff:3::4", (), ())
    assert bucket_keys(six) == ("2001:db8:1:2ff::/64", "2001:db8:1:200::/56")


def test_other_forwarding_headers_are_never_read() -> None:
    names = ["Forwarded", "X-Real-IP", "Client-IP", "True-Client-IP", "X-Forwarded-Host"]
    builder = EnvironBuilder(
        headers=[(name, "1.2.3.4") for name in names], environ_base={"REMOTE_ADDR": PROXY}
    )
    found = caller_of(Request(builder.get_environ()), TRUSTED)
    assert found == Caller(PROXY, ("10.0.0.1/32",))


def test_a_bad_network_is_refused_at_start() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.1/8"):
        parse_networks(["10.0.0.1/8"])


@given(st.text(max_size=80), st.lists(st.text(max_size=80), max_size=2))
def test_never_an_error(peer: str, forwarded: list[str]) -> None:
    assert bucket_keys(caller_address(peer, forwarded, TRUSTED))
