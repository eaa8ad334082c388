"""What can happen: the closed list of event names, each `noun.past`.

Owns which names exist, what each means in plain English, how long its class is kept (the policy
gives the class its length) and which members of an event may hold personal values.
A new name is one line in `EventName` and one entry in `INVENTORY`; a test compares the two.
"""

from dataclasses import dataclass
from enum import StrEnum


class EventName(StrEnum):
    """Every name an event may have."""

    ACCOUNT_BLOCKED = "account.blocked"
    ACCOUNT_CREATED = "account.created"
    ACCOUNT_RESTORED = "account.restored"
    ACCOUNT_STOPPED = "account.stopped"
    ACCOUNT_UNBLOCKED = "account.unblocked"
    AUDIT_EXPORTED = "audit.exported"
    AUDIT_PURGED = "audit.purged"
    AUDIT_SEARCHED = "audit.searched"
    AUDIT_VERIFIED = "audit.verified"
    AUTHORIZATION_REFUSED = "authorization.refused"
    BLOCK_LIFTED = "block.lifted"
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
    GRANT_REVOKED = "grant.revoked"
    KEY_ACTIVATED = "key.activated"
    KEY_ANNOUNCED = "key.announced"
    KEY_COMPROMISED = "key.compromised"
    KEY_RETIRED = "key.retired"
    KEY_RETIRING = "key.retiring"
    LIMIT_DEGRADED = "limit.degraded"
    LOGOUT_DELIVERED = "logout.delivered"
    LOGOUT_FAILED = "logout.failed"
    MASTER_KEY_REWRAPPED = "master_key.rewrapped"
    MEMBER_CREATED = "member.created"
    MEMBER_IMPORTED = "member.imported"
    MEMBER_UPDATED = "member.updated"
    MEMBER_VIEWED = "member.viewed"
    PASSWORD_REHASHED = "password.rehashed"  # noqa: S105 - a name, not a secret
    PASSWORD_RESET_REQUESTED = "password.reset_requested"  # noqa: S105 - a name, not a secret
    PASSWORD_SET = "password.set"  # noqa: S105 - a name, not a secret
    POLICY_ACTIVATED = "policy.activated"
    POLICY_REFUSED = "policy.refused"
    REFRESH_REPLAYED = "refresh.replayed"
    REFRESH_ROTATED = "refresh.rotated"
    REGISTER_IMPORTED = "register.imported"
    REQUEST_PUSHED = "request.pushed"
    SESSION_ENDED = "session.ended"
    SESSION_STARTED = "session.started"
    SIGN_IN_LIMITED = "sign_in.limited"
    SIGN_IN_REFUSED = "sign_in.refused"
    SUBJECT_ERASED = "subject.erased"
    SYSTEM_STARTED = "system.started"
    TOKEN_ISSUED = "token.issued"  # noqa: S105 - a name, not a secret
    TOKEN_REFUSED = "token.refused"  # noqa: S105 - a name, not a secret
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - a name, not a secret


class RetentionClass(StrEnum):
    """The classes that a retention policy gives a length to."""

    ACCESS = "access"  # who got in and what was handed out
    SECURITY = "security"  # attempts, refusals, replays, blocks
    ADMINISTRATION = "administration"  # acts of staff on accounts, clients, policy
    REGISTER = "register"  # changes of the register of members
    KEYS = "keys"  # life of signing and master keys
    SYSTEM = "system"  # the log and the machines themselves; purges are never purged


@dataclass(frozen=True, slots=True)
class Described:
    """One name explained: what it records, its retention class, where personal values may stand."""

    what: str
    retention_class: RetentionClass
    personal_fields: tuple[str, ...] = ()


_SOURCE = ("source.address", "source.device")
_ACCESS, _SECURITY = RetentionClass.ACCESS, RetentionClass.SECURITY
_ADMIN, _REGISTER = RetentionClass.ADMINISTRATION, RetentionClass.REGISTER
_KEYS, _SYSTEM = RetentionClass.KEYS, RetentionClass.SYSTEM

INVENTORY: dict[EventName, Described] = {
    EventName.ACCOUNT_BLOCKED: Described(
        "An account was blocked by a limit or by staff.", _SECURITY, _SOURCE
    ),
    EventName.ACCOUNT_CREATED: Described(
        "A member registered and an account was made.", _ADMIN, (*_SOURCE, "data.address")
    ),
    EventName.ACCOUNT_RESTORED: Described("A stopped account was opened again.", _ADMIN, _SOURCE),
    EventName.ACCOUNT_STOPPED: Described(
        "An account was stopped by its owner or by staff.", _ADMIN, _SOURCE
    ),
    EventName.ACCOUNT_UNBLOCKED: Described("An account's block ended.", _SECURITY, _SOURCE),
    EventName.AUDIT_EXPORTED: Described("A part of the audit log was exported.", _SYSTEM, _SOURCE),
    EventName.AUDIT_PURGED: Described(
        "Event bodies of one class were deleted after their retention.", _SYSTEM
    ),
    EventName.AUDIT_SEARCHED: Described("The audit log was searched.", _SYSTEM, _SOURCE),
    EventName.AUDIT_VERIFIED: Described(
        "The audit log was verified, with this result.", _SYSTEM, _SOURCE
    ),
    EventName.AUTHORIZATION_REFUSED: Described(
        "An authorization request was refused.", _SECURITY, _SOURCE
    ),
    EventName.BLOCK_LIFTED: Described("Staff lifted a block.", _SECURITY, _SOURCE),
    EventName.CLAIMS_READ: Described(
        "A relying party read a member's claims (once per access token).", _ACCESS, _SOURCE
    ),
    EventName.CLIENT_ADDED: Described("A relying party was added.", _ADMIN, _SOURCE),
    EventName.CLIENT_REMOVED: Described("A relying party was removed.", _ADMIN, _SOURCE),
    EventName.CLIENT_TOKEN_ISSUED: Described(
        "A relying party got a token for itself, without a member.", _ACCESS, _SOURCE
    ),
    EventName.CLOCK_STEPPED: Described(
        "The clock went back; checkpoint times stood still meanwhile.", _SYSTEM
    ),
    EventName.CODE_ISSUED: Described("An authorization code was issued.", _ACCESS, _SOURCE),
    EventName.CODE_REPLAYED: Described(
        "An authorization code was presented a second time.", _SECURITY, _SOURCE
    ),
    EventName.CONSENT_GIVEN: Described(
        "A member allowed a relying party to see claims.", _ACCESS, _SOURCE
    ),
    EventName.CONSENT_REFUSED: Described("A member refused a relying party.", _ACCESS, _SOURCE),
    EventName.CONSENT_REVOKED: Described(
        "A member took back what a relying party was allowed; its tokens ended.", _ACCESS, _SOURCE
    ),
    EventName.GRANT_REVOKED: Described(
        "A grant and all of its tokens were ended.", _ACCESS, _SOURCE
    ),
    EventName.KEY_ACTIVATED: Described("A signing key began to sign.", _KEYS),
    EventName.KEY_ANNOUNCED: Described("A signing key was published ahead of its use.", _KEYS),
    EventName.KEY_COMPROMISED: Described(
        "A signing key was declared compromised and withdrawn.", _KEYS
    ),
    EventName.KEY_RETIRED: Described("A signing key left the published set.", _KEYS),
    EventName.KEY_RETIRING: Described("A signing key stopped signing but still verifies.", _KEYS),
    EventName.LIMIT_DEGRADED: Described(
        "A limit's store was out of reach; the stated answer held.", _SYSTEM
    ),
    EventName.LOGOUT_DELIVERED: Described("A relying party accepted a logout token.", _ACCESS),
    EventName.LOGOUT_FAILED: Described(
        "A logout token could not be delivered and was given up.", _ACCESS
    ),
    EventName.MASTER_KEY_REWRAPPED: Described(
        "Stored keys were wrapped again under a new master key.", _KEYS
    ),
    EventName.MEMBER_CREATED: Described(
        "A member was added to the register.", _REGISTER, ("data.changes",)
    ),
    EventName.MEMBER_IMPORTED: Described(
        "A member's record came in with a register feed.", _REGISTER, ("data.changes",)
    ),
    EventName.MEMBER_UPDATED: Described(
        "A member's record was changed.", _REGISTER, ("data.changes",)
    ),
    EventName.MEMBER_VIEWED: Described(
        "Someone of the staff looked at a member's record.", _ADMIN, _SOURCE
    ),
    EventName.PASSWORD_REHASHED: Described(
        "A password hash was renewed with the parameters in force.", _SECURITY
    ),
    EventName.PASSWORD_RESET_REQUESTED: Described(
        "A password reset was asked for.", _SECURITY, (*_SOURCE, "data.address")
    ),
    EventName.PASSWORD_SET: Described("A password was set or changed.", _SECURITY, _SOURCE),
    EventName.POLICY_ACTIVATED: Described("A policy came into force.", _ADMIN, _SOURCE),
    EventName.POLICY_REFUSED: Described("A policy was refused.", _ADMIN, _SOURCE),
    EventName.REFRESH_REPLAYED: Described(
        "A spent refresh token was presented; its family ended.", _SECURITY, _SOURCE
    ),
    EventName.REFRESH_ROTATED: Described(
        "A refresh token was exchanged for its successor.", _ACCESS, _SOURCE
    ),
    EventName.REGISTER_IMPORTED: Described(
        "A register feed was applied as one batch.", _REGISTER, _SOURCE
    ),
    EventName.REQUEST_PUSHED: Described(
        "A client pushed an authorization request.", _ACCESS, _SOURCE
    ),
    EventName.SESSION_ENDED: Described(
        "A session ended, by sign-out or otherwise.", _ACCESS, _SOURCE
    ),
    EventName.SESSION_STARTED: Described("A member or staff member signed in.", _ACCESS, _SOURCE),
    EventName.SIGN_IN_LIMITED: Described(
        "A limit stopped an attempt before its secret was checked.", _SECURITY, _SOURCE
    ),
    EventName.SIGN_IN_REFUSED: Described(
        "An attempt to sign in was refused.", _SECURITY, (*_SOURCE, "data.address")
    ),
    EventName.SUBJECT_ERASED: Described(
        "A person's key was destroyed, their values are unreadable.", _ADMIN, _SOURCE
    ),
    EventName.SYSTEM_STARTED: Described("A program of the system started.", _SYSTEM),
    EventName.TOKEN_ISSUED: Described(
        "Tokens were issued for an authorization code.", _ACCESS, _SOURCE
    ),
    EventName.TOKEN_REFUSED: Described("A token request was refused.", _SECURITY, _SOURCE),
    EventName.TOKEN_REVOKED: Described(
        "A relying party gave back one access token.", _ACCESS, _SOURCE
    ),
}
