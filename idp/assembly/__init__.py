"""Builds every service from the settings, one module per program. No Flask here.

Nothing starts on a missing master key, a database that is not migrated, or without a policy.
"""

from idp.assembly.background import (
    Background,
    build_background,
    build_rotation,
    build_sealer,
)
from idp.assembly.foundation import Foundation, audit_key, build_foundation, build_outgoing
from idp.assembly.provider import Provider, build_provider
from idp.assembly.provisioning import build_scim, build_scim_tokens

__all__ = [
    "Background",
    "Foundation",
    "Provider",
    "audit_key",
    "build_background",
    "build_foundation",
    "build_outgoing",
    "build_provider",
    "build_rotation",
    "build_scim",
    "build_scim_tokens",
    "build_sealer",
]
