"""The JWK set that relying parties fetch (RFC 7517 5): public members only, in a steady order.

Serve `KeySet.jwks`, whose keys were proven against their private parts; this module only renders.
"""

import json
from collections.abc import Iterable
from typing import Any, Final

from keys.algorithms import PUBLIC_MEMBERS, thumbprint
from keys.errors import BrokenRing
from keys.record import KeyRecord, KeyState

__all__ = ["as_dict", "document", "thumbprint"]

# Active first: a careless client that takes the first key of a kind then takes the right one.
_ORDER: Final = {KeyState.ACTIVE: 0, KeyState.ANNOUNCED: 1, KeyState.RETIRING: 2}


def document(records: Iterable[KeyRecord]) -> bytes:
    """Render the JWK set; the same records in any order give the same bytes."""
    return json.dumps(as_dict(records), separators=(",", ":"), sort_keys=True).encode("ascii")


def as_dict(records: Iterable[KeyRecord]) -> dict[str, Any]:
    """Give the JWK set as JSON values: announced, active and retiring keys, never a retired one."""
    published = [r for r in records if r.state in _ORDER and r.compromised_at is None]
    published.sort(key=lambda record: (_ORDER[record.state], record.announced_at, record.kid))
    return {"keys": [_public(record) for record in published]}


def _public(record: KeyRecord) -> dict[str, str]:
    # A list of what may leave, not of what must not: a private member has no way out.
    names = PUBLIC_MEMBERS.get(record.public_jwk.get("kty", ""))
    if names is None or any(name not in record.public_jwk for name in names):
        raise BrokenRing(f"the key {record.kid} has no complete public part")
    members = {name: record.public_jwk[name] for name in names}
    return {**members, "alg": record.alg, "kid": record.kid, "use": record.use}
