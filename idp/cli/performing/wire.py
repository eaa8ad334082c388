"""HTTP of the test relying party: bounded, no redirects, a CA of one's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from idp.cli.performing.report import Refused
from idp.errors import Unavailable

SECONDS = 15
MOST = 512 * 1024


@dataclass(frozen=True)
class Reply:
    """One answer."""

    status: int
    headers: Mapping[str, str]
    """As `requests` gives them: names in any case."""
    text: str

    def json(self) -> dict[str, Any]:
        """Read a JSON object; raises `Refused` for anything else."""
        try:
            content = json.loads(self.text)
        except (ValueError, RecursionError):
            raise Refused(f"the answer (status {self.status}) is not JSON") from None
        if not isinstance(content, dict):
            raise Refused("the answer is not a JSON object")
        return content


@dataclass
class Wire:
    """Sends requests; one session each, cookies included."""

    ca: str | None = None
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False
        if self.ca is not None:
            self.session.verify = self.ca

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Reply:
        """Send a GET."""
        return self._send("GET", url, None, headers)

    def post(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send a form."""
        return self._send("POST", url, form, headers)

    def _send(self, method: str, url: str, form: Mapping[str, str] | None, headers: Any) -> Reply:
        try:
            with self.session.request(
                method,
                url,
                data=form,
                headers=headers,
                timeout=SECONDS,
                allow_redirects=False,
                stream=True,
            ) as answer:
                body = answer.raw.read(MOST + 1, decode_content=True)
                if len(body) > MOST:
                    raise Refused(f"the answer of {url} is larger than {MOST} bytes")
                return Reply(answer.status_code, answer.headers, body.decode("utf-8", "replace"))
        except requests.exceptions.SSLError:
            raise Unavailable(
                f"the certificate of {url} is not trusted (its CA: --ca FILE)"
            ) from None
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, ValueError):
            raise Refused(f"{url} is no address") from None
        except requests.exceptions.RequestException:
            raise Unavailable(f"{url} does not answer") from None
