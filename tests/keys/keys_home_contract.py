"""What every `keys.home.Home` must do; a home in a database runs the same suite.

Subclass `HomeContract` and give a fixture `home` (an empty home) and `again` (the same place,
opened anew, as another process would).
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from keys.errors import RingChanged
from keys.record import KeyRecord, KeyState
from keys.vault import Home, Stored

AT = datetime(2026, 4, 1, 3, 0, 0, 123456, tzinfo=UTC)


def record(kid: str) -> KeyRecord:
    return KeyRecord(
        kid=kid,
        alg="ES256",
        state=KeyState.ACTIVE,
        announced_at=AT,
        activated_at=AT + timedelta(microseconds=1),
        public_jwk={"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "BBBB"},
        wrapped_private="v1.a.AAAA",
    )


class HomeContract:
    """Compare-and-set on one value, durable, exact."""

    def test_an_empty_home_has_version_0(self, home: Home) -> None:
        assert home.version() == 0
        assert home.load() == Stored(0, ())

    def test_what_is_stored_comes_back_exactly_and_in_order(self, home: Home, again: Home) -> None:
        gone = replace(
            record("c"),
            state=KeyState.RETIRED,
            retiring_at=AT,
            retired_at=AT.astimezone(timezone(timedelta(hours=9))),
            compromised_at=AT,
            wrapped_private=None,
        )
        records = (record("b"), gone, record("a"))
        version = home.replace_all(0, records)
        assert version > 0
        assert again.load() == Stored(version, records)
        assert again.version() == version
        assert all(r.announced_at.tzinfo is not None for r in again.load().records)

    def test_records_left_out_are_gone_and_versions_rise(self, home: Home, again: Home) -> None:
        first = home.replace_all(0, [record("a"), record("b")])
        second = home.replace_all(first, [record("b")])
        third = home.replace_all(second, [record("b")])
        assert first < second < third
        assert [r.kid for r in again.load().records] == ["b"]

    def test_a_stale_version_changes_nothing(self, home: Home, again: Home) -> None:
        first = home.replace_all(0, [record("a")])
        before = again.load()
        for stale in (0, first - 1, first + 1, -1):
            with pytest.raises(RingChanged):
                again.replace_all(stale, [record("b")])
        assert again.load() == before

    def test_an_empty_ring_is_not_an_empty_home(self, home: Home, again: Home) -> None:
        first = home.replace_all(0, [record("a")])
        second = home.replace_all(first, [])
        assert again.load() == Stored(second, ())
