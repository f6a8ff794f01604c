"""`kb watch` as its operator runs it: a real process, real files, and a searcher in this process that must find what changed."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from builders import write_article, write_small_library

from indexer import build as building
from indexer import generations
from indexer.backends import CurrentSearcher
from indexer.pending import MANY, Pending
from kb.ask import KnowledgeBase
from kb.clock import now
from kb.db.opening import open_database
from kb.publishing.workbench import open_workbench
from kb.settings import Settings
from kb.visibility import ANYBODY

pytestmark = pytest.mark.timeout(180)
# the figure is two seconds (benchmarks.watch); machines that test are slow and shared
BOUND = 30


class Watched:
    """A running `kb watch` and what it says."""

    def __init__(self, settings, **more):
        env = os.environ | {"KB_ARTICLES": str(settings.articles), "KB_VAR": str(settings.var)} | more
        self.settings, self.said = settings, []
        self.process = subprocess.Popen(
            [Path(sys.executable).with_name("kb"), "watch"], env=env, stderr=subprocess.PIPE, text=True
        )
        self._reader = threading.Thread(target=lambda: self.said.extend(self._lines()), daemon=True)
        self._reader.start()
        self._base = KnowledgeBase(CurrentSearcher(settings))

    def _lines(self):
        for line in self.process.stderr:
            self.said.append(line)
        return []

    def ready(self):
        """Everything there was is taken up, and the folder is watched."""
        self.hears("正在监视")
        mark = self.settings.articles / "products" / "watch-is-ready.md"
        write_article(self.settings.articles, mark.stem, title="哨兵", answer="哨兵已就位。")
        self.finds("哨兵", mark.stem)
        return self

    def hears(self, words, bound=BOUND):
        until(lambda: words in "".join(self.said), bound, lambda: f"{words!r} not in {self.said}")

    def first(self, question):
        hits = self._base.hits(question, ANYBODY, now(), 5)
        return hits[0].key.rpartition("@")[0] if hits else ""

    def finds(self, question, article, bound=BOUND):
        until(lambda: self.first(question) == article, bound, lambda: f"{self.first(question)}: {self.said}")

    def loses(self, question, article, bound=BOUND):
        until(lambda: self.first(question) != article, bound, lambda: f"{self.said}")

    def ends(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        code = self.process.wait(60)
        self._reader.join(10)
        return code


def until(true, bound, why):
    end = time.monotonic() + bound
    while not true():
        assert time.monotonic() < end, why()
        time.sleep(0.05)


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """Watches a folder for all tests that leave it as they found it, but for articles of their own."""
    folder = tmp_path_factory.mktemp("watched")
    write_small_library(folder / "articles")
    settings = Settings(articles=folder / "articles", var=folder / "var")
    building.build(settings, now())
    with running(settings) as one:
        yield one.ready()


@contextlib.contextmanager
def running(settings, **more):
    one = Watched(settings, **more)
    try:
        yield one
    finally:
        one.process.kill()
        one.process.wait()
        one.process.stderr.close()


def article_of(settings, name):
    return next(settings.articles.rglob(f"{name}.md"))


def test_what_is_saved_changed_and_deleted_is_found_and_gone(watched):  # row 72
    root = watched.settings.articles
    write_article(root, "parrot", title="鹦鹉托运", answer="鹦鹉托运请联系航空公司。")
    watched.finds("鹦鹉托运", "parrot")
    path = article_of(watched.settings, "parrot")
    path.write_text(path.read_text("utf-8").replace("鹦鹉", "海龟"), "utf-8")
    watched.finds("海龟托运", "parrot")
    path.rename(path.with_name("turtle.md"))
    renamed = path.with_name("turtle.md")
    renamed.write_text(renamed.read_text("utf-8").replace("id: parrot", "id: turtle"), "utf-8")
    watched.finds("海龟托运", "turtle")
    renamed.unlink()
    watched.loses("海龟托运", "turtle")
    assert "已更新" in "".join(watched.said)


def test_a_changed_lexicon_is_taken_up(watched):
    write_article(watched.settings.articles, "ostrich", title="鸵鸟托运", answer="鸵鸟托运请联系航空公司。")
    watched.finds("鸵鸟托运", "ostrich")
    assert watched.first("飞禽") != "ostrich"
    words = watched.settings.articles / "_lexicon"
    words.mkdir(exist_ok=True)
    (words / "synonyms.txt").write_text("飞禽 = 鸵鸟\n", "utf-8")
    watched.finds("飞禽", "ostrich")


def test_a_half_written_file_leaves_the_last_good_version_until_it_is_whole(watched):  # row 71
    write_article(watched.settings.articles, "whale", title="鲸鱼托运", answer="鲸鱼托运请联系航空公司。")
    watched.finds("鲸鱼托运", "whale")
    path = article_of(watched.settings, "whale")
    text = path.read_text("utf-8").replace("航空公司", "铁路公司")
    with path.open("w", encoding="utf-8") as file:
        file.write(text[: len(text) // 3])
        file.flush()
        watched.hears("whale.md")
        assert watched.first("鲸鱼托运") == "whale"
        file.write(text[len(text) // 3 :])
    base = KnowledgeBase(CurrentSearcher(watched.settings))
    until(lambda: "铁路公司" in str(base.ask("鲸鱼托运", ANYBODY, now(), 1)), BOUND, lambda: watched.said)


def test_a_thousand_files_at_once_become_few_updates(watched):
    source = watched.settings.var / "checkout"
    for number in range(1000):
        write_article(source, f"bird-{number}", title=f"第{number}种鸟", answer=f"第{number}种鸟会飞。")
    before = watched.said.copy()
    shutil.copytree(source, watched.settings.articles, dirs_exist_ok=True)
    until(lambda: watched.first("第999种鸟") == "bird-999", 120, lambda: watched.said)
    time.sleep(2)
    updates = [line for line in watched.said[len(before) :] if "已更新" in line]
    assert 1 <= len(updates) <= 4, updates
    assert watched.first("第7种鸟") == "bird-7"


def current(settings):
    return settings.index / generations.current_name(settings.index)


def test_a_folder_that_goes_away_empties_nothing_and_is_watched_again(watched):
    root = watched.settings.articles
    served = generations.read_manifest(current(watched.settings)).articles
    away = root.with_name("away")
    root.rename(away)
    watched.hears("不见了")
    time.sleep(1)
    assert generations.read_manifest(current(watched.settings)).articles == served
    # what a failed mount leaves
    root.mkdir()
    watched.hears("里没有文章")
    time.sleep(2)
    assert generations.read_manifest(current(watched.settings)).articles == served
    root.rmdir()
    write_article(away, "tiger", title="老虎托运", answer="老虎托运请联系航空公司。")
    away.rename(root)
    watched.finds("老虎托运", "tiger")
    write_article(root, "rhino", title="犀牛托运", answer="犀牛托运请联系船运公司。")
    watched.finds("犀牛托运", "rhino")


def test_a_link_that_is_turned_to_another_folder_is_followed(settings, tmp_path):
    first = settings.articles.rename(tmp_path / "checkout-1")
    settings.articles.symlink_to(first)
    building.build(settings, now())
    with running(settings) as watched:
        watched.ready()
        second = shutil.copytree(first, tmp_path / "checkout-2")
        write_article(second, "parrot", title="鹦鹉托运", answer="鹦鹉托运请联系航空公司。")
        turned = tmp_path / "turned"
        turned.symlink_to(second)
        turned.replace(settings.articles)
        watched.finds("鹦鹉托运", "parrot")
        write_article(second, "turtle", title="海龟托运", answer="海龟托运请联系船运公司。")
        watched.finds("海龟托运", "turtle")


def test_another_job_that_writes_the_index_is_waited_for(watched):  # row 73
    with generations.write_lock(watched.settings.index, 10):
        write_article(watched.settings.articles, "camel", title="骆驼托运", answer="骆驼托运请联系航空公司。")
        watched.hears("另一个任务正在写索引")
        assert watched.first("骆驼托运") != "camel"
    watched.finds("骆驼托运", "camel")


def test_looking_again_and_again_finds_changes_too(settings):
    building.build(settings, now())
    with running(settings, KB_WATCH_POLL="yes") as watched:
        watched.ready()
        write_article(settings.articles, "parrot", title="鹦鹉托运", answer="鹦鹉托运请联系航空公司。")
        watched.finds("鹦鹉托运", "parrot")


def test_ctrl_c_in_the_middle_of_an_update_leaves_the_index_as_it_was(settings):  # row 68
    building.build(settings, now())
    for number in range(400):
        write_article(settings.articles, f"bird-{number}", title=f"第{number}种鸟", answer=f"第{number}种鸟会飞。")
    before = generations.current_name(settings.index), generations.names(settings.index)
    with running(settings) as watched:
        until(lambda: len(list(settings.index.glob("gen-*"))) > 1, BOUND, lambda: watched.said)
        code = watched.ends(signal.SIGINT)
        assert code == 0, watched.said
    if generations.current_name(settings.index) == before[0]:
        # it was in the middle: nothing of it is left
        assert len(list(settings.index.glob("gen-*"))) == 1
    building.update(settings, now())
    assert generations.read_manifest(current(settings)).articles == 405


def test_the_second_of_two_leaves_and_says_so(watched):  # row 73
    with running(watched.settings) as second:
        assert second.process.wait(60) == 4
        until(lambda: second.said, 10, lambda: "nothing said")
        assert "另一个 kb watch 正在运行" in "".join(second.said)


def test_what_was_taken_up_is_in_the_history(settings):
    open_database(settings.database, now()).database.close()
    building.build(settings, now())
    with running(settings) as watched:
        watched.ready()
        write_article(settings.articles, "parrot", title="鹦鹉托运", answer="鹦鹉托运请联系航空公司。")
        watched.finds("鹦鹉托运", "parrot")
        opened = open_database(settings.database, now())
        workbench = open_workbench(settings, opened.database, None)
        until(lambda: workbench.history("parrot"), BOUND, lambda: watched.said)
        opened.database.close()
        assert watched.ends() == 0
        assert watched.said[-1] == "已停止监视。\n"


def test_many_files_that_vanish_rest_longer_than_a_few(tmp_path):  # row 72
    few, many = Pending(), Pending()
    few.add([("deleted", tmp_path / f"a{n}.md") for n in range(20)], tmp_path)
    many.add([("deleted", tmp_path / f"a{n}.md") for n in range(200)], tmp_path)
    assert few.rest(0, 1000) == 0
    assert 10 <= many.rest(0, 1000) <= 30
    assert many.rest(0, 100_000) == 0


def test_what_is_no_article_is_passed_over(tmp_path):
    (tmp_path / "notes.txt").write_text("x", "utf-8")
    pending = Pending()
    names = [".git/index", "products/.a.md.swp", "products/.kb-0123456789abcdef.new", "_drafts/a.md", "_lexicon/.x.txt"]
    pending.add([("added", tmp_path / name) for name in names], tmp_path)
    pending.add([("added", tmp_path / "notes.txt"), ("modified", tmp_path / "products")], tmp_path)
    # an editor tries whether it may write
    pending.add([("added", tmp_path / "4913"), ("deleted", tmp_path / "4913")], tmp_path)
    assert not pending
    pending.add([("modified", tmp_path / "products/a.md")], tmp_path)
    assert pending.named == [tmp_path / "products/a.md"]


@pytest.mark.parametrize("name", ["_lexicon/synonyms.txt", "_registry/products.yml", "_lexicon", "moved-away"])
def test_a_shared_file_or_a_folder_makes_everything_be_looked_at(tmp_path, name):
    pending = Pending()
    pending.add([("modified", tmp_path / "products/a.md"), ("deleted", tmp_path / name)], tmp_path)
    assert pending
    assert pending.named is None


def test_more_than_can_be_named_is_compared(tmp_path):
    pending = Pending()
    pending.add([("added", tmp_path / f"{n}.md") for n in range(MANY + 1)], tmp_path)
    assert pending.named is None
    assert pending.rest(1000, 10) > 0


def test_without_a_folder_there_is_nothing_to_watch(settings):
    gone = replace(settings, articles=settings.articles / "nowhere")
    with running(gone) as watched:
        assert watched.process.wait(60) == 1
        until(lambda: watched.said, 10, lambda: "nothing said")
        assert "找不到文章目录" in watched.said[0]
