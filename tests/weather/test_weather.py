"""Attacks in recorded attempts: each kind from its threshold on, and everyday life is none."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from idp.weather.model import MINUTE, Attack, Recognised, Seen, Thresholds, weather_of

END = 1_000 * MINUTE
RULES = Thresholds()
WINDOW = RULES.window_minutes * MINUTE


def wrong(target: int | str, source: int | str, at: int = END - MINUTE, **more: bool | int) -> Seen:
    """Make a wrong answer to an account from a place."""
    values: dict[str, bool | int] = {"right": False, "looked_at": True, "mail": False, "count": 1}
    values |= more
    return Seen(
        at,
        f"t{target}",
        f"s{source}",
        right=bool(values["right"]),
        looked_at=bool(values["looked_at"]),
        mail=bool(values["mail"]),
        count=values["count"],
    )


def found(*seen: Seen) -> list[Recognised]:
    """Recognise the attacks at the end of an hour of attempts."""
    return weather_of(seen, END - 60 * MINUTE, END).recognised


def kinds(*seen: Seen) -> list[Attack]:
    return [one.kind for one in found(*seen)]


def test_one_account_tried_again_and_again() -> None:
    tries = [wrong("victim", number) for number in range(RULES.single_target)]
    assert kinds(*tries[:-1]) == []
    (attack,) = found(*tries)
    assert attack.kind is Attack.SINGLE_TARGET
    assert (attack.key, attack.attempts, attack.targets) == ("tvictim", RULES.single_target, 1)
    assert attack.sources == RULES.single_target
    assert kinds(*tries[:-1], wrong("other", 0)) == [], "another account's failure adds nothing"


def test_a_flood_counts_as_often_as_it_was_counted() -> None:
    flood = wrong("victim", "there", looked_at=False, count=RULES.single_target - 1)
    assert kinds(flood) == []
    assert kinds(flood, wrong("victim", "there")) == [Attack.SINGLE_TARGET]


def test_one_place_that_tries_many_accounts() -> None:
    tries = [wrong(number, "there") for number in range(RULES.spray_targets)]
    assert kinds(*tries[:-1]) == []
    (attack,) = found(*tries, wrong(0, "there", right=True), wrong(0, "elsewhere", right=True))
    assert attack.kind is Attack.SPRAY
    assert (attack.key, attack.targets, attack.sources) == ("sthere", RULES.spray_targets, 1)
    assert attack.right == 1, "an account may be lost"


def test_a_spray_tries_each_account_a_few_times_only() -> None:
    each = int(RULES.tries_each)
    tries = [wrong(n, "there") for n in range(RULES.spray_targets) for _ in range(each)]
    assert kinds(*tries) == [Attack.SPRAY]
    assert kinds(*tries, wrong(0, "there")) == []


def test_many_places_that_try_many_accounts() -> None:
    tries = [wrong(number, number) for number in range(RULES.stuffing_targets)]
    assert kinds(*tries[:-1]) == [], "one account short"
    (attack,) = found(*tries)
    assert attack.kind is Attack.STUFFING
    assert (attack.targets, attack.sources) == (RULES.stuffing_targets, RULES.stuffing_sources)
    few_places = [wrong(number, number % (RULES.stuffing_sources - 1)) for number in range(50)]
    assert kinds(*few_places) == [], "one place short"


def test_many_mails_to_one_mailbox() -> None:
    mails = [wrong("victim", number, mail=True) for number in range(RULES.mails_to_one)]
    assert kinds(*mails[:-1]) == []
    (attack,) = found(*mails)
    assert (attack.kind, attack.key) == (Attack.MAIL_BOMBING, "tvictim")


def test_many_mails_from_one_place() -> None:
    mails = [wrong(number, "there", mail=True) for number in range(RULES.mails_from_one)]
    assert kinds(*mails[:-1]) == []
    (attack,) = found(*mails)
    assert (attack.kind, attack.key) == (Attack.MAIL_BOMBING, "sthere")


def test_what_is_older_than_the_window_is_no_attack_any_more() -> None:
    many = RULES.single_target
    assert kinds(*[wrong("victim", n, END - WINDOW + 1) for n in range(many)]) != []
    assert kinds(*[wrong("victim", n, END - WINDOW) for n in range(many)]) == []


def test_a_school_on_monday_morning_is_no_attack() -> None:
    """300 members behind one address within 15 minutes; 15 of them mistype, some twice."""
    morning = []
    for member in range(300):
        at = END - WINDOW + 1 + member * 2_900_000
        if member % 20 == 0:
            morning += [wrong(member, "school", at)] * (1 + member % 3)
        morning.append(wrong(member, "school", at + 20_000_000, right=True))
    drawn = weather_of(morning, END - WINDOW, END)
    assert drawn.recognised == []
    assert sum(minute.right for minute in drawn.minutes.values()) == 300


ATTEMPTS = st.builds(
    Seen,
    at=st.integers(END - 60 * MINUTE, END),
    target=st.sampled_from(["", "a", "b", "c"]),
    source=st.sampled_from(["", "x", "y"]),
    right=st.booleans(),
    looked_at=st.booleans(),
    mail=st.booleans(),
    count=st.integers(1, 50),
)


@given(st.lists(ATTEMPTS, max_size=60))
def test_every_attempt_is_counted_once(seen: list[Seen]) -> None:
    minutes = weather_of(seen, END - 60 * MINUTE, END).minutes
    counted = {at: m.right + m.wrong + m.refused + m.mails for at, m in minutes.items()}
    expected: dict[int, int] = {}
    for one in seen:
        expected[one.at // MINUTE] = expected.get(one.at // MINUTE, 0) + one.count
    assert counted == expected
    assert sum(m.mails for m in minutes.values()) == sum(one.count for one in seen if one.mail)
