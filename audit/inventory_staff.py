"""The inventory of events about staff accounts, and what the staff administers."""

from audit.described import Described, RetentionClass
from audit.names import EventName

_SOURCE = ("source.address", "source.device")
_SECURITY, _ADMIN = RetentionClass.SECURITY, RetentionClass.ADMINISTRATION

STAFF: dict[EventName, Described] = {
    EventName.ADMIN_ACTED: Described(
        "A program changed something through the admin API, or asked a second person for it.",
        _ADMIN,
        (*_SOURCE, "data.member", "data.number"),
    ),
    EventName.ADMIN_REFUSED: Described(
        "A call of the admin API was refused: no permission, not as asked for, or too many.",
        _SECURITY,
        _SOURCE,
    ),
    EventName.APPROVAL_DECLINED: Described(
        "A second person declined what somebody had asked for, and said why.", _ADMIN, _SOURCE
    ),
    EventName.APPROVAL_GIVEN: Described(
        "A second person approved what somebody had asked for; its digest names what was shown.",
        _ADMIN,
        _SOURCE,
    ),
    EventName.APPROVAL_OVER: Described(
        "A request ended without a decision: its time was over, what it would change had changed,"
        " or whoever asked may not ask for it any more.",
        _ADMIN,
    ),
    EventName.APPROVAL_REFUSED: Described(
        "Somebody tried to decide about a request who may not, or too late.", _SECURITY, _SOURCE
    ),
    EventName.APPROVAL_REQUESTED: Described(
        "Somebody of the staff asked for an act that waits for a second person.", _ADMIN, _SOURCE
    ),
    EventName.APPROVAL_VIEWED: Described(
        "Somebody of the staff read what a request would change.", _ADMIN, _SOURCE
    ),
    EventName.APPROVAL_WITHDRAWN: Described(
        "Whoever had asked for an act took the request back.", _ADMIN, _SOURCE
    ),
    EventName.BREAK_GLASS_REVIEWED: Described(
        "Another person looked at what was done at once in an emergency, and said what they found.",
        _SECURITY,
        _SOURCE,
    ),
    EventName.BREAK_GLASS_USED: Described(
        "An act that needs two persons was done by one in an emergency; a review is due.",
        _SECURITY,
        _SOURCE,
    ),
    EventName.CLIENT_CHANGED: Described(
        "The metadata of a relying party was changed; its data has the digest of the new one.",
        _ADMIN,
        _SOURCE,
    ),
    EventName.CLIENT_SECRET_ALLOWED: Described(
        "Somebody of the staff was allowed to draw a new secret for a relying party, once.",
        _ADMIN,
        _SOURCE,
    ),
    EventName.CLIENT_SECRET_RESET: Described(
        "A new secret of a relying party was drawn and shown once; the old one ended.",
        _ADMIN,
        _SOURCE,
    ),
    EventName.PERMISSION_REFUSED: Described(
        "Somebody of the staff asked for a page that none of their roles may open.",
        _SECURITY,
        _SOURCE,
    ),
    EventName.POLICY_REHEARSED: Described(
        "A changed policy was proposed; changed limits are rehearsed against what was recorded.",
        _ADMIN,
        _SOURCE,
    ),
    EventName.STAFF_ADDED: Described(
        "A staff account was made for a named person.", _ADMIN, (*_SOURCE, "data.address")
    ),
    EventName.STAFF_ENDED: Described("A staff account was ended.", _ADMIN, _SOURCE),
    EventName.STAFF_ENROLLED: Described(
        "Somebody of the staff set up password and authenticator app with a one-time link.",
        _SECURITY,
        _SOURCE,
    ),
    EventName.STAFF_ENROLMENT_ISSUED: Described(
        "A one-time link for setting up a staff account was made; an older one ended.", _ADMIN
    ),
    EventName.STAFF_ENROLMENT_REFUSED: Described(
        "A link or code for setting up a staff account was wrong, used up or limited.",
        _SECURITY,
        _SOURCE,
    ),
    EventName.STAFF_LISTED: Described(
        "Somebody looked at the staff accounts and their roles.", _ADMIN, _SOURCE
    ),
    EventName.STAFF_ROLE_GRANTED: Described("A role was given to somebody.", _ADMIN),
    EventName.STAFF_ROLE_REVOKED: Described("A role was taken away from somebody.", _ADMIN),
}
