"""The fields of an article as an editor fills them in: one table for each type, in the order in which they stand in a file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from kb.types import CHANNELS, IDENTITY

Kind = Literal["line", "text", "lines", "choice", "date", "moment", "number", "rows", "flag", "group"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form, or of a row."""

    # as it is called in the file
    name: str
    label: str
    kind: Kind
    help: str = ""
    # value → what it is called; the first is what a new row begins with
    choices: dict[str, str] = field(default_factory=dict)
    # of a row, or of a group
    fields: tuple[Field, ...] = ()
    required: bool = False
    # greatest length that is still read aloud in one breath, 0: any
    most: int = 0
    # the registry that offers values: departments, menus, facts, articles
    offers: str = ""
    # filled in when the article is published
    automatic: bool = False
    # a list that stands on one line
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the form, under one heading; `body` is the Markdown text."""

    name: str
    title: str
    help: str
    fields: tuple[str, ...]


_AUTOMATIC = "发布时自动填写，不用管。"
_PHONE = {"yes": "能办", "partly": "只能办一部分", "no": "不能办"}
_COMMON_HEAD = (
    Field("id", "编号", "line", "小写英文、数字和连字符；发布以后不再改。", required=True),
    Field("type", "类型", "line", required=True),
    Field("title", "标题", "line", "客户要办的事，不超过 40 字。", required=True, most=40),
    Field("questions", "客户的说法", "lines", "一行一条，客户自己的口语，各不相同，至少 6 条。", required=True),
    Field("answer", "答案", "text", "能直接念给客户的一段话，先说结论，标点也算，不超过 80 字。", required=True, most=80),
    Field("tones", "其他语气", "group", "可以不写，各不超过 80 字。", fields=(
        Field("short", "简短", "text", "赶时间的客户。", most=80),
        Field("elder", "适老", "text", "慢一点，一步一句。", most=80),
        Field("soothe", "安抚", "text", "先接住情绪，再说怎么办。", most=80),
    )),
    Field("keywords", "关键词", "lines", "正文里没有、但客户或同事会用的词，一行一个。", inline=True),
    Field("category", "类目", "line", "一个中文类目，例如 手机号与短信。", required=True, offers="categories"),
    Field("status", "来历", "choice", "从别的系统迁入、还没有复核的，要求放宽，页面上会标明。",
          choices={"published": "本行编写", "imported": "迁入未复核"}, required=True),
    Field("version", "版本号", "number", _AUTOMATIC, automatic=True),
    Field("effective", "生效时间", "moment", "例如 2026-12-01（当天 0 点，北京时间）或 2026-12-01 08:30。已经过去的时间等于一发布就生效。",
          required=True),
    Field("expires", "失效时间", "moment", "到这一刻就不再出现；长期有效就空着。"),
    Field("supersedes_terms", "旧规的叫法", "lines", "已废止的规定里客户还会说的词，一行一个；会带出“旧规失效”的提示。"),
    Field("change_note", "这一版改了什么", "line", "一句话，坐席会看到。"),
    Field("owner", "负责部门", "line", "部门登记表里的名字。", required=True, offers="departments"),
    Field("author", "作者", "line", _AUTOMATIC, automatic=True),
    Field("approver", "审核人", "line", _AUTOMATIC, automatic=True),
    Field("verified", "最近核对", "date", "发布时自动写成当天。", automatic=True),
    Field("review_days", "核对周期（天）", "number", "每隔多少天要重新核对一次。", required=True),
    Field("sources", "依据", "rows", "写准文号；拿不准的条款号不写。本行自定的写“示例银行……（示例）”。", required=True, fields=(
        Field("document", "文件名", "line", required=True),
        Field("number", "文号", "line"),
        Field("clause", "条款", "line"),
        Field("date", "发布日期", "line"),
    )),
    Field("audience", "只给谁看", "group", "都空着就是人人可看。", fields=(
        Field("roles", "角色", "lines", "例如 班长；一行一个。", inline=True),
        Field("queues", "队列", "lines", "例如 信用卡；一行一个。", inline=True),
        Field("regions", "地区", "lines", "例如 上海；一行一个。", inline=True),
    )),
    Field("identity", "办理前核身", "choice", "坐席先核到这一级，才带客户办。",
          choices={level: f"{level} {meaning}" for level, meaning in IDENTITY.items()}, required=True),
    Field("by_phone", "电话里能不能办", "choice", choices=_PHONE, required=True),
    Field("by_phone_why", "为什么不能", "text", "不能办或只能办一部分时必填：一句能念给客户的话。"),
)  # fmt: skip
_COMMON_TAIL = (
    Field("test_queries", "检验问法", "lines", "应当在前三名找到本文的问法，至少 4 条，换个说法，不和上面重复。", required=True),
    Field("not_queries", "不该找到本文的问法", "lines", "容易混淆、应当找到别的文章的问法。"),
)  # fmt: skip
_CHANNELS = Field("channels", "办理渠道", "rows", "每个渠道五个槽都要写，没有就写“无”或“免费”。", fields=(
    Field("channel", "渠道", "choice", choices=dict(zip(CHANNELS, CHANNELS, strict=True)), required=True),
    Field("path", "路径", "line", "菜单之间用 › 隔开；网点柜台写“持……到任一网点”。", required=True, offers="menus"),
    Field("materials", "材料", "text", required=True),
    Field("duration", "时长", "text", required=True),
    Field("fee", "费用", "text", required=True),
    Field("hours", "办理时间", "text", required=True),
    Field("if_fails", "失败时怎么办", "text"),
))  # fmt: skip
_STEPS = Field("steps", "步骤", "rows", "坐席带客户做的每一步，对坐席说：引导客户……", fields=(
    Field("do", "做什么", "text", required=True),
    Field("if_fails", "失败时怎么办", "text"),
))  # fmt: skip
_BRANCHES = Field("branches", "先问清", "rows", "先问客户再决定怎么办，最多 4 个问题；没有就不写。", fields=(
    Field("ask", "问客户", "line", required=True),
    Field("options", "客户的回答", "rows", fields=(
        Field("when", "客户说", "line", required=True),
        Field("then", "就这样办", "text", required=True),
        Field("next", "接着问第几个", "line", "空着接着问下一个；写 end 就问到这里为止；写 3 就跳到第 3 个问题。"),
    )),
))  # fmt: skip
_DETAILS: dict[str, tuple[Field, ...]] = {
    "product": (
        Field("risk_level", "风险等级", "choice", "存款类写“无”。",
              choices={level: level for level in ("无", "R1", "R2", "R3", "R4", "R5")}, required=True),
        Field("principal_guaranteed", "是否保本", "choice",
              choices={"n/a": "不涉及", "yes": "保本", "no": "不保本"}, required=True),
        Field("suitable_for", "适合谁", "line", "适合什么样的客户。"),
        Field("key_numbers", "关键数字", "rows", "全行共用的数字用“插入共用数字”，改一处处处变。", fields=(
            Field("name", "名称", "line", "例如 起存金额", required=True),
            Field("value", "数值", "line", "例如 50元", required=True),
        )),
        Field("risk_sentence", "必须一起念的风险提示", "text", "理财、结构性存款、基金、贵金属必填。"),
        Field("do_not_say", "不能说的话", "lines", "一行一条。"),
        _CHANNELS, _STEPS, _BRANCHES,
    ),
    "process": (_CHANNELS, _STEPS, _BRANCHES),
    "regulation": (
        Field("document", "文件", "group", "正文用自己的话一条一条转述，每条以“第N条”开头单独成段。", fields=(
            Field("title", "全称", "line", required=True),
            Field("number", "文号", "line", required=True),
            Field("issuer", "发布机关", "line"),
            Field("date", "发布日期", "line"),
            Field("in_force", "施行日期", "line"),
        )),
        Field("affects", "受影响的文章", "lines", "文章编号，一行一个。", offers="articles"),
        _CHANNELS, _STEPS, _BRANCHES,
    ),
    "complaint": (
        Field("department", "归口部门", "line", "部门登记表里的名字。", required=True, offers="departments"),
        Field("internal_deadline", "行内时限", "line", "例如 3个工作日。", required=True),
        Field("legal_deadline", "法定时限", "line", "规定的最长期限，例如 15日。", required=True),
        Field("promise", "可以承诺的", "lines", "一行一条。", required=True),
        Field("never_promise", "绝不能承诺的", "lines", "一行一条。", required=True),
        Field("escalation", "何时升级、找谁", "text", required=True),
        _CHANNELS, _STEPS, _BRANCHES,
    ),
    "alert": (
        Field("severity", "严重程度", "choice", choices={"high": "高：红色卡片，排在最前", "medium": "中"}, required=True),
        Field("triggers", "触发词", "lines", "客户或骗子会说的词，一行一条；一行里用空格隔开的几个词要同时出现。"),
        Field("ask", "问客户", "lines", "一行一句。"),
        Field("do", "立即做", "lines", "一行一句，至少一句。", required=True),
        Field("dont", "不要做", "lines", "一行一句。"),
        Field("escalate", "转给谁", "line"),
        Field("standing", "长期有效的反诈卡片", "flag", "不写失效时间，核对周期不超过 90 天。"),
        _CHANNELS, _STEPS, _BRANCHES,
    ),
}  # fmt: skip
_WALK = ("channels", "steps", "branches")
_PARTS = (
    Part("asked", "客户怎么问", "写得越像客户的原话，越容易搜到。", ("title", "questions", "keywords")),
    Part("answer", "怎么答", "坐席看到的第一段话，会照着念。", ("answer", "tones", "by_phone", "by_phone_why", "identity")),
    Part("detail", "这一类特有的", "", ()),
    Part("walk", "怎么办", "渠道、步骤和要先问清的事。", _WALK),
    Part("body", "正文", "小标题就是客户会问的事，每节两三句；每一节都能被单独搜到。", ()),
    Part("dates", "什么时候生效", "可以提前写好下一版，到时间自动换上。", ("effective", "expires", "change_note", "supersedes_terms")),
    Part("sources", "依据", "", ("sources",)),
    Part("tests", "检验", "发布前用这些问法试搜一遍。", ("test_queries", "not_queries")),
    Part("care", "归谁管、给谁看", "", (
        "category", "owner", "review_days", "audience", "status", "id", "version", "author", "approver", "verified",
    )),
)  # fmt: skip


@cache
def fields_of(kind: str) -> tuple[Field, ...]:
    """The fields of an article type, in the order in which they stand in a file; the Markdown body is not among them."""
    return (*_COMMON_HEAD, *_DETAILS[kind], *_COMMON_TAIL)


@cache
def parts_of(kind: str) -> tuple[Part, ...]:
    """The parts of the form of a type, in the order in which they are shown; together they hold every field but `type`."""
    special = tuple(f.name for f in _DETAILS[kind] if f.name not in _WALK)
    made = (
        Part(part.name, part.title, part.help, special if part.name == "detail" else part.fields) for part in _PARTS
    )
    return tuple(part for part in made if part.fields or part.name == "body")


def locate(kind: str, path: str) -> tuple[str, str]:
    """The input that a place belongs to (`questions` for `questions.3`), and how people call the place."""
    fields: tuple[Field, ...] = fields_of(kind)
    names: list[str] = []
    labels: list[str] = []
    current: Field | None = None
    for part in path.split("."):
        if part.isdigit() and current and current.kind == "rows":
            names.append(part)
            labels[-1] = f"{labels[-1]} {int(part) + 1}"
        elif part.isdigit() and current:
            labels[-1] = f"{labels[-1]}第 {int(part) + 1} 条"
        else:
            current = next((f for f in fields if f.name == part), None)
            if current is None:
                break
            names.append(part)
            labels.append(current.label)
            fields = current.fields
    return ("body", "正文") if path == "body" else (".".join(names), " · ".join(labels))


@cache
def _labels(kind: str) -> dict[str, str]:
    found: dict[str, str] = {}

    def note(fields: tuple[Field, ...]) -> None:
        for each in fields:
            found.setdefault(each.name, each.label)
            note(each.fields)

    note(fields_of(kind))
    return found


_WORD = re.compile(r" ?(?<![\w./{:-])([a-z_]+)(?![\w./:}-]) ?")


def in_words(kind: str, message: str) -> str:
    """A message of the validator with the fields called as the form calls them."""
    labels = _labels(kind)

    def said(match: re.Match[str]) -> str:
        label = labels.get(match[1])
        if label is None:
            return match[0]
        return "" if message[: match.start()].endswith(label) else f"“{label}”"

    return _WORD.sub(said, message)
