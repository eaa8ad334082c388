"""The lengths of retention: written per class, never under the floor that stands in the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.inventory import RetentionClass
from idp.journal.seqs import read_seqs, write_seqs
from idp.policy.folder import BadPolicy, proposal, read_folder
from idp.policy.retention import FLOORS

POLICIES = Path(__file__).parents[2] / "policies"


def with_lengths(text: str) -> dict[str, str]:
    texts = read_folder(POLICIES).texts
    return texts | {"audit": text}


def test_every_class_has_a_length_and_a_floor() -> None:
    retention = read_folder(POLICIES).policy.audit.retention
    assert set(FLOORS) == set(RetentionClass)
    for kept in RetentionClass:
        assert retention.of(kept).seconds >= FLOORS[kept].seconds


@pytest.mark.parametrize("kept", list(RetentionClass))
def test_no_policy_goes_below_the_floor(kept: RetentionClass) -> None:
    head = 'origin = "x/audit"\nseal_interval = "1s"\nlag_alarm = "60s"\n[retention]\n'
    days = FLOORS[kept].seconds // 86_400
    assert proposal(with_lengths(f'{head}{kept.value} = "{days}d"\n'))
    with pytest.raises(BadPolicy, match=rf"{kept.value} must be at least {days}d"):
        proposal(with_lengths(f'{head}{kept.value} = "{days - 1}d"\n'))


def test_a_policy_of_before_is_read_with_the_lengths_as_shipped() -> None:
    old = 'origin = "x/audit"\nseal_interval = "1s"\nlag_alarm = "60s"\n'
    shipped = read_folder(POLICIES).policy.audit.retention
    assert proposal(with_lengths(old)).policy.audit.retention == shipped


@pytest.mark.parametrize("seqs", [[], [7], [7, 8, 9], [7, 9, 10, 42], list(range(7, 5000, 3))])
def test_numbers_are_read_as_they_were_written(seqs: list[int]) -> None:
    assert list(read_seqs(7, write_seqs(7, reversed(seqs)))) == seqs
