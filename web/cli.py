"""`kb serve`: the page and the API, on gunicorn."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indexer import generations
from indexer.background import beside
from indexer.engines import follow, is_desk, question_log
from indexer.progress import Progress, no_progress, progress_bar
from kb import logs, signing_in
from kb.clock import now
from kb.db.engine import Database
from kb.errors import DatabaseProblem, KBError
from kb.publishing.background import start_applier
from kb.publishing.workbench import Workbench
from kb.settings import Settings, load_settings, require_articles

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from gunicorn.app.base import BaseApplication
    from gunicorn.glogging import Logger

if TYPE_CHECKING:
    from flask import Flask

_LOG = logging.getLogger("web.cli")
THREADS = 4
# seconds: an agent who thinks before the next key finds the connection still open; an idle one costs no thread
KEEPALIVE = 75
# seconds that a cluster is waited for in all, and between two tries
_CLUSTER_PATIENCE, _CLUSTER_AGAIN = 600.0, 5.0
_MEMORY = Path("/dev/shm")  # noqa: S108 - gunicorn makes nameless files in it


@click.command("serve")
@click.option("--host", help="监听地址，默认 127.0.0.1")
@click.option("--port", type=click.IntRange(1, 65535), help="端口，默认 8000")
def serve(host: str | None, port: int | None) -> None:
    """启动坐席页面和接口；第一次启动会先建立索引，以后有变化的文章在服务的同时更新。"""
    settings = load_settings()
    desk = is_desk(settings)
    if not desk:
        settings = require_articles()
    # where it listens decides who may read without signing in
    settings = replace(settings, host=host or settings.host, port=port or settings.port)
    # hardly anything that is made until the service runs could be collected: 1,200 objects in a fifth of a second
    gc.disable()
    # imported here: the other commands start faster without the web framework
    from web.app import COUNTS, LIMITS, SERVICES, create_app, warm
    from web.tally_files import clear
    from web.worker import begin

    logs.set_up(settings.log_format)
    app = create_app(settings)
    clear(settings.counts)
    services = app.extensions[SERVICES]
    usable = services.source.open_current()
    if not usable and not desk:
        _build(settings, services.workbench)
    click.echo(f"坐席知识台：{settings.address}   按 Ctrl+C 停止")
    _say_setup_link(services.database, settings)
    warm(app)
    # what is made by now stays: the collector of a worker leaves it alone, so that its memory stays shared
    gc.freeze()
    gc.enable()
    beside_it = not desk and (usable or bool(settings.search_url))
    updating = beside(partial(_bring_up_to_date, settings, services.workbench), _say_lost) if beside_it else None

    def in_worker() -> None:
        begin(settings, app.extensions[COUNTS], partial(question_log, settings))
        if settings.ask_limit and (settings.workers > 1 or not services.database.is_sqlite):
            app.extensions[LIMITS].keep_sharing(services.database)
        # what was published since the fork is for the first question already
        services.source.keep_up()
        if not desk:
            start_applier(services.workbench)

    _Server(app, settings, settings.listening, in_worker, updating).run()


def _say_setup_link(database: Database, settings: Settings) -> None:
    """As long as there is no administrator, say how to become one; without a database, why nobody can sign in."""
    try:
        secret = signing_in.setup_link(database, now())
    except DatabaseProblem as error:
        _LOG.warning("只能搜索，不能登录和编辑：%s", error)
        return
    if secret:
        click.echo(f"还没有管理员。24 小时内在浏览器里打开（只能用一次）：{settings.address}/setup/{secret}")


def _catch_up(workbench: Workbench) -> None:
    """Finish publications that were interrupted, and record files that changed by hand; searching needs neither."""
    try:
        workbench.resume(now())
        workbench.take_up_files(now())
    except (KBError, OSError) as error:
        _LOG.warning("有的发布还没有完成，会再试：%s", error)


def _build(settings: Settings, workbench: Workbench) -> None:
    """Make or bring up to date an index that cannot serve as it is. Raises KBError where there is none then."""
    first = generations.current_name(settings.index) is None
    with progress_bar("第一次启动，正在建立索引" if first else "更新索引") as progress:
        _update(settings, progress, required=first)
    _catch_up(workbench)


def _bring_up_to_date(settings: Settings, workbench: Workbench) -> None:
    _update(settings, no_progress, required=False)
    _follow(settings)
    _catch_up(workbench)


def _follow(settings: Settings) -> None:
    """Let a cluster answer with what serves here; one that is not there yet is waited for."""
    until = time.monotonic() + _CLUSTER_PATIENCE
    while True:
        try:
            follow(settings, now())
        except KBError as error:
            _LOG.warning("%s", error)
            if time.monotonic() >= until:
                return
            time.sleep(_CLUSTER_AGAIN)
        else:
            return


def _say_lost() -> None:
    _LOG.error("更新索引的进程意外中止（可能内存或磁盘不足），用现有的索引继续服务。可以运行 kb index update 再试。")


def _update(settings: Settings, progress: Progress, *, required: bool) -> None:
    """Build or update the index. Where that fails and it is not `required`, an older generation serves and the failure is said."""
    # imported here: a service whose index is up to date starts sooner without it
    from indexer import build as building

    try:
        built = building.update(settings, now(), progress)
    except KBError as error:
        if required:
            raise
        _LOG.warning("索引没有更新，用原来的继续服务：%s", error)
        return
    for problem in built.problems:
        if problem.level == "error":
            _LOG.warning("%s", problem)


class _Log(Logger):  # type: ignore[misc]
    """gunicorn's own lines, in the form of all others."""

    def setup(self, cfg: Any) -> None:
        """Take over the handlers of the service."""
        super().setup(cfg)
        self.error_log.handlers[:] = logging.getLogger().handlers


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn around one application, without a configuration file."""

    def __init__(
        self,
        app: Flask,
        settings: Settings,
        address: str,
        in_worker: Callable[[], object] = lambda: None,
        beside: int | None = None,
    ) -> None:
        """`in_worker`: what every worker does first, such as starting threads, which do not outlive a fork.

        `beside`: a process that was started before and that nobody else reaps.
        """
        self._app = app
        self._beside = beside
        self._in_worker = in_worker
        self._settings = settings
        self._address = address
        super().__init__()

    def load_config(self) -> None:
        """The few settings that differ from gunicorn's own. No access log: URLs hold questions."""
        chosen: dict[str, Any] = {
            "bind": self._address,
            "workers": self._settings.workers,
            "threads": THREADS,
            "worker_class": "web.patience.PatientWorker",
            "preload_app": True,
            "timeout": 60,
            "keepalive": KEEPALIVE,
            # heartbeats on a disk would wait for the disk
            "worker_tmp_dir": str(_MEMORY) if os.access(_MEMORY, os.W_OK) else None,
            "graceful_timeout": 10,
            "loglevel": "warning",
            "logger_class": _Log,
            "accesslog": None,
            "limit_request_line": 8190,
            "control_socket_disable": True,
            "when_ready": self._reap,
            "post_worker_init": self._begin,
        }
        for key, value in chosen.items():
            if key in self.cfg.settings:
                self.cfg.set(key, value)

    def _reap(self, _: object) -> None:
        """From now on gunicorn reaps every child that ends; one that ended before goes unnoticed."""
        if self._beside is not None:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._beside, os.WNOHANG)

    def _begin(self, _: object) -> None:
        """In a worker, before its first request."""
        self._in_worker()

    def load(self) -> Flask:
        """The application that every worker serves."""
        return self._app


commands: list[click.Command] = [serve]
