"""From the key to the answer: what is asked, what is sent twice, what moves."""

import re

import pytest
from playwright.sync_api import expect

from benchmarks.service import kb_serve

pytestmark = [pytest.mark.browser, pytest.mark.timeout(90)]

QUESTION = "跨行转账手续费"
# a slow line, and who is on it
SLOW_LINE = """
window.line = {now: 0, most: 0, sent: []};
const send = window.fetch;
window.fetch = async (to, options) => {
  line.sent.push(options.body.get('q'));
  line.most = Math.max(line.most, ++line.now);
  let over = false;
  // what is given up is no longer under way, at that very moment
  const end = () => { line.now -= over ? 0 : 1; over = true; };
  options.signal.addEventListener('abort', end);
  try {
    await new Promise((done, fail) => { setTimeout(done, 60); options.signal.addEventListener('abort', fail); });
    return await send(to, options);
  } finally { end(); }
};
"""
SHIFTS = """
window.shifts = [];
new PerformanceObserver(list => { for (const shift of list.getEntries()) shifts.push(shift.value); })
  .observe({type: 'layout-shift', buffered: true});
"""


def started_with(open_desk, script):
    desk = open_desk()
    desk.page.add_init_script(script)
    return desk.open()


def test_one_question_is_under_way_and_only_the_latest_waits(open_desk):
    desk = started_with(open_desk, SLOW_LINE)
    desk.page.keyboard.type(QUESTION, delay=10)
    desk.answered(QUESTION)
    line = desk.page.evaluate("({most: line.most, sent: line.sent})")
    assert line["most"] == 1
    assert line["sent"][0] == QUESTION[0]
    assert line["sent"][-1] == QUESTION
    assert len(line["sent"]) < len(QUESTION)
    expect(desk.cards.first).to_contain_text("转账手续费")


def test_the_first_key_asks_at_once(desk):
    with desk.page.expect_request("**/ask"):
        # within the very event: nothing that waits for a timer could be seen
        assert desk.page.evaluate("""() => {
            let sent = 0;
            const send = window.fetch;
            window.fetch = (...all) => { sent += 1; return send(...all); };
            const line = document.querySelector('#line');
            line.value = '挂失';
            line.dispatchEvent(new InputEvent('input', {bubbles: true}));
            return sent;
        }""")


def test_letters_being_composed_are_not_sent_with_a_question_that_waits(open_desk):
    desk = started_with(open_desk, SLOW_LINE)
    keyboard = desk.page.context.new_cdp_session(desk.page)
    keyboard.send("Input.insertText", {"text": "挂"})
    keyboard.send("Input.insertText", {"text": "失"})
    keyboard.send("Input.imeSetComposition", {"text": "bu", "selectionStart": 2, "selectionEnd": 2})
    desk.answered("挂失")
    expect(desk.line).to_have_value("挂失bu")
    keyboard.send("Input.insertText", {"text": "补卡"})
    desk.answered("挂失补卡")
    sent = desk.page.evaluate("line.sent")
    assert sent[-1] == "挂失补卡"
    assert not [q for q in sent if re.search("[a-z]", q)]


@pytest.mark.parametrize("width", [400, 1280])
def test_nothing_shifts_while_typing(open_desk, width):
    desk = open_desk(viewport={"width": width, "height": 800})
    desk.page.add_init_script(SHIFTS)
    desk.open()
    for question in (QUESTION, "改绑手机号码", "火星移民"):
        desk.line.fill("")
        desk.page.keyboard.type(question, delay=60)
        desk.answered(question)
    desk.page.wait_for_timeout(100)
    assert desk.page.evaluate("shifts") == []


def test_a_card_that_stays_is_not_made_anew(desk):
    desk.ask("改绑手机号")
    desk.cards.first.evaluate("card => { card.seen = true; }")
    desk.line.fill("改绑手机号 ")
    desk.ask("改绑手机号的")
    assert desk.cards.first.evaluate("card => card.seen") is True
    assert len({card.get_attribute("data-key") for card in desk.cards.all()}) == desk.cards.count()


def test_all_cards_come_when_typing_rests_and_at_once_for_a_key(desk):
    desk.ask("挂失")
    drawn = desk.cards.count()
    answer = desk.page.request.post(f"{desk.address}/ask", form={"q": "挂失"}).text()
    assert drawn == answer.count("<article")
    desk.line.fill(QUESTION)
    desk.press("Alt+5")
    expect(desk.cards.nth(4)).to_be_focused()


def test_style_and_scripts_come_from_the_cache(desk):
    desk.page.goto(f"{desk.address}/articles/time-deposit-rates")
    desk.page.wait_for_load_state("load")
    loaded = desk.page.evaluate(
        "performance.getEntriesByType('resource').filter(e => /\\.(css|js)$/.test(e.name))"
        ".map(e => [e.name, e.transferSize])"
    )
    assert {name.rsplit("/", 1)[1] for name, _ in loaded} >= {"agent.css", "keys.js", "cards.js"}
    assert not [name for name, sent in loaded if sent and not name.endswith("icon.svg")]


def test_keystrokes_share_a_connection(chromium, sample_settings):
    with kb_serve(sample_settings) as service:
        page = chromium.new_page()
        page.goto(service.url("/"))
        page.keyboard.type(QUESTION, delay=150)
        expect(page.locator("#ask")).to_have_attribute("data-answered", QUESTION)
        connected = page.evaluate(
            "performance.getEntriesByType('resource').filter(e => e.name.endsWith('/ask')).map(e => e.connectEnd - e.connectStart)"
        )
        page.close()
    assert len(connected) > 2
    assert not any(connected)
