"""Runs migrations on the engine that `idp.storage.migrate` hands over: as a whole or not at all."""

from typing import Any

import sqlalchemy as sa
from alembic import context
from sqlalchemy.pool import NullPool

LOCK = 7_302_017
WAIT_SECONDS = 120


def run() -> None:
    """Run what Alembic was asked for; a second node waits for the first."""
    engine: sa.Engine = context.config.attributes["engine"]
    metadata: Any = context.config.attributes.get("metadata")
    # A fresh engine: the provider's own sends BEGIN itself and pools autocommit connections.
    own = sa.create_engine(_url(engine), poolclass=NullPool, **_options(engine))
    if engine.dialect.name == "sqlite":
        sa.event.listen(own, "begin", _begin)
    try:
        with own.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text(f"SELECT pg_advisory_lock({LOCK})"))
                connection.commit()
            with connection.begin():  # all of it or nothing: killed half-way, all is as it was
                context.configure(connection=connection, target_metadata=metadata)
                context.run_migrations()
    finally:
        own.dispose()


def _options(engine: sa.Engine) -> dict[str, Any]:
    if engine.dialect.name != "sqlite":
        return {}
    # The driver would begin no transaction before CREATE TABLE, and each would stand alone.
    return {"connect_args": {"isolation_level": None, "timeout": WAIT_SECONDS}}


def _begin(connection: sa.Connection) -> None:
    """Take the database's lock at once; a second process waits for the first."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _url(engine: sa.Engine) -> sa.URL:
    return engine.url


run()
