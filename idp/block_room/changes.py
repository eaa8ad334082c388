"""What changes between two policies, value by value; pure.

The sentences of `idp.policy.differences` are what the command prints. A page shows the same as a
table: which key, what it says now, what it would say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from idp.policy.model import Policy
from idp.policy.values import Duration

Change = tuple[str, str | None, str | None]
"""The key with its file, the value before, the value after; None where there is none."""
LONGEST = 200


def changes(old: Policy, new: Policy) -> Iterator[Change]:
    """Give every value that differs, file by file."""
    for area in Policy.__struct_fields__:
        yield from _values(f"{area}.toml", getattr(old, area), getattr(new, area))


def _values(where: str, old: Any, new: Any) -> Iterator[Change]:
    if old == new:
        return
    if isinstance(old, msgspec.Struct) and type(old) is type(new):
        for name in old.__struct_fields__:
            yield from _values(f"{where} {name}", getattr(old, name), getattr(new, name))
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted(old.keys() | new.keys()):
            yield from _values(f"{where} [{key}]", old.get(key), new.get(key))
    else:
        yield (where, _shown(old), _shown(new))


def _shown(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, Duration):
        return value.text
    if isinstance(value, msgspec.Struct):
        parts = ((name, getattr(value, name)) for name in value.__struct_fields__)
        text = ", ".join(f"{name} = {_shown(one)}" for name, one in parts if one is not None)
        return text[:LONGEST]
    if isinstance(value, tuple | list):
        return ", ".join(str(_shown(one)) for one in value)[:LONGEST]
    return str(value)[:LONGEST]
