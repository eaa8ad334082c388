"""What an act that may have to wait for a second person looks like to those who write one."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, runtime_checkable

from idp.approvals.model import Author, Difference, Parameters
from idp.policy.approvals import ApprovalKind
from idp.policy.staff import Permission
from idp.storage.sql import Tx


class Act(Protocol):
    """One act that policy may send to a second person.

    Both methods run inside `Database.together`: a service that opens its own transaction joins it.
    """

    @property
    def kind(self) -> ApprovalKind:
        """The name policy knows it by."""
        ...

    @property
    def needs(self) -> Permission:
        """What the person who asks must be allowed to do."""
        ...

    def difference(self, tx: Tx, parameters: Parameters) -> Difference:
        """Tell what would change now; raises an `IdpError` when it cannot be done at all."""
        ...

    def perform(self, tx: Tx, parameters: Parameters, author: Author, now: datetime) -> None:
        """Do it, with its event; raises an `IdpError`, and nothing is stored then."""
        ...


@runtime_checkable
class ActOfSome(Protocol):
    """An act that not everybody may ask for who has its permission."""

    def permit(self, tx: Tx, parameters: Parameters, requester: str) -> None:
        """Raise an `IdpError` when this person may not ask for it, now and at the decision."""
        ...


def permit(act: Act, tx: Tx, parameters: Parameters, requester: str) -> None:
    """Ask an act whether this person of the staff may ask for it."""
    if isinstance(act, ActOfSome):
        act.permit(tx, parameters, requester)


@runtime_checkable
class ActByOthers(Protocol):
    """An act that not everybody may decide about who has the permission for it."""

    def permit_decision(self, tx: Tx, parameters: Parameters, decider: str) -> None:
        """Raise an `IdpError` when this person is too near to what is to be done."""
        ...


def permit_decision(act: Act, tx: Tx, parameters: Parameters, decider: str) -> None:
    """Ask an act whether this person of the staff may decide about it."""
    if isinstance(act, ActByOthers):
        act.permit_decision(tx, parameters, decider)
