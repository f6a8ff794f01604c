"""How Alembic reaches the database: through the engine that `kb.db.engine.Database` hands over."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Engine

from kb.db.schema import METADATA


def run() -> None:
    """Run the migrations in one transaction, where the database can do that."""
    engine: Engine = context.config.attributes["engine"]
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
