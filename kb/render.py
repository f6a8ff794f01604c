"""Markdown → safe HTML and plain text. Raw HTML in an article is shown as text, never as markup."""

from __future__ import annotations

import re
import threading

import markdown
import nh3

_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "blockquote", "code",
         "pre", "a", "h3", "h4", "hr"}  # fmt: skip
_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
_LINK = re.compile(r"(?<!!)\[([^\]\n]{0,200})\]\((?!https?:|mailto:|tel:|#)([^)\s]{1,200})(?:\s[^)\n]{0,200})?\)")
_ANY_LINK = re.compile(r"\[([^\]\n]{0,200})\]\([^)\n]{0,400}\)")
_IMAGE = re.compile(r"!\[([^\]\n]{0,200})\]\([^)\n]{0,400}\)")
# pairs as Markdown sees them, of bounded length to stay fast; 7*24, 本金*3.5%*30 and my_id are none
_EMPHASIS = (
    re.compile(r"(?<![*\\])(?P<mark>\*{2,3})(?=[^\s*])(?P<text>[^*\n]{1,400})(?<!\s)(?P=mark)(?!\*)"),
    re.compile(r"(?<![0-9A-Za-z*\\])\*(?P<text>[^*\s](?:[^*\n]{0,400}[^*\s])?)\*(?![0-9A-Za-z*])"),
    re.compile(r"(?<![\w\\])_(?P<text>[^_\s](?:[^_\n]{0,400}[^_\s])?)_(?!\w)"),
)
_MARKS = re.compile(
    r"^[\s|:*_~-]+$|^\s{0,3}(?:#{1,6}|>|[-*+]|\d{1,3}\.)\s+|`+"
    # a masked card number keeps its stars; a single ~ is a range
    r"|(?<![0-9A-Za-z*_~])[*_~]{2,}|(?<![*_~])[*_~]{2,}(?![0-9A-Za-z*_~])",
    re.MULTILINE,
)
_ESCAPED = re.compile(r"\\([*_~])")


# signs that mean nothing to Markdown, HTML or this file's own patterns, wherever they stand in a line
_OPENERS = "\\w(“”‘’（《〈「『【〔"
_SIGNS = "，。、；：？！）》〉」』】〕—…·～％＋－×÷℃№›•.,;:?)%‰+/='\"@${}-"
_LINE = rf"(?!\d+\.(?:\s|$))[{_OPENERS}][ \u3000{_OPENERS}{_SIGNS}]*+(?<![ \u3000])"
_PLAIN = re.compile(rf"{_LINE}(?:\n+{_LINE})*+")
_BLANK_LINES = re.compile("\n{2,}")


class _Makers(threading.local):
    """One converter for each thread: making one costs more than converting a section."""

    def __init__(self) -> None:
        self.cleaner = nh3.Cleaner(
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            url_schemes={"http", "https", "mailto", "tel"},
            link_rel="noopener noreferrer",
        )
        self.maker = markdown.Markdown(extensions=["tables", "sane_lists"], output_format="html")
        self.maker.preprocessors.deregister("html_block")
        self.maker.inlinePatterns.deregister("html")


_MAKERS = _Makers()
# 7*24 is no emphasis
_STAR = re.compile(r"(?<=[0-9A-Za-z])\*(?=[0-9A-Za-z])")


def to_html(source: str) -> str:
    """Sanitised HTML of a part of a body; links to other articles lead to `/articles/<id>`."""
    if is_plain(source):
        return "<p>" + _BLANK_LINES.sub("</p>\n<p>", source) + "</p>"
    return convert_markdown(source)


def to_text(source: str) -> str:
    """Plain text of a part of a body, one line for each of its lines; for searching and reading aloud."""
    if is_plain(source):
        return _BLANK_LINES.sub("\n", source)
    return strip_markdown(source)


def is_plain(source: str) -> bool:
    """Whether a text is paragraphs without any sign of Markdown; most sections are, and conversion is slow."""
    return _PLAIN.fullmatch(source) is not None and "_" not in source


def convert_markdown(source: str) -> str:
    """What `to_html` gives, by conversion whatever the text is."""
    text = _IMAGE.sub(r"\1", source)
    text = _LINK.sub(lambda m: f"[{m[1]}](/articles/{m[2]})", text)
    text = _STAR.sub(r"\*", text)
    return _MAKERS.cleaner.clean(_MAKERS.maker.reset().convert(text))


def strip_markdown(source: str) -> str:
    """What `to_text` gives, by taking out marks whatever the text is."""
    text = _IMAGE.sub(r"\1", source)
    text = _ANY_LINK.sub(r"\1", text)
    for pair in _EMPHASIS:
        text = pair.sub(r"\g<text>", text)
    text = _ESCAPED.sub(r"\1", _MARKS.sub("", text)).replace("|", " ")
    return "\n".join(line.strip() for line in text.split("\n") if line.strip())
