"""The ring's invariants under any order of plans, manual steps, emergencies and clock steps."""

from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from keys import jwks, ring
from keys.errors import IllegalTransition, KeyTooYoung
from keys.ring import Act, KeyRecord, KeyState, RotationRules

ORDER = list(KeyState)
START = datetime(2026, 4, 1, tzinfo=UTC)
HOURS = st.integers(min_value=1, max_value=2000)


class RingMachine(RuleBasedStateMachine):
    """A clerk, a planner and a thief act on one ring."""

    @initialize(announce=HOURS, more=HOURS, dwell=HOURS)
    def start(self, announce: int, more: int, dwell: int) -> None:
        hour = timedelta(hours=1)
        self.terms = RotationRules(
            ("ES256", "RS256"), announce * hour, (announce + more) * hour, dwell * hour
        )
        self.now = START
        self.records: tuple[KeyRecord, ...] = ()
        self.made = 0
        self.planned = False

    def new_key(self, alg: str) -> KeyRecord:
        self.made += 1
        return KeyRecord(
            kid=f"k{self.made}",
            alg=alg,
            state=KeyState.ANNOUNCED,
            announced_at=self.now,
            public_jwk={"kty": "OKP", "crv": "Ed25519", "x": "AAAA"},
            wrapped_private="v1.private",
        )

    def become(self, after: tuple[KeyRecord, ...]) -> None:
        """Move on, checking what no single step may do."""
        could_sign = {r.alg for r in self.records if r.state is KeyState.ACTIVE}
        before = {record.kid: record for record in self.records}
        for record in after:
            old = before.get(record.kid)
            if old is not None:
                assert ORDER.index(old.state) <= ORDER.index(record.state), "a key went back"
            started = record.state is KeyState.ACTIVE and (old is None or old.state != record.state)
            given_up = any(r.alg == record.alg and r.compromised_at for r in self.records)
            if started and could_sign and (record.alg in could_sign or not given_up):
                assert self.now >= record.announced_at + self.terms.announce_for
        assert before.keys() <= {record.kid for record in after}, "a key was forgotten"
        self.records = after

    @rule(hours=st.integers(min_value=-50, max_value=5000))
    def let_time_pass(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.planned = False

    @rule()
    def follow_the_plan(self) -> None:
        steps = ring.plan(self.records, self.now, self.terms)
        fresh = [self.new_key(step.alg) for step in steps if step.act is Act.ANNOUNCE]
        self.become(ring.apply(self.records, steps, self.now, self.terms, fresh))
        assert ring.plan(self.records, self.now, self.terms) == [], "a plan is not finished"
        self.planned = True

    @rule(alg=st.sampled_from(["ES256", "RS256"]))
    def announce(self, alg: str) -> None:
        self.become(ring.announce(self.records, self.new_key(alg)))

    @precondition(lambda self: self.records)
    @rule(data=st.data())
    def activate(self, data: st.DataObject) -> None:
        kid = data.draw(st.sampled_from(self.records)).kid
        try:
            self.become(ring.activate(self.records, kid, self.now, self.terms))
        except (KeyTooYoung, IllegalTransition):
            return

    @precondition(lambda self: self.records)
    @rule(data=st.data())
    def retire(self, data: st.DataObject) -> None:
        kid = data.draw(st.sampled_from(self.records)).kid
        try:
            self.become(ring.retire(self.records, kid, self.now, self.terms))
        except (KeyTooYoung, IllegalTransition):
            return
        self.planned = False  # a key that was waiting may be gone until the next plan

    @precondition(lambda self: self.records)
    @rule(data=st.data())
    def compromise(self, data: st.DataObject) -> None:
        kid = data.draw(st.sampled_from(self.records)).kid
        self.become(ring.compromise(self.records, kid, self.now))
        self.planned = False

    @invariant()
    def at_most_one_signs_and_after_a_plan_one_does_or_waits_for_its_day(self) -> None:
        for alg in ("ES256", "RS256"):
            own = [r for r in self.records if r.alg == alg]
            active = [r for r in own if r.state is KeyState.ACTIVE]
            assert len(active) <= 1
            waiting = [r for r in own if r.state is KeyState.ANNOUNCED]
            assert active or waiting or not self.planned
        if self.planned:
            assert any(r.state is KeyState.ACTIVE for r in self.records)

    @invariant()
    def only_living_keys_are_published_and_the_dead_have_no_private_part(self) -> None:
        published = {jwk["kid"] for jwk in jwks.as_dict(self.records)["keys"]}
        for record in self.records:
            alive = record.state is not KeyState.RETIRED
            assert (record.kid in published) == alive
            assert (record.wrapped_private is not None) == alive

    @invariant()
    def the_stored_form_is_sound(self) -> None:
        ring.check(self.records)


TestRing = RingMachine.TestCase
TestRing.settings = settings(max_examples=60, stateful_step_count=40, deadline=None, database=None)
