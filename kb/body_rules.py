"""What a body may not be: shapes that make Markdown slow or overflow its stack, and facts that do not exist."""

from __future__ import annotations

import re

from kb.fields import fill_facts
from kb.frontmatter import Document
from kb.registry import Registry
from kb.types import Problem

_DEEP_LIST = re.compile(
    r"^(?: {4}|\t){10}[ \t]*+\S|^[ \t]*+(?:(?:[-*+>]|\d{1,9}\.)[ \t]++){10,}+(?![-*])", re.MULTILINE
)
_DEEP_QUOTE = re.compile(r"^(?:[ \t]*+>){8,}", re.MULTILINE)
_BRACKETS = re.compile(r"[\[\]()*_`<]{40,}")
_BLANK_LINE = re.compile(r"(\n[ \t]*\n)")
_MARKS = re.compile(r"[*_`<&!\\]")
LONG_LINE = 20_000
BODY_LINES = 10_000
BLOCK_LINES = 1_000
BLOCK_LINKS = 200
BLOCK_MARKS = 4_000


def body_problems(document: Document, name: str, registry: Registry) -> list[Problem]:
    """Facts that do not exist, and shapes that make Markdown slow or overflow its stack."""
    body, found = document.body, []

    def say(offset: int, message: str) -> None:
        found.append(Problem(name, document.body_line + body.count("\n", 0, offset), 1, message, field="body"))

    for fact in fill_facts(body, registry.facts)[1]:
        say(body.find(f"fact:{fact}"), f"没有名为 {fact} 的共用数字，请查 _registry/facts.yml。")
    for pattern, message in (
        (_DEEP_LIST, "列表或缩进太深，最多十层。"),
        (_DEEP_QUOTE, "引用（>）太深，最多七层。"),
        (_BRACKETS, "这里有一长串括号或星号，请删除。"),
    ):
        if match := pattern.search(body):
            say(match.start(), message)
    if body.count("\n") > BODY_LINES:
        say(0, f"正文有 {body.count(chr(10))} 行，超过 {BODY_LINES} 行，请拆成几篇。")
    offset = 0
    for block in _BLANK_LINE.split(body):  # Markdown is quadratic in the lines and the marks of a block
        if len(block) > BLOCK_LINKS and (
            block.count("\n") > BLOCK_LINES
            or block.count("[") > BLOCK_LINKS
            or len(_MARKS.findall(block)) > BLOCK_MARKS
        ):
            say(offset, f"这一段太长或符号太多，请用空行分成几段（一段最多 {BLOCK_LINES} 行、{BLOCK_LINKS} 个链接）。")
        offset += len(block)
    offset = 0
    for line in body.split("\n") if len(body) > LONG_LINE else ():
        if len(line) > LONG_LINE:
            say(offset, f"这一行有 {len(line)} 个字，请分段。")
        offset += len(line) + 1
    return found
