"""Numbers of cards and people stay in the page, and typing is not disturbed by that."""

import json
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playwright.sync_api import expect

from kb.privacy import mask

sys.path.append(str(Path(__file__).resolve().parent.parent / "unit"))
from test_privacy import CARD, DISGUISES, ID, ID_X, PHONE, valid_id, with_luhn

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SHORT = with_luhn("622588012345678")
NUMBERS = (CARD, SHORT, ID, ID_X, PHONE, "23800138000", "12345678901234", "6222021234567890127", "110105194912310020")
SEPARATORS = (
    "",
    " ",
    "-",
    "--",
    " - ",
    "---",
    "_",
    ".",
    "·",
    ",",
    "，",
    "、",
    "/",
    "\u200b",
    "\u00a0",
    "\u3000",
    "\n",
    "\u0301",
    "\u20e3",
)
# a browser may know characters that this Python does not
KNOWN = st.characters(exclude_categories=("Cs",)).filter(lambda char: unicodedata.category(char) != "Cn")


def corpus():
    """Every kind of number in every disguise, and what hypothesis makes of digits and of what may stand between them."""
    table = [f"请看{disguise(n)}谢谢" for n in NUMBERS for disguise in DISGUISES.values()]
    table += [
        sep.join(n[i : i + size] for i in range(0, len(n), size))
        for n in NUMBERS
        for sep in SEPARATORS
        for size in (1, 3, 4)
    ]
    table += [f"{a}{sep}{b}" for a in NUMBERS for b in NUMBERS for sep in SEPARATORS]
    table += [
        f"{a}{n}{b}"
        for n in ("138零零138000", f"{CARD[:4]}零二{CARD[6:]}")
        for a in "一3 "
        for b in ("", "二", "3", f"、{PHONE}")
    ]
    table += [
        "",
        "㋀㏾㍘🄁①②③⑩⒈𝟏𝟐𝟑" * 3,
        "1" * 500,
        "1 " * 500,
        "①" * 19,
        "\u0301\u0301" + PHONE,
        "か\u3099" + PHONE,
        "x\u0308" + ID_X,
        ID[:-1] + "x\u0308",
    ]
    piece = st.one_of(
        st.sampled_from(NUMBERS + SEPARATORS),
        st.text("0123456789０１２３xX -·，号", max_size=12),
        st.integers(10**16, 10**17 - 1).map(lambda head: valid_id(str(head))),
        st.integers(10**14, 10**18).map(lambda head: with_luhn(str(head))),
        st.text(KNOWN, max_size=4),
    )
    made = []

    @given(st.lists(piece, max_size=8))
    @settings(max_examples=2500, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    def collect(pieces):
        made.append("".join(pieces))

    collect()
    return table + made


def test_the_page_masks_as_the_service_does(desk):  # row 78
    texts = corpus()
    expected = [mask(text) for text in texts]
    assert len(texts) > 3000
    assert sum(a != b for a, b in zip(texts, expected, strict=True)) > 1000
    script = desk.page.locator('link[href*="mask"]').get_attribute("href")
    found = desk.page.evaluate(
        "async ([script, texts]) => { const { mask } = await import(script); return JSON.stringify(JSON.parse(texts).map(mask)); }",
        [script, json.dumps(texts)],
    )
    differing = [(t, e, f) for t, e, f in zip(texts, expected, json.loads(found), strict=True) if e != f]
    assert differing == []


def sent_by(desk):
    """Everything that leaves the page from now on."""
    sent = []
    desk.page.on("request", lambda request: sent.append(f"{request.url} {request.post_data}"))
    return sent


def test_a_card_number_never_leaves_the_page(desk):  # row 78
    sent = sent_by(desk)
    desk.line.press_sequentially(f"卡号{CARD}丢了", delay=5)
    expect(desk.line).to_have_value("卡号［卡号］丢了")
    desk.answered("卡号［卡号］丢了")
    expect(desk.status).to_contain_text("号码已遮住")
    assert sent
    # not even its beginning: what is typed of a number waits
    assert not any(CARD[:8] in told for told in sent)


def test_the_caret_stays_where_somebody_types(desk):  # row 78
    desk.line.fill(f"客户{PHONE}要换绑")
    desk.line.evaluate("(line) => line.setSelectionRange(2, 2)")
    expect(desk.line).to_have_value("客户［手机号］要换绑")
    desk.line.press_sequentially("王")
    expect(desk.line).to_have_value("客户王［手机号］要换绑")
    desk.line.fill(f"客户要换绑{PHONE}")
    expect(desk.line).to_have_value("客户要换绑［手机号］")
    desk.line.press_sequentially("吗")
    expect(desk.line).to_have_value("客户要换绑［手机号］吗")


def test_nothing_is_masked_while_a_number_is_still_being_typed(desk):  # row 78
    # sixteen of its digits are a card number by chance
    long = SHORT + "012"
    desk.line.press_sequentially(long, delay=30)
    expect(desk.line).to_have_value(long)


def test_other_numbers_are_asked_as_they_are(desk):
    desk.ask("转账限额200000元")
    expect(desk.line).to_have_value("转账限额200000元")
    desk.line.press_sequentially("，单号20261124")
    desk.answered("转账限额200000元，单号20261124")
    expect(desk.status).not_to_contain_text("遮住")


def test_letters_of_an_input_method_are_left_alone(desk):  # rows 17 78
    desk.line.evaluate(
        """(line) => {
          line.focus();
          line.dispatchEvent(new CompositionEvent("compositionstart"));
          line.value = "客户13800138000";
          line.dispatchEvent(new InputEvent("input", { isComposing: true, bubbles: true }));
        }"""
    )
    desk.page.wait_for_timeout(1200)
    expect(desk.line).to_have_value("客户13800138000")
    desk.line.evaluate("(line) => line.dispatchEvent(new CompositionEvent('compositionend'))")
    expect(desk.line).to_have_value("客户［手机号］")


def test_why_is_asked_without_the_number(desk, open_desk):  # rows 78 84
    desk.ask("客户丢了卡")
    desk.line.evaluate(f"(line) => {{ line.value = '卡丢了{CARD}'; }}")
    with desk.page.context.expect_page() as opened:
        desk.page.locator(".why-these button").click()
    opened.value.wait_for_load_state()
    assert CARD not in opened.value.content()
    assert "［卡号］" in opened.value.content()
