"""The doctor after purges: what is old may lack its event, nothing that is young may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from audit.event import Actor
from audit.inventory import RetentionClass
from audit.names import EventName
from idp.accounts.service import Accounts
from idp.clock import to_micros
from idp.invariants.horizon import Horizon
from idp.invariants.model import SUM, Fact, Folded
from idp.invariants.service import Invariants
from tests.retention.house import DAY, House
from tests.retention.people import a_member

NUMBER = "00000017"


@pytest.fixture
def purged(house: House) -> House:
    """A deployment whose purges come close to two years."""
    house.record(EventName.SIGN_IN_REFUSED, 735, "somebody else")
    house.record(EventName.CLAIMS_READ, 735, "somebody else")
    return house


def subject_of(house: House) -> str:
    a_member(house, NUMBER)
    f = house.foundation
    service = Accounts(f.database, f.clock, f.policy, f.journal)
    made = service.add(NUMBER, "m17@mihon.example", "とても長い合言葉です", Actor("operator"))
    run(house, f"UPDATE account SET created_at = {ago(1000)}, credentials_changed_at = {ago(1000)}")
    return made.subject


def purge(house: House) -> None:
    house.seal_past()
    house.said("audit", "purge")


def ago(days: float) -> int:
    return to_micros(datetime.now(UTC) - days * DAY)


def run(house: House, statement: str) -> None:
    with house.foundation.database.begin() as tx:
        tx.text(statement)


def a_session(house: House, subject: str, name: str, days: float) -> None:
    run(
        house,
        "INSERT INTO session (id, cookie_hash, subject, auth_time, amr, created_at, last_seen_at,"
        f" expires_at) VALUES ('{name}', '{name}', '{subject}', {ago(days)}, 'pwd', {ago(days)},"
        f" {ago(0)}, {ago(-1)})",
    )


def a_consent(house: House, subject: str, client: str, days: float) -> None:
    run(
        house,
        "INSERT INTO consent (subject, client_id, scopes, given_at)"
        f" VALUES ('{subject}', '{client}', 'openid', {ago(days)})",
    )


def a_block(house: House, subject: str, name: str, days: float, lifted: str = "NULL") -> None:
    run(
        house,
        "INSERT INTO block (id, kind, scope, subject, bucket, made_by, policy_digest, reference,"
        f" started_at, lifted_at) VALUES ('{name}', 'account', 'strangers', '{subject}', 'x',"
        f" 'limit', '{'0' * 64}', 'ABCD2345', {ago(days)}, {lifted})",
    )


def found(house: House) -> list[str]:
    f = house.foundation
    examined = Invariants(f.database, f.clock, timedelta(minutes=5)).examine()
    return sorted(one.fact for one in examined.findings if one.rule == SUM)


def test_old_rows_may_lack_their_events_and_young_ones_may_not(purged: House) -> None:
    subject = subject_of(purged)
    purged.record(EventName.SESSION_STARTED, 900, subject, session="old")
    a_session(purged, subject, "old", 900)
    a_consent(purged, subject, "old", 900)
    purge(purged)
    assert found(purged) == []
    a_session(purged, subject, "forged", 1)
    a_consent(purged, subject, "forged", 700)
    a_block(purged, subject, "forged", 2)
    assert found(purged) == ["block forged", "consent forged", "session forged"]


def test_what_the_log_says_was_ended_does_not_pass_as_old(purged: House) -> None:
    """CWE-778: a consent that was taken back is put back with its old date."""
    subject = subject_of(purged)
    purged.record(EventName.CONSENT_GIVEN, 900, subject, client="back")
    purge(purged)
    purged.record(EventName.CONSENT_REVOKED, 100, subject, client="back")
    a_consent(purged, subject, "back", 900)
    assert found(purged) == ["consent back"]


def test_a_beginning_that_a_hold_kept_accuses_nobody(purged: House) -> None:
    subject = subject_of(purged)
    data = {"block": "held"}
    purged.record(EventName.BLOCK_STARTED, 900, subject, data=data, reference="ABCD2345")
    purged.record(EventName.BLOCK_LIFTED, 890, subject, data=data)
    a_block(purged, subject, "held", 900, str(ago(890)))
    purged.seal_past()
    purged.said("audit", "hold", "add", "reference", "ABCD2345", "--reason", "a complaint")
    purged.said("audit", "purge")
    assert found(purged) == []
    purged.record(EventName.BLOCK_STARTED, 10, subject, data={"block": "young"})
    assert found(purged) == ["block young"], "its end cannot have been purged"


def test_blocks_of_the_staff_are_held_against_the_log_too(purged: House) -> None:
    data = {"block": "old"}
    purged.record(EventName.BLOCK_STARTED, 900, "staff-1", data=data)
    a_block(purged, "staff-1", "old", 900)
    purge(purged)
    assert found(purged) == []
    a_block(purged, "staff-1", "forged", 3)
    assert found(purged) == ["block forged"]


def test_a_forged_list_of_purges_explains_nothing(purged: House) -> None:
    """CWE-345: whoever may write to the database cannot move the horizon with the list."""
    subject = subject_of(purged)
    purge(purged)
    a_session(purged, subject, "forged", 1)
    run(
        purged,
        "INSERT INTO audit_purge (event_id, class, from_seq, to_seq, seqs, purged_at)"
        " SELECT 'forged', 'access', 0, max(seq) + 1, '', 1 FROM audit_leaf",
    )
    assert found(purged) == ["session forged"]


CONSENT: Fact = ("consent", "portal")
PASSKEY: Fact = ("factor", "passkey")


def test_classes_that_are_kept_for_longer_accuse_nobody() -> None:
    """Consents kept for ten years, the erasure that ended them for three: both policies may be."""
    horizon = Horizon({RetentionClass.ADMINISTRATION: 500})
    folded = Folded(begun={CONSENT: [400]})
    assert horizon.explains_event(CONSENT, 1, folded)
    assert not horizon.explains_event(CONSENT, 1, Folded(begun={CONSENT: [600]}))
    assert not horizon.explains_row(CONSENT, [400], folded), "nothing of its class was purged"


def test_of_several_passkeys_each_young_one_has_its_event() -> None:
    day = 86_400_000_000
    horizon = Horizon({RetentionClass.SECURITY: 500 * day})
    added = Folded(begun={PASSKEY: [600 * day]}, ended={PASSKEY: [700 * day]})
    assert horizon.explains_row(PASSKEY, [600 * day], added), "an older one was taken away"
    assert horizon.explains_row(PASSKEY, [100 * day, 600 * day], added)
    assert not horizon.explains_row(PASSKEY, [600 * day, 650 * day], added)
