"""Power cuts: somebody publishes on an ext4 file system in a file, which is copied while it is mounted.

What was not on disk is not in the copy.
"""

import contextlib
import os
import random
import re
import signal
import subprocess
import time
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from apart import FRESH, Apart, ended
from libraries import settings_in
from publishing_rounds import PATH, let_through, opened, people, said, written
from service import until

from indexer import build as building
from indexer import generations
from indexer.backends import CurrentSearcher, open_generation
from kb.articles import parse_article
from kb.clock import now
from kb.db.opening import open_database
from kb.errors import IndexProblem
from kb.files import ArticleFiles
from kb.registry import load_registry
from kb.visibility import ANYBODY

MEGABYTES = 200
# a whole build now and then between publications
BUILD_EVERY = 7
# ext4 hides a missing fsync before a rename unless it is told not to; nor does it write by itself every five seconds here
STRICT = "loop,noauto_da_alloc,commit=300"


def run(*command):
    """A command of the system; skip the test where it is not there or not permitted."""
    try:
        ran = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip(f"{command[0]} is needed for power cuts")
    if ran.returncode:
        pytest.skip(f"mounting an image is not permitted here: {ran.stderr.strip()}")


@contextlib.contextmanager
def mounted(image, place):
    """A file system in a file, mounted."""
    place.mkdir(exist_ok=True)
    run("mount", "-o", STRICT, image, place)
    try:
        yield place
    finally:
        if subprocess.run(["umount", str(place)], check=False).returncode:
            # a process that did not end still uses it: nobody after us finds a folder that cannot be removed
            subprocess.run(["umount", "--lazy", str(place)], check=True)


def make_image(image):
    """An empty file system; nothing of it is left to be made later, in the background."""
    with image.open("wb") as file:
        file.truncate(MEGABYTES << 20)
    run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", image)


@dataclass
class Told:
    """What somebody was told is kept."""

    # (number of the draft, what it says)
    saved: list[tuple[int, int]] = field(default_factory=list)
    # what the file says, what was published, what the index answers
    written: list[int] = field(default_factory=list)
    published: list[int] = field(default_factory=list)
    indexed: list[int] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def take(self, line):
        what, *numbers = line.split()
        if what == "saved":
            self.saved.append((int(numbers[0]), int(numbers[1])))
        elif what in ("written", "indexed"):
            getattr(self, what).append(int(numbers[0]))
        elif what == "published":
            for kept in (self.written, self.published, self.indexed):
                kept.append(int(numbers[0]))
        else:
            self.errors.append(line)


def publishing(settings, tell):
    """Save, publish and build at the workbench, without end."""
    database, workbench = opened(settings)
    author, approver = people(database)
    for number in count(1):
        draft = written(workbench, author, number)
        tell(f"saved {draft.id} {number}")
        if let_through(workbench, author, approver, draft).state == "applied":
            tell(f"published {number}")
        if number % BUILD_EVERY == 0:
            building.build(settings, now())


def writing(settings, tell):
    """Write the file and bring the index up to date, without end: no database whose fsync brings other files to the disk."""
    files = ArticleFiles(settings.articles)
    for number in count(1):
        text = re.sub(r"(?m)^answer: .*$", f"answer: {said(number)}", files.read(PATH).decode())
        files.write(PATH, text.encode())
        tell(f"written {number}")
        building.update(settings, now(), paths=[settings.articles / PATH])
        tell(f"indexed {number}")


class Worker:
    """A process that works without end, and tells what is done."""

    def __init__(self, settings, work, spoil=int):
        """`work(settings, tell)`; `spoil`: makes the process a careless one. Both stand in modules."""
        self.told, self._rest = Told(), b""
        self._hearing, telling = FRESH.Pipe(duplex=False)
        os.set_blocking(self._hearing.fileno(), False)
        self._process = FRESH.Process(target=_go_on, args=(telling, settings, work, spoil))
        self._process.start()
        telling.close()

    def told_so_far(self):
        """What it has told until now."""
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self._hearing.fileno(), 1 << 16):
                *lines, self._rest = (self._rest + data).split(b"\n")
                for line in lines:
                    self.told.take(line.decode())
        return self.told

    @contextlib.contextmanager
    def stopped(self):
        """The process does nothing; everything it has told is known."""
        self._signal(signal.SIGSTOP)
        until(self._stands)
        self.told_so_far()
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def _signal(self, number):
        # it may have ended with an error, which it has told
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process.pid, number)

    def _stands(self):
        stats = [p.read_text() for p in Path(f"/proc/{self._process.pid}/task").glob("*/stat")]
        return all(stat.rpartition(")")[2].split()[0] in "TZ" for stat in stats)

    def end(self):
        ended(self._process)
        self._hearing.close()


def _go_on(telling, settings, work, spoil):
    def tell(line):
        os.write(telling.fileno(), f"{line}\n".encode())

    try:
        spoil()
        work(settings, tell)
    except BaseException as error:
        tell(f"error {type(error).__name__} {error}")


def copied(image, copy):
    """Copy an image as it is at one moment: once more if the system wrote to it meanwhile."""
    while True:
        before = image.stat().st_mtime_ns
        subprocess.run(["cp", "--sparse=always", str(image), str(copy)], check=True)
        if image.stat().st_mtime_ns == before:
            return


def lost(place, told):
    """What does not hold on a disk after a power cut."""
    settings, found = settings_in(place), []
    file = settings.articles / PATH
    text = file.read_text("utf-8", "replace") if file.exists() else ""
    # the next one may stand there already, and not be told
    if told.written and not any(said(told.written[-1] + more) in text for more in (0, 1)):
        found.append(f"the file says neither {told.written[-1]} nor what came next: {text[:40]!r}")
    if told.indexed and answer(settings) not in [said(told.indexed[-1] + more) for more in (0, 1)]:
        found.append(f"the index says {answer(settings)}, not {told.indexed[-1]}")
    database = open_database(settings.database, now())
    if database.quarantined:
        return [*found, "the database is broken"]
    database.database.close()
    return found + _after_the_next_run(settings, told)


def answer(settings):
    """What agents read; the error if they read nothing."""
    try:
        served = CurrentSearcher(settings).searcher().current("replace-card", now(), ANYBODY)
    except IndexProblem as error:
        return str(error)
    return served and served.article.answer


def _after_the_next_run(settings, told):
    """What the next `kb publish resume` and `kb index update` do not bring back."""
    database, workbench = opened(settings)
    try:
        found = [f"not resumed: {p.path} {p.reason}" for p in workbench.resume(now()) if p.state != "applied"]
        building.update(settings, now())
        current = settings.index / generations.current_name(settings.index)
        open_generation(current, settings.var / "cache", everything=True).check()
        history = [revision.text for revision in workbench.history("replace-card")]
        found += [f"publication lost: {n}" for n in told.published if not any(said(n) in text for text in history)]
        found += [f"draft lost: {n}" for draft, n in told.saved if said(n) not in workbench.draft(draft).text]
        stands = parse_article(
            (settings.articles / PATH).read_bytes(), PATH, load_registry(settings.articles)[0]
        ).article
        if not stands or answer(settings) != stands.answer:
            found.append(f"the index says {answer(settings)}, the file {stands and stands.answer}")
    finally:
        database.close()
    return found


def found(place, told):
    """`lost`, by a process that keeps no file of the copy open when it ends."""
    try:
        return Apart(lost, place, told).result()
    except AssertionError as error:
        return [str(error)]


def cut(worker, image, copy, chance):
    """Let somebody work for a moment, cut the power, and look at what is on the disk; what does not hold."""
    time.sleep(chance.uniform(0.05, 0.6))
    with worker.stopped():
        copied(image, copy)
        with mounted(copy, copy.with_suffix(".mounted")) as place:
            return [*worker.told.errors, *found(place, worker.told)]


def chance_of(name):
    """Random moments, printed so that they can be repeated."""
    seed = int(os.environ.get(name) or random.SystemRandom().randrange(10**6))
    print(f"{name}={seed}")
    return random.Random(seed)
