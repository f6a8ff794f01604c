"""Folders and files: whether they are there, private where they must be, and have room."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from kb.db.engine import Database
from kb.doctor.finding import Finding, bad, ok, warn
from kb.errors import KBError
from kb.settings import Settings

# below so much a rebuild may not fit any more
_LEAST_FREE = 1 << 30
_LEAST_SHARE = 0.05


def look(settings: Settings) -> Iterator[Finding]:
    """Everything about places."""
    yield _articles(settings)
    yield _var(settings.var)
    yield from _private(settings)
    yield _cache(settings.var / "cache")
    for path in dict.fromkeys(_existing(p) for p in (settings.var, settings.articles)):
        yield _space(path)


def _articles(settings: Settings) -> Finding:
    if not settings.articles.is_dir():
        return bad("文章目录", f"找不到 {settings.articles}", "设置 KB_ARTICLES，或在项目目录里运行")
    if not os.access(settings.articles, os.R_OK | os.X_OK):
        return bad("文章目录", f"{settings.articles} 不能读", "让运行服务的用户能读这个目录")
    if not os.access(settings.articles, os.W_OK):
        return warn("文章目录", f"{settings.articles} 只能读：搜索照常，网页上不能发布", "要在网页上发布，就给写权限")
    return ok("文章目录", str(settings.articles))


def _var(var: Path) -> Finding:
    if not var.is_dir():
        return warn("数据目录", f"还没有 {var}", "运行 kb serve 或 kb index build，会自动建立")
    try:
        with tempfile.TemporaryFile(dir=var):
            return ok("数据目录", f"{var} 可以写")
    except OSError as error:
        return bad("数据目录", f"{var} 写不进去：{error.strerror}", "检查所有者和磁盘（KB_VAR）")


def _private(settings: Settings) -> Iterator[Finding]:
    """What only the service may read."""
    files = [settings.var / "secret.key"]
    try:
        database = Database(settings.database).file
    except KBError:
        database = None  # the settings' own finding says so
    files += [database] if database else []
    folders = [settings.var / "cache", settings.logs, settings.reports, settings.counts]
    wrong = [found for path in files if (found := _exposed(path, 0o600))]
    wrong += [found for path in folders if (found := _exposed(path, 0o700))]
    if wrong:
        yield bad("权限", f"别人也能读或写：{'、'.join(p for p, _ in wrong)}", "；".join(how for _, how in wrong))
    else:
        yield ok("权限", "密钥、数据库、日志和缓存只有服务自己能读")
    foreign = [str(p) for p in [*files, *folders] if p.exists() and p.stat().st_uid != os.geteuid() and os.geteuid()]
    if foreign:
        yield bad("所有者", f"不是当前用户的：{'、'.join(foreign)}", "用运行服务的那个用户运行命令，或 chown 回来")


def _exposed(path: Path, most: int) -> tuple[str, str] | None:
    """The path and how to mend it, where others may do anything with it."""
    if not path.exists():
        return None
    mode = stat.S_IMODE(path.stat().st_mode)
    return (str(path), f"chmod {most:o} {path}") if mode & 0o077 else None


def _cache(cache: Path) -> Finding:
    """jieba's dictionary is unmarshalled from there: whoever may write to it runs code as the service."""
    part = "词典缓存"
    shared = Path(tempfile.gettempdir()).resolve()
    if cache.resolve() == shared:
        return bad(part, f"{cache} 是公用的临时目录", "KB_VAR 换成服务自己的目录")
    for parent in (p for p in cache.resolve().parents if p.exists()):
        mode = parent.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            return bad(part, f"任何人都能改 {parent}", f"chmod o-w {parent}")
    return ok(part, f"{cache} 是服务自己的")


def _space(path: Path) -> Finding:
    part = f"磁盘（{path}）"
    space, nodes = shutil.disk_usage(path), os.statvfs(path)
    share = space.free / max(space.total, 1)
    said = f"还有 {space.free / 1e9:.1f} GB（{share:.0%}）"
    if nodes.f_files and nodes.f_favail / nodes.f_files < _LEAST_SHARE:
        return bad(part, f"文件数只剩 {nodes.f_favail} 个", "清理小文件，或换一个 inode 更多的分区")
    if space.free < _LEAST_FREE:
        return bad(part, said, "清理磁盘：重建索引要放得下两份索引")
    if share < _LEAST_SHARE:
        return warn(part, said, "快满了，请清理")
    return ok(part, said)


def _existing(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    path = path.absolute()
    return next(p for p in (path, *path.parents) if p.exists())
