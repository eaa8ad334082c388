"""What can happen: the closed list of event names, each `noun.past`.

What each means stands in `audit.inventory`.
"""

from enum import StrEnum


class EventName(StrEnum):
    """Every name an event may have."""

    ACCOUNT_BLOCKED = "account.blocked"
    ACCOUNT_CREATED = "account.created"
    ACCOUNT_RESTORED = "account.restored"
    ACCOUNT_STOPPED = "account.stopped"
    ACCOUNT_UNBLOCKED = "account.unblocked"
    ADDRESS_CHANGED = "address.changed"
    ADDRESS_CHANGE_REQUESTED = "address.change_requested"
    ADDRESS_CHANGE_UNDONE = "address.change_undone"
    ADDRESS_CONFIRMED = "address.confirmed"
    AUDIT_EXPORTED = "audit.exported"
    AUDIT_PURGED = "audit.purged"
    AUDIT_SEARCHED = "audit.searched"
    AUDIT_VERIFIED = "audit.verified"
    AUTHORIZATION_REFUSED = "authorization.refused"
    BLOCK_LIFTED = "block.lifted"
    CHANGE_APPROVED = "change.approved"
    CHANGE_FILED = "change.filed"
    CHANGE_REFUSED = "change.refused"
    CHANGE_WITHDRAWN = "change.withdrawn"
    CLAIMS_READ = "claims.read"
    CLIENT_ADDED = "client.added"
    CLIENT_REMOVED = "client.removed"
    CLIENT_TOKEN_ISSUED = "client_token.issued"  # noqa: S105 - a name, not a secret
    CLOCK_STEPPED = "clock.stepped"
    CODE_ISSUED = "code.issued"
    CODE_REPLAYED = "code.replayed"
    CONSENT_GIVEN = "consent.given"
    CONSENT_REFUSED = "consent.refused"
    CONSENT_REVOKED = "consent.revoked"
    DATA_DOWNLOADED = "data.downloaded"
    DEVICE_FORGOTTEN = "device.forgotten"
    FACTOR_ADDED = "factor.added"
    FACTOR_REFUSED = "factor.refused"
    FACTOR_REMOVED = "factor.removed"
    GRANT_REVOKED = "grant.revoked"
    INVITATION_ISSUED = "invitation.issued"
    INVITATION_PRINTED = "invitation.printed"
    INVITATION_REFUSED = "invitation.refused"
    INVITATION_WITHDRAWN = "invitation.withdrawn"
    KEY_ACTIVATED = "key.activated"
    KEY_ANNOUNCED = "key.announced"
    KEY_COMPROMISED = "key.compromised"
    KEY_RETIRED = "key.retired"
    KEY_RETIRING = "key.retiring"
    LEGACY_IMPORTED = "legacy.imported"
    LIMIT_DEGRADED = "limit.degraded"
    LOGOUT_DELIVERED = "logout.delivered"
    LOGOUT_FAILED = "logout.failed"
    MAIL_BOUNCED = "mail.bounced"
    MAIL_FAILED = "mail.failed"
    MAIL_SENT = "mail.sent"
    MASTER_KEY_REWRAPPED = "master_key.rewrapped"
    MEMBER_CREATED = "member.created"
    MEMBER_IMPORTED = "member.imported"
    MEMBER_UPDATED = "member.updated"
    MEMBER_VIEWED = "member.viewed"
    NOTICE_SENT = "notice.sent"
    PASSWORD_REHASHED = "password.rehashed"  # noqa: S105 - a name, not a secret
    PASSWORD_RESET_REFUSED = "password.reset_refused"  # noqa: S105 - a name, not a secret
    PASSWORD_RESET_REQUESTED = "password.reset_requested"  # noqa: S105 - a name, not a secret
    PASSWORD_SET = "password.set"  # noqa: S105 - a name, not a secret
    POLICY_ACTIVATED = "policy.activated"
    POLICY_REFUSED = "policy.refused"
    RECOVERY_CODES_DRAWN = "recovery_codes.drawn"
    REFRESH_REPLAYED = "refresh.replayed"
    REFRESH_ROTATED = "refresh.rotated"
    REGISTER_IMPORTED = "register.imported"
    REGISTRATION_REFUSED = "registration.refused"
    REGISTRATION_STARTED = "registration.started"
    REQUEST_PUSHED = "request.pushed"
    SCIM_REFUSED = "scim.refused"
    SCIM_TOKEN_ADDED = "scim_token.added"  # noqa: S105 - a name, not a secret
    SCIM_TOKEN_ENDED = "scim_token.ended"  # noqa: S105 - a name, not a secret
    SESSION_CONTESTED = "session.contested"
    SESSION_ENDED = "session.ended"
    SESSION_REAUTHENTICATED = "session.reauthenticated"
    SESSION_REAUTHENTICATION_REFUSED = "session.reauthentication_refused"
    SESSION_STARTED = "session.started"
    SIGN_IN_LIMITED = "sign_in.limited"
    SIGN_IN_REFUSED = "sign_in.refused"
    SUBJECT_ERASED = "subject.erased"
    SYSTEM_STARTED = "system.started"
    TOKEN_ISSUED = "token.issued"  # noqa: S105 - a name, not a secret
    TOKEN_REFUSED = "token.refused"  # noqa: S105 - a name, not a secret
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - a name, not a secret
    VERIFICATION_CODE_SENT = "verification_code.sent"
