"""Files that nobody should have written: other encodings, names that lead elsewhere, archives and tables that unfold without end."""

import codecs
import os
import time
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from builders import write_article

from kb.articles import parse_article
from kb.errors import FileProblem, ImportFileError, KBError, Refused
from kb.files import ArticleFiles
from kb.library import load_library
from kb.registry import load_registry
from kb.tables import read_table

ROOT = Path(__file__).resolve().parents[2]
ENCODINGS = {
    "UTF-8": lambda text: text.encode(),
    "UTF-8 with BOM": lambda text: codecs.BOM_UTF8 + text.encode(),
    "UTF-16 LE with BOM": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "UTF-16 BE with BOM": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "UTF-16 LE": lambda text: text.encode("utf-16-le"),
    "UTF-16 BE": lambda text: text.encode("utf-16-be"),
    "UTF-32": lambda text: text.encode("utf-32"),
    "GB18030": lambda text: text.encode("gb18030"),
    "GBK": lambda text: text.encode("gbk", "replace"),
    "GB2312": lambda text: text.encode("gb2312", "replace"),
    "Big5": lambda text: text.encode("big5", "replace"),
    "UTF-8 taken for Latin 1": lambda text: text.encode().decode("latin-1").encode("utf-16-le"),
    "cut in a character": lambda text: text.encode()[: text.encode().rindex("。".encode()) + 1],
}
READ = {"UTF-8", "UTF-8 with BOM", "UTF-16 LE with BOM", "UTF-16 BE with BOM"}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_fifty_articles_in_any_encoding_are_read_exactly_or_refused(encoding):  # I8
    root = ROOT / "articles"
    registry, _ = load_registry(root)
    paths = [p for p in sorted(root.rglob("*.md")) if not p.relative_to(root).parts[0].startswith("_")][:50]
    assert len(paths) == 50
    for path in paths:
        name, text = path.relative_to(root).as_posix(), path.read_text("utf-8")
        right = parse_article(text.encode(), name, registry).article
        parsed = parse_article(ENCODINGS[encoding](text), name, registry)
        assert right
        if encoding in READ:
            # only the digest of the bytes differs
            assert replace(parsed.article, digest=right.digest) == right, name
        else:
            assert parsed.article is None, name
            assert "UTF-8" in parsed.problems[0].message, name


NAMES = [
    "../outside.md",
    "/etc/passwd",
    "processes/../../outside.md",
    "processes/./x.md",
    "processes//x.md",
    "processes\\..\\x.md",
    "./processes/x.md",
    ".git/config",
    ".git/hooks/post-commit",
    "processes/.git/x.md",
    "_lexicon/../../x.txt",
    "_lexicon/.x.txt",
    "_registry/x.yaml",
    "processes/x.md\0",
    "processes/x.md/",
    "processes/x.md\n",
    "processes/x.MD",
    "Processes/x.md",
    "processes/ｘ.md",
    "processes/x%2f..%2fy.md",
    "",
    ".",
    "..",
    "processes",
    "processes/" + "x" * 300 + ".md",
    "processes/\u202exm.md",
    "file:///etc/passwd",
    "~/x.md",
    "processes/-x.md",
    "con/x.md",
]


@pytest.mark.parametrize("name", NAMES)
def test_no_name_leads_out_of_the_folder(tmp_path, name):  # I9
    root = tmp_path / "articles"
    (root / "processes").mkdir(parents=True)
    (tmp_path / "outside.md").write_text("secret", encoding="utf-8")
    files = ArticleFiles(root)
    for act in (files.read, lambda n: files.write(n, b"x"), files.remove):
        with pytest.raises(Refused):
            act(name)
    assert (tmp_path / "outside.md").read_text("utf-8") == "secret"
    assert [p.name for p in root.rglob("*")] == ["processes"]


@pytest.mark.parametrize("kind", ["link", "link to a folder", "pipe", "folder"])
def test_what_is_no_ordinary_file_is_neither_read_nor_written(tmp_path, kind):  # I9
    root, outside = tmp_path / "articles", tmp_path / "outside.md"
    (root / "processes").mkdir(parents=True)
    outside.write_text("secret", encoding="utf-8")
    name, place = "processes/x.md", root / "processes/x.md"
    if kind == "link":
        place.symlink_to(outside)
    elif kind == "link to a folder":
        name = "products/x.md"
        (root / "products").symlink_to(tmp_path)
        (tmp_path / "x.md").write_text("secret", encoding="utf-8")
    elif kind == "pipe":
        os.mkfifo(place)
    else:
        place.mkdir()
    files = ArticleFiles(root)
    began = time.monotonic()
    for act in (files.read, lambda n: files.write(n, b"x"), files.remove):
        with pytest.raises((Refused, FileProblem)):
            act(name)
    assert time.monotonic() - began < 5
    assert outside.read_text("utf-8") == "secret"
    assert all("secret" not in str(problem) for problem in load_library(root).problems)


def test_writing_never_reaches_another_name_of_the_same_file(tmp_path):  # I9
    root, outside = tmp_path / "articles", tmp_path / "outside.md"
    path = write_article(root, "good")
    os.link(path, outside)
    before = outside.read_bytes()
    ArticleFiles(root).write("processes/good.md", b"new")
    assert path.read_bytes() == b"new"
    assert outside.read_bytes() == before


def workbook(members):
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return made.getvalue()


@pytest.mark.timeout(60)
def test_a_workbook_that_unfolds_without_end_is_refused_at_once(tmp_path):
    path = tmp_path / "问题.xlsx"
    path.write_bytes(workbook({"xl/worksheets/sheet1.xml": b" " * (300 << 20), "[Content_Types].xml": b"<x/>"}))
    assert path.stat().st_size < 1 << 20
    began = time.monotonic()
    with pytest.raises(ImportFileError, match="大得不合常理"):
        read_table(path, ["question"])
    assert time.monotonic() - began < 10


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "data",
    [
        b"", b"PK\x03\x04", b"x" * 1000, workbook({}), workbook({"[Content_Types].xml": b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"}),
        workbook({"../../outside": b"x", "[Content_Types].xml": b"<Types/>"}), workbook({"[Content_Types].xml": b"<" * 100_000}),
    ],
)  # fmt: skip
def test_what_is_no_workbook_is_said_to_be_none(tmp_path, data):
    path = tmp_path / "问题.xlsx"
    path.write_bytes(data)
    with pytest.raises(KBError, match=r"问题\.xlsx"):
        read_table(path, ["question"])
    assert [p.name for p in tmp_path.iterdir()] == ["问题.xlsx"]
