"""Markdown becomes safe HTML and plain text: nothing runs, nothing is lost."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.render import convert_markdown, is_plain, strip_markdown, to_html, to_text
from kb.sections import split_sections

TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "blockquote", "code", "pre", "a",
        "h3", "h4", "hr"}  # fmt: skip
SCHEMES = {"http", "https", "mailto", "tel"}
ATTRIBUTES = {"href", "rel", "start", "title", "lang"}

VECTORS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src=x onerror=alert(1) //",
    "<image src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg/onload=alert(1)//",
    "<svg><a xlink:href='javascript:alert(1)'>x</a></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=data:text/html,<script>alert(1)</script>>",
    "<embed src=javascript:alert(1)>",
    "<body onload=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<p onclick=alert(1)>x</p>",
    "<p style='background:url(javascript:alert(1))'>x</p>",
    "<style>*{background:url(//evil.example)}</style>",
    "<link rel=stylesheet href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example>",
    "<form action=//evil.example><button>x</button></form>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--<img src='--><img src=x onerror=alert(1)>'>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "<!DOCTYPE x [<!ENTITY y 'z'>]>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x]( javascript:alert(1) )",
    "[x](java\tscript:alert(1))",
    "[x](java&#10;script:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](javascript:alert(1) 'title')",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](data:image/svg+xml;base64,PHN2Zz4=)",
    "[x](vbscript:msgbox(1))",
    "[x](file:///etc/passwd)",
    "[x](//evil.example)",
    "[x](/\\evil.example)",
    "[x](\\\\evil.example)",
    "[x](https://a.example\" onmouseover=\"alert(1))",
    "[x][y]\n\n[y]: javascript:alert(1)",
    "[x][y]\n\n[y]: https://a.example \"' onmouseover=alert(1) x='\"",
    "[x]: data:text/html,1\n\n[x]",
    "[<img src=x onerror=alert(1)>](https://a.example)",
    "![x](javascript:alert(1))",
    "![x](https://a.example/x.png)",
    "![x\" onerror=\"alert(1)](x)",
    "![<script>alert(1)</script>](x)",
    "<javascript:alert(1)>",
    "<https://a.example/\"onmouseover=alert(1)>",
    "`<script>alert(1)</script>`",
    "```\n<script>alert(1)</script>\n```",
    "    <script>alert(1)</script>",
    "| <script>alert(1)</script> |\n|---|\n| <img src=x onerror=alert(1)> |",
    "> <script>alert(1)</script>",
    "- <script>alert(1)</script>",
    "# <script>alert(1)</script>",
    "**<script>alert(1)</script>**",
    "<div markdown=1>\n<script>alert(1)</script>\n</div>",
    "\x02wzxhzdk:0\x03<script>alert(1)</script>",
    "<script\x00>alert(1)</script>",
    "<script\u3000>alert(1)</script>",
    "＜script＞alert(1)＜/script＞",
    "{{7*7}}{% raw %}<script>alert(1)</script>",
]  # fmt: skip


class Opened(HTMLParser):
    """The tags of a page as a browser would see them."""

    def __init__(self, page):
        super().__init__()
        self.tags = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        self.tags.append(("comment", {}))

    def handle_decl(self, decl):
        self.tags.append(("declaration", {}))


def scheme(address):
    """The scheme of a link, after a browser has taken out what it ignores."""
    read = re.sub(r"[\t\r\n]", "", address.lstrip("".join(map(chr, range(33))))).lower()
    found = re.match(r"([a-z][a-z0-9+.-]*):", read)
    return found[1] if found else ""


def assert_harmless(page):
    for tag, attributes in Opened(page).tags:
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES
        assert scheme(attributes.get("href") or "") in SCHEMES | {""}


@pytest.mark.parametrize("vector", VECTORS)
def test_nothing_runs(vector):  # row 64
    for around in (
        "{}",
        "字{}字",
        "**{}**",
        "- {}",
        "[{}](https://a.example)",
        "甲\n\n{}\n\n乙",
        "| a |\n|---|\n| {} |",
    ):
        assert_harmless(to_html(around.replace("{}", vector)))


PIECES = [
    *"<>&\"'()[]!*_`#|\\:/ \n\t\x00\x02\x03甲",
    *("script", "onerror=", "javascript:", "svg", "img", "-->", "<!--", "&#60;", "]("),
]  # fmt: skip


@settings(max_examples=200)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_nothing_runs_whatever_is_put_together(source):  # row 64
    assert_harmless(to_html(source))


@settings(max_examples=150)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_text_is_rendered(source):  # row 64
    assert_harmless(to_html(source))
    assert isinstance(to_text(source), str)


@pytest.mark.parametrize("tag", ["<b>粗</b>", "<script>", "a < b", "1 < 2 & 3 > 2", "<br>", "<不是标签>"])
def test_raw_html_is_shown_as_text(tag):  # row 64
    assert Opened(to_html(f"看{tag}吧")).text.strip() == f"看{tag}吧"


@pytest.mark.parametrize("code", ["a < b", "x & y", "<b>", "A&B<C"])
def test_code_is_shown_as_it_is_written(code):  # row 64
    assert Opened(to_html(f"输入`{code}`")).text == f"输入{code}"
    assert Opened(to_html(f"字\n\n    {code}")).text.split() == ["字", *code.split()]


@pytest.mark.parametrize(
    ("source", "page"),
    [
        ("**重要**", "<p><strong>重要</strong></p>"),
        ("- 甲\n- 乙", "<ul>\n<li>甲</li>\n<li>乙</li>\n</ul>"),
        ("3. 甲\n4. 乙", '<ol start="3">\n<li>甲</li>\n<li>乙</li>\n</ol>'),
        ("> 引用", "<blockquote>\n<p>引用</p>\n</blockquote>"),
        ("7*24小时", "<p>7*24小时</p>"),
        ("3~5天", "<p>3~5天</p>"),
        ("![图](x.png)前", "<p>图前</p>"),
        ("", ""),
    ],
)
def test_markdown_becomes_html(source, page):  # row 65
    assert to_html(source) == page


def test_a_table_becomes_a_table():  # row 65
    tags = [tag for tag, _ in Opened(to_html("| 名 | 值 |\n|---|---|\n| 一 | 二 |")).tags]
    assert tags == ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td"]


@pytest.mark.parametrize(
    ("source", "href"),
    [
        ("[补卡](replace-card)", "/articles/replace-card"),
        ("[补卡](replace-card#要带什么)", "/articles/replace-card#要带什么"),
        ('[补卡](replace-card "怎么补")', "/articles/replace-card"),
        ("[官网](https://bank.example/?a=1&b=2)", "https://bank.example/?a=1&b=2"),
        ("[拨打](tel:95599)", "tel:95599"),
        ("[写信](mailto:a@bank.example)", "mailto:a@bank.example"),
        ("[上面](#要带什么)", "#要带什么"),
    ],
)
def test_links_lead_where_they_say(source, href):  # row 65
    ((_, attributes),) = [tag for tag in Opened(to_html(source)).tags if tag[0] == "a"]
    assert attributes["href"] == href
    assert attributes["rel"] == "noopener noreferrer"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("**重要**：请带`身份证`", "重要：请带身份证"),
        ("## 要带什么\n- 身份证\n- 银行卡", "要带什么\n身份证\n银行卡"),
        ("1. 先挂失\n2. 再补卡", "先挂失\n再补卡"),
        ("> 引用", "引用"),
        ("[补卡](replace-card)要多久", "补卡要多久"),
        ("![图](x.png)看图", "图看图"),
        ("7*24小时", "7*24小时"),
        ("每天7*24，周末5*8", "每天7*24，周末5*8"),
        ("**7*24小时**都能打", "7*24小时都能打"),
        ("3~5个工作日", "3~5个工作日"),
        ("R2_R3", "R2_R3"),
        ("a_b_c", "a_b_c"),
        ("最高**5**万", "最高5万"),
        ("_注意_", "注意"),
        ("4.5%起", "4.5%起"),
        ("-5元", "-5元"),
        ("T+0", "T+0"),
        ("2026-12-01", "2026-12-01"),
        ("95599#", "95599#"),
        ("", ""),
        ("\n\n", ""),
    ],
)
def test_plain_text_keeps_every_word_and_number(source, text):  # rows 7, 20
    assert to_text(source) == text


def test_a_table_becomes_lines():  # row 20
    assert [line.split() for line in to_text("| 名 | 值 |\n|:--|--:|\n| 一 | 二 |").split("\n")] == [
        ["名", "值"],
        ["一", "二"],
    ]


@given(st.text(st.sampled_from("甲乙丙0123456789，。% \n"), max_size=80))
def test_text_without_marks_is_left_as_it_is(source):  # row 20
    assert to_text(source).split() == source.split()


@given(
    st.lists(st.sampled_from(["存", "5万", "7*24", "3~5天", "T+0", "R2-R3", "4.5%", "，"]), max_size=12).map("".join)
)
def test_no_digit_is_ever_lost(source):  # row 7
    assert re.findall(r"\d+", to_text(source)) == re.findall(r"\d+", source)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "source",
    [
        "[" * 400,
        "[a](" * 500,
        "*a" * 5000,
        "`" * 5000,
        "<" * 5000,
        "&" * 5000,
        "|" * 5000,
        "-\n" * 500,
        "_" * 10_000,
        "!" * 5000,
    ],
)
def test_a_clumsy_text_comes_to_an_end(source):  # row 64
    assert_harmless(to_html(source))
    to_text(source)


def assert_same_by_conversion(source):
    assert to_html(source) == convert_markdown(source)
    assert to_text(source) == strip_markdown(source)


@pytest.mark.parametrize(
    "source",
    [
        "带身份证原件。",
        "甲\n乙\n\n\n丙",
        "（一）甲；\n\n（二）乙。",
        "3.5%的利率，“7×24”小时",
        "1甲",
        "第一条　为了 规范",
        "a=b\n乙-",
        "T+0: x",
    ],
)
def test_paragraphs_without_marks_need_no_conversion(source):
    assert is_plain(source)
    assert_same_by_conversion(source)


@pytest.mark.parametrize(
    "source",
    ["", "\n甲", "甲\n", "甲 ", "甲  \n乙", " 甲", "　甲", "甲　", "甲\n \n乙", "1. 甲", "甲\n1.\n乙", "１. 甲", "- 甲", "+ 甲",
     "甲\n===", "甲\n---", "甲|乙\n-|-", "# 甲", "甲_乙_", "甲*乙*", "`甲`", "[甲](b)", "![甲](b)", "<b>", "&lt;", "a & b",
     "甲\\*", "~~甲~~", "甲\t乙", "甲\x02", "甲\u00a0乙", "甲\u200b", "> 甲", "    甲", "甲\r乙"],
)  # fmt: skip
def test_anything_else_is_converted(source):
    assert not is_plain(source)


@settings(max_examples=400)
@given(
    st.lists(
        st.sampled_from(
            [
                *"甲乙1２.．-+=:：(（)“，。%/'@$ 　\n\n_|#>*~é",
                "\n\n",
                "\n\n\n",
                "12",
                "第三条",
                "a.b",
                "http://b.example",
            ]
        ),
        max_size=16,
    ).map("".join)
)
def test_no_text_looks_different_for_want_of_conversion(source):
    assert_same_by_conversion(source)


@settings(max_examples=400)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), st.text("甲1 .\n", max_size=6))
def test_no_character_looks_different_for_want_of_conversion(one, other):
    assert_same_by_conversion(f"{other}{one}")
    assert_same_by_conversion(f"甲{one}乙{other}")


def test_no_section_of_the_repository_looks_different_for_want_of_conversion(sample_articles):
    sections = [section.markdown for article in sample_articles for section in split_sections(article.body)]
    assert sum(map(is_plain, sections)) > len(sections) / 2
    for source in sections:
        assert_same_by_conversion(source)
