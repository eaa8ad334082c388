"""Outgoing HTTP to the provider: bounded in time and size, no redirects, no proxies.

`resolve` maps public host names to an address, while the name stays in the `Host` header and
in the check of the certificate.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

TIMEOUT = (3.0, 5.0)
MAX_BYTES = 256 * 1024


class UnreachableError(Exception):
    """The provider gave no usable answer; nothing is known about the question."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One complete answer: status, headers (names in lower case) and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json_object(self) -> dict[str, Any]:
        """Return the body as a JSON object; raises UnreachableError if it is anything else."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise UnreachableError("the answer is not JSON") from error
        if not isinstance(value, dict):
            raise UnreachableError("the answer is not a JSON object")
        return value


class _ResolvingAdapter(HTTPAdapter):
    """Connects to the mapped address, but speaks to (and verifies) the name in the URL."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._addresses = dict(addresses)
        super().__init__(pool_maxsize=8, max_retries=0)

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> Any:
        attributes: Any = super().build_connection_pool_key_attributes(request, verify, cert)
        host, pool = attributes
        parts = urlsplit(request.url or "")
        name = parts.hostname or ""
        if (address := self._addresses.get(name)) is not None:
            host["host"] = address
            request.headers["Host"] = parts.netloc
            if parts.scheme == "https":
                pool["server_hostname"] = name
                pool["assert_hostname"] = name
        return host, pool


class Outgoing:
    """GET requests to the provider."""

    def __init__(self, ca: Path | None = None, resolve: Mapping[str, str] | None = None) -> None:
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy and no .netrc from the environment
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.verify = str(ca) if ca else True
        adapter = _ResolvingAdapter(resolve or {})
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def get(self, url: str, bound: tuple[str, str] | None = None) -> Answer:
        """Fetch `url`, with an access token and the proof of its key if given (RFC 9449 7.1).

        Raises UnreachableError.
        """
        headers = {"Accept": "application/json"}
        if bound is not None:
            headers |= {"Authorization": f"DPoP {bound[0]}", "DPoP": bound[1]}
        try:
            with self._session.get(
                url, headers=headers, timeout=TIMEOUT, allow_redirects=False, stream=True
            ) as response:
                body = response.raw.read(MAX_BYTES + 1, decode_content=True)
                if len(body) > MAX_BYTES:
                    raise UnreachableError("the answer is too long")
                names = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status_code, names, body)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise UnreachableError(f"no answer from {urlsplit(url).netloc}") from error
