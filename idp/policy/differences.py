"""What changes between two policies, in words; pure.

Limits get sentences of their own, for they are what is argued about; every other value is named by
its file and key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from idp.policy.model import Limit, Policy, Then
from idp.policy.values import Duration


def differences(old: Policy, new: Policy) -> Iterator[str]:
    """Say what changes from one policy to the other, file by file."""
    for area in Policy.__struct_fields__:
        if area != "limits":
            yield from _values(f"{area}.toml:", getattr(old, area), getattr(new, area))
    for name in sorted(old.limits.keys() | new.limits.keys()):
        yield from _limit(name.value, old.limits[name], new.limits[name])


def _limit(name: str, old: Limit, new: Limit) -> Iterator[str]:
    where = f"limits.toml: [{name}]"
    if old.count != new.count:
        more = "more" if new.count > old.count else "fewer"
        yield f"{where} allows {more} failures: {new.count} instead of {old.count}"
    if old.period != new.period and old.period and new.period:
        longer = "longer" if new.period.seconds > old.period.seconds else "shorter"
        yield f"{where} counts over a {longer} time: {new.period.text}, was {old.period.text}"
    if old.then != new.then:
        yield f"{where} {_then(new.then)}; before, it {_then(old.then)}"
    if old.on_outage != new.on_outage:
        does = "refuses" if new.on_outage.value == "deny" else "lets through"
        yield f"{where} {does} while its counter cannot be reached"
    if old.about != new.about:
        yield f"{where} is described in other words"


def _then(then: Then | None) -> str:
    if then is None:
        return "sets no block"
    told = "".join(f" and tells the {one.value}" for one in then.notify)
    if then.block is None:
        return f"blocks until a right answer{told}"
    most = f", at most {then.at_most.text}" if then.at_most else ""
    return f"blocks for {then.block.text}, twice as long each time{most}{told}"


def _values(where: str, old: Any, new: Any) -> Iterator[str]:
    if old == new:
        return
    if isinstance(old, msgspec.Struct) and type(old) is type(new):
        for name in old.__struct_fields__:
            yield from _values(f"{where} {name}", getattr(old, name), getattr(new, name))
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted(old.keys() | new.keys()):
            if key not in old:
                yield f"{where} {key} is new"
            elif key not in new:
                yield f"{where} {key} is gone"
            else:
                yield from _values(f"{where} {key}", old[key], new[key])
    else:
        yield f"{where} is {_shown(new)}, was {_shown(old)}"


def _shown(value: object) -> str:
    if isinstance(value, Duration):
        return value.text
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
