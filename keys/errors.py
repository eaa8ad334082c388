"""Everything that `keys` refuses, one class per reason.

The texts name files, line numbers, key ids and states, never key material: they may be logged.
What a client or a browser is told about them is decided elsewhere.
"""

# The names say what happened, as everywhere in the project; "Error" would add nothing.

from datetime import datetime


class KeysError(Exception):
    """The root of all errors of this package."""


class MasterKeyFileError(KeysError):
    """The master key file is missing, open to others or not what `keys.master` describes."""


class WrongMasterKey(KeysError):
    """The secret was wrapped under a master key that is not at hand."""


class DamagedSecret(KeysError):
    """The wrapped text was altered, cut, or moved here from another place."""


class UnsupportedAlgorithm(KeysError):
    """The algorithm is not one this package signs with."""


class UnknownKey(KeysError):
    """No key of this id is in the ring."""


class KeyTooYoung(KeysError):
    """The key has not stayed long enough in its state; `available_at` says when it will have."""

    def __init__(self, message: str, available_at: datetime) -> None:
        super().__init__(message)
        self.available_at = available_at


class IllegalTransition(KeysError):
    """The ring does not allow this step from the state the key is in."""


class BrokenRing(KeysError):
    """The stored records contradict the invariants of the ring."""


class RingChanged(KeysError):
    """Somebody else stored a newer ring: load it and plan again."""


class HomeUnavailable(KeysError):
    """The place where keys are stored cannot be read or written."""


class DamagedHome(KeysError):
    """What is stored is not a ring of keys."""


class NoActiveKey(KeysError):
    """No key may sign with this algorithm now."""

    def __init__(self, alg: str) -> None:
        super().__init__(f"no active signing key for {alg}")
        self.alg = alg


class UnsignableClaims(KeysError):
    """The claims are not JSON that every receiver reads the same way."""


class BadKeySet(KeysError):
    """A foreign JWK set cannot be used to verify signatures."""


class BadToken(KeysError):
    """A token was refused.

    `reason` is one of too_large, malformed, algorithm, crit, type, unknown_key, signature, claims.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
