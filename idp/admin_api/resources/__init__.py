"""The resources of the API, one module each: their shapes, their routes, and what these do."""

from __future__ import annotations

from typing import Final, Protocol

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
from idp.admin_api.routes import Route


class Resource(Protocol):
    """Something that declares routes; declaring needs none of its services."""

    def routes(self) -> tuple[Route, ...]:
        """Declare what is offered."""
        ...


ALL: Final[tuple[type[Resource], ...]] = (
    Members,
    AccountActs,
    ChangeDesk,
    InvitationDesk,
    WithdrawalDesk,
    Blocks,
    BlockLists,
    OwnApprovals,
    ClientDesk,
    ClientChanges,
    SecretDesk,
    KeyBook,
    KeySteps,
    StaffBook,
    AuditLog,
)
"""In the order of the description."""
