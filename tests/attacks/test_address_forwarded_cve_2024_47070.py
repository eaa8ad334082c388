"""Nothing that is sent beside a request changes what is decided about it.

CVE-2024-47070 (an address that is none made the password be skipped), CVE-2023-36456 (forwarding
headers believed from anybody), CVE-2023-4612 (the second factor left out by an address),
CVE-2026-33495 and CVE-2026-40575 (rules chosen by a header), CVE-2025-64484 (underscores pass for
dashes), CVE-2026-30827 (mapped addresses share one bucket).
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from ipaddress import ip_network

import pytest

from tests.attacks.people import Person
from tests.attacks.visitor import visitor
from tests.support.demo import Demo
from tests.support.factors import set_up_app
from tests.support.in_process import InProcess
from tests.support.parties import SECRETS, offset
from tests.support.relying_party import hidden_fields

PROXY = "10.9.8.7"
VALUES = (
    "a",
    "",
    " ",
    "unknown",
    "127.0.0.1",
    "::1",
    "10.9.8.7",
    "192.168.0.1, 127.0.0.1",
    "1.2.3.4, 5.6.7.8",
    "::ffff:1.2.3.4",
    "1.2.3.4:80",
    "[2001:db8::1]:443",
    "fe80::1%eth0",
    "0x7f.1",
    "127.1",
    "for=127.0.0.1;proto=https;host=id.mihon.example",
    "%00",
    "' OR 1=1 --",
    ",,,",
    "9" * 10_000,
    "1.2.3.4," * 1_000,
)
NAMES = (
    "X-Forwarded-For",
    "X_Forwarded_For",
    "Forwarded",
    "X-Real-IP",
    "X-Client-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
    "X-Forwarded-Proto",
)
CORPUS = [("X-Forwarded-For", value) for value in VALUES]
CORPUS += [(name, VALUES[i % len(VALUES)]) for i, name in enumerate(NAMES * 3)]
TWICE = (("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-For", "127.0.0.1"))


@pytest.fixture(scope="module")
def behind_proxy(built: Callable[..., InProcess]) -> InProcess:
    """The provider as it is behind a proxy that it trusts."""
    return built(trusted_proxies=(ip_network("10.0.0.0/8"),))


@pytest.fixture(scope="module")
def guarded(attacked: Demo, unused: object, inside: InProcess) -> Person:
    """A member who has set up an app."""
    person: Person = next(unused)  # type: ignore[call-overload]
    browser = visitor(inside)
    assert browser.sign_in(person.email, person.password).status_code == 303
    set_up_app(browser, offset(attacked))
    return person


@pytest.mark.parametrize("peer", ["198.51.100.51", PROXY])
def test_no_header_leaves_out_the_password_or_the_code(
    behind_proxy: InProcess, guarded: Person, peer: str
) -> None:
    for sent in [*((one,) for one in CORPUS[:: 2 if peer == PROXY else 6]), TWICE]:
        browser = visitor(behind_proxy, peer, *sent)
        page = browser.get("/sign-in")
        assert page.status_code == 200, sent
        form = hidden_fields(page.text) | {"username": guarded.email}
        assert browser.post("/sign-in", form).status_code in (400, 401), sent
        right = browser.post("/sign-in", form | {"password": guarded.password})
        assert right.headers["Location"].startswith("/sign-in/verify?"), sent
        assert browser.cookie("kumiai_idp") is None
        for path in ("/account", "/account/security"):
            assert browser.get(path).headers["Location"].startswith("/sign-in"), sent


@pytest.mark.parametrize(
    "sent",
    [
        ("X-Forwarded-Uri", "/sign-in"),
        ("X-Original-URL", "/sign-in"),
        ("X-Original-URL", "/account"),
        ("X-Rewrite-URL", "/healthz"),
        ("X-Forwarded-Prefix", "/static"),
        ("X-Forwarded-Proto", "https"),
        ("X-HTTP-Method-Override", "POST"),
        ("X-WEBAUTH-USER", "kirin.0@mihon.example"),
        ("X-Remote-User", "kirin.0@mihon.example"),
        ("X-Forwarded-Email", "kirin.0@mihon.example"),
    ],
    ids=str,
)
@pytest.mark.parametrize("peer", ["198.51.100.52", PROXY])
def test_no_header_names_another_page_or_a_member(
    behind_proxy: InProcess, peer: str, sent: tuple[str, str]
) -> None:
    browser = visitor(behind_proxy, peer, sent)
    for path in ("/account", "/account/security", "/account/devices"):
        answer = browser.get(path)
        assert (answer.status_code, answer.headers["Location"][:8]) == (303, "/sign-in")
    assert browser.get("/userinfo").status_code == 401
    assert browser.get("/sign-in").status_code == 200


def is_let_in(inside: InProcess, peer: str, secret: str, *sent: tuple[str, str]) -> bool:
    """Authenticate a client from an address: its limit counts per address."""
    text = base64.b64encode(f"machine:{secret}".encode()).decode()
    browser = visitor(inside, peer, *sent)
    form = {"grant_type": "client_credentials"}
    answer = browser.post("/token", form, headers=[("Authorization", f"Basic {text}")])
    assert answer.status_code in (200, 401)
    return bool(answer.status_code == 200)


def test_a_stranger_counts_under_the_address_of_the_connection(inside: InProcess) -> None:
    peer = "198.51.100.53"
    for number in range(20):
        assert not is_let_in(inside, peer, f"guess {number}", CORPUS[number])
    for sent in CORPUS[:30]:
        assert not is_let_in(inside, peer, SECRETS["machine"], sent), sent
    assert is_let_in(inside, "198.51.100.54", SECRETS["machine"], ("X-Forwarded-For", peer))


def test_behind_a_proxy_what_is_no_address_counts_as_the_proxy(behind_proxy: InProcess) -> None:
    broken = [
        v for v in VALUES if not v.startswith(("127.0", "::1", "10.", "192", "1.2.3.4, ", "::f"))
    ]
    for number in range(20):
        sent = ("X-Forwarded-For", broken[number % len(broken)])
        assert not is_let_in(behind_proxy, PROXY, f"guess {number}", sent)
    assert not is_let_in(behind_proxy, PROXY, SECRETS["machine"])
    caller = ("X-Forwarded-For", "198.51.100.55")
    assert is_let_in(behind_proxy, PROXY, SECRETS["machine"], caller), "others go on"


@pytest.mark.parametrize(
    ("same", "others"),
    [
        (("198.51.100.61", "::ffff:198.51.100.61", "::ffff:c633:643d"), "::ffff:198.51.100.62"),
        (("2001:db8:1:1::1", "2001:db8:1:1:ffff::9"), "2001:db8:1:2::1"),
    ],
    ids=["mapped", "one network"],
)
def test_an_address_has_one_bucket_however_it_is_written(
    inside: InProcess, same: tuple[str, ...], others: str
) -> None:
    for number in range(20):
        assert not is_let_in(inside, same[number % len(same)], f"guess {number}")
    for peer in same:
        assert not is_let_in(inside, peer, SECRETS["machine"]), peer
    assert is_let_in(inside, others, SECRETS["machine"]), "a neighbour is not counted with it"
