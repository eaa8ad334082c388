"""What needs which master key: secrets that lie wrapped under it, and codes hashed with its help.

A wrapped secret is wrapped again and needs the older key no more. A registration code on paper is
known to its member alone: its hash stands under a key derived from the master key of its day, until
it is used, expires, or another is sent.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from idp.clock import to_micros
from idp.invitations import store as invitations
from idp.invitations.model import last_day
from idp.key_rotation.kinds import (
    AUDIT_INDEX,
    FACTOR_SECRETS,
    LETTERS,
    MAILS,
    PERSON_KEYS,
    STAFF_APPS,
    STAFF_LINKS,
)
from idp.key_rotation.rotation import KeyRotation
from idp.storage.key_vault import find_audit_key
from keys.master import MasterKeys, wrapped_under

KINDS = (PERSON_KEYS, FACTOR_SECRETS, STAFF_APPS, STAFF_LINKS, MAILS, LETTERS, AUDIT_INDEX)
Counted = Counter[str | None]
"""By master key; None stands for those that are not in the file."""


@dataclass(frozen=True)
class Usage:
    """How much of each kind needs one master key; None for those not in the file."""

    master_id: str | None
    person_keys: int
    signing_keys: int
    audit_key: int
    factor_secrets: int
    mails: int
    letters: int
    audit_index: int
    registration_codes: int
    """Codes that still open a registration; nothing but time, or a new code, sets them free."""
    codes_until: date | None
    """The last day of the last of them."""

    @property
    def wrapped(self) -> int:
        """Count what `idp keys rewrap` can wrap again."""
        return (
            self.person_keys
            + self.signing_keys
            + self.audit_key
            + self.factor_secrets
            + self.mails
            + self.letters
            + self.audit_index
        )

    @property
    def is_needed(self) -> bool:
        """Tell whether anything would be worth nothing without this master key."""
        return self.wrapped + self.registration_codes > 0


def count_usage(rotation: KeyRotation, master: MasterKeys) -> list[Usage]:
    """Count by master key, current first; what needs one that is not in the file comes last."""
    signing = Counter(
        wrapped_under(record.wrapped_private)
        for record in rotation.home.load().records
        if record.wrapped_private is not None
    )
    with rotation.database.read() as tx:
        audit_key = find_audit_key(tx)
        rows = [kind.column.count(tx, master.ids) for kind in KINDS]
        codes = invitations.live_by_key(tx, to_micros(rotation.clock.now()))
    persons, apps, staff_apps, staff_links, mails, letters, index = rows
    ring = _fold(signing, master)
    audit = _fold(Counter([wrapped_under(audit_key)] if audit_key else []), master)
    live = _fold(Counter({key: count for key, (count, _) in codes.items()}), master)
    usages = []
    for key in (*master.ids, None):
        ends = [end for own, (_, end) in codes.items() if _known(own, master) == key]
        usages.append(
            Usage(
                key,
                persons[key],
                ring[key],
                audit[key],
                apps[key] + staff_apps[key] + staff_links[key],
                mails[key],
                letters[key],
                index[key],
                live[key],
                last_day(max(ends)) if ends else None,
            )
        )
    return usages if usages[-1].is_needed else usages[:-1]


def _fold(counted: Counter[str], master: MasterKeys) -> Counted:
    folded: Counted = Counter()
    for key, count in counted.items():
        folded[_known(key, master)] += count
    return folded


def _known(key: str, master: MasterKeys) -> str | None:
    return key if key in master.ids else None
