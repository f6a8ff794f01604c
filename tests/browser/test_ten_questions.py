"""Ten typical calls from the empty page to the copied script: at most six keys beyond the words themselves."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]

MOST_KEYS = 6
# what is typed, keys pressed after it (the word of a chip stands for its key), the article whose script is copied
CALLS = [
    ("换号了收不到验证码", ("Alt+v", "Control+Enter"), "change-reserved-phone"),
    ("xgsjh", ("Alt+v", "Control+Enter"), "change-reserved-phone"),
    ("跨行转账手续费", ("Control+Enter",), "transfer-fees"),
    ("三年定期利率", ("Control+Enter",), "time-deposit-3y"),
    ("有人让我转到安全账户", ("Control+Enter",), "alert-safe-account"),
    ("存款保险赔多少", ("Control+Enter",), "deposit-insurance-rules"),
    ("转错账了怎么追回", ("Alt+v", "Control+Enter"), "transfer-wrong-account"),
    ("挂失", ("信用卡", "Alt+v", "Control+Enter"), "credit-card-loss"),
    ("投诉网点排队太久", ("Alt+s", "Alt+v", "Control+Enter"), "complaint-branch-queue"),
    ("取十万现金要预约吗", ("Alt+v", "Control+Enter"), "large-cash-withdrawal"),
]


@pytest.mark.parametrize(("words", "keys", "article"), CALLS, ids=[words for words, *_ in CALLS])
def test_from_the_words_to_the_copied_script(desk, words, keys, article):  # rows 18 19 20 25
    expect(desk.line).to_be_focused()
    desk.page.keyboard.type(words, delay=5)
    desk.answered(words)
    for key in keys[:-1]:
        desk.press(key if key.isascii() else f"Alt+{desk.chip_key(key)}")
    # a chip asks anew; what follows means its answer
    expect(desk.cards.first).to_have_attribute("data-key", re.compile(f"^{article}@"))
    desk.press(keys[-1])
    expect(desk.toast).to_have_text("已复制")
    said = desk.cards.first.locator(".say:not([hidden])").get_attribute("data-copy")
    assert desk.clipboard() == said
    assert len(keys) <= MOST_KEYS
