"""Two jobs at once, a parent that is killed before its child, and many bad articles in one night."""

import os
import signal
import subprocess
import sys
import textwrap
from contextlib import ExitStack

import pytest
from builders import article_text, write_article
from service import kb, start_kb, until

from indexer import build as building
from indexer import generations
from indexer.backends import CurrentSearcher, open_generation
from kb.ask import KnowledgeBase
from kb.clock import now
from kb.visibility import ANYBODY

JOBS = {"build": ("index", "build"), "update": ("index", "update"), "nightly": ("nightly",)}
BUSY = "另一个"


def said(settings, question):
    cards = KnowledgeBase(CurrentSearcher(settings)).ask(question, ANYBODY, now()).cards
    return cards[0].answer.text if cards else None


@pytest.fixture
def served(settings):
    for number in range(80):
        write_article(settings.articles, f"bird-{number}", title=f"第{number}种鸟", answer=f"第{number}种鸟会飞。")
    building.build(settings, now())
    return settings


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "pair", [("build", "update"), ("build", "nightly"), ("update", "nightly"), ("nightly", "nightly")],
    ids="-".join,
)  # fmt: skip
def test_of_two_jobs_one_works_and_the_other_waits_or_says_so(served, pair):  # row 73, C5
    write_article(served.articles, "parrot", title="鹦鹉托运", answer="鹦鹉托运请联系航空公司。")
    jobs = [start_kb(served, *JOBS[name]) for name in pair]
    outputs = [job.communicate(timeout=200)[0] for job in jobs]
    codes = [job.returncode for job in jobs]
    assert 0 in codes, outputs
    for code, output in zip(codes, outputs, strict=True):
        assert "Traceback" not in output, output
        assert code == 0 or BUSY in output, (code, output)
    assert said(served, "鹦鹉托运") == "鹦鹉托运请联系航空公司。"
    current = served.index / generations.current_name(served.index)
    open_generation(current, served.var / "cache", everything=True).check()
    assert not (served.index / ".unfinished").exists()


@pytest.mark.timeout(300)
def test_jobs_beside_a_watch_wait_for_each_other(served):  # row 73, C5
    with ExitStack() as stack:
        watch = start_kb(served, "watch")
        stack.callback(watch.communicate)
        stack.callback(watch.kill)
        for number, words in enumerate(JOBS.values()):
            answer = f"鹦鹉托运请联系第{number}家航空公司。"
            write_article(served.articles, "parrot", title="鹦鹉托运", answer=answer)
            code, output = kb(served, *words)
            assert code == 0 or BUSY in output, (code, output)
            until(lambda answer=answer: said(served, "鹦鹉托运") == answer, lambda: said(served, "鹦鹉托运"))


KILLED_PARENT = textwrap.dedent("""
    import os, sys, time
    from pathlib import Path
    from indexer import generations
    from kb.locks import exclusive

    with generations.write_lock(Path(sys.argv[1])), exclusive(Path(sys.argv[2]), 0):
        child = os.fork()
        if child == 0:
            time.sleep(300)
        print(child, flush=True)
        time.sleep(300)
""")


@pytest.mark.timeout(120)
def test_a_killed_parent_releases_its_locks_though_its_child_lives(served):  # rows 68 73, C5
    lock = served.var / "nightly.lock"
    command = [sys.executable, "-W", "ignore", "-c", KILLED_PARENT, str(served.index), str(lock)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        try:
            code, output = kb(served, "index", "build")
            assert (code, BUSY in output) == (1, True), output
            assert kb(served, "nightly")[0] == 4
            parent.kill()
            parent.wait()
            os.kill(child, 0)  # it lives
            code, output = kb(served, "index", "build")
            assert code == 0, output
            assert kb(served, "nightly")[0] == 0
        finally:
            os.kill(child, signal.SIGKILL)


def spoil(text, number):
    """A text with one of ten kinds of mistake."""
    kinds = [
        lambda t: t.replace("effective:", "effektive:"),
        lambda t: "---\nid: [\n---\n",
        lambda t: t.replace("---\n", "", 1),
        lambda t: t.replace("version: 1", "version: eins"),
        lambda t: t.replace("type: process", "type: nonsense"),
        lambda t: t.encode("gbk", "replace").decode("latin-1"),
        lambda t: t.replace("identity: L1", "identity: L9"),
        lambda t: t.replace("\nanswer:", "\nanswer: doppelt\nanswer:"),
        lambda t: t[: len(t) // 3],
        lambda t: "",
    ]
    return kinds[number % len(kinds)](text)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("words", [("index", "update"), ("nightly",)], ids=" ".join)
def test_thirty_bad_articles_are_named_and_their_last_good_versions_serve(served, words):  # row 71, A7
    names = [f"bird-{number}" for number in range(30)]
    for number, name in enumerate(names):
        text = article_text(name, title=f"第{number}种鸟", answer=f"第{number}种鸟会游泳。")
        path = served.articles / f"processes/{name}.md"
        path.write_bytes(spoil(text, number).encode("latin-1" if number % 10 == 5 else "utf-8"))
    write_article(served.articles, "bird-77", title="第77种鸟", answer="第77种鸟会潜水。")
    write_article(served.articles, "parrot", title="鹦鹉托运", answer="鹦鹉托运请联系航空公司。")
    code, output = kb(served, *words)
    assert code == 0, output
    # the page of the night shows the first ones, its record names all
    named = "".join([output, *(report.read_text("utf-8") for report in served.reports.glob("night-*.json"))])
    assert [name for name in names if f"{name}.md" not in named] == []
    base = KnowledgeBase(CurrentSearcher(served))
    kept = {n: found[0].article.answer for n in names if (found := base.article(n, ANYBODY, now()))}
    assert kept == {name: f"第{number}种鸟会飞。" for number, name in enumerate(names)}
    assert said(served, "第77种鸟") == "第77种鸟会潜水。"
    assert said(served, "鹦鹉托运") == "鹦鹉托运请联系航空公司。"
    manifest = generations.read_manifest(served.index / generations.current_name(served.index))
    assert manifest.articles == 5 + 80 + 1
