"""Kills jobs at random moments while people ask a service, lets the next one run to its end, and counts what did not hold."""

import os
import random
import signal
import time
from dataclasses import dataclass, field

from apart import FRESH, ended
from builders import write_article
from service import kb, start_kb

from indexer import build as building
from indexer import generations
from indexer.backends import open_generation
from indexer.engine import LocalEngine
from kb.clock import now
from kb.db import users
from kb.db.engine import Database
from kb.publishing.workbench import open_workbench

PATH = "processes/replace-card.md"
SPARE = 2
# seconds that a job takes, before any was seen
FIRST_GUESS = 3.0


@dataclass
class Tally:
    """What came of it."""

    kills: dict[str, int] = field(default_factory=dict)
    # jobs that had ended before the kill came
    too_late: int = 0
    acknowledged: int = 0
    troubles: list[str] = field(default_factory=list)

    def killed(self, what):
        self.kills[what] = self.kills.get(what, 0) + 1


def said(number):
    return f"这是第{number}次的说法，本人带身份证到网点当场能换。"


class Killing:
    """One library, one index, one chance."""

    def __init__(self, settings, seed, articles=300):
        self.settings, self.chance, self.tally = settings, random.Random(seed), Tally()
        self.number = 0
        self.told = []
        for n in range(articles):
            write_article(settings.articles, f"bird-{n}", title=f"第{n}种鸟", answer=f"第{n}种鸟会飞。")
        building.build(settings, now())
        database = Database(settings.database)
        with database.writing() as connection:
            for name in ("jia", "yi"):
                users.add(connection, name, name, ["editor", "approver"], now())
        database.close()
        # how long each kind of job took the last time
        self._lengths = {}

    def job(self, *words):
        """Kill a command while it works, then let it run to its end; everything must be as if nothing had happened."""
        what = " ".join(words)
        self._change()
        # everybody of its group: a command forks what writes beside it
        job = start_kb(self.settings, *words, alone=True)
        # a command loads for a while before it works
        time.sleep(self._lengths.get(what, FIRST_GUESS) * self.chance.uniform(0.25, 1.0))
        late = job.poll() is not None
        self._kill(job.pid)
        job.communicate()
        self.tally.too_late += late
        self.tally.killed(what)
        began = time.monotonic()
        self._next_run(words)
        self._lengths[what] = time.monotonic() - began

    def _kill(self, group):
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            return

    def _change(self):
        self.number += 1
        write_article(
            self.settings.articles, "parrot", title="鹦鹉托运", answer=f"鹦鹉托运请联系第{self.number}家航空公司。"
        )

    def _next_run(self, words):
        code, output = kb(self.settings, *words)
        if code:
            self._trouble(f"{' '.join(words)} after a kill: {code} {output}")
        self.look()

    def publication(self):
        """Publish in a process that is killed; what was acknowledged must be there after the next start."""
        found = self._until_killed()
        self.tally.killed("publication")
        self.told += [int(line) for line in found if line.isdigit()]
        self.tally.acknowledged += sum(line.isdigit() for line in found)
        for line in found:
            if not line.isdigit():
                self._trouble(line)
        self.number += 1000
        code, output = kb(self.settings, "publish", "resume")
        if code:
            self._trouble(f"publish resume: {code} {output}")
        self._look_at_texts()
        self.look()

    def _until_killed(self):
        """What somebody says who publishes until he is killed."""
        hearing, telling = FRESH.Pipe(duplex=False)
        process = FRESH.Process(target=publish_on, args=(telling, self.settings, self.number))
        process.start()
        telling.close()
        with hearing, os.fdopen(os.dup(hearing.fileno()), encoding="utf-8") as lines:
            try:
                assert lines.readline() == "begun\n"
                time.sleep(self.chance.uniform(0.1, 1.2))
            finally:
                ended(process)
            return lines.read().split("\n")[:-1]

    def _look_at_texts(self):
        database = Database(self.settings.database)
        workbench = open_workbench(self.settings, database, None)
        history = workbench.history("replace-card")
        texts = "\n".join(revision.text for revision in history)
        for number in self.told:
            if said(number) not in texts:
                self._trouble(f"lost: {number}")
        if history and history[0].text != (self.settings.articles / PATH).read_text("utf-8"):
            self._trouble("torn: the file is not the newest revision")
        if workbench.unfinished():
            self._trouble("a publication is not finished")
        database.close()

    def look(self):
        """What must hold after the next run."""
        index = self.settings.index
        current = generations.current_name(index)
        try:
            open_generation(index / current, self.settings.var / "cache", everything=True).check()
        except Exception as error:
            self._trouble(f"{current}: {error}")
        spare = [p.name for p in index.glob("gen-*") if p.name != current]
        if len(spare) > SPARE or any(not (index / name / generations.MANIFEST).exists() for name in spare):
            self._trouble(f"spare generations: {spare}")
        for name in self._stale():
            self._trouble(f"left behind: {name}")

    def _stale(self):
        """Temporary files. Folders of trials are removed by the next trial that is a minute later: they count for nothing here."""
        var, articles = self.settings.var, self.settings.articles
        ours = [path for folder in ("", "index", "reports", "cache") for path in (var / folder).glob(".*")]
        return [path.name for path in (*ours, *articles.glob("*/.kb-*"))]

    def _trouble(self, text):
        self.tally.troubles.append(f"kill {sum(self.tally.kills.values())}: {text}"[:500])


def sweep(killing, rounds):
    """Each kind of job killed in turn, so many times in all."""
    kinds = [("index", "build"), ("index", "update"), None, ("nightly",)]
    for turn in range(rounds):
        kind = kinds[turn % len(kinds)]
        killing.publication() if kind is None else killing.job(*kind)
        if turn % 20 == 19:
            print(killing.tally, flush=True)


def publish_on(telling, settings, number):
    """Publish one after another, and tell the number of each."""

    def tell(line):
        os.write(telling.fileno(), f"{line}\n".encode())

    tell("begun")
    try:
        database = Database(settings.database)
        workbench = open_workbench(settings, database, LocalEngine(settings))
        with database.reading() as connection:
            author, approver = (users.find(connection, name).actor for name in ("yi", "jia"))
        while True:
            number += 1
            draft = workbench.begin_from(author, PATH, now())
            lines = [f"answer: {said(number)}" if ln.startswith("answer:") else ln for ln in draft.text.split("\n")]
            draft = workbench.save(author, draft.id, draft.number, "\n".join(lines), now())
            draft = workbench.submit(author, draft.id, now())
            workbench.approve(approver, draft.id, draft.number, now())
            tell(number)
    except BaseException as error:
        tell(f"error {type(error).__name__} {error}")
