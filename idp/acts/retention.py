"""How long the log keeps what it holds: legal holds, and a purge before the worker's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from audit.inventory import RetentionClass
from idp.acts.orders import PURGE, order
from idp.approvals.given import only, text
from idp.approvals.model import Author, BadRequest, Difference, Line, Parameters, Why
from idp.clock import Clock
from idp.policy.approvals import ApprovalKind
from idp.policy.model import Audit
from idp.policy.staff import Permission
from idp.retention.holds import LONGEST, Holds, UnknownHold, names_of
from idp.retention.model import HoldKind
from idp.retention.store import standing_holds
from idp.storage.sql import Tx
from idp.subjects.service import by_number
from idp.web.i18n import mark as _

HELD, REASON, CLASS = _("法的な保全"), _("保全の理由"), _("削除する記録の種類と、保存する期間")
PLACE, LIFT = "place", "lift"


@dataclass(frozen=True)
class ChangeHold:
    """Place a hold (`do`: place, `kind`, `value`, `unseen`), or lift one (`do`: lift, `hold`).

    Whether any event names a case or a code is looked up before it is asked for
    (`Holds.check_seen`): that may go through the whole log.
    """

    holds: Holds
    kind: ApprovalKind = ApprovalKind.AUDIT_HOLD
    needs: Permission = Permission.AUDIT_RETAIN

    def difference(self, tx: Tx, parameters: Parameters) -> Difference:
        """Show what is held from then on, or not any more; raises `UnknownHold`."""
        only(parameters, "do", "kind", "value", "unseen", "hold")
        if text(parameters, "do") == LIFT:
            which = text(parameters, "hold")
            found = next((one for one in standing_holds(tx) if one.id == which), None)
            if found is None:
                raise UnknownHold(f"{which[:40]}: no such hold stands")
            held = f"{found.kind.value} {found.value}"
            whose = _whose(found.kind, found.value, found.also)
            return Difference((Line(HELD, held, None), Line(REASON, found.reason, None)), whose)
        kind, value = _kind(parameters), text(parameters, "value")
        if len(value) > LONGEST:
            raise UnknownHold(f"nothing has a name of more than {LONGEST} characters")
        also: str | None = None
        if kind is HoldKind.MEMBER:
            value, also = names_of(tx, value, parameters.get("unseen") is True)
        line = Line(HELD, None, f"{kind.value} {value}" + (f" {also}" if also else ""))
        return Difference((line,), _whose(kind, value, also))

    def perform(self, tx: Tx, parameters: Parameters, author: Author, now: datetime) -> None:  # noqa: ARG002
        """Place or lift it."""
        upon = author.approval
        if text(parameters, "do") == LIFT:
            which = text(parameters, "hold")
            self.holds.lift(which, author.reason, author.actor, approval=upon)
            return
        kind, value = _kind(parameters), text(parameters, "value")
        self.holds.place(kind, value, author.reason, author.actor, unseen=True, approval=upon)


@dataclass(frozen=True)
class PurgeLog:
    """Purge what is past its time now: `class`, or all. The worker does so by itself each day."""

    clock: Clock
    rules: Callable[[], Audit]
    kind: ApprovalKind = ApprovalKind.AUDIT_PURGE
    needs: Permission = Permission.AUDIT_RETAIN

    def difference(self, tx: Tx, parameters: Parameters) -> Difference:  # noqa: ARG002
        """Show which classes, and how long each is kept."""
        only(parameters, "class")
        kept = [_class(parameters)] if parameters.get("class") else list(RetentionClass)
        lengths = self.rules().retention
        lines = [Line(CLASS, f"{one.value} ({lengths.of(one).text})", None) for one in kept]
        return Difference(tuple(lines))

    def perform(self, tx: Tx, parameters: Parameters, author: Author, now: datetime) -> None:
        """Order it."""
        only_class = _class(parameters).value if parameters.get("class") else None
        order(tx, PURGE, author, {"class": only_class}, now)


def _kind(parameters: Parameters) -> HoldKind:
    kind = text(parameters, "kind")
    if text(parameters, "do") != PLACE or kind not in {one.value for one in HoldKind}:
        raise BadRequest(Why.NOT_PLAIN)
    return HoldKind(kind)


def _class(parameters: Parameters) -> RetentionClass:
    name = text(parameters, "class")
    if name not in {one.value for one in RetentionClass}:
        raise BadRequest(Why.NOT_PLAIN)
    return RetentionClass(name)


def _whose(kind: HoldKind, value: str, also: str | None) -> str | None:
    """Name whose key seals the request; a member without an account is told of by number."""
    if kind is not HoldKind.MEMBER:
        return None
    return value if also is not None else by_number(value)
