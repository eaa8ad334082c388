"""Invitations, letters, and registering."""

from __future__ import annotations

from typing import TYPE_CHECKING

from idp.assembly.foundation import Foundation
from idp.invitations.feed import InvitationFeed
from idp.invitations.finishing import Finishing
from idp.invitations.issuing import PURPOSE, Issuing
from idp.invitations.registering import Registering
from idp.invitations.service import Invitations
from idp.sessions import store as sessions
from idp.throttle.buckets import Buckets
from idp.throttle.slots import HashSlots

if TYPE_CHECKING:
    from idp.invitations.printing import Printing


def build_invitation_feed(f: Foundation) -> InvitationFeed:
    """Build what invites those whom a feed or the calendar made eligible."""
    return InvitationFeed(f.database, f.clock, build_issuing(f))


def build_invitations(f: Foundation) -> Invitations:
    """Build staff's acts on invitations."""
    return Invitations(f.database, f.clock, build_issuing(f))


def build_issuing(f: Foundation) -> Issuing:
    """Build what makes invitations."""
    return Issuing(f.policy, f.journal, f.mails, f.master, f.master.derive_all(PURPOSE))


def build_finishing(f: Foundation, buckets: Buckets, slots: HashSlots) -> Finishing:
    """Build registering, with the web process's own limits and hash slots."""
    registering = Registering(
        f.database,
        f.clock,
        f.policy,
        f.journal,
        f.persons,
        f.gate,
        buckets,
        f.floods,
        build_issuing(f),
        f.proving,
        f.mails,
    )
    return Finishing(registering, slots, sessions.forget_devices_of)


def build_printing(f: Foundation) -> Printing:
    """Build what prints letters."""
    # Late: writing PDFs costs a third of a second to import, and serving needs none of it.
    from idp.invitations.printing import Printing  # noqa: PLC0415

    return Printing(f.database, f.clock, build_issuing(f), f.settings.issuer)
