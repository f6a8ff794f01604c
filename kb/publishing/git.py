"""The articles folder as a part of a Git work tree: a commit for each publication, and who wrote what came by Git.

A repository may come from anywhere, and its own settings can name programs. So only plumbing is used, which runs no hooks, filters
or editors; what could still start a program is switched off for each call. Nothing is fetched, pushed or checked out.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_PATIENCE = 20
_OFF = (
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.untrackedCache=false", "core.splitIndex=false",
    "core.attributesFile=/dev/null", "core.pager=cat", "core.quotePath=false", "commit.gpgSign=false",
    "log.showSignature=false", "gc.auto=0", "maintenance.auto=false", "submodule.recurse=false",
)  # fmt: skip
# somebody is in the middle of something that a commit would break
_UNDER_WAY = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "BISECT_LOG", "rebase-merge", "rebase-apply")
_UNSAFE_NAME = re.compile(r"[\x00-\x1f<>]")


class GitProblem(Exception):
    """Git did not do it; the text says why, for the log and the publication's note."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is named in a commit."""

    name: str
    # sign-in name
    account: str

    @property
    def variables(self) -> dict[str, str]:
        """As Git takes an author from the environment."""
        account = re.sub(r"[^A-Za-z0-9._-]", "", self.account) or "unknown"
        return {
            "GIT_AUTHOR_NAME": _UNSAFE_NAME.sub(" ", self.name).strip() or account,
            "GIT_AUTHOR_EMAIL": f"{account}@kb-desk.invalid",
        }


class GitTree:
    """The Git work tree that a folder is in. Every method raises GitProblem where Git fails or there is none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def commit(self, contents: Mapping[str, str | None], message: str, author: Identity, at: datetime) -> None:
        """Commit these files (path below the folder → text; None: gone) and nothing else, as the only change of a commit.

        What others have staged stays staged. Where the last commit says the same already, nothing happens.
        """
        self._refuse_under_way()
        prefix = self._prefix()
        head = self._run("rev-parse", "-q", "--verify", "HEAD", allow=(0, 1)).strip()
        changes = [self._change(prefix + path, text) for path, text in contents.items()]
        with tempfile.TemporaryDirectory(prefix="kb-git-") as place:
            # git compares what may have changed within the clock's resolution with the files, through filters that the
            # repository names: where there are no files, it does not
            nothing = Path(place) / "nothing"
            nothing.mkdir()
            away = {"GIT_DIR": self._run("rev-parse", "--absolute-git-dir").rstrip("\n"), "GIT_WORK_TREE": str(nothing)}
            own = {**away, "GIT_INDEX_FILE": str(Path(place) / "index")}
            if head:
                self._run("read-tree", head, env=own)
            for change in changes:
                self._run("update-index", *change, env=own, within=nothing)
            tree = self._run("write-tree", env=own).strip()
            if head and tree == self._run("rev-parse", f"{head}^{{tree}}").strip():
                return
            self._add_commit(tree, head, message, author, at)
            # the files are what was committed: staged as such, or `git status` would show them as changed back
            for change in changes:
                self._run("update-index", *change, env=away, within=nothing)

    def _add_commit(self, tree: str, head: str, message: str, author: Identity, at: datetime) -> None:
        """A commit of this tree upon `head` (empty: the first one), to which the branch moves."""
        who = {
            **author.variables, "GIT_COMMITTER_NAME": "KB Desk", "GIT_COMMITTER_EMAIL": "kb-desk@kb-desk.invalid",
            "GIT_AUTHOR_DATE": at.isoformat(), "GIT_COMMITTER_DATE": at.isoformat(),
        }  # fmt: skip
        parents = ("-p", head) if head else ()
        made = self._run("commit-tree", tree, *parents, "-F", "-", env=who, text=message).strip()
        self._run("update-ref", "-m", "kb publish", "HEAD", made, head or "0" * len(made), env=who)

    def authors(self, contents: Mapping[str, bytes]) -> dict[str, str]:
        """Path → author of the last commit, of those files (path below the folder → content) that are as it left them."""
        prefix = self._prefix()
        listed = self._run("ls-tree", "-r", "-z", "--full-tree", "HEAD", *(["--", prefix] if prefix else []))
        committed = {}
        for row in filter(None, listed.split("\0")):
            about, _, path = row.partition("\t")
            committed[path] = about.split(" ")[2]
        same = {p for p, data in contents.items() if committed.get(prefix + p) in _blob_names(data)}
        return {path: name for path, name in self._last_authors(prefix).items() if path in same} if same else {}

    def _last_authors(self, prefix: str) -> dict[str, str]:
        """Path below the folder → author of the last commit that changed it."""
        log = self._run(
            "log", "--format=%x01%an%x00", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv",
            "--no-show-signature", "HEAD", "--", f":(top,literal){prefix}" if prefix else ":(top)",
        )  # fmt: skip
        found: dict[str, str] = {}
        for commit in log.split("\1")[1:]:
            author, *paths = commit.split("\0")
            for path in paths:
                name = path.lstrip("\n")
                if name.startswith(prefix) and name:
                    found.setdefault(name[len(prefix) :], author)
        return found

    def _change(self, path: str, text: str | None) -> tuple[str, ...]:
        if text is None:
            return ("--force-remove", "--", path)
        blob = self._run("hash-object", "-w", "--no-filters", "--stdin", text=text).strip()
        return ("--add", "--cacheinfo", f"100644,{blob},{path}")

    def _prefix(self) -> str:
        """The folder below the top of the work tree: empty, or with a slash at its end."""
        return self._run("rev-parse", "--show-prefix").rstrip("\n")

    def _refuse_under_way(self) -> None:
        place = self._folder / self._run("rev-parse", "--git-dir").rstrip("\n")
        for name in _UNDER_WAY:
            if (place / name).exists():
                raise GitProblem(f"Git 正在合并或变基（{name}），这次没有提交")

    def _run(
        self,
        *arguments: str,
        text: str | None = None,
        env: Mapping[str, str] | None = None,
        allow: tuple[int, ...] = (0,),
        within: Path | None = None,
    ) -> str:
        """What Git printed; `text` is what it reads, `within` where it runs instead of the articles folder."""
        settings = [part for setting in _OFF for part in ("-c", setting)]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        fixed = {
            "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_ALLOW_PROTOCOL": "none",
            "GIT_NO_LAZY_FETCH": "1", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_PAGER": "cat",
        }  # fmt: skip
        try:
            done = subprocess.run(  # noqa: S603 - a list, no shell
                ["git", *settings, *arguments],  # noqa: S607 - found on the operator's path
                cwd=within or self._folder, env={**clean, **fixed, **(env or {})}, input=(text or "").encode(), capture_output=True,
                timeout=_PATIENCE, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise GitProblem(f"git {arguments[0]}：{error}") from error
        if done.returncode not in allow:
            said = done.stderr.decode("utf-8", "replace").strip().split("\n")[0][:200]
            raise GitProblem(f"git {arguments[0]}：{said or done.returncode}")
        return done.stdout.decode("utf-8", "replace")


def _blob_names(data: bytes) -> tuple[str, str]:
    """How Git names such a content, in repositories of both kinds."""
    whole = b"blob %d\0" % len(data) + data
    return (hashlib.sha1(whole, usedforsecurity=False).hexdigest(), hashlib.sha256(whole).hexdigest())
