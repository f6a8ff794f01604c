"""Another system's export (JSON Lines, CSV, Excel) → article files. Everything is checked before anything is written.

Owns reading such tables, making a valid article of a row, and writing them; what an article must be is kb/articles.py.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from xml.etree.ElementTree import ParseError

import click
import yaml

from kb.articles import ANSWER_LENGTH, LONG_LINE, parse_article
from kb.errors import ImportFileError
from kb.library import article_files
from kb.registry import Registry
from kb.starter import copy_starter_lexicon
from kb.types import FOLDERS, TYPES, Problem

# early enough that every imported article is visible at once
EFFECTIVE = date(2000, 1, 1)
ARTICLE_COLUMNS = ("id", "title", "text")
QUESTION_COLUMNS = ("doc", "text")
# Excel cuts longer texts without a word
EXCEL_CELL = 32_767
_DEEPEST_INDENT = 16

_NEWLINE = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# C0, C1, zero-width and direction marks, byte-order mark, halves of surrogate pairs, non-characters
_CONTROL = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
_RULE = re.compile(r"\s*-{3,}\s*")
# forms to fill in have them: 姓名________
_RUN = re.compile(r"([\[\]()*_`<])\1{38,}")
_UTF8_CHINESE = re.compile(rb"[\xe3-\xe9][\x80-\xbf]{2}")
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")

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


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, as texts; `fault` says why it cannot be used."""

    # line of the text file, or row of the sheet, from 1
    line: int
    values: Mapping[str, str]
    fault: str = ""


@dataclass(slots=True)
class Table:
    """A file's rows, and what is wrong with the file."""

    path: str
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def say(self, line: int, message: str, column: int = 1) -> None:
        """Record an error; line 0 means the whole file."""
        self.problems.append(Problem(self.path, line, column if line else 0, message))

    def warn(self, message: str, line: int = 0) -> None:
        """Record what the editor should know, though nothing is lost by it."""
        self.problems.append(Problem(self.path, line, 1 if line else 0, message, "warning"))


@dataclass(frozen=True, slots=True)
class NewArticle:
    """An article to be written."""

    # path below the articles folder, with `/`
    name: str
    data: bytes
    phrasings: int
    # where it came from
    line: int

    @property
    def id(self) -> str:
        """The article's id, which is its file's name."""
        return Path(self.name).stem


# --- reading ---------------------------------------------------------------------------------------------------------


def read_table(path: Path, required: Iterable[str], optional: Iterable[str] = ()) -> Table:
    """Rows of a .jsonl, .csv or .xlsx file, with every problem of its form; no rows if a required column is missing.

    Raises ImportFileError if the file cannot be read at all, or is of another kind.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise ImportFileError(f"{path} 不能导入：只认 {'、'.join(_READERS)} 文件。")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ImportFileError(f"{path} 读不出来：{error.strerror or error}。") from error
    table = Table(str(path))
    reader(data, table)
    return _with_columns(table, list(required), list(optional))


def _with_columns(table: Table, required: list[str], optional: list[str]) -> Table:
    columns = list(dict.fromkeys(name for row in table.rows for name in row.values))
    missing = [name for name in required if name not in columns]
    unused = [name for name in columns if name not in required and name not in optional]
    if table.rows and missing:
        table.say(0, f"缺少列 {'、'.join(missing)}；文件里有的列：{'、'.join(columns) or '无'}。")
        table.rows = []
    elif unused:
        table.warn(f"这些列没有用到：{'、'.join(unused)}。")
    if not table.rows and not table.problems:
        table.say(0, "文件里没有数据。")
    return table


def _read_jsonl(data: bytes, table: Table) -> None:
    for number, line in enumerate(_decoded(data, table).split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            table.say(number, "这一行不是完整的 JSON，请检查引号、逗号和括号。", getattr(error, "colno", 1))
            continue
        if isinstance(value, dict):
            table.rows.append(_row(number, value))
        else:
            table.say(number, '这一行要写成 {"id": …, "title": …} 的样子。')


def _read_csv(data: bytes, table: Table) -> None:
    _take_grid(_csv_lines(_decoded(data, table, also="gb18030"), table), table)


def _csv_lines(text: str, table: Table) -> Iterator[tuple[int, list[object]]]:
    # strict: an open quotation mark would swallow the rest of the file in silence
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    start = 1
    try:
        for cells in reader:
            yield start, list(cells)
            start = reader.line_num + 1
    except csv.Error:
        table.say(start, "从这一行起读不下去：多半是引号没有成对，或者一格太长。它后面的行都没有读。")


def _read_xlsx(data: bytes, table: Table) -> None:
    import openpyxl  # takes a fifth of a second, and only Excel files need it

    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        try:
            sheet = book.worksheets[0]
            if len(book.worksheets) > 1:
                table.warn(f"有 {len(book.worksheets)} 张工作表，只读了第一张“{sheet.title}”。")
            sheet.reset_dimensions()
            _take_grid(enumerate(map(list, sheet.iter_rows(values_only=True)), 1), table)
        finally:
            book.close()
    except (zipfile.BadZipFile, ParseError, KeyError, ValueError, IndexError, EOFError) as error:
        raise ImportFileError(f"{table.path} 不是完整的 Excel 文件（.xlsx），请用 Excel 重新另存。") from error
    for row in table.rows:
        if any(len(value) >= EXCEL_CELL for value in row.values.values()):
            table.warn(f"有一格正好写满 {EXCEL_CELL} 个字，可能被 Excel 截断了。", row.line)


_READERS: dict[str, Callable[[bytes, Table], None]] = {".jsonl": _read_jsonl, ".csv": _read_csv, ".xlsx": _read_xlsx}


def _decoded(data: bytes, table: Table, also: str = "") -> str:
    """The text; empty, with a problem, if it is in no encoding that is accepted."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    # a damaged UTF-8 file can be valid GB18030, in wrong words: believe that only where little looks like UTF-8
    damaged = len(_UTF8_CHINESE.findall(data)) * 3 * 2 > len(_HIGH_BYTE.findall(data))
    if also and not damaged:
        try:
            text = data.decode(also)
        except UnicodeDecodeError:
            pass
        else:
            table.warn(f"文件不是 UTF-8，按 {also.upper()} 读取，请核对导入后的文字。")
            return text
    table.say(line, "这里有不是 UTF-8 的字节，请用 UTF-8 重新保存文件。")
    return ""


def _take_grid(lines: Iterable[tuple[int, list[object]]], table: Table) -> None:
    """Rows of cells, the first of them the names of the columns."""
    header: list[str] = []
    for line, cells in lines:
        filled = [cell not in (None, "") for cell in cells]
        if not any(filled):
            continue
        if not header:
            header = [str(cell or "").strip().lower() for cell in cells]
            if twice := {name for name in header if name and header.count(name) > 1}:
                table.say(line, f"列 {'、'.join(sorted(twice))} 出现了两次。")
                return
            continue
        row = _row(line, {name: cell for name, cell in zip(header, cells, strict=False) if name})
        if any(filled[len(header) :]):
            row = Row(line, row.values, "这一行比表头多出几格；文字里有逗号时请放进双引号。")
        table.rows.append(row)


def _row(line: int, values: Mapping[str, object]) -> Row:
    texts, faults = {}, []
    for name, value in values.items():
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool | list | dict):
            faults.append(f"{name} 要写成文字。")
        texts[name] = "" if value is None else clean(str(value).replace("_x000D_", "")).strip()
    return Row(line, texts, "".join(faults))


# --- from a row to an article ----------------------------------------------------------------------------------------


def plan_import(table: Table, questions: Table | None, kind: str) -> tuple[list[NewArticle], list[Problem]]:
    """The articles that can be made, in the order of their rows, and every problem of both tables. Touches no disk."""
    problems = list(table.problems)
    lines: dict[str, int] = {}
    good = []
    for row in table.rows:
        fault = _fault(row, ARTICLE_COLUMNS) or _repeated(row, lines)
        if fault:
            problems.append(Problem(table.path, row.line, 1, fault))
        else:
            good.append(row)
    # bad rows too: their phrasings are no errors of their own
    known = {row.values.get("id", "") for row in table.rows}
    phrasings, question_problems = _phrasings(questions, known) if questions else ({}, [])
    articles = []
    for row in good:
        article = _new_article(row, kind, phrasings.get(row.values["id"], []))
        errors = parse_article(article.data, article.name, Registry()).errors
        problems += (Problem(table.path, row.line, 1, error.message) for error in errors)
        if not errors:
            articles.append(article)
    return articles, sorted(problems, key=lambda p: p.line) + question_problems


def _fault(row: Row, required: Iterable[str]) -> str:
    missing = [name for name in required if not row.values.get(name)]
    return row.fault or (f"缺少 {'、'.join(missing)}。" if missing else "")


def _repeated(row: Row, lines: dict[str, int]) -> str:
    id_ = row.values["id"]
    first = lines.setdefault(id_, row.line)
    return f"编号“{id_}”和第 {first} 行重复。" if first != row.line else ""


def _phrasings(table: Table, known: set[str]) -> tuple[dict[str, list[str]], list[Problem]]:
    """What customers say, by article, each only once; and what is wrong with the table."""
    found: dict[str, dict[str, None]] = {}
    problems = list(table.problems)
    for row in table.rows:
        doc = row.values.get("doc", "")
        fault = _fault(row, QUESTION_COLUMNS)
        if not fault and doc not in known:
            fault = f"doc 写的是“{doc}”，要导入的文章里没有这个编号。"
        if fault:
            problems.append(Problem(table.path, row.line, 1, fault))
        else:
            found.setdefault(doc, {})[one_line(row.values["text"])] = None
    return {doc: list(texts) for doc, texts in found.items()}, sorted(problems, key=lambda p: p.line)


def _new_article(row: Row, kind: str, phrasings: list[str]) -> NewArticle:
    id_, title, category = row.values["id"], one_line(row.values["title"]), one_line(row.values.get("category", ""))
    body = safe_body(row.values["text"])
    front = {
        "id": id_,
        "type": kind,
        "title": title,
        "questions": phrasings,
        "answer": make_answer(body) or make_answer(title),
        "category": category,
        "status": "imported",
        "version": 1,
        "effective": EFFECTIVE,
    }
    front = {name: value for name, value in front.items() if value}
    head = yaml.safe_dump(front, allow_unicode=True, sort_keys=False, width=sys.maxsize)
    return NewArticle(f"{FOLDERS[kind]}/{id_}.md", f"---\n{head}---\n{body}\n".encode(), len(phrasings), row.line)


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


# --- writing ---------------------------------------------------------------------------------------------------------


def find_strangers(articles: Iterable[NewArticle], root: Path, table: str) -> list[Problem]:
    """Ids that the folder already has in another place: two files must not be one article."""
    places = {path.stem: path.relative_to(root).as_posix() for path in article_files(root)} if root.is_dir() else {}
    return [
        Problem(table, a.line, 1, f"编号“{a.id}”已经是 {places[a.id]}，请换一个编号。")
        for a in articles
        if places.get(a.id, a.name) != a.name
    ]


def unwritten(articles: Iterable[NewArticle], root: Path) -> tuple[list[NewArticle], list[NewArticle]]:
    """Articles that the folder does not have, and those it has with other content."""
    new, other = [], []
    for article in articles:
        target = root / article.name
        if not os.path.lexists(target):
            new.append(article)
        elif target.is_symlink() or not target.is_file() or target.read_bytes() != article.data:
            other.append(article)
    return new, other


def write_articles(articles: Iterable[NewArticle], root: Path) -> None:
    """Write all files: beside their place first, then on the disk, then into place.

    Raises ImportFileError if the folder cannot be written; then no file is half written.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".import-", dir=root) as stage:
            staged = [
                (Path(stage) / f"{n}.md", root / article.name, article.data) for n, article in enumerate(articles)
            ]
            for path, _, data in staged:
                path.write_bytes(data)
            # one sync instead of an fsync for each of a thousand files
            os.sync()
            for path, target, _ in staged:
                target.parent.mkdir(exist_ok=True)
                path.replace(target)
        os.sync()
    except OSError as error:
        raise ImportFileError(f"写不进 {error.filename or root}：{error.strerror or error}。") from error


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--to", "root", required=True, type=click.Path(path_type=Path), help="文章目录")
@click.option("--questions", type=click.Path(path_type=Path), help="客户问法的文件，列：doc、text")
@click.option("--type", "kind", type=click.Choice(list(TYPES)), default="process", show_default=True, help="文章类型")
@click.option("--overwrite", is_flag=True, help="覆盖已有的、内容不同的文章")
@click.option("--skip-bad", is_flag=True, help="略过有问题的行，导入其余的")
def import_command(file: Path, root: Path, questions: Path | None, kind: str, overwrite: bool, skip_bad: bool) -> None:
    """导入别的系统的文章（.jsonl、.csv、.xlsx，列：id、title、text、category）。先全部检查，再写入。"""
    table = read_table(file, ARTICLE_COLUMNS, ["category"])
    asked = read_table(questions, QUESTION_COLUMNS) if questions else None
    articles, problems = plan_import(table, asked, kind)
    strangers = find_strangers(articles, root, table.path)
    taken = {problem.line for problem in strangers}
    articles = [article for article in articles if article.line not in taken]
    problems += strangers
    new, other = unwritten(articles, root)
    for problem in problems:
        click.echo(str(problem), err=True)
    errors = sum(problem.level == "error" for problem in problems)
    refusal = "" if overwrite or not other else _refusal(other, root)
    if errors and not skip_bad:
        raise ImportFileError(
            f"有 {errors} 处错误，一篇也没有写入。改好后重来，或加 --skip-bad 只导入其余的。{refusal}"
        )
    if refusal or not articles:
        raise ImportFileError(refusal or "没有可以导入的文章，什么也没有写。")
    write_articles(new + other, root)
    click.echo(_summary(new + other, len(articles), errors, root / FOLDERS[kind]))
    if copy_starter_lexicon(root):
        click.echo(f"另放入起步词库（同义词、停用词等）：{root / '_lexicon'}，可以按本行用语修改。")


def _refusal(other: list[NewArticle], root: Path) -> str:
    return f"{root} 里已有 {len(other)} 篇同名而内容不同的文章（例如 {other[0].name}）；要覆盖请加 --overwrite。"


def _summary(written: list[NewArticle], planned: int, errors: int, folder: Path) -> str:
    text = f"写入 {len(written)} 篇文章、{sum(a.phrasings for a in written)} 条相似问，在 {folder}。"
    if planned > len(written):
        text += f"另有 {planned - len(written)} 篇已在那里，内容相同，没有改动。"
    return text + (f"有 {errors} 处错误的行没有导入，见上面的清单。" if errors else "")
