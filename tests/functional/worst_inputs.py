"""What costs each reader of texts most, at the greatest length it takes: repeated patterns, near misses, everything ambiguous."""

from kb.query import MAX_QUESTION
from kb.transcript import MOST_CHARACTERS

# pieces that expressions with repetition, alternatives or a search for sounds could try again and again
PIECES = {
    "nothing but spaces": " ",
    "digits": "1",
    "digits apart": "1 ",
    "cards apart": "6 ",
    "digits with three signs": "6 , ",
    "dots": "1.",
    "numerals": "一百二十三万",
    "numerals apart": "一、",
    "said digits": "六二",
    "units": "3年6个月",
    "half units": "1万",
    "many nines": "9",
    "classes": "一、二、三类",
    "per cent": "百分之",
    "minus": "1-",
    "letters": "a",
    "capitals": "Ab",
    "pinyin": "zhuang",
    "ambiguous pinyin": "xianxianan",
    "initials": "zcsgsh",
    "mixed sounds": "转zhang",
    "homophones": "平目共享",
    "one character": "银",
    "two characters": "银行",
    "fillers": "那个，",
    "assent": "嗯",
    "assents": "是的好的",
    "labels": "客户：",
    "labels of agents": "坐席：您好。",
    "openers": "另外",
    "askers": "怎么",
    "gaps": "好 ",
    "clauses": "卡，",
    "sentences": "卡丢了怎么办？",
    "frauds": "安全账户转账",
    "words of frauds": "警察 转账 ",
    "commas": "，",
    "brackets": "(",
    "closing": ")",
    "stars": "*",
    "quotes": "“",
    "marks": "e\u0301",
    "only marks": "\u0301",
    "ligatures": "ﷺ",
    "traditional": "帳戶",
    "wide": "１",
    "invisible": "补\u200b",
    "surrogates": "\ud800",
    "emoji": "👨‍👩‍👧",
    "links": "[x](",
    "headings": "# x ",
    "slashes": "/a?b ",
    "urls": "/?q=1 ",
    "phone beginnings": "138",
    "almost a card": "6222 ",
    "almost an id": "11010519",
    "x at the end": "1x",
    "percent signs": "%",
    "braces": "{{",
    "equals": "a=",
    "spelled": "登陆",
}
# what a repetition must not match in the end
ENDS = ("", "!", "x", "号", "\n")


def worst(most):
    """(name, text) of every piece repeated up to a length, with something at its end that does not fit."""
    for name, piece in PIECES.items():
        for end in ENDS:
            yield f"{name} …{end!r}", (piece * most)[: most - len(end)] + end


def questions():
    return worst(MAX_QUESTION)


def transcripts():
    return worst(MOST_CHARACTERS)
