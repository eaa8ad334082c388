"""Runs migrations on the engine handed over by `idp.storage.migrate`, one transaction each."""

from typing import Any

import sqlalchemy as sa
from alembic import context
from sqlalchemy.pool import NullPool

LOCK = 7_302_017


def run() -> None:
    """Run what Alembic was asked for; a second node waits for the first."""
    engine: sa.Engine = context.config.attributes["engine"]
    metadata: Any = context.config.attributes.get("metadata")
    # A fresh engine: the provider's own sends BEGIN itself and pools autocommit connections.
    own = sa.create_engine(_url(engine), poolclass=NullPool)
    with own.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text(f"SELECT pg_advisory_lock({LOCK})"))
            connection.commit()
        context.configure(
            connection=connection, target_metadata=metadata, transaction_per_migration=True
        )
        with context.begin_transaction():
            context.run_migrations()
    own.dispose()


def _url(engine: sa.Engine) -> sa.URL:
    return engine.url


run()
