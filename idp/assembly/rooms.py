"""The services and pages of the rooms of blocks, policy, relying parties and keys."""

from __future__ import annotations

from idp.acts.keys import EmergencyRotation
from idp.acts.policy import ActivatePolicy
from idp.alerts import store as alerts
from idp.approvals.service import Approvals
from idp.approvals.views.at_desk import AtDesk
from idp.assembly.foundation import Foundation
from idp.assembly.room_acts import build_room_acts
from idp.assembly.rotation import build_rotation
from idp.block_room.desk import BlockRoom
from idp.block_room.limiting import LookUps
from idp.block_room.outlook import Alert, Outlook
from idp.block_room.people import AccountDesk
from idp.block_room.proposals import Proposals
from idp.block_room.views.lifting import LiftingPages
from idp.block_room.views.listing import ListingPages
from idp.block_room.views.policy import PolicyPages
from idp.block_room.views.weather import WeatherPage
from idp.client_room.desk import ClientRoom
from idp.client_room.keyroom import KeyRoom
from idp.client_room.secrets import SecretDrawing
from idp.client_room.views.clients import ClientPages
from idp.client_room.views.keys import KeyPages
from idp.client_room.views.secret import SecretPages
from idp.clock import from_micros
from idp.lifecycle.standing import AccountStanding
from idp.staff.views.console import Console
from idp.storage.sql import Tx

Rooms = tuple[
    ListingPages, LiftingPages, WeatherPage, PolicyPages, ClientPages, SecretPages, KeyPages
]


def build_rooms(f: Foundation, console: Console, approvals: Approvals) -> Rooms:
    """Build the pages."""
    lift_all, secret = build_room_acts(f)
    activation = ActivatePolicy(f.clients, f.journal, f.clock)
    emergency = EmergencyRotation(build_rotation(f))
    desk, look_ups = AtDesk(console, approvals), LookUps(f.clock, f.policy)
    blocks = BlockRoom(lift_all.desk, f.journal, f.persons, look_ups)
    standing = AccountStanding(f.database, f.clock, f.journal, f.endings)
    accounts = AccountDesk(f.database, f.clock, f.journal, standing, look_ups)
    clients = ClientPages(desk, ClientRoom(f.database, f.clock, f.clients))
    return (
        ListingPages(desk, blocks, accounts),
        LiftingPages(desk, blocks, accounts, lift_all),
        WeatherPage(console, Outlook(f.database, f.clock, open_alerts)),
        PolicyPages(desk, Proposals(f.database, f.clock, f.policy, f.journal), activation),
        clients,
        SecretPages(clients, secret, SecretDrawing(f.database, f.clock, f.clients)),
        KeyPages(desk, KeyRoom(f.database, f.clock, f.clients, emergency.rotation), emergency),
    )


def open_alerts(tx: Tx) -> list[Alert]:
    """List the alerts that go on."""
    return [Alert(x.kind, x.count, from_micros(x.raised_at)) for x in alerts.open_ones(tx)]
