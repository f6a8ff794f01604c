"""The errors of KB Desk, one root.

KBError
├── SettingError      a setting has a value that cannot be used
├── ArticleError      article files have problems (carries all of them)
├── ImportFileError   a file to import cannot be read
├── QuestionError     a question cannot be asked as it is (too long)
├── DatabaseProblem   the database cannot be used
├── BackupProblem     a backup cannot be made, or not be used
├── Missing           what was asked for is not there
├── FileProblem       an article file cannot be read or written
├── Refused           a person may not do this, or not now
│   ├── NotAllowed    the person has not the right to
│   └── Conflict      somebody else changed it meanwhile
└── IndexProblem      the index cannot be used
    ├── IndexMissing  there is none yet
    ├── IndexCorrupt  it is damaged, or made by another recipe
    ├── IndexLocked   another job is writing
    └── ClusterProblem  the search cluster does not do what it was asked
        ├── ClusterStale    it holds something newer
        └── ClusterUnread   what it holds was written by another version of the program

Messages are Chinese: they are read by agents, editors and operators.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kb.types import Problem


class KBError(Exception):
    """Root of all errors that a user can act on; its text is a Chinese sentence."""


class SettingError(KBError):
    """A setting has a value that cannot be used."""

    def __init__(self, name: str, value: object, why: str) -> None:
        super().__init__(f"设置 {name} 的值 {value!r} 不能用：{why}")
        self.name = name


class ArticleError(KBError):
    """Article files have problems; `problems` holds every one of them."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(p) for p in problems))
        self.problems = problems


class ImportFileError(KBError):
    """A file to import cannot be read."""


class QuestionError(KBError):
    """A question cannot be asked as it is."""


class DatabaseProblem(KBError):
    """The database cannot be used."""


class BackupProblem(KBError):
    """A backup cannot be made, or not be used."""


class Missing(KBError):
    """What was asked for is not there."""


class FileProblem(KBError):
    """An article file cannot be read or written."""


class Refused(KBError):
    """A person may not do this, or not now."""


class NotAllowed(Refused):
    """A person has not the right to do this."""


class Conflict(Refused):
    """Somebody else changed it meanwhile; nothing was overwritten."""


class IndexProblem(KBError):
    """The index cannot be used."""


class IndexMissing(IndexProblem):
    """There is no index yet."""


class IndexCorrupt(IndexProblem):
    """The index is damaged, or was made by another recipe."""


class IndexLocked(IndexProblem):
    """Another job is writing the index."""


class ClusterProblem(IndexProblem):
    """The search cluster cannot be reached, or does not do what it was asked."""


class ClusterStale(ClusterProblem):
    """The search cluster holds something newer than what was to be written."""


class ClusterUnread(ClusterProblem):
    """What the search cluster holds was written by another version of the program."""
