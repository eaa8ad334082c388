"""How events stand on pages: a row of a list, and everything of one event."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from idp.audit_room.words import occurred_at, sentence, who
from idp.audit_search.model import Found, address_of
from idp.clock import TOKYO
from idp.web.organisation import Language

PAGE: Final = "/staff/audit"
EVENT: Final = f"{PAGE}/event"
TIMELINE: Final = f"{PAGE}/timeline"
FIELDS: Final = (
    "id",
    "name",
    "outcome",
    "subject",
    "on_behalf_of",
    "client",
    "session",
    "case",
    "approval",
    "request_id",
)


def listed(
    found: Iterable[Found], language: Language, staff: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Give events as rows, with the ways on from each; `staff` names their ids."""
    return [_row(one.event, language, staff) for one in found]


def second(at: datetime) -> str:
    """Write an instant in Japan to the second: auditors compare."""
    return f"{at.astimezone(TOKYO):%Y-%m-%d %H:%M:%S}"


def ways(event: Mapping[str, Any]) -> dict[str, str | None]:
    """Address the timelines that an event belongs to; None where it belongs to none."""
    actor, reference = event["actor"], (event.get("data") or {}).get("reference")
    asked = {
        "person": event.get("subject"),
        "actor": actor.get("id") if actor.get("id") != event.get("subject") else None,
        "reference": reference,
    }
    return {
        key: f"{TIMELINE}?{urlencode({key: value})}" if isinstance(value, str) else None
        for key, value in asked.items()
    }


def members_of(event: Mapping[str, Any], staff: Mapping[str, str]) -> list[tuple[str, str]]:
    """List everything an event says, nested values as text; null is what is erased.

    A colleague is named as well: who browses is to be found out by name, not by a number.
    """
    actor, source = event["actor"], event.get("source") or {}
    plain = [(name, event.get(name)) for name in FIELDS]
    plain += [(f"actor.{name}", actor.get(name)) for name in ("kind", "id", "role")]
    plain.append(("actor", staff.get(actor.get("id", "")) if actor["kind"] == "staff" else None))
    shown = [(name, str(value)) for name, value in plain if value is not None]
    shown += [
        (f"source.{name}", _text(source[name])) for name in ("address", "device") if name in source
    ]
    for group in ("decision", "data"):
        shown += [(f"{group}.{name}", _text(v)) for name, v in (event.get(group) or {}).items()]
    return shown


def _row(event: dict[str, Any], language: Language, staff: Mapping[str, str]) -> dict[str, Any]:
    return {
        "at": second(occurred_at(event)),
        "what": sentence(event, language),
        "name": event["name"],
        "who": who(event, language, staff),
        "subject": event.get("subject") or "",
        "client": event.get("client") or "",
        "address": address_of(event) or "",
        "url": f"{EVENT}/{event['id']}",
        "ways": ways(event),
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
