"""One signing key as it is stored: its dates, its public part, its wrapped private part.

`KeyRecord` is what homes keep and what the ring plans with; the JSON form is for the folder home
and for inventories. Opening the private part is left to `keys.keyset`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from keys.errors import DamagedHome

_TIMES: Final = ("announced_at", "activated_at", "retiring_at", "retired_at", "compromised_at")
_TEXTS: Final = ("kid", "alg", "use")
_MEMBERS: Final = {*_TIMES, *_TEXTS, "state", "public_jwk", "wrapped_private"}


class KeyState(StrEnum):
    """The life of a key, in order; a key never goes back."""

    ANNOUNCED = "announced"
    ACTIVE = "active"
    RETIRING = "retiring"
    RETIRED = "retired"


@dataclass(frozen=True, kw_only=True)
class KeyRecord:
    """A signing key. `wrapped_private` is None once the private part has been destroyed."""

    kid: str
    alg: str
    state: KeyState
    announced_at: datetime
    public_jwk: Mapping[str, str] = field(hash=False)
    wrapped_private: str | None = field(repr=False)
    use: str = "sig"
    activated_at: datetime | None = None
    retiring_at: datetime | None = None
    retired_at: datetime | None = None
    compromised_at: datetime | None = None

    def __post_init__(self) -> None:
        for name in _TIMES:
            at = getattr(self, name)
            if at is not None and at.tzinfo is None:
                raise ValueError(f"{name} needs a time zone")


def record_to_dict(record: KeyRecord) -> dict[str, Any]:
    """Give the record as JSON values, the wrapped private part included."""
    times = {name: _time_to_text(getattr(record, name)) for name in _TIMES}
    return {
        "kid": record.kid,
        "alg": record.alg,
        "use": record.use,
        "state": record.state.value,
        **times,
        "public_jwk": dict(record.public_jwk),
        "wrapped_private": record.wrapped_private,
    }


def record_from_dict(value: object) -> KeyRecord:
    """Read what `record_to_dict` gave; raise DamagedHome for anything else."""
    if not isinstance(value, dict) or set(value) != _MEMBERS:
        raise DamagedHome("a stored key does not have the expected members")
    jwk, wrapped = value["public_jwk"], value["wrapped_private"]
    if not isinstance(jwk, dict) or not all(isinstance(part, str) for part in jwk.values()):
        raise DamagedHome("a stored key has no readable public part")
    if not (wrapped is None or isinstance(wrapped, str)):
        raise DamagedHome("a stored key has no readable private part")
    if not all(isinstance(value[name], str) for name in (*_TEXTS, "announced_at")):
        raise DamagedHome("a stored key has no readable id, algorithm or date")
    try:
        return KeyRecord(
            kid=value["kid"],
            alg=value["alg"],
            use=value["use"],
            state=KeyState(value["state"]),
            public_jwk=jwk,
            wrapped_private=wrapped,
            **{name: _time_from_text(value[name]) for name in _TIMES},
        )
    except (ValueError, TypeError, AttributeError):
        raise DamagedHome("a stored key has an unreadable state or date") from None


def _time_to_text(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()


def _time_from_text(text: str | None) -> Any:
    return None if text is None else datetime.fromisoformat(text)
