"""What comes from elsewhere: the office, the register, and time."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.lifecycle.machine import MEMBERS, Machine
from tests.lifecycle.people import OFFICE, end_membership

WAITS = st.sampled_from((20, 90, 360, 660, 1_900, 3_700, 90_000))
LONGEST_SEQUENCE = 6 * 86_400


class Office(Machine):
    """Accounts are stopped, blocked and restored; memberships end; time goes by."""

    @rule(
        who=MEMBERS,
        act=st.sampled_from(("stop", "block", "restore", "restore", "restore", "restore")),
    )
    def office(self, who: int, act: str) -> None:
        """The office takes an account out of service, or back."""
        person, standing = self.world.people[who], self.house.standing
        if act == "restore":
            if not (person.stopped or person.blocked):
                return
            standing.restore(person.subject, OFFICE, "test")
            person.stopped = person.blocked = False
            self.world.check([k for k in self.world.keys if k.owner is person and k.ended])
        elif act == "stop":
            standing.stop(person.subject, OFFICE, "test")
            person.stopped = True
            self.world.end(person, "stop")
        else:
            standing.block(person.subject, OFFICE, "test")
            person.blocked = True
            self.world.end(person, "block")
        self.world.look()

    @rule(who=MEMBERS, days=st.sampled_from((0, 1, None, None, None)), told=st.booleans())
    def register(self, who: int, days: int | None, told: bool) -> None:
        """The register says when a membership ends; the worker may tell, or not yet."""
        person = self.world.people[who]
        end = self.house.today() + timedelta(days) if days is not None else None
        end_membership(self.house, person, end)
        if told and days == 0:
            self.house.standing.end_former_members()
            self.world.end(person, "end of membership")
        self._see_who_has_ended()
        self.world.look()

    @rule(seconds=WAITS)
    def wait(self, seconds: int) -> None:
        """Time goes by."""
        if self.house.offset + seconds < LONGEST_SEQUENCE:
            self.house.set_clock(self.house.offset + seconds)
            self._see_who_has_ended()

    def _see_who_has_ended(self) -> None:
        for person in self.world.people:
            if person.ends_on is not None and person.ends_on <= self.house.today():
                for key in [k for k in self.world.keys if k.owner is person and not k.ended]:
                    assert not self.world.opens(key), f"alive without a membership: {key}"
                    self.tally[f"without a membership: {key.kind} refused"] += 1
