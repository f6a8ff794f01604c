"""先问清: the decision questions of a card, by number keys."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]
QUESTION = "转错账了怎么办"


@pytest.fixture
def questions(desk):
    """The questions of the first card, reached by keys alone."""
    desk.ask(QUESTION)
    expect(desk.cards.first).to_have_attribute("data-key", re.compile("^transfer-wrong-account@"))
    desk.press("Enter", "v", "q")
    return desk.cards.first.locator(".question")


def test_numbers_choose_and_backspace_goes_back(desk, questions):  # row 26
    first, second = questions.nth(0), questions.nth(1)
    expect(first).to_have_class(re.compile("is-asked"))
    desk.press("1")
    chosen = first.locator("li.is-chosen")
    expect(chosen).to_contain_text("按步骤登记误转")
    expect(first.locator("li").nth(1)).to_be_hidden()
    expect(second).to_have_class(re.compile("is-asked"))
    desk.press("Backspace")
    expect(first).to_have_class(re.compile("is-asked"))
    expect(first.locator("li.is-chosen")).to_have_count(0)
    expect(first.locator("li").nth(1)).to_be_visible()
    desk.press("1", "2")
    expect(desk.cards.first.locator(".decided")).to_contain_text("问清了")
    desk.press("Backspace")
    expect(second).to_have_class(re.compile("is-asked"))
    desk.press("Backspace")
    expect(first).to_have_class(re.compile("is-asked"))


def test_an_answer_that_settles_it_asks_nothing_more(desk, questions):  # row 26
    desk.press("3")
    expect(desk.cards.first.locator(".decided")).to_contain_text("问清了")
    expect(questions.nth(1)).to_have_class(re.compile("is-passed"))
    expect(questions.nth(0).locator("button[aria-pressed=true]")).to_contain_text("买卖、借钱后反悔")


def test_a_number_without_an_answer_is_said_and_escape_leaves_with_the_numbers(desk, questions):  # rows 18 26
    desk.press("9")
    expect(desk.toast).to_have_text("这个问题只有 3 个回答")
    desk.press("Escape")
    expect(desk.cards.first).to_be_focused()
    expect(desk.cards.first.locator(".body")).to_be_visible()
    desk.press("2")
    expect(desk.cards.nth(1)).to_be_focused()


def test_the_questions_wait_for_the_identity_check(desk):  # rows 25 26
    desk.ask(QUESTION).press("Enter", "q")
    expect(desk.toast).to_have_text("先核身，再问")


def test_a_card_without_questions_says_so(desk):  # row 26
    desk.ask("存款保险赔多少").press("Alt+q")
    expect(desk.toast).to_have_text("这一条没有要先问的")


def test_a_click_chooses_as_well(desk, questions):  # row 26
    questions.nth(0).locator("button").nth(0).click()
    expect(questions.nth(1)).to_have_class(re.compile("is-asked"))
