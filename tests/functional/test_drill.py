"""The drill: a backup is made while people publish and ask, restored into empty folders, and everything is as it was (O1)."""

import shutil
import threading

from builders import article_text
from click.testing import CliRunner
from publishing_desk import NEW, indexed_desk

from indexer.backends import CurrentSearcher
from indexer.deep import differences, examine
from kb.ask import KnowledgeBase
from kb.cli import cli, register_commands
from kb.clock import now
from kb.db import revisions
from kb.db.engine import Database
from kb.settings import Settings
from kb.visibility import ANYBODY

register_commands()
QUESTIONS = [
    "补卡要多久",
    "网银盾坏了",
    "取五万要登记吗",
    "排队两小时",
    "警察让我转账",
    "新来的1号事",
    "新来的4号事",
    "独角兽",
]


def kb(settings, *arguments):
    env = {"KB_ARTICLES": str(settings.articles), "KB_VAR": str(settings.var)}
    ran = CliRunner().invoke(cli, [str(argument) for argument in arguments], env=env)
    assert ran.exit_code == 0, (ran.output, ran.exception)
    return ran.output


def answers(settings):
    """What agents see of each question, but for the generation and the moment."""
    base = KnowledgeBase(CurrentSearcher(settings))
    at = now()
    found = [base.ask(question, ANYBODY, at) for question in QUESTIONS]
    return [(a.alerts, a.cards, a.confident, a.message, a.chips) for a in found]


def history(settings):
    """Every revision there is."""
    database = Database(settings.database)
    try:
        with database.reading() as connection:
            return revisions.since(connection, 0)
    finally:
        database.close()


def files(root):
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_made_under_load_and_restored_on_an_empty_machine_nothing_is_different(settings, database, tmp_path):  # O1
    desk = indexed_desk(settings, database)
    stop, troubles, published = threading.Event(), [], []

    def publish():
        number = 0
        while not stop.is_set() or number < 3:
            number += 1
            draft = desk.workbench.begin_new(
                desk.bing, "process", f"new-{number}", desk.later(),
                text=article_text(f"new-{number}", title=f"新来的{number}号事"),
            )  # fmt: skip
            draft = desk.workbench.submit(desk.bing, draft.id, desk.later())
            made = desk.approve(draft)
            # while the backup is made, a publication waits and is finished later
            published.append(made.id)

    def ask():
        base = KnowledgeBase(CurrentSearcher(settings))
        while not stop.is_set():
            if not base.ask("补卡要多久", ANYBODY, now()).cards:
                troubles.append("no answer")

    desk.publish()
    workers = [threading.Thread(target=work) for work in (publish, ask, ask)]
    for worker in workers:
        worker.start()
    file = tmp_path / "backup.zip"
    kb(settings, "backup", file)
    stop.set()
    for worker in workers:
        worker.join(60)
    assert not troubles
    assert len(published) >= 3

    # an empty machine, to which only the file was carried
    other = Settings(articles=tmp_path / "other/articles", var=tmp_path / "other/var")
    carried = shutil.copy(file, tmp_path / "carried.zip")
    assert "完好" in kb(other, "restore", "--check", carried)
    kb(other, "restore", carried)
    kb(other, "index", "build")
    folder = other.index / CurrentSearcher(other).searcher().generation
    assert examine(folder) == []
    assert differences(folder, other.articles) == []

    # the backup is of one moment: what was published after it is not there, everything before it is
    restored, here = history(other), history(settings)
    assert restored == here[: len(restored)]
    texts = files(other.articles)
    assert texts["processes/replace-card.md"].decode().count(NEW)
    for name, data in texts.items():
        assert data == (settings.articles / name).read_bytes(), name
    later = files(settings.articles).keys() - texts.keys()
    assert later <= {f"processes/new-{number}.md" for number in range(1, len(published) + 1)}
    for name in later:
        (settings.articles / name).unlink()
    kb(settings, "index", "build")
    assert answers(other) == answers(settings)
