"""What each event name means: in plain English, how long its class is kept, what is personal.

The policy gives the class its length. A new name is one line in `audit.names.EventName` and one
entry here; a test compares the two.
"""

from audit.described import Described, RetentionClass
from audit.inventory_helpdesk import HELPDESK
from audit.inventory_register import REGISTER_DESK
from audit.inventory_staff import STAFF
from audit.names import EventName

__all__ = ["INVENTORY", "Described", "RetentionClass"]


_SOURCE = ("source.address", "source.device")
_ACCESS, _SECURITY = RetentionClass.ACCESS, RetentionClass.SECURITY
_ADMIN, _REGISTER = RetentionClass.ADMINISTRATION, RetentionClass.REGISTER
_KEYS, _SYSTEM = RetentionClass.KEYS, RetentionClass.SYSTEM

INVENTORY: dict[EventName, Described] = {
    **REGISTER_DESK,
    **STAFF,
    **HELPDESK,
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
    EventName.ADDRESS_CHANGED: Described(
        "A member's sign-in address was changed.", _SECURITY, _SOURCE
    ),
    EventName.ADDRESS_CHANGE_REFUSED: Described(
        "A code or link for a change of the sign-in address was wrong, used up or limited.",
        _SECURITY,
        _SOURCE,
    ),
    EventName.ADDRESS_CHANGE_REQUESTED: Described(
        "A member asked to sign in with another address.", _SECURITY, _SOURCE
    ),
    EventName.ADDRESS_CHANGE_UNDONE: Described(
        "A change of the sign-in address was taken back from the old mailbox.", _SECURITY, _SOURCE
    ),
    EventName.ADDRESS_CONFIRMED: Described(
        "A mailbox confirmed a change of address.", _SECURITY, _SOURCE
    ),
    EventName.ALERT_ENDED: Described("What an alert told of is over.", _SYSTEM),
    EventName.ALERT_RAISED: Described(
        "Something alarming was recognised and told: its data says what and how much.", _SYSTEM
    ),
    EventName.ATTACK_ENDED: Described("An attack that was recognised is over.", _SECURITY),
    EventName.ATTACK_RECOGNISED: Described(
        "The recorded attempts look like an attack of a kind that is named.", _SECURITY
    ),
    EventName.ATTEMPT_ABANDONED: Described(
        "An attempt at a secret was never answered (its process ended); it counts as wrong.",
        _SECURITY,
    ),
    EventName.AUDIT_EXPORTED: Described(
        "A part of the audit log was exported.", _SYSTEM, (*_SOURCE, "data.address", "data.number")
    ),
    EventName.AUDIT_PURGED: Described(
        "Event bodies of one class were deleted after their retention.", _SYSTEM
    ),
    EventName.AUDIT_SEARCHED: Described(
        "The audit log was searched.", _SYSTEM, (*_SOURCE, "data.address", "data.number")
    ),
    EventName.AUDIT_VERIFIED: Described(
        "The audit log was verified, with this result.", _SYSTEM, _SOURCE
    ),
    EventName.AUDIT_VIEWED: Described(
        "Someone looked at one event, a timeline or an incident.", _SYSTEM, _SOURCE
    ),
    EventName.AUTHORIZATION_REFUSED: Described(
        "An authorization request was refused.", _SECURITY, _SOURCE
    ),
    EventName.BACKUP_BEGUN: Described(
        "A copy of the database was begun; without `backup.made` after it, it was not finished.",
        _SYSTEM,
    ),
    EventName.BACKUP_MADE: Described(
        "A backup of the database was made, up to this checkpoint.", _SYSTEM
    ),
    EventName.BACKUP_RESTORED: Described(
        "The database was restored from a backup; its erased persons were erased again.", _SYSTEM
    ),
    EventName.BLOCK_LIFTED: Described(
        "A block was lifted: by staff, by the proven mailbox or by a right answer.",
        _SECURITY,
        _SOURCE,
    ),
    EventName.BLOCK_STARTED: Described(
        "A limit or a person set a block; its data says why, until when, and in which words.",
        _SECURITY,
    ),
    EventName.CHANGE_APPROVED: Described(
        "A change request was approved as it was shown (its digest) and put into the register.",
        *(_REGISTER, (*_SOURCE, "data.digest")),
    ),
    EventName.CHANGE_FILED: Described(
        "A member asked for a change of name, address or telephone number.", _REGISTER, _SOURCE
    ),
    EventName.CHANGE_REFUSED: Described("A change request was refused.", _REGISTER, _SOURCE),
    EventName.CHANGE_WITHDRAWN: Described(
        "A member took a change request back.", _REGISTER, _SOURCE
    ),
    EventName.CLAIMS_READ: Described(
        "A relying party read a member's claims (once per access token).", _ACCESS, _SOURCE
    ),
    EventName.CLIENT_ADDED: Described("A relying party was added.", _ADMIN, _SOURCE),
    EventName.CLIENT_REFUSED: Described("A relying party's secret was wrong.", _SECURITY, _SOURCE),
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
    EventName.DATA_DOWNLOADED: Described("A member downloaded their own data.", _ACCESS, _SOURCE),
    EventName.DEVICE_FORGOTTEN: Described(
        "A browser was forgotten for an account.", _SECURITY, _SOURCE
    ),
    EventName.FACTOR_ADDED: Described("A member set up a second factor.", _SECURITY, _SOURCE),
    EventName.FACTOR_REFUSED: Described(
        "A second factor was wrong or its limit was reached.", _SECURITY, _SOURCE
    ),
    EventName.FACTOR_REMOVED: Described("A second factor was taken away.", _SECURITY, _SOURCE),
    EventName.FLOOD_COUNTED: Described(
        "Refusals of an address over its limit within one minute, counted in one event.",
        _SECURITY,
        ("source.address",),
    ),
    EventName.GRANT_REVOKED: Described(
        "A grant and all of its tokens were ended.", _ACCESS, _SOURCE
    ),
    EventName.HOLD_LIFTED: Described("A legal hold was lifted.", _ADMIN),
    EventName.HOLD_PLACED: Described(
        "A legal hold was placed: what it covers is neither purged nor erased.", _ADMIN
    ),
    EventName.INVITATION_ISSUED: Described(
        "A member was invited to register.", _ADMIN, (*_SOURCE, "data.member")
    ),
    EventName.INVITATION_PRINTED: Described(
        "A letter with a registration code was printed.", _ADMIN, (*_SOURCE, "data.member")
    ),
    EventName.INVITATION_REFUSED: Described(
        "A registration code was wrong, used up or its limit was reached.", _SECURITY, _SOURCE
    ),
    EventName.INVITATION_WITHDRAWN: Described(
        "An invitation was withdrawn or replaced.", _ADMIN, (*_SOURCE, "data.member")
    ),
    EventName.KEY_ACTIVATED: Described("A signing key began to sign.", _KEYS),
    EventName.KEY_ANNOUNCED: Described("A signing key was published ahead of its use.", _KEYS),
    EventName.KEY_COMPROMISED: Described(
        "A signing key was declared compromised and withdrawn.", _KEYS
    ),
    EventName.KEY_RETIRED: Described("A signing key left the published set.", _KEYS),
    EventName.KEY_RETIRING: Described("A signing key stopped signing but still verifies.", _KEYS),
    EventName.LEGACY_IMPORTED: Described(
        "Accounts of an older portal were imported as one batch.", _ADMIN, _SOURCE
    ),
    EventName.LIMIT_DEGRADED: Described(
        "A limit's store was out of reach; the stated answer held.", _SYSTEM
    ),
    EventName.LOG_FORKED: Described(
        "The log goes on from an older state than one that was sealed; names both checkpoints.",
        _SYSTEM,
    ),
    EventName.LOGOUT_DELIVERED: Described("A relying party accepted a logout token.", _ACCESS),
    EventName.LOGOUT_FAILED: Described(
        "A logout token could not be delivered and was given up.", _ACCESS
    ),
    EventName.MAILBOX_CLEARED: Described(
        "A mailbox that was reported as undeliverable gets mails again.", _ADMIN, _SOURCE
    ),
    EventName.MAIL_BOUNCED: Described(
        "A mailbox was reported as undeliverable.", _SECURITY, _SOURCE
    ),
    EventName.MAIL_FAILED: Described(
        "A mail could not be delivered and was given up.", _ACCESS, _SOURCE
    ),
    EventName.MAIL_SENT: Described("The mail server took a mail.", _ACCESS, _SOURCE),
    EventName.MASTER_KEY_REWRAPPED: Described(
        "Stored secrets were wrapped again under a new master key.", _KEYS
    ),
    EventName.MEMBER_CREATED: Described(
        "A member was added to the register.", _REGISTER, (*_SOURCE, "data.member")
    ),
    EventName.MEMBER_IMPORTED: Described(
        "A member's record came in with a register feed.", _REGISTER, ("data.changes",)
    ),
    EventName.MEMBER_UPDATED: Described(
        "A member's record was changed.", _REGISTER, (*_SOURCE, "data.member")
    ),
    EventName.NOTICE_SENT: Described("A member was told when their access ends.", _ACCESS, _SOURCE),
    EventName.PASSWORD_REHASHED: Described(
        "A password hash was renewed with the parameters in force.", _SECURITY
    ),
    EventName.PASSWORD_RESET_REFUSED: Described(
        "A code or link for a new password was wrong, used up or limited.", _SECURITY, _SOURCE
    ),
    EventName.PASSWORD_RESET_REQUESTED: Described(
        "A password reset was asked for.", _SECURITY, (*_SOURCE, "data.address")
    ),
    EventName.PASSWORD_SET: Described("A password was set or changed.", _SECURITY, _SOURCE),
    EventName.PERSON_ERASED: Described(
        "A person's key was destroyed, their values are unreadable.", _ADMIN
    ),
    EventName.POLICY_ACTIVATED: Described("A policy came into force.", _ADMIN, _SOURCE),
    EventName.POLICY_REFUSED: Described("A policy was refused.", _ADMIN, _SOURCE),
    EventName.RECOVERY_CODES_DRAWN: Described(
        "A member drew new recovery codes.", _SECURITY, _SOURCE
    ),
    EventName.REFRESH_REPLAYED: Described(
        "A spent refresh token was presented; its family ended.", _SECURITY, _SOURCE
    ),
    EventName.REFRESH_ROTATED: Described(
        "A refresh token was exchanged for its successor.", _ACCESS, _SOURCE
    ),
    EventName.REGISTER_IMPORTED: Described(
        "A register feed was applied as one batch.", _REGISTER, _SOURCE
    ),
    EventName.REGISTRATION_REFUSED: Described(
        "A step of a registration was refused.", _SECURITY, (*_SOURCE, "data.member")
    ),
    EventName.REGISTRATION_STARTED: Described(
        "A registration code opened a registration.", _ACCESS, (*_SOURCE, "data.member")
    ),
    EventName.REQUEST_PUSHED: Described(
        "A client pushed an authorization request.", _ACCESS, _SOURCE
    ),
    EventName.REVIEW_RETIRED: Described(
        "An auditor retired a saved review: it is due no more.", _SYSTEM, _SOURCE
    ),
    EventName.REVIEW_SAVED: Described(
        "An auditor saved a search as a review, with the digest of what is looked for.",
        _SYSTEM,
        (*_SOURCE, "data.criteria.address", "data.criteria.member", "data.criteria.salt"),
    ),
    EventName.REVIEW_SIGNED: Described(
        "An auditor signed a review off for one period: the finding, what was counted, and the"
        " sealed size and root that it rests on.",
        _SYSTEM,
        _SOURCE,
    ),
    EventName.SCIM_REFUSED: Described(
        "A core system was refused at the SCIM endpoint.", _SECURITY, _SOURCE
    ),
    EventName.SCIM_TOKEN_ADDED: Described("A token for a core system was made.", _ADMIN, _SOURCE),
    EventName.SCIM_TOKEN_ENDED: Described("A token for a core system was ended.", _ADMIN, _SOURCE),
    EventName.SESSION_CONTESTED: Described(
        "A member said that an entry of the access history was not them.", _SECURITY, _SOURCE
    ),
    EventName.SESSION_ENDED: Described(
        "A session ended, by sign-out or otherwise.", _ACCESS, _SOURCE
    ),
    EventName.SESSION_REAUTHENTICATED: Described(
        "Somebody authenticated again for an act that matters.", _ACCESS, _SOURCE
    ),
    EventName.SESSION_REAUTHENTICATION_REFUSED: Described(
        "Authenticating again failed or was limited.", _SECURITY, _SOURCE
    ),
    EventName.SESSION_STARTED: Described("A member or staff member signed in.", _ACCESS, _SOURCE),
    EventName.SIGN_IN_CONTINUED: Described(
        "A password was right; a second factor is asked for.", _ACCESS, _SOURCE
    ),
    EventName.SIGN_IN_LIMITED: Described(
        "A limit stopped an attempt before its secret was checked.", _SECURITY, _SOURCE
    ),
    EventName.SIGN_IN_REFUSED: Described(
        "An attempt to sign in was refused.", _SECURITY, (*_SOURCE, "data.address")
    ),
    EventName.SYSTEM_STARTED: Described("A program of the system started.", _SYSTEM),
    EventName.TOKEN_ISSUED: Described("Tokens were issued for a code.", _ACCESS, _SOURCE),
    EventName.TOKEN_REFUSED: Described("A token request was refused.", _SECURITY, _SOURCE),
    EventName.TOKEN_REVOKED: Described("A relying party gave a token back.", _ACCESS, _SOURCE),
    EventName.VERIFICATION_CODE_SENT: Described(
        "A verification code was promised to a mailbox.",
        _SECURITY,
        (*_SOURCE, "data.address", "data.member"),
    ),
}
