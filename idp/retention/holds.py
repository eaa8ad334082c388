"""Legal holds: what one covers is neither purged nor erased until it is lifted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from audit.event import Actor, new_id
from audit.names import EventName
from idp.accounts import store as accounts
from idp.clock import Clock, to_micros
from idp.errors import IdpError
from idp.journal.service import Journal
from idp.members import store as members
from idp.retention import store
from idp.retention.model import Hold, HoldKind, needles
from idp.storage.sql import Database, Tx
from idp.subjects.service import PersonKeys, by_number, told_of

LONGEST = 48
"""Characters of a subject, a member number, a case or a code."""


class UnknownHold(IdpError):
    """There is no standing hold of this id, or nobody to be held."""

    code = "unknown_hold"
    status = 404


@dataclass(frozen=True)
class Holds:
    """Places and lifts holds."""

    database: Database
    clock: Clock
    journal: Journal

    def place(
        self,
        kind: HoldKind,
        value: str,
        reason: str,
        actor: Actor,
        *,
        unseen: bool = False,
        approval: str | None = None,
    ) -> Hold:
        """Place a hold; raises `UnknownHold` when there is nothing to be held, unless `unseen`.

        A member is given by number or subject; the hold covers both names.
        """
        now = self.clock.now()
        if len(value) > LONGEST:
            raise UnknownHold(f"nothing has a name of more than {LONGEST} characters")
        if not unseen:
            self.check_seen(kind, value)  # before the act: it may go through the whole log
        with self.database.begin() as tx:
            store.hold_off(tx)
            value, also = names_of(tx, value, unseen) if kind is HoldKind.MEMBER else (value, None)
            hold = Hold(
                id=new_id(now),
                kind=kind,
                value=value,
                also=also,
                reason=reason[:500],
                placed_at=now,
                placed_by=_who(actor),
            )
            columns = {name: getattr(hold, name) for name in ("id", "value", "also", "reason")}
            store.add_hold(
                tx, kind=kind.value, placed_at=to_micros(now), placed_by=hold.placed_by, **columns
            )
            self._record(tx, EventName.HOLD_PLACED, hold, reason, actor, approval)
        return hold

    def check_seen(self, kind: HoldKind, value: str) -> None:
        """Raise `UnknownHold` for a case or a code that no event names; members are looked up."""
        if kind is HoldKind.MEMBER:
            return
        (text,) = needles([value])
        with self.database.read() as tx:
            if not store.is_named(tx, text):
                raise UnknownHold(f"no event names the {kind.value} {value}; {_UNSEEN}")

    def list_all(self) -> list[Hold]:
        """List every hold there ever was, the oldest first."""
        with self.database.read() as tx:
            return store.holds(tx)

    def lift(self, hold_id: str, reason: str, actor: Actor, *, approval: str | None = None) -> Hold:
        """Lift a hold; raises `UnknownHold` when it does not stand."""
        now = self.clock.now()
        with self.database.begin() as tx:
            store.hold_off(tx)
            found = next((hold for hold in store.standing_holds(tx) if hold.id == hold_id), None)
            if found is None:
                raise UnknownHold(f"{hold_id}: no such hold stands; see `idp audit hold list`")
            store.lift_hold(tx, hold_id, to_micros(now), _who(actor), reason[:500])
            self._record(tx, EventName.HOLD_LIFTED, found, reason, actor, approval)
        return found

    def _record(
        self,
        tx: Tx,
        name: EventName,
        hold: Hold,
        reason: str,
        actor: Actor,
        approval: str | None,
    ) -> None:
        subject = None
        data: dict[str, Any] = {"hold": hold.id, "kind": hold.kind.value, "reason": reason[:500]}
        if approval is not None:
            data["approval"] = approval
        if hold.kind is not HoldKind.MEMBER:
            data["value"] = hold.value
        elif hold.also is not None:
            subject = hold.value
        else:
            data["member"] = told_of(hold.value)  # nobody is named in clear
        self.journal.record(tx, name, self.clock.now(), actor=actor, subject=subject, data=data)


def covered_names(tx: Tx, persons: PersonKeys, holds: Sequence[Hold]) -> set[str]:
    """Give every name by which an event may speak of what is held, as of now.

    Of a member: the subject, also of an account that was made after the hold, the member number,
    and the ids of the keys under which events tell of the person without naming them.
    """
    names = {name for hold in holds for name in hold.names}
    members = {name for hold in holds if hold.kind is HoldKind.MEMBER for name in hold.names}
    for name in list(members):
        members.update(store.names_of(tx, name))
    keys = (persons.key_id(tx, who) for name in members for who in (name, by_number(name)))
    return names | members | {key for key in keys if key is not None}


def standing_over(tx: Tx, *names: str | None) -> Hold | None:
    """Find a hold that stands over a member of one of these names (subject, number)."""
    return next((hold for hold in all_over(tx, *names) if hold.lifted_at is None), None)


def all_over(tx: Tx, *names: str | None) -> list[Hold]:
    """List the holds that ever stood over a member of one of these names, the oldest first."""
    return [
        hold
        for hold in store.holds(tx)
        if hold.kind is HoldKind.MEMBER and any(name in hold.names for name in names if name)
    ]


_UNSEEN = "look at how it is written, or hold it all the same with --not-seen-yet"


def names_of(tx: Tx, who: str, unseen: bool) -> tuple[str, str | None]:
    """Give subject and number of somebody's account; of a member without one, the number."""
    account = accounts.find(tx, who) or accounts.find_by_number(tx, who)
    if account is not None:
        return account.subject, account.member_number
    if members.find(tx, who) is None and not unseen:
        says = f"{who}: no member of this number and no account of this subject; {_UNSEEN}"
        raise UnknownHold(says)
    return who, None


def _who(actor: Actor) -> str:
    return str(actor.id or actor.kind)[:64]
