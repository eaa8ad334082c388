"""Proposed limits: kept with their text, rehearsed by the worker, activated by an act of their own.

A proposal is the policy in force with another `limits.toml`. Its rehearsal reads the log in pages
and says how far it is; one that was killed begins again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import structlog

from audit.event import Actor, new_id
from audit.names import EventName
from idp.attempts.reading import count_between
from idp.block_room import store
from idp.block_room.changes import Change, changes
from idp.block_room.model import (
    PolicyMoved,
    Proposed,
    RehearsalState,
    UnknownProposal,
    WrongProposal,
    is_id,
)
from idp.clock import TOKYO, Clock, from_micros, to_micros
from idp.errors import Unavailable
from idp.inforce import store as policies
from idp.inforce.service import PolicyInForce, read_active
from idp.journal.model import Behind
from idp.journal.service import Journal
from idp.policy.folder import AREAS, BadPolicy, Proposal, proposal
from idp.rehearsal.content import content_of
from idp.rehearsal.service import WARM_UP, Rehearsal
from idp.storage.sql import Database

log = structlog.get_logger(__name__)
NOTABLE = timedelta(days=7)
LONGEST_PERIOD = timedelta(days=93)
MOST_TEXT = 30_000
OWN, ALL = 2, 10
"""How many rehearsals may wait or run at once: of one person, and altogether."""
PAGE = 20
LIMITS = "limits"


@dataclass(frozen=True, slots=True)
class Activated:
    """One activation of a policy."""

    number: int
    digest: str
    since: datetime
    by: str


@dataclass(frozen=True)
class Proposals:
    """Takes proposals and shows them."""

    database: Database
    clock: Clock
    policy: PolicyInForce
    journal: Journal

    def text_in_force(self, area: str = LIMITS) -> str:
        """Give the text of a policy file that is in force; "" for one there is not."""
        return self.policy.current.texts.get(area, "")

    def propose(
        self, area: str, text: str, begin: date, end: date, actor: Actor, behind: Behind
    ) -> Proposed:
        """Keep a proposal: the policy in force with another text of one file.

        Changed limits are rehearsed by the worker over the days from begin to end; there is nothing
        to rehearse in other files. Raises `WrongProposal` with the field that is wrong.
        """
        now, current = self.clock.now(), self.policy.current
        if area not in AREAS:
            raise WrongProposal("file", "no file of the policy")
        self._check_period(begin, end)
        first, last = _midnight(begin), _midnight(end + timedelta(days=1))
        plain = text.replace("\r\n", "\n").replace("\r", "\n")
        if len(plain) > MOST_TEXT:
            raise WrongProposal("text", f"at most {MOST_TEXT} characters")
        new = _proposal({**current.texts, area: plain})
        if new.policy == current.policy:
            raise WrongProposal("text", "nothing changes")
        rehearsed = new.policy.limits != current.policy.limits
        made = Proposed(
            id=new_id(now),
            digest=new.digest,
            texts=new.texts,
            base=current.digest,
            made_by=str(actor.id),
            made_at=now,
            begins=first,
            ends=last,
            state=RehearsalState.WAITING if rehearsed else RehearsalState.DONE,
            read=0,
            total=0,
            result=None,
            failure=None,
            finished_at=None if rehearsed else now,
        )
        with self.database.begin() as tx:
            tx.lock("policy-proposals")
            everybody, own = store.count_open(tx, made.made_by)
            if own >= OWN or everybody >= ALL:
                raise WrongProposal("busy", "so many rehearsals wait already")
            store.add_proposal(tx, made)
            data = {
                "file": area,
                "proposal": made.id,
                "digest": made.digest,
                "from": begin.isoformat(),
                "to": end.isoformat(),
            }
            self.journal.record(
                tx,
                EventName.POLICY_REHEARSED,
                now,
                actor=actor,
                session=behind.session,
                origin=behind.origin,
                data={**behind.data, **data},
            )
        return made

    def find(self, proposal_id: str) -> Proposed:
        """Find one; raises `UnknownProposal`."""
        with self.database.read() as tx:
            found = store.find_proposal(tx, proposal_id) if is_id(proposal_id) else None
        if found is None:
            raise UnknownProposal("there is no such proposal")
        return found

    def newest(self, before: int | None = None, most: int = PAGE) -> list[Proposed]:
        """List them, newest first; `before` in microseconds."""
        now = to_micros(self.clock.now()) + 1
        with self.database.read() as tx:
            return store.newest_proposals(tx, before if before is not None else now, most)

    def notable(self, staff_id: str) -> int:
        """Count the proposals of a person that are rehearsed, and could be put in force."""
        digest = self.policy.digest
        since = self.clock.now() - NOTABLE
        return sum(
            one.made_by == staff_id
            and one.state is RehearsalState.DONE
            and one.base == digest
            and one.made_at > since
            for one in self.newest()
        )

    def history(self) -> list[Activated]:
        """List what was in force since when, newest first."""
        with self.database.read() as tx:
            return [
                Activated(number, digest, from_micros(at), by)
                for number, digest, at, by in policies.history(tx)
            ]

    def version(self, number: int) -> tuple[Activated, list[Change]]:
        """Give one activation, and what it changed; raises `UnknownProposal`."""
        listed = self.history()
        found = next((one for one in listed if one.number == number), None)
        if found is None:
            raise UnknownProposal("no policy was put in force under this number")
        before = next((one for one in listed if one.number == number - 1), None)
        if before is None:
            return found, []
        with self.database.read() as tx:
            texts = [policies.find_text(tx, one.digest) or {} for one in (before, found)]
        old, new = (read_active(json.dumps(one)).policy for one in texts)
        return found, list(changes(old, new))

    def to_activate(self, proposal_id: str) -> Proposal:
        """Give what can be put in force; raises `UnknownProposal`, `PolicyMoved`, `BadPolicy`.

        `PolicyMoved`: the rehearsal is not over, or another policy came into force since.
        """
        found = self.find(proposal_id)
        if found.state is not RehearsalState.DONE or found.base != self.policy.digest:
            raise PolicyMoved(proposal_id)
        return proposal(dict(found.texts))

    def changes_of(self, found: Proposed) -> list[Change]:
        """Tell what a proposal changes of the policy it was made from."""
        with self.database.read() as tx:
            base = policies.find_text(tx, found.base) or {}
        old = read_active(json.dumps(base)).policy
        return list(changes(old, proposal(dict(found.texts)).policy))

    def _check_period(self, begin: date, end: date) -> None:
        today = self.clock.today()
        if begin > today:
            raise WrongProposal("from", "it lies in the future")
        if end < begin:
            raise WrongProposal("to", "it lies before the first day")
        if end - begin > LONGEST_PERIOD:
            raise WrongProposal("to", f"at most {LONGEST_PERIOD.days} days at once")


@dataclass(frozen=True)
class RehearsalWork:
    """Rehearses what waits, one at a time; the worker's."""

    database: Database
    clock: Clock

    def work(self) -> int:
        """Rehearse the oldest that waits, or that was killed; answers how many were finished."""
        with self.database.read() as tx:
            found = store.next_proposal(tx)
        if found is None:
            return 0
        total = max(1, count_between(self.database, found.begins - WARM_UP))
        self._note(found, 0, total)
        try:
            new = proposal(dict(found.texts))
            read = 0

            def more(count: int) -> None:
                nonlocal read
                read += count
                self._note(found, min(read, total), total)

            done = Rehearsal(self.database).rehearse(new, found.begins, found.ends, more)
            result, failure = _plain(content_of(done)), None
        except Unavailable:
            raise  # tried again later, from the beginning
        except (BadPolicy, LookupError) as error:
            log.warning("rehearsal.failed", proposal=found.id, error=str(error))
            result, failure = None, str(error)
        except Exception:  # else it would be tried for ever, and those behind it with it
            log.exception("rehearsal.broken", proposal=found.id)
            result, failure = None, "an error of the program; it stands in its log"
        at = to_micros(self.clock.now())
        with self.database.begin() as tx:
            return int(store.finish(tx, found.id, at, result, failure))

    def _note(self, found: Proposed, read: int, total: int) -> None:
        with self.database.begin() as tx:
            store.go_on(tx, found.id, read, total)


def _proposal(texts: dict[str, str]) -> Proposal:
    try:
        return proposal(texts)
    except BadPolicy as error:
        raise WrongProposal("text", error.detail.removeprefix("policy/")) from None
    except RecursionError:  # brackets within brackets: no policy, and no fault of ours
        raise WrongProposal("text", "values lie too deep within each other") from None


def _plain(content: Mapping[str, Any]) -> dict[str, Any]:
    """Give values as JSON carries them: instants as RFC 3339."""
    written = json.dumps(content, ensure_ascii=False, default=lambda value: value.isoformat())
    return dict(json.loads(written))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=TOKYO)
