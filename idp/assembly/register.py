"""The register as it is fed: by files and by SCIM, the same rules and the same consequences."""

from __future__ import annotations

from idp.assembly.foundation import Foundation
from idp.assembly.registration import build_invitation_feed
from idp.members.service import Register


def build_register(f: Foundation) -> Register:
    """Build what all doors of the register feed write through."""
    return Register(
        f.database,
        f.clock,
        f.journal,
        lambda: f.policy.policy.mail.carrier_domains,
        build_invitation_feed(f).follow,
    )
