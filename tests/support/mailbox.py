"""What lies in a mailbox of the demo's catcher."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from idp.outbox import store as outbox
from idp.storage.sql import Database
from tests.support.demo import Demo, wait_until


def mails_to(demo: Demo, address: str) -> list[dict[str, Any]]:
    """List the mails to an address, the newest first."""
    answer = requests.get(demo.facts["mail"] + "/messages", timeout=30).json()
    return [dict(mail) for mail in answer if address in mail["to"]]


def newest_code(demo: Demo, address: str, more_than: int = 0) -> str:
    """Wait for a code beyond the first `more_than`, and give the newest."""
    wait_until(lambda: len(codes_to(demo, address)) > more_than, 20)
    return codes_to(demo, address)[0]


def codes_to(demo: Demo, address: str) -> list[str]:
    """List the codes that were sent to an address, the newest first."""
    return [str(mail["code"]) for mail in mails_to(demo, address) if mail["code"]]


@dataclass
class Mailbox:
    """What arrived for one address since this was made, or since the last look."""

    demo: Demo
    address: str
    seen: int = 0

    def __post_init__(self) -> None:
        self.seen = len(mails_to(self.demo, self.address))

    def new(self) -> list[dict[str, Any]]:
        """List what arrived since the last look, oldest first."""
        mails = mails_to(self.demo, self.address)[::-1]
        new, self.seen = mails[self.seen :], len(mails)
        return new

    def next(self, words: str = "") -> dict[str, Any]:
        """Wait for the next mail whose subject has these words."""

        def arrived() -> dict[str, Any] | None:
            return next((mail for mail in self.new() if words in mail["subject"]), None)

        found: dict[str, Any] = wait_until(arrived, 20)
        return found


def wait_for_outbox(demo: Demo) -> None:
    """Wait until nothing of a demo on SQLite is due any more."""
    database = Database(f"sqlite:///{demo.data / 'idp.db'}")

    def empty() -> bool:
        with database.read() as tx:
            waiting, _ = outbox.waiting(tx)
        return waiting == 0

    try:
        wait_until(empty, 30)
    finally:
        database.dispose()
