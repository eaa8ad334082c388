"""Showing members: counted against the client's limit, recorded, and only then read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from idp.admin_api.model import Call
from idp.admin_api.rates import Rates
from idp.admin_api.recording import Recording
from idp.storage.sql import Database


@dataclass(frozen=True)
class Looks:
    """Lets a client see records."""

    database: Database
    rates: Rates
    recording: Recording

    def take(self, call: Call, numbers: Sequence[str]) -> None:
        """Pay for records and record the looks; raises `CallRefused` 429, `Unavailable`."""
        self.rates.take_persons(call.caller, len(numbers))
        with self.database.begin() as tx:
            self.recording.shown(tx, call, numbers)

    def listed(self, call: Call, what: str) -> None:
        """Pay for a page of numbers, and record that it was listed."""
        self.rates.take_persons(call.caller, 1)
        with self.database.begin() as tx:
            self.recording.listed(tx, call, what)

    def pay(self, call: Call, count: int) -> None:
        """Pay for records whose look the service records itself."""
        self.rates.take_persons(call.caller, count)
