"""The room of relying parties and keys in every state, for the eyes and for axe."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from idp.client_room.keyroom import Key
from idp.client_room.model import Failure, Party, Permit, Seen
from idp.client_room.views import clients, keys, showing
from idp.clients.metadata import Kept, text_of
from idp.clients.registration import client_from
from idp.key_rotation.readiness import NO, Cause, Readiness
from idp.key_rotation.schedule import ahead_of
from idp.policy.model import AuthMethod, ClientEntry
from idp.web.organisation import Language
from keys.record import KeyRecord, KeyState
from keys.ring import RotationRules

from .block_room_stories import Stories, in_frame, nothing
from .block_stories import NOW, Worded

_REASON = "お知らせ（見本）, a reason that is a little longer than most reasons are"
_ENTRY = ClientEntry(
    client_name="デジタル組合員証",
    client_name_en="Mihon Library",
    redirect_uris=("https://library.mihon.example/" + "a" * 90,),
    token_endpoint_auth_method=AuthMethod.CLIENT_SECRET_BASIC,
    scope="openid profile",
    first_party=False,
    client_secret_sha256="0" * 64,
    post_logout_redirect_uris=("https://library.mihon.example/",),
    backchannel_logout_uri="https://library.mihon.example/logout",
)
_PARTY = Party(
    client_from("mihon-library", _ENTRY, "added"),
    Seen(
        NOW,
        (
            Failure("client.refused", "wrong_secret", 120, NOW),
            Failure("token.refused", "expired", 3, NOW),
        ),
        120,
        more=True,
    ),
    NOW,
)
_PERMIT = Permit("x", "mihon-library", "x", None, _REASON, NOW, NOW + timedelta(hours=24))
_KEPT = Kept(_ENTRY, text_of("mihon-library", _ENTRY))


def _clients(language: Language) -> dict[str, Any]:
    rows = [showing.party_row(_PARTY, language)] * 3
    return {"rows": rows, "may_change": True, "done": "removed"}


def _client(party: Party, wrong: str | None = None, at: str = "change", **more: Any) -> Worded:
    def made(language: Language) -> dict[str, Any]:
        return {
            **showing.of_party(party, _KEPT, None, language),
            "may_change": True,
            "wrong": clients.WRONG[wrong] if wrong else None,
            "field": wrong,
            "at": at,
            "detail": "redirect_uris: it has a fragment" if wrong == "metadata" else "",
            "done": "",
        } | more

    return in_frame(made)


def _adding(wrong: str | None = None) -> dict[str, Any]:
    said = clients.WRONG[wrong] if wrong else None
    return {
        "sent": {"metadata": '{"client_name": "x"}', "reason": ""},
        "wrong": said,
        "field": wrong,
        "detail": "redirect_uris: at least one is needed" if wrong == "metadata" else "",
    }


def _keys(wrong: str | None = None, at: str = "", **more: Any) -> Worded:
    def made(language: Language) -> dict[str, Any]:
        rules = RotationRules(("ES256",))
        records = [_key(state) for state in KeyState]
        found = [Key(one, ahead_of(one, rules), may_move=True) for one in records]
        ready = Readiness(
            "card", "ES256", "k" * 43, "announced", NOW, NO, "", Cause.LACKS, "192.0.2.1"
        )
        live = [(one.kid, f"{one.kid} ({one.alg})") for one in records]
        return {
            "rows": [showing.key_row(one, language) for one in found],
            "readiness": [showing.ready_row(ready, language)] * 2,
            "may_change": True,
            "algorithms": ("RS256", "ES256"),
            "movable": live[:1],
            "live": live,
            "waits": True,
            "glass": True,
            "wrong": keys.WRONG[wrong] if wrong else None,
            "field": wrong,
            "at": at,
            "reason": "",
            "done": "",
        } | more

    return in_frame(made)


def _key(state: KeyState) -> KeyRecord:
    return KeyRecord(
        kid=f"{state.value:k<43}",
        alg="ES256",
        state=state,
        announced_at=NOW,
        public_jwk={},
        wrapped_private=None,
        activated_at=NOW,
        retiring_at=NOW,
        retired_at=NOW,
        compromised_at=NOW if state is KeyState.RETIRED else None,
    )


_SECRET = {"client_id": "mihon-library", "secret": "s" * 43, "url": "/staff/clients/mihon-library"}
_C = "client_room"
CLIENT_STORIES: Stories = [
    ("clients", f"{_C}/clients.html", {}, 200, in_frame(_clients)),
    ("client", f"{_C}/client.html", {}, 200, _client(_PARTY)),
    ("client-permit", f"{_C}/client.html", {}, 200, _client(replace(_PARTY, permit=_PERMIT))),
    ("client-wrong", f"{_C}/client.html", {}, 400, _client(_PARTY, "metadata")),
    ("client-no-reason", f"{_C}/client.html", {}, 400, _client(_PARTY, "reason", "secret")),
    ("client-policy", f"{_C}/client.html", {}, 200, _client(_PARTY, may_change=False)),
    ("client-new", f"{_C}/client_new.html", _adding(), 200, in_frame(nothing)),
    ("client-new-wrong", f"{_C}/client_new.html", _adding("metadata"), 400, in_frame(nothing)),
    ("client-secret", f"{_C}/secret.html", _SECRET, 200, in_frame(nothing)),
    ("keys", f"{_C}/keys.html", {}, 200, _keys()),
    ("keys-read", f"{_C}/keys.html", {}, 200, _keys(may_change=False)),
    ("keys-no-reason", f"{_C}/keys.html", {}, 400, _keys("reason", "emergency")),
    ("keys-early", f"{_C}/keys.html", {}, 409, _keys("not_so", "move")),
]
"""(name, template, values, status, values by language)."""
