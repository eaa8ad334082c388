"""What the outbox is given when a relying party must be told that a session is over."""

from collections.abc import Iterable
from datetime import datetime

from idp.clients.service import Clients
from idp.outbox.service import promise
from idp.storage.sql import Tx

KIND = "backchannel_logout"


def promise_logouts(
    tx: Tx, clients: Clients, ended: Iterable[tuple[str, str, str]], now: datetime
) -> int:
    """Promise one logout token per (client, session, subject); answers how many.

    The address is read again at delivery; clients without one are left out.
    """
    told = 0
    for client_id, session_id, subject in sorted(set(ended)):
        client = clients.find(client_id)
        if client is not None and client.backchannel_logout_uri:
            promise(tx, KIND, {"client_id": client_id, "sid": session_id, "sub": subject}, now)
            told += 1
    return told
