"""What an article states in numbers: every fee, limit, minimum, rate and term, with the words that say what it is of. Pure.

A statement is one number with the part of the sentence that belongs to it. Two statements are about the same thing if their
attribute and qualifiers (每月, 单笔, 境外, 柜台, …) are equal and their words are alike; `kb/editing/contradictions.py` decides that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Literal, NamedTuple

from kb.editing.similar import Pairs, pairs
from kb.normalize import normalize
from kb.quantities import find_quantities
from kb.sections import split_sections
from kb.types import Article, ComplaintDetail, ProductDetail

Unit = Literal["money", "percent", "time", "count"]
_KEPT = 4096
# statements of one article, and characters before a number that are looked at: beyond that it is no article but a table
_MOST, _NEAR = 400, 200
_SENTENCE = re.compile(r"[^。！？；!?;\n]+")
# where one number's part of a sentence ends and the next one's may begin
# a worked example states nothing
_EXAMPLE = re.compile(r"例如|比如|譬如|举例|假如|假设|计\d+天")
_BREAK = re.compile(r"[，,、：:（）()|]")
_BRACKETS = "（("
_FREE = re.compile(r"免费|免收|不收(?:任何|手续|工本)?费|不收钱|不要钱|不花钱|免手续费|无手续费")
_MARKUP = re.compile(r"[*_`#>]+|\[([^\]]*)\]\([^)]*\)")
_PERCENT = re.compile(r"^[\d.]+%$")
_TIME = re.compile(r"^[\d.]+(?:天|周|小时|分钟|工作日|个月|年)$")
_COUNT = re.compile(r"^[\d.]+(?:次|笔|张|期|倍|位)$")
_MONEY = re.compile(r"^[\d.]+(?:美元|欧元|英镑|港币|日元)?$")
_ABOUT = re.compile(r"约\s?[^，,]{1,6}$")
_CURRENCY = re.compile(r"\s?(?:元|块|美元|欧元|英镑|港币|日元)")
# attribute → units it is measured in, and the words that tell it; the first that fits wins
_ATTRIBUTES: tuple[tuple[str, tuple[Unit, ...], re.Pattern[str]], ...] = (
    ("利率", ("percent",), re.compile(r"利率|年化|计息|利息|日息")),
    ("费用", ("percent",), re.compile(r"费|违约金|工本")),
    ("起点", ("money",), re.compile(r"起存|起购|起点|起投|起售|起买|元起|万起|门槛")),
    ("限额", ("money", "count"), re.compile(r"限额|额度|上限|最多|最高|不超过|以内|单笔|单日|日累计|年累计|封顶|超过")),
    ("费用", ("money",), re.compile(r"费|工本|收|每月|每年|每张|每份|每笔|每次|每个|免|租金")),
    ("期限", ("time",), re.compile(r"内|到账|答复|有效|期限|保存|保留|办结|寄|入账|退回|生效|期|后|满|起")),
)
# what must be equal for two numbers to be about the same thing, in groups: what the number's own part of the sentence says of a
# group counts, else what the sentence says before it (of those marked), the nearest heading, and so on up to the title
_GROUPS: tuple[tuple[bool, dict[str, re.Pattern[str]]], ...] = tuple(
    (inherited, {name: re.compile(pattern) for name, pattern in group.items()})
    for inherited, group in (
        (False, {
            "每月": r"每月|一个月|月费|/月|每个月", "每年": r"每年|年费|一年(?!期)|/年|年累计|全年",
            "每天": r"每天|每日|单日|当日|一天|日累计|当天", "每笔": r"每笔|单笔|一笔|/笔|每次|一次",
        }),
        (False, {"最低": r"最低|至少|不低于|起收|保底", "最高": r"最高|封顶|不高于"}),
        (False, {"首次": r"首次|首个|第一次|首笔|前\d", "以后": r"之后|超出|补发|第二次|再次|超过|以上"}),
        (False, {"余额": r"余额", "存钱": r"存入|转入", "取钱": r"取现|取款|取钱|支取", "加急": r"加急", "邮寄": r"邮寄|快递|寄"}),
        (True, {"老年": r"老人|老年|6[05]岁|六十岁|60周岁"}),
        (True, {"复杂": r"复杂|疑难|延长|批准", "新机": r"新手机|新设备|新绑", "逾期": r"逾期|超期"}),
        (True, {"差错": r"错|(?:我行|本行|银行)(?:的)?原因"}),
        (True, {"境外": r"境外|国外|海外|跨境"}),
        (True, {"他行": r"他行|跨行|别的银行|其他银行|异地", "本行": r"本行|同行"}),
        (True, {
            "柜台": r"柜台|网点|窗口", "手机银行": r"手机银行|app|掌上", "网上银行": r"网上银行|网银|电脑",
            "自助设备": r"自助|atm|取款机|柜员机|机器", "电话": r"电话银行|电话办",
        }),
        (True, {"刷脸": r"刷脸|人脸", "短信码": r"验证码", "盾": r"u盾|手机盾|k宝|网银盾"}),
        (True, {
            "一类": r"1类|一类|(?<!i)i类", "二类": r"2类|二类|(?<!i)ii类", "三类": r"3类|三类|iii类",
        }),
        (True, {"金卡": r"金卡", "白金": r"白金", "普卡": r"普卡"}),
        (True, {"信用卡": r"信用卡|贷记卡", "借记卡": r"借记卡|储蓄卡", "存折": r"存折|存单", "贷款": r"贷款|房贷|按揭"}),
        (True, {"活期": r"活期", "通知": r"通知存款", "大额": r"大额存单", "零存": r"零存整取|教育储蓄", "定期": r"定期"}),
    )
)  # fmt: skip
# how long money lies is part of what a rate is of: 三年期 and 五年期 differ
_TERMS = re.compile(r"(?:年|个月|天)(?:期|定期)?$")
_DIGITS = re.compile(r"\d[\d,.]*")


class Statement(NamedTuple):
    """One number that an article states."""

    # `answer`, `channels.0.fee`, `body`
    place: str
    # the sentence, as it is written
    text: str
    attribute: str
    unit: Unit
    # canonical: `50000`, `0.5%`, `3天`; nothing to pay is `0`
    value: str
    qualifiers: frozenset[str]
    # pairs of characters of what the number belongs to, and of the headings above
    words: Pairs
    above: Pairs


@lru_cache(maxsize=_KEPT)
def statements(article: Article) -> tuple[Statement, ...]:
    """Every statement of an article in its order."""
    found = (s for place, above, text in _texts(article) for s in stated(text, place, above))
    return tuple(islice(found, _MOST))


def stated(text: str, place: str = "", above: Sequence[str] = ()) -> Iterator[Statement]:
    """The statements of a text under some headings, the nearest first."""
    heading = pairs(" ".join(above))
    levels = [normalize(each).text for each in above]
    for match in _SENTENCE.finditer(_MARKUP.sub(r"\1", text)):
        sentence = match[0].strip()
        plain = normalize(sentence).text
        for start, part, unit, value in _numbers(plain):
            before = plain[max(0, start - _NEAR) : start]
            if _EXAMPLE.search(before + part):
                break
            attribute = next(filter(None, (_attribute(unit, each) for each in (part, plain, *levels))), "")
            if attribute:
                said = frozenset((*_qualifiers(part, before, levels), *_terms(attribute, part, levels)))
                words = pairs(_DIGITS.sub(" ", part))
                yield Statement(place, sentence, attribute, unit, value, said, words, heading)


def _qualifiers(part: str, before: str, levels: Sequence[str]) -> Iterator[str]:
    for inherited, group in _GROUPS:
        for text in (part, before, *levels) if inherited else (part,):
            said = [name for name, pattern in group.items() if pattern.search(text)]
            if said:
                yield from said
                break


def _terms(attribute: str, part: str, levels: Sequence[str]) -> Iterable[str]:
    """The terms that a rate, a minimum or an amount of interest is of."""
    for text in (part, *levels) if attribute in ("利率", "起点") else (levels[-1:] if levels else ()):
        said = {q.term for q in find_quantities(text) if _TERMS.search(q.term)}
        if said:
            return said
    return ()


def _numbers(plain: str) -> Iterator[tuple[int, str, Unit, str]]:
    """The numbers of a sentence, each with the part of the sentence that belongs to it and where that begins."""
    found = [(q.start, q.end, q.term) for q in find_quantities(plain)]
    found += [(m.start(), m.end(), "0") for m in _FREE.finditer(plain)]
    found.sort()
    breaks = [m.start() for m in _BREAK.finditer(plain)]
    last = 0
    for number, (start, end, term) in enumerate(found):
        unit = _unit(term, plain, end)
        following = found[number + 1][0] if number + 1 < len(found) else len(plain)
        closing = next((b for b in breaks if end <= b < following), following)
        # what stands in brackets is said of what stands before them
        begins = [b + 1 for b in breaks if last <= b < start and plain[b] not in _BRACKETS]
        opening = begins[-1] if begins else last
        # a part that is nothing but the number belongs to what stands before it
        if len(plain[opening:start].strip()) < 2:
            opening = begins[-2] if len(begins) > 1 else last
        if unit:
            yield opening, plain[opening:closing], unit, term
            last = end


def _unit(term: str, plain: str, end: int) -> Unit | None:
    if _PERCENT.match(term):
        return "percent"
    if _TIME.match(term):
        # a year, the name of a product (三年期), how long somebody is busy (约5分钟)
        named = re.match(r"(?:19|20)\d\d年", term) or plain[:end].endswith("期") or plain.startswith("期", end)
        return None if named or (term.endswith(("分钟", "小时")) and _ABOUT.search(plain[:end])) else "time"
    if _COUNT.match(term):
        return "count"
    if term == "0" or (_MONEY.match(term) and _CURRENCY.search(plain[max(0, end - 3) : end + 1])):
        return "money"
    return None


def _attribute(unit: Unit, text: str) -> str:
    return next((name for name, units, pattern in _ATTRIBUTES if unit in units and pattern.search(text)), "")


def _texts(article: Article) -> Iterable[tuple[str, tuple[str, ...], str]]:
    """(place, headings above, the nearest first, text) of everything that states something."""
    title = (article.title,)
    yield "answer", title, article.answer
    for tone in ("short", "elder", "soothe"):
        yield f"tones.{tone}", title, getattr(article.tones, tone)
    for number, channel in enumerate(article.channels):
        yield f"channels.{number}.fee", (f"{channel.channel} 费用", *title), channel.fee
        yield f"channels.{number}.duration", (f"{channel.channel} 办理时长", *title), channel.duration
    for number, step in enumerate(article.steps):
        yield f"steps.{number}.do", title, step.do
        yield f"steps.{number}.if_fails", title, step.if_fails
    if isinstance(article.detail, ProductDetail):
        for number, value in enumerate(article.detail.key_numbers):
            yield f"key_numbers.{number}.value", (value.name, *title), value.value
    if isinstance(article.detail, ComplaintDetail):
        yield "internal_deadline", ("行内时限", *title), article.detail.internal_deadline
        yield "legal_deadline", ("法定时限", *title), article.detail.legal_deadline
        for number, text in enumerate(article.detail.promise):
            yield f"promise.{number}", title, text
    for section in split_sections(article.body):
        yield "body", (section.heading, *reversed(section.above), *title), section.markdown
