"""The doctor looks at what the log's triggers do and who may do what, not at their names."""

from __future__ import annotations

import pytest

from idp.storage.log_guard import commands_log, faults_of_protection
from idp.storage.sql import Database
from tests.stores.rolled_back import rolled_back

NOTHING = (
    "CREATE FUNCTION pass_by() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$"
)
TAMPERED = {
    "sqlite": {
        "a trigger is gone": ("DROP TRIGGER audit_leaf_no_delete",),
        "a trigger of the name that never fires": (
            "DROP TRIGGER audit_event_no_update",
            "CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event WHEN 0"
            " BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END",
        ),
        "the purge's trigger lets everything pass": (
            "DROP TRIGGER audit_event_no_delete",
            "CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event"
            " WHEN OLD.name IN ('audit.purged', 'log.forked')"
            " BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END",
        ),
        "a foreign trigger swallows events": (
            "CREATE TRIGGER quiet BEFORE INSERT ON audit_event WHEN NEW.name = 'block.lifted'"
            " BEGIN SELECT RAISE(IGNORE); END",
        ),
    },
    "postgresql": {
        "a trigger is gone": ("DROP TRIGGER audit_leaf_append_only ON audit_leaf",),
        "a trigger is disabled": (
            "ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only",
        ),
        "a trigger fires for replicas only": (
            "ALTER TABLE audit_event ENABLE REPLICA TRIGGER audit_event_append_only",
        ),
        "a function does nothing any more": (
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RETURN NEW; END $$",
        ),
        "a trigger of the name calls something else": (
            NOTHING,
            "DROP TRIGGER audit_leaf_append_only ON audit_leaf",
            "CREATE TRIGGER audit_leaf_append_only BEFORE UPDATE OR DELETE ON audit_leaf"
            " FOR EACH ROW EXECUTE FUNCTION pass_by()",
        ),
        "a trigger of the name has a condition": (
            "DROP TRIGGER audit_leaf_append_only ON audit_leaf",
            "CREATE TRIGGER audit_leaf_append_only BEFORE UPDATE OR DELETE ON audit_leaf"
            " FOR EACH ROW WHEN (false) EXECUTE FUNCTION refuse_change()",
        ),
        "a trigger of the name leaves deletions out": (
            "DROP TRIGGER audit_leaf_append_only ON audit_leaf",
            "CREATE TRIGGER audit_leaf_append_only BEFORE UPDATE ON audit_leaf"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        ),
        "a foreign trigger swallows events": (
            NOTHING,
            "CREATE TRIGGER quiet BEFORE INSERT ON audit_event"
            " FOR EACH ROW EXECUTE FUNCTION pass_by()",
        ),
        "a rule swallows leaves": (
            "CREATE RULE quiet AS ON INSERT TO audit_leaf DO INSTEAD NOTHING",
        ),
        "everybody may change rows": ("GRANT UPDATE ON audit_event TO PUBLIC",),
        "everybody may change one column": ("GRANT UPDATE (line) ON audit_event TO PUBLIC",),
        "everybody may empty a table": ("GRANT TRUNCATE ON audit_leaf TO PUBLIC",),
        "everybody may permit a purge": ("GRANT INSERT ON audit_purge_permit TO PUBLIC",),
    },
}


@pytest.mark.parametrize("how", sorted({how for kinds in TAMPERED.values() for how in kinds}))
def test_a_protection_that_was_weakened_is_found(database: Database, how: str) -> None:
    """CWE-693: what counts is what a trigger does; one of the right name proves nothing."""
    statements = TAMPERED["sqlite" if database.is_sqlite else "postgresql"].get(how)
    if statements is None:
        pytest.skip("only PostgreSQL has roles, rules, and triggers apart from their functions")
    with rolled_back(database) as tx:
        for statement in statements:
            tx.text(statement)
        assert len(list(faults_of_protection(tx))) >= 1
    with database.read() as tx:
        assert list(faults_of_protection(tx)) == []


def test_whoever_owns_the_tables_is_named(database: Database) -> None:
    with rolled_back(database) as tx:
        owner = commands_log(tx)
        if database.is_sqlite:
            assert owner is None, "there are no roles"
            return
        assert owner is not None
        tx.text("CREATE ROLE somebody_else")
        tx.text("GRANT SELECT ON audit_event TO somebody_else")
        tx.text("SET LOCAL ROLE somebody_else")
        assert commands_log(tx) is None
