"""Reference codes: easy to read out, drawn at random, unique in the log."""

from __future__ import annotations

from pathlib import Path

import pytest

from idp.bootstrap import prepare
from idp.throttle import references
from idp.throttle.references import ALPHABET, LENGTH, draw_reference
from tests.stores.conftest import settings_for
from tests.stores.sealed_log import NOW, SealedLog


def test_symbols_that_sound_or_look_alike_are_not_used() -> None:
    assert not set("01IOLU") & set(ALPHABET)
    assert len(set(ALPHABET)) == len(ALPHABET)


def test_a_code_that_stands_in_the_log_is_drawn_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foundation = prepare(settings_for(f"sqlite:///{tmp_path / 'idp.db'}", tmp_path))
    log = SealedLog(foundation)
    drawn = iter("A" * LENGTH + "A" * LENGTH + "B" * LENGTH)
    monkeypatch.setattr(references.secrets, "choice", lambda _: next(drawn))
    with foundation.database.begin() as tx:
        first = draw_reference(tx)
        log.foundation.journal.record(
            tx, references_event(), NOW, outcome="refused", reference=first
        )
    with foundation.database.begin() as tx:
        assert (first, draw_reference(tx)) == ("A" * LENGTH, "B" * LENGTH)
    foundation.database.dispose()


def references_event():
    from audit.names import EventName

    return EventName.SIGN_IN_REFUSED
