"""Nodes of a search cluster that are killed, hang and come back, and an alias that moves, while people ask."""

import threading
import time

import pytest
from opensearchpy import OpenSearch, exceptions
from service import until
from together import Together

# the first of them waits for the jars of OpenSearch, if this machine never had them
pytestmark = pytest.mark.timeout(600)

CARDS = 300
QUESTION = "网银盾坏了"
# three machines that answer or do not: every one of them is tried once, and one once more
PATIENT = {"timeout": 5, "max_retries": 3, "retry_on_timeout": True, "dead_timeout": 1, "timeout_cutoff": 2}


@pytest.fixture
def cluster(opensearch):
    """The three nodes of all tests."""
    return opensearch


@pytest.fixture
def client(cluster):
    """A client that knows all three; in the end everything is as it was."""
    with OpenSearch(cluster.urls, **{**PATIENT, "timeout": 60}) as made:
        yield made
        cluster.mend()
        made.indices.delete(index="cards-*")


def fill(cluster, client, index, generation=1):
    """An index with one shard whose copies are on all nodes: written once, then copied."""
    fields = {"id": {"type": "keyword"}, "generation": {"type": "integer"}, "text": {"type": "text"}}
    settings = {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": -1}
    client.indices.create(index=index, body={"settings": settings, "mappings": {"properties": fields}})
    lines = []
    for number in range(CARDS):
        text = f"网银盾坏了怎么办 {'登录失败 ' * (number % 5)}{number}"
        lines += [{"index": {"_id": f"{number}"}}, {"id": f"{number:03}", "generation": generation, "text": text}]
    assert not client.bulk(index=index, body=lines, refresh=True)["errors"]
    client.indices.put_settings(index=index, body={"number_of_replicas": 2})
    cluster.wait_green()


def ask(client, index, **options):
    """The ten best cards, as they are: a node without the whole answer is an error."""
    body = {"query": {"match": {"text": QUESTION}}, "sort": ["_score", "id"], "size": 10, "track_total_hits": True}
    # every node has a copy: none waits for another that hangs
    answer = client.search(index=index, body=body, preference="_local", **options)
    assert not answer["timed_out"]
    assert answer["_shards"]["failed"] == 0
    assert answer["hits"]["total"]["value"] == CARDS
    return answer["hits"]["hits"]


class Asking(Together):
    """People who ask the cluster all the time; what went wrong for them, and what they were told."""

    def __init__(self, cluster, index, people=2):
        self.asked, self.troubles, self.told = 0, [], set()
        self._cluster, self._index = cluster, index
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._go_on) for _ in range(people)]

    def _go_on(self):
        with OpenSearch(self._cluster.urls, **PATIENT) as client:
            while not self._over.wait(0.02):
                try:
                    cards = ask(client, self._index)
                except (exceptions.OpenSearchException, AssertionError) as error:
                    self.troubles.append(repr(error)[:300])
                    continue
                self.asked += 1
                self.told.add(tuple((card["_id"], card["_source"]["generation"]) for card in cards))

    def go_on(self, number=40):
        """Wait for some more answers."""
        seen = self.asked
        until(lambda: self.asked >= seen + number, lambda: f"{self.troubles}")


def test_every_node_gives_the_same_answer(cluster, client):  # A6
    fill(cluster, client, "cards-1")
    answers = []
    for url in cluster.urls:
        with OpenSearch([url], timeout=60) as one:
            answers.append([(card["_id"], card["_score"]) for card in ask(one, "cards-1")])
            assert all(score > 0 for _, score in answers[-1])
            where = one.search_shards(index="cards-1", preference="_local")["shards"][0][0]["node"]
            assert one.nodes.info(node_id="_local")["nodes"].keys() == {where}
    assert answers == answers[:1] * 3


def test_a_killed_elected_node_fails_no_question_and_comes_back(cluster, client):  # A6
    fill(cluster, client, "cards-1")
    with Asking(cluster, "cards-1") as people:
        people.go_on()
        killed = cluster.elected()
        cluster.kill(killed)
        assert cluster.elected() != killed
        people.go_on()
        assert cluster.health()["number_of_nodes"] == 2
        cluster.start_node(killed)
        cluster.wait_green()
        people.go_on()
    assert people.troubles == []
    assert len(people.told) == 1
    with OpenSearch([cluster.url(killed)], timeout=60) as one:
        assert len(ask(one, "cards-1")) == 10


@pytest.mark.parametrize("elected", [False, True], ids=["another", "the elected"])
def test_a_node_that_hangs_fails_no_question(cluster, client, elected):  # A6
    fill(cluster, client, "cards-1")
    first = cluster.elected()
    hangs = first if elected else next(name for name in cluster.names if name != first)
    with Asking(cluster, "cards-1") as people:
        people.go_on()
        cluster.pause(hangs)
        people.go_on(100)
        cluster.resume(hangs)
        cluster.wait_green()
        people.go_on()
    assert people.troubles == []
    assert len(people.told) == 1


def test_questions_to_nodes_that_all_hang_end_and_say_why(cluster, client):  # A6
    fill(cluster, client, "cards-1")
    with OpenSearch(cluster.urls, timeout=0.5, max_retries=2, retry_on_timeout=True) as hurried:
        for name in cluster.names:
            cluster.pause(name)
        began = time.monotonic()
        with pytest.raises(exceptions.ConnectionTimeout):
            ask(hurried, "cards-1")
        # each of them was given its time
        assert time.monotonic() - began >= 1.5
    cluster.mend()
    assert ask(client, "cards-1")


def test_an_alias_moves_to_a_new_index_without_an_empty_answer(cluster, client):  # A6
    for generation in (1, 2):
        fill(cluster, client, f"cards-{generation}", generation)
    client.indices.put_alias(index="cards-1", name="cards")
    with Asking(cluster, "cards") as people:
        for new, old in [(2, 1), (1, 2)] * 5:
            people.go_on(10)
            moves = [
                {"remove": {"index": f"cards-{old}", "alias": "cards"}},
                {"add": {"index": f"cards-{new}", "alias": "cards"}},
            ]
            assert client.indices.update_aliases(body={"actions": moves})["acknowledged"]
        people.go_on(10)
    assert people.troubles == []
    # each answer was wholly of one generation
    assert len(people.told) == 2
    assert {len({generation for _, generation in cards}) for cards in people.told} == {1}
