"""Address buckets: a failure counts in each network of the caller; an outage has its own answer."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from limits.storage import MemoryStorage

from idp.errors import StoreUnavailable
from idp.policy.folder import read_folder
from idp.policy.model import LimitName, Outage
from idp.throttle.buckets import Buckets
from tests.stores.conftest import POLICIES

ADDRESS, NETWORK = LimitName.FAILURES_PER_ADDRESS, LimitName.FAILURES_PER_NETWORK
IPV6 = ("2001:db8::/64", "2001:db8::/56")


def policy(address: int = 2, network: int = 3, on_outage: Outage = Outage.ALLOW) -> Any:
    """Give a policy in force whose address limits are small."""
    limits = dict(read_folder(POLICIES).policy.limits)
    limits[ADDRESS] = replace_limit(limits[ADDRESS], address, on_outage)
    limits[NETWORK] = replace_limit(limits[NETWORK], network, on_outage)
    return SimpleNamespace(policy=SimpleNamespace(limits=limits))


def replace_limit(limit: Any, count: int, on_outage: Outage) -> Any:
    import msgspec

    change = msgspec.structs.replace if isinstance(limit, msgspec.Struct) else replace
    return change(limit, count=count, on_outage=on_outage)


def test_failures_count_in_the_address_and_in_the_network() -> None:
    buckets = Buckets(MemoryStorage(), policy())
    neighbour = ("2001:db8:0:1::/64", IPV6[1])
    for _ in range(2):
        assert buckets.exhausted(IPV6) is None
        buckets.hit(IPV6)
    assert buckets.exhausted(IPV6) is ADDRESS
    assert buckets.exhausted(neighbour) is None
    buckets.hit(neighbour)
    assert buckets.exhausted(neighbour) is NETWORK
    assert buckets.exhausted(("192.0.2.1/32",)) is None


@pytest.mark.parametrize(("answer", "found"), [(Outage.ALLOW, None), (Outage.DENY, ADDRESS)])
def test_a_counter_that_does_not_answer_answers_as_the_policy_says(
    answer: Outage, found: LimitName | None
) -> None:
    class Gone(MemoryStorage):
        def acquire_entry(self, *_: Any, **__: Any) -> bool:
            raise StoreUnavailable("gone")

        get_moving_window = acquire_entry

    buckets = Buckets(Gone(), policy(on_outage=answer))
    buckets.hit(IPV6)
    assert buckets.exhausted(IPV6) is found
