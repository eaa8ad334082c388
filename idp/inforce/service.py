"""The policy in force: read from SQL, watched by a version stamp, activated with its event.

The folder `policies/` is only a proposal; nodes run the active digest, whatever their folder says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from audit.event import Actor
from audit.names import EventName
from idp.clock import Clock, to_micros
from idp.errors import SettingsError
from idp.inforce import store
from idp.journal.service import Journal
from idp.policy.folder import BadPolicy, Proposal, proposal
from idp.policy.model import Policy
from idp.storage.sql import Database, Tx
from idp.storage.stamps import Watch, raise_stamp

STAMP = "policy"


class NoPolicy(SettingsError):
    """No policy was ever activated in this database."""

    code = "no_policy"


class PolicyTooOld(SettingsError):
    """The policy in force was written for another version: what this one needs is not in it."""

    code = "policy_too_old"


@dataclass
class PolicyInForce:
    """What every node asks for the rules; follows an activation within a second."""

    database: Database
    _current: Proposal | None = None
    _watch: Watch = field(init=False)

    def __post_init__(self) -> None:
        """Prepare the watch; nothing is read before the first use."""
        self._watch = Watch(self.database, STAMP, self._read)

    @property
    def current(self) -> Proposal:
        """Give the policy in force; raises `NoPolicy` in an empty database."""
        self._watch.look()
        if self._current is None:
            self._read()
        if self._current is None:
            raise NoPolicy("no policy is in force; run `idp policy activate`")
        return self._current

    @property
    def policy(self) -> Policy:
        """Give the rules themselves."""
        return self.current.policy

    @property
    def digest(self) -> str:
        """Give the digest that audit events name."""
        return self.current.digest

    def _read(self) -> None:
        with self.database.read() as tx:
            found = store.active(tx)
        if found is not None and (self._current is None or self._current.digest != found[1]):
            self._current = read_active(found[2])


def read_active(texts: str) -> Proposal:
    """Read a stored policy; raises `PolicyTooOld` when this version cannot work by it."""
    try:
        return proposal(json.loads(texts))
    except BadPolicy as error:
        raise PolicyTooOld(
            f"the policy in force does not fit this version ({error.detail}); look at the new files"
            " of the policy folder and run `idp policy activate`"
        ) from error


def activate(
    tx: Tx,
    journal: Journal,
    clock: Clock,
    proposed: Proposal,
    actor: Actor,
    by: str,
    about: Mapping[str, Any] | None = None,
) -> bool:
    """Put a proposal in force, with its event; False when it already is.

    `about` is what the event says beside: the reason, and the approval it was done upon.
    """
    tx.lock(STAMP)
    found = store.active(tx)
    if found and found[1] == proposed.digest:
        return False
    now = clock.now()
    number = found[0] + 1 if found else 1
    texts = json.dumps(proposed.texts, ensure_ascii=False, sort_keys=True)
    store.activate(tx, number, proposed.digest, texts, to_micros(now), by)
    raise_stamp(tx, STAMP)
    data = {"digest": proposed.digest, "replaces": found[1] if found else None, "number": number}
    journal.record(tx, EventName.POLICY_ACTIVATED, now, actor=actor, data=data | dict(about or {}))
    return True
