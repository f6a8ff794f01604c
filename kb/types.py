"""The words of the business, as frozen values: what an article is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

ArticleType = Literal["product", "process", "regulation", "complaint", "alert"]
Status = Literal["published", "imported"]
Identity = Literal["L0", "L1", "L2", "L3", "LX"]
ByPhone = Literal["yes", "no", "partly"]

TYPES: dict[str, str] = {
    "product": "产品",
    "process": "流程",
    "regulation": "制度",
    "complaint": "投诉",
    "alert": "警示",
}
FOLDERS: dict[str, str] = {
    "product": "products",
    "process": "processes",
    "regulation": "regulations",
    "complaint": "complaints",
    "alert": "alerts",
}
IDENTITY: dict[str, str] = {
    "L0": "公开信息，无需核身",
    "L1": "核对来电号码和姓名",
    "L2": "核对三要素（姓名、证件号、卡号或预留手机号）",
    "L3": "三要素，并由客户自己输入密码或验证码",
    "LX": "不能电话办理",
}
# what names an article, and one of its versions, as patterns; files are held to the stricter `kb.articles.SLUG`
ARTICLE_ID = r"[a-z0-9][a-z0-9_-]{0,79}"
VERSION_KEY = rf"{ARTICLE_ID}@[0-9]{{1,9}}"
CHANNELS = ("手机银行", "网上银行", "微信银行", "网点柜台", "自助设备", "电话银行")
PATH_SEPARATOR = " › "


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a file, said in plain Chinese. Lines and columns count from 1; 0 means the whole file."""

    path: str
    line: int
    column: int
    message: str
    # "error" blocks publishing, "warning" does not
    level: Literal["error", "warning"] = "error"
    # name of the field it is about, as it stands in its mapping; `body` for the text; empty where it is about none
    field: str = ""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        return f"{place} {'错误' if self.level == 'error' else '提醒'}：{self.message}"


@dataclass(frozen=True, slots=True)
class Source:
    """What a statement rests on."""

    document: str
    number: str = ""
    clause: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to get it done, with its five slots."""

    channel: str
    path: str
    materials: str
    duration: str
    fee: str
    hours: str
    if_fails: str = ""

    @property
    def steps(self) -> tuple[str, ...]:
        """The entries of the path, from the top of the menu."""
        return tuple(part.strip() for part in self.path.split("›"))


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to lead the customer through, and the way out when it fails."""

    do: str
    if_fails: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """An answer of the customer and what follows from it."""

    when: str
    then: str
    # question that comes next: its number, counted from 1; 0: none, this settles it; None: the one below
    next: int | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """A question to the customer, with its possible answers."""

    ask: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A key number of a product."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Tones:
    """The spoken answer in other tones; empty where the article gives none."""

    short: str = ""
    elder: str = ""
    soothe: str = ""


@dataclass(frozen=True, slots=True)
class ProductDetail:
    """What only a product has."""

    risk_level: str = "无"
    principal_guaranteed: str = "n/a"
    suitable_for: str = ""
    key_numbers: tuple[NamedValue, ...] = ()
    # must be read aloud together with the script
    risk_sentence: str = ""
    do_not_say: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RegulationDetail:
    """What only a regulation has."""

    title: str = ""
    number: str = ""
    issuer: str = ""
    date: str = ""
    in_force: str = ""
    affects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ComplaintDetail:
    """What only a complaint card has."""

    department: str = ""
    internal_deadline: str = ""
    legal_deadline: str = ""
    promise: tuple[str, ...] = ()
    never_promise: tuple[str, ...] = ()
    escalation: str = ""


@dataclass(frozen=True, slots=True)
class AlertDetail:
    """What only an alert has."""

    severity: str = "medium"
    # words separated by spaces must all occur in the question
    triggers: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    do: tuple[str, ...] = ()
    dont: tuple[str, ...] = ()
    escalate: str = ""
    standing: bool = False


Detail = ProductDetail | RegulationDetail | ComplaintDetail | AlertDetail | None


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the body that can be found by itself."""

    # stable anchor: the heading's own words, or 第七条 for a clause
    anchor: str
    heading: str
    # Markdown source of the part, heading excluded
    markdown: str
    # headings above, outermost first
    above: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Audience:
    """Who may see an article; empty means everybody."""

    roles: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Article:
    """One version of one article. Times are aware, in Asia/Shanghai."""

    id: str
    type: ArticleType
    title: str
    questions: tuple[str, ...]
    answer: str
    category: str
    status: Status
    version: int
    effective: datetime
    expires: datetime | None
    owner: str
    author: str
    approver: str
    verified: date | None
    review_days: int
    identity: Identity
    by_phone: ByPhone
    by_phone_why: str
    body: str
    # hash of the file's bytes and of every fact in it
    digest: str
    path: str
    tones: Tones = field(default_factory=Tones)
    keywords: tuple[str, ...] = ()
    supersedes_terms: tuple[str, ...] = ()
    change_note: str = ""
    sources: tuple[Source, ...] = ()
    audience: Audience = field(default_factory=Audience)
    channels: tuple[Channel, ...] = ()
    steps: tuple[Step, ...] = ()
    branches: tuple[Branch, ...] = ()
    test_queries: tuple[str, ...] = ()
    not_queries: tuple[str, ...] = ()
    detail: Detail = None

    @property
    def key(self) -> str:
        """Identity of this version among all versions of all articles."""
        return f"{self.id}@{self.version}"

    @property
    def by_clause(self) -> bool:
        """Whether it is found clause by clause: a regulation that nobody has said what it is asked for."""
        return self.type == "regulation" and not self.questions
