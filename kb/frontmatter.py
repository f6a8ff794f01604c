"""A file's bytes → front matter with positions, and body. Owns encodings and the traps of YAML.

Every scalar stays text (`0123` is not 83, `NO` is not False); duplicate keys, anchors, aliases and tags are refused.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from itertools import islice

import yaml

from kb.plainyaml import read_plain
from kb.types import Problem

MAX_BYTES = 1_048_576
_MAX_NESTING = 8
# line breaks to YAML, but not to an editor
_YAML_BREAKS = re.compile("[\x85\u2028\u2029]")
_OPENING = (
    yaml.FlowSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.BlockMappingStartToken,
)
_CLOSING = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken, yaml.BlockEndToken)
_FENCE = re.compile(r"^---[ \t]*$", re.MULTILINE)
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Document:
    """A file taken apart: the YAML mapping as nodes (they know their lines), and the Markdown body."""

    front: yaml.MappingNode
    body: str
    # line of the file on which the body's first line stands, from 1
    body_line: int


def decode(data: bytes, path: str) -> str | Problem:
    """Text of a file in UTF-8 (with or without BOM), or UTF-16 with BOM; anything else is a Problem that names the encoding.

    GB18030 is recognised but refused: bytes of one encoding can be valid in the other, so guessing risks wrong words.
    """
    if len(data) > MAX_BYTES:
        return Problem(path, 0, 0, f"文件有 {len(data) // 1024} KB，超过 {MAX_BYTES // 1024} KB，请拆成几篇。")
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            try:
                text = data[len(bom) :].decode(encoding)
                break
            except UnicodeDecodeError:
                return Problem(path, 0, 0, f"文件开头标明是 {encoding.upper()}，内容却不是，请用 UTF-8 重新保存。")
    else:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            return Problem(path, line, 1, _encoding_hint(data))
    if "\0" in text:
        where = text.index("\0")
        return Problem(
            path, text.count("\n", 0, where) + 1, 1, "文件里有空字符（可能是没有 BOM 的 UTF-16），请用 UTF-8 重新保存。"
        )
    return _newlines(text)


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _encoding_hint(data: bytes) -> str:
    if b"\0" in data:
        return "这是没有 BOM 的 UTF-16 文件，请另存为 UTF-8。"
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return "这里有不是 UTF-8 的字节，请用 UTF-8 重新保存文件。"
    return "文件是 GBK/GB18030 编码，请在编辑器里“另存为 UTF-8”。"


def split(text: str, path: str) -> Document | list[Problem]:
    """Front matter and body of a file's text, or every structural problem of it."""
    fences = list(islice(_FENCE.finditer(text), 2))
    if not fences or text[: fences[0].start()].strip():
        return [Problem(path, 1, 1, "文件要以一行 --- 开头，下面写字段，再用一行 --- 结束。")]
    if len(fences) < 2:
        return [Problem(path, 1, 1, "只有开头的 ---，缺少结束字段的那一行 ---。")]
    first_line = text.count("\n", 0, fences[0].end()) + 2
    parsed = read_mapping(text[fences[0].end() + 1 : fences[1].start()], path, first_line)
    if isinstance(parsed, list):
        return parsed
    body = text[fences[1].end() :]
    lead = len(body) - len(body.lstrip("\n"))
    return Document(parsed, body.strip("\n"), text.count("\n", 0, fences[1].end()) + 1 + lead)


def read_mapping(source: str, path: str, first_line: int = 1) -> yaml.MappingNode | list[Problem]:
    """The mapping that a text says, or what is wrong with it; `first_line`: where in the file the text begins, from 1."""
    source = _YAML_BREAKS.sub(" ", source)
    return read_plain(source, first_line - 1) or read_any("\n" * (first_line - 1) + source, path)


def read_any(source: str, path: str) -> yaml.MappingNode | list[Problem]:
    """The mapping that any YAML says, or what is wrong with it; `source` has the lines of the file above it."""
    parsed = _compose(source, path)
    return [parsed] if isinstance(parsed, Problem) else _traps(parsed, path) or parsed


def _compose(source: str, path: str) -> yaml.MappingNode | Problem:
    depth = 0
    try:
        for token in yaml.scan(source, Loader=yaml.SafeLoader):
            mark = token.start_mark
            if isinstance(token, yaml.AnchorToken | yaml.AliasToken):
                return Problem(
                    path, mark.line + 1, mark.column + 1, "字段里不能用 & 和 *（YAML 引用）；文字以它们开头时请加引号。"
                )
            depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
            if depth > _MAX_NESTING:  # before composing: it recurses, and scanning goes quadratic
                return Problem(path, mark.line + 1, mark.column + 1, "字段嵌套太深。")
            if isinstance(token, yaml.TagToken):
                return Problem(
                    path, mark.line + 1, mark.column + 1, "字段里不能用 !（YAML 标签）；文字以它开头时请加引号。"
                )
        node = yaml.compose(source, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        unclosed = "while scanning a quoted scalar" in str(error.context)
        problem_mark = (error.context_mark if unclosed else None) or error.problem_mark or error.context_mark
        line, column = (problem_mark.line + 1, problem_mark.column + 1) if problem_mark else (1, 1)
        return Problem(path, line, column, _yaml_message(error, source, line))
    except yaml.reader.ReaderError as error:
        line = source.count("\n", 0, error.position) + 1
        return Problem(path, line, 1, "字段里有不可见的控制字符，请删除。")
    except RecursionError:
        return Problem(path, 1, 1, "字段嵌套太深。")
    if not isinstance(node, yaml.MappingNode):
        return Problem(path, node.start_mark.line + 1 if node else 2, 1, "这里要写“字段: 值”，一行一个。")
    return node


def _yaml_message(error: yaml.MarkedYAMLError, source: str, line: int) -> str:
    """Why YAML could not be read, in words of an editor."""
    lines = source.split("\n")
    text = lines[line - 1] if line <= len(lines) else ""
    if "\t" in text:
        return "这一行有制表符（Tab），请改成空格。"
    if "mapping values are not allowed" in str(error.problem):
        return "这一行的值里有“: ”，请把整个值放进双引号。"
    if "while scanning a quoted scalar" in str(error.context):
        return "引号没有成对，请补上另一半引号。"
    if "found character" in str(error.problem):
        return "值以特殊字符开头，请放进双引号。"
    if "expected <block end>" in str(error.problem):
        return "缩进和上面的行没有对齐，或者引号、括号没有配对。"
    return f"这里不符合“字段: 值”的写法（{error.problem}），请检查缩进、冒号和引号。"


def _traps(node: yaml.Node, path: str, depth: int = 0) -> list[Problem]:
    mark = node.start_mark
    if depth > _MAX_NESTING:
        return [Problem(path, mark.line + 1, mark.column + 1, "字段嵌套太深。")]
    problems: list[Problem] = []
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            at = key.start_mark
            if not isinstance(key, yaml.ScalarNode):
                problems.append(Problem(path, at.line + 1, at.column + 1, "字段名要是一个词。"))
                continue
            if key.value in seen:
                problems.append(Problem(path, at.line + 1, at.column + 1, f"字段 {key.value} 写了两次，请合并。"))
            seen.add(key.value)
            problems += _traps(value, path, depth + 1)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            problems += _traps(item, path, depth + 1)
    return problems
