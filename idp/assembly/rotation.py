"""What moves the signing keys."""

from __future__ import annotations

from idp.assembly.foundation import Foundation
from idp.key_rotation.rotation import KeyRotation


def build_rotation(f: Foundation) -> KeyRotation:
    """Build what moves the signing keys."""
    return KeyRotation(f.database, f.clock, f.journal, f.policy, f.vault, f.home)
