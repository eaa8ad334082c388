"""The service that makes evidence packs."""

from __future__ import annotations

from idp.assembly.foundation import Foundation
from idp.assembly.sealing import audit_key, build_sealer, checkpoint_file
from idp.evidence.as_of import Present
from idp.evidence.service import EvidencePacks
from idp.journal.export import Exporter


def build_evidence(f: Foundation) -> EvidencePacks:
    """Build what makes evidence packs."""
    return EvidencePacks(
        Exporter(f.database, f.journal, build_sealer(f), audit_key(f), f.clock),
        Present(f.database, checkpoint_file(f), f.master.ids),
        f.policy.policy.organisation.name_ja,
    )
