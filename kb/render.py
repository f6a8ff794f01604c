"""Markdown → safe HTML and plain text. Raw HTML in an article is shown as text, never as markup."""

from __future__ import annotations

import re

import markdown
import nh3

_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "blockquote", "code",
         "pre", "a", "h3", "h4", "hr"}  # fmt: skip
_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
_LINK = re.compile(r"(?<!!)\[([^\]\n]{0,200})\]\((?!https?:|mailto:|tel:|#)([^)\s]{1,200})\)")
_IMAGE = re.compile(r"!\[([^\]\n]{0,200})\]\([^)\n]{0,400}\)")
_MARKS = re.compile(
    r"[*_`~]{1,3}(?=\S)|(?<=\S)[*_`~]{1,3}|^\s{0,3}(?:#{1,6}|>|[-*+]|\d{1,3}\.)\s+|^[\s|:-]+$", re.MULTILINE
)


def to_html(source: str) -> str:
    """Sanitised HTML of a part of a body; links to other articles lead to `/articles/<id>`."""
    text = _IMAGE.sub(r"\1", source)
    text = _LINK.sub(lambda m: f"[{m[1]}](/articles/{m[2]})", text)
    maker = markdown.Markdown(extensions=["tables", "sane_lists"], output_format="html")
    maker.preprocessors.deregister("html_block")
    maker.inlinePatterns.deregister("html")
    made = maker.convert(text)
    return nh3.clean(
        made,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer",
    )


def to_text(source: str) -> str:
    """Plain text of a part of a body, one line for each of its lines; for searching and reading aloud."""
    text = _IMAGE.sub(r"\1", source)
    text = re.sub(r"\[([^\]\n]{0,200})\]\([^)\n]{0,400}\)", r"\1", text)
    text = _MARKS.sub("", text).replace("|", " ")
    return "\n".join(line.strip() for line in text.split("\n") if line.strip())
