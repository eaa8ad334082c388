"""The front door of the machine endpoints: a WSGI layer before Flask.

Checks the method, the size and form of body and headers, encodings and repeated parameters; gives
request ids; adds CORS where browsers need it. Behind it endpoints see only clean requests. There is
one door: no endpoint is also mounted in Flask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from ipaddress import IPv4Network, IPv6Network
from typing import Any
from urllib.parse import unquote_to_bytes

import structlog

from idp.errors import Unavailable
from idp.oidc.model import OAuthError
from idp.oidc.protocol import ProtocolRequest, ProtocolResponse
from idp.oidc.refusals import Refusal, refusal_response, unavailable
from idp.web.caller import Caller, bucket_keys, caller_address
from idp.web.request_id import request_id_of

log = structlog.get_logger(__name__)

MAX_BODY = 64 * 1024
MAX_FIELDS = 100
MAX_QUERY = 8 * 1024
FORM = "application/x-www-form-urlencoded"

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]
Endpoint = Callable[[ProtocolRequest], ProtocolResponse]


@dataclass(frozen=True)
class Machine:
    """One machine endpoint as it is mounted."""

    endpoint: Endpoint
    methods: tuple[str, ...]
    plain: bool = False
    """A public document: nothing of the request is read but the validator it brings."""
    cors: bool = False
    """Whether registered browser clients may call it from their origin."""
    open_cors: bool = False
    """Public documents: any origin may read them."""
    seen: Callable[[tuple[str | None, str | None]], None] | None = None
    """Public documents: told the peer of each GET, and what a trusted proxy said of its caller."""
    reads_body: bool = False
    """The endpoint reads the body itself (JSON); method, headers and size are checked all the same.
    """
    blanks: bool = False
    """Whether a parameter of the query without a value counts; for OAuth it is as good as not sent.
    """
    max_body: int | Callable[[], int] = MAX_BODY
    refusal: Callable[[Refusal], ProtocolResponse] = refusal_response
    """How it words what the door refuses for it."""


_REASONS = {
    200: "OK",
    201: "Created",
    202: "Accepted",
    204: "No Content",
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    409: "Conflict",
    412: "Precondition Failed",
    413: "Content Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    428: "Precondition Required",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


@dataclass(frozen=True)
class FrontDoor:
    """WSGI callable: machine paths are answered here, everything else goes to `pages`."""

    machines: Mapping[str, Machine]
    """By exact path; one that ends in a slash is answered for every path below it."""
    pages: Wsgi
    trusted: tuple[IPv4Network | IPv6Network, ...]
    allowed_origin: Callable[[str], bool]
    """Tells whether an origin belongs to a registered browser client."""

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO", "")
        machine = self.machines.get(path) or self._above(path)
        if machine is None:
            return self.pages(environ, start_response)
        response = self._answer(environ, machine)
        reason = _REASONS.get(response.status, "Status")
        headers = [
            *response.headers,
            ("Content-Type", response.content_type),
            ("Content-Length", str(len(response.body))),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Request-Id", request_id_of(environ)),
            *self._cors(environ, machine),
        ]
        start_response(f"{response.status} {reason}", headers)
        return [b""] if environ["REQUEST_METHOD"] == "HEAD" else [response.body]

    @cached_property
    def _folders(self) -> tuple[tuple[str, Machine], ...]:
        return tuple((path, one) for path, one in self.machines.items() if path.endswith("/"))

    def _above(self, path: str) -> Machine | None:
        return next((one for folder, one in self._folders if path.startswith(folder)), None)

    def _answer(self, environ: Environ, machine: Machine) -> ProtocolResponse:
        method = environ["REQUEST_METHOD"]
        if method == "OPTIONS" and (machine.cors or machine.open_cors):
            return ProtocolResponse(204, headers=())
        try:
            if method not in machine.methods and not (
                method == "HEAD" and "GET" in machine.methods
            ):
                allow = ("Allow", ", ".join(machine.methods))
                raise Refusal(
                    OAuthError.INVALID_REQUEST, "this method is not allowed", 405, (allow,)
                )
            if len(environ.get("QUERY_STRING", "")) > MAX_QUERY:
                raise Refusal(OAuthError.INVALID_REQUEST, "the query is too long", 414)
            if machine.seen is not None and method == "GET":
                forwarded = environ.get("HTTP_X_FORWARDED_FOR") if self.trusted else None
                machine.seen((environ.get("REMOTE_ADDR"), forwarded))
            request = _bare(environ) if machine.plain else self._parse(environ, machine)
            return machine.endpoint(request)
        except Refusal as refusal:
            refused = refusal
        except Unavailable as outage:
            log.warning("endpoint.unavailable", code=outage.code, detail=outage.detail)
            refused = unavailable(outage.retry_after)
        except Exception:  # the last resort: fixed text outside, the traceback under the request id
            log.exception("endpoint.failed", request_id=request_id_of(environ))
            refused = Refusal(OAuthError.SERVER_ERROR, "the request could not be answered", 500)
        refused.request_id = request_id_of(environ)
        return machine.refusal(refused)

    def _parse(self, environ: Environ, machine: Machine) -> ProtocolRequest:
        query_text = environ.get("QUERY_STRING", "")
        headers = {
            key[5:].replace("_", "-").lower(): value
            for key, value in environ.items()
            if key.startswith("HTTP_")
        }
        forwarded = environ.get("HTTP_X_FORWARDED_FOR")
        own, most = machine.reads_body, machine.max_body
        return ProtocolRequest(
            method=environ["REQUEST_METHOD"],
            path=environ["PATH_INFO"],
            query=_query(query_text, blanks=machine.blanks),
            form=_form(environ) if not own and environ["REQUEST_METHOD"] == "POST" else {},
            headers=headers,
            caller=_caller(environ.get("REMOTE_ADDR"), forwarded, self.trusted),
            request_id=request_id_of(environ),
            body=_body(environ, most if isinstance(most, int) else most()) if own else b"",
            content_type=environ.get("CONTENT_TYPE", "") if own else "",
        )

    def _cors(self, environ: Environ, machine: Machine) -> list[tuple[str, str]]:
        origin = environ.get("HTTP_ORIGIN")
        if machine.open_cors:
            granted = [("Access-Control-Allow-Origin", "*")]
        elif machine.cors:
            granted = [("Vary", "Origin")]
            if origin and self.allowed_origin(origin):
                granted.append(("Access-Control-Allow-Origin", origin))
        else:
            return []
        if environ["REQUEST_METHOD"] == "OPTIONS":
            granted += [
                ("Access-Control-Allow-Methods", ", ".join(machine.methods)),
                (
                    "Access-Control-Allow-Headers",
                    "Authorization, Content-Type, DPoP, Idempotency-Key",
                ),
                ("Access-Control-Max-Age", "600"),
            ]
        else:
            exposed = "WWW-Authenticate, DPoP-Nonce, Retry-After"
            granted.append(("Access-Control-Expose-Headers", exposed))
        return granted


NOBODY = Caller("", ())


def _bare(environ: Environ) -> ProtocolRequest:
    validator = environ.get("HTTP_IF_NONE_MATCH", "")
    return ProtocolRequest(
        method=environ["REQUEST_METHOD"],
        path=environ["PATH_INFO"],
        query={},
        form={},
        headers={"if-none-match": validator},
        caller=NOBODY,
        request_id="",
    )


@lru_cache(maxsize=10_000)
def _caller(
    peer: str | None, forwarded: str | None, trusted: tuple[IPv4Network | IPv6Network, ...]
) -> Caller:
    address = caller_address(peer, [forwarded] if forwarded else [], trusted)
    return Caller(str(address), bucket_keys(address))


def _form(environ: Environ) -> dict[str, str]:
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    body = _body(environ, MAX_BODY)
    if body and kind != FORM:
        raise Refusal(OAuthError.INVALID_REQUEST, "the body must be form-encoded", 415)
    return fields_of(body)


def _body(environ: Environ, most: int) -> bytes:
    if environ.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise Refusal(OAuthError.INVALID_REQUEST, "a compressed body is not accepted", 415)
    length = environ.get("CONTENT_LENGTH") or ""
    if length and not (length.isascii() and length.isdigit()):
        raise Refusal(OAuthError.INVALID_REQUEST, "the length of the body cannot be read")
    if length and int(length) > most:
        raise Refusal(OAuthError.INVALID_REQUEST, "the body is too large", 413)
    body: bytes = environ["wsgi.input"].read(most + 1)
    if len(body) > most:
        raise Refusal(OAuthError.INVALID_REQUEST, "the body is too large", 413)
    return body


def _query(text: str, *, blanks: bool) -> dict[str, str]:
    return fields_of(text.encode("latin-1", "replace"), blanks=blanks) if text else {}


def fields_of(body: bytes, *, blanks: bool = False) -> dict[str, str]:
    """Read form-encoded fields strictly; without `blanks` one without a value counts as not sent.

    RFC 6749 3.1, 3.2: a repeated parameter is refused, and so is what is not Unicode text.
    """
    if body.count(b"&") >= MAX_FIELDS:
        raise Refusal(OAuthError.INVALID_REQUEST, "there are too many parameters")
    fields: dict[str, str] = {}
    for pair in body.split(b"&"):
        name, value = (_unescaped(part) for part in pair.partition(b"=")[::2])
        if name in fields:
            raise Refusal(OAuthError.INVALID_REQUEST, "a parameter was sent more than once")
        if pair:
            fields[name] = value
    return fields if blanks else {name: value for name, value in fields.items() if value}


def _unescaped(part: bytes) -> str:
    if b"%" in part or b"+" in part:
        part = unquote_to_bytes(part.replace(b"+", b" "))
    try:
        text = part.decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal(OAuthError.INVALID_REQUEST, "the parameters cannot be read") from None
    if "\0" in text:
        raise Refusal(OAuthError.INVALID_REQUEST, "a parameter holds a NUL character")
    return text
