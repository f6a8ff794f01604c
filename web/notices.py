"""Must-read notices: what people read and acknowledge, and, for those who publish them, who has."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from kb.clock import now, parse_date, parse_moment
from kb.db import notices
from kb.db.notices import Notice
from kb.errors import Refused
from kb.feedback import MOST, line, words
from kb.people import ROLES
from web.access import current_actor, needs
from web.acting import address
from web.drafting import article_titles
from web.services import Services
from web.sheets import csv_response

LONGEST_TITLE = 60
# days that a notice runs unless its author says otherwise, and at most
_DAYS, _MOST_DAYS = 7, 90
_MOST_LISTED = 100
Page = tuple[str, int]


def notice_pages(services: Services) -> Blueprint:
    """The blueprint of notices."""
    pages = Blueprint("notices", __name__, url_prefix="/notices")

    @pages.get("/")
    @needs("session")
    def listed() -> str:
        """What one still has to read, then everything else one may see."""
        actor, at = current_actor(), now()
        with services.database.reading() as connection:
            unread = notices.unread(connection, actor, at)
            others = notices.listed(connection, actor, _MOST_LISTED)
            counts = notices.read_by(connection, [n.id for n in others]) if actor.may("notify") else {}
        waiting = {notice.id for notice in unread}
        titles = article_titles(services, [n.article_id for n in others])
        return render_template(
            "notices/list.html",
            unread=unread, others=[n for n in others if n.id not in waiting], counts=counts, titles=titles, at=at,
            roles=ROLES,
        )  # fmt: skip

    @pages.post("/<int:number>/acknowledge")
    @needs("session")
    def acknowledge(number: int) -> Response:
        """Note that one has read it."""
        with services.database.writing() as connection:
            notices.acknowledge(connection, current_actor(), number, now(), address())
        return redirect(url_for("notices.listed"))

    @pages.get("/new")
    @needs("notify")
    def new() -> Page:
        """The form of a new notice."""
        expires = (now() + timedelta(days=_DAYS)).date().isoformat()
        return _form(MultiDict({"expires": expires, "article": request.args.get("article", "")[:80]}))

    @pages.post("/new")
    @needs("notify")
    def publish() -> Page | Response:
        """Put it before the people it is meant for; what was typed stays in the form where that is not possible."""
        form, at = request.form, now()
        try:
            title = line(form.get("title", ""), LONGEST_TITLE, "标题", required=True)
            text = words(form.get("text", ""), MOST, "内容", required=True)
            article_id = _article(services, form.get("article", ""))
            expires = _expires(form.get("expires", ""), at)
        except Refused as error:
            return _form(form, str(error), 400)
        roles = [role for role in ROLES if role in form.getlist("roles")]
        with services.database.writing() as connection:
            number = notices.publish(
                connection, current_actor(), title, text, article_id, roles, expires, at, address()
            )
        flash("已发布，要读的人会在坐席页看到。", "ok")
        return redirect(url_for("notices.progress", number=number))

    @pages.get("/<int:number>")
    @needs("notify")
    def progress(number: int) -> str:
        """Who has acknowledged it and who has not."""
        notice = _notice(services, number)
        with services.database.reading() as connection:
            readers = notices.readers(connection, notice)
        return render_template(
            "notices/progress.html",
            notice=notice, readers=readers, done=sum(bool(r.acknowledged) for r in readers),
            titles=article_titles(services, [notice.article_id]), roles=ROLES, at=now(),
        )  # fmt: skip

    @pages.get("/<int:number>.csv")
    @needs("notify")
    def export(number: int) -> Response:
        """The same as a table for a spreadsheet."""
        notice = _notice(services, number)
        with services.database.reading() as connection:
            readers = notices.readers(connection, notice)
        rows = [("登录名", "姓名", "角色", "知晓时间")]
        for reader in readers:
            when = reader.acknowledged.strftime("%Y-%m-%d %H:%M") if reader.acknowledged else ""
            rows.append((reader.name, reader.display, "、".join(ROLES.get(r, r) for r in reader.roles), when))
        return csv_response(rows, f"notice-{number}.csv")

    @pages.post("/<int:number>/end")
    @needs("notify")
    def end(number: int) -> Response:
        """Stop asking people to read it."""
        with services.database.writing() as connection:
            notices.end(connection, current_actor(), number, now(), address())
        flash("这条通知已结束，不再提醒。", "ok")
        return redirect(url_for("notices.progress", number=number))

    def _notice(services: Services, number: int) -> Notice:
        with services.database.reading() as connection:
            found = notices.find(connection, number)
        if found is None:
            raise NotFound
        return found

    return pages


def _form(typed: MultiDict[str, str], message: str = "", status: int = 200) -> Page:
    shown = render_template(
        "notices/new.html", typed=typed, message=message, roles=ROLES, most=MOST, longest=LONGEST_TITLE
    )
    return shown, status


def _article(services: Services, written: str) -> str:
    """The id of an article in force, given as an id or as the address of its page; empty where none is meant."""
    article_id = written.strip().rpartition("/")[2].partition("?")[0].partition("#")[0]
    if article_id and services.base.article(article_id, current_actor().viewer, now()) is None:
        raise Refused(f"没有编号为 {article_id[:80]} 的文章，或现在还不生效。")
    return article_id


def _expires(written: str, at: datetime) -> datetime:
    """The end of the day that the author named."""
    try:
        day = parse_date(written)
    except ValueError as error:
        raise Refused("截止日期要写成 2026-12-01。") from error
    if day < at.date():
        raise Refused("截止日期已经过了，请往后选。")
    if day > at.date() + timedelta(days=_MOST_DAYS):
        raise Refused(f"截止日期最远 {_MOST_DAYS} 天以后。")
    return parse_moment(day.isoformat()) + timedelta(days=1)
