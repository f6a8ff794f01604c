"""Two values for one thing: found, without an alarm where articles speak of different things."""

from datetime import datetime

import pytest
from builders import made_article

from kb.clock import SHANGHAI
from kb.editing.contradictions import Claims, plain_number
from kb.editing.statements import stated

AT = datetime(2026, 11, 24, 10, tzinfo=SHANGHAI)
FACTS = {"fee.sms": "每月2元", "fee.sms.2026-12": "每月3元", "rate.deposit.3y": "1.55%"}
NOTES = {"fee.sms": "短信动账通知", "rate.deposit.3y": "三年期定期存款年利率"}


def body(text):
    return f"## 说明\n{text}"


def against(mine, *others, facts=(), at=AT, only=None):
    """What contradicts an article that uses no facts."""
    claims = Claims(others, {name: FACTS[name] for name in facts}, NOTES)
    return claims.against(mine, mine, {o.key for o in others} if only is None else only, at)


def test_two_fees_for_one_thing():  # row 52
    mine = made_article("change-card", title="换卡", body=body("补办借记卡工本费每张10元。"))
    other = made_article("card-loss", title="卡丢了", body=body("补办借记卡工本费每张5元，当场拿卡。"))
    (found,) = against(mine, other)
    assert (found.attribute, found.article_id, found.place) == ("费用", "card-loss", "body")
    assert "每张10元" in found.mine
    assert "每张5元" in found.theirs
    assert "卡丢了" in found.message


@pytest.mark.parametrize(
    ("attribute", "mine", "theirs"),
    [
        ("限额", "手机银行刷脸转账单笔最多5万元。", "手机银行刷脸转账单笔最多20万元。"),
        ("利率", "三年期大额存单年利率1.75%。", "三年期大额存单年利率1.55%。"),
        ("起点", "结构性存款一万元起存，人民币。", "结构性存款五万元起存，人民币。"),
        ("期限", "征信逾期记录自还清之日起保存满5年删除。", "征信逾期记录自还清之日起保存满7年删除。"),
        ("费用", "柜台打印存款证明每份20元。", "柜台打印存款证明免费。"),
    ],
)
def test_limits_rates_minimums_and_terms(attribute, mine, theirs):  # row 52
    found = against(made_article("one", body=body(mine)), made_article("two", body=body(theirs)))
    assert [c.attribute for c in found] == [attribute]


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("柜台打印存款证明每份20元。", "柜台打印存款证明每份20元，当场拿。"),
        ("柜台打印存款证明每份20元。", "手机银行打印存款证明免费。"),
        ("跨行转账单笔最多5万元。", "跨行转账单日最多20万元。"),
        ("三年期定期存款年利率1.55%。", "五年期定期存款年利率1.60%。"),
        ("Ⅱ类户日累计最多1万元。", "Ⅲ类户日累计最多2000元。"),
        ("境外取现手续费每笔12元。", "境内他行取现手续费每笔3元。"),
        ("补办借记卡工本费每张5元。", "房贷提前还款违约金每笔100元。"),
        ("例如存10万元三年期定期存款利息4650元。", "例如存10万元三年期定期存款利息5000元。"),
    ],
)
def test_the_same_value_and_different_things_are_no_contradiction(mine, theirs):  # row 52
    assert against(made_article("one", body=body(mine)), made_article("two", body=body(theirs))) == ()


def test_an_article_that_names_both_values_speaks_of_both_cases():
    mine = made_article("one", body=body("补办借记卡工本费每张5元。"))
    other = made_article("two", body=body("补办借记卡工本费每张10元。补办借记卡工本费每张5元。"))
    assert against(mine, other) == ()


def test_versions_that_are_not_asked_for_and_the_articles_own_are_left_out():  # row 52
    mine = made_article("one", body=body("补办借记卡工本费每张10元。"))
    old = made_article("two", body=body("补办借记卡工本费每张5元。"))
    before = made_article("one", version=2, body=body("补办借记卡工本费每张5元。"))
    assert against(mine, old, only=set()) == ()
    assert against(mine, before) == ()


def test_a_number_by_hand_beside_the_shared_fact_that_says_otherwise():  # row 52
    mine = made_article("one", body=body("常见的有短信动账通知费（每月5元）。"))
    (found,) = against(mine, facts=["fee.sms"])
    assert (found.fact, found.theirs) == ("fee.sms", "每月2元")
    assert against(made_article("one", body=body("短信动账通知费每月2元。")), facts=["fee.sms"]) == ()
    assert against(made_article("one", body=body("短信验证码免费。")), facts=["fee.sms"]) == ()


def test_a_fact_that_begins_later_may_be_said_from_then_on():  # row 52
    mine = made_article("one", body=body("短信动账通知费每月3元。"))
    both = ["fee.sms", "fee.sms.2026-12"]
    assert len(against(mine, facts=both, at=AT)) == 1
    assert against(mine, facts=both, at=datetime(2026, 12, 1, tzinfo=SHANGHAI)) == ()


def document(number, date="2026-01-01", title="示例银行银行卡办法（示例）"):
    return [{"document": title, "number": number, "date": date}]


def test_a_document_with_two_numbers_or_two_dates():  # row 52
    mine = made_article("one", sources=document("示例银规〔2026〕1号"))
    (found,) = against(mine, made_article("two", sources=document("示例银规〔2026〕2号", "2026-05-01")))
    assert (found.attribute, found.place) == ("文号", "sources.0.number")
    (found,) = against(mine, made_article("two", sources=document("示例银规[2026]1号", "2026-02-01")))
    assert found.attribute == "发布日期"


def test_a_newer_number_here_is_no_contradiction_and_neither_are_ways_of_writing():
    mine = made_article("one", sources=document("示例银规〔2026〕2号", "2026-05-01"))
    assert against(mine, made_article("two", sources=document("示例银规〔2026〕1号"))) == ()
    mine = made_article("one", sources=document("银发〔2016〕302号"))
    assert against(mine, made_article("two", sources=document("银发[2016] 302 号"))) == ()
    assert plain_number("中国人民银行公告〔2015〕第13号，2016年修改") == plain_number("人民银行公告[2015]13号")


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("工本费每张五元", "money", "5"),
        ("免收年费", "money", "0"),
        ("年利率万分之五", "percent", "0.05%"),
        ("3个工作日内答复", "time", "3工作日"),
    ],
)
def test_values_are_compared_in_one_form(text, unit, value):
    assert [(s.unit, s.value) for s in stated(text)] == [(unit, value)]


def test_a_year_a_products_name_and_how_long_one_is_busy_state_nothing():
    assert list(stated("2026年起执行")) == []
    assert [s.unit for s in stated("三年期定期存款年利率1.55%")] == ["percent"]
    assert list(stated("约5分钟内办好")) == []
