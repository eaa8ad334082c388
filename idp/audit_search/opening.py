"""Opening many lines: the keys of all their persons in one question, and no more than is needed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from audit.event import aad
from audit.personal import SealBroken, is_sealed, unseal
from idp.journal.reading import EventReader
from idp.storage.sql import Tx
from idp.subjects.service import PersonKeys

_KEY_ID = re.compile(r'"key":"([0-9a-f-]{36})"')
_TERMS = (("source", "address"), ("data", "member"))
"""Personal values that terms are made of."""


def open_lines(tx: Tx, persons: PersonKeys, lines: Sequence[str]) -> list[dict[str, Any]]:
    """Give events with their personal fields in clear; those of erased persons are null."""
    ids = {found for line in lines for found in _KEY_ID.findall(line)}
    reader = EventReader(persons, persons.keys_by_ids(tx, ids))
    return [reader.open(tx, line) for line in lines]


def open_searched(tx: Tx, persons: PersonKeys, lines: Sequence[str]) -> list[dict[str, Any]]:
    """Give events in which only what is searched for is in clear: the rest stays sealed."""
    events: list[dict[str, Any]] = [json.loads(line) for line in lines]
    keys = persons.keys_by_ids(tx, {one["key"] for event in events for _, _, one in _sealed(event)})
    for event in events:
        for group, member, value in _sealed(event):
            place = aad(event["id"], f"{group}.{member}")
            event[group][member] = _opened(value, keys[value["key"]], place)
    return events


def only_under(key_id: str, raw: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    """Give of an opened event only what lies under one key in its line (`raw`)."""
    kept: dict[str, Any] = {}
    for group, member, value in _sealed(raw):
        if value["key"] == key_id:
            kept[group] = {member: event[group][member]}
    return kept


def _sealed(event: Mapping[str, Any]) -> list[tuple[str, str, dict[str, str]]]:
    values = [(group, member, (event.get(group) or {}).get(member)) for group, member in _TERMS]
    return [(group, member, dict(v)) for group, member, v in values if v and is_sealed(v)]


def _opened(value: Mapping[str, str], key: bytes | None, place: bytes) -> str | None:
    if key is None:
        return None
    try:
        return unseal(value, key, place)
    except SealBroken:
        return None
