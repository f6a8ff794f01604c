"""Stories of an editor who starts an article from a template, and is told what is still to fill in."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from kb.articles import parse_article
from kb.cli_articles import check, commands
from kb.errors import ArticleError, SettingError
from kb.frontmatter import Document, split
from kb.registry import Registry
from kb.templates import make_template, write_template
from kb.types import FOLDERS, TYPES

# what an editor writes into each field that the template leaves empty
FILLED = {
    "questions": ["卡丢了", "卡不见了", "挂失", "怎么挂失", "钱包丢了", "卡被偷了"],
    "answer": "请先挂失。",
    "category": "挂失",
    "effective": "2026-03-01",
    "expires": "2026-03-20",
    "owner": "零售渠道部",
    "author": "林悦",
    "approver": "周明远",
    "verified": "2026-03-01",
    "identity": "L1",
    "by_phone": "yes",
    "test_queries": ["补卡", "挂失电话", "卡找不到", "丢卡"],
    "sources": [{"document": "示例银行规程（示例）"}],
    "channels": [
        {
            "channel": "网点柜台",
            "path": "持卡到任一网点",
            "materials": "无",
            "duration": "当天",
            "fee": "免费",
            "hours": "9点到17点",
        }
    ],
    "steps": [{"do": "引导客户挂失。"}],
    "risk_level": "无",
    "principal_guaranteed": "n/a",
    "key_numbers": [{"name": "起存金额", "value": "50元"}],
    "document": {"title": "某办法", "number": "1号"},
    "department": "零售渠道部",
    "internal_deadline": "3个工作日",
    "legal_deadline": "15日",
    "promise": ["登记给责任部门。"],
    "never_promise": ["一定退钱。"],
    "escalation": "找主管",
    "severity": "high",
    "do": ["请客户挂断。"],
    "triggers": ["安全账户"],
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty articles folder that the settings name."""
    (tmp_path / "articles").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KB_ARTICLES", "articles")
    return tmp_path / "articles"


def new(*args: str) -> Result:
    return CliRunner().invoke(next(c for c in commands if c.name == "new"), args)


@pytest.mark.parametrize("kind", list(TYPES))
def test_a_new_template_is_checked_and_says_what_is_missing(root, kind):  # row 58
    done = new(kind, "card-lost", "--title", "卡丢了怎么办")
    assert done.exit_code == 0
    path = Path("articles") / FOLDERS[kind] / "card-lost.md"
    assert f"已生成 {path}" in done.output
    report = CliRunner().invoke(check, [str(path)])
    assert report.exit_code == 1
    assert report.exception is None or isinstance(report.exception, SystemExit)
    for name in ("answer", "category", "effective", "owner", "author", "approver", "verified", "identity", "by_phone"):
        assert f"缺少 {name}，请补上" in report.output
    assert "questions 至少要 6 条" in report.output
    assert "test_queries 至少要 4 条" in report.output


@pytest.mark.parametrize("kind", list(TYPES))
def test_a_template_that_is_filled_in_is_an_article(kind):  # row 58
    document = split(make_template(kind, "card-lost", "卡丢了怎么办"), "t.md")
    assert isinstance(document, Document)
    front = yaml.safe_load(yaml.serialize(document.front))
    assert all(FILLED[name] for name, value in front.items() if value is None)
    front.update({name: value for name, value in FILLED.items() if name in front})
    text = f"---\n{yaml.safe_dump(front, allow_unicode=True, sort_keys=False)}---\n{document.body}\n"
    parsed = parse_article(text.encode(), f"{FOLDERS[kind]}/card-lost.md", Registry())
    assert parsed.problems == ()
    assert parsed.article
    assert (parsed.article.type, parsed.article.title) == (kind, "卡丢了怎么办")


@pytest.mark.parametrize("kind", list(TYPES))
def test_every_field_of_a_template_has_a_hint_in_chinese(kind):
    head = make_template(kind, "card-lost").split("\n---\n")[0]
    known = {"id", "type", "status", "version", "document"}
    for line in head.split("\n")[1:]:
        name = line.strip(" -").partition(":")[0]
        assert "#" in line or name in known, line


@pytest.mark.parametrize("title", ["怎么: 办 #1", "[卡] {丢}", "'\"", "- 两\n行", "yes", "#", "{id}", ""])
def test_any_title_leaves_the_template_readable(title):  # row 58
    document = split(make_template("process", "card-lost", title), "t.md")
    assert isinstance(document, Document)
    assert (yaml.safe_load(yaml.serialize(document.front))["title"] or "") == " ".join(title.split())


@pytest.mark.parametrize("slug", ["Card", "卡", "a b", "../x", "-a", "", "a" * 81])
def test_a_bad_id_is_refused_in_chinese(root, slug):
    with pytest.raises(ArticleError, match="只能用小写英文"):
        write_template(root, "process", slug)
    assert list(root.rglob("*.md")) == []


def test_an_id_that_exists_in_any_type_or_version_is_refused(root):
    write_template(root, "product", "card-lost")
    (root / "products/card-lost.md").rename(root / "products/card-lost@2026-12-01.md")
    done = new("process", "card-lost")
    assert done.exit_code == 1
    assert isinstance(done.exception, ArticleError)
    assert "编号 card-lost 已经有了（products/card-lost@2026-12-01.md）" in str(done.exception)
    assert not (root / "processes").exists()


def test_outside_the_project_nothing_is_made(tmp_path):
    with pytest.raises(SettingError, match="没有这个文章目录"):
        write_template(tmp_path / "articles", "process", "card-lost")
    assert not (tmp_path / "articles").exists()
