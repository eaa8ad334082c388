"""Four eyes: every act that policy may send to a second person, in one registry."""

from __future__ import annotations

from idp.approvals.act import Act
from idp.approvals.asking import Asking
from idp.approvals.deciding import Deciding
from idp.approvals.events import ApprovalEvents
from idp.approvals.service import Approvals
from idp.approvals.vault import Vault
from idp.approvals.who import Who
from idp.assembly.foundation import Foundation


def acts_of(_f: Foundation) -> tuple[Act, ...]:
    """List every act; each part of the console adds its own here."""
    return ()


def build_approvals(f: Foundation, acts: tuple[Act, ...] | None = None) -> Approvals:
    """Build what sends acts to a second person, with all of them or with the acts given."""
    known = acts_of(f) if acts is None else acts
    events, vault, who = (
        ApprovalEvents(f.journal),
        Vault(f.persons),
        Who(f.policy, f.clock, f.clients),
    )
    deciding = Deciding(events, vault, who, {one.kind: one for one in known})
    asking = Asking(events, vault, who, deciding)
    return Approvals(f.database, f.clock, asking, deciding)
