"""Row protection of the log and of sign-offs: triggers that refuse UPDATE and DELETE.

Alembic's batch mode re-creates SQLite tables and drops their triggers silently; a test looks for
these after every migration. On PostgreSQL TRUNCATE is refused too.

A purge passes: it names the positions in `audit_purge_permit` within its own transaction, and on
PostgreSQL acts as `kumiai_purger`. Only sealed bodies may go, and nothing that explains others.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import sqlalchemy as sa

KINDS = ("append_only", "no_truncate")
_LOG = {
    "audit_event": ("position", "id"),
    "audit_leaf": ("seq", "event_id"),
    "audit_checkpoint": ("size",),
}
_REVIEWS = {
    "audit_review": ("id",),
    "audit_review_end": ("review_id",),
    "audit_sign_off": ("id", "corrects"),
}
_UNIQUE = _LOG | _REVIEWS
PROTECTED, REVIEWS = tuple(_LOG), tuple(_REVIEWS)
GUARDED = PROTECTED + REVIEWS


def _sqlite(tables: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for table, columns in tables.items():
        for verb in ("UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        # REPLACE deletes without the trigger of DELETE (unless each connection asks for it).
        for column in columns:
            yield (
                f"CREATE TRIGGER {table}_no_replace_{column} BEFORE INSERT ON {table} "  # noqa: S608
                f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {column} = NEW.{column}) "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def _postgresql(tables: Iterable[str]) -> Iterator[str]:
    for table in tables:
        yield (
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        yield (
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


_REFUSE = """
    BEGIN
      RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END """
SQLITE = tuple(_sqlite(_LOG))
POSTGRESQL = (
    f"CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $${_REFUSE}$$",
    *_postgresql(_LOG),
)
# A second first sign-off of a period would replace the one that is there.
_ONE_FIRST = """
CREATE TRIGGER audit_sign_off_no_replace_first BEFORE INSERT ON audit_sign_off
WHEN NEW.corrects IS NULL AND EXISTS (
  SELECT 1 FROM audit_sign_off
  WHERE corrects IS NULL AND review_id = NEW.review_id AND begins = NEW.begins
)
BEGIN SELECT RAISE(ABORT, 'audit_sign_off is append-only'); END
"""


def protect_log(connection: sa.Connection) -> None:
    """Create the triggers; a migration that re-creates a protected table calls this again."""
    statements = POSTGRESQL if connection.dialect.name == "postgresql" else SQLITE
    for statement in statements:
        connection.execute(sa.text(statement))


def protect_reviews(connection: sa.Connection) -> None:
    """Do the same for saved reviews and their sign-offs."""
    statements = (
        _postgresql(_REVIEWS)
        if connection.dialect.name == "postgresql"
        else (*_sqlite(_REVIEWS), _ONE_FIRST)
    )
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
_REFUSE_UNLESS_PURGED = f"""
BEGIN
  IF TG_OP = 'DELETE' AND current_user = '{PURGER}' AND OLD.name NOT IN {_KEPT}
    AND EXISTS (SELECT 1 FROM audit_purge_permit WHERE position = OLD.position)
    AND EXISTS (SELECT 1 FROM audit_leaf WHERE event_id = OLD.id)
  THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END """  # noqa: S608
_POSTGRESQL_PERMITS = (
    "CREATE FUNCTION refuse_change_unless_purged() RETURNS trigger LANGUAGE plpgsql"
    f" AS $${_REFUSE_UNLESS_PURGED}$$"
)
_POSTGRESQL_TRIGGER = (
    "CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_event"
    " FOR EACH ROW EXECUTE FUNCTION {}()"
)

# What stands after all migrations. The doctor compares it word by word (`idp.storage.log_guard`): a
# change of any text here needs a migration that makes the triggers anew.
SQLITE_TRIGGERS = (
    *(s for s in SQLITE if s != _SQLITE_REFUSES),
    _SQLITE_PERMITS,
    *_sqlite(_REVIEWS),
    _ONE_FIRST,
)
FUNCTIONS = {
    "refuse_change": _REFUSE,
    "refuse_change_unless_purged": _REFUSE_UNLESS_PURGED,
}
TRIGGER_FUNCTIONS = {
    **{(table, kind): "refuse_change" for table in GUARDED for kind in KINDS},
    ("audit_event", "append_only"): "refuse_change_unless_purged",
}
"""On PostgreSQL, which function each trigger of a table calls: `<table>_<kind>`."""


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
