"""The role that a purge acts in on PostgreSQL: the only one whose DELETE the trigger lets pass."""

from __future__ import annotations

import psycopg

from idp.errors import IdpError
from idp.storage.log_protection import PURGER
from idp.storage.sql import Tx


class NoPurgeRole(IdpError):
    """The connection may not purge."""

    code = "no_purge_role"


def act_as_purger(tx: Tx) -> None:
    """Act as the purging role until the transaction ends; raises `NoPurgeRole`.

    SQLite has no roles: there the trigger and the permits are all there is.
    """
    if not tx.is_postgresql:
        return
    row = tx.text("SELECT current_user").fetchone()
    if row is not None and row[0] == PURGER:
        return
    try:
        tx.text(f"SET LOCAL ROLE {PURGER}")
    except psycopg.Error as error:
        raise NoPurgeRole(
            f"this database role may not purge: run deploy/postgresql/roles.sql, and name a login"
            f" that is a member of {PURGER} in IDP_PURGE_DATABASE_URL"
        ) from error
