"""The admin API, assembled: its resources with their services, its door, its description."""

from __future__ import annotations

from idp.admin_api import answers
from idp.admin_api.endpoint import Endpoint
from idp.admin_api.guard import Guard
from idp.admin_api.looks import Looks
from idp.admin_api.once import Once
from idp.admin_api.openapi import Description, describe
from idp.admin_api.programs import SecondPersons
from idp.admin_api.rates import Rates
from idp.admin_api.recording import Recording
from idp.admin_api.resources import ALL, Resource
from idp.admin_api.resources.accounts import AccountActs
from idp.admin_api.resources.approvals import OwnApprovals
from idp.admin_api.resources.audit import AuditLog
from idp.admin_api.resources.block_lists import BlockLists
from idp.admin_api.resources.blocks import Blocks
from idp.admin_api.resources.changes import ChangeDesk
from idp.admin_api.resources.client_changes import ClientChanges
from idp.admin_api.resources.clients import ClientDesk
from idp.admin_api.resources.invitations import InvitationDesk
from idp.admin_api.resources.key_steps import KeySteps
from idp.admin_api.resources.keys import KeyBook
from idp.admin_api.resources.members import Members
from idp.admin_api.resources.secrets import SecretDesk
from idp.admin_api.resources.staff import StaffBook
from idp.admin_api.resources.withdrawals import WithdrawalDesk
from idp.admin_api.routes import Routes, joined
from idp.assembly.approvals import build_approvals
from idp.assembly.audit_room import build_looking, in_room
from idp.assembly.blocks import build_block_desk
from idp.assembly.changes import build_deciding
from idp.assembly.provider import Provider
from idp.assembly.register_desk import build_withdrawals
from idp.assembly.registration import build_invitations
from idp.assembly.rotation import build_rotation
from idp.assembly.staff import build_staff
from idp.block_room.acts import LiftAll
from idp.client_room.secrets import SecretDrawing
from idp.lifecycle.standing import AccountStanding
from idp.oidc.door import Machine
from idp.policy.admin_api import ROOT

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT")
"""All there are: which of them a path offers is told by its own 405."""


def build_admin_api(provider: Provider) -> dict[str, Machine]:
    """Build the machines that are mounted at the root and below; raises `UndeclaredRoute`."""
    f = provider.foundation
    rates = Rates(provider.buckets, f.policy)
    recording = Recording(f.database, f.clock, f.journal)
    resources = build_resources(provider, Looks(f.database, rates, recording))
    endpoint = Endpoint(
        described(resources),
        Guard(provider.tokens.resource, f.clients, f.policy, rates, recording),
        Once(f.database, f.clock, f.policy, f.master),
        recording,
        f.clock,
    )
    machine = Machine(
        endpoint.answer,
        METHODS,
        reads_body=True,
        blanks=True,
        max_body=lambda: f.policy.policy.admin_api.largest_body,
        refusal=answers.refused_by_door,
    )
    return {ROOT: machine, f"{ROOT}/": machine}


def build_resources(provider: Provider, looks: Looks) -> tuple[Resource, ...]:
    """Build the resources with their services, all that the description names."""
    f = provider.foundation
    looking, approvals, rotation = build_looking(in_room(f)), build_approvals(f), build_rotation(f)
    second = SecondPersons(approvals)
    built: tuple[Resource, ...] = (
        Members(f.database, f.clock, looks),
        AccountActs(f.database, AccountStanding(f.database, f.clock, f.journal, f.endings)),
        ChangeDesk(f.clock, build_deciding(f), looks),
        InvitationDesk(f.clock, build_invitations(f), looks),
        WithdrawalDesk(build_withdrawals(f), second, looks),
        Blocks(build_block_desk(f), f.database, f.journal, looks),
        BlockLists(LiftAll(build_block_desk(f)), second),
        OwnApprovals(approvals),
        ClientDesk(f.clients),
        ClientChanges(f.clients),
        SecretDesk(f.clients, SecretDrawing(f.database, f.clock, f.clients), second),
        KeyBook(rotation, f.clients),
        KeySteps(rotation, second),
        StaffBook(build_staff(f).directory, f.journal),
        AuditLog(looking.database, looking.journal, looking.search, looks),
    )
    assert tuple(type(one) for one in built) == ALL
    return built


def described(resources: tuple[Resource, ...]) -> Routes:
    """Give all routes, that of their description too."""
    description = Description()
    routes = joined([*(one.routes() for one in resources), description.routes()])
    description.content.update(describe(routes))
    return routes


def declared() -> Routes:
    """Give all routes as they are declared; what they do cannot be called."""
    return described(tuple(object.__new__(one) for one in ALL))
