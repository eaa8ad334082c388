"""Row protection of the log: triggers that refuse UPDATE and DELETE, on both engines.

Alembic's batch mode re-creates SQLite tables and drops their triggers silently; a test looks for
these after every migration. On PostgreSQL TRUNCATE is refused too.

A purge passes: it names the positions in `audit_purge_permit` within its own transaction, and on
PostgreSQL acts as `kumiai_purger`. Only sealed bodies may go, and nothing that explains others.
"""

from collections.abc import Iterator

import sqlalchemy as sa

from idp.storage.tx import Tx

PROTECTED = ("audit_event", "audit_leaf", "audit_checkpoint")

_UNIQUE = {"audit_event": ("position", "id"), "audit_leaf": ("seq", "event_id")} | {
    "audit_checkpoint": ("size",)
}

SQLITE = (
    *(
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table in PROTECTED
        for verb in ("UPDATE", "DELETE")
    ),
    # REPLACE deletes without the trigger of DELETE (unless each connection asks for it).
    *(
        f"CREATE TRIGGER {table}_no_replace_{column} BEFORE INSERT ON {table} "  # noqa: S608
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {column} = NEW.{column}) "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table, columns in _UNIQUE.items()
        for column in columns
    ),
)

POSTGRESQL = (
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END $$
    """,
    *(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        for table in PROTECTED
    ),
    *(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        for table in PROTECTED
    ),
)


def protect_log(connection: sa.Connection) -> None:
    """Create the triggers; a migration that re-creates a protected table calls this again."""
    statements = POSTGRESQL if connection.dialect.name == "postgresql" else SQLITE
    for statement in statements:
        connection.execute(sa.text(statement))


PURGER = "kumiai_purger"
_KEPT = "('audit.purged', 'log.forked')"

_SQLITE_PERMITS = f"""
CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event
WHEN OLD.name IN {_KEPT}
  OR NOT EXISTS (SELECT 1 FROM audit_purge_permit WHERE position = OLD.position)
  OR NOT EXISTS (SELECT 1 FROM audit_leaf WHERE event_id = OLD.id)
  -- SQLite gives a position that was the highest again; the sealer would pass over its event.
  OR OLD.position = (SELECT max(position) FROM audit_event)
BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END
"""  # noqa: S608
_SQLITE_REFUSES = next(s for s in SQLITE if s.startswith("CREATE TRIGGER audit_event_no_delete "))
_POSTGRESQL_PERMITS = f"""
CREATE FUNCTION refuse_change_unless_purged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_user = '{PURGER}' AND OLD.name NOT IN {_KEPT}
    AND EXISTS (SELECT 1 FROM audit_purge_permit WHERE position = OLD.position)
    AND EXISTS (SELECT 1 FROM audit_leaf WHERE event_id = OLD.id)
  THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$
"""  # noqa: S608
_POSTGRESQL_TRIGGER = (
    "CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_event"
    " FOR EACH ROW EXECUTE FUNCTION {}()"
)


def permit_purges(connection: sa.Connection) -> None:
    """Let purges pass the trigger of `audit_event`; everything else is refused as before."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(_POSTGRESQL_PERMITS))
        connection.execute(sa.text("DROP TRIGGER audit_event_append_only ON audit_event"))
        connection.execute(sa.text(_POSTGRESQL_TRIGGER.format("refuse_change_unless_purged")))
    else:
        connection.execute(sa.text("DROP TRIGGER audit_event_no_delete"))
        connection.execute(sa.text(_SQLITE_PERMITS))


def refuse_purges(connection: sa.Connection) -> None:
    """Refuse purges as well, as before `permit_purges`."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("DROP TRIGGER audit_event_append_only ON audit_event"))
        connection.execute(sa.text("DROP FUNCTION refuse_change_unless_purged()"))
        connection.execute(sa.text(_POSTGRESQL_TRIGGER.format("refuse_change")))
    else:
        connection.execute(sa.text("DROP TRIGGER audit_event_no_delete"))
        connection.execute(sa.text(_SQLITE_REFUSES))


def missing_protection(tx: Tx) -> Iterator[str]:
    """Name each trigger of the log that is missing or disabled, and permits without a purge."""
    if tx.is_postgresql:
        wanted = {(t, f"{t}_{kind}") for t in PROTECTED for kind in ("append_only", "no_truncate")}
        rows = tx.text(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger"
            " WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
        )
    else:
        wanted = {(t, f"{t}_no_{verb}") for t in PROTECTED for verb in ("update", "delete")}
        wanted |= {(t, f"{t}_no_replace_{c}") for t, columns in _UNIQUE.items() for c in columns}
        rows = tx.text("SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'")
    found = {(row[0], row[1]) for row in rows.fetchall()}
    for table, trigger in sorted(wanted - found):
        yield f"the trigger {trigger} of {table} is missing or disabled: rows can be changed"
    row = tx.text("SELECT count(*) FROM audit_purge_permit").fetchone()
    if row is not None and row[0]:
        yield "audit_purge_permit holds rows outside of a purge: somebody wrote them by hand"
