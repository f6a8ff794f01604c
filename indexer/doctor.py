"""The index as `kb doctor` looks at it: whether it opens, is whole, of this program and not too old."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from indexer import generations
from indexer.backends import open_generation
from kb.doctor.finding import Finding, bad, ok, warn
from kb.errors import IndexProblem
from kb.readiness import ALARM_AFTER
from kb.settings import Settings


def look(settings: Settings, at: datetime) -> Iterator[Finding]:
    """The serving generation, its age, and those kept for rolling back."""
    current = generations.current_name(settings.index)
    if current is None:
        yield warn("索引", "还没有", "运行 kb index build")
        return
    problem = _problem(settings, current)
    if problem:
        yield bad("索引", problem, "运行 kb index update，会重新建立；期间用最近的完好的一代")
    else:
        manifest = generations.read_manifest(settings.index / current)
        yield ok("索引", f"{current} 完好，{manifest.articles} 篇、{manifest.documents} 个文档，是这个程序建的")
        yield _age(datetime.fromisoformat(manifest.made), at)
    yield _others(settings, current)


def look_at_cluster(settings: Settings) -> Iterator[Finding]:
    """The search cluster, where there is one: whether it answers, has all its copies, and the generation that serves here."""
    if not settings.search_url:
        return
    from indexer import cluster_documents as documents
    from indexer.cluster import ClusterSource
    from indexer.opensearch import Cluster
    from indexer.shipping import present

    cluster = Cluster(settings)
    try:
        found = present(cluster, settings.search_prefix)
        if found is None:
            yield bad("检索集群", "能连上，里面还没有索引", "在编辑台那台机器上运行 kb index ship")
            return
        health = cluster.health(found.index)
        articles = cluster.count(found.index, documents.in_snapshot(found.number, "article"))
    except IndexProblem as error:
        yield bad("检索集群", str(error), "检查 KB_SEARCH_URL、用户和证书，看各节点的日志")
        return
    finally:
        cluster.close()
    if articles != found.manifest.articles:
        yield bad("检索集群", f"应有 {found.manifest.articles} 篇，实有 {articles} 篇", "运行 kb index ship --whole")
    elif health != "green":
        yield warn("检索集群", f"能答，但副本不全（{health}）", "看少了哪个节点，让它回来")
    else:
        yield ok("检索集群", f"第 {found.number} 次送来的 {found.generation}，{articles} 篇，副本齐全")
    try:
        ClusterSource(settings).searcher()
    except IndexProblem as error:
        yield bad("检索集群的索引", str(error), "按这句话做")
    current = generations.current_name(settings.index)
    if current and current != found.generation:
        yield warn("检索集群的一代", f"本机是 {current}，集群是 {found.generation}", "运行 kb index ship")


def _problem(settings: Settings, name: str) -> str:
    try:
        open_generation(settings.index / name, settings.var / "cache", everything=True).check()
    except IndexProblem as error:
        return str(error)
    return ""


def _age(made: datetime, at: datetime) -> Finding:
    hours = (at - made).total_seconds() / 3600
    if at - made > ALARM_AFTER:
        return warn("索引的年龄", f"{hours:.0f} 小时", "运行 kb nightly，并看定时器为什么没有运行")
    return ok("索引的年龄", f"{hours:.1f} 小时")


def _others(settings: Settings, current: str) -> Finding:
    others = [name for name in generations.names(settings.index) if name != current]
    sound = [name for name in others if not _problem(settings, name)]
    if not sound:
        said = f"{len(others)} 代，没有一代能用" if others else "没有更早的一代"
        return warn("回退", said, "下一次 kb nightly 以后就有；在那以前不能用 kb index rollback")
    return ok("回退", f"可以回到 {len(sound)} 代，最近的是 {sound[0]}")
