"""Recognising attacks in recorded attempts; pure.

- *single target*: one account is tried again and again, from one place or from many.
- *spray*: one place tries many accounts, each a few times.
- *stuffing*: many places try many accounts, each a few times: lists of leaked passwords.
- *mail bombing*: many mails are asked for to one mailbox, or from one place.

What is recognised is told to people. It is no limit: one that looked at everybody's attempts at
once could be made to lock everybody out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

MINUTE = 60_000_000


class Attack(StrEnum):
    """The kinds that are recognised."""

    SINGLE_TARGET = "single_target"
    SPRAY = "spray"
    STUFFING = "stuffing"
    MAIL_BOMBING = "mail_bombing"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From how much on something is called an attack, within `window_minutes`."""

    window_minutes: int = 15
    single_target: int = 30
    spray_targets: int = 20
    stuffing_targets: int = 40
    stuffing_sources: int = 40
    tries_each: float = 3.0
    mails_to_one: int = 15
    mails_from_one: int = 100


@dataclass(frozen=True, slots=True)
class Seen:
    """One attempt, or a counted flood of them; instants in microseconds, all names pseudonyms."""

    at: int
    target: str
    source: str
    right: bool = False
    looked_at: bool = True
    mail: bool = False
    count: int = 1
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Recognised:
    """One attack: against or from whom, how much, by how many."""

    kind: Attack
    key: str
    subject: str | None
    attempts: int
    targets: int
    sources: int
    right: int
    """Right answers among them: accounts that may be lost."""


@dataclass(slots=True)
class Minute:
    """What happened in one minute."""

    wrong: int = 0
    refused: int = 0
    right: int = 0
    mails: int = 0


@dataclass
class Weather:
    """The picture of a period: minute by minute, and what was recognised in its last window."""

    begin: int
    end: int
    minutes: dict[int, Minute] = field(default_factory=lambda: defaultdict(Minute))
    recognised: list[Recognised] = field(default_factory=list)


def weather_of(
    seen: Iterable[Seen], begin: int, end: int, thresholds: Thresholds | None = None
) -> Weather:
    """Draw the picture of a period (microseconds) from its attempts."""
    rules = thresholds or Thresholds()
    drawn = Weather(begin, end)
    recent: list[Seen] = []
    for one in seen:
        minute = drawn.minutes[one.at // MINUTE]
        if one.mail:
            minute.mails += one.count
        elif one.right:
            minute.right += one.count
        elif one.looked_at:
            minute.wrong += one.count
        else:
            minute.refused += one.count
        if one.at > end - rules.window_minutes * MINUTE:
            recent.append(one)
    drawn.recognised = recognise(recent, rules)
    return drawn


def recognise(recent: list[Seen], rules: Thresholds) -> list[Recognised]:
    """Name the attacks in the attempts of one window."""
    tries = [one for one in recent if not one.mail]
    failures = [one for one in tries if not one.right]
    found = [*_single_targets(failures, rules), *_mail_bombing(recent, rules)]
    spread = [one for one in failures if one.target]
    sprays = list(_sprays(spread, tries, rules))
    return [*found, *sprays, *([] if sprays else _stuffing(spread, tries, rules))]


def _single_targets(failures: list[Seen], rules: Thresholds) -> Iterable[Recognised]:
    by_target: dict[str, list[Seen]] = defaultdict(list)
    for one in failures:
        if one.target:
            by_target[one.target].append(one)
    for target, ones in by_target.items():
        count = sum(one.count for one in ones)
        if count >= rules.single_target:
            sources = len({one.source for one in ones})
            subject = next((one.subject for one in ones if one.subject), None)
            yield Recognised(Attack.SINGLE_TARGET, target, subject, count, 1, sources, 0)


def _sprays(failures: list[Seen], all_tries: list[Seen], rules: Thresholds) -> Iterable[Recognised]:
    by_source: dict[str, Counter[str]] = defaultdict(Counter)
    for one in failures:
        by_source[one.source][one.target] += one.count
    for source, targets in by_source.items():
        few = [tries for tries in targets.values() if tries <= rules.tries_each]
        count = sum(few)
        if len(few) >= rules.spray_targets:
            right = sum(one.right and one.source == source for one in all_tries)
            yield Recognised(Attack.SPRAY, source, None, count, len(few), 1, right)


def _stuffing(failures: list[Seen], tries: list[Seen], rules: Thresholds) -> list[Recognised]:
    targets, sources = Counter[str](), Counter[str]()
    for one in failures:
        targets[one.target] += one.count
        sources[one.source] += one.count
    few = [target for target, count in targets.items() if count <= rules.tries_each]
    spread = {one.source for one in failures if targets[one.target] <= rules.tries_each}
    if len(few) < rules.stuffing_targets or len(spread) < rules.stuffing_sources:
        return []
    count = sum(targets[target] for target in few)
    right = sum(one.right and one.source in spread for one in tries)
    return [Recognised(Attack.STUFFING, "", None, count, len(few), len(spread), right)]


def _mail_bombing(recent: list[Seen], rules: Thresholds) -> Iterable[Recognised]:
    mails = [one for one in recent if one.mail]
    for name, most in (("target", rules.mails_to_one), ("source", rules.mails_from_one)):
        by_key: dict[str, list[Seen]] = defaultdict(list)
        for one in mails:
            by_key[getattr(one, name)].append(one)
        for key, ones in by_key.items():
            count = sum(one.count for one in ones)
            if key and count >= most:
                targets, sources = len({o.target for o in ones}), len({o.source for o in ones})
                yield Recognised(Attack.MAIL_BOMBING, key, None, count, targets, sources, 0)
