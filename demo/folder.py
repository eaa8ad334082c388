"""The demo's data folder: its secrets, its policy, its settings. Foreign files are left alone.

A second start continues with what is there; secrets drawn here work in this folder only.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey

from demo.people import MEMBERS
from demo.ports import Places
from demo.staff import STAFF
from idp.settings import DEMO_FILE
from keys.master import MasterKeys

STANDINGS_WITHOUT_ACCOUNT = ("applicant",)


@dataclass(frozen=True)
class DemoFolder:
    """Paths and secrets of one demo."""

    data: Path

    @property
    def policies(self) -> Path:
        """Where the demo's policy lies."""
        return self.data / "policies"

    @property
    def portal_key(self) -> Path:
        """The portal's private key."""
        return self.data / "portal-key.json"

    def prepare(
        self,
        places: Places,
        source: Path,
        *,
        database: str | None,
        redis: str | None,
        clock: Path | None,
        ca: Path | None,
    ) -> None:
        """Make what is missing; write what follows from the command line."""
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        _draw(self.data / "master.keys", MasterKeys.generate_text)
        _draw(self.portal_key, _new_key)
        self._write_policies(places, source)
        scheme = "https" if places.https else "http"
        allowed = f"{scheme}://{places.bind}/32" if "." in places.bind else f"{scheme}://[::1]/128"
        settings = {
            "issuer": places.issuer,
            "policies": str(self.policies),
            "database_url": database,
            "redis_url": redis,
            "smtp_url": f"smtp://{places.smtp}",
            "metrics": f"{places.bind}:{places.port + 5}",
            "outgoing_allow": f"{allowed}:{places.port + 1} {allowed}:{places.port + 2}",
            "outgoing_ca": str(ca) if ca else None,
            "resolve": " ".join(places.resolve),
            "clock_file": str(clock.absolute()) if clock else None,
        }
        text = "".join(f"{k} = {json.dumps(v)}\n" for k, v in settings.items() if v)
        _replace(self.data / DEMO_FILE, text)

    def passwords(self) -> dict[str, str]:
        """Give each member's password by number, drawn once per folder."""
        path = self.data / "members.json"
        _draw(path, _new_passwords)
        loaded: dict[str, str] = json.loads(path.read_text("utf-8"))
        return loaded

    def staff_passwords(self) -> dict[str, str]:
        """Give each staff member's password by mail address, drawn once per folder."""
        path = self.data / "staff.json"
        _draw(path, lambda: json.dumps({one.email: _new_password() for one in STAFF}, indent=1))
        loaded: dict[str, str] = json.loads(path.read_text("utf-8"))
        return loaded

    def _write_policies(self, places: Places, source: Path) -> None:
        self.policies.mkdir(exist_ok=True)
        for file in source.glob("*.toml"):
            shutil.copyfile(file, self.policies / file.name)
        clients = self.policies / "clients.toml"
        given = clients.read_text("utf-8") if clients.exists() else ""
        own = {"portal": self._portal(places), "card": _card(places)}
        for client_id, entry in own.items():
            if f"[{client_id}]" not in given:
                given += _table(client_id, entry)
        _replace(clients, given)

    def _portal(self, places: Places) -> dict[str, Any]:
        private = json.loads(self.portal_key.read_text("utf-8"))
        public = {name: private[name] for name in ("kty", "crv", "x", "y", "kid")}
        return {
            "client_name": "マイページ",
            "client_name_en": "Member portal",
            "client_uri": places.portal + "/",
            "redirect_uris": [places.portal + "/callback"],
            "post_logout_redirect_uris": [places.portal + "/signed-out"],
            "backchannel_logout_uri": places.portal + "/backchannel-logout",
            "token_endpoint_auth_method": "private_key_jwt",
            "id_token_signed_response_alg": "ES256",
            "scope": "openid profile email address phone offline_access member:change",
            "first_party": True,
            "require_pushed_authorization_requests": True,
            "jwks": {"keys": [public]},
        }


def _card(places: Places) -> dict[str, Any]:
    return {
        "client_name": "デジタル組合員証",
        "client_name_en": "Digital membership card",
        "client_uri": places.card + "/",
        "redirect_uris": [places.card + "/callback"],
        "post_logout_redirect_uris": [places.card + "/signed-out"],
        "backchannel_logout_uri": places.card + "/backchannel-logout",
        "token_endpoint_auth_method": "none",
        "id_token_signed_response_alg": "ES256",
        "scope": "openid profile offline_access",
        "first_party": True,
        "cors_origins": [places.card],
        "dpop_bound_access_tokens": True,
    }


def _table(name: str, entry: dict[str, Any]) -> str:
    lines = [f"\n[{name}]"]
    for key, value in entry.items():
        if key != "jwks":
            lines.append(f"{key} = {json.dumps(value, ensure_ascii=False)}")
    for jwk in entry.get("jwks", {}).get("keys", []):
        lines.append(f"[[{name}.jwks.keys]]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in jwk.items()]
    return "\n".join(lines) + "\n"


def _new_key() -> str:
    key = ECKey.generate_key("P-256", auto_kid=True)
    return json.dumps(key.as_dict(private=True))


def _new_password() -> str:
    return f"demo-{secrets.token_urlsafe(9)}"


def _new_passwords() -> str:
    drawn = {
        person.number: _new_password()
        for person in MEMBERS
        if person.email and person.standing not in STANDINGS_WITHOUT_ACCOUNT
    }
    return json.dumps(drawn, indent=1)


def _draw(path: Path, content: Any) -> None:
    """Write a secret into a new file, whole or not at all; an existing one stays."""
    if not path.exists():
        _replace(path, content())


def _replace(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
