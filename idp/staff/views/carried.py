"""An act that has to wait for a code: its path and what was typed, carried by the page itself.

One hidden field holds all of it as JSON, so that no name of an act's field can be taken for one of
the form around it; nothing is kept on our side. What comes back is believed no more than any form:
it names an act that was declared to ask for a code, or it is refused, and the act is checked anew
when a person sends it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map

from idp.staff.views.routes import Route
from idp.web.csrf import FIELD as TOKEN
from idp.web.forms import MAX_BODY, MAX_PAIRS, BadForm

Fields = tuple[tuple[str, str], ...]

_AROUND: Final = 1024
"""Bytes for the rest of the form: its token, the code, names."""
_LONGEST_PATH: Final = 500
_LONGEST_SHOWN, _LONGEST_NAME = 600, 128
_WHO, _WHY = "member_number", "reason"
_NO_NAME: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32,}")
"""What a path may name, and says nothing to a person."""
# A plain path: no host, no query, no backslash, no dots that a browser would resolve (CWE-601).
_PATH: Final = re.compile(r"/staff(/(?!\.+(?:/|$))[A-Za-z0-9._~:@-]+)+")


@dataclass(frozen=True, slots=True)
class Act:
    """An act that was declared to wait for a code, found at its path."""

    route: Route
    url: str
    """Built from the declared route, never copied from what was sent."""
    on: tuple[str, ...]
    """What the path names."""


@dataclass(frozen=True, slots=True)
class Carried:
    """One act, with what was typed into it."""

    act: Act
    fields: Fields
    packed: str
    """The value of the hidden field."""

    def shown(self) -> dict[str, Any]:
        """Give what a page shows of it."""
        typed = [(name, value) for name, value in self.fields if value.strip()]
        named = [value for name, value in typed if name == _WHO]
        reason = next((value for name, value in typed if name == _WHY), "")
        on = [one for one in (*self.act.on, *named) if not _NO_NAME.fullmatch(one)]
        return {
            "called": self.act.route.called,
            "on": [one[:_LONGEST_NAME] for one in on],
            "reason": reason[:_LONGEST_SHOWN],
            "more": any(name not in (_WHO, _WHY) for name, _ in typed),
            "packed": self.packed,
            "url": self.act.url,
            "back": self.act.route.back(self.act.url),
        }


def act_at(routes: Mapping[str, Route], urls: Map, path: str) -> Act | None:
    """Find the declared act that waits for a code at a path; None for everything else."""
    if len(path) > _LONGEST_PATH or not _PATH.fullmatch(path):
        return None
    adapter = urls.bind("localhost")
    try:
        endpoint, parts = adapter.match(path, method="POST")
    except HTTPException:  # nothing there, no act, or led elsewhere
        return None
    route = routes.get(endpoint)
    if route is None or route.method != "POST" or route.recent is None or route.takes_file:
        return None
    on = tuple(str(one) for one in parts.values())
    return Act(route, adapter.build(endpoint, dict(parts)), on)


def pack(path: str, pairs: Iterable[tuple[str, str]]) -> str | None:
    """Write an act as one field, without its form token; None when no form could send it."""
    # A browser sends no field without a name.
    fields = [pair for pair in pairs if pair[0] not in ("", TOKEN)]
    packed = json.dumps([path, fields], separators=(",", ":"))
    sent = sum(1 if c.isalnum() else 3 for c in packed)  # ASCII; as long as any browser writes it
    return packed if sent + _AROUND <= MAX_BODY else None


def unpack(packed: str) -> tuple[str, Fields]:
    """Read what `pack` wrote; raises BadForm for anything else."""
    try:
        read = json.loads(packed)
    except (ValueError, RecursionError) as error:
        raise BadForm("bad_request", "what was kept is no JSON") from error
    match read:
        case [str(path), list(pairs)] if len(pairs) < MAX_PAIRS:
            return path, tuple(_pair(one) for one in pairs)
    raise BadForm("bad_request", "what was kept is no act")


def _pair(read: object) -> tuple[str, str]:
    match read:
        case [str(name), str(value)] if name not in ("", TOKEN):
            # JSON can write what no form can send.
            if "\0" in name + value or not _is_unicode(name + value):
                raise BadForm("bad_encoding", "a NUL or a lone surrogate")
            return name, value
    raise BadForm("bad_request", "what was kept is no field")


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in text)
