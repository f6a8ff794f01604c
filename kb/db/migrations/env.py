"""How Alembic reaches the database: through the connection, and in the transaction, that `kb.db.upgrading` hands over."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from kb.db.schema import METADATA


def run() -> None:
    """Run the migrations; whoever began the transaction ends it."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


run()
