"""The services of the worker; the carriers of the outbox are named here."""

from __future__ import annotations

from dataclasses import dataclass

from idp.acts.orders import ORDER
from idp.alerts.canary import Canary
from idp.alerts.watch import AlertWatch
from idp.approvals.service import Approvals
from idp.assembly.approvals import build_approvals, build_orders
from idp.assembly.audit_room import build_abandoned
from idp.assembly.audit_search import build_index
from idp.assembly.foundation import Foundation, build_outgoing
from idp.assembly.helpdesk import build_cases, build_plans
from idp.assembly.leaving import build_notices
from idp.assembly.mails import mail_carriers
from idp.assembly.register_desk import build_import_job
from idp.assembly.registration import build_invitation_feed
from idp.assembly.retention import build_eraser, build_purger, build_telling
from idp.assembly.room_acts import build_rehearsal_work
from idp.assembly.rotation import build_rotation
from idp.assembly.sealing import build_sealer
from idp.assembly.sign_in import build_signing_in
from idp.assembly.staff import build_staff
from idp.audit_room.abandoned import Abandoned
from idp.audit_search.index import TermIndex
from idp.block_room.proposals import RehearsalWork
from idp.erasure.service import Eraser
from idp.helpdesk.cases import Cases
from idp.helpdesk.plans import Plans
from idp.invitations.feed import InvitationFeed
from idp.journal.sealer import Sealer
from idp.key_rotation.rotation import KeyRotation
from idp.lifecycle.logout_messages import KIND as BACKCHANNEL_LOGOUT
from idp.lifecycle.notices import Notices
from idp.lifecycle.standing import AccountStanding
from idp.oidc.backchannel import BackchannelLogout
from idp.outbox.service import Carrier, Outbox
from idp.register_desk.import_job import ImportJob
from idp.retention.purging import Purger
from idp.retention.telling import CheckpointTelling
from idp.staff.directory import StaffDirectory
from idp.staff.sessions import StaffSessions
from idp.storage.ephemeral import open_ephemeral
from idp.throttle.buckets import Buckets
from idp.throttle.slots import HashSlots
from idp.weather.service import WeatherWatch
from keys.signer import Signer


@dataclass(frozen=True)
class Background:
    """The services of the worker."""

    foundation: Foundation
    sealer: Sealer
    index: TermIndex
    outbox: Outbox
    standing: AccountStanding
    rotation: KeyRotation
    notices: Notices
    invitations: InvitationFeed
    weather: WeatherWatch
    alerts: AlertWatch
    staff_sessions: StaffSessions
    abandoned: Abandoned
    purger: Purger
    eraser: Eraser
    telling: CheckpointTelling
    cases: Cases
    plans: Plans
    register_files: ImportJob
    approvals: Approvals
    staff: StaffDirectory
    rehearsals: RehearsalWork


def build_background(foundation: Foundation) -> Background:
    """Build the worker's services; the carriers of the outbox are named here."""
    f = foundation
    logout = BackchannelLogout(
        f.settings.issuer,
        f.clients,
        f.policy,
        Signer(f.vault.refresh),
        build_outgoing(f.settings),
        f.journal,
    )
    carriers: dict[str, Carrier] = {
        BACKCHANNEL_LOGOUT: logout,
        ORDER: build_orders(f),
        **mail_carriers(f),
    }
    sealer = build_sealer(f)
    return Background(
        foundation=f,
        sealer=sealer,
        index=build_index(f),
        outbox=Outbox(f.database, f.clock, lambda: f.policy.policy.outbox, carriers),
        standing=AccountStanding(f.database, f.clock, f.journal, f.endings),
        rotation=build_rotation(f),
        notices=build_notices(f),
        invitations=build_invitation_feed(f),
        weather=WeatherWatch(f.database, f.clock, f.journal),
        alerts=build_alerts(f, sealer),
        staff_sessions=StaffSessions(f.database, f.clock, f.policy, f.journal),
        abandoned=build_abandoned(f),
        purger=build_purger(f),
        eraser=build_eraser(f),
        telling=build_telling(f),
        cases=build_cases(f),
        plans=build_plans(f),
        register_files=build_import_job(f),
        approvals=build_approvals(f),
        staff=build_staff(f).directory,
        rehearsals=build_rehearsal_work(f),
    )


def build_alerts(f: Foundation, sealer: Sealer) -> AlertWatch:
    """Build the watch that tells people; its canary signs in as everybody does."""
    slots = HashSlots(1)
    short = open_ephemeral(f.settings.redis_url, f.database, f.clock)
    buckets = Buckets(short.storage, f.policy, short.outages)
    password = build_signing_in(f, buckets, slots).password
    canary = Canary(f.database, f.policy, password)
    return AlertWatch(f.database, f.clock, f.policy, f.journal, sealer, f.mails, canary)
