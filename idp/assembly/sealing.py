"""What seals the log, with the audit key."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idp.assembly.foundation import Foundation
from idp.errors import SettingsError
from idp.journal.anchors import NAME as CHECKPOINTS
from idp.journal.anchors import CheckpointFile
from idp.journal.sealer import Sealer
from idp.storage.key_vault import find_audit_key
from keys.audit_key import unwrap_audit_key
from keys.errors import KeysError


def build_sealer(f: Foundation) -> Sealer:
    """Build the sealer with the audit key."""
    origin = f.policy.policy.audit.origin
    return Sealer(f.database, f.journal, audit_key(f), origin, f.clock, checkpoint_file(f))


def audit_key(f: Foundation) -> Ed25519PrivateKey:
    """Open the audit key; raises `SettingsError` when it was never made or cannot be opened."""
    with f.database.read() as tx:
        wrapped = find_audit_key(tx)
    if wrapped is None:
        raise SettingsError("there is no audit key; run `idp migrate apply`")
    try:
        return unwrap_audit_key(f.master, wrapped)
    except KeysError as error:
        raise SettingsError(f"the audit key does not open: {error}") from error


def checkpoint_file(f: Foundation) -> CheckpointFile:
    """Name the file of checkpoints outside of the database."""
    return CheckpointFile(f.settings.data / CHECKPOINTS)
