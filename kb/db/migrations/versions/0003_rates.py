"""A table for limits that all processes count together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "rates",
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("who", "ends", name="pk_rates"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("rates")
