"""Which engine answers and is published to: this machine's index, or a search cluster where the settings name one."""

# What answers is imported where it is asked for: the other commands start sooner, and a service without a cluster does.
from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from indexer.progress import Progress, no_progress
from kb.errors import ClusterProblem
from kb.questions_file import DayFiles
from kb.questions_log import Why
from kb.settings import Settings

if TYPE_CHECKING:
    from indexer.segment_searcher import Source
    from kb.backend import Engine


def is_desk(settings: Settings) -> bool:
    """Whether this node answers from a cluster and has no articles of its own: its folder is not there, or the workbench is
    somewhere else."""
    return bool(settings.search_url) and (bool(settings.workbench_url) or not settings.articles.is_dir())


def serving_settings(settings: Settings) -> Settings:
    """The settings as a node serves with them: one without articles keeps what it needs of them beside its cache."""
    if not is_desk(settings):
        return settings
    from indexer.cluster import desk_settings

    return desk_settings(settings)


def source_of(settings: Settings) -> Source:
    """Where the current searcher comes from."""
    if not settings.search_url:
        from indexer.backends import CurrentSearcher

        return CurrentSearcher(settings)
    from indexer.cluster import ClusterSource

    return ClusterSource(settings)


def engine_of(settings: Settings, source: Source | None = None, *, desk: bool = False) -> Engine:
    """What publishing and checking use. `source`: what answers in this process; `desk`: this node has no articles."""
    if not settings.search_url:
        from indexer.backends import CurrentSearcher
        from indexer.engine import LocalEngine

        return LocalEngine(settings, source if isinstance(source, CurrentSearcher) else None)
    from indexer.cluster import ClusterEngine, ClusterSource, DeskEngine

    if desk:
        return DeskEngine(settings)
    return ClusterEngine(settings, source if isinstance(source, ClusterSource) else None)


def question_log(settings: Settings, on_lost: Callable[[Why], None]) -> logging.Handler:
    """What keeps the questions that this process answers; call it after forking. `on_lost` is told where a line was lost."""
    if not is_desk(settings):
        return DayFiles(settings.logs, lambda: on_lost("disk"))
    from indexer.desk_questions import DeskQuestions

    sending = DeskQuestions(settings, lambda: on_lost("cluster"))
    sending.start()
    return sending


def collected(settings: Settings, now: datetime) -> int:
    """Fetch what was asked on desks; how many bytes. Raises ClusterProblem and KBError."""
    from indexer.desk_questions import collect

    return collect(settings, now)


def follow(
    settings: Settings, now: datetime, progress: Progress = no_progress, *, whole: bool = False, force: bool = False
) -> str:
    """Let the cluster, where there is one, answer with the generation that serves here; a sentence about it, empty without one.
    `whole`: write all of it anew; `force`: even if most articles are gone.

    Raises ClusterProblem where the cluster did not take it; its old snapshot serves on, and the index of this machine stays new.
    """
    if not settings.search_url:
        return ""
    from indexer.shipping import ship

    try:
        shipped = ship(settings, now, progress, whole=whole, force=force)
    except ClusterProblem as error:
        raise ClusterProblem(
            f"本机的索引已是新的，检索集群还没有跟上：{error}问题解决后运行 kb index ship。"
        ) from error
    if not shipped.documents:
        return f"检索集群用的就是这一代（第 {shipped.snapshot} 次）。"
    return f"检索集群已换成这一代（第 {shipped.snapshot} 次，写了 {shipped.documents} 个文档）。"
