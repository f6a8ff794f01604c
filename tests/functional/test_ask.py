"""A question and what the agent is shown: what was asked for first, and every line from an article."""

import re

import pytest
from builders import channel, write_article, write_lexicon, write_small_library

from indexer import build as building
from indexer.backends import CurrentSearcher
from kb.answers import Card
from kb.ask import KnowledgeBase
from kb.clock import now
from kb.render import to_text
from kb.settings import Settings
from kb.visibility import ANYBODY


def base_of(settings):
    building.build(settings, now())
    return KnowledgeBase(CurrentSearcher(settings))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A library of eight articles with a few synonyms."""
    folder = tmp_path_factory.mktemp("small")
    articles = folder / "articles"
    write_small_library(articles)
    write_lexicon(articles, synonyms=["U盾 = K宝 = 网银盾", "改绑 < 修改", "挂失 = 报失"], shapes=["失矢"])
    for years in "35":
        write_article(
            articles, f"deposit-{years}y", type="product", title=f"定期存款{years}年期",
            questions=[f"{years}年期{q}" for q in ("利率多少", "怎么存", "起存金额", "能提前取吗", "划算吗", "自动转存吗")],
        )  # fmt: skip
    write_article(
        articles, "report-loss", title="借记卡挂失",
        questions=["卡丢了", "卡被偷了", "钱包丢了", "卡找不到了", "报失", "先冻住我的卡"],
        channels=[channel(duration="立即生效", fee="免费挂失", materials="身份证号")],
        body="## 手机号也丢了\n手机号丢了先补手机号。\n\n## 挂失以后\n挂失后七天内补卡。",
    )  # fmt: skip
    return base_of(Settings(articles=articles, var=folder / "var"))


def ask(base, question, at) -> list[Card]:
    return list(base.ask(question, ANYBODY, at).cards)


def top(base, question, at, count=10):
    return [(h.key, h.section) for h in base.hits(question, ANYBODY, at, count)]


def first(base, question, at):
    return base.hits(question, ANYBODY, at, 1)[0].key.partition("@")[0]


# ── what was asked for comes first ──


@pytest.mark.parametrize(
    ("question", "facet", "source", "text"),
    [
        ("补卡手续费", "amount", "channels.网点柜台.fee", "每张5元"),
        ("补卡要多久", "duration", "channels.网点柜台.duration", "约15分钟"),
        ("补卡要带什么", "materials", "channels.网点柜台.materials", "身份证原件和旧卡"),
        ("手机银行补卡要多久", "duration", "channels.手机银行.duration", "7个工作日寄到"),
        ("网银盾补发多少钱", "amount", "key_numbers.补发", "每个25元"),
        ("排队投诉几天答复", "duration", "internal_deadline", "5个工作日"),
    ],
)
def test_the_line_that_was_asked_for_comes_first(small, at, question, facet, source, text):
    card = ask(small, question, at)[0]
    assert card.facet == facet
    assert (card.lines[0].source, card.lines[0].text.text) == (source, text)


def test_how_to_shows_the_ways(small, at):
    card = ask(small, "怎么补卡", at)[0]
    assert (card.id, card.facet) == ("replace-card", "path")
    assert [c.steps for c in card.channels][1] == ("首页", "卡片", "补卡")
    assert card.steps[0].if_fails


def test_a_channel_that_the_question_names_comes_first(small, at):
    card = ask(small, "手机银行怎么补卡", at)[0]
    assert card.channels[0].channel == "手机银行"
    assert ask(small, "手机银行补卡要多久", at)[0].lines[0].source == "channels.手机银行.duration"


SOURCED = [
    "补卡手续费", "换手机号", "改绑手机号", "信用卡挂失", "转账限额是多少", "大额取现要带什么", "3年期定期利率", "5年期利率多少",
    "存款保险赔多少", "Ⅱ类户怎么开", "外汇额度", "跨境汇款手续费", "理财能提前赎回吗", "房贷提前还款要多久", "继承存款要带什么",
    "密码忘了怎么办", "信用卡分期手续费", "账单日怎么改", "销户要带什么", "征信有误怎么办", "被骗了怎么止付", "卡被吞了", "流水怎么打印",
    "反诈法第十八条", "投诉几天答复", "消保投诉办法", "延迟到账怎么撤销", "身份证过期了", "适当性办法", "未成年人开户要带什么",
    "滞纳金", "数字人民币钱包怎么开", "贵金属有风险吗", "客服热线几点上班", "老人怎么办业务",
]  # fmt: skip


@pytest.fixture(scope="module")
def asked(sample, at):
    """The answers to many questions of every kind."""
    return {question: sample.ask(question, ANYBODY, at) for question in SOURCED}


def told(article, source):
    """The texts that a source may name, from the article as its file says it; a channel can be there twice."""
    kind, _, rest = source.partition(".")
    if kind == "channels":
        name, slot = rest.rsplit(".", 1)
        return [getattr(c, slot) for c in article.channels if c.channel == name]
    if kind == "key_numbers":
        return [n.value for n in article.detail.key_numbers if n.name == rest]
    if kind == "section":
        return [to_text(article.body)]
    return [getattr(article, kind, None) or getattr(article.detail, kind)]


@pytest.mark.parametrize("question", SOURCED)
def test_every_line_stands_in_its_article(asked, sample_articles, question):
    files = {a.key: a for a in sample_articles}
    assert asked[question].cards
    for card in (*asked[question].alerts, *asked[question].cards):
        assert card.answer.text == files[card.key].answer
        for line in card.lines:
            texts = told(files[card.key], line.source)
            if line.source.startswith("section."):
                assert line.text.text in texts[0], line
            else:
                assert line.text.text in texts, line


def test_lines_name_sections_that_exist(asked, sample, at):
    for card in (card for answer in asked.values() for card in answer.cards):
        stored, _ = sample.article(card.id, ANYBODY, at)
        anchors = {p.section.anchor: p.text for p in stored.sections}
        for line in card.lines:
            if line.source.startswith("section."):
                assert line.text.text in anchors[line.source.partition(".")[2]]


def test_the_spoken_answer_is_never_longer_than_eighty_characters(asked):  # row 19
    for answer in asked.values():
        assert all(0 < len(card.answer.text) <= 80 for card in answer.cards)


def test_a_script_is_copied_with_its_risk_sentence(sample, at):  # row 30
    card = next(c for c in ask(sample, "R2理财能保本吗", at) if c.risk_sentence)
    assert card.script == f"{card.answer.text}\n{card.risk_sentence}"


def test_an_article_that_cannot_be_done_by_phone_says_why_first(sample, at):  # row 31
    card = ask(sample, "能不能换手机号", at)[0]
    assert (card.id, card.by_phone, card.lines[0].source) == ("change-reserved-phone", "no", "by_phone_why")


# ── fraud cards ──


@pytest.mark.parametrize(
    "question",
    [
        "客户说要转到安全账户",
        "让我把钱转到安 全 账 户",
        "轉到安全賬戶",
        "警察要我转账",
        "转账给警察",
        "安全账户 手续费",
    ],
)
def test_a_fraud_card_comes_first(small, at, question):  # row 27
    answer = small.ask(question, ANYBODY, at)
    assert [c.id for c in answer.alerts] == ["safe-account"]
    assert "safe-account" not in [c.id for c in answer.cards]
    assert answer.alerts[0].detail.do


@pytest.mark.parametrize("question", ["共享屏幕了", "验证码给了对方", "对方让我转到安全账户"])
def test_the_bank_s_own_fraud_cards_come_first(sample, at, question):  # row 27
    answer = sample.ask(question, ANYBODY, at)
    assert answer.alerts
    assert all(c.type == "alert" for c in answer.alerts)


def test_nobody_hesitates_over_a_fraud_card_because_nothing_else_fits(sample, at):  # rows 14 27
    answer = sample.ask("演唱会票私下转钱", ANYBODY, at)
    assert answer.alerts
    assert not answer.confident
    assert answer.message.startswith("请先念警示。")


def test_an_ordinary_question_sets_off_nothing(small, at):
    assert small.ask("账户安全吗", ANYBODY, at).alerts == ()


# ── nothing found ──


def test_where_nothing_is_found_the_nearest_cards_and_a_message_are_shown(small, at):  # row 14
    answer = small.ask("龘靐齉", ANYBODY, at)
    assert not answer.confident
    assert len(answer.cards) == 5
    assert "没有找到" in answer.message
    assert "没看懂“龘、靐、齉”" in answer.message


def test_an_empty_question_asks_for_one(small, at):  # row 14
    answer = small.ask("  ", ANYBODY, at)
    assert answer.cards
    assert "请输入" in answer.message


def test_an_unsure_answer_says_so(sample, at):  # row 14
    answer = sample.ask("火星殖民地的签证", ANYBODY, at)
    assert answer.cards
    assert not answer.confident
    assert answer.message


def test_a_sure_answer_says_nothing_else(sample, at):
    answer = sample.ask("改绑手机号", ANYBODY, at)
    assert (answer.confident, answer.message) == (True, "")


# ── how a question may be put ──


@pytest.mark.parametrize("asked", ["U盾坏了", "K宝坏了", "u 盾 坏了", "ｋ宝坏了", "U盾"])
def test_a_synonym_finds_the_article_and_the_card_names_it(small, at, asked):  # row 2
    card = ask(small, asked, at)[0]
    assert card.id == "usb-key"
    if asked != "u 盾 坏了":
        assert "按同义词 网银盾 匹配" in card.matched


def test_a_word_that_stands_in_the_article_needs_no_explanation(small, at):  # row 2
    assert ask(small, "网银盾坏了", at)[0].matched == ()


@pytest.mark.parametrize("asked", ["3年期", "三年期", "３年期", "3 年期", "3年期利率", "定期存款3年期"])
def test_three_years_stand_above_five(small, at, asked):  # row 3
    found = [key.partition("@")[0] for key, _ in top(small, asked, at)]
    assert found[0] == "deposit-3y"
    assert "deposit-5y" not in found[:1]


def test_five_years_stand_above_three(sample, at):  # row 3
    assert first(sample, "5年期定期存款", at) == "time-deposit-5y"
    assert first(sample, "3年期定期存款", at) == "time-deposit-3y"


VARIANTS = {
    "account class": ["Ⅱ类户怎么开", "II类户怎么开", "2类户怎么开", "二类户怎么开", "ii类户怎么开"],
    "amount": ["取现5万", "取现50000", "取现五万", "取现50,000", "取现５万"],
    "amount with its unit": ["取现5万元", "取现50000元", "取现五万元", "取现 5 万元", "取现50,000元"],
    "width and case": ["atm吞卡", "ATM吞卡", "ＡＴＭ吞卡", "Atm吞卡"],
    "script": ["手机号变更", "手機號變更", "手机号變更"],
    "another script": ["修改预留手机号", "修改預留手機號", "修改预留手机​号"],
    "loss": ["信用卡挂失", "信用卡掛失", "信用卡挂失"],
    "spelling of account": ["账户被冻结", "帐户被冻结", "賬戶被凍結", "帳戶被凍結"],
    "numbers": ["转账限额20万元", "转账限额200000元", "转账限额二十万元"],
}


@pytest.mark.parametrize("name", VARIANTS)
def test_however_it_is_written_the_top_ten_are_the_same(sample, at, name):  # rows 4 5 10
    found = [top(sample, question, at) for question in VARIANTS[name]]
    assert found[0]
    for question, hits in zip(VARIANTS[name], found, strict=True):
        assert hits == found[0], question


@pytest.mark.parametrize("question", ["信用卡 挂失", "手机号 变更", "跨行转账 手续费"])
def test_keywords_with_spaces_find_the_same_first(sample, at, question):  # row 10
    """Further down the order may differ: a space says that the words need not follow one another."""
    assert top(sample, question, at)[0] == top(sample, question.replace(" ", ""), at)[0]


def test_class_two_is_never_class_one_or_three(small, settings, at):  # row 4
    for number, roman in (("一", "Ⅰ"), ("二", "Ⅱ"), ("三", "Ⅲ")):
        write_article(
            settings.articles, f"class-{ord(roman) - 0x215F}", title=f"{roman}类户的开立", answer=f"{number}类户"
        )
    base = base_of(settings)
    for n, forms in ((1, ["Ⅰ类户", "1类户"]), (2, ["Ⅱ类户", "II类户", "二类户"]), (3, ["Ⅲ类户", "III类户"])):
        for form in forms:
            assert first(base, form, at) == f"class-{n}", form


@pytest.mark.parametrize(
    ("typed", "article"),
    [("xgsjh", "change-reserved-phone"), ("xiugaishoujihao", "change-reserved-phone"), ("xykgs", "credit-card-loss")],
)
def test_pinyin_and_initials_are_understood(sample, at, typed, article):  # row 9
    found = {c.id for c in ask(sample, typed, at)[:3]} | {s.id for s in sample.suggest(typed, ANYBODY, at)[:3]}
    assert article in found


def test_pinyin_says_how_it_was_read(small, at):  # row 9
    card = ask(small, "guashi", at)[0]
    assert card.id == "report-loss"
    assert any("按拼音“挂失”匹配" in m for m in card.matched)


def test_a_slip_of_the_keyboard_is_corrected_and_labelled(small, at):  # row 8
    card = ask(small, "挂事", at)[0]
    assert card.id == "report-loss"
    assert "您是不是要找“挂失”" in card.matched


def test_a_correct_word_is_not_corrected(small, at):  # row 8
    assert small.ask("挂失", ANYBODY, at).query.readings == ()


def test_suggestions_begin_with_what_was_typed(sample, at):
    found = sample.suggest("修改", ANYBODY, at)
    assert 0 < len(found) <= 8
    assert all(s.text.startswith("修改") for s in found)
    assert len({s.id for s in found}) == len(found)
    assert sample.suggest("", ANYBODY, at) == []


# ── quoted phrases ──


def test_a_quoted_phrase_must_stand_as_it_is(small, at):  # row 12
    assert [k for k, _ in top(small, "“卡消磁了”", at)] == ["replace-card@1"]
    assert [k for k, _ in top(small, '"卡消磁了"', at)] == ["replace-card@1"]
    answer = small.ask("“消磁卡了”", ANYBODY, at)
    assert "引号" in answer.message


def test_a_phrase_that_stands_nowhere_is_answered_with_a_message(small, at):  # rows 12 14
    answer = small.ask("“这句话哪儿都没有”", ANYBODY, at)
    assert "引号" in answer.message
    assert answer.cards


# ── highlights ──


def test_highlights_lie_inside_their_text_in_order(asked, sample, at):  # row 13
    odd = [sample.ask(question, ANYBODY, at) for question in ("手机号", "Ⅱ类户", "５万元", "ＡＴＭ", "信用\u200b卡")]
    for card in (card for answer in [*asked.values(), *odd] for card in answer.cards):
        for part in (card.title, card.answer, *(line.text for line in card.lines)):
            ends = [i for span in part.ranges for i in span]
            assert ends == sorted(ends)
            assert all(0 <= a < b <= len(part.text) for a, b in part.ranges)
            assert "".join(text for text, _ in part.pieces) == part.text


def marked(highlighted):
    return [highlighted.text[a:b] for a, b in highlighted.ranges]


def test_a_whole_word_is_marked(small, sample, at):  # row 13
    card = next(c for c in ask(small, "手机号", at) if c.id == "report-loss")
    line = next(x for x in card.lines if x.source == "section.手机号也丢了")
    assert set(marked(line.text)) == {"手机号"}
    title = next(c for c in ask(sample, "手机号", at) if "手机号" in c.title.text).title
    assert all("手机号" in piece for piece in marked(title))


def test_a_synonym_is_marked_as_it_stands(small, at):  # row 13
    assert "网银盾" in marked(ask(small, "K宝", at)[0].title)


def test_an_amount_is_marked_as_it_stands(settings, at):  # rows 5 13
    write_article(settings.articles, "cash", title="取现50,000元的预约")
    base = base_of(settings)
    for asked in ("五万元", "5万元", "50000元"):
        card = next(c for c in ask(base, asked, at) if c.id == "cash")
        assert marked(card.title) == ["50,000元"], asked


# ── rules ──


def test_words_of_an_abolished_rule_find_the_new_one(small, at):  # row 32
    card = ask(small, "取现登记", at)[0]
    assert (card.id, card.superseded) == ("cash-rules", ("取现登记",))
    assert ask(small, "现金限额", at)[0].superseded == ()


def test_the_bank_s_abolished_words_are_named(sample, sample_articles, at):  # row 32
    for article in sample_articles:
        for word in article.supersedes_terms:
            cards = ask(sample, word, max(at, article.effective))
            card = next((c for c in cards if c.key == article.key), None)
            assert card, (word, [c.id for c in cards])
            assert word in card.superseded


def test_a_clause_is_found_by_its_number(sample, at):
    card = ask(sample, "反诈法第十八条", at)[0]
    assert (card.id, card.section) == ("anti-telecom-fraud-law", "第十八条")
    assert card.lines[0].label == "《中华人民共和国反电信网络诈骗法》第十八条"
    assert card.lines[0].text.text.startswith("第十八条")
    assert card.lines[0].source == "section.第十八条"


def test_a_law_without_phrasings_is_answered_clause_by_clause(settings, at):
    write_article(
        settings.articles, "plain-law", type="regulation", title="示例办法", status="imported", questions=None,
        body="第一条 客户可以撤销延时转账。\n\n第二条 撤销延时转账不收费。\n\n第三条 本办法自公布日起施行。",
    )  # fmt: skip
    base = base_of(settings)
    found = [s for k, s in top(base, "撤销延时转账", at) if k == "plain-law@1"]
    assert set(found) == {"第一条", "第二条"}
    card = next(c for c in ask(base, "撤销延时转账不收费", at) if c.id == "plain-law")
    assert card.section == "第二条"
    assert card.imported


def test_a_caller_s_words_find_the_clause_that_says_it_in_the_law_s(settings, at):  # row 13
    write_lexicon(settings.articles, synonyms=["房东 < 出租人", "赶我走 < 解除合同"])
    write_article(
        settings.articles, "lease-law", type="regulation", title="示例租赁办法", status="imported", questions=None,
        body="第一条 出租人在租期内解除合同的，应当提前通知。\n\n第二条 客户可以自己走，应当提前通知。\n\n"
        "第三条 本办法自公布日起施行。",
    )  # fmt: skip
    card = ask(base_of(settings), "房东赶我走", at)[0]
    assert (card.id, card.section) == ("lease-law", "第一条")
    assert card.lines[0].text.text == "第一条 出租人在租期内解除合同的，应当提前通知。"
    assert {"出租人", "解除合同"} & set(marked(card.lines[0].text))


def test_each_moment_has_the_clauses_of_the_version_in_force(settings, at):  # rows 32 43
    common = {"type": "regulation", "title": "示例保管箱办法", "status": "imported", "questions": None}
    write_article(
        settings.articles, "box-law", body="第一条 客户开启保管箱，应当登记用途。\n\n第二条 撤销登记不收费。", **common,
    )  # fmt: skip
    write_article(
        settings.articles, "box-law", "box-law@2027-01-01", version=2, effective="2027-01-01",
        supersedes_terms=["登记用途"], body="第一条 开启保管箱不再登记。\n\n第二条 开启保管箱应当提前一天预约。", **common,
    )  # fmt: skip
    base = base_of(settings)
    later = at.replace(year=2027, month=6, day=1)
    for moment, version in ((at, 1), (later, 2)):
        found = [key for key, _ in top(base, "保管箱登记用途", moment)]
        assert found
        assert {key for key in found if key.startswith("box-law")} == {f"box-law@{version}"}
    before, after = (ask(base, "保管箱登记用途", moment)[0] for moment in (at, later))
    assert (before.section, before.superseded) == ("第一条", ())
    assert "登记用途" in before.lines[0].text.text
    assert after.superseded == ("登记用途",)


# ── freshness, explanations ──


def test_an_article_past_its_review_is_marked(settings, at):  # row 33
    write_article(settings.articles, "stale", title="陈年旧事", verified="2026-01-01", review_days=30)
    write_article(settings.articles, "fresh", title="新近之事", verified="2026-11-20", review_days=30)
    base = base_of(settings)
    assert base.article("stale", ANYBODY, at)[1].past_due is True
    assert base.article("fresh", ANYBODY, at)[1].past_due is False


def test_questions_are_masked_in_the_log(small, at, caplog):  # row 78
    with caplog.at_level("INFO", "kb.questions"):
        small.ask("卡号6222021234567890128挂失，电话13800138000", ANYBODY, at)
    assert "6222021234567890128" not in caplog.text
    assert "13800138000" not in caplog.text
    assert "［手机号］" in caplog.text


def test_the_limit_is_kept_and_the_best_come_first(sample, at):
    for limit in (1, 3, 10, 50):
        hits = sample.hits("信用卡", ANYBODY, at, limit)
        assert len(hits) <= limit
        assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    assert sample.hits("信用卡", ANYBODY, at, 3) == sample.hits("信用卡", ANYBODY, at, 10)[:3]


def test_no_placeholder_for_a_fact_is_left(sample_articles):  # row 53
    for article in sample_articles:
        assert not re.search(r"\{\{\s*fact:", repr(article)), article.id
