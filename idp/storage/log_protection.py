"""Row protection of the log: triggers that refuse UPDATE and DELETE, on both engines.

Alembic's batch mode re-creates SQLite tables and drops their triggers silently; a test looks for
these after every migration. On PostgreSQL TRUNCATE is refused too.
"""

import sqlalchemy as sa

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
