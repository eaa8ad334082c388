"""One id per request, for the log line and the error page.

Drawn here, never taken from a header: a caller who may choose it could forge or blur the log.
"""

import secrets
from typing import Any

ENVIRON_KEY = (
    "kumiai.request_id"  # WSGI keys made from headers begin with HTTP_: nobody can send it
)


def new_request_id() -> str:
    """Draw a request id: 16 hexadecimal characters."""
    return secrets.token_hex(8)


def request_id_of(environ: dict[str, Any]) -> str:
    """Tell the id of this request, drawing it when the front door has not done so yet."""
    known = environ.get(ENVIRON_KEY)
    if isinstance(known, str):
        return known
    drawn = new_request_id()
    environ[ENVIRON_KEY] = drawn
    return drawn
