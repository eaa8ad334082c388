"""What time it is for the test relying party: a demo that it performs against may move it."""

from __future__ import annotations

from contextvars import ContextVar

from idp.clock import Clock, clock_from_file
from idp.settings import Settings

_CLOCK: ContextVar[Clock] = ContextVar("performing_clock", default=Clock())  # noqa: B039  immutable


def go_by(settings: Settings) -> None:
    """Go by the clock of a deployment from now on; only a demo has one of its own."""
    if settings.clock_file is not None:
        _CLOCK.set(clock_from_file(settings.clock_file))


def seconds() -> float:
    """Tell the time as Unix seconds."""
    return _CLOCK.get().now().timestamp()
