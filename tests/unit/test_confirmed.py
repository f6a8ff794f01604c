"""Which questions agents confirmed by taking an article's script, read from the log."""

import json
from datetime import datetime, timedelta

import pytest

from kb.clock import SHANGHAI
from kb.confirmed import CALLS, DAYS, MOST, confirmed
from kb.questions_file import day_file, desk_file

NOW = datetime(2026, 12, 2, 2, 0, tzinfo=SHANGHAI)
YESTERDAY = NOW - timedelta(days=1)


class Log:
    """Lines as the service writes them."""

    def __init__(self, folder):
        self.folder = folder
        self.seconds = 0

    def write(self, day, path=None, **row):
        self.seconds += 1
        at = datetime.combine(day.date(), datetime.min.time(), SHANGHAI) + timedelta(hours=9, seconds=self.seconds)
        with (path or day_file(self.folder, day.date())).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"at": at.isoformat(), **row}, ensure_ascii=False) + "\n")

    def ask(self, call, question, day=YESTERDAY, **more):
        self.write(day, question=question, hits=3, confident=True, call=call, **more)

    def copy(self, call, article="dispute@3", person="丙", day=YESTERDAY, did="copy", **more):
        self.write(day, did=did, article=article, person=person, call=call, **more)

    def calls(self, question, number=CALLS, article="dispute@3", **more):
        for n in range(number):
            call = f"{question}{article}{n}"
            self.ask(call, question)
            self.copy(call, article, person=f"坐席{n}", **more)


@pytest.fixture
def log(tmp_path):
    return Log(tmp_path)


def found(log):
    return dict(confirmed(log.folder, NOW))


def test_what_several_people_took_in_several_calls_is_confirmed(log):
    log.calls("我的卡被刷走八千块")
    log.calls("外国刷的钱", number=CALLS - 1)
    assert found(log) == {"dispute": ("我的卡被刷走八千块",)}


def test_one_person_alone_confirms_nothing(log):
    for n in range(5 * CALLS):
        log.ask(f"c{n}", "卡被刷了")
        log.copy(f"c{n}")
    assert found(log) == {}


def test_the_last_question_before_the_copy_is_meant_whatever_file_it_stands_in(log):
    beside = desk_file(log.folder, YESTERDAY.date(), "x")
    for n in range(CALLS):
        log.ask(f"c{n}", "卡")
        log.ask(f"c{n}", "卡被刷了", path=beside)
        log.copy(f"c{n}", person=f"坐席{n}")
        log.ask(f"c{n}", "还有利息怎么算")
    assert found(log) == {"dispute": ("卡被刷了",)}


def test_where_agents_took_different_articles_nothing_is_certain(log):
    log.calls("卡没了", number=CALLS)
    log.calls("卡没了", number=CALLS, article="loss@1")
    assert found(log) == {}
    log.calls("卡没了", number=10 * CALLS, article="swallowed@1")
    assert found(log) == {"swallowed": ("卡没了",)}


def test_reading_a_card_confirms_nothing_nor_does_a_copy_outside_a_call(log):
    log.calls("卡没了", did="read")
    for n in range(2 * CALLS):
        log.ask("-", "卡丢了")
        log.copy("-", person=f"坐席{n}")
    assert found(log) == {}


def test_versions_are_one_article_and_ways_of_writing_one_question(log):
    for n, (question, article) in enumerate([("ATM吞卡", "a@1"), ("ａｔｍ吞卡", "a@2"), ("Atm吞卡", "a@2")]):
        log.ask(f"c{n}", question)
        log.copy(f"c{n}", article, person=f"坐席{n}")
    assert found(log) == {"a": ("atm吞卡",)}


def test_a_call_id_that_comes_again_on_another_day_is_another_call(log):
    for n in range(CALLS):
        day = YESTERDAY - timedelta(days=n)
        log.ask("1", "卡没了", day)
        log.copy("1", person=f"坐席{n}", day=day)
    assert found(log) == {"dispute": ("卡没了",)}


def test_what_is_older_than_the_days_looked_back_on_is_forgotten_and_today_is_not_over(log):
    for n in range(CALLS):
        for day in (NOW, NOW - timedelta(days=DAYS + 1)):
            log.ask(f"c{n}", "卡没了", day)
            log.copy(f"c{n}", person=f"坐席{n}", day=day)
    assert found(log) == {}


def test_the_most_frequent_questions_of_an_article_are_kept(log):
    for n in range(MOST + 5):
        log.calls(f"第{n}种问法", number=CALLS + (n % 2))
    (kept,) = found(log).values()
    assert len(kept) == MOST
    assert all(f"第{n}种问法" in kept for n in range(1, MOST + 5, 2))


def test_lines_that_are_no_record_and_questions_that_are_too_long_are_left_out(log):
    log.calls("长" * 61)
    log.calls("卡")
    with day_file(log.folder, YESTERDAY.date()).open("a") as file:
        file.write('{"call": 3}\nno json\n[]\n{"call": "c0", "at": "yesterday"}\n')
    assert found(log) == {}
    assert dict(confirmed(log.folder / "none", NOW)) == {}
