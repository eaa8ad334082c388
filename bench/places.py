"""Where a stranger may ask for somebody, and what is asked: each place sends one attempt at a time.

An attempt is known or unknown by one thing only (an address, the public part of a code, the id of a
passkey). Whatever has to come before the request that counts is sent alike for both and not timed.
Nobody is asked for twice in one place, so that no limit of theirs answers in their stead.
"""

from __future__ import annotations

import html
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url, encode_cbor

from audit.event import Actor, new_id
from bench.deployment import Deployment
from bench.register import address_of, number_of
from bench.strangers import Answer, Stranger
from bench.wire import UnexpectedAnswer
from idp.accounts import store as accounts
from idp.assembly.foundation import Foundation
from idp.assembly.registration import build_issuing
from idp.clock import to_micros
from idp.factors import store as factors
from idp.factors.model import FactorKind
from idp.invitations import store as invitations
from idp.invitations.model import ALPHABET, SECRET, SELECTOR, SentBy
from idp.members import store as members

_OPTIONS = re.compile(r'data-passkey-get="([^"]*)"')
_BENCH = Actor("operator", "bench")
_ANSWER = "/sign-in/passkey/answer"


@dataclass(frozen=True)
class Material:
    """What is known to the deployment: addresses, codes and passkeys that somebody has."""

    foundation: Foundation
    origin: str
    selectors: tuple[str, ...]
    """Of invitations that nobody has used; their members have no account."""
    right: dict[str, str] = field(repr=False)
    """What opens a registration."""
    passkeys: tuple[str, ...] = field(repr=False)
    key: ec.EllipticCurvePrivateKey = field(repr=False)


class Place(Protocol):
    """A place, opened by a stranger."""

    def ask(self, index: int, *, known: bool) -> float:
        """Ask for somebody; answers the milliseconds of the request that counts."""
        ...


def prepare(deployment: Deployment) -> Material:
    """Invite the members without an account by letter, and give the others a passkey each."""
    f = deployment.foundation()
    issuing = build_issuing(f)
    now = f.clock.now()
    key = ec.generate_private_key(ec.SECP256R1())
    ids = tuple(bytes_to_base64url(secrets.token_bytes(32)) for _ in range(deployment.members))
    with f.database.begin() as tx:
        people = [
            members.get(tx, number_of(deployment.members + index))
            for index in range(deployment.invited)
        ]
        issuing.issue(tx, people, now, _BENCH, sent_by=SentBy.LETTER)
        letters = invitations.list_letters(tx, "", to_micros(now), len(people))
        for index, credential_id in enumerate(ids):
            account = accounts.find_by_address(tx, address_of(index))
            assert account is not None, "a member of the bench without an account"
            factors.add(tx, **_passkey(account.subject, credential_id, key, now))
    first, *others = letters
    code = issuing.open_letter(first)
    right = {
        "invitation_code": code.selector + code.secret,
        "member_number": first.member.member_number,
        "birth_date": first.member.birth_on.isoformat(),
    }
    selectors = tuple(letter.invitation.selector for letter in others)
    return Material(f, deployment.issuer, selectors, right, ids, key)


def _passkey(subject: str, credential_id: str, key: Any, now: Any) -> dict[str, Any]:
    point = key.public_key().public_numbers()
    cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)}
    return {
        "id": new_id(now),
        "subject": subject,
        "kind": FactorKind.PASSKEY.value,
        "name": "みほん",
        "credential_id": credential_id,
        "public_key": bytes_to_base64url(encode_cbor(cose)),
        "sign_count": 0,
        "details": "{}",
        "created_at": to_micros(now),
        "confirmed_at": to_micros(now),
    }


def _unknown_address() -> str:
    return f"nobody{secrets.token_hex(4)}@bench.mihon.example"


def _address(index: int, *, known: bool) -> str:
    return address_of(index) if known else _unknown_address()


def _expect(answer: Answer, status: int) -> Answer:
    if answer.status != status:
        raise UnexpectedAnswer(f"{answer.status} instead of {status}: {answer.page[:300]}")
    return answer


class SignIn:
    """An address with a wrong password."""

    def __init__(self, stranger: Stranger, _material: Material) -> None:
        self.stranger = stranger
        self.fields = stranger.get("/sign-in").hidden("sign-in")

    def ask(self, index: int, *, known: bool) -> float:
        """Try to sign in."""
        who = {"username": _address(index, known=known), "password": secrets.token_hex(8)}
        return _expect(self.stranger.post("/sign-in", self.fields | who), 401).took


class Recover:
    """An address whose password is said to be forgotten."""

    def __init__(self, stranger: Stranger, _material: Material) -> None:
        self.stranger = stranger
        self.fields = stranger.get("/recover").hidden("reset-request")

    def ask(self, index: int, *, known: bool) -> float:
        """Ask for a new password."""
        who = {"email": _address(index, known=known)}
        return _expect(self.stranger.post("/recover", self.fields | who), 200).took


class Invited:
    """The first step of registering: the public part of a code that was given out, or was not."""

    def __init__(self, stranger: Stranger, material: Material) -> None:
        self.stranger, self.material = stranger, material
        self.fields = stranger.get("/register").hidden("register")

    def ask(self, index: int, *, known: bool) -> float:
        """Try a code whose secret part is wrong."""
        given = self.material.selectors[index % len(self.material.selectors)]
        drawn = "".join(secrets.choice(ALPHABET) for _ in range(SELECTOR + SECRET))
        typed = {
            "invitation_code": (given if known else drawn[:SELECTOR]) + drawn[SELECTOR:],
            "member_number": number_of(index),
            "birth_date": "1950-04-01",
        }
        return _expect(self.stranger.post("/register", self.fields | typed), 401).took


class Register:
    """The second step: an address that is in use, or is free."""

    def __init__(self, stranger: Stranger, material: Material) -> None:
        self.stranger = stranger
        begun = _begin(stranger, material)
        self.fields = stranger.get(begun).hidden("register")

    def ask(self, index: int, *, known: bool) -> float:
        """Give an address to send a code to."""
        return self.send(_address(index, known=known)).took

    def send(self, address: str) -> Answer:
        """Send the step."""
        fields = self.fields | {"step": "email", "email": address}
        return _expect(self.stranger.post("/register", fields), 303)


class Resend(Register):
    """The third step: the code once more, to an address that is in use, or is free."""

    def ask(self, index: int, *, known: bool) -> float:
        """Give an address, and then ask for its code again."""
        self.send(_address(index, known=known))
        fields = self.fields | {"step": "code", "code": "", "resend": "1"}
        return _expect(self.stranger.post("/register", fields), 200).took


def _begin(stranger: Stranger, material: Material) -> str:
    fields = stranger.get("/register").hidden("register")
    return _expect(stranger.post("/register", fields | material.right), 303).header("location")


class Passkey:
    """A passkey: the id of one that somebody has, or of none, with a signature that does not fit.

    Everything but the signature is right, so that nothing else ends the check early.
    """

    def __init__(self, stranger: Stranger, material: Material) -> None:
        self.stranger, self.material = stranger, material
        start = stranger.get("/sign-in").hidden("sign-in")["csrf_token"]
        self.page = _expect(stranger.post("/sign-in/passkey", {"csrf_token": start}), 200)

    def ask(self, index: int, *, known: bool) -> float:
        """Answer the question on the page, which leads to a page with another one."""
        drawn = bytes_to_base64url(secrets.token_bytes(32))
        credential = self._credential(self.material.passkeys[index] if known else drawn)
        fields = self.page.hidden("passkey") | {"credential": json.dumps(credential)}
        self.page = _expect(self.stranger.post(_ANSWER, fields), 401)
        return self.page.took

    def _credential(self, credential_id: str) -> dict[str, Any]:
        found = _OPTIONS.search(self.page.page)
        assert found, "a page without a question"
        challenge = json.loads(html.unescape(found[1]))["challenge"]
        said = {"type": "webauthn.get", "challenge": challenge, "origin": self.material.origin}
        digest = hashes.Hash(hashes.SHA256())
        digest.update(b"localhost")
        flags = b"\x05" + (1).to_bytes(4)  # present, verified; the counter
        signature = self.material.key.sign(secrets.token_bytes(32), ec.ECDSA(hashes.SHA256()))
        return {
            "id": credential_id,
            "rawId": credential_id,
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": bytes_to_base64url(json.dumps(said).encode()),
                "authenticatorData": bytes_to_base64url(digest.finalize() + flags),
                "signature": bytes_to_base64url(signature),
                "userHandle": None,
            },
        }


PLACES: dict[str, Callable[[Stranger, Material], Place]] = {
    "sign-in": SignIn,
    "recover": Recover,
    "invited": Invited,
    "register": Register,
    "resend": Resend,
    "passkey": Passkey,
}
