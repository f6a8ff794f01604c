"""Why a question leads to what it leads to, in a real browser: from the desk with one press, at any width, light and dark."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]


def width_to_spare(page):
    return page.evaluate("document.documentElement.clientWidth - document.documentElement.scrollWidth")


def test_the_desk_leads_to_the_reasons_of_what_stands_in_the_line(desk):  # row 84
    desk.ask("改绑手机号")
    desk.ask("刷脸不通过怎么办")
    with desk.page.context.expect_page() as opened:
        desk.page.get_by_role("button", name="为什么是这些？").click()
    page = opened.value
    # the question is in no address, so no log keeps it
    assert page.url.endswith("/explain")
    expect(page.get_by_label("客户怎么问")).to_have_value("刷脸不通过怎么办")
    expect(page.get_by_role("heading", name="怎么读懂这句话")).to_be_visible()
    assert desk.titles()[0] in page.get_by_role("heading", name="的得分").inner_text()
    page.locator(".hits .pick").nth(1).click()
    expect(page.locator(".hits tr[aria-current]")).to_contain_text(page.locator(".hits .pick").nth(1).inner_text())


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_window_and_everything_can_be_read(open_desk, width, scheme):  # row 84
    path = "/explain?q=有人让我转到安全账户，跨行转账手续费多少&id=transfer-fees"
    page = open_desk(path, viewport={"width": width, "height": 900}, color_scheme=scheme).page
    assert width_to_spare(page) >= 0
    for heading in ("怎么读懂这句话", "找到了什么", "的得分", "时效"):
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
    cells = page.locator(".score").first.locator("td.share:visible", has_text="%")
    assert cells.count() > 10
    assert all(cell.bounding_box()["x"] + cell.bounding_box()["width"] <= width for cell in cells.all()[:20])
    ink, ground = page.evaluate(
        "[getComputedStyle(document.querySelector('.score td.share')).color, getComputedStyle(document.body).backgroundColor]"
    )
    assert ink != ground
    assert len(page.screenshot(full_page=True)) > 10_000
