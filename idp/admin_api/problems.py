"""What the admin API answers when it does not do what it was asked (RFC 9457).

`type` names the problem for programs and never changes; title and detail are constants. Which error
of a service becomes which problem is told by the error's own code.
"""

from __future__ import annotations

from enum import Enum
from http import HTTPStatus
from typing import Final

PREFIX: Final = "urn:kumiai:problem:"
MEDIA_TYPE: Final = "application/problem+json"


class Problem(Enum):
    """Name, status, title, what to do."""

    UNREADABLE = ("unreadable", 400, "The body cannot be read", "Send one JSON object in UTF-8.")
    TWICE = (
        "member-twice",
        400,
        "A member of an object stands twice",
        "Readers differ in which of the two counts: send each member once.",
    )
    QUERY = ("bad-query", 400, "The query is not as described", "See `errors`.")
    HEADER = ("bad-header", 400, "A header is not as described", "See `errors`.")
    KEY_NEEDED = (
        "idempotency-key-needed",
        400,
        "An Idempotency-Key is needed",
        "Send 1 to 128 visible ASCII characters that no other request of yours has.",
    )
    REASON_NEEDED = (
        "reason-needed",
        400,
        "A reason is needed",
        "Say why in Admin-Reason: 1 to 500 characters. It stands in the audit log.",
    )
    TOKEN = ("token", 401, "The access token is missing or not valid", "Get a new one at /token.")
    SCOPE = (
        "insufficient-scope",
        403,
        "The token has not the scope for this",
        "WWW-Authenticate names it. It must be registered for the client.",
    )
    APART = (
        "separation-of-duties",
        403,
        "Nobody may hold these scopes together",
        "The policy in force excludes it; give the client fewer scopes.",
    )
    NOT_FOUND = ("not-found", 404, "There is nothing here", "Check the path.")
    METHOD = ("method", 405, "This method is not offered here", "Allow names those that are.")
    ACCEPT = ("not-acceptable", 406, "Only JSON is given", "Accept application/json.")
    CONFLICT = ("conflict", 409, "It cannot be done as things stand", "Look at it again.")
    IN_FLIGHT = (
        "in-flight",
        409,
        "A request with this Idempotency-Key is being done",
        "Wait, then send the same request again.",
    )
    ANSWER_LOST = (
        "answer-lost",
        409,
        "This was done, but its answer cannot be given again",
        "Look at what was changed; for something new take a new Idempotency-Key.",
    )
    CHANGED = (
        "changed",
        412,
        "It was changed since you read it",
        "Read it again, and send If-Match with its ETag.",
    )
    TOO_LARGE = ("too-large", 413, "The body is too large", "See `largest_body` of the policy.")
    MEDIA = (
        "media-type",
        415,
        "The body is not application/json in UTF-8",
        "Send Content-Type: application/json, not compressed.",
    )
    FIELDS = ("fields", 422, "The body is not as described", "See `errors`.")
    KEY_REUSED = (
        "idempotency-key-reused",
        422,
        "This Idempotency-Key came with another request",
        "Take a new key for a new request.",
    )
    CANNOT = ("cannot", 422, "This cannot be accepted", "The values do not fit together.")
    VERSION_NEEDED = (
        "version-needed",
        428,
        "If-Match is needed",
        "Send the ETag you read, so that nobody's change is overwritten.",
    )
    TOO_MANY = ("too-many", 429, "Too many requests", "Wait for Retry-After seconds.")
    FAILED = ("failed", 500, "It could not be done", "Nothing was changed. Report the request id.")
    UNAVAILABLE = ("unavailable", 503, "A store does not answer", "Try again, with the same key.")

    @property
    def type(self) -> str:
        """Give the URI that names the problem."""
        return PREFIX + str(self.value[0])

    @property
    def status(self) -> int:
        """Give the HTTP status."""
        return int(self.value[1])

    @property
    def title(self) -> str:
        """Give the title."""
        return str(self.value[2])

    @property
    def detail(self) -> str:
        """Give what to do."""
        return str(self.value[3])


OF_ERRORS: Final = {
    "unknown_member": (404, "No member has this number"),
    "unknown_account": (404, "The member has no account"),
    "unknown_change": (404, "No change request has this id"),
    "unknown_client": (404, "No client has this id"),
    "unknown_key": (404, "No key has this id"),
    "unknown_staff": (404, "No staff account has this id"),
    "unknown_approval": (404, "No request of yours has this id"),
    "not_found": (404, "There is nothing of this id"),
    "no_block": (404, "No running block has this id or reference code"),
    "no_invitation": (404, "No invitation of this member waits to be used"),
    "already_stopped": (409, "The account is stopped already"),
    "not_stopped": (409, "The account is not stopped, or a person blocked it"),
    "client_of_policy": (409, "The client comes with the policy"),
    "client_not_changeable": (409, "The client comes with the policy, or has no secret"),
    "secret_of_program": (409, "No program takes over another program"),
    "no_permit": (409, "Nobody allowed you to draw this secret, or it was drawn"),
    "no_such_key": (409, "There is no such key, or it was given up before"),
    "ring_changed": (409, "The keys changed at the same moment"),
    "set_changed": (409, "The blocks changed at the same moment"),
    "nothing_to_lift": (409, "No block of this cause runs"),
    "cannot_undo": (409, "It is too late to take this back, or nothing of it is left"),
    "change_decided": (409, "The change request was decided or taken back already"),
    "difference_changed": (409, "The register is not what it was when the digest was told"),
    "cannot_invite": (409, "This member cannot be invited as things stand"),
    "illegal_transition": (409, "The key is not in the state for this"),
    "key_too_young": (409, "The key has not been in its state for long enough"),
    "approval_refused": (409, "The request for a second person cannot be decided so"),
    "staff_refused": (409, "The rules forbid this act on a staff account"),
    "bad_effective_day": (422, "A change holds from today or a day within a year"),
    "bad_request": (422, "The values do not fit together"),
    "bad_leaving": (422, "These withdrawals cannot be recorded"),
    "bad_client": (422, "These client metadata cannot be accepted"),
    "bad_policy": (422, "This policy cannot be accepted"),
    "unsupported_algorithm": (422, "The algorithm is not in force"),
    "bad_member_number": (404, "No member has this number"),
}
"""By the code of an `IdpError`: status and title. The problem's name is the code with dashes."""


WHAT_NEXT: Final = {
    404: "Check the id; it may have ended meanwhile.",
    409: "Read it again, and decide anew. Nothing was changed.",
    422: "Correct the values; the same Idempotency-Key may be used. Nothing was changed.",
    429: "Wait, then ask again.",
}


def of_error(code: str, status: int) -> tuple[str, int, str, str]:
    """Give type, status, title and what to do for an error of a service."""
    known = OF_ERRORS.get(code)
    if known is None:
        fitting = 422 if status == 400 else status if status in WHAT_NEXT else 409
        return PREFIX + "refused", fitting, HTTPStatus(fitting).phrase, WHAT_NEXT[fitting]
    return PREFIX + code.replace("_", "-"), *known, WHAT_NEXT[known[0]]
