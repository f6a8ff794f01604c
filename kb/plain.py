"""Texts that others wrote, made fit for an article: characters, a body that passes the checks, a speakable answer.

Owns what is taken out or changed, and how an answer is shortened; the limits are those of kb/articles.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kb.articles import ANSWER_LENGTH
from kb.body_rules import LONG_LINE

_DEEPEST_INDENT = 16

_NEWLINE = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# C0, C1, zero-width and direction marks, byte-order mark, halves of surrogate pairs, non-characters
_CONTROL = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
_RULE = re.compile(r"\s*-{3,}\s*")
# forms to fill in have them: 姓名________
_RUN = re.compile(r"([\[\]()*_`<])\1{38,}")

_NO_SPEECH = re.compile(r"\s*(?:[`~]{3,}.*|[-*_=\s|:]*)")
_HEADING = re.compile(r"\s{0,3}#{1,6}\s")
_LEAD = re.compile(r"^(?:\s*(?:#{1,6}\s+|>\s?|[-*+•]\s+|\d{1,3}[.)]\s+))+")
_INLINE = (
    (re.compile(r"!?\[([^\]\n]{0,200})\]\([^)\n]{0,400}\)"), r"\1"),
    (re.compile(r"</?[A-Za-z][^<>]{0,200}>"), ""),
    (re.compile(r"(?<![*\\])(\*{2,3})(?=[^\s*])((?:[^*]|\*(?!\*))+?)(?<!\s)\1(?!\*)"), r"\2"),
    # 7*24 and 5*8 are no emphasis
    (re.compile(r"(?<![0-9A-Za-z*\\])\*([^*\s](?:[^*]*[^*\s])?)\*(?![0-9A-Za-z*])"), r"\1"),
    (re.compile(r"(?<![\w\\])_([^_]+)_(?!\w)"), r"\1"),
    (re.compile(r"__([^_]+)__"), r"\1"),
    (re.compile(r"~~([^~]+)~~"), r"\1"),
    (re.compile(r"`+([^`]+)`+"), r"\1"),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!~-])"), r"\1"),
)
_ENDED = re.compile(r"[。！？!?…][”’」』）)]*$")
_SENTENCE = re.compile(r".*?(?:[。！？]|[!?](?![0-9A-Za-z_/=&]))+[”’」』）)]*|.+", re.DOTALL)
_LAST_SENTENCE_END = re.compile(r".*[。！？；!?;][”’」』）]*", re.DOTALL)
_CUT_NUMBER = re.compile(r"[0-9A-Za-z.,%]+$")


def clean(text: str) -> str:
    """The text with plain newlines and without control characters."""
    return _CONTROL.sub("", _NEWLINE.sub("\n", text))


def one_line(text: str) -> str:
    """The text in one line, with single spaces."""
    return " ".join(clean(text).split())


def safe_body(text: str) -> str:
    """The text as a body that passes the checks: no `---`, no line too long or indented too deep, no long run of marks."""
    lines = (piece for line in clean(text).split("\n") for piece in _pieces(_safe_line(line)))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def _safe_line(line: str) -> str:
    if not line.strip():
        return ""
    if _RULE.fullmatch(line):
        return "***"
    rest = line.lstrip()
    indent = line[: -len(rest)].expandtabs(4)
    # 　　第一条: the ideographic spaces of a paragraph would hide the clause
    indent = "" if indent.strip(" ") else indent[:_DEEPEST_INDENT]
    return indent + _RUN.sub(lambda m: m[1] * 8, rest)


def _pieces(line: str) -> Iterator[str]:
    """The line, or paragraphs of it that end with a sentence."""
    while len(line) > LONG_LINE:
        whole = _LAST_SENTENCE_END.match(line[:LONG_LINE])
        cut = whole.end() if whole else LONG_LINE
        yield from (line[:cut], "")
        line = line[cut:].lstrip()
    yield line


def make_answer(text: str) -> str:
    """What can be read aloud: whole sentences from the beginning, at most 80 characters; empty if there is nothing."""
    sentences = [m[0].strip() for m in _SENTENCE.finditer(_speech(text[:2000]))]
    answer = ""
    for sentence in sentences:
        if len(answer) + len(sentence) > ANSWER_LENGTH:
            break
        answer += sentence
    return answer or (_shortened(sentences[0]) if sentences else "")


def _shortened(sentence: str) -> str:
    head = sentence[: ANSWER_LENGTH - 1]
    cut = max(head.rfind(mark) for mark in "，；、")
    # half a number is a wrong number
    kept = head[:cut] if cut > 0 else _CUT_NUMBER.sub("", head) or head
    return kept.rstrip("，；、：,;: ") + "。"


def _speech(text: str) -> str:
    """Sentences of a Markdown text without its marks; headings only where there is nothing else."""
    lines = [line for line in text.split("\n") if not _NO_SPEECH.fullmatch(line)]
    spoken = [line for line in lines if not _HEADING.match(line)] or lines
    return "".join(_spoken_line(line) for line in spoken)


def _spoken_line(line: str) -> str:
    line = _LEAD.sub("", line).strip()
    if line.startswith("|"):
        line = "，".join(cell.strip() for cell in line.strip("|").split("|"))
    for pattern, replacement in _INLINE:
        line = pattern.sub(replacement, line)
    line = line.strip()
    if not line or line[-1] in "，；、：,;:" or _ENDED.search(line):
        return line
    return line.removesuffix(".") + "。"
