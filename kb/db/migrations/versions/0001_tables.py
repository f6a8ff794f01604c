"""All tables of the first release with a database. `audit` only grows: triggers refuse everything else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "audit",
        sa.Column("seq", _ID, autoincrement=False, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("target", sa.String(length=255), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
        sa.UniqueConstraint("hash", name="uq_audit_hash"),
    )
    op.create_table(
        "users",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("display", sa.String(length=64), nullable=False),
        sa.Column("password", sa.String(length=255), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("queues", sa.JSON(), nullable=False),
        sa.Column("regions", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", _MOMENT, nullable=True),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("signed_in", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "drafts",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("article_id", sa.String(length=80), nullable=False),
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("base_digest", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("author_id", _ID, nullable=False),
        sa.Column("editors", sa.JSON(), nullable=False),
        sa.Column("approver_id", _ID, nullable=True),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("updated", _MOMENT, nullable=False),
        sa.Column("submitted", _MOMENT, nullable=True),
        sa.Column("decided", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["approver_id"], ["users.id"], name="fk_drafts_approver_id"),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="fk_drafts_author_id"),
        sa.PrimaryKeyConstraint("id", name="pk_drafts"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_drafts_article_id", "drafts", ["article_id"], unique=False)
    op.create_index("ix_drafts_state_updated", "drafts", ["state", "updated"], unique=False)
    op.create_table(
        "feedback",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("article_key", sa.String(length=120), nullable=False),
        sa.Column("article_id", sa.String(length=80), nullable=False),
        sa.Column("question", sa.String(length=255), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reporter_id", _ID, nullable=True),
        sa.Column("reporter", sa.String(length=64), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("due", _MOMENT, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", _ID, nullable=True),
        sa.Column("answered", _MOMENT, nullable=True),
        sa.Column("seen", _MOMENT, nullable=True),
        sa.Column("draft_id", _ID, nullable=True),
        sa.ForeignKeyConstraint(["answered_by"], ["users.id"], name="fk_feedback_answered_by"),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name="fk_feedback_draft_id"),
        sa.ForeignKeyConstraint(["reporter_id"], ["users.id"], name="fk_feedback_reporter_id"),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_feedback_article_id", "feedback", ["article_id"], unique=False)
    op.create_index("ix_feedback_state", "feedback", ["state"], unique=False)
    op.create_table(
        "links",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("user_id", _ID, nullable=True),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("expires", _MOMENT, nullable=False),
        sa.Column("used", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_links_user_id"),
        sa.PrimaryKeyConstraint("token", name="pk_links"),
    )
    op.create_table(
        "notices",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("article_id", sa.String(length=80), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("author_id", _ID, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("expires", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="fk_notices_author_id"),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sessions",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("seen", _MOMENT, nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sessions_user_id"),
        sa.PrimaryKeyConstraint("token", name="pk_sessions"),
    )
    op.create_index("ix_sessions_seen", "sessions", ["seen"], unique=False)
    op.create_table(
        "acknowledgements",
        sa.Column("notice_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_acknowledgements_notice_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_acknowledgements_user_id"),
        sa.PrimaryKeyConstraint("notice_id", "user_id", name="pk_acknowledgements"),
    )
    op.create_table(
        "comments",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("draft_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name="fk_comments_draft_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_comments_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_comments_draft_id", "comments", ["draft_id"], unique=False)
    op.create_table(
        "gaps",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("question", sa.String(length=255), nullable=False),
        sa.Column("facet", sa.String(length=16), nullable=False),
        sa.Column("best", sa.String(length=120), nullable=False),
        sa.Column("confident", sa.Boolean(), nullable=False),
        sa.Column("reporter_id", _ID, nullable=True),
        sa.Column("reporter", sa.String(length=64), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("draft_id", _ID, nullable=True),
        sa.Column("decided_by", _ID, nullable=True),
        sa.Column("decided", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name="fk_gaps_decided_by"),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name="fk_gaps_draft_id"),
        sa.ForeignKeyConstraint(["reporter_id"], ["users.id"], name="fk_gaps_reporter_id"),
        sa.PrimaryKeyConstraint("id", name="pk_gaps"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_gaps_state", "gaps", ["state"], unique=False)
    op.create_table(
        "publications",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("draft_id", _ID, nullable=True),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("article_id", sa.String(length=80), nullable=False),
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("base_digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("approver", sa.String(length=64), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("applied", _MOMENT, nullable=True),
        sa.Column("generation", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name="fk_publications_draft_id"),
        sa.PrimaryKeyConstraint("id", name="pk_publications"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_publications_draft_id", "publications", ["draft_id"], unique=False)
    op.create_index("ix_publications_state", "publications", ["state"], unique=False)
    op.create_table(
        "revisions",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("article_id", sa.String(length=80), nullable=False),
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("effective", _MOMENT, nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("approver", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("publication_id", _ID, nullable=True),
        sa.ForeignKeyConstraint(["publication_id"], ["publications.id"], name="fk_revisions_publication_id"),
        sa.PrimaryKeyConstraint("id", name="pk_revisions"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_revisions_article_id", "revisions", ["article_id"], unique=False)
    op.create_index("ix_revisions_path", "revisions", ["path"], unique=False)
    _protect_audit()


def _protect_audit() -> None:
    """Let no statement change or remove an event."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'audit only grows'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'audit only grows'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()"
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index("ix_revisions_path", table_name="revisions")
    op.drop_index("ix_revisions_article_id", table_name="revisions")
    op.drop_table("revisions")
    op.drop_index("ix_publications_state", table_name="publications")
    op.drop_index("ix_publications_draft_id", table_name="publications")
    op.drop_table("publications")
    op.drop_index("ix_gaps_state", table_name="gaps")
    op.drop_table("gaps")
    op.drop_index("ix_comments_draft_id", table_name="comments")
    op.drop_table("comments")
    op.drop_table("acknowledgements")
    op.drop_index("ix_sessions_seen", table_name="sessions")
    op.drop_table("sessions")
    op.drop_table("notices")
    op.drop_table("links")
    op.drop_index("ix_feedback_state", table_name="feedback")
    op.drop_index("ix_feedback_article_id", table_name="feedback")
    op.drop_table("feedback")
    op.drop_index("ix_drafts_state_updated", table_name="drafts")
    op.drop_index("ix_drafts_article_id", table_name="drafts")
    op.drop_table("drafts")
    op.drop_table("users")
    op.drop_table("audit")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_only_grows()")
