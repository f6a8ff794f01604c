"""The files of an articles folder, read and written safely: whole or not at all, on disk before it is said, nothing outside."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from kb.errors import FileProblem, Refused
from kb.frontmatter import MAX_BYTES
from kb.types import FOLDERS

# `<folder of a type>/<id>.md`, a later version `<id>@<when>.md`, and the files of the lexicon and the registry
_ARTICLE = re.compile(rf"(?:{'|'.join(FOLDERS.values())})/[a-z0-9]+(?:[-_][a-z0-9]+)*(?:@[A-Za-z0-9_-]{{1,40}})?\.md")
_SHARED = re.compile(r"_lexicon/[a-z0-9][a-z0-9_-]*\.txt|_registry/[a-z0-9][a-z0-9_-]*\.yml")
_LONGEST_NAME = 200
_TEMPORARY = re.compile(r"\.kb-[0-9a-f]{16}\.new")
_WHY = {
    errno.ENOSPC: "磁盘满了",
    errno.EDQUOT: "磁盘配额用完了",
    errno.EACCES: "没有写这个目录的权限",
    errno.EPERM: "没有写这个目录的权限",
    errno.EROFS: "文件系统是只读的",
    errno.EIO: "磁盘出错",
}


def digest(data: bytes) -> str:
    """SHA-256 of a file's content."""
    return hashlib.sha256(data).hexdigest()


def is_article(name: str) -> bool:
    """Whether a path, relative to the articles folder, is one that an article may have."""
    return len(name) <= _LONGEST_NAME and _ARTICLE.fullmatch(name) is not None


def is_shared(name: str) -> bool:
    """Whether a path, relative to the articles folder, is that of a file of the lexicon or the registry."""
    return len(name) <= _LONGEST_NAME and _SHARED.fullmatch(name) is not None


class ArticleFiles:
    """The files below an articles folder that may be read and written by name, such as `products/gold.md`.

    Other names raise Refused, and so does what is no ordinary file: links and pipes lead outside or nowhere.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, name: str) -> bytes | None:
        """What a file says; None if there is none. Raises FileProblem."""
        folder, file = self._split(name)
        try:
            with self._opened(folder) as inside:
                return _content(inside, file, name)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise FileProblem(f"{name} 读不出来：{why(error)}。") from error

    def write(self, name: str, data: bytes) -> None:
        """Put a file in its place: whoever reads finds the old content or the new, after a power cut too.

        Raises FileProblem; nothing has changed then.
        """
        folder, file = self._split(name)
        try:
            with contextlib.suppress(FileExistsError):
                (self.root / folder).mkdir()
                _sync_folder(self.root)
            with self._opened(folder) as inside:
                _refuse_odd(inside, file, name)
                _replace(inside, file, data)
        except OSError as error:
            raise FileProblem(f"{name} 写不进去：{why(error)}。") from error

    def remove(self, name: str) -> None:
        """Take a file away; it may be gone already. Raises FileProblem."""
        folder, file = self._split(name)
        try:
            with self._opened(folder) as inside:
                _refuse_odd(inside, file, name)
                os.unlink(file, dir_fd=inside)
                os.fsync(inside)
        except FileNotFoundError:
            return
        except OSError as error:
            raise FileProblem(f"{name} 删不掉：{why(error)}。") from error

    def tidy(self) -> None:
        """Remove what a killed writer left; call it where nobody is writing."""
        for folder in (*FOLDERS.values(), "_lexicon", "_registry"):
            with contextlib.suppress(OSError, Refused), self._opened(folder) as inside:
                for file in os.listdir(inside):  # noqa: PTH208 - a folder that is open has no path
                    if _TEMPORARY.fullmatch(file):
                        os.unlink(file, dir_fd=inside)

    def _split(self, name: str) -> tuple[str, str]:
        if not (is_article(name) or is_shared(name)):
            raise Refused(f"“{name[:80]}”不是工作台能改的文件：只有五个文章目录、_lexicon 和 _registry 里的文件可以。")
        folder, _, file = name.partition("/")
        return folder, file

    @contextlib.contextmanager
    def _opened(self, folder: str) -> Iterator[int]:
        """The folder itself, so that no link that appears meanwhile can lead elsewhere."""
        root = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            inside = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=root)
        except NotADirectoryError:
            raise Refused(f"{folder} 不是普通目录（是链接或文件），工作台不改里面的文件。") from None
        finally:
            os.close(root)
        try:
            yield inside
        finally:
            os.close(inside)


def why(error: OSError) -> str:
    """What went wrong, in words of somebody who can do something about it."""
    return _WHY.get(error.errno or 0) or error.strerror or str(error)


def told(error: BaseException, place: Path | str = "写文件时") -> str:
    """An error in a report: what a disk does not allow with its path, or else with `place`; others as they say it themselves."""
    if not isinstance(error, OSError):
        return str(error)
    # of two files it is the second that is written
    return f"{error.filename2 or error.filename or place}：{why(error)}。"


def of_the_disk(error: OSError) -> bool:
    """Whether somebody who looks after the disk can do something about it."""
    return error.errno in _WHY


def _content(inside: int, file: str, name: str) -> bytes:
    _refuse_odd(inside, file, name)
    # never waits for the other end of a pipe
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=inside)
    with open(descriptor, "rb") as opened:  # noqa: PTH123 - it is open already
        data = opened.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Refused(f"{name} 超过 {MAX_BYTES // 1024} KB，工作台改不了，请拆成几篇。")
    return data


def _refuse_odd(inside: int, file: str, name: str) -> None:
    """Raise Refused for a link, a pipe or a folder of that name."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISREG(os.stat(file, dir_fd=inside, follow_symlinks=False).st_mode):
            raise Refused(f"{name} 不是普通文件（链接、管道等），工作台不改它。")


def _replace(inside: int, file: str, data: bytes) -> None:
    temporary = f".kb-{secrets.token_hex(8)}.new"
    mode = 0o644
    with contextlib.suppress(FileNotFoundError):
        mode = stat.S_IMODE(os.stat(file, dir_fd=inside, follow_symlinks=False).st_mode)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=inside)
    try:
        with open(descriptor, "wb") as opened:  # noqa: PTH123 - it is open already
            opened.write(data)
            opened.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        os.rename(temporary, file, src_dir_fd=inside, dst_dir_fd=inside)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=inside)
        raise
    os.fsync(inside)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
