"""The services of a forgotten password."""

from __future__ import annotations

from dataclasses import dataclass

from idp.assembly.foundation import Foundation
from idp.lifecycle.new_password import NewPasswords
from idp.lifecycle.reset import ResetRequests
from idp.throttle.buckets import Buckets
from idp.throttle.slots import HashSlots

FLOW_PURPOSE = "reset-procedure"


@dataclass(frozen=True)
class Recovery:
    """What the pages of a forgotten password need."""

    requests: ResetRequests
    passwords: NewPasswords


def build_recovery(f: Foundation, buckets: Buckets, slots: HashSlots) -> Recovery:
    """Build them; `slots` are shared by everything that hashes passwords."""
    requests = ResetRequests(
        f.database,
        f.clock,
        f.policy,
        f.journal,
        f.persons,
        f.proving,
        f.mails,
        buckets,
        f.master.derive_all(FLOW_PURPOSE),
    )
    passwords = NewPasswords(
        f.database,
        f.clock,
        f.policy,
        f.journal,
        f.gate,
        f.lifting,
        f.proving,
        f.mails,
        buckets,
        f.floods,
        f.endings,
        slots,
    )
    return Recovery(requests, passwords)
