"""Near duplicates: found where an editor would see one, quiet where articles only share a subject."""

import pytest
from builders import made_article

from kb.editing.similar import SimilarArticles, alike, pairs

CARD = {
    "title": "借记卡补办换新卡",
    "questions": ["卡坏了怎么换", "磁条刷不出来", "换一张新卡要多久", "卡折断了能用吗", "芯片读不了", "旧卡还要带吗"],
    "answer": "本人带身份证和旧卡到网点，当场就能换新卡，卡号不变。",
    "body": "## 要带什么\n带身份证原件和旧卡。旧卡丢了先挂失。\n\n## 卡号变不变\n同号换卡不变，工资和代扣不用改。",
}
LOAN = {
    "title": "房贷提前还款",
    "questions": ["想提前还房贷", "提前还要违约金吗", "还一部分行不行", "预约要几天", "还完怎么解押", "利息省多少"],
    "answer": "提前五个工作日在手机银行预约，满一年不收违约金。",
    "body": "## 怎么预约\n在贷款页面选提前还款。\n\n## 还多少合适\n最少一万元。",
}


def similar(article, *others):
    return SimilarArticles(others).to(article, {o.key for o in others})


def test_articles_about_different_things_are_not_alike():  # row 51
    assert similar(made_article("new-card", **CARD), made_article("prepay-loan", **LOAN)) == ()


def test_a_copy_under_another_name_is_found_by_its_text():  # row 51
    other = {**CARD, "title": "银行卡坏了", "questions": [f"别的说法{n}" for n in "甲乙丙丁戊己"]}
    (found,) = similar(
        made_article("broken-card", **other), made_article("new-card", **CARD), made_article("loan", **LOAN)
    )
    assert (found.article_id, found.title) == ("new-card", CARD["title"])
    assert any("答案和正文" in reason for reason in found.reasons)
    assert found.score > 0.9


def test_the_same_questions_are_found_whatever_the_text_says():  # row 51
    asked = [*CARD["questions"][:2], "磁条刷不出来了", "我的卡折断了能用吗", "要去哪个网点", "周末能办吗"]
    other = {**LOAN, "title": "网点办卡", "questions": asked}
    (found,) = similar(made_article("branch-card", **other), made_article("new-card", **CARD))
    assert ("磁条刷不出来", "磁条刷不出来") in found.phrasings
    assert any("问法几乎一样" in reason for reason in found.reasons)


def test_the_same_title_is_found():  # row 51
    (found,) = similar(
        made_article("again", **{**LOAN, "title": "借记卡补办、换新卡"}), made_article("new-card", **CARD)
    )
    assert any("标题" in reason for reason in found.reasons)


def test_versions_of_the_same_article_and_those_not_asked_for_are_left_out():
    mine, next_one = made_article("new-card", **CARD), made_article("new-card", version=2, **CARD)
    other = made_article("other-card", **CARD)
    articles = SimilarArticles([next_one, other])
    assert [s.article_id for s in articles.to(mine, {next_one.key, other.key})] == ["other-card"]
    assert articles.to(mine, {next_one.key}) == ()


def test_one_shared_question_is_no_duplicate():
    other = {**LOAN, "questions": [CARD["questions"][0], *LOAN["questions"][1:]]}
    assert similar(made_article("loan", **other), made_article("new-card", **CARD)) == ()


@pytest.mark.parametrize(("one", "other", "share"), [("换卡", "换卡", 1.0), ("换卡", "贷款", 0.0), ("", "换卡", 0.0)])
def test_how_alike_two_texts_are(one, other, share):
    assert alike(pairs(one), pairs(other)) == share


def test_the_banks_own_articles_raise_no_alarm(sample_articles):  # row 51
    articles = SimilarArticles(sample_articles)
    keys = {a.key for a in sample_articles}
    assert [(a.path, s.path) for a in sample_articles for s in articles.to(a, keys)] == []
