"""The first start: schema, audit key, signing keys, the proposed policy put in force.

Each step happens once and is harmless when repeated; two nodes that start at once meet in the
database. Nothing here ever overwrites.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.event import Actor
from audit.names import EventName
from idp.assembly.foundation import Foundation, build_foundation
from idp.assembly.rotation import build_rotation
from idp.assembly.sealing import audit_key
from idp.inforce import store as policies
from idp.inforce.service import PolicyTooOld, activate, read_active
from idp.journal.sealer import start_log
from idp.policy.folder import read_folder
from idp.settings import Settings
from idp.storage.key_vault import add_audit_key, find_audit_key
from idp.storage.migrate import apply, current
from idp.storage.sql import Database, Tx
from keys.audit_key import wrap_audit_key
from keys.errors import RingChanged

BY = "first-start"


def prepare(settings: Settings) -> Foundation:
    """Make an empty deployment ready, check one that is not; answers its foundation.

    Raises `SettingsError` or `StoreUnavailable` with what to do about it.
    """
    proposed = read_folder(settings.policies)
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = Database(settings.database_url)
    if current(database) is None:
        apply(database)
    database.dispose()
    foundation = build_foundation(settings)
    with foundation.database.begin() as tx:
        tx.lock(BY)
        start_log(tx)
        if find_audit_key(tx) is None:
            add_audit_key(tx, wrap_audit_key(foundation.master, Ed25519PrivateKey.generate()))
        if _needs_policy(tx, settings):
            actor = Actor("operator", BY)
            activate(tx, foundation.journal, foundation.clock, proposed, actor, BY)
    audit_key(foundation)
    _make_keys(foundation)
    return foundation


def _needs_policy(tx: Tx, settings: Settings) -> bool:
    """Tell whether the folder is to be put in force; raises `PolicyTooOld`.

    An older policy is replaced in a demo only: elsewhere somebody has to look at what is new.
    """
    found = policies.active(tx)
    if found is None:
        return True
    try:
        read_active(found[2])
    except PolicyTooOld:
        if not settings.demo:
            raise
        return True
    return False


def _make_keys(foundation: Foundation) -> None:
    try:
        build_rotation(foundation).rotate(Actor("operator", BY))
    except RingChanged:
        foundation.vault.refresh()  # another node made them


def record_start(foundation: Foundation, program: str) -> None:
    """Record that a program started, and on which policy."""
    f = foundation
    with f.database.begin() as tx:
        data = {"program": program, "policy": f.policy.digest}
        f.journal.record(tx, EventName.SYSTEM_STARTED, f.clock.now(), data=data)
