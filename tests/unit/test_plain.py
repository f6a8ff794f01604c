"""Plain text and HTML of a body: marks of Markdown vanish, marks that mean something to a customer stay."""

from __future__ import annotations

import time

import pytest

from kb.render import to_html, to_text


@pytest.mark.parametrize(
    "text",
    [
        "服务时间7*24小时",
        "人工5*8小时，自助7*24小时",
        "7~15天到账",
        "9点~17点，费率50%~70%",
        "利息=本金*3.5%*30/360",
        "卡号6222****1234和6217****5678",
        "文件名 my_id_2.pdf",
        "3 * 4 ~ 5",
    ],
)
def test_marks_between_letters_and_digits_stay(text):
    assert to_text(text) == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("请**务必**记下", "请务必记下"),
        ("**马上**挂失，*再*补卡，_不要_等", "马上挂失，再补卡，_不要_等"),
        ("ATM**24小时**服务，拨打*7*24*", "ATM24小时服务，拨打*7*24*"),
        ("***都要***，__粗__，~~作废~~，`代码`", "都要，粗，作废，代码"),
        ("**先 *再* 后**，*先 **再** 后*", "先 再 后，先 再 后"),
        ("a **b** c _d_ e", "a b c d e"),
        ("**第一行\n第二行**", "第一行\n第二行"),
        ("**" + "长" * 500 + "**", "长" * 500),
        ("7\\*24", "7*24"),
        ("## 标题\n\n- 一\n* 二\n+ 三\n1. 四\n> 五", "标题\n一\n二\n三\n四\n五"),
        ("- **一**：7*24\n- *二*：7~15天", "一：7*24\n二：7~15天"),
        ("甲\n\n***\n\n* * *\n---\n乙", "甲\n乙"),
        ("```\n代码\n```\n~~~\n代码\n~~~", "代码\n代码"),
        ("| 项目 | 时间 |\n|---|:-:|\n| **人工** | 5*8 |", "项目   时间\n人工   5*8"),
        ("[**客服**](hotline)，![图](a.png)", "客服，图"),
    ],
)
def test_markdown_becomes_plain_text(source, text):
    assert to_text(source) == text


def test_html_shows_emphasis_lists_and_headings():
    html = to_html("### 标题\n\n请**务必**记下，7~15天，7*24小时\n\n- *一*\n- 二")
    assert "<h3>标题</h3>" in html
    assert "请<strong>务必</strong>记下，7~15天，7*24小时" in html
    assert "<li><em>一</em></li>" in html


@pytest.mark.parametrize(
    "piece", ["*", "**", "*a", "**a", "_", "a_", "__a ", "~", "~~", "`", "|", " ", "*a **b ", "\\*"]
)
def test_many_marks_take_no_time(piece):
    start = time.process_time()
    to_text(piece * (80_000 // len(piece)))
    assert time.process_time() - start < 2
