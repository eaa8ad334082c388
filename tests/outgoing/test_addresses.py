"""Which addresses may be called (server-side request forgery, CVE-2020-10770)."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Any

import pytest

from idp.outgoing.addresses import Allowed, OutgoingRefused, addresses_of, is_public

PUBLIC = ["8.8.8.8", "203.0.114.9", "2606:4700::1111", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8"]
INSIDE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::10.0.0.1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "5f00::1",
]


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_may_be_called(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize("text", INSIDE)
def test_every_form_of_an_inner_address_is_refused(text: str) -> None:
    assert not is_public(ip_address(text))
    host = f"{text}"
    with pytest.raises(OutgoingRefused, match="may not be called"):
        addresses_of((), "https", host, 443, 5)


@pytest.mark.parametrize(
    "host", ["127.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost", "localhost."]
)
def test_other_spellings_of_this_machine_are_refused(host: str) -> None:
    with pytest.raises(OutgoingRefused):
        addresses_of((), "https", host, 443, 5)


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def answer(*_: Any, **__: Any) -> list[Any]:
        return [(0, 0, 0, "", (address, 443)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


def test_a_name_with_public_and_inner_addresses_is_a_trap(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "8.8.8.8", "10.0.0.1")
    with pytest.raises(OutgoingRefused, match="may not be called"):
        addresses_of((), "https", "trap.example", 443, 5)
    resolving(monkeypatch, "8.8.8.8", "2606:4700::1111")
    assert addresses_of((), "https", "honest.example", 443, 5) == ("8.8.8.8", "2606:4700::1111")


def test_only_the_allowed_one_of_several_addresses_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    allow = (Allowed.parse("https://10.0.0.0/8:8443"),)
    resolving(monkeypatch, "fe80::1", "10.2.3.4", "192.168.0.1")
    assert addresses_of(allow, "https", "inside.example", 8443, 5) == ("10.2.3.4",)
    for scheme, port in (("https", 443), ("http", 8443)):
        with pytest.raises(OutgoingRefused):
            addresses_of(allow, scheme, "inside.example", port, 5)


@pytest.mark.parametrize(("scheme", "port"), [("http", 80), ("https", 25), ("https", 22)])
def test_plain_http_and_ports_of_other_services_are_refused(
    monkeypatch: pytest.MonkeyPatch, scheme: str, port: int
) -> None:
    resolving(monkeypatch, "8.8.8.8")
    with pytest.raises(OutgoingRefused, match="may not be called"):
        addresses_of((), scheme, "public.example", port, 5)


@pytest.mark.parametrize("host", ["no.such.name.invalid", "a" * 64 + ".example", "..", "ü" * 70])
def test_a_name_that_is_none_is_one_sentence(host: str) -> None:
    with pytest.raises(OutgoingRefused, match="does not resolve"):
        addresses_of((), "https", host, 443, 10)


@pytest.mark.parametrize(
    "entry", ["https://10.0.0.0/8", "ftp://10.0.0.0/8:21", "https://x:1", "https://10.0.0.1:0"]
)
def test_an_entry_of_the_settings_that_cannot_be_read_is_refused(entry: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  whatever it says, it is refused
        Allowed.parse(entry)
