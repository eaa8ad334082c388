"""Four eyes: every act that policy may send to a second person, in one registry."""

from __future__ import annotations

from idp.acts.keys import EmergencyRotation
from idp.acts.orders import ORDER, Orders
from idp.acts.policy import ActivatePolicy
from idp.acts.retention import ChangeHold, PurgeLog
from idp.acts.staff import AddStaff, ChangeRoles, EndStaff, ReplaceFactors
from idp.approvals.act import Act
from idp.approvals.asking import Asking
from idp.approvals.deciding import Deciding
from idp.approvals.events import ApprovalEvents
from idp.approvals.service import Approvals
from idp.approvals.singly import Singly
from idp.approvals.vault import Vault
from idp.approvals.who import Who
from idp.assembly.foundation import Foundation
from idp.assembly.helpdesk import case_acts
from idp.assembly.register_desk import build_register_acts
from idp.assembly.retention import build_holds, build_purger
from idp.assembly.room_acts import build_room_acts
from idp.assembly.rotation import build_rotation
from idp.assembly.staff import build_staff
from idp.outbox.service import Outbox
from idp.staff.links import StaffLinks


def acts_of(f: Foundation) -> tuple[Act, ...]:
    """List every act; each part of the console adds its own here."""
    directory, links = build_staff(f).directory, StaffLinks(f.mails, f.policy)
    return (
        AddStaff(directory, links),
        ChangeRoles(directory, links),
        ReplaceFactors(directory, links),
        EndStaff(directory, links),
        ActivatePolicy(f.clients, f.journal, f.clock),
        ChangeHold(build_holds(f)),
        PurgeLog(f.clock, lambda: f.policy.policy.audit),
        EmergencyRotation(build_rotation(f)),
        *case_acts(f),
        *build_register_acts(f),
        *build_room_acts(f),
    )


def build_approvals(f: Foundation, acts: tuple[Act, ...] | None = None) -> Approvals:
    """Build what sends acts to a second person, with all of them or with the acts given."""
    known = acts_of(f) if acts is None else acts
    events, vault, who = (
        ApprovalEvents(f.journal),
        Vault(f.persons),
        Who(f.policy, f.clock, f.clients),
    )
    deciding = Deciding(events, vault, who, {one.kind: one for one in known})
    asking = Asking(events, vault, who, deciding, f.mails)
    return Approvals(f.database, f.clock, asking, deciding, Singly(f.policy))


def build_orders(f: Foundation) -> Orders:
    """Build what carries out decisions that no transaction can hold."""
    return Orders(build_purger(f), build_rotation(f))


def carry_out(f: Foundation) -> int:
    """Carry out what is ordered now; answers how many orders were."""
    outbox = Outbox(f.database, f.clock, lambda: f.policy.policy.outbox, {ORDER: build_orders(f)})
    return outbox.deliver_due(ORDER)
