"""What a failing database means to the people who must do something about it: pure, from the driver's error to a Chinese sentence."""

from __future__ import annotations

from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

# PostgreSQL's own code for what happened → what to do
_STATES = {
    "42P01": "里面没有需要的表，请运行 kb db upgrade",
    "42703": "里面的表是别的版本，请运行 kb db upgrade",
    "42501": "这个用户没有需要的权限，请让它成为这个库的所有者",
    "25006": "它现在只读，请检查是不是连到了备用库",
    "53100": "它的磁盘满了，请先腾出空间",
    "53300": "它的连接数满了，请稍后再试，或调大 max_connections",
    "55P03": "别的写入一直没有结束，请稍后再试",
    "40P01": "和别的写入互相等待，已经撤销，请再试一次",
    "40001": "和别的写入碰在一起，已经撤销，请再试一次",
    "57014": "这一步用时太长，已经停止",
    "25P03": "这一步停得太久，已经撤销，请再试一次",
    "57P01": "它正在停止或重启，请稍后再试",
    "57P03": "它还在启动，请稍后再试",
}
# words in the driver's message where there is no code: SQLite, and PostgreSQL before a connection stands
_WORDS = (
    ("database is locked", "别的写入一直没有结束，请稍后再试"),
    ("no such table", "里面没有需要的表，请运行 kb db upgrade"),
    ("no such column", "里面的表是别的版本，请运行 kb db upgrade"),
    ("disk is full", "磁盘满了，请先腾出空间"),
    ("malformed", "文件已损坏，请把它移开，再用备份恢复（kb restore）"),
    ("file is not a database", "这个文件不是数据库，或已损坏，请把它移开，再用备份恢复（kb restore）"),
    ("readonly database", "没有写这个文件的权限"),
    ("unable to open", "打不开这个文件，请检查目录和权限"),
    ("disk i/o error", "读写磁盘出错，请检查磁盘"),
    ("password authentication failed", "用户名或密码不对"),
    ("does not exist", "没有这个库或这个用户"),
    ("connection refused", "连不上，请检查地址，以及它是否在运行"),
    ("timeout expired", "连不上，请检查地址和网络"),
    ("resolve host", "找不到这台主机，请检查地址"),
    ("too many clients", "它的连接数满了，请稍后再试，或调大 max_connections"),
    ("starting up", "它还在启动，请稍后再试"),
    ("shutting down", "它正在停止或重启，请稍后再试"),
)


def explain(error: DBAPIError) -> str | None:
    """What happened and what to do, without the statement and its values; None for what is a mistake of the program."""
    said = str(error.orig or "")
    state = getattr(error.orig, "sqlstate", None)
    if state in _STATES:
        return _STATES[state]
    if not (error.connection_invalidated or isinstance(error, OperationalError) or type(error) is DatabaseError):
        return None
    lowered = said.lower()
    for words, meaning in _WORDS:
        if words in lowered:
            return meaning
    return said.strip().split("\n")[0]
