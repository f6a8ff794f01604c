"""The tables, as one list. Moments are stored in UTC and read as aware moments in Asia/Shanghai."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
)

from kb.clock import SHANGHAI
from kb.db.words import Words

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware moment. SQLite keeps no zones, so that UTC is what stands there."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuses naive moments with ValueError."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive moment: {value}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment, aware, in Asia/Shanghai."""
        if value is None:
            return None
        return (value.replace(tzinfo=UTC) if value.tzinfo is None else value).astimezone(SHANGHAI)


# the number of a deleted row is not given again: events and links name it (PostgreSQL does so by itself)
_NEVER_AGAIN: dict[str, Any] = {"sqlite_autoincrement": True}
# SQLite numbers rows by itself only where the type is INTEGER
_Id = BigInteger().with_variant(Integer, "sqlite")


def _id() -> Column[Any]:
    return Column("id", _Id, primary_key=True, autoincrement=True)


def _text(name: str, length: int | None = None, default: str = "", **more: Any) -> Column[Any]:
    return Column(name, Words(length), nullable=False, default=default, **more)


def _person(name: str, *, required: bool = False) -> Column[Any]:
    return Column(name, _Id, ForeignKey("users.id"), nullable=not required)


USERS = Table(
    "users", METADATA, _id(),
    _text("name", 64, unique=True),
    _text("display", 64),
    # Argon2 hash; empty where somebody else checks who it is
    _text("password", 255),
    # lists of strings
    Column("roles", JSON, nullable=False, default=list),
    Column("queues", JSON, nullable=False, default=list),
    Column("regions", JSON, nullable=False, default=list),
    Column("active", Boolean, nullable=False, default=True),
    # local, oidc or proxy; `subject` is how the other side names the person
    _text("origin", 16, default="local"),
    _text("subject", 255),
    Column("failures", Integer, nullable=False, default=0),
    Column("locked_until", Moment),
    Column("must_change", Boolean, nullable=False, default=False),
    Column("created", Moment, nullable=False),
    Column("signed_in", Moment),
    **_NEVER_AGAIN,
)  # fmt: skip

# who is signed in, by the SHA-256 of the cookie's token
SESSIONS = Table(
    "sessions", METADATA,
    Column("token", String(64), primary_key=True),
    _person("user_id", required=True),
    Column("created", Moment, nullable=False),
    Column("seen", Moment, nullable=False, index=True),
    _text("address", 64),
)  # fmt: skip

# one-time links, by the SHA-256 of their token: setup (the first administrator), invite, reset
LINKS = Table(
    "links", METADATA,
    Column("token", String(64), primary_key=True),
    _text("purpose", 16),
    _person("user_id"),
    Column("created", Moment, nullable=False),
    Column("expires", Moment, nullable=False),
    Column("used", Moment),
)  # fmt: skip

DRAFTS = Table(
    "drafts", METADATA, _id(),
    # article, or file (of the lexicon or the registry)
    _text("kind", 16, default="article"),
    _text("article_id", 80, index=True),
    # the file it is meant for, relative to the articles folder
    _text("path", 255),
    _text("title", 255),
    # draft, review, approved, withdrawn, published
    _text("state", 16, default="draft"),
    _text("text"),
    # what the file said when the draft was begun, and its SHA-256; both empty for a new file
    _text("base"),
    _text("base_digest", 64),
    # counts the changes, so that two people cannot overwrite each other
    Column("number", Integer, nullable=False, default=1),
    Column("urgent", Boolean, nullable=False, default=False),
    _person("author_id", required=True),
    # ids of everybody who changed the text: none of them may approve it
    Column("editors", JSON, nullable=False, default=list),
    _person("approver_id"),
    Column("created", Moment, nullable=False),
    Column("updated", Moment, nullable=False),
    Column("submitted", Moment),
    Column("decided", Moment),
    Index("ix_drafts_state_updated", "state", "updated"),
    **_NEVER_AGAIN,
)  # fmt: skip

COMMENTS = Table(
    "comments", METADATA, _id(),
    Column("draft_id", _Id, ForeignKey("drafts.id"), nullable=False, index=True),
    _person("user_id", required=True),
    Column("at", Moment, nullable=False),
    _text("text"),
    **_NEVER_AGAIN,
)  # fmt: skip

# what was decided and has to be done to the files; done in the order of `id`
PUBLICATIONS = Table(
    "publications", METADATA, _id(),
    Column("draft_id", _Id, ForeignKey("drafts.id"), nullable=True, index=True),
    # write or remove
    _text("action", 16, default="write"),
    _text("article_id", 80),
    _text("path", 255),
    _text("text"),
    # SHA-256 of the text, and of what must stand there before; empty: no file
    _text("digest", 64),
    _text("base_digest", 64),
    # pending, written, applied, failed
    _text("state", 16, default="pending", index=True),
    _text("reason"),
    _text("author", 64),
    _text("approver", 64),
    Column("at", Moment, nullable=False),
    Column("applied", Moment),
    # index generation that answers with it
    _text("generation", 64),
    **_NEVER_AGAIN,
)  # fmt: skip

# every text that a file ever had
REVISIONS = Table(
    "revisions", METADATA, _id(),
    _text("article_id", 80, index=True),
    _text("path", 255, index=True),
    Column("version", Integer, nullable=False, default=0),
    _text("digest", 64),
    _text("text"),
    # the file is gone with this revision
    Column("removed", Boolean, nullable=False, default=False),
    Column("effective", Moment),
    Column("at", Moment, nullable=False),
    _text("author", 64),
    _text("approver", 64),
    # workbench, files (changed by hand or by a copy), git (changed by a commit)
    _text("source", 16),
    Column("publication_id", _Id, ForeignKey("publications.id"), nullable=True),
    **_NEVER_AGAIN,
)  # fmt: skip

# append-only; each event carries the hash of the one before
AUDIT = Table(
    "audit", METADATA,
    Column("seq", _Id, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    _text("actor", 64),
    _text("action", 64),
    _text("target", 255),
    # JSON object, keys sorted
    _text("detail"),
    _text("address", 64),
    # ok, denied or failed
    _text("result", 16, default="ok"),
    _text("previous", 64),
    _text("hash", 64, unique=True),
)  # fmt: skip

FEEDBACK = Table(
    "feedback", METADATA, _id(),
    # wrong, unclear, outdated, praise
    _text("kind", 16),
    _text("article_key", 120),
    _text("article_id", 80, index=True),
    # numbers masked
    _text("question", 255),
    _text("text"),
    _person("reporter_id"),
    _text("reporter", 64),
    Column("at", Moment, nullable=False),
    Column("due", Moment, nullable=False),
    # open, done, declined
    _text("state", 16, default="open", index=True),
    _text("answer"),
    _person("answered_by"),
    Column("answered", Moment),
    # the reporter has read the answer
    Column("seen", Moment),
    # the draft that mends the article
    Column("draft_id", _Id, ForeignKey("drafts.id"), nullable=True),
    **_NEVER_AGAIN,
)  # fmt: skip

# questions that found nothing useful
GAPS = Table(
    "gaps", METADATA, _id(),
    _text("question", 255),
    # what was asked for, and what was found, when it was reported
    _text("facet", 16),
    _text("best", 120),
    Column("confident", Boolean, nullable=False, default=False),
    _person("reporter_id"),
    _text("reporter", 64),
    Column("at", Moment, nullable=False),
    # open, draft, alias, dismissed
    _text("state", 16, default="open", index=True),
    Column("draft_id", _Id, ForeignKey("drafts.id"), nullable=True),
    _person("decided_by"),
    Column("decided", Moment),
    **_NEVER_AGAIN,
)  # fmt: skip

# must-read notices
NOTICES = Table(
    "notices", METADATA, _id(),
    _text("title", 120),
    _text("text"),
    _text("article_id", 80),
    # roles that must read it, keys of kb.people.ROLES; none: everybody
    Column("roles", JSON, nullable=False, default=list),
    _person("author_id", required=True),
    Column("at", Moment, nullable=False),
    Column("expires", Moment),
    **_NEVER_AGAIN,
)  # fmt: skip

ACKNOWLEDGEMENTS = Table(
    "acknowledgements", METADATA,
    Column("notice_id", _Id, ForeignKey("notices.id"), primary_key=True),
    Column("user_id", _Id, ForeignKey("users.id"), primary_key=True),
    Column("at", Moment, nullable=False),
)  # fmt: skip

# which version of an article somebody read last
READINGS = Table(
    "readings", METADATA,
    Column("user_id", _Id, ForeignKey("users.id"), primary_key=True),
    Column("article_id", Words(80), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("at", Moment, nullable=False, index=True),
)  # fmt: skip

# articles that somebody keeps at hand
FAVOURITES = Table(
    "favourites", METADATA,
    Column("user_id", _Id, ForeignKey("users.id"), primary_key=True),
    Column("article_id", Words(80), primary_key=True),
    Column("at", Moment, nullable=False),
)  # fmt: skip

# questions handed to a colleague, by the SHA-256 of the id in the link
HANDOVERS = Table(
    "handovers", METADATA,
    Column("token", String(64), primary_key=True),
    _person("user_id", required=True),
    # numbers masked
    _text("question", 255),
    # ids of the articles that were open
    Column("articles", JSON, nullable=False, default=list),
    Column("created", Moment, nullable=False),
    Column("expires", Moment, nullable=False),
)  # fmt: skip

# how often somebody did something in a window of time that ends at a moment, in seconds since 1970, UTC
RATES = Table(
    "rates", METADATA,
    Column("who", Words(200), primary_key=True),
    Column("ends", BigInteger, primary_key=True),
    Column("count", Integer, nullable=False),
)  # fmt: skip
