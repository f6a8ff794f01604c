"""What an article file must say: every mistake has its place and a Chinese sentence, and all come at once."""

import os
import re
from datetime import date, datetime

import pytest
from builders import article_text
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.articles import parse_article, read_article
from kb.body_rules import LONG_LINE
from kb.clock import SHANGHAI, parse_date, parse_moment
from kb.registry import Registry
from kb.render import to_html
from kb.sections import split_sections
from kb.types import AlertDetail, ComplaintDetail, ProductDetail, RegulationDetail

CHINESE = re.compile(r"[\u4e00-\u9fff]{2}.*[。]$", re.DOTALL)


def place(text, words):
    """Line and column, from 1, where words stand that occur once in a text."""
    assert text.count(words) == 1, words
    before = text[: text.index(words)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def said(problems):
    return [p.message for p in problems]


# (what is written, what it is spoilt to, whose place is blamed, words of the message)
MISTAKES = {
    "an unknown type": ("type: process", "type: proces", "proces\n", "只能是：product、process"),
    "an unknown status": ("status: published", "status: draft", "draft", "published、imported"),
    "a title too long": ("title: 银行卡补卡换卡", f"title: {'补' * 41}", "补" * 41, "请删短 1 个字"),
    "an answer too long": (
        "answer: 本人带身份证到网点，当场就能换。",
        f"answer: {'念' * 93}",
        "念" * 93,
        "请删短 13 个字",
    ),
    "a title as a list": ("title: 银行卡补卡换卡", "title: [补卡, 换卡]", "[补卡", "一段文字"),
    "a title as a mapping": ("title: 银行卡补卡换卡", "title: {补卡: 换卡}", "{补卡", "一段文字"),
    "phrasings as a text": ("questions:\n", "questions: 卡坏了\nkeywords:\n", "卡坏了\n", "写成列表"),
    "a phrasing that is empty": ("  - 卡坏了怎么换", "  -", None, "空的一条"),
    "a phrasing twice": ("- 卡坏了怎么换", "- 旧卡换新卡", None, "写了两遍"),
    "too few phrasings": ("  - 卡坏了怎么换\n", "", "- 补一张卡要钱吗", "至少要 6 条，现在有 5 条"),
    "too few test queries": ("  - 换卡多少钱\n", "", "- 磁条坏了", "至少要 4 条，现在有 3 条"),
    "a test query that is a phrasing": ("  - 磁条坏了", "  - 换卡要多久", None, "已经写在 questions 里"),
    "an id with capitals": ("id: replace-card", "id: Replace-Card", "Replace", "小写英文"),
    "an id in Chinese": ("id: replace-card", "id: 补卡", "补卡\n", "小写英文"),
    "an id with a path": ("id: replace-card", "id: ../replace-card", "../", "小写英文"),
    "an id unlike the file name": ("id: replace-card", "id: replace-cards", "replace-cards", "和文件名"),
    "a version that is no number": ("version: 7", "version: 第7版", "第7版", "整数"),
    "a version with a point": ("version: 7", "version: 1.10", "1.10", "整数"),
    "version nought": ("version: 7", "version: 0", "0\neff", "不小于 1"),
    "a negative version": ("version: 7", "version: -1", "-1\neff", "不小于 1"),
    "a gigantic version": ("version: 7", f"version: {'9' * 5000}", "9" * 5000, "整数"),
    "review days nought": ("review_days: 90", "review_days: 0", "0\nsources", "不小于 1"),
    "a day that does not exist": ("effective: 2026-01-01", "effective: 2026-02-30", "2026-02-30", "有效的时间"),
    "a date with slashes": ("effective: 2026-01-01", "effective: 2026/01/01", "2026/01/01", "2026-12-01"),
    "a Chinese date": ("effective: 2026-01-01", "effective: 2026年1月1日", "2026年1", "北京时间"),
    "a moment in another zone": ("effective: 2026-01-01", "effective: 2026-01-01T00:00:00Z", "2026-01-01T", "北京时间"),
    "a moment in New York": ("effective: 2026-01-01", "effective: 2026-01-01 08:00-05:00", "2026-01-01 08", "北京时间"),
    "the 25th hour": ("effective: 2026-01-01", "effective: 2026-01-01 25:00", "2026-01-01 25", "有效的时间"),
    "full-width digits": ("effective: 2026-01-01", "effective: ２０２６-01-01", "２０２６", "有效的时间"),
    "an hour in a date": ("verified: 2026-11-01", "verified: 2026-11-01 08:00", "2026-11-01 08", "有效的时间"),
    "the end before the beginning": ("version: 7", "version: 7\nexpires: 2025-12-31", "2025-12-31", "早于生效"),
    "the end at the beginning": ("version: 7", "version: 7\nexpires: '2026-01-01'", "'2026", "早于生效"),
    "the author approves": ("approver: 乙某", "approver: 甲某", None, "不能是同一个人"),
    "an unknown department": ("owner: 运营管理部", "owner: 运营部", "运营部\n", "运营管理部"),
    "a misspelt field": ("category: 银行卡", "catagory: 银行卡", "catagory", "没有“catagory”这个字段"),
    "a misspelt field inside": ("    fee: 免费", "    fees: 免费", "fees", "没有“fees”这个字段"),
    "a misspelt field of a source": ("    number: 示", "    no: 示", "no: 示", "没有“no”这个字段"),
    "no sources": (
        "sources:\n  - document: 示例银行卡操作规程（示例）\n    number: 示例银规〔2026〕8号\n",
        "",
        None,
        "sources",
    ),
    "a source without a name": (
        "  - document: 示例银行卡操作规程（示例）\n    number",
        "  - number",
        "number: 示",
        "document",
    ),
    "a source as a text": (
        "  - document: 示例银行卡操作规程（示例）\n    number: 示例",
        "  - 示例",
        "示例银规",
        "字段: 值",
    ),
    "an unknown identity level": ("identity: L1", "identity: L9", "L9", "L0、L1、L2、L3、LX"),
    "by phone, perhaps": ("by_phone: partly", "by_phone: maybe", "maybe", "yes、no、partly"),
    "a no without its reason": (
        "by_phone: partly\nby_phone_why: 新卡要本人签收。",
        "by_phone: no",
        None,
        "缺少 by_phone_why",
    ),
    "an unknown channel": ("channel: 手机银行", "channel: 手机", "手机\n", "只能是：手机银行"),
    "a path off the menu": (
        "我的 › 银行卡 › 补卡换卡",
        "我的 › 银行卡 › 换卡",
        "我的 ›",
        "没有“换卡”这一级；这里可用：补卡换卡、挂失",
    ),
    "a path off the menu halfway": (
        "我的 › 银行卡 › 补卡换卡",
        "我的 › 卡 › 补卡",
        "我的 ›",
        "没有“卡”这一级；这里可用：银行卡",
    ),
    "a path beyond the menu": (
        "补卡换卡\n    mat",
        "补卡换卡 › 下一步\n    mat",
        "我的 ›",
        "没有“下一步”这一级；这里可用：没有下级",
    ),
    "a path with other signs": ("我的 › 银行卡 › 补卡换卡", "我的 > 银行卡 > 补卡换卡", "我的 >", "这里可用：我的"),
    "no channels": ("channel: 手机银行\n    path", "path", None, "缺少 channel"),
    "a slot left out": ("    fee: 免费\n", "", "channel: 手机银行", "缺少 fee"),
    "a slot left empty": ("    duration: 7个工作日寄到", "    duration: ' '", "' '", "缺少 duration"),
    "a step without a deed": ("  - do: 请客户点“我的”。\n    if_fails", "  - if_fails", "if_fails: 请", "缺少 do"),
    "steps as texts": (
        "  - do: 请客户点“我的”。\n    if_fails: 请客户先登录。",
        "  - 请客户点",
        "请客户点\n",
        "字段: 值",
    ),
    "an unknown fact": ("fee: 免费", 'fee: "{{fact:fee.nope}}"', '"{{fact', "没有名为 fee.nope"),
    "an unknown fact in the answer": ("，当场就能换", "，收{{fact:fee.nope}}", "本人带", "没有名为 fee.nope"),
    "an unknown fact in the body": ("当场办好。", "收{{fact:fee.nope}}。", None, "没有名为 fee.nope"),
    "tones as a text": ("category: 银行卡", "category: 银行卡\ntones: 温柔", "温柔", "字段: 值"),
    "a tone too long": (
        "category: 银行卡",
        f"category: 银行卡\ntones:\n  elder: {'慢' * 81}",
        "慢" * 81,
        "请删短 1 个字",
    ),
    "an unknown tone": ("category: 银行卡", "category: 银行卡\ntones:\n  angry: 哼", "angry", "没有“angry”这个字段"),
    "an audience as a list": ("category: 银行卡", "category: 银行卡\naudience: [a]", "[a]", "字段: 值"),
    "a field of another type": (
        "category: 银行卡",
        "category: 银行卡\nrisk_level: R1",
        "risk_level",
        "没有“risk_level”",
    ),
    "a branch as a text": ("category: 银行卡", "category: 银行卡\nbranches: [问什么]", "问什么", "字段: 值"),
    "an option without its end": (
        "category: 银行卡",
        "category: 银行卡\nbranches:\n  - ask: 卡在吗？\n    options:\n      - when: 在",
        "when: 在",
        "缺少 then",
    ),
}


@pytest.mark.parametrize("story", MISTAKES)
def test_a_mistake_is_named_with_its_place(check, spoilt, story):  # row 41
    old, new, blamed, words = MISTAKES[story]
    text = spoilt(old, new)
    problem = next(p for p in check(text) if words in p.message)
    assert problem.level == "error"
    assert problem.line >= 1
    assert problem.column >= 1
    assert CHINESE.search(problem.message)
    if blamed:
        assert (problem.line, problem.column) == place(text, blamed)


@pytest.mark.parametrize(
    "story", [s for s, (_, _, _, words) in MISTAKES.items() if "这一级" in words or "只能是：手机银行" in words]
)
def test_a_mistake_in_a_channel_is_said_once(check, spoilt, story):  # row 22
    old, new, _, _ = MISTAKES[story]
    assert len(check(spoilt(old, new))) == 1


@pytest.mark.parametrize(
    "field",
    ["id", "title", "answer", "category", "version", "effective", "author", "approver", "verified", "review_days", "identity",
     "type", "status", "by_phone"],
)  # fmt: skip
@pytest.mark.parametrize("how", ["left out", "left empty"])
def test_a_missing_field_is_named(check, page, field, how):  # row 41
    text = re.sub(rf"(?m)^{field}: .*\n", "" if how == "left out" else f"{field}:\n", page)
    problem = next(p for p in check(text) if p.message == f"缺少 {field}，请补上。")
    assert problem.line >= 2
    if how == "left empty":
        assert (problem.line, problem.column) == (place(text, f"\n{field}:\n")[0] + 1, len(field) + 2)


@pytest.mark.parametrize("slot", ["path", "materials", "duration", "fee", "hours"])
def test_every_slot_of_a_channel_is_needed(check, page, slot):  # row 23
    text = re.sub(rf"(?m)^    {slot}: .*\n", "", page)
    assert said(check(text)) == [f"缺少 {slot}，请补上。"]


def test_all_mistakes_come_at_once_in_the_order_of_the_file(check, page):  # row 41
    text = page
    for old, new in [
        ("title: 银行卡补卡换卡", f"title: {'补' * 50}"),
        ("version: 7", "version: 新"),
        ("effective: 2026-01-01", "effective: 明天"),
        ("approver: 乙某", "approver: 甲某"),
        ("owner: 运营管理部", "owner: 没有的部"),
        ("identity: L1", "identity: 高"),
        ("补卡换卡\n    mat", "别处\n    mat"),
        ("    fee: 免费\n", ""),
        ("  - 卡片重新制作\n", "  - 卡片重新制作\ncolour: 红\n"),
        ("当场办好。", "收{{fact:nope}}。"),
    ]:
        assert text.count(old) == 1
        text = text.replace(old, new)
    problems = check(text)
    assert len(problems) == 10
    assert [p.line for p in problems] == sorted(p.line for p in problems)


def test_nothing_is_said_twice(check):  # row 41
    for kind in ("product", "process", "regulation", "complaint", "alert"):
        problems = check(f"---\nid: replace-card\ntype: {kind}\ntitle: [a]\n---\n")
        assert len(problems) == len(set(problems)) >= 10


def test_a_problem_reads_as_a_sentence_with_its_place(check, spoilt):  # row 41
    (problem,) = check(spoilt("version: 7", "version: 新"))
    assert str(problem) == "processes/replace-card.md:15:10 错误：version 要写不小于 1 的整数，现在是“新”。"


def test_an_article_with_a_mistake_is_not_used(registry, spoilt):  # row 71
    parsed = parse_article(spoilt("version: 7", "version: 新").encode(), "processes/replace-card.md", registry)
    assert parsed.article is None
    assert len(parsed.errors) == 1


# -- what a right file becomes


def test_a_page_becomes_an_article(registry, page):  # row 65
    article = parse_article(page.encode(), "processes/replace-card.md", registry).article
    assert (article.id, article.key, article.type, article.version) == ("replace-card", "replace-card@7", "process", 7)
    assert article.effective == datetime(2026, 1, 1, tzinfo=SHANGHAI)
    assert article.effective.utcoffset().total_seconds() == 8 * 3600
    assert article.verified == date(2026, 11, 1)
    assert article.questions[0] == "卡坏了怎么换"
    assert article.channels[0].steps == ("我的", "银行卡", "补卡换卡")
    assert article.steps[0].if_fails == "请客户先登录。"
    assert article.sources[0].number == "示例银规〔2026〕8号"
    assert article.path == "processes/replace-card.md"


@pytest.mark.parametrize("kind", ["product", "process", "regulation", "complaint", "alert"])
def test_every_type_has_its_detail(kind):  # row 65
    parsed = parse_article(article_text("an-id", type=kind).encode(), "an-id.md", Registry())
    assert parsed.problems == ()
    details = {
        "product": ProductDetail,
        "regulation": RegulationDetail,
        "complaint": ComplaintDetail,
        "alert": AlertDetail,
    }
    assert type(parsed.article.detail) is details.get(kind, type(None))


def test_facts_are_filled_in_everywhere(registry, spoilt):  # row 53
    text = spoilt("fee: 免费", 'fee: "{{fact:fee.card}}"').replace("当场办好。", "收{{ fact:fee.card }}。")
    text = text.replace("，当场就能换。", "，{{fact:fee.card}}。")
    article = parse_article(text.encode(), "replace-card.md", registry).article
    assert article.channels[0].fee == "每张5元"
    assert "收每张5元。" in article.body
    assert article.answer == "本人带身份证到网点，每张5元。"


def test_the_answer_is_measured_with_its_facts_filled_in(registry, spoilt):  # row 53
    text = spoilt("本人带身份证到网点，当场就能换。", "念" * 77 + "{{fact:fee.card}}")
    (problem,) = parse_article(text.encode(), "replace-card.md", registry).problems
    assert "answer 有 81 个字" in problem.message


def test_a_changed_fact_changes_the_digest_of_the_articles_that_use_it(page, spoilt):  # row 53
    using = spoilt("fee: 免费", 'fee: "{{fact:fee.card}}"').encode()
    cheap, dear = Registry(facts={"fee.card": "5元"}), Registry(facts={"fee.card": "9元"})

    def digest(data, registry):
        return parse_article(data, "replace-card.md", registry).article.digest

    assert digest(using, cheap) != digest(using, dear)
    assert digest(page.encode(), cheap) == digest(page.encode(), dear)
    assert digest(using, cheap) == digest(using, cheap)


@pytest.mark.parametrize("fact", ["fee.nope", "a", ""])
def test_an_unknown_fact_in_the_body_is_named_at_its_line(check, spoilt, fact):  # row 53
    text = spoilt("当场办好。", "看 fee.nope 和 a。\n\n收{{fact:" + fact + "}}。")
    (problem,) = check(text)
    assert problem.line == place(text, "收{{fact")[0]


def test_eighty_characters_are_enough_and_eighty_one_too_many(check, spoilt):  # row 19
    old = "本人带身份证到网点，当场就能换。"
    assert check(spoilt(old, "念" * 80)) == []
    assert len(check(spoilt(old, "念" * 81))) == 1


def test_a_counter_has_no_menu(check, spoilt):  # row 22
    text = spoilt("channel: 手机银行", "channel: 网点柜台").replace(
        "我的 › 银行卡 › 补卡换卡", "本人持身份证到任一网点"
    )
    assert check(text) == []


def test_at_most_four_questions_in_a_tree(check, spoilt):  # row 26
    branch = "  - ask: 卡在吗{}？\n    options:\n      - when: 在\n        then: 换卡。\n"

    def tree(count):
        return spoilt(
            "category: 银行卡\n", "category: 银行卡\nbranches:\n" + "".join(branch.format(i) for i in range(count))
        )

    assert check(tree(4)) == []
    (problem,) = check(tree(5))
    assert "最多 4 个问题，现在有 5 个" in problem.message
    assert (problem.line, problem.column) == place(tree(5), "- ask: 卡在吗0")


def test_an_answer_may_settle_it_or_skip_questions_but_never_go_back(check, spoilt):  # row 26
    def tree(*steps):
        option = "      - when: 在\n        then: 换卡。\n"
        rows = (f"  - ask: 问{i}？\n    options:\n{option}        next: {step}\n" for i, step in enumerate(steps))
        return spoilt("category: 银行卡\n", "category: 银行卡\nbranches:\n" + "".join(rows))

    assert check(tree("3", "end", '""')) == []
    for steps, said in [(("1", "end"), "后面问题的序号 2"), (("end", "1"), "只能写 end"), (("下", "end"), "序号 2")]:
        (problem,) = check(tree(*steps))
        assert said in problem.message
        assert problem.line > 1


def test_an_imported_article_may_be_incomplete():  # row 65
    parsed = parse_article(
        "---\nid: old\ntype: process\ntitle: 旧文章\nstatus: imported\nversion: 1\neffective: 2020-01-01\n---\n旧内容".encode(),
        "old.md",
        Registry(),
    )
    assert parsed.errors == []
    assert {p.level for p in parsed.problems} <= {"warning"}
    assert parsed.article.status == "imported"


# -- rules of single types


def errors(id="an-id", **overrides):
    return said(parse_article(article_text(id, **overrides).encode(), f"{id}.md", Registry()).errors)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"standing": "true", "review_days": 91}, "长期警示至少每 90 天核对一次"),
        ({"standing": None}, "警示要写失效时间"),
        ({"standing": "false"}, "警示要写失效时间"),
        ({"standing": None, "expires": "2026-02-01"}, "不晚于生效后 30 天"),
        ({"standing": None, "expires": "2026-01-31 00:01"}, "不晚于生效后 30 天"),
        ({"standing": "yes"}, "standing 写的是“yes”"),
        ({"severity": "low"}, "只能是：medium、high"),
        ({"severity": None}, "缺少 severity"),
        ({"do": []}, "do 至少要 1 条"),
        ({"standing": None, "effective": "9999-12-31"}, "警示要写失效时间"),
    ],
)
def test_an_alert_ends_by_itself_or_is_looked_at_again(overrides, words):  # rows 27, 61
    assert any(words in message for message in errors(type="alert", **overrides))


@pytest.mark.parametrize(
    "overrides",
    [
        {"standing": "true", "review_days": 90},
        {"standing": None, "expires": "2026-01-31"},
        {"standing": "false", "expires": "2026-01-02 08:30"},
        {"standing": "true", "effective": "9999-12-31"},
    ],
)
def test_a_right_alert_is_accepted(overrides):  # rows 27, 61
    assert errors(type="alert", **overrides) == []


@pytest.mark.parametrize("title", ["R2理财", "结构性存款", "基金定投", "积存金", "贵金属买卖"])
def test_an_investment_needs_its_risk_sentence(title):  # row 30
    (message,) = errors(type="product", title=title)
    assert message == "缺少 risk_sentence，请补上。"
    assert errors(type="product", title=title, risk_sentence="理财不保本，可能亏损。") == []


@pytest.mark.parametrize(
    ("kind", "field", "words"),
    [
        ("product", "risk_level", "缺少 risk_level"),
        ("product", "principal_guaranteed", "缺少 principal_guaranteed"),
        ("regulation", "document", "缺少 document|制度要写 document"),
        ("complaint", "department", "缺少 department"),
        ("complaint", "internal_deadline", "缺少 internal_deadline"),
        ("complaint", "legal_deadline", "缺少 legal_deadline"),
        ("complaint", "promise", "promise 至少要 1 条"),
        ("complaint", "never_promise", "never_promise 至少要 1 条"),
        ("complaint", "escalation", "缺少 escalation"),
        ("process", "channels", "至少要写一个办理渠道"),
        ("process", "steps", "流程要写 steps"),
        ("process", "sources", "缺少 sources"),
    ],
)
def test_each_type_needs_its_own_fields(kind, field, words):  # rows 23, 29
    (message,) = errors(type=kind, **{field: None})
    assert re.search(words, message)


# -- the file itself


def test_only_plain_files_are_read(tmp_path, page):  # row 71
    good = tmp_path / "replace-card.md"
    good.write_text(page, encoding="utf-8")
    assert read_article(good, "replace-card.md", Registry()).problems == ()
    link, pipe, folder, gone = (tmp_path / name for name in ("link.md", "pipe.md", "folder.md", "gone.md"))
    link.symlink_to(good)
    os.mkfifo(pipe)
    folder.mkdir()
    for path in (link, pipe, folder, gone):
        parsed = read_article(path, path.name, Registry())
        assert parsed.article is None
        assert said(parsed.problems) == ["不是普通文件（链接、管道等不收录）。"]


def test_a_link_to_itself_is_a_problem_and_no_loop(tmp_path):  # row 71
    loop = tmp_path / "loop.md"
    loop.symlink_to(loop)
    assert read_article(loop, "loop.md", Registry()).article is None


@pytest.mark.parametrize("name", ["replace-card.md", "processes/replace-card.md", "a/b/replace-card@2026-12-01.md"])
def test_the_file_is_called_after_the_id(check, page, name):  # row 43
    assert check(page, name) == []


@pytest.mark.parametrize(
    "name", ["补卡.md", "replace_card.md", "replace-card-2.md", "replace-card .md", "@2026-12-01.md"]
)
def test_another_name_is_a_problem(check, page, name):  # row 43
    (problem,) = check(page, name)
    assert "不一致" in problem.message
    assert (problem.line, problem.column) == (2, 5)


# -- bodies that make Markdown slow or overflow its stack: refused, or rendered at once

BODIES = {
    "brackets": "[" * 10_000,
    "brackets with spaces": "[x " * 6000,
    "brackets over lines": "[x\n" * 6000,
    "images": "![ " * 6000,
    "link halves": "[a](" * 4000,
    "references": "[a][b" * 4000,
    "definitions": "".join(f"[a{i}]: http://x/{i}\n" for i in range(10_000)),
    "stars": "*a " * 6000,
    "stars and underlines": "*x **y _z __w " * 1400,
    "one star": "*" + "a" * 19_000,
    "backticks": "".join("`" * (i % 30 + 1) + " " for i in range(1200)),
    "opening tags": "<a " * 6000,
    "comments": "<!--" * 4000,
    "ampersands": "&#" * 9000,
    "backslashes": "\\*" * 9000,
    "quotes in quotes": "> " * 5000 + "a",
    "lists in one line": "- " * 5000 + "a",
    "plus lists in one line": "+ " * 5000,
    "numbers in one line": "1. " * 5000 + "a",
    "lists in quotes": "- > " * 3000 + "a",
    "a staircase of lists": "\n".join("    " * i + "- a" for i in range(400)),
    "a staircase of quotes": "\n".join(">" * i + " a" for i in range(400)),
    "tabs": "\t" * 400 + "a",
    "list items": "- a\n" * 50_000,
    "empty list items": "-\n" * 20_000,
    "rules": "* * *\n" * 20_000,
    "underlined headings": "a\n===\n" * 20_000,
    "headings": "## a\n\n" * 50_000,
    "hashes": "## a" + " #" * 9000 + "x",
    "a wide table": "|" + "a|" * 4000 + "\n|" + "-|" * 4000 + "\n|" + "b|" * 4000,
    "a long table": "|a|b|\n|-|-|\n" + "|c|d|\n" * 50_000,
    "spaces at the end": "甲\n" + " " * 60 + "\n\n" + " " * 60,
    "tabs and spaces": "甲\n" + " \t" * 200,
    "a desert": "甲" + "\n" * 300_000 + "乙",
    "lines of spaces": "甲\n" + (" " * 5000 + "\n") * 30 + "乙",
    "a line without end": "甲" * 100_000,
    "code without end": "    a\n" * 20_000,
    "placeholders": "\x02wzxhzdk:0\x03 \x02klzzwxh:0\x03",
}


@pytest.mark.timeout(20)  # each takes a fraction of a second; before the caps, minutes or for ever
@pytest.mark.parametrize("story", BODIES)
def test_a_hostile_body_is_refused_or_rendered(check, page, story):  # row 64
    body = BODIES[story]
    head = page.split("---\n")[1]
    problems = check(f"---\n{head}---\n{body}")
    if not problems:
        for section in split_sections(body):
            to_html(section.markdown)
    for problem in problems:
        assert problem.line >= place(page, "## 要带什么")[0]
        assert CHINESE.search(problem.message)


@pytest.mark.parametrize(
    "body",
    [
        "\n\n".join(f"第{i}条 客户凭身份证办理。" for i in range(1, 500)),
        "\n".join(f"- 第{i}项" for i in range(500)),
        "|名|值|\n|---|---|\n" + "|一|二|\n" * 500,
        "- 一\n    - 二\n        - 三\n            - 四",
        "> 引用\n>> 再引用",
        "甲\n" + "\n" * 60 + "乙",
        "甲" * LONG_LINE,
        "很**重要**的事，请看[补卡](replace-card)。" * 100,
        "- - -\n\n* * * * *\n\n- - - - - - - - - - - -",
        ">\n>\n>\n>\n>\n>\n>\n>\n>\n>\n",
    ],
)
def test_an_ordinary_body_is_accepted(check, page, body):  # row 64
    head = page.split("---\n")[1]
    assert check(f"---\n{head}---\n{body}") == []


def test_a_hostile_place_in_the_body_is_named_with_its_line(check, page):  # row 41
    text = page + "\n甲\n\n" + "[" * 50 + "\n\n" + "乙" * (LONG_LINE + 1) + "\n"
    assert [p.line for p in check(text)] == [place(text, "[" * 50)[0], place(text, "乙" * (LONG_LINE + 1))[0]]


# -- any damage at all


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_page_with_a_piece_cut_out_is_read_or_explained(check, page, data):  # row 41
    start = data.draw(st.integers(0, len(page)))
    end = data.draw(st.integers(start, min(len(page), start + 60)))
    put = data.draw(st.text(st.sampled_from("-: \n\t'\"[]{}&*!|>#%@,?\\~甲{{fact:}}"), max_size=6))
    for problem in check(page[:start] + put + page[end:]):
        assert problem.line >= 0
        assert re.search("[\u4e00-\u9fff]", problem.message)


# -- moments


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-12-01", datetime(2026, 12, 1, tzinfo=SHANGHAI)),
        ("2026-12-01 08:30", datetime(2026, 12, 1, 8, 30, tzinfo=SHANGHAI)),
        ("2026-12-01T08:30:15", datetime(2026, 12, 1, 8, 30, 15, tzinfo=SHANGHAI)),
        ("2026-12-01 08:30+08:00", datetime(2026, 12, 1, 8, 30, tzinfo=SHANGHAI)),
        (" 2026-12-01 ", datetime(2026, 12, 1, tzinfo=SHANGHAI)),
    ],
)
def test_a_moment_is_meant_in_beijing(text, expected):  # row 77
    assert parse_moment(text) == expected
    assert parse_moment(text).utcoffset().total_seconds() == 8 * 3600


@pytest.mark.parametrize(
    "text",
    [
        "",
        "明天",
        "2026-13-01",
        "2026-12-01Z",
        "2026-12-01 08:30Z",
        "2026-12-01 08:30+09:00",
        "2026-12-1",
        "20261201",
        "2026-12-01 8:30",
    ],
)
def test_anything_else_is_no_moment(text):  # row 77
    with pytest.raises(ValueError):  # noqa: PT011 (any will do)
        parse_moment(text)


@pytest.mark.parametrize("text", ["2026-12-01 08:30", "2026-02-29", "2026/12/01", "", "٢٠٢٦-01-01"])
def test_anything_else_is_no_day(text):  # row 45
    with pytest.raises(ValueError):  # noqa: PT011 (any will do)
        parse_date(text)
