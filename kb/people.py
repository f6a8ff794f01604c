"""Who people are and what they may do: roles, rights, and the pure rules about both. No database, no web."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kb.visibility import Viewer

Role = Literal["agent", "editor", "approver", "lead", "operator", "admin"]
ROLES: dict[str, str] = {
    "agent": "坐席",
    "editor": "编辑",
    "approver": "审核人",
    "lead": "班长",
    "operator": "运维",
    "admin": "管理员",
}
Right = Literal["read", "report", "edit", "approve", "answer", "notify", "reports", "audit", "people"]
# what each right allows
RIGHTS: dict[Right, str] = {
    "read": "提问和看文章",
    "report": "报告问题和缺口",
    "edit": "起草、修改、送审",
    "approve": "审核、发布、撤下、回退",
    "answer": "处理反馈和缺口",
    "notify": "发布必读通知",
    "reports": "看夜间报告",
    "audit": "查看和导出审计记录",
    "people": "管理用户",
}
_HELD: dict[str, frozenset[Right]] = {
    "agent": frozenset({"read", "report"}),
    "editor": frozenset({"read", "report", "edit", "answer"}),
    "approver": frozenset({"read", "report", "edit", "approve", "answer", "notify"}),
    "lead": frozenset({"read", "report", "answer", "notify", "reports"}),
    "operator": frozenset({"read", "report", "reports", "audit"}),
    "admin": frozenset({"read", "report", "people", "reports", "audit"}),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who does something: a signed-in person, or nobody in particular (`id` 0)."""

    id: int
    # sign-in name, unique; `匿名` for nobody
    name: str
    # how pages call the person
    display: str
    roles: frozenset[str]
    queues: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()

    @property
    def rights(self) -> frozenset[Right]:
        """Everything that any role of this person allows."""
        return frozenset().union(*(_HELD.get(role, frozenset()) for role in self.roles))

    def may(self, right: Right) -> bool:
        """Whether this person may do something."""
        return right in self.rights

    @property
    def viewer(self) -> Viewer:
        """What the person belongs to, for the audience of articles; audiences name roles as people do (`班长`)."""
        return Viewer(self.roles | {ROLES[r] for r in self.roles if r in ROLES}, self.queues, self.regions)


# somebody who has not signed in and may only read
ANONYMOUS = Actor(0, "匿名", "未登录", frozenset())
# the program itself: the nightly job, files taken up from disk
SYSTEM = Actor(0, "系统", "系统", frozenset())
