"""The sample articles over time: what is scheduled, what expired, what a new rule replaced (rows 33, 46)."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kb.clock import SHANGHAI
from kb.library import article_files, periods
from kb.registry import load_registry
from kb.types import AlertDetail
from kb.visibility import ANYBODY

ARTICLES = Path(__file__).resolve().parents[2] / "articles"
CHANGES = [  # article, first moment of the new version, only in the old one, only in the new one
    ("sms-alert-service", "2026-12-01 00:00", "每月2元", "每月3元"),
    ("sms-alert-open-cancel", "2026-12-01 00:00", "每月2元", "每月3元"),
    ("fee-schedule-personal", "2026-12-01 00:00", "短信动账通知每月2元", "短信动账通知每月3元"),
    ("complaint-fee-dispute", "2026-12-01 00:00", "3个工作日内给出", "2个工作日内给出"),
    ("gold-accumulation", "2026-12-08 09:10", "积存金1克起买", "积存金0.1克起买"),
    ("time-deposit-rates", "2026-12-10 00:00", "1.55%", "1.45%"),
    ("time-deposit-3y", "2026-12-10 00:00", "1.55%", "1.45%"),
    ("time-deposit-5y", "2026-12-10 00:00", "1.60%", "1.50%"),
    ("large-cd", "2026-12-10 00:00", "1.75%", "1.65%"),
    ("quick-pay-management", "2026-12-15 09:00", "单笔1万元、单日5万元", "单笔5000元、单日3万元"),
    ("human-agent-and-hours", "2027-01-01 00:00", "每个网点不一样", "周六轮值网点统一"),
    ("complaint-branch-queue", "2027-01-01 00:00", "30分钟内联系网点负责人", "15分钟内联系网点负责人"),
    ("dormant-account", "2027-01-15 00:00", "是久悬户，带身份证到网点", "多少年没用的都能"),
]


def moment(text):
    """A time of the table, in Shanghai."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)


def words(article):
    """What a version says is so; its note of the change names the old value too."""
    return repr(replace(article, change_note=""))


def version(articles, slug, when):
    """The version of an article that is in force at a moment."""
    bounds = periods(articles)
    (found,) = [
        a
        for a in articles
        if a.id == slug and bounds[a.key][0] <= when and (bounds[a.key][1] is None or when < bounds[a.key][1])
    ]
    return found


@pytest.mark.parametrize(("slug", "begins", "old", "new"), CHANGES)
def test_a_change_begins_at_its_minute_and_not_before(sample_articles, slug, begins, old, new):  # row 33
    before = version(sample_articles, slug, moment(begins) - timedelta(minutes=1))
    after = version(sample_articles, slug, moment(begins))
    assert after.version == before.version + 1
    assert after.change_note
    assert old in words(before)
    assert new not in words(before)
    assert new in words(after)
    assert old not in words(after)


@pytest.mark.parametrize(("slug", "begins"), [change[:2] for change in CHANGES])
def test_the_answer_of_the_day_comes_from_the_version_of_the_day(sample, sample_articles, slug, begins):
    for when in (moment(begins) - timedelta(minutes=1), moment(begins)):
        expected = version(sample_articles, slug, when)
        answer = sample.ask(expected.test_queries[0], ANYBODY, when, 5)
        cards = {card.id: card for card in (*answer.alerts, *answer.cards)}
        assert cards[slug].version == expected.version


def test_no_number_of_the_future_is_used_before_its_day():
    """A shared number with a month in its name belongs to versions that begin in that month or later."""
    for path in article_files(ARTICLES):
        for month in re.findall(r"\{\{fact:[a-z0-9.]+\.(\d{4}-\d{2})\}\}", path.read_text(encoding="utf-8")):
            assert path.stem.partition("@")[2][:7] >= month, f"{path.name} uses a number of {month}"


def test_every_shared_number_is_used():
    registry, problems = load_registry(ARTICLES)
    texts = "".join(path.read_text(encoding="utf-8") for path in article_files(ARTICLES))
    assert not problems
    assert [name for name in registry.facts if f"fact:{name}}}" not in texts] == []


@pytest.mark.parametrize("question", ["取5万以上要登记吗", "取五万元以上要登记用途吗", "取钱登记资金来源的规定"])
def test_a_question_in_the_words_of_the_old_cash_rule_shows_the_ribbon(sample, at, question):
    card = sample.ask(question, ANYBODY, at, 5).cards[0]
    assert card.id == "large-cash-withdrawal"
    assert card.superseded


def test_a_wave_of_false_messages_is_warned_of_until_it_is_over(sample, sample_articles):
    question = "短信说积分清零让我点链接"
    (alert,) = [a for a in sample_articles if a.id == "alert-sms-points-phishing"]
    assert isinstance(alert.detail, AlertDetail)
    assert alert.expires is not None
    assert alert.expires - alert.effective <= timedelta(days=30)
    shown = {when: sample.ask(question, ANYBODY, when, 5).alerts for when in (alert.effective, alert.expires)}
    assert alert.id in [card.id for card in shown[alert.effective]]
    assert alert.id not in [card.id for card in shown[alert.expires]]


def test_an_expired_notice_answers_nobody(sample, at):
    answer = sample.ask("10月18日升级那天的转账到了没有", ANYBODY, at, 10)
    assert "alert-system-maintenance-oct" not in [card.id for card in (*answer.alerts, *answer.cards)]


def test_the_library_holds_two_hundred_articles(sample_articles):
    assert len({article.id for article in sample_articles}) >= 200


def test_whoever_uses_a_number_that_changes_has_a_next_version():
    """`fee.sms.2026-12` follows `fee.sms`: every article with the old number says what comes after it."""
    registry, _ = load_registry(ARTICLES)
    texts = {path.stem: path.read_text(encoding="utf-8") for path in article_files(ARTICLES)}
    followed = {m[1]: m[2] for name in registry.facts if (m := re.fullmatch(r"(.+)\.(\d{4}-\d{2})", name))}
    assert followed
    for stem, text in texts.items():
        for name, month in followed.items():
            if f"fact:{name}}}" in text and "@" not in stem:
                later = [s for s in texts if s.startswith(f"{stem}@{month}") and f"fact:{name}.{month}" in texts[s]]
                assert later, f"{stem} has no version with {name}.{month}"
