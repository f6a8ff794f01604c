"""Which articles a change touches."""

from builders import article_text, channel, made_article

from kb.editing.affected import by_document, by_facts, by_registry, depending_on, uses_of_fact
from kb.registry import Registry, with_file

FACTS = {"fee.sms": "每月2元", "fee.card": "每张5元"}
MENU = {"手机银行": {"首页": {"信用卡": {"销卡": {}, "还款": {}}}, "我的": {"设置": {}}}}
BEFORE = Registry(menus=MENU, facts=FACTS, departments={"运营管理部": "运营", "消费者权益保护部": "消保"})


def using(id, **fields):
    """An article that uses facts, and its file."""
    article = made_article(id, registry=BEFORE, **fields)
    return article, {article.path: article_text(id, **fields)}


def test_a_changed_fact_lists_every_sentence_as_it_is_and_as_it_would_be():  # row 53
    sms, text = using(
        "sms",
        answer="短信提醒{{fact:fee.sms}}，不用不收。",
        body="## 费用\n收{{fact:fee.sms}}。补卡{{fact:fee.card}}。",
    )
    found = list(by_facts([sms, made_article("other")], text, FACTS, {**FACTS, "fee.sms": "每月3元"}))
    assert [(a.article_id, a.before, a.after) for a in found] == [
        ("sms", "短信提醒每月2元，不用不收。", "短信提醒每月3元，不用不收。"),
        ("sms", "收每月2元。", "收每月3元。"),
    ]
    assert all(a.about == "fee.sms" for a in found)


def test_a_removed_fact_says_that_the_article_breaks_and_a_new_one_touches_nothing():  # row 53
    sms, text = using("sms", answer="短信提醒{{fact:fee.sms}}。")
    (found,) = by_facts([sms], text, FACTS, {"fee.card": "每张5元", "fee.new": "1元"})
    assert "报错" in found.what
    assert found.after == ""
    assert list(by_facts([sms], text, FACTS, {**FACTS, "fee.new": "1元"})) == []


def test_where_a_fact_is_used():  # row 53
    sms, text = using("sms", answer="短信提醒{{ fact:fee.sms }}。")
    assert [a.before for a in uses_of_fact("fee.sms", [sms], text, FACTS)] == ["短信提醒每月2元。"]
    assert uses_of_fact("fee.card", [sms], text, FACTS) == ()


def walk(id, path, **fields):
    return made_article(id, registry=BEFORE, channels=[channel("手机银行", path=path)], **fields)


def renamed(**entries):
    return Registry(
        menus={"手机银行": {"首页": {"信用卡": entries}, "我的": {"设置": {}}}},
        facts=FACTS,
        departments=BEFORE.departments,
    )


def test_a_renamed_menu_entry_lists_every_path_that_breaks_and_what_it_became():  # row 55
    broken, whole = walk("cancel", "首页 › 信用卡 › 销卡"), walk("pay", "首页 › 信用卡 › 还款")
    (found,) = by_registry([broken, whole], {}, BEFORE, renamed(注销={}, 还款={}))
    assert (found.kind, found.article_id, found.about) == ("menu", "cancel", "销卡")
    assert (found.before, found.after) == ("首页 › 信用卡 › 销卡", "首页 › 信用卡 › 注销")
    assert "注销" in found.what


def test_an_entry_in_the_middle_of_a_path_is_renamed_as_well():  # row 55
    after = Registry(menus={"手机银行": {"首页": {"卡片": MENU["手机银行"]["首页"]["信用卡"]}, "我的": {"设置": {}}}})
    (found,) = by_registry([walk("cancel", "首页 › 信用卡 › 销卡")], {}, BEFORE, after)
    assert found.after == "首页 › 卡片 › 销卡"


def test_a_removed_entry_has_nothing_in_its_place_and_a_path_that_was_broken_before_is_no_news():  # row 55
    (found,) = by_registry([walk("cancel", "首页 › 信用卡 › 销卡")], {}, BEFORE, renamed(还款={}))
    assert found.after == ""
    elsewhere = made_article("lost", channels=[channel("手机银行", path="没有的菜单")])
    assert by_registry([elsewhere], {}, BEFORE, renamed(还款={})) == ()


def test_a_department_that_is_gone_lists_what_belongs_to_it():
    mine = made_article("mine", owner="运营管理部")
    complaint = made_article("angry", type="complaint", owner="消费者权益保护部", department="消费者权益保护部")
    after = Registry(menus=MENU, facts=FACTS, departments={"运营中心": "运营", "消费者权益保护部": "消保"})
    (found,) = by_registry([mine, complaint], {}, BEFORE, after)
    assert (found.kind, found.article_id, found.before) == ("department", "mine", "运营管理部")


def regulation(id, number, date="2026-01-01", title="现金管理办法", **fields):
    return made_article(id, type="regulation", document={"title": title, "number": number, "date": date}, **fields)


def citing(id, number, date="2016-05-01", title="现金管理办法"):
    return made_article(id, sources=[{"document": title, "number": number, "date": date}])


def test_a_superseded_document_lists_the_articles_that_still_cite_it():  # row 62
    new, old = regulation("cash", "银发〔2026〕9号"), regulation("cash", "银发〔2016〕1号", "2016-05-01")
    others = [
        citing("draw", "银发[2016]1号"),
        citing("deposit", "银发〔2026〕9号", "2026-01-01"),
        citing("loan", "3号", title="贷款办法"),
    ]
    (found,) = by_document(new, old, others)
    assert (found.kind, found.article_id, found.after) == ("document", "draw", "现金管理办法 银发〔2026〕9号")


def test_a_regulation_that_changed_lists_what_it_says_it_affects():  # row 62
    new = regulation("cash", "1号", affects=["draw"], body="第一条 新的。")
    old = regulation("cash", "1号", affects=["draw"], body="第一条 旧的。")
    draw = made_article("draw")
    assert [a.article_id for a in by_document(new, old, [draw, made_article("other")])] == ["draw"]
    assert by_document(new, new, [draw]) == ()


def test_who_depends_on_a_document_is_found_by_number_or_title():  # row 62
    articles = [
        citing("draw", "银发[2016]1号"),
        citing("other", "9号", title="别的办法"),
        regulation("cash", "银发〔2016〕1号"),
    ]
    assert {a.article_id for a in depending_on("银发〔2016〕1号", "", articles)} == {"draw", "cash"}
    assert [a.article_id for a in depending_on("", "《别的办法》", articles)] == ["other"]
    assert depending_on("", "", articles) == ()


def test_one_file_of_the_registry_can_say_something_else():
    after, problems = with_file(BEFORE, "facts.yml", "fee.sms: {value: 每月3元, note: 短信}\n")
    assert (after.facts, after.notes, problems) == ({"fee.sms": "每月3元"}, {"fee.sms": "短信"}, [])
    assert after.menus == BEFORE.menus
    _, problems = with_file(BEFORE, "app_menu.yml", "首页: [")
    assert problems
    assert with_file(BEFORE, "holidays.yml", "a: b")[0] == BEFORE
