"""The audit, for those who may see it: filtered, checked, and as a file."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kb.clock import now, parse_moment, timestamp
from kb.db import audit, audit_list
from kb.db.audit import Event
from kb.db.audit_list import Wanted
from kb.db.users import ORIGINS
from kb.people import ROLES
from web.access import current_actor, needs
from web.acting import address
from web.numbers import whole
from web.services import Services
from web.sheets import neutral

PER_PAGE = 100
RESULTS: dict[str, str] = {"ok": "成功", "denied": "被拒绝", "failed": "失败"}
# what happened → how it is called; a group's name is what its actions begin with
ACTIONS: dict[str, str] = {
    "sign_in": "登录",
    "sign_out": "退出",
    "setup.link": "生成建立管理员的链接",
    "setup.administrator": "建立管理员",
    "password.change": "改密码",
    "password.invite": "首次设密码",
    "password.reset": "重设密码",
    "user.add": "添加用户",
    "user.change": "改用户资料",
    "user.disable": "停用用户",
    "user.enable": "启用用户",
    "user.password_link": "生成密码链接",
    "user.key": "生成接口密钥",
    "user.key_withdraw": "收回接口密钥",
    "draft.begin": "开始起草",
    "draft.save": "改稿",
    "draft.submit": "送审",
    "draft.recall": "取回修改",
    "draft.send_back": "退回修改",
    "draft.approve": "通过并发布",
    "draft.withdraw": "作废稿子",
    "draft.comment": "留言",
    "draft.urgent": "标为加急或取消",
    "publication.done": "发布完成",
    "publication.fail": "没有发布成",
    "publication.expire": "撤下",
    "publication.rollback": "回退",
    "publication.take_up": "收进手工改动的文件",
    "feedback.send": "发送反馈",
    "feedback.undo": "撤销反馈",
    "feedback.answer": "答复反馈",
    "feedback.draft": "为反馈起草",
    "feedback.read": "看了答复",
    "gap.send": "报告缺口",
    "gap.undo": "撤销缺口",
    "gap.draft": "为缺口起草",
    "gap.alias": "把缺口加为相似问",
    "gap.dismissed": "忽略缺口",
    "gap.open": "缺口重新待办",
    "notice.publish": "发布通知",
    "notice.end": "结束通知",
    "notice.acknowledge": "已知晓通知",
    "backup.make": "备份",
    "backup.restore": "恢复",
    "db.purge": "清理到期记录",
    "access": "打开没有权限的页面",
    "audit.export": "导出审计",
    "audit.check": "核对审计",
    "database.quarantine": "移开损坏的数据库",
}
GROUPS: dict[str, str] = {
    "sign_in": "登录",
    "user": "用户",
    "password": "密码",
    "draft": "草稿",
    "publication": "发布",
    "feedback": "反馈",
    "gap": "缺口",
    "notice": "通知",
    "access": "没有权限",
    "audit": "审计",
}
# how the details of an event are called, and what their words mean
_SAID: dict[str, str] = {
    "after": "改成",
    "before": "原来",
    "broken": "从第几条起对不上",
    "by": "方式",
    "days": "有效天数",
    "display": "姓名",
    "failures": "连续输错",
    "keys": "密钥",
    "links": "失效的链接和密钥",
    "locked_minutes": "锁定分钟",
    "origin": "登录方式",
    "queues": "技能组",
    "regions": "地区",
    "roles": "角色",
    "sessions": "退出的登录",
    "why": "原因",
    "reason": "原因",
    "comment": "意见",
    "number": "第几次修改",
    "version": "版本",
    "path": "文件",
    "disabled": "已停用",
    "locked": "锁定中",
    "password": "密码",
    "unknown": "没有这个登录名",
    **ROLES,
    **ORIGINS,
}
# says nothing worth a word
_NOTHING: tuple[object, ...] = ("", 0, None, [], {})
_COLUMNS = ("seq", "at", "actor", "action", "target", "detail", "address", "result", "previous", "hash")


def add_audit_pages(pages: Blueprint, services: Services) -> None:
    """List, check and export."""
    database = services.database

    @pages.get("/audit", endpoint="audit")
    @needs("audit")
    def audit_events() -> str:
        """The events, newest first."""
        wanted, seq = _wanted(), request.args.get("before", type=whole)
        with database.reading() as connection:
            found = audit_list.before(connection, wanted, seq, PER_PAGE + 1)
            size = audit.size(connection)
        kept = {n: v for n, v in request.args.items() if n != "before" and v}
        return render_template(
            "people/audit.html",
            events=found[:PER_PAGE], more=len(found) > PER_PAGE, size=size, kept=kept, asked=request.args,
            actions=ACTIONS, groups=GROUPS, results=RESULTS, detail=_detail,
        )  # fmt: skip

    @pages.post("/audit/check")
    @needs("audit")
    def check_audit() -> AnyResponse:
        """Compute the chain of hashes anew."""
        with database.reading() as connection:
            broken, size = audit.broken_at(connection), audit.size(connection)
        with database.writing() as connection:
            result: audit.Result = "failed" if broken else "ok"
            audit.record(
                connection, now(), current_actor().name, "audit.check", "", {"broken": broken}, address(), result
            )
        if broken:
            flash(
                f"审计记录从第 {broken} 条起对不上，有人改过或删过。请马上联系信息安全部门，不要再动数据库文件。",
                "error",
            )
        else:
            flash(f"{size} 条审计记录前后相连，没有改动。", "ok")
        return redirect(url_for("people.audit"))

    @pages.get("/audit/export.<any(csv, jsonl):form>")
    @needs("audit")
    def export_audit(form: str) -> Response:
        """The same events as a file, oldest first."""
        wanted, at = _wanted(), now()
        with database.writing() as connection:
            chosen = {n: v for n, v in request.args.items() if v}
            audit.record(connection, at, current_actor().name, "audit.export", form, chosen, address())
        lines = (_csv if form == "csv" else _json_lines)(audit_list.every(database, wanted))
        return Response(
            lines,
            mimetype="text/csv" if form == "csv" else "application/jsonl",
            headers={
                "Content-Disposition": f'attachment; filename="audit-{at:%Y%m%d-%H%M}.{form}"',
                "Cache-Control": "no-store",
            },
        )


def _wanted() -> Wanted:
    """Which events the address asks for; what cannot be read restricts nothing."""
    args = request.args
    return Wanted(
        actor=args.get("actor", "").strip()[:64],
        action=args.get("action", "").strip()[:64],
        target=args.get("target", "").strip()[:255],
        result=args.get("result", "") if args.get("result") in RESULTS else "",
        since=_moment(args.get("since", "")),
        # a day is meant to its end
        until=_moment(args.get("until", ""), timedelta(days=1)),
    )


def _moment(text: str, later: timedelta = timedelta(0)) -> datetime | None:
    with contextlib.suppress(ValueError, OverflowError):
        # in UTC, as it is compared: the first and the last day of all have no other
        return (parse_moment(text) + later).astimezone(UTC) if text else None
    return None


def _detail(event: Event) -> str:
    """What an event says beside who, what and when, in one line."""
    said = json.loads(event.detail)
    return "；".join(
        f"{_SAID.get(name, name)}：{_plain(value)}" for name, value in said.items() if value not in _NOTHING
    )


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return "，".join(f"{_SAID.get(n, n)} {_plain(v)}" for n, v in value.items() if v not in _NOTHING)
    return "、".join(map(_plain, value)) if isinstance(value, list) else _SAID.get(str(value), str(value))


def _row(event: Event) -> dict[str, object]:
    return {**asdict(event), "at": timestamp(event.at)}


def _json_lines(events: Iterator[Event]) -> Iterator[str]:
    for event in events:
        yield json.dumps(_row(event), ensure_ascii=False) + "\n"


def _csv(events: Iterator[Event]) -> Iterator[str]:
    line = io.StringIO()
    writer = csv.writer(line)
    # the mark by which Excel knows UTF-8
    line.write("\ufeff")
    writer.writerow(_COLUMNS)
    for event in events:
        row = _row(event)
        writer.writerow([neutral(str(row[name])) for name in _COLUMNS])
        yield line.getvalue()
        line.seek(0)
        line.truncate()
    yield line.getvalue()
