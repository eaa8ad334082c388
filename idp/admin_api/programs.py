"""A program as one who asks for an act of two persons: it may ask, and never decides."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from idp.admin_api.model import Caller
from idp.approvals.model import Requester

_STAFF_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_LONGEST: Final = 64


def requester_of(caller: Caller) -> Requester:
    """Give who asks; no client is called as somebody of the staff is, whatever its id (CWE-290)."""
    return Requester(name_of(caller.client_id), caller.actor, caller.origin)


def name_of(client_id: str) -> str:
    """Name a client among those who ask."""
    if len(client_id) <= _LONGEST and not _STAFF_ID.fullmatch(client_id):
        return client_id
    return "client-" + hashlib.sha256(client_id.encode()).hexdigest()[:56]
