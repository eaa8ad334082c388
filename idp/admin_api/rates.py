"""How much one client may ask for: requests, and records of members it is shown."""

from __future__ import annotations

from dataclasses import dataclass

from idp.admin_api.model import Caller, CallRefused
from idp.admin_api.problems import Problem
from idp.errors import Unavailable
from idp.inforce.service import PolicyInForce
from idp.policy.admin_api import Window
from idp.throttle.buckets import Buckets

CALLS, PERSONS, TOLD = "admin_calls", "admin_persons", "admin_told"


@dataclass(frozen=True)
class Rates:
    """Counts in the store that limits on addresses stand in. Never inside a transaction."""

    buckets: Buckets
    policy: PolicyInForce

    def take_call(self, client_id: str) -> int | None:
        """Count a request; seconds to wait when there were too many.

        While the counter does not answer everybody is let through: the limit is there against
        programs that run wild, and every call is authenticated.
        """
        window = self.policy.policy.admin_api.calls
        if self._take(CALLS, window, client_id) is False:
            return self.buckets.wait_window(CALLS, _room(window), client_id)
        return None

    def take_persons(self, caller: Caller, count: int) -> None:
        """Count records that are to be shown; raises `CallRefused` 429, `Unavailable`.

        While the counter does not answer nothing is shown: a register is read out one by one.
        """
        window = self.policy.policy.admin_api.persons
        taken = self._take(PERSONS, window, caller.client_id, count)
        if taken is None:
            raise Unavailable("the counter of looks does not answer")
        if not taken:
            wait = self.buckets.wait_window(PERSONS, _room(window), caller.client_id)
            raise CallRefused(Problem.TOO_MANY, headers=(("Retry-After", str(wait)),))

    def tell(self, client_id: str) -> bool:
        """Tell whether a flood of this client is to be recorded: once a minute."""
        return bool(self.buckets.take_window(TOLD, (1, 60), client_id))

    def _take(self, name: str, window: Window, client_id: str, count: int = 1) -> bool | None:
        return self.buckets.take_window(name, _room(window), client_id, max(1, count))


def _room(window: Window) -> tuple[int, int]:
    return window.count, window.period.seconds
