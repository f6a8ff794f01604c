"""The offline pack, opened from the disk without a network."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from builders import write_article, write_small_library
from playwright.sync_api import expect

from indexer import build as building
from indexer.backends import CurrentSearcher
from indexer.offline import make_copy
from kb.clock import now, parse_moment
from kb.quantities import find_quantities
from kb.settings import Settings
from kb.visibility import ANYBODY
from web.offline import offline_page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]
HURT = "</script><script>window.hurt=1</script><img src=x onerror=window.hurt=1>"
CALLS = Path(__file__).parents[1] / "relevance/fraud_calls.tsv"
# what the page reads as the index does
AMOUNTS = [
    "3年期利率", "三年定期", "36个月", "半年期", "5万", "5万元", "50,000元", "五万", "1.5亿", "三千五",
    "两万五", "20w", "10k", "4.5%", "百分之三", "万分之五", "ii类户", "二类账户", "2类卡", "t+1到账",
    "7*24小时", "48小时", "半小时", "15个工作日", "3天", "两周", "18岁", "6期", "第十二条", "2026年",
    "12月8日", "15号还款", "两三天", "一起办", "十分重要", "千万别转", "100美元", "一百块", "3个季度", "一个半月",
    "1小时30分钟",
]  # fmt: skip


def write_pack(settings, file, at=None, ahead=timedelta(0), **more):
    searcher = CurrentSearcher(settings).searcher()
    file.write_bytes(offline_page(make_copy(searcher, at or now(), ahead), searcher, lambda done, total: None, **more))
    return file


@pytest.fixture(scope="module")
def pack(sample_settings, tmp_path_factory):
    """The pack of the repository's own articles."""
    return write_pack(sample_settings, tmp_path_factory.mktemp("pack") / "离线包.html")


@pytest.fixture
def open_pack(chromium):
    """Opens packs from the disk; nothing may go wrong in their consoles, and nothing but the file may be asked for."""
    contexts, troubles = [], []

    def opened(file, moment=None, **options):
        context = chromium.new_context(
            offline=True, viewport=options.pop("viewport", {"width": 400, "height": 800}), **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(f"exception: {error}"))
        page.on("console", lambda m: troubles.append(f"{m.type}: {m.text}") if m.type in ("error", "warning") else None)
        page.on(
            "request", lambda r: None if r.url in (file.as_uri(), "data:,") else troubles.append(f"asked for {r.url}")
        )
        if moment:
            page.clock.install(time=moment)
        page.goto(file.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not troubles


@pytest.fixture
def page(open_pack, pack):
    return open_pack(pack)


def ask(page, question):
    page.locator("#line").fill(question)
    expect(page.locator("#ask")).to_have_attribute("data-answered", question)
    return page.locator(".card")


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ("改绑手机号", "change-reserved-phone"),
        ("手机没了收不到验证码怎么办", "sms-code-not-received"),
        ("xgsjh", "change-reserved-phone"),
        ("xiugaiyuliushoujihao", "change-reserved-phone"),
        ("改綁手機號", "change-reserved-phone"),
        ("改绑手机号呀？", "change-reserved-phone"),
    ],
)
def test_it_finds_what_callers_say(page, question, key):  # rows 1 9 10 11 40
    first = ask(page, question).first
    expect(first).to_have_attribute("data-key", re.compile(f"^{key}@"))
    expect(page.locator("#status")).to_contain_text("条结果")


def test_a_term_never_ranks_behind_another(page):  # rows 3 40
    titles = [t.strip() for t in ask(page, "3年期定期存款利率").locator(".title").all_inner_texts()]
    expect(page.locator(".card").first.locator(".title")).to_contain_text("三年期")
    assert not any("五年期" in title for title in titles[:1])


def test_the_fraud_card_comes_first(page):  # rows 27 40
    first = ask(page, "有人让我转到安全账户").first
    expect(first).to_have_class(re.compile("is-red"))
    expect(first).to_contain_text("立即做")
    expect(page.locator("#status")).to_contain_text("有诈骗警示")


def test_nothing_found_is_not_blank(page):  # rows 14 40
    cards = ask(page, "火星移民")
    expect(page.locator(".notice")).to_contain_text("没看懂“火星、移民”")
    expect(cards.nth(2)).to_be_attached()


def test_quotes_want_the_very_words(page):  # rows 12 40
    for card in ask(page, "“存款保险”赔多少").all():
        assert "存款保险" in card.evaluate("card => card.textContent")
    ask(page, "“火星移民局”存款")
    expect(page.locator(".notice")).to_contain_text("去掉引号")


def test_the_whole_call_without_a_mouse(page):  # rows 18 20 25 40
    ask(page, "改绑手机号")
    first = page.locator(".card").first
    expect(page.locator("#line")).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toast")).to_contain_text("先核身")
    page.keyboard.press("Alt+v")
    expect(first.locator(".steps")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toast")).to_have_text("已复制")
    said = first.locator(".say").first.get_attribute("data-copy")
    page.keyboard.press("Enter")
    expect(first).to_be_focused()
    page.keyboard.press("3")
    expect(page.locator(".card").nth(2)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator(".card").nth(1)).to_be_focused()
    page.keyboard.press("1")
    page.keyboard.press("n")
    expect(first.locator(".steps > li").first).to_have_attribute("aria-current", "step")
    page.keyboard.press("o")
    expect(first.locator(".full-text .prose").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(first.locator(".body")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("#line")).to_be_focused()
    page.keyboard.press("Control+v")
    expect(page.locator("#line")).to_have_value(said[:200].replace("\n", " "))
    page.keyboard.press("Escape")
    expect(page.locator("#line")).to_have_value("")
    page.locator("#line").blur()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()


def test_a_script_is_copied_with_its_risk_sentence(page, sample_articles):  # rows 30 40
    article = next(a for a in sample_articles if getattr(a.detail, "risk_sentence", "") and a.identity in ("L0", "L1"))
    card = ask(page, article.title).first
    expect(card).to_have_attribute("data-key", article.key)
    assert card.locator(".say").first.get_attribute("data-copy").endswith(article.detail.risk_sentence)
    expect(card.locator(".risk")).to_contain_text(article.detail.risk_sentence)


def test_letters_of_an_input_method_are_not_asked(page):  # rows 17 40
    client = page.context.new_cdp_session(page)
    page.locator("#line").focus()
    client.send("Input.imeSetComposition", {"text": "gua", "selectionStart": 3, "selectionEnd": 3})
    assert page.locator(".card").count() == 0
    client.send("Input.insertText", {"text": "挂失"})
    expect(page.locator(".card").first.locator(".title")).to_contain_text("挂失")


def test_links_between_articles_lead_to_cards(page, open_pack, tmp_path):  # row 40
    settings = Settings(articles=tmp_path / "articles", var=tmp_path / "var")
    write_small_library(settings.articles)
    write_article(
        settings.articles, "start", title="从这里开始", body="## 别处\n见[补卡](replace-card)和[没有的](start#别处)。"
    )
    building.build(settings, now())
    page = open_pack(write_pack(settings, tmp_path / "p.html"))
    ask(page, "从这里开始")
    page.keyboard.press("Alt+1")
    page.keyboard.press("o")
    page.get_by_role("link", name="补卡").click()
    expect(page.locator(".card")).to_have_count(1)
    expect(page.locator(".card")).to_have_attribute("data-key", "replace-card@1")


def test_articles_come_and_go_by_the_clock(open_pack, tmp_path):  # rows 40 44
    settings = Settings(articles=tmp_path / "articles", var=tmp_path / "var")
    write_small_library(settings.articles)
    write_article(settings.articles, "rate", title="定期利率", answer="利率是一成。")
    write_article(
        settings.articles, "rate", name="rate@2", title="定期利率", answer="利率是两成。", version=2, effective="2026-12-01",
        expires="2026-12-01 06:00",
    )  # fmt: skip
    building.build(settings, now())
    at = parse_moment("2026-11-30 23:00")
    file = write_pack(settings, tmp_path / "p.html", at, timedelta(hours=8))
    for moment, said in (("2026-11-30 23:59", "一成"), ("2026-12-01 00:01", "两成"), ("2026-12-01 06:01", None)):
        page = open_pack(file, parse_moment(moment))
        ask(page, "定期利率")
        rates = page.locator('.card[data-key^="rate@"]')
        expect(rates).to_have_count(1 if said else 0)
        if said:
            expect(rates.locator(".say").first).to_contain_text(said)
    expect(page.locator("#copy-age")).to_contain_text("有 2 篇到期，不再显示")


def test_an_answer_that_stands_changes_at_the_minute(open_pack, tmp_path):  # rows 40 44
    settings = Settings(articles=tmp_path / "articles", var=tmp_path / "var")
    write_article(settings.articles, "rate", title="定期利率", expires="2026-12-01")
    write_article(settings.articles, "other", title="活期利率")
    building.build(settings, now())
    page = open_pack(
        write_pack(settings, tmp_path / "p.html", parse_moment("2026-11-30 23:00")), parse_moment("2026-11-30 23:59")
    )
    ask(page, "定期利率")
    expect(page.locator('.card[data-key="rate@1"]')).to_have_count(1)
    page.clock.run_for(120_000)
    expect(page.locator('.card[data-key="rate@1"]')).to_have_count(0)
    expect(page.locator('.card[data-key="other@1"]')).to_have_count(1)


def test_an_old_copy_says_so(open_pack, pack):  # row 40
    fresh, old = open_pack(pack), open_pack(pack, now() + timedelta(hours=27))
    bar = "离线副本"
    for page in (fresh, old):
        expect(page.locator(".copy-bar")).to_contain_text(bar)
    expect(fresh.locator("#copy-age")).to_have_text("")
    expect(old.locator("#copy-age")).to_contain_text("已经过了 27 小时，可能已经过时")
    expect(old.locator(".copy-bar")).to_have_class(re.compile("is-old"))


def test_article_text_does_nothing(open_pack, tmp_path):  # rows 40 64
    settings = Settings(articles=tmp_path / "articles", var=tmp_path / "var")
    write_article(settings.articles, "odd", title="挂失<img src=x onerror=hurt=1>", body=f"## 怎么办\n{HURT}\n")
    write_article(settings.articles, "other", title="补卡</script><b>", answer='补卡" onclick="window.hurt=1')
    building.build(settings, now())
    page = open_pack(write_pack(settings, tmp_path / "p.html"))
    ask(page, "挂失<img src=x onerror=window.hurt=1>")
    page.keyboard.press("Alt+1")
    page.keyboard.press("o")
    expect(page.locator(".full-text").first).to_contain_text("<script>window.hurt=1</script>")
    ask(page, "补卡</script>")
    expect(page.locator(".card").first.locator(".title")).to_have_text("补卡</script><b>")
    assert page.evaluate("window.hurt") is None
    assert page.locator("main img, main script, main b:not([class]):has-text('window')").count() == 0


@pytest.mark.parametrize("width", [360, 400, 1280])
def test_nothing_is_wider_than_the_panel(open_pack, pack, width):  # rows 38 40
    page = open_pack(pack, viewport={"width": width, "height": 800})
    for question in ("", "改绑手机号", "有人让我转到安全账户", "火星移民"):
        page.locator("#line").fill(question)
        assert page.evaluate("document.documentElement.clientWidth - document.documentElement.scrollWidth") >= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_pack, pack, scheme):  # rows 38 40
    page = open_pack(pack, color_scheme=scheme, reduced_motion="reduce")
    for question in ("", "改绑手机号", "有人让我转到安全账户", "火星移民"):
        page.locator("#line").fill(question)
        page.wait_for_timeout(300)
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []


def test_the_alarms_are_those_of_the_service(page, sample):  # rows 27 40
    lines = [line.split("\t")[1] for line in CALLS.read_text("utf-8").splitlines() if "\t" in line]
    said = [*lines[::12], "gxpm", "gongxiangpingmu", "平目共享给他看"]
    differ = []
    for text in said:
        ask(page, text)
        alarmed = "有诈骗警示" in page.locator("#status").inner_text()
        if alarmed != bool(sample.ask(text, ANYBODY, now()).alerts):
            differ.append(text)
    # both search in their own way, and what is found first counts a little
    assert len(differ) <= 1, differ


def test_amounts_are_read_as_in_the_index(open_desk):  # rows 3 4 5 40
    read = open_desk().page.evaluate(
        "async texts => { const { findQuantities } = await import('/static/offline/quantities.js');"
        " return texts.map(text => findQuantities(text).map(({ term, start, end }) => [term, start, end])); }",
        AMOUNTS,
    )
    for text, found in zip(AMOUNTS, read, strict=True):
        assert [tuple(quantity) for quantity in found] == [tuple(q) for q in find_quantities(text)], text
