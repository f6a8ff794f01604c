"""Numbers as customers say them and as documents print them: what they are worth, and what only looks like one."""

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb import quantities as patterns
from kb.normalize import normalize
from kb.numerals import parse_number
from kb.quantities import find_quantities


def quantities(text):
    return [q.term for q in find_quantities(normalize(text).text)]


def chinese(number):
    """A number below 10^12 as it is read aloud: 10500 is 一万零五百."""
    text = ""
    for scale, name in ((10**8, "亿"), (10**4, "万"), (1, "")):
        part, number = divmod(number, scale)
        if part:
            gap = "零" if text and part < 1000 else ""
            text += gap + _below_ten_thousand(part) + name
    return text or "零"


def _below_ten_thousand(number):
    text, gap = "", False
    for power, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, power)
        if digit:
            text += ("零" if gap and text else "") + "零一二三四五六七八九"[digit] + name
        gap = not digit
    return text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("50,000", 50000),
        ("1,234,567.89", "1234567.89"),
        ("5 000", 5000),
        ("5万", 50000),
        ("5.5万", 55000),
        ("5千", 5000),
        ("5百", 500),
        ("3千万", 30_000_000),
        ("1亿", 100_000_000),
        ("1.2亿", 120_000_000),
        ("1万亿", 10**12),
        ("0.05", "0.05"),
        ("0123", 123),
        ("五", 5),
        ("两", 2),
        ("零", 0),
        ("〇", 0),
        ("十", 10),
        ("十二", 12),
        ("二十", 20),
        ("二十一", 21),
        ("九十九", 99),
        ("一百", 100),
        ("一百零五", 105),
        ("一百五", 150),
        ("一百一十", 110),
        ("三千五", 3500),
        ("三千零五", 3005),
        ("三千零五十", 3050),
        ("五万", 50000),
        ("两万五", 25000),
        ("两万五千", 25000),
        ("一万零五百", 10500),
        ("一万零五", 10005),
        ("十五万", 150_000),
        ("一百二十万", 1_200_000),
        ("一千万", 10_000_000),
        ("一亿", 100_000_000),
        ("一亿零五万", 100_050_000),
        ("一万亿", 10**12),
        ("二〇二六", 2026),
        ("二零二六", 2026),
        ("九五五九九", 95599),
        ("一一零", 110),
        ("四点五", "4.5"),
        ("零点零五", "0.05"),
        ("三点一四一五", "3.1415"),
        ("5万5", 55000),
        ("5万5千", 55000),
        ("5万5000", 55000),
        ("5万零5", 50005),
        ("5万500", 50500),
        ("3千5", 3500),
        ("1万5千3百", 15300),
        ("1亿2千万", 120_000_000),
        ("1亿零5万", 100_050_000),
        ("一点五万", 15000),
        ("两点五亿", 250_000_000),
    ],
)
def test_a_number_is_worth_what_it_says(text, value):  # row 5
    assert parse_number(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "点",
        "点五",
        "五点",
        "abc",
        "5元",
        "第五",
        "五五点",
        "一点点",
        "百分",
        "万事",
        "1.2.3",
        "-5",
        "５x",
        "两三",
        "三五",
        "5千5万",
        "5万5万",
    ],
)
def test_what_is_not_one_number_is_none(text):  # row 5
    assert parse_number(text) is None


@given(st.integers(1, 10**12 - 1))
def test_every_number_read_aloud_is_itself(number):  # row 5
    assert parse_number(chinese(number)) == number


@given(st.integers(100, 10**12 - 1))
def test_every_amount_meets_itself_however_it_is_written(number):  # row 5
    said = [f"{number}元", f"{number:,}元", f"{number:,}.00 元", chinese(number), chinese(number) + "元", f"{number}块"]
    assert [quantities(text) for text in said] == [[str(number)]] * len(said)


@given(st.integers(1, 99_999_999))
def test_every_ten_thousand_meets_its_noughts(number):  # row 5
    assert quantities(f"{number}万元") == quantities(f"{number * 10_000}元") == [str(number * 10_000)]


@given(
    st.text(
        st.one_of(st.characters(), st.sampled_from("零一二两三十百千万亿点第条年月日个元类户半%‰+*ti0123456789,. "))
    )
)
def test_any_text_has_quantities_that_stand_apart_and_inside_it(raw):  # row 7
    text = normalize(raw).text
    at = 0
    for quantity in find_quantities(text):
        assert at <= quantity.start < quantity.end <= len(text)
        assert quantity.term
        assert text[quantity.start : quantity.end] == text[quantity.start : quantity.end].strip()
        at = quantity.end


# what people mean as the same, in the words of customers, of agents in a hurry, of documents and of contracts
SAME = {
    "50000": "5万 50000 五万 5w 5W ５Ｗ 50,000元 伍万 伍萬元整 5万元 五萬 50000块 5w块 人民币伍万元 5万块钱 5萬 50000圆",
    "55000": "5万5千 5万5 5万5000 五万五 五万五千 55000元 5.5万 5.5w 5w5 5万5千元 5万5元 伍万伍仟元 55k 5萬5千 ５万５ 5万5，",
    "120000000": "1亿2千万 1.2亿 一亿两千万 1亿2000万 壹亿贰仟万元",
    "3500": "3千5 三千五 3500元 3.5k 叁仟伍佰元 3千5百 3千5块",
    "50500": "5万零500 5万500 五万零五百 50500 50,500.00元",
    "5.5": "五块五 5块5 5.5元 5元5角 五元五角 5块5毛 ５块５",
    "1.85%": "1.85% 百分之一点八五 一点八五个点 1.85个点 １．８５％ 百分之1.85 1.85个百分点 1.850% 百分之一點八五",
    "0.05%": "万分之五 0.05% 0.5‰ 萬分之五 百分之零点零五",
    "3年": "3年 三年期 36个月 三十六个月 3年期 叁年 3年定期 12个季度 三年 36個月 ３年",
    "6个月": "半年 6个月 六个月 半年期 六個月 两个季度 0.5年 6个月期",
    "18个月": "一年半 1.5年 18个月 十八个月 1年半",
    "1.5个月": "一个半月 1.5个月 1个半月 一点五个月 一個半月",
    "15天": "半个月 15天 十五天 半個月 15日 15个自然日",
    "2天": "两天 2天 兩天 二天 2个自然日 2日",
    "3工作日": "3个工作日 三个工作日 3工作日 叁个工作日 3个工作天 三個工作日",
    "24小时": "24小时 二十四小时 24个小时 24個小時 24钟头 1440分钟",
    "30分钟": "半小时 半个小时 半个钟头 30分钟 三十分钟 0.5小时 半小時",
    "90分钟": "一个半小时 1.5小时 90分钟 1个半小时 一个半钟头",
    "1小时": "60分钟 1小时 一个小时 一小时 3600秒",
    "1周": "一周 一星期 一个礼拜 1周 一個星期",
    "10月8日": "10月8号 10月8日 十月八日 十月八号 10月08日 １０月８日 十月8号 10月八日 十月8日",
    "12月28日": "12月28号 十二月二十八日 12月28日 十二月28号",
    "10月": "10月 10月份 十月份",
    "8号": "8号 八号 08号",
}


@pytest.mark.parametrize(("term", "text"), [(term, text) for term, texts in SAME.items() for text in texts.split()])
def test_what_people_mean_as_the_same_is_one_term(term, text):  # rows 3, 5, 10
    assert quantities(text) == [term]


@pytest.mark.parametrize(("term", "texts"), SAME.items())
def test_it_is_the_same_inside_a_sentence(term, texts):  # rows 5, 11
    for text in texts.replace("，", "").split():
        assert term in quantities(f"我想问{text}，怎么办"), text


# two quantities side by side, which a chain of numbers must not swallow
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5万3年", ["50000", "3年"]),
        ("存五万三年", ["50000", "3年"]),
        ("二十万三年期利息", ["200000", "3年"]),
        ("存5万5年期", ["50000", "5年"]),
        ("10万3个月", ["100000", "3个月"]),
        ("5万5次", ["50000", "5次"]),
        ("5万5万", ["50000", "50000"]),
        ("5万-10万", ["50000", "100000"]),
        ("2块3次", ["2", "3次"]),
        ("每笔2元5笔", ["2", "5笔"]),
        ("10块1张", ["10", "1张"]),
        ("2026-10-08", ["2026年", "10月8日"]),
        ("2026/10/8", ["2026年", "10月8日"]),
        ("2026.10.8", ["2026年", "10月8日"]),
        ("每月8日", ["8号"]),
        ("次月十五日", ["15号"]),
        ("3个交易日", ["3交易日"]),
        ("第8号", ["第8号"]),
        ("一两个半月", ["2.5个月"]),
        ("加60个点", ["60"]),
    ],
)
def test_neighbours_stay_apart(text, expected):  # rows 3, 5
    assert quantities(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # amounts
        ("5万", ["50000"]),
        ("五万", ["50000"]),
        ("50000元", ["50000"]),
        ("5 万元", ["50000"]),
        ("50,000元", ["50000"]),
        ("50,000.50元", ["50000.5"]),
        ("一百块钱", ["100"]),
        ("十元", ["10"]),
        ("5千", ["5000"]),
        ("1.5万", ["15000"]),
        ("一点五万", ["15000"]),
        ("两万五", ["25000"]),
        ("1万亿", ["1000000000000"]),
        ("20美元", ["20美元"]),
        ("二十美金", ["20美元"]),
        ("100港元", ["100港币"]),
        ("5万到10万", ["50000", "100000"]),
        ("每笔2元至50元", ["2", "50"]),
        ("1,2,3", ["1"]),
        # rates
        ("4.5%", ["4.5%"]),
        ("４．５０％", ["4.5%"]),
        ("百分之四点五", ["4.5%"]),
        ("百分之5", ["5%"]),
        ("千分之一", ["0.1%"]),
        ("1‰", ["0.1%"]),
        ("万分之五", ["0.05%"]),
        ("100 %", ["100%"]),
        # terms
        ("3年期", ["3年"]),
        ("三年", ["3年"]),
        ("36个月", ["3年"]),
        ("12个月", ["1年"]),
        ("18个月", ["18个月"]),
        ("一年半", ["18个月"]),
        ("半年", ["6个月"]),
        ("六个月", ["6个月"]),
        ("3年定期", ["3年"]),
        ("3个工作日", ["3工作日"]),
        ("三个工作日", ["3工作日"]),
        ("七天", ["7天"]),
        ("7日", ["7天"]),
        ("一个星期", ["1周"]),
        ("两周", ["2周"]),
        ("24小时", ["24小时"]),
        ("两个钟头", ["2小时"]),
        ("三十分钟", ["30分钟"]),
        ("18周岁", ["18岁"]),
        ("十八岁", ["18岁"]),
        ("12期", ["12期"]),
        ("十二期", ["12期"]),
        ("3笔", ["3笔"]),
        ("每月前三次", ["3次"]),
        ("6位密码", ["6位"]),
        ("1.5倍", ["1.5倍"]),
        # two or three days are not twenty-three
        ("两三天", ["3天"]),
        ("三五天", ["5天"]),
        ("一两个工作日", ["2工作日"]),
        # dates
        ("2026年", ["2026年"]),
        ("12月1日", ["12月1日"]),
        ("12月1号", ["12月1日"]),
        ("十二月一日", ["12月1日"]),
        ("三月三十一号", ["3月31日"]),
        ("2026年12月1日", ["2026年", "12月1日"]),
        ("1月05日", ["1月5日"]),
        # clauses
        ("第七条", ["第7条"]),
        ("第7条", ["第7条"]),
        ("第 7 条", ["第7条"]),
        ("第二十八条", ["第28条"]),
        ("第一百零三条", ["第103条"]),
        ("第十七条之一", ["第17条之一"]),
        # classes of account
        ("Ⅱ类户", ["2类户"]),
        ("II类账户", ["2类户"]),
        ("二类户", ["2类户"]),
        ("2类卡", ["2类户"]),
        ("Ⅰ、Ⅱ、Ⅲ类户", ["1类户", "2类户", "3类户"]),
        ("一二三类户", ["1类户", "2类户", "3类户"]),
        ("二、三类户", ["2类户", "3类户"]),
        # signs between
        ("T+0", ["t+0"]),
        ("T + 1", ["t+1"]),
        ("7*24", ["7*24"]),
        ("7×24小时", ["7*24"]),
        ("7x24", ["7*24"]),
    ],
)
def test_a_quantity_has_one_term_however_it_is_said(text, expected):  # rows 3, 4, 5, 7
    assert quantities(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "千万别", "一下", "万一", "统一", "万事达", "第三方", "三方存管", "一次性", "一些", "一定", "一起", "一样", "一直", "一旦",
        "唯一", "同一", "单一", "逐一", "一般", "一共", "一会儿", "万能险", "百分百", "千方百计", "万无一失", "一五一十", "四川", "三亚",
        "三星", "百度", "万科", "一卡通", "一网通", "二维码", "三要素", "第三步", "第二天", "第一次", "三年级", "十分感谢", "百万医疗",
        "零钱", "上千", "上万", "几千万", "五一", "十一", "双十一", "一点", "差一点点", "四大行", "iphone", "visa", "title", "iii", "ii",
        "登陆", "登陆万事达", "队伍", "收拾", "大陆", "陆家嘴", "玖", "手机号", "每月", "半天", "一月", "三月", "VIP",
        "第", "万", "点", "个月", "类户", "年", "半", "%", "+", "*", "t+", "t0", "",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_number_is_left_alone(text):  # row 8
    assert quantities(text) == []


@pytest.mark.parametrize("number", ["6222021234567890128", "621700123456789012", "1234567890123456"])
def test_a_card_number_is_no_amount(number):  # row 78
    assert quantities(f"卡号{number}") == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3年", "3个月"),
        ("3天", "3个工作日"),
        ("7天", "一周"),
        ("Ⅱ类户", "Ⅲ类户"),
        ("5%", "5‰"),
        ("T+0", "T+1"),
        ("20元", "20美元"),
        ("48小时", "2天"),
        ("24小时", "1天"),
        ("一个半月", "45天"),
        ("2天", "2个工作日"),
        ("2个交易日", "2个工作日"),
        ("3个工作日", "3个自然日"),
        ("10月", "10个月"),
        ("8号", "8天"),
        ("5万5", "5.05万"),
        ("1.85%", "1.85‰"),
        ("36个月", "36期"),
    ],
)
def test_different_quantities_do_not_meet(one, other):  # rows 3, 4
    assert not set(quantities(one)) & set(quantities(other))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("存5 万元 以上", ["5 万元"]),
        ("满3年期的", ["3年期"]),
        ("开Ⅱ类户", ["ii类户"]),
        ("第 七 条 规定", ["第 七 条"]),
        ("见第七条。", ["第七条"]),
    ],
)
def test_a_quantity_stands_on_its_own_words(text, words):  # row 13
    plain = normalize(text).text
    assert [plain[q.start : q.end] for q in find_quantities(plain)] == words


@settings(max_examples=400, deadline=None)
@given(
    text=st.lists(
        st.sampled_from(
            [
                *"零一两三十百千万亿第半年月日号条类户个期次元点分之、,和 ii0123.()〔〕%*+t令岁周天٣秒块角wk每-/",
                "小时",
                "个半月",
                "工作日",
                "美元",
                "百分之",
            ]
        ),
        max_size=9,
    ).map("".join)
)
def test_looking_only_where_a_quantity_may_begin_misses_none(text):
    """The reference tries every pattern at every place that a numeral, 第, 半 or a letter begins."""
    everywhere = []
    at = 0
    while match := re.compile(
        r"\d|[零〇一二两三四五六七八九十百千万亿半it]|第(?=\s?[\d零一二三四五六七八九十百])"
    ).search(text, at):
        found = patterns._first_at(text, match.start(), [(p, m) for _, p, m in patterns._PATTERNS])
        # a unit by itself (万一) is no number
        if found and text[found.start : found.end] in {"十", "百", "千", "万", "亿"}:
            found = None
        if found:
            everywhere.append(found)
        at = found.end if found else match.start() + 1
    assert list(find_quantities(text)) == everywhere


@pytest.mark.parametrize("text", ["怎么办，5万块", "怎么办,5万块", "取不出来.50000元"])
def test_a_comma_of_the_sentence_is_no_part_of_the_amount_behind_it(text):  # row 5
    assert quantities(text) == ["50000"]


def test_what_stands_behind_the_comma_of_a_number_is_a_part_of_it():
    assert all("5" not in quantities(text) for text in ("1,5", "v1.5", "a,5"))
