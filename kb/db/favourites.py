"""Articles that somebody keeps at hand, as rows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from kb.db.schema import FAVOURITES
from kb.errors import Refused

# how many one person may keep: more are found faster by asking
MOST = 50


def of(connection: Connection, user_id: int) -> list[str]:
    """The articles that somebody keeps, in the order in which they were added."""
    query = select(FAVOURITES.c.article_id).where(FAVOURITES.c.user_id == user_id)
    return [row.article_id for row in connection.execute(query.order_by(FAVOURITES.c.at, FAVOURITES.c.article_id))]


def add(connection: Connection, user_id: int, article_id: str, at: datetime) -> None:
    """Keep an article; once is enough. Raises Refused where there are too many."""
    mine = FAVOURITES.c.user_id == user_id
    if connection.execute(select(FAVOURITES.c.at).where(mine, FAVOURITES.c.article_id == article_id)).first():
        return
    if connection.execute(select(func.count()).where(mine)).scalar_one() >= MOST:
        raise Refused(f"最多收藏 {MOST} 篇，请先取消几篇不用的。")
    connection.execute(FAVOURITES.insert().values(user_id=user_id, article_id=article_id, at=at))


def remove(connection: Connection, user_id: int, article_id: str) -> None:
    """Keep it no longer."""
    connection.execute(
        FAVOURITES.delete().where(FAVOURITES.c.user_id == user_id, FAVOURITES.c.article_id == article_id)
    )
