"""Publishes in a child that is killed at a random moment, again and again; says what did not hold, as JSON.

python publishing_rounds.py ARTICLES VAR ROUNDS SEED
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

# loaded before children are forked: they are to be killed while they publish, not while they import
import indexer.build
import indexer.trial  # noqa: F401
from indexer.backends import CurrentSearcher
from indexer.engine import LocalEngine
from kb.articles import parse_article
from kb.clock import now
from kb.db import audit, users
from kb.db.engine import Database
from kb.publishing.workbench import Workbench, publish_lock
from kb.registry import load_registry
from kb.settings import Settings
from kb.visibility import ANYBODY

PATH = "processes/replace-card.md"


def said(number):
    return f"这是第{number}次发布的说法，本人带身份证到网点当场能换。"


def opened(settings):
    database = Database(settings.database)
    return database, Workbench(database, settings.articles, LocalEngine(settings), lock=publish_lock(settings))


def people(database):
    with database.reading() as connection:
        return [users.find(connection, name).actor for name in ("yi", "jia")]


def written(workbench, author, number):
    """A draft that is kept, in which the article says something new."""
    draft = workbench.begin_from(author, PATH, now())
    lines = [f"answer: {said(number)}" if line.startswith("answer:") else line for line in draft.text.split("\n")]
    return workbench.save(author, draft.id, draft.number, "\n".join(lines), now())


def let_through(workbench, author, approver, draft):
    """Publish a draft; what became of it."""
    draft = workbench.submit(author, draft.id, now())
    return workbench.approve(approver, draft.id, draft.number, now())


def publish_for_ever(settings, start, acknowledge):
    database, workbench = opened(settings)
    author, approver = people(database)
    number = start
    while True:
        number += 1
        let_through(workbench, author, approver, written(workbench, author, number))
        os.write(acknowledge, f"{number}\n".encode())


def killed_once(settings, start, after):
    """Let a child publish and kill it; the numbers that it was told are published."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            publish_for_ever(settings, start, writing)
        except BaseException as error:
            os.write(writing, f"error {type(error).__name__} {error}\n".encode())
        os._exit(1)
    os.close(writing)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reading, encoding="utf-8") as told:
        return told.read().split("\n")[:-1]


def broken(settings, acknowledged):
    """What does not hold after the next start."""
    database, workbench = opened(settings)
    workbench.resume(now())
    found = []
    file = settings.articles / PATH
    data = file.read_bytes()
    parsed = parse_article(data, PATH, load_registry(settings.articles)[0])
    if parsed.article is None:
        return [f"torn file: {[str(p) for p in parsed.errors]}"]
    history = workbench.history("replace-card")
    texts = [revision.text for revision in history]
    found += [f"lost: {number}" for number in acknowledged if not any(said(number) in text for text in texts)]
    if history and history[0].text != data.decode():
        found.append("the file is not the newest revision")
    shown = CurrentSearcher(settings).searcher().current("replace-card", now(), ANYBODY)
    if shown is None or shown.article.answer != parsed.article.answer:
        found.append(f"the index says {shown and shown.article.answer}, the file {parsed.article.answer}")
    found += [f"left behind: {p.name}" for p in file.parent.iterdir() if p.suffix != ".md"]
    with database.reading() as connection:
        if audit.broken_at(connection) is not None:
            found.append("the audit chain is broken")
        if len({r.version for r in history}) != len(history):
            found.append("a version was given twice")
    database.close()
    return found


def main(articles, var, rounds, seed):
    settings = Settings(articles=Path(articles), var=Path(var))
    LocalEngine(settings).take_up([], now())  # loads the dictionary once, for all children
    chance = random.Random(int(seed))
    acknowledged, troubles = [], []
    for turn in range(int(rounds)):
        told = killed_once(settings, turn * 1000, chance.uniform(0.02, 0.45))
        troubles += [f"round {turn}: {line}" for line in told if line.startswith("error")]
        acknowledged += [int(line) for line in told if line.isdigit()]
        troubles += [f"round {turn}: {trouble}" for trouble in broken(settings, acknowledged)]
    print(json.dumps({"acknowledged": len(acknowledged), "troubles": troubles}, ensure_ascii=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
