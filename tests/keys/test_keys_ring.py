"""The ring's transitions, one by one (keys.ring)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from keys import ring
from keys.errors import BrokenRing, IllegalTransition, KeyTooYoung, UnknownKey
from keys.ring import Act, KeyRecord, KeyState, RotationRules, Step

DAY = timedelta(days=1)
RULES = RotationRules(("ES256",))


def key(kid: str, at: datetime, alg: str = "ES256") -> KeyRecord:
    return KeyRecord(
        kid=kid,
        alg=alg,
        state=KeyState.ANNOUNCED,
        announced_at=at,
        public_jwk={},
        wrapped_private="v1",
    )


def states(records: tuple[KeyRecord, ...]) -> dict[str, str]:
    return {record.kid: record.state.value for record in records}


def test_first_start_announces_and_activates_at_once(now: datetime) -> None:
    steps = ring.plan((), now, RULES)
    assert steps == [Step(Act.ANNOUNCE, "ES256", None, "no key can sign", at_once=True)]
    after = ring.apply((), steps, now, RULES, [key("a", now)])
    assert states(after) == {"a": "active"}
    assert after[0].activated_at == now


def test_the_whole_life_at_its_exact_moments(now: datetime) -> None:
    """Row 74: Core 10.1.1."""
    records = ring.activate((key("a", now),), "a", now, RULES)
    tick = timedelta(microseconds=1)
    assert ring.plan(records, now + 89 * DAY - tick, RULES) == []
    (step,) = ring.plan(records, now + 89 * DAY, RULES)
    assert (step.act, step.at_once) == (Act.ANNOUNCE, False)
    records = ring.announce(records, key("b", now + 89 * DAY))
    assert ring.plan(records, now + 90 * DAY - tick, RULES) == []
    (step,) = ring.plan(records, now + 90 * DAY, RULES)
    assert (step.act, step.kid) == (Act.ACTIVATE, "b")
    records = ring.activate(records, "b", now + 90 * DAY, RULES)
    assert states(records) == {"a": "retiring", "b": "active"}
    assert ring.plan(records, now + 92 * DAY - tick, RULES) == []
    (step,) = ring.plan(records, now + 92 * DAY, RULES)
    assert (step.act, step.kid) == (Act.RETIRE, "a")
    records = ring.retire(records, "a", now + 92 * DAY, RULES)
    assert states(records) == {"a": "retired", "b": "active"}
    assert records[0].wrapped_private is None


def test_an_overdue_ring_still_waits_for_the_announcement(now: datetime) -> None:
    records = ring.activate((key("a", now),), "a", now, RULES)
    late = now + 400 * DAY
    records = ring.apply(records, ring.plan(records, late, RULES), late, RULES, [key("b", late)])
    assert states(records) == {"a": "active", "b": "announced"}
    assert ring.plan(records, late + DAY - timedelta(seconds=1), RULES) == []
    assert ring.plan(records, late + DAY, RULES)[0].act is Act.ACTIVATE


def test_activating_young_keys_is_refused_while_another_signs(now: datetime) -> None:
    records = ring.activate((key("a", now),), "a", now, RULES)
    records = ring.announce(records, key("b", now + DAY))
    with pytest.raises(KeyTooYoung) as caught:
        ring.activate(records, "b", now + 2 * DAY - timedelta(seconds=1), RULES)
    assert caught.value.available_at == now + 2 * DAY


def test_illegal_steps_are_named(now: datetime) -> None:
    records = ring.activate((key("a", now),), "a", now, RULES)
    with pytest.raises(UnknownKey):
        ring.activate(records, "../a\x00", now, RULES)
    with pytest.raises(IllegalTransition, match="is active, only an announced"):
        ring.activate(records, "a", now, RULES)
    with pytest.raises(IllegalTransition, match="activate a successor"):
        ring.retire(records, "a", now, RULES)
    with pytest.raises(IllegalTransition, match="already in the ring"):
        ring.announce(records, key("a", now))
    with pytest.raises(IllegalTransition, match="announced first"):
        ring.announce(records, replace(key("c", now), state=KeyState.ACTIVE))
    gone = ring.compromise(records, "a", now)
    with pytest.raises(IllegalTransition, match="retired already"):
        ring.retire(gone, "a", now, RULES)
    with pytest.raises(IllegalTransition, match="is retired, only an announced"):
        ring.activate(gone, "a", now + 9 * DAY, RULES)


def test_retiring_early_is_refused_and_withdrawing_an_announced_key_is_not(now: datetime) -> None:
    records = ring.activate((key("a", now),), "a", now, RULES)
    records = ring.announce(records, key("b", now))
    records = ring.announce(records, key("c", now))
    records = ring.activate(records, "b", now + DAY, RULES)
    with pytest.raises(KeyTooYoung):
        ring.retire(records, "a", now + 3 * DAY - timedelta(seconds=1), RULES)
    assert states(ring.retire(records, "c", now + DAY, RULES))["c"] == "retired"


def test_a_compromised_key_leaves_at_once_and_the_young_successor_takes_over(now: datetime) -> None:
    records = ring.activate((key("a", now),), "a", now, RULES)
    records = ring.announce(records, key("b", now + DAY))
    moment = now + DAY + timedelta(minutes=1)
    records = ring.compromise(records, "a", moment)
    assert records[0].compromised_at == moment
    assert records[0].wrapped_private is None
    (step,) = ring.plan(records, moment, RULES)
    assert (step.act, step.kid) == (Act.ACTIVATE, "b")
    assert states(ring.apply(records, [step], moment, RULES, []))["b"] == "active"


def test_naming_a_retired_key_compromised_keeps_its_dates(now: datetime) -> None:
    once = ring.compromise((key("a", now),), "a", now)
    assert ring.compromise(once, "a", now + DAY) == once


def test_the_oldest_announced_key_is_chosen_never_a_random_one(now: datetime) -> None:
    waiting = [key(kid, now + timedelta(minutes=n)) for kid, n in (("z", 0), ("a", 1), ("m", 0))]
    for records in (waiting, waiting[::-1]):
        assert ring.plan(records, now, RULES)[0].kid == "m"


def test_an_algorithm_that_is_no_longer_wanted_is_withdrawn(now: datetime) -> None:
    new = (key("a", now), key("r", now, "RS256"), key("s", now, "RS256"))
    records = ring.activate(new, "a", now, RULES)
    later = now + RULES.announce_for
    records = ring.activate(records, "r", later, RULES)
    now = later
    steps = ring.plan(records, now, RULES)
    assert [(s.act, s.kid) for s in steps] == [(Act.WITHDRAW, "r"), (Act.WITHDRAW, "s")]
    after = ring.apply(records, steps, now, RULES, [])
    assert states(after) == {"a": "active", "r": "retiring", "s": "retired"}


def test_an_algorithm_that_joins_a_ring_at_work_is_announced_before_it_signs(
    now: datetime,
) -> None:
    """Row 74: relying parties that cached the set would not know its key."""
    records = ring.activate((key("a", now),), "a", now, RULES)
    wider = replace(RULES, algs=("ES256", "PS256"))
    (step,) = ring.plan(records, now, wider)
    assert (step.act, step.alg, step.at_once) == (Act.ANNOUNCE, "PS256", False)
    records = ring.apply(records, [step], now, wider, [key("p", now, "PS256")])
    assert states(records) == {"a": "active", "p": "announced"}
    early = now + DAY - timedelta(microseconds=1)
    assert ring.plan(records, early, wider) == []
    with pytest.raises(KeyTooYoung):
        ring.activate(records, "p", early, wider)
    (step,) = ring.plan(records, now + DAY, wider)
    records = ring.apply(records, [step], now + DAY, wider, [])
    assert states(records) == {"a": "active", "p": "active"}


def test_at_the_first_start_every_algorithm_signs_at_once(now: datetime) -> None:
    rules = replace(RULES, algs=("ES256", "RS256", "PS256"))
    steps = ring.plan((), now, rules)
    fresh = [key(alg, now, alg) for alg in rules.algs]
    assert set(states(ring.apply((), steps, now, rules, fresh)).values()) == {"active"}


def test_a_compromised_key_is_replaced_at_once_although_others_sign(now: datetime) -> None:
    rules = replace(RULES, algs=("ES256", "RS256"))
    fresh = [key("e", now), key("r", now, "RS256")]
    records = ring.apply((), ring.plan((), now, rules), now, rules, fresh)
    records = ring.compromise(records, "r", now)
    (step,) = ring.plan(records, now, rules)
    assert (step.act, step.alg, step.at_once) == (Act.ANNOUNCE, "RS256", True)
    records = ring.apply(records, [step], now, rules, [key("r2", now, "RS256")])
    assert states(records) == {"e": "active", "r": "retired", "r2": "active"}


def test_a_broken_ring_is_refused(now: datetime) -> None:
    active = replace(key("a", now), state=KeyState.ACTIVE, activated_at=now)
    for records, message in (
        ((active, replace(active, kid="b")), "2 keys are active"),
        ((active, active), "stored twice"),
        ((replace(active, activated_at=None),), "active without activated_at"),
        ((replace(active, state=KeyState.RETIRING),), "retiring without retiring_at"),
        ((replace(active, compromised_at=now),), "compromised and yet active"),
    ):
        with pytest.raises(BrokenRing, match=message):
            ring.plan(records, now, RULES)


def test_a_plan_needs_exactly_the_keys_it_announces(now: datetime) -> None:
    steps = ring.plan((), now, RULES)
    for fresh in ([], [key("a", now, "RS256")], [key("a", now), key("b", now)]):
        with pytest.raises(IllegalTransition):
            ring.apply((), steps, now, RULES, fresh)


@pytest.mark.parametrize(
    "rules",
    [
        {"algs": ()},
        {"algs": ("ES256", "ES256")},
        {"algs": ("ES256",), "announce_for": timedelta(0)},
        {"algs": ("ES256",), "announce_for": 90 * DAY},
        {"algs": ("ES256",), "retire_after": timedelta(0)},
    ],
)
def test_impossible_rules_are_refused(rules: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must"):
        RotationRules(**rules)  # type: ignore[arg-type]


def test_naive_times_are_refused(now: datetime) -> None:
    with pytest.raises(ValueError, match="time zone"):
        key("a", now.replace(tzinfo=None))
