"""Small articles and libraries for tests: sensible defaults, anything can be overridden."""

from pathlib import Path

import yaml

from kb.articles import parse_article
from kb.lookup import write_table
from kb.naming import Naming
from kb.registry import Registry

FOLDERS = {
    "product": "products",
    "process": "processes",
    "regulation": "regulations",
    "complaint": "complaints",
    "alert": "alerts",
}
BODY = "## 要带什么\n带身份证原件。\n\n## 多久办好\n当场办好。"
_FRESH = object()


def channel(name="网点柜台", **slots):
    return {
        "channel": name,
        "path": "本人持身份证到任一网点" if name == "网点柜台" else "首页 › 服务",
        "materials": "身份证原件",
        "duration": "约10分钟",
        "fee": "免费",
        "hours": "营业时间",
        "if_fails": "请改天再来。",
        **slots,
    }


def detail(kind):
    return {
        "product": {"risk_level": "无", "principal_guaranteed": "n/a", "suitable_for": "想存钱的客户"},
        "process": {"channels": [channel()], "steps": [{"do": "请客户带身份证。", "if_fails": "没有就先补办。"}]},
        "regulation": {"document": {"title": "示例银行账户办法", "number": "示例银规〔2026〕1号"}},
        "complaint": {
            "department": "消费者权益保护部",
            "internal_deadline": "5个工作日",
            "legal_deadline": "15日",
            "promise": ["记录并回电"],
            "never_promise": ["赔偿金额"],
            "escalation": "转值班主管",
        },
        "alert": {"severity": "high", "standing": "true", "triggers": ["安全账户"], "do": ["请客户挂断电话"]},
    }[kind]


def fields(id, **overrides):
    """The front matter of an article; an override of None leaves the field out."""
    kind = overrides.get("type", "process")
    title = overrides.get("title", f"办理{id}")
    values = {
        "id": id,
        "type": kind,
        "title": title,
        "questions": [f"{title}{ending}" for ending in ("吧", "呀", "啊", "嘛", "呢", "哦")],
        "answer": f"{title}，本人带身份证就能办。",
        "category": "测试",
        "status": "published",
        "version": 1,
        "effective": "2026-01-01",
        "owner": "运营管理部",
        "author": "甲某",
        "approver": "乙某",
        "verified": "2026-11-01",
        "review_days": 90,
        "sources": [{"document": "示例银行操作规程（示例）"}],
        "identity": "L1",
        "by_phone": "yes",
        "test_queries": [f"试问{number}：{title}" for number in ("一", "二", "三", "四")],
        **detail(kind),
    }
    values.update(overrides)
    values.pop("body", None)
    return {name: value for name, value in values.items() if value is not None}


def article_text(id, **overrides):
    """The Markdown file of an article."""
    front = yaml.safe_dump(fields(id, **overrides), allow_unicode=True, sort_keys=False, width=10_000)
    return f"---\n{front}---\n{overrides.get('body', BODY)}\n"


def made_article(id="some-article", registry=None, **overrides):
    """An article without a mistake, as its text says it."""
    path = f"{FOLDERS[overrides.get('type', 'process')]}/{id}.md"
    parsed = parse_article(article_text(id, **overrides).encode(), path, registry or Registry())
    assert parsed.article, parsed.problems
    return parsed.article


def write_article(root, id, name=None, **overrides):
    """Write an article under an articles folder and return its path; `name` where the file is not called after the id."""
    path = Path(root) / FOLDERS[overrides.get("type", "process")] / f"{name or id}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(article_text(id, **overrides), encoding="utf-8")
    return path


def write_lexicon(root, **files):
    """Write files of the lexicon: `synonyms=["U盾 = K宝"]`."""
    folder = Path(root) / "_lexicon"
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in files.items():
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_facts(root, **values):
    """Write shared facts: `fee_card="5元"` becomes {{fact:fee.card}}."""
    folder = Path(root) / "_registry"
    folder.mkdir(parents=True, exist_ok=True)
    facts = {name.replace("_", "."): {"value": value} for name, value in values.items()}
    (folder / "facts.yml").write_text(yaml.safe_dump(facts, allow_unicode=True), encoding="utf-8")


def write_small_library(root):
    """Five articles, one of each type, that share no title words."""
    write_lexicon(root, synonyms=["U盾 = K宝 = 网银盾", "改绑 < 修改"], terms=["动账通知"], stopwords=["请问"])
    write_facts(root, fee_card="每张5元")
    write_article(
        root,
        "replace-card",
        title="银行卡补卡换卡",
        questions=["卡坏了怎么换", "补一张卡要钱吗", "换卡要多久", "卡消磁了", "补卡带什么", "旧卡换新卡"],
        answer="本人带身份证到网点，当场就能换，每张收{{fact:fee.card}}。",
        channels=[
            channel(fee="{{fact:fee.card}}", materials="身份证原件和旧卡", duration="约15分钟"),
            channel("手机银行", path="首页 › 卡片 › 补卡", materials="能刷脸", duration="7个工作日寄到", fee="免费"),
        ],
    )
    write_article(
        root,
        "usb-key",
        type="product",
        title="网银盾的领取和更换",
        questions=["网银盾坏了", "网银盾去哪领", "网银盾要插哪", "盾丢了怎么办", "盾过期了", "证书怎么更新"],
        answer="网银盾在网点领，首个免费，丢了带身份证补。",
        key_numbers=[{"name": "补发", "value": "每个25元"}],
    )
    write_article(
        root,
        "cash-rules",
        type="regulation",
        title="现金存取的规定",
        questions=["取现要登记吗", "取五万要问用途吗", "存现金限额", "大额取现规定", "现金办法", "取钱的规定"],
        supersedes_terms=["取现登记"],
        body="第一条 客户凭身份证存取现金。\n\n第二条 单笔超过5万元的，银行核对身份，不再要求登记用途。",
    )
    write_article(
        root,
        "queue-complaint",
        type="complaint",
        title="网点排队太久的投诉",
        questions=["排队两小时", "窗口太少", "等太久了要投诉", "叫号很慢", "只开一个窗口", "大堂没人管"],
    )
    write_article(
        root,
        "safe-account",
        type="alert",
        title="冒充公检法要求转到安全账户",
        questions=["警察让我转账", "公安说我涉案", "要我转到安全账户", "说我洗钱", "叫我配合调查", "检察院打电话"],
        triggers=["安全账户", "警察 转账"],
        answer="请马上挂断，公检法没有安全账户，钱不要转。",
    )


def words_lookup(frequency):
    """A table that knows words with these frequencies, and no phrases."""
    versions = range(max(frequency.values(), default=0))
    words = [tuple(sorted(w for w, n in frequency.items() if n > i)) for i in versions]
    return write_table(Naming(f"v@{i}", f"v{i}", "", words[i], (("", ()),)) for i in versions)
