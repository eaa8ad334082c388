"""Sessions of the staff: short, of a cookie of their own, and worth what their person may do now.

Nothing is trusted that was true at sign-in: account, roles, network and times are looked at with
each request. Ends are noted with their event when they happen, or by the worker.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any

from audit.event import Actor, new_id
from audit.names import EventName
from idp.clock import Clock, to_micros
from idp.inforce.service import PolicyInForce
from idp.journal.model import NOWHERE, Origin
from idp.journal.service import SYSTEM, Journal
from idp.policy.staff import Permission
from idp.staff import session_store as store
from idp.staff.model import (
    Acting,
    End,
    StaffAccount,
    StaffSession,
    StaffSignedIn,
    StaffVisit,
    effective_roles,
    permissions_of,
)
from idp.storage.secret_text import draw_token, hash_token
from idp.storage.sql import Database, Tx

TOUCH_EVERY = timedelta(seconds=30)
AHEAD = timedelta(seconds=5)
"""How far the clocks of two nodes may lie apart."""
BATCH = 500
BY_PASSWORD_AND_APP = ("pwd", "otp", "mfa")


@dataclass(frozen=True)
class StaffSessions:
    """Starts, finds and ends them."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal

    def admits(self, address: str) -> bool:
        """Tell whether the staff pages answer this address (`roles.source_networks`)."""
        networks = self.policy.policy.roles.source_networks
        if not networks:
            return True
        caller = ip_address(address)
        return any(caller in ip_network(network) for network in networks)

    def current(self, cookie: str | None) -> Acting | None:
        """Give who acts in the browser with this cookie; None where nobody may."""
        if cookie is None:
            return None
        now, rules = self.clock.now(), self.policy.policy.roles
        with self.database.read() as tx:
            found = store.find_by_cookie(tx, hash_token(cookie))
            if found is None or self._is_over(*found, now):
                return None
            session, account = found
            held = store.held_roles(tx, account.id, now)
        if now - session.last_seen_at >= TOUCH_EVERY:
            with self.database.begin() as tx:
                store.touch(tx, session.id, to_micros(now))
        roles = effective_roles(held, rules)
        permissions = permissions_of(roles, rules)
        return Acting(
            account.id, account.name, account.address, roles, permissions, session, cookie
        )

    def is_recent(self, acting: Acting) -> bool:
        """Tell whether somebody authenticated a moment ago (`roles.sessions.recent`)."""
        recent = self.policy.policy.roles.sessions.recent.delta
        # A clock that was set back must not make one code hold for longer.
        return -AHEAD <= self.clock.now() - acting.session.auth_time <= recent

    def holds(self, acting: Acting, permission: Permission) -> bool:
        """Tell whether somebody may still do what they began; looking prolongs nothing."""
        now, rules = self.clock.now(), self.policy.policy.roles
        with self.database.read() as tx:
            found = store.find_by_cookie(tx, hash_token(acting.cookie))
            if found is None or self._is_over(*found, now):
                return False
            held = store.held_roles(tx, acting.staff_id, now)
        return permission in permissions_of(effective_roles(held, rules), rules)

    def start(
        self,
        tx: Tx,
        account: StaffAccount,
        visit: StaffVisit,
        target: str,
        decision: Mapping[str, Any],
        now: datetime,
    ) -> StaffSignedIn:
        """Start a session in the settling transaction, with its event; cookie and id are new.

        The session this browser had before ends (session fixation: CVE-2024-7341).
        """
        self._end_of_browser(tx, visit, now)
        cookie, device, at = draw_token(), visit.device_cookie or draw_token(), to_micros(now)
        session_id = new_id(now)
        store.add(
            tx,
            id=session_id,
            cookie_hash=hash_token(cookie),
            staff_id=account.id,
            auth_time=at,
            created_at=at,
            last_seen_at=at,
            expires_at=at + self.policy.policy.roles.sessions.absolute.micros,
            agent=visit.origin.device,
            address=visit.origin.address,
        )
        store.know_device(tx, account.id, hash_token(device), at)
        self.journal.record(
            tx,
            EventName.SESSION_STARTED,
            now,
            actor=Actor("staff", account.id),
            subject=account.id,
            session=session_id,
            origin=visit.origin,
            decision=decision,
            data={"amr": list(BY_PASSWORD_AND_APP)},
        )
        return StaffSignedIn(cookie, device, target)

    def sign_out(self, acting: Acting, origin: Origin, reason: End = End.SIGNED_OUT) -> None:
        """End the session of somebody who acts."""
        now = self.clock.now()
        with self.database.begin() as tx:
            actor = Actor("staff", acting.staff_id)
            self._end(tx, acting.session.id, acting.staff_id, reason, actor, now, origin)

    def end_all(self, tx: Tx, staff_id: str, reason: End, actor: Actor, now: datetime) -> int:
        """End every session of somebody; answers how many."""
        live = store.live_of(tx, staff_id)
        return sum(self._end(tx, one, staff_id, reason, actor, now) for one in live)

    def end_expired(self) -> int:
        """Note the end of sessions that are over by time; answers how many."""
        now, rules = self.clock.now(), self.policy.policy.roles.sessions
        at = to_micros(now)
        with self.database.read() as tx:
            over = store.over_by_time(tx, at, at - rules.idle.micros, BATCH)
        ended = 0
        for session_id, staff_id in over:
            with self.database.begin() as tx:
                ended += self._end(tx, session_id, staff_id, End.EXPIRED, SYSTEM, now)
        return ended

    def _is_over(self, session: StaffSession, account: StaffAccount, now: datetime) -> bool:
        idle = self.policy.policy.roles.sessions.idle.delta
        return (
            session.ended_at is not None
            or account.ended_at is not None
            or account.credentials_changed_at > session.created_at
            or now >= session.expires_at
            or now - session.last_seen_at >= idle
        )

    def _end_of_browser(self, tx: Tx, visit: StaffVisit, now: datetime) -> None:
        if visit.session_cookie is None:
            return
        found = store.find_by_cookie(tx, hash_token(visit.session_cookie))
        if found is not None:
            session, account = found
            actor = Actor("staff", account.id)
            self._end(tx, session.id, account.id, End.SIGNED_IN_AGAIN, actor, now, visit.origin)

    def _end(
        self,
        tx: Tx,
        session_id: str,
        staff_id: str,
        reason: End,
        actor: Actor,
        now: datetime,
        origin: Origin = NOWHERE,
    ) -> bool:
        if not store.end(tx, session_id, reason.value, to_micros(now)):
            return False
        self.journal.record(
            tx,
            EventName.SESSION_ENDED,
            now,
            actor=actor,
            subject=staff_id,
            session=session_id,
            origin=origin,
            data={"reason": reason.value},
        )
        return True
