"""The clerks' desk: its services, the acts for two among them, its pages, and the worker's part."""

from __future__ import annotations

from idp.approvals import store as approvals
from idp.approvals.act import Act
from idp.approvals.model import State
from idp.approvals.service import Approvals
from idp.assembly.changes import build_deciding
from idp.assembly.foundation import Foundation
from idp.assembly.leaving import build_leaving
from idp.assembly.register import build_register
from idp.assembly.registration import build_invitations, build_printing
from idp.register_desk.change_queue import ChangeQueue
from idp.register_desk.dues import Dues
from idp.register_desk.exports import ExportAct, RegisterExports
from idp.register_desk.file_vault import FileVault
from idp.register_desk.finding import Finding
from idp.register_desk.import_act import ImportAct
from idp.register_desk.import_job import ImportJob
from idp.register_desk.importing import Imports
from idp.register_desk.letters import Letters
from idp.register_desk.looks import Looks
from idp.register_desk.member_file import MemberFiles
from idp.register_desk.views.changes import ChangesPages
from idp.register_desk.views.desk import Desk
from idp.register_desk.views.dues import DuesPages
from idp.register_desk.views.exports import ExportPages
from idp.register_desk.views.hub import RegisterPage
from idp.register_desk.views.imports import ImportPages
from idp.register_desk.views.invitations import InvitationPages
from idp.register_desk.views.member import MemberPage
from idp.register_desk.views.members import MembersPage
from idp.register_desk.views.withdrawals import WithdrawalPages
from idp.register_desk.withdrawal_act import WithdrawalAct
from idp.register_desk.withdrawals import Withdrawals
from idp.staff.views.console import Console
from idp.storage.sql import Tx

RegisterPages = tuple[
    MembersPage,
    MemberPage,
    ChangesPages,
    RegisterPage,
    ImportPages,
    WithdrawalPages,
    DuesPages,
    InvitationPages,
    ExportPages,
]


def build_imports(f: Foundation) -> Imports:
    """Build what keeps uploaded register files."""
    vault = FileVault(f.persons)
    return Imports(f.database, f.clock, f.policy, f.journal, vault, build_register(f))


def build_import_job(f: Foundation) -> ImportJob:
    """Build the worker's side of register files."""
    return ImportJob(build_imports(f), _still_waits)


def build_withdrawals(f: Foundation) -> Withdrawals:
    """Build what records withdrawals by list."""
    return Withdrawals(f.database, f.clock, f.policy, f.journal, build_leaving(f))


def build_register_acts(f: Foundation) -> tuple[Act, ...]:
    """Build the acts of the desk that policy may send to a second person."""
    return (
        ImportAct(f.journal),
        WithdrawalAct(build_withdrawals(f)),
        ExportAct(f.clock, f.policy, f.journal),
    )


def build_letters(f: Foundation) -> Letters:
    """Build what lists and prints letters."""
    return Letters(
        f.database,
        f.clock,
        f.journal,
        lambda: build_printing(f),
        lambda: f.policy.policy.register.letters_at_once,
    )


def build_register_pages(f: Foundation, console: Console, approvals_: Approvals) -> RegisterPages:
    """Build the pages of the desk."""
    desk = Desk(console, approvals_, f.clock)
    looks = Looks(f.database, f.clock, f.policy, f.journal)
    withdrawals = build_withdrawals(f)
    withdrawing = WithdrawalAct(withdrawals)
    queue = ChangeQueue(f.database, f.clock, f.journal)
    files = MemberFiles(f.database, f.clock, f.journal, looks)
    return (
        MembersPage(desk, Finding(f.database, f.clock, f.journal, looks)),
        MemberPage(desk, files, build_leaving(f), withdrawing, build_invitations(f)),
        ChangesPages(desk, queue, build_deciding(f)),
        RegisterPage(desk),
        ImportPages(desk, build_imports(f), ImportAct(f.journal)),
        WithdrawalPages(desk, withdrawals, withdrawing),
        DuesPages(desk, Dues(f.database, f.clock, f.policy, f.journal)),
        InvitationPages(desk, build_letters(f)),
        ExportPages(
            desk,
            RegisterExports(f.database, f.clock, f.journal),
            ExportAct(f.clock, f.policy, f.journal),
        ),
    )


def _still_waits(tx: Tx, approval: str) -> bool:
    found = approvals.find(tx, approval)
    return found is not None and found.state is State.WAITING
