"""Tables around a call: what somebody read last and keeps at hand, and questions handed to a colleague."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "readings",
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("article_id", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_readings_user_id"),
        sa.PrimaryKeyConstraint("user_id", "article_id", name="pk_readings"),
    )
    op.create_index("ix_readings_at", "readings", ["at"], unique=False)
    op.create_table(
        "favourites",
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("article_id", sa.String(length=80), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_favourites_user_id"),
        sa.PrimaryKeyConstraint("user_id", "article_id", name="pk_favourites"),
    )
    op.create_table(
        "handovers",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("question", sa.String(length=255), nullable=False),
        sa.Column("articles", sa.JSON(), nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("expires", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_handovers_user_id"),
        sa.PrimaryKeyConstraint("token", name="pk_handovers"),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("handovers")
    op.drop_table("favourites")
    op.drop_index("ix_readings_at", table_name="readings")
    op.drop_table("readings")
