"""Rows of a table in a file (JSON Lines, CSV, TSV, Excel), with everything that is wrong with its form.

Owns the kinds of files, their encodings and columns; what the rows mean is their reader's business.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from xml.etree.ElementTree import ParseError

from kb.errors import ImportFileError
from kb.plain import clean
from kb.types import Problem

# Excel cuts longer texts without a word
EXCEL_CELL = 32_767

_UTF8_CHINESE = re.compile(rb"[\xe3-\xe9][\x80-\xbf]{2}")
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, as texts; `fault` says why it cannot be used."""

    # line of the text file, or row of the sheet, from 1
    line: int
    values: Mapping[str, str]
    fault: str = ""


# bytes that a workbook may unfold to; fifty thousand questions have ten megabytes
_MOST_UNFOLDED = 200 << 20


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


def read_table(
    path: Path, required: Iterable[str], optional: Iterable[str] = (), names: Mapping[str, str] = MappingProxyType({})
) -> Table:
    """Rows of a .jsonl, .csv, .tsv or .xlsx file, with every problem of its form; no rows if a required column is missing.

    `names`: other names that a column may have in the file → its name.
    Raises ImportFileError if the file cannot be read at all, or is of another kind.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise ImportFileError(f"{path} 读不了：只认 {'、'.join(_READERS)} 文件。")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ImportFileError(f"{path} 读不出来：{error.strerror or error}。") from error
    table = Table(str(path))
    reader(data, table)
    if names:
        table.rows = [replace(row, values=_renamed(row.values, names)) for row in table.rows]
    return _with_columns(table, list(required), list(optional))


def _renamed(values: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    """Columns by their own names; where a row has both names, the column that is filled counts."""
    found: dict[str, str] = {}
    for name, value in values.items():
        own = names.get(name, name)
        found[own] = found.get(own) or value
    return found


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
            table.say(number, '这一行要写成 {"列名": "内容", …} 的样子。')


def _read_csv(data: bytes, table: Table, delimiter: str = ",") -> None:
    _take_grid(_csv_lines(_decoded(data, table, also="gb18030"), table, delimiter), table)


def _csv_lines(text: str, table: Table, delimiter: str) -> Iterator[tuple[int, list[object]]]:
    # strict: an open quotation mark would swallow the rest of the file in silence
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
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
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > _MOST_UNFOLDED:
                raise ImportFileError(f"{table.path} 解开以后大得不合常理，没有读；请分成几个文件。")
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        try:
            sheet = book.worksheets[0]
            if len(book.worksheets) > 1:
                table.warn(f"有 {len(book.worksheets)} 张工作表，只读了第一张“{sheet.title}”。")
            sheet.reset_dimensions()
            _take_grid(enumerate(map(list, sheet.iter_rows(values_only=True)), 1), table)
        finally:
            book.close()
    # openpyxl says OSError of an archive that holds no workbook
    except (zipfile.BadZipFile, OSError, ParseError, KeyError, ValueError, IndexError, EOFError) as error:
        raise ImportFileError(f"{table.path} 不是完整的 Excel 文件（.xlsx），请用 Excel 重新另存。") from error
    for row in table.rows:
        if any(len(value) >= EXCEL_CELL for value in row.values.values()):
            table.warn(f"有一格正好写满 {EXCEL_CELL} 个字，可能被 Excel 截断了。", row.line)


_READERS: dict[str, Callable[[bytes, Table], None]] = {
    ".jsonl": _read_jsonl,
    ".csv": _read_csv,
    ".xlsx": _read_xlsx,
    ".tsv": partial(_read_csv, delimiter="\t"),
}


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
            table.warn(f"文件不是 UTF-8，按 {also.upper()} 读取，请核对文字。")
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
