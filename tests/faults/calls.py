"""Does jobs in children, of which each can let one system call of its own be the one that strace spoils.

strace -f -e inject=CALLS:error=EIO:when=LIMIT python calls.py ARTICLES VAR PRINTED

strace counts for each process and each call by itself: a child that makes a call in vain LIMIT - N times before it works is
spoiled at its Nth. Reads a JSON line [job, call, times in vain, number, whether the job is a careless one] and answers with
[process, status].
"""

import contextlib
import json
import os
import sys
from pathlib import Path

from publishing_rounds import let_through, opened, people, written

# loaded before children are forked
import indexer.build
import indexer.cli
import indexer.trial  # noqa: F401
from indexer import generations
from indexer.engine import LocalEngine
from kb import cli
from kb.clock import now
from kb.errors import KBError
from kb.settings import Settings

NOT_YET = 3


def in_vain(call, times):
    """Make a system call that does nothing, so many times."""
    reading, writing = os.pipe()
    nowhere = os.open("/dev/null", os.O_WRONLY)
    gone = Path("/nowhere/a")
    empty = {
        "fsync": lambda: os.fsync(reading),
        "fdatasync": lambda: os.fdatasync(reading),
        "rename": lambda: gone.rename("/nowhere/b"),
        "renameat": lambda: os.rename("a", "b", src_dir_fd=nowhere, dst_dir_fd=nowhere),
        "write": lambda: os.write(nowhere, b"x"),
        "pwrite64": lambda: os.pwrite(nowhere, b"x", 0),
        "mkdir": lambda: Path("/").mkdir(),
        "symlink": lambda: gone.symlink_to("b"),
        "link": lambda: os.link("/nowhere/a", "/nowhere/b"),
        "linkat": lambda: os.link("a", "b", src_dir_fd=nowhere, dst_dir_fd=nowhere),
        "unlink": lambda: gone.unlink(),
        "unlinkat": lambda: os.unlink("a", dir_fd=nowhere),
        "rmdir": lambda: gone.rmdir(),
        "ftruncate": lambda: os.ftruncate(reading, 0),
        "fchmod": lambda: os.fchmod(nowhere, 0o666),
        "sendfile": lambda: os.sendfile(nowhere, reading, 0, 0),
    }[call]
    for _ in range(times):
        with contextlib.suppress(OSError):
            empty()
    for descriptor in (reading, writing, nowhere):
        os.close(descriptor)


def command(*words):
    """A `kb` command, as its program does it."""

    def work(*_):
        sys.argv = ["kb", *words]
        cli.main()

    return work


def publication(settings, number):
    """Save, submit and approve; good only if it is said to be done."""
    database, workbench = opened(settings)
    author, approver = people(database)
    made = let_through(workbench, author, approver, written(workbench, author, number))
    database.close()
    sys.exit(0 if made.state == "applied" else NOT_YET)


JOBS = {"build": command("index", "build"), "update": command("index", "update"), "publication": publication}


def child(settings, printed, request):
    """Do one job; does not return."""
    job, call, times, number, careless = request
    if careless:
        generations.switch = quietly(generations.switch)
    output = os.open(printed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(output, stream)
    if call:
        in_vain(call, times)
    code = 0
    try:
        JOBS[job](settings, number)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    except KBError as error:
        # as the pages of editors do it
        code = 1
        with contextlib.suppress(OSError):
            print(error)
    except BaseException:
        code = 1
        with contextlib.suppress(OSError):
            sys.excepthook(*sys.exc_info())
    # as the interpreter does it
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = code or 120
    os._exit(code)


def quietly(work):
    """A planted fault: what the disk does not do is not said."""

    def done(*values):
        with contextlib.suppress(OSError):
            work(*values)

    return done


def main(articles, var, printed):
    settings = Settings(articles=Path(articles), var=Path(var))
    os.environ.update(KB_ARTICLES=articles, KB_VAR=var)
    # dictionary and readings are loaded once, for all children
    LocalEngine(settings).take_up([], now())
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            child(settings, printed, json.loads(line))
        print(json.dumps([pid, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
