"""An empty article of each type, with hints: what an editor starts from (`kb new`). The rules are in docs/editors.md."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import yaml

from kb.articles import SLUG
from kb.errors import ArticleError, SettingError
from kb.library import article_files
from kb.settings import load_settings
from kb.types import CHANNELS, FOLDERS, IDENTITY, TYPES, Problem

# {id} and {title} are whole lines of YAML; a field left empty is reported by `kb check` until it is filled in
_COMMON = """\
---
# {what}。每一项后面的 # 是提示，写完可以删掉。用 kb check 看还缺什么。
{id}
type: {kind}
{title}  # 客户要办的事，不超过 40 字
questions:  # 客户自己的说法，口语，各不相同，至少 6 条，每条一行，例如：
  # - 我换号了，收不到验证码
answer:  # 能直接念给客户的一段话，先说结论，不超过 80 字（标点也算）
# tones:  # 同一答案的其他语气，可以不写，各不超过 80 字
#   short:  # 简短
#   elder:  # 适老：慢，一步一句
#   soothe:  # 安抚
keywords: []  # 正文里没有、但客户或同事会用的词，例如 [换绑, 手机号变更]
category:  # 一个中文类目，例如 手机号与短信
status: published
version: 1
effective:  # 生效日，例如 2026-03-01（当天 0 点，北京时间）或 2026-12-01 08:30
{expires}
# change_note:  # 这一版改了什么，一句话
owner:  # 负责部门，名字见 _registry/departments.yml
author:  # 作者
approver:  # 审核人，不能是作者自己
verified:  # 最近核对日期，例如 2026-03-01
review_days: {review_days}  # 每隔多少天要重新核对
sources:  # 依据，每条一个“- document”
  - document:  # 文件名；本行自定的写“示例银行……（示例）”
    number: ""  # 文号
    clause: ""  # 条款，拿不准就不写
    date: ""  # 发布日期
# audience:  # 只给一部分人看时才写
#   roles: []
#   queues: []
#   regions: []
identity:  # 办理前核到哪一级：{identity}
by_phone:  # 电话里能不能办：yes、no、partly
# by_phone_why:  # by_phone 是 no 或 partly 时必填：不能办的原因，一句能念的话
test_queries:  # 应当在前三名找到本文的问法，至少 4 条，不能和 questions 重复
  # - 预留手机号变更
not_queries: []  # 不应当找到本文的问法
"""

_CHANNELS = f"""\
channels:  # 办理渠道，每个渠道一条
  - channel:  # {"、".join(CHANNELS)}
    path:  # 例如 我的 › 安全中心 › 修改预留手机号；网点柜台写“持……到任一网点”
    materials:  # 材料，没有就写“无”
    duration:  # 时长
    fee:  # 费用，没有就写“免费”
    hours:  # 办理时间
    if_fails: ""  # 失败时怎么办
"""

_STEPS = """\
steps:  # 坐席带客户做的每一步
  - do:  # 对坐席说：引导客户……
    if_fails: ""  # 这一步失败时怎么办
# branches:  # 先问客户再决定怎么办，最多 4 个问题
#   - ask: 旧号码还能收短信吗？
#     options:
#       - when: 能
#         then: 走手机银行，刷脸后直接改。
#         next: end  # 问到这里为止；空着接着问下一个，写 3 就跳到第 3 个问题
"""

_PRODUCT = """\
risk_level:  # R1 到 R5，存款类写 无
principal_guaranteed:  # 是否保本：yes、no、n/a
suitable_for: ""  # 适合什么样的客户
key_numbers:  # 关键数字；全行共用的写成 "{{fact:名字}}"
  - name:  # 例如 起存金额
    value:  # 例如 50元
risk_sentence: ""  # 理财、结构性存款、基金、贵金属必填：必须一起念的风险提示
do_not_say: []  # 不能说的话
"""

_REGULATION = """\
document:
  title:  # 全称
  number:  # 文号
  issuer: ""  # 发布机关
  date: ""  # 发布日期
  in_force: ""  # 施行日期
affects: []  # 受影响的文章编号
# supersedes_terms:  # 已废止规定里客户还会说的词，每条一行
#   - 旧规定的名字
"""

_COMPLAINT = """\
department:  # 归哪个部门
internal_deadline:  # 本行内部的期限，例如 3个工作日
legal_deadline:  # 规定的最长期限，例如 15日
promise:  # 可以承诺的，每条一行
  # - 今天就把您的情况登记给责任部门。
never_promise:  # 绝不能承诺的，每条一行
  # - 一定会退钱。
escalation:  # 何时升级、找谁
"""

_ALERT = """\
severity:  # high 或 medium
# standing: true  # 长期有效的反诈卡片才写；这时 review_days 不超过 90
triggers:  # 客户或骗子会说的词，每条一行；空格隔开的几个词要同时出现
  # - 安全账户
ask: []  # 问客户什么
do:  # 立即做什么，每条一行
  # - 请客户挂断电话。
dont: []  # 不要做什么
escalate: ""  # 转给谁
"""

_DETAILS = {
    "product": _PRODUCT + _CHANNELS.replace("channels:", "# 能办理的产品再写渠道，否则删掉这一段\nchannels:"),
    "process": _CHANNELS + _STEPS,
    "regulation": _REGULATION,
    "complaint": _COMPLAINT,
    "alert": _ALERT,
}
_BODIES = {
    "product": ("谁能办", "怎么算", "有什么风险"),
    "process": ("要带什么", "多久办好", "为什么失败"),
    "regulation": (),
    "complaint": ("先问清什么", "怎么登记", "客户追问时"),
    "alert": ("骗子怎么说", "怎么分辨", "已经受骗了"),
}
_HINTS = {
    "regulation": "正文写在下面的 --- 之后：用自己的话一条一条转述，每条以“第N条”开头单独成段，只写与客户有关的条款。",
}
_HINT = "正文写在下面的 --- 之后：## 小标题就是客户会问的事，每节两三句；标题可以改，空着的删掉。"
_EXPIRES = "# expires:  # 失效时间，到这一刻就不再出现"
_ALERT_EXPIRES = "expires:  # 失效时间，不晚于生效后 30 天；长期卡片写下面的 standing: true，这一行留空"


def make_template(kind: str, slug: str, title: str = "") -> str:
    """The text of an article of a type that is still to be filled in. It is readable YAML whatever the title holds."""
    head = _COMMON.format(
        what=f"{TYPES[kind]}模板",
        kind=kind,
        id=_line("id", slug),
        title=_line("title", title) if title.strip() else "title:",
        expires=_ALERT_EXPIRES if kind == "alert" else _EXPIRES,
        review_days=30 if kind == "alert" else 180,
        identity="；".join(f"{level} {meaning}" for level, meaning in IDENTITY.items()),
    )
    body = "\n".join(f"## {heading}\n" for heading in _BODIES[kind])
    return f"{head}{_DETAILS[kind]}# {_HINTS.get(kind, _HINT)}\n---\n{body}"


def _line(name: str, value: str) -> str:
    text = " ".join(value.encode("utf-8", "ignore").decode().split())
    return yaml.safe_dump({name: text}, allow_unicode=True, width=sys.maxsize).strip()


def refusal(slug: str, taken: dict[str, str]) -> str:
    """Why no new article can have this id, or nothing; `taken` are the ids there are, with their files."""
    if not SLUG.fullmatch(slug) or len(slug) > 80:
        return f"编号“{slug}”不能用：只能用小写英文、数字和连字符，不超过 80 个字符，例如 change-reserved-phone。"
    return f"编号 {slug} 已经有了（{taken[slug]}），请换一个编号。" if slug in taken else ""


def write_template(root: Path, kind: str, slug: str, title: str = "") -> Path:
    """Write a template below the articles folder and return its path.

    Raises ArticleError if the id is bad or taken, SettingError if there is no such folder or it cannot be written.
    """
    if not root.is_dir():
        raise SettingError("KB_ARTICLES", str(root), "没有这个文章目录，请在项目目录里运行")
    path = root / FOLDERS[kind] / f"{slug}.md"
    taken = {found.stem.partition("@")[0]: found.relative_to(root).as_posix() for found in article_files(root)}
    if why := refusal(slug, taken):
        raise ArticleError([Problem(f"{FOLDERS[kind]}/{slug}.md", 0, 0, why)])
    try:
        path.parent.mkdir(exist_ok=True)
        # "x": somebody else's file is never overwritten
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(make_template(kind, slug, title))
    except OSError as error:
        raise SettingError("KB_ARTICLES", str(root), f"{path} 写不进去（{error.strerror}）") from error
    return path


@click.command("new")
@click.argument("kind", metavar="TYPE", type=click.Choice(list(TYPES)))
@click.argument("slug")
@click.option("--title", default="", help="标题：客户要办的事")
def new(kind: str, slug: str, title: str) -> None:
    """生成一篇文章的模板：TYPE 是 product、process、regulation、complaint 或 alert，SLUG 是编号。"""
    path = write_template(load_settings().articles, kind, slug, title)
    click.echo(f"已生成 {path}，照里面的提示填写，再用 kb check {path} 检查。")
