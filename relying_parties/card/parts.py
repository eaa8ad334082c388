"""What the routes work with, and how they answer: JSON, refusals, and limits by address."""

import time
from dataclasses import dataclass

from flask import Response, jsonify, request

from relying_parties.card.clock import Clock
from relying_parties.card.limits import Limit, caller_address
from relying_parties.card.provider import Provider
from relying_parties.card.settings import Settings
from relying_parties.card.store import Store
from relying_parties.card.tokens import Reader


@dataclass(frozen=True, slots=True)
class Parts:
    """The running card's parts."""

    settings: Settings
    clock: Clock
    store: Store
    provider: Provider
    reader: Reader
    secret: bytes


def refusal(status: int, error: str, description: str, retry_after: int | None = None) -> Response:
    """Return a JSON error (the shape of RFC 6749 5.2); the texts are constants."""
    response = jsonify(error=error, error_description=description)
    response.status_code = status
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def seconds_to_wait(limit: Limit, settings: Settings) -> int:
    """Count this request against its address; 0 when it may pass."""
    address = caller_address(
        request.remote_addr or "",
        request.headers.get("X-Forwarded-For", ""),
        settings.trusted_proxies,
    )
    return limit.wait(address, time.monotonic())
