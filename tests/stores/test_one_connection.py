"""An act needs one connection, whatever it looks at: else a burst of acts starves itself.

Sixteen acts that wait for one lock hold every connection of the pool; if its holder asked for
another, all of them would stand still until the pool gave up.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from idp.assembly.foundation import Foundation, build_foundation
from idp.settings import Settings
from idp.storage.sql import Database
from idp.throttle.budgets import mail_code_budget

NOW = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
CROWD = 40


def test_a_look_inside_an_act_uses_its_connection(database: Database) -> None:
    with database.begin() as tx, database.read() as again:
        assert again is tx
    with database.read() as after:
        assert after is not tx


def test_a_burst_on_one_lock_does_not_stand_still_while_the_policy_is_looked_at(
    settings: Settings, foundation: Foundation
) -> None:
    own = build_foundation(settings)
    budget = mail_code_budget("procedure", "somebody", None)
    looked_at: list[int] = []
    failed: list[BaseException] = []

    def wrong(_lease: object) -> bool:
        looked_at.append(1)
        own.policy._watch._next = 0.0  # the holder of the lock looks for a change of the policy
        return False

    def guess() -> None:
        try:
            with own.database.begin() as tx:
                own.gate.try_cheap(tx, budget, NOW, wrong)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=guess) for _ in range(CROWD)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    own.database.dispose()
    assert failed == []
    assert len(looked_at) == 5
