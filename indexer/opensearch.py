"""The REST calls of a search cluster: what OpenSearch and Elasticsearch 7.10 have in common. Knows nothing of articles.

Every call is bounded in time and raises `ClusterProblem`, in words of somebody who can do something about it.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from opensearchpy import OpenSearch
from opensearchpy.exceptions import (
    AuthenticationException,
    AuthorizationException,
    ConflictError,
    NotFoundError,
    OpenSearchException,
    TransportError,
)
from opensearchpy.helpers import streaming_bulk
from opensearchpy.helpers.errors import BulkIndexError

from kb.errors import ClusterProblem, ClusterStale
from kb.settings import Settings

Json = dict[str, Any]
# the column that says which document it is
PLACE = "place"
_LOG = logging.getLogger("indexer.opensearch")
# the client warns of every document that is not there
logging.getLogger("opensearch").setLevel(logging.ERROR)
# seconds that one try of a question waits, and that writing does; a question is tried on two other nodes: 1.8 seconds in all
_PATIENCE, _WRITING, _RETRIES = 0.6, 60.0, 2
# what a node may take before it answers with what it has
_ENOUGH = "500ms"
# bulk requests: bytes and documents of one, tries where the cluster says that it has too much to do, seconds before the first
_BYTES, _DOCUMENTS, _TRIES, _PAUSE = 8 << 20, 500, 8, 1
# connections to each node that are kept open
_CONNECTIONS = 8
_BUSY = (429, 502, 503, 504)


class Found(NamedTuple):
    """PLACEs of documents, best first, and whether every shard was asked to its end."""

    ids: list[str]
    whole: bool


@dataclass(frozen=True, slots=True)
class Stored:
    """A document as it is stored."""

    index: str
    id: str
    version: int
    source: Json


class Cluster:
    """A connection to a cluster. Safe for threads; make it anew after a fork."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is sent yet."""
        self._client = OpenSearch(
            list(settings.search_url),
            http_auth=(settings.search_user, settings.search_password) if settings.search_user else None,
            ca_certs=str(settings.search_ca) if settings.search_ca else None,
            timeout=_PATIENCE,
            max_retries=_RETRIES,
            retry_on_timeout=True,
            retry_on_status=_BUSY,
            pool_maxsize=_CONNECTIONS,
            # a node that did not answer is left alone for so many seconds, twice as many the next time
            dead_timeout=2,
            timeout_cutoff=3,
        )

    def get(self, index: str, document: str) -> Stored | None:
        """A document as it was written last; None where there is no such index or document."""
        with _told():
            try:
                found = self._client.get(index=index, id=document, params={"preference": "_local"})
            except NotFoundError:
                return None
            return Stored(found["_index"], found["_id"], found["_version"], found["_source"])

    def get_many(
        self, index: str, documents: Sequence[str], fields: Sequence[str], *, patient: bool = False
    ) -> list[Json]:
        """Some fields of documents, in their order; `patient` where no question waits. Raises ClusterProblem where one is missing."""
        with _told():
            found = self._client.mget(
                index=index,
                body={"ids": list(documents)},
                params={
                    "_source_includes": ",".join(fields),
                    "filter_path": "docs._id,docs.found,docs._source",
                    "preference": "_local",
                    **(_slow() if patient else {}),
                },
            )
            rows = found.get("docs", [])
            if len(rows) != len(documents) or not all(row.get("found") for row in rows):
                raise ClusterProblem("检索集群里少了文档，正在等索引恢复。")
            return [row["_source"] for row in rows]

    def search(self, index: str, searches: Sequence[Json]) -> list[Found]:
        """Several searches at once, of the copy on the node that is asked, if it has one: none waits for another that hangs."""
        lines: list[Json] = []
        for body in searches:
            alone = {**_columns(PLACE), "track_total_hits": False, "timeout": _ENOUGH}
            lines += [{"index": index, "preference": "_local"}, {**body, **alone}]
        kept = "responses.hits.hits.fields,responses.timed_out,responses._shards,responses.error,responses.status"
        with _told():
            answers = self._client.msearch(body=lines, params={"filter_path": kept})["responses"]
            return [_found(answer) for answer in answers]

    def values(self, index: str, places: Sequence[str], *fields: str) -> list[list[str]]:
        """Fields of documents by their PLACE, in that order, out of columns: what lies stored beside them is not unpacked.

        Raises ClusterProblem where a document is missing.
        """
        body = {"size": len(places), "query": {"terms": {PLACE: list(places)}}, **_columns(PLACE, *fields)}
        with _told():
            found = self._client.search(
                index=index, body=body, params={"preference": "_local", "filter_path": "hits.hits.fields"}
            )
            rows = [hit["fields"] for hit in found.get("hits", {}).get("hits", ())]
            values = {row[PLACE][0]: [str(row[field][0]) for field in fields] for row in rows}
            if len(values) < len(set(places)):
                raise ClusterProblem("检索集群里少了文档，正在等索引恢复。")
            return [values[place] for place in places]

    def count(self, index: str, query: Json) -> int:
        """How many documents match; asked after a refresh."""
        with _told():
            return int(self._client.count(index=index, body={"query": query}, params=_slow())["count"])

    def create(self, index: str, body: Json) -> None:
        """A new index. Raises ClusterProblem where there is one of this name."""
        with _told():
            self._client.indices.create(index=index, body=body, params=_slow())

    def create_once(self, index: str, body: Json) -> None:
        """A new index, if there is none of this name."""
        with _told():
            # 400: somebody else was faster
            self._client.indices.create(index=index, body=body, params={**_slow(), "ignore": 400})

    def write(self, actions: Iterable[Json]) -> int:
        """Write documents in bulk, waiting where the cluster is busy; how many. Raises ClusterStale where newer ones stand."""
        done = 0
        with _told():
            try:
                for _, _ in streaming_bulk(
                    self._client,
                    actions,
                    chunk_size=_DOCUMENTS,
                    max_chunk_bytes=_BYTES,
                    max_retries=_TRIES,
                    initial_backoff=_PAUSE,
                    max_backoff=10,
                    request_timeout=_WRITING,
                ):
                    done += 1
            except BulkIndexError as error:
                raise _refused(error) from error
        return done

    def put(self, index: str, document: str, version: int, source: Json) -> None:
        """Write one document if `version` is greater than what stands there; raises ClusterStale otherwise."""
        with _told():
            try:
                self._client.index(
                    index=index,
                    id=document,
                    body=source,
                    params={"version": version, "version_type": "external", **_slow()},
                )
            except ConflictError as error:
                raise ClusterStale("检索集群里已经有更新的索引，这次没有改动它。") from error

    def refresh_index(self, index: str) -> None:
        """Let searches see what was written."""
        with _told():
            made = self._client.transport.perform_request("POST", f"/{index}/_refresh", params=_slow())
            failed = made["_shards"]["failed"]
        if failed:
            raise ClusterProblem("检索集群有一份副本没有更新，没有换上去。")

    def settle(self, index: str, replicas: int, seconds: int) -> bool:
        """Ask for so many copies and wait until they are there; whether they are within the seconds."""
        with _told():
            self._client.indices.put_settings(
                index=index, body={"index": {"number_of_replicas": replicas}}, params=_slow()
            )
            try:
                health = self._client.cluster.health(
                    index=index,
                    params={"wait_for_status": "green", "timeout": f"{seconds}s", "request_timeout": seconds + 10},
                )
            except TransportError as error:
                if error.status_code != 408:
                    raise
                return False
            return not health["timed_out"]

    def aliased(self, alias: str) -> str | None:
        """The index behind an alias, whose name begins with the alias's."""
        with _told():
            try:
                return next(iter(self._client.indices.get_alias(index=f"{alias}-*", name=alias)), None)
            except NotFoundError:
                return None

    def switch(self, alias: str, index: str) -> None:
        """Let an alias stand for this index and no other, in one step."""
        remove = [{"remove": {"index": old, "alias": alias}} for old in self._behind(alias) if old != index]
        with _told():
            actions = [*remove, {"add": {"index": index, "alias": alias}}]
            self._client.indices.update_aliases(body={"actions": actions}, params=_slow())
        if self._behind(alias) != [index]:
            raise ClusterStale("另一台机器同时在换索引，请再试一次。")

    def indices(self, prefix: str) -> list[str]:
        """Names of the indices that are called so and by a number, in order."""
        with _told():
            found = self._client.indices.get(index=f"{prefix}*", params=_slow())
            return sorted(name for name in found if name.removeprefix(prefix).isdigit())

    def identities(self, prefix: str) -> dict[str, str]:
        """Names of the indices that begin so, in order, each with what tells it from an earlier one of that name."""
        with _told():
            found = self._client.indices.get(index=f"{prefix}*", params=_slow())
            return {name: str(found[name]["settings"]["index"]["uuid"]) for name in sorted(found)}

    def every(self, index: str, order: str, field: str, page: int) -> Iterator[Json]:
        """A field of every document, so many at once, in the order of a column that is different in each; after a refresh."""
        body: Json = {"size": page, "sort": [{order: "asc"}], "_source": [field]}
        while True:
            with _told():
                hits = self._client.search(index=index, body=body, params=_slow())["hits"]["hits"]
            yield from (hit["_source"] for hit in hits)
            if len(hits) < page:
                return
            body["search_after"] = hits[-1]["sort"]

    def remove(self, index: str) -> None:
        """Delete an index, if there is one."""
        with _told(), contextlib.suppress(NotFoundError):
            self._client.indices.delete(index=index, params=_slow())

    def health(self, index: str) -> str:
        """Of an index: green, yellow (copies are missing) or red."""
        with _told():
            return str(self._client.cluster.health(index=index)["status"])

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _behind(self, alias: str) -> list[str]:
        with _told():
            try:
                return list(self._client.indices.get_alias(index=f"{alias}-*", name=alias))
            except NotFoundError:
                return []


def _columns(*names: str) -> Json:
    """Answer with columns alone: the id of a document, as any stored field, would mean unpacking all of it, 0.4 ms each."""
    return {"_source": False, "stored_fields": "_none_", "docvalue_fields": list(names)}


def _slow() -> dict[str, float]:
    return {"request_timeout": _WRITING}


def _found(answer: Mapping[str, Any]) -> Found:
    if "error" in answer:
        raise ClusterProblem(f"检索集群没有答成（{answer['error'].get('type', answer.get('status'))}），请再试一次。")
    shards = answer["_shards"]
    ids = [str(hit["fields"][PLACE][0]) for hit in answer.get("hits", {}).get("hits", ())]
    return Found(ids, not answer.get("timed_out") and not shards.get("failed"))


def _refused(error: BulkIndexError) -> ClusterProblem:
    kinds = [next(iter(row.values())) for row in error.errors]
    if any(row.get("status") == 409 for row in kinds):
        return ClusterStale("检索集群里已经有更新的文档，这次没有改动它们。")
    first = kinds[0].get("error", {}) if kinds else {}
    reason = first.get("reason", "") if isinstance(first, Mapping) else str(first)
    _LOG.error("bulk: %s", reason)
    return ClusterProblem(f"检索集群有 {len(error.errors)} 个文档没有收下：{reason[:200]}")


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What the client raises, in words of an operator."""
    try:
        yield
    except (AuthenticationException, AuthorizationException) as error:
        raise ClusterProblem("检索集群不认这个用户，请检查 KB_SEARCH_USER 和 KB_SEARCH_PASSWORD。") from error
    except TransportError as error:
        _LOG.warning("cluster: %s %s", error.status_code, str(error.error)[:200])
        if isinstance(error.status_code, int):
            raise ClusterProblem(f"检索集群没有答成（{error.status_code}），请再试一次。") from error
        raise ClusterProblem("检索集群连不上，请稍后再试；一直这样，请找运维。") from error
    except (OpenSearchException, KeyError, TypeError, ValueError, AttributeError) as error:
        _LOG.warning("cluster: %r", error)
        raise ClusterProblem("检索集群的回答读不懂，请再试一次；一直这样，请找运维。") from error
