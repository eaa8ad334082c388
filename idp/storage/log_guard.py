"""Is the log protected as it was made to be: what the doctor asks of triggers, rules and grants.

A trigger of the right name that lets everything pass protects nothing: what counts is its text, on
PostgreSQL its events, its function's body and that it fires. Who owns the tables can still take all
of it away (`commands_log`): that is found by checkpoints kept elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from idp.storage.log_protection import (
    FUNCTIONS,
    GUARDED,
    PURGER,
    SQLITE_TRIGGERS,
    TRIGGER_FUNCTIONS,
)
from idp.storage.tx import Tx

_NAMED = re.compile(r"CREATE TRIGGER (\w+) BEFORE \w+ ON (\w+) ")
_LISTED = ", ".join(f"'{table}'" for table in GUARDED)
_ROW, _BEFORE, _DELETE, _UPDATE, _TRUNCATE = 1, 2, 8, 16, 32  # bits of pg_trigger.tgtype
_EVENTS: Final = {
    "append_only": _ROW | _BEFORE | _DELETE | _UPDATE,
    "no_truncate": _BEFORE | _TRUNCATE,
}
_TRIGGERS = f"""
SELECT c.relname::text, t.tgname::text, t.tgenabled IN ('O', 'A'), t.tgtype,
  t.tgqual IS NULL AND t.tgattr::text = '' AND t.tgnargs = 0,
  p.proname::text, p.prosrc, l.lanname::text
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
JOIN pg_language l ON l.oid = p.prolang
WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace
  AND c.relname IN ({_LISTED})
"""  # noqa: S608
_RULES = f"""
SELECT tablename::text, rulename::text FROM pg_rules
WHERE schemaname = current_schema() AND tablename IN ({_LISTED})
"""  # noqa: S608
_SILENCED = """
SELECT coalesce(r.rolname::text, 'everybody') FROM pg_db_role_setting s
LEFT JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) AS setting
WHERE starts_with(setting, 'session_replication_role=')
  AND setting <> 'session_replication_role=origin'
  AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
"""
_GRANTS = """
SELECT c.relname::text, a.privilege_type, coalesce(r.rolname::text, 'PUBLIC')
FROM pg_class c CROSS JOIN LATERAL (
  SELECT grantee, privilege_type FROM aclexplode(c.relacl)
  UNION SELECT e.grantee, e.privilege_type FROM pg_attribute t, aclexplode(t.attacl) e
  WHERE t.attrelid = c.oid
) a LEFT JOIN pg_roles r ON r.oid = a.grantee
WHERE c.relnamespace = current_schema()::regnamespace AND a.grantee <> c.relowner
ORDER BY 1, 2, 3
"""
_CHANGES = frozenset({"UPDATE", "DELETE", "TRUNCATE", "TRIGGER"})
_NOBODYS: Final = {
    **dict.fromkeys(GUARDED, _CHANGES),
    "audit_purge": _CHANGES | {"INSERT"},
    "audit_purge_permit": _CHANGES | {"INSERT"},
}
"""What none but the owner may do to a table, the purging role apart."""
_PURGERS: Final = frozenset(
    {
        ("audit_event", "DELETE"),
        ("audit_purge", "INSERT"),
        ("audit_purge_permit", "INSERT"),
        ("audit_purge_permit", "DELETE"),
    }
)
_OWNER = """
SELECT current_user::text, bool_or(pg_has_role(current_user, c.relowner, 'MEMBER')) FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = 'audit_event'
"""


def faults_of_protection(tx: Tx) -> Iterator[str]:
    """Say what of the log's protection is missing, other than it was made, or too much."""
    yield from _postgresql(tx) if tx.is_postgresql else _sqlite(tx)
    row = tx.text("SELECT count(*) FROM audit_purge_permit").fetchone()
    if row is not None and row[0]:
        yield "audit_purge_permit holds rows outside of a purge: somebody wrote them by hand"


def commands_log(tx: Tx) -> str | None:
    """Name the role we are connected as if it could take the protection away; None if it cannot."""
    row = tx.text(_OWNER).fetchone() if tx.is_postgresql else None
    return str(row[0]) if row is not None and row[1] else None


def _sqlite(tx: Tx) -> Iterator[str]:
    wanted: dict[tuple[str, str], object] = {}
    for text in SQLITE_TRIGGERS:
        named = _NAMED.match(_plain(text))
        assert named is not None, "every trigger says what it is on"
        wanted[named[2], named[1]] = _plain(text)
    asked = f"""
      SELECT tbl_name, name, sql FROM sqlite_master
      WHERE type = 'trigger' AND tbl_name IN ({_LISTED})
    """  # noqa: S608
    found: dict[tuple[str, str], object]
    found = {(row[0], row[1]): _plain(row[2]) for row in tx.text(asked).fetchall()}
    yield from _compared(wanted, found)


def _postgresql(tx: Tx) -> Iterator[str]:
    wanted: dict[tuple[str, str], object] = {}
    for (table, kind), function in TRIGGER_FUNCTIONS.items():
        facts = (True, _EVENTS[kind], True, function, _plain(FUNCTIONS[function]), "plpgsql")
        wanted[table, f"{table}_{kind}"] = facts
    found: dict[tuple[str, str], object] = {}
    for table, name, *facts, body, language in tx.text(_TRIGGERS).fetchall():
        found[table, name] = (*facts, _plain(body), language)
    yield from _compared(wanted, found)
    for table, rule in tx.text(_RULES).fetchall():
        yield f"the rule {rule} stands on {table}: it may change what is written or read"
    for (role,) in tx.text(_SILENCED).fetchall():
        yield f"session_replication_role is set for {role}: triggers do not fire there"
    for table, act, role in tx.text(_GRANTS).fetchall():
        is_purger = role == PURGER and (table, act) in _PURGERS
        if act in _NOBODYS.get(table, ()) and not is_purger:
            yield f"{role} may {act} on {table}: run deploy/postgresql/roles.sql, or revoke it"


def _compared(
    wanted: Mapping[tuple[str, str], object], found: Mapping[tuple[str, str], object]
) -> Iterator[str]:
    for table, name in sorted(wanted.keys() | found.keys()):
        where = f"the trigger {name} of {table}"
        if (table, name) not in found:
            yield f"{where} is missing: rows can be changed"
        elif (table, name) not in wanted:
            yield f"{where} is none of ours: it may change or swallow what is written"
        elif wanted[table, name] != found[table, name]:
            yield f"{where} is disabled or is not the one that was made: rows can be changed"


def _plain(text: str) -> str:
    return " ".join(text.split())
