"""Another spelling is not another budget.

CVE-2025-24806 (user name and mail address counted apart), CVE-2026-47203 (upper and lower case
counted apart at the second entrance), CVE-2025-6004 (a lockout that manipulated input passed by).
"""

from __future__ import annotations

import base64

import pytest

from tests.attacks.people import Person
from tests.attacks.visitor import Visitor, visitor
from tests.support.demo import Demo
from tests.support.in_process import InProcess
from tests.support.parties import SECRETS
from tests.support.relying_party import Browser

LIMIT, CLIENT_LIMIT = 5, 20


def checked(demo: Demo) -> float:
    """Count the passwords that were really looked at."""
    return demo.metric("gate_verifications_total", secret="password")


def spellings(email: str) -> list[str]:
    local, domain = email.split("@")
    return [
        email.upper(),
        f"{local.title()}@{domain}",
        f"{local}@{domain.upper()}",
        f"  {email}",
        f"{email}\t",
        f"\u3000{email}\u3000",
        f" {email.swapcase()} ",
        email,
    ]


def test_every_spelling_of_an_address_pays_from_one_budget(attacked: Demo, person: Person) -> None:
    before = checked(attacked)
    for typed in spellings(person.email):
        assert Browser(attacked.issuer).sign_in(typed, "not the password").status_code == 401
    assert checked(attacked) - before == LIMIT
    for typed in spellings(person.email)[:4]:
        assert Browser(attacked.issuer).sign_in(typed, person.password).status_code == 401
    assert checked(attacked) - before == LIMIT, "nor is the right one looked at"


def look_alikes(email: str) -> list[str]:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in email)
    return [
        wide,
        email.replace("kirin", "ｋirin"),
        email.replace("@", "＠"),
        email.replace("k", "\u212a", 1),  # lower() makes a k of it
        email.replace("i", "\u0131", 1),  # upper() makes an I of it
        email.replace(".", "\u3002", 1),
        email.replace("mihon", "mi\u00adhon"),
        email.replace("kirin", "kir\u200bin"),
        f'"{email.split("@", maxsplit=1)[0]}"@mihon.example',
        email.replace("@", "+x@"),
        f"{email}.",
    ]


def test_what_only_looks_like_an_address_is_somebody_else(attacked: Demo, person: Person) -> None:
    before = checked(attacked)
    for typed in look_alikes(person.email):
        answer = Browser(attacked.issuer).sign_in(typed, person.password)
        assert answer.status_code in (400, 401), ascii(typed)
    assert checked(attacked) == before, "no password of anybody was looked at"
    again = Browser(attacked.issuer).sign_in(person.email, person.password)
    assert again.status_code == 303, "and nothing was counted against the owner"


def basic(name: str, secret: str) -> tuple[str, str]:
    text = base64.b64encode(f"{name}:{secret}".encode()).decode()
    return "Authorization", f"Basic {text}"


DOORS = ("/token", "/introspect", "/revoke", "/par")


def tried(browser: Visitor, door: str, name: str, secret: str) -> str:
    """Authenticate a client at one door; answers the error, if any."""
    form = {"grant_type": "client_credentials", "token": "t", "response_type": "code"}
    answer = browser.post(door, form, headers=[basic(name, secret)])
    return str((answer.json or {}).get("error", ""))


@pytest.mark.parametrize(
    "name", ["MACHINE", "Machine", " machine", "machine ", "machine\u3000", "ｍachine", "machine\0"]
)
def test_a_client_has_one_spelling(inside: InProcess, name: str) -> None:
    for door in DOORS:
        answer = tried(visitor(inside, "198.51.100.31"), door, name, SECRETS["machine"])
        assert answer in ("invalid_client", "invalid_request"), door


def test_every_door_of_a_client_drains_one_budget(inside: InProcess) -> None:
    browser = visitor(inside, "198.51.100.32")
    assert all(tried(browser, d, "machine", SECRETS["machine"]) != "invalid_client" for d in DOORS)
    for number in range(CLIENT_LIMIT):
        assert tried(browser, DOORS[number % 4], "machine", f"guess {number}") == "invalid_client"
    for door in DOORS:
        assert tried(browser, door, "machine", SECRETS["machine"]) == "invalid_client", door
    elsewhere = visitor(inside, "198.51.100.33")
    assert tried(elsewhere, "/token", "machine", SECRETS["machine"]) == "", "the owner goes on"
