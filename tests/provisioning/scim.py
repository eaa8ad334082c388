"""A core system that feeds a provider by SCIM, as a program of its own: requests and JSON."""

from __future__ import annotations

import itertools
import json
import random
import secrets
from dataclasses import dataclass
from typing import Any

import requests

from tests.support.demo import Demo

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
MEMBERSHIP = "urn:kumiai-id:scim:schemas:extension:membership:1.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"

_numbers = itertools.count(random.SystemRandom().randrange(20_000_000, 80_000_000))


def new_number() -> str:
    """Give a member number that nobody has yet."""
    return f"{next(_numbers):08d}"


def a_user(number: str | None = None, **more: Any) -> dict[str, Any]:
    """Give a member as the core system tells them."""
    user: dict[str, Any] = {
        "schemas": [USER, MEMBERSHIP],
        "userName": number or new_number(),
        "name": {"familyName": "見本", "givenName": "太郎"},
        MEMBERSHIP: {
            "familyNameKana": "ミホン",
            "givenNameKana": "タロウ",
            "birthDate": "1984-05-12",
            "employment": "working",
            "workplace": "みほん第一小学校",
            "capitalPaidOn": "2004-04-30",
        },
        "emails": [{"value": f"s{number or 'x'}@mihon.example", "type": "home"}],
        "phoneNumbers": [{"value": "+819000000101"}],
        "addresses": [
            {
                "postalCode": "000-0000",
                "region": "東京都",
                "locality": "架空市",
                "streetAddress": "見本町1-1-1",
            }
        ],
    }
    return user | more


@dataclass(frozen=True)
class Core:
    """One core system with its token."""

    base: str
    token: str

    def send(
        self, method: str, path: str, content: Any = None, **headers: str
    ) -> requests.Response:
        """Send one request; `content` is JSON, or bytes as they are."""
        told = {"Authorization": f"Bearer {self.token}"}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        body = content
        if content is not None and not isinstance(content, bytes):
            body = json.dumps(content).encode()
        if body is not None:
            told.setdefault("Content-Type", "application/scim+json")
        return requests.request(method, f"{self.base}{path}", data=body, headers=told, timeout=120)

    def create(self, **more: Any) -> dict[str, Any]:
        """Add a member; answers what was answered."""
        answer = self.send("POST", "/Users", a_user(**more))
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created

    def patch(self, number: str, *operations: dict[str, Any], **headers: str) -> requests.Response:
        """Send PATCH operations."""
        return self.send(
            "PATCH", f"/Users/{number}", {"schemas": [PATCH], "Operations": operations}, **headers
        )

    def bulk(self, *operations: dict[str, Any], **more: Any) -> requests.Response:
        """Send a bulk request."""
        return self.send("POST", "/Bulk", {"schemas": [BULK], "Operations": operations} | more)

    def find(self, text: str, **more: str) -> dict[str, Any]:
        """List what a filter selects."""
        query = {"filter": text} | more
        answer = requests.get(
            f"{self.base}/Users",
            params=query,
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def core_of(demo: Demo, scope: str = "write") -> Core:
    """Make a token on a running demo."""
    done = demo.idp(
        "scim", "token", "add", f"core-{secrets.token_hex(6)}", "--scope", scope, "--format", "json"
    )
    assert done.returncode == 0, done.stderr
    return Core(f"{demo.issuer}/scim/v2", json.loads(done.stdout)["token"])


def refused(answer: requests.Response, status: int, kind: str = "") -> str:
    """Check an error of RFC 7644 3.12; answers its words."""
    assert answer.status_code == status, (answer.status_code, answer.text[:300])
    assert answer.headers["Content-Type"] == "application/scim+json"
    content = answer.json()
    assert content["schemas"] == [ERROR]
    assert content["status"] == str(status)
    assert content.get("scimType", "") == kind, content
    return str(content["detail"])
