"""Every system call of a job is spoiled once: what must hold after each, and after the next run."""

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from killing import Killing
from publishing_rounds import PATH, broken, said

from indexer import build as building
from indexer.backends import CurrentSearcher
from indexer.cli_publishing import record_files
from kb.clock import now
from kb.db.opening import for_command
from kb.visibility import ANYBODY

HERE = Path(__file__).resolve().parent
# more calls of a kind than any job makes, and than what starts the jobs makes for all of them
LIMIT = 1000
CALLS = [
    "fsync", "fdatasync", "rename", "renameat", "write", "pwrite64", "mkdir", "symlink", "link", "linkat", "unlink",
    "unlinkat", "rmdir", "ftruncate", "fchmod", "sendfile",
]  # fmt: skip
# the second way is slower: strace sends no signals where only some calls stop a process
WAYS = {"EIO": ("error=EIO", "--seccomp-bpf"), "KILL": ("signal=KILL",)}
JOBS = ("build", "update", "publication")


class Spoiler:
    """Jobs under strace, each of which can be spoiled at one system call."""

    def __init__(self, settings, folder, way):
        """`way`: the call fails, or the process is killed at it."""
        if not shutil.which("strace"):
            pytest.skip("strace is needed to spoil system calls (Debian: apt-get install strace)")
        self.log, self.printed = folder / f"{way}.log", folder / f"{way}.printed"
        calls, (what, *faster) = ",".join(CALLS), WAYS[way]
        self._process = subprocess.Popen(
            ["strace", "-f", *faster, "-qq", "-y", "-o", self.log, "-e", f"trace={calls}", "-e",
             f"inject={calls}:{what}:when={LIMIT}", sys.executable, "-W", "ignore", HERE / "calls.py",
             settings.articles, settings.var, self.printed],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        # what was logged before the present job
        self._known = 0
        self._answer()

    def _answer(self):
        line = self._process.stdout.readline()
        if not line:
            reason = self._process.communicate()[1]
            if "ptrace" in reason:
                pytest.skip(f"strace is not permitted here: {reason.strip()}")
            pytest.fail(reason)
        return json.loads(line)

    def run(self, job, number, call="", nth=0, careless=False):
        """Do a job; process, exit code (negative: killed)."""
        self._known = self.log.stat().st_size
        request = [job, call, LIMIT - nth if call else 0, number, careless]
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _logged(self, pid):
        """What strace wrote of the present job, a line for each call."""
        with self.log.open("rb") as log:
            log.seek(self._known)
            return re.findall(rf"^{pid} +(.*)", log.read().decode("utf-8", "replace"), re.MULTILINE)

    def calls(self, pid):
        """How often the process made each call."""
        names = Counter(line.partition("(")[0] for line in self._logged(pid))
        return {name: number for name, number in names.items() if name in CALLS}

    def spoiled(self, pid):
        """The call that was spoiled, as strace writes it; empty if none was."""
        lines = self._logged(pid)
        failed = [line for line in lines if "(INJECTED)" in line]
        killed = [before for before, line in pairwise(lines) if "killed by SIGKILL" in line]
        return (failed or killed or [""])[0][:160]

    def end(self):
        self._process.communicate()


class Sweep:
    """One library whose jobs are spoiled one after another; `troubles` tells what did not hold."""

    def __init__(self, settings):
        for_command(settings.database).close()
        self.settings, self.troubles, self.number = settings, [], 0
        self.reached, self.complete, self.refused, self.killed = 0, 0, 0, 0
        self._watching = Killing(settings, 0, articles=0)

    def one(self, spoiler, job, call="", nth=0, careless=False):
        """Spoil one call of a job; the number of the process."""
        self.number += 1
        old = self.answer()
        if job != "publication":
            self._edit()
        pid, code = spoiler.run(job, self.number, call, nth, careless)
        spoiled = spoiler.spoiled(pid)
        self._count(code, bool(spoiled))
        found = list(self._right_after(code, old, spoiler.printed.read_text("utf-8", "replace")))
        found += self._after_the_next_run(job)
        self.troubles += [f"{job} {call} {nth} ({spoiled}): {trouble}" for trouble in found]
        return pid

    def _edit(self):
        """The article says something new, in its file."""
        file = self.settings.articles / PATH
        text = re.sub(r"(?m)^answer: .*$", f"answer: {said(self.number)}", file.read_text("utf-8"))
        file.write_text(re.sub(r"(?m)^version: (\d+)$", lambda v: f"version: {int(v[1]) + 1}", text), "utf-8")

    def answer(self):
        """What agents read now."""
        found = CurrentSearcher(self.settings).searcher().current("replace-card", now(), ANYBODY)
        return found and found.article.answer

    def _count(self, code, spoiled):
        self.reached += spoiled
        self.complete += spoiled and code == 0
        self.refused += spoiled and code > 0
        self.killed += code < 0

    def _right_after(self, code, old, printed):
        served = self.answer()
        if served not in (old, said(self.number)):
            yield f"serves {served}"
        if code == 0 and served == old:
            yield f"exit 0, and the old index serves: {printed[-300:]}"
        if "Traceback" in printed:
            yield f"not said in words: {printed[-600:]}"

    def _after_the_next_run(self, job):
        building.update(self.settings, now())
        record_files(self.settings, now())
        yield from broken(self.settings, [])
        self._watching.tally.troubles.clear()
        self._watching.look()
        yield from self._watching.tally.troubles
        if job != "publication" and self.answer() != said(self.number):
            yield f"the next run does not heal: {self.answer()}"
