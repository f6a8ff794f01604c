"""The clustered set-up for real: one node with the files and the workbench, two desks without, PostgreSQL, three search nodes."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import requests
from publishing_desk import Desk
from service import Callers, Service, kb, until

from indexer.engines import engine_of
from indexer.opensearch import Cluster
from kb.clock import now
from kb.db import sessions
from kb.db.engine import Database
from web.identity import Identity, cookie_name

pytestmark = pytest.mark.timeout(300)

QUESTION = "换卡要带什么"
SECRET = "s" * 40


@pytest.fixture
def installation(settings, postgres, opensearch, tmp_path):
    """Settings of the node that has the files."""
    name = f"kb_{uuid4().hex[:10]}"
    postgres.execute(f"CREATE DATABASE {name} TEMPLATE kb_migrated")
    made = replace(
        settings,
        database_url=postgres.url(name),
        search_url=tuple(opensearch.urls),
        search_prefix=f"m{uuid4().hex[:10]}",
        secret_key=SECRET,
    )
    yield made
    opensearch.mend()
    opensearch.clear(made.search_prefix)


def told(settings, **more):
    """The environment of a node."""
    return {
        "KB_DATABASE_URL": settings.database_url,
        "KB_SEARCH_URL": ",".join(settings.search_url),
        "KB_SEARCH_PREFIX": settings.search_prefix,
        "KB_SECRET_KEY": SECRET,
        "KB_ASK_LIMIT": "0",
        **more,
    }


@pytest.fixture
def nodes(installation, tmp_path):
    """The workbench and two desks, ready to be asked."""
    started = []
    try:
        workbench = Service(installation, tmp_path / "workbench.log", workers=1, **told(installation))
        started.append(workbench)
        for number in (1, 2):
            bare = replace(installation, articles=tmp_path / "nothing", var=tmp_path / f"desk-{number}")
            more = told(installation, KB_WORKBENCH_URL=workbench.address)
            started.append(Service(bare, tmp_path / f"desk-{number}.log", workers=2, **more))
        yield [node.ready() for node in started]
    finally:
        for node in started:
            node.end()


@pytest.fixture
def people(installation):
    """People at the workbench, as another process on its machine."""
    database = Database(installation.database_url)
    try:
        desk = Desk(installation, database, engine=engine_of(installation))
        # each step takes a second of theirs: none may lie ahead
        desk.at = now() - timedelta(minutes=2)
        desk.workbench.patience = 30
        yield desk
    finally:
        database.close()


def test_every_machine_answers_alike_and_follows_what_is_published(nodes, installation, people):  # C2
    _, *desks = nodes
    answers = [node.ask(QUESTION) for node in nodes]
    assert [[card["id"] for card in a["cards"]] for a in answers] == [[card["id"] for card in answers[0]["cards"]]] * 3
    assert answers[0]["cards"][0]["id"] == "replace-card"
    assert not list((installation.articles.parent / "nothing").glob("*"))
    people.workbench.take_up_files(people.at)
    with Callers(desks[0], QUESTION, lambda a: a["cards"][0]["id"] == "replace-card") as callers:
        published = people.publish()
        until(
            lambda: all("十分钟就能换" in node.first(QUESTION)["text"] for node in nodes),
            lambda: repr([published, [node.first(QUESTION) for node in nodes]]), patience=30,
        )  # fmt: skip
    assert published.state == "applied"
    assert callers.troubles == []
    assert callers.asked > 0


def test_what_desks_are_asked_is_kept_in_the_cluster_and_not_on_them(nodes, installation):
    _, *desks = nodes
    for number, desk in enumerate(desks):
        desk.ask(f"独角兽{number}")
    cluster = Cluster(installation)

    def kept():
        days = cluster.identities(f"{installation.search_prefix}-questions-")
        for day in days:
            cluster.refresh_index(day)
        return "".join(row["lines"] for day in days for row in cluster.every(day, "order", "lines", 10))

    until(lambda: all(f"独角兽{number}" in kept() for number in range(len(desks))), kept)
    cluster.close()
    assert not list(installation.var.parent.glob("desk-*/log/*"))


def test_who_signed_in_at_one_desk_is_known_at_the_other(nodes, installation, people):
    database = people.database
    with database.writing() as connection:
        token = sessions.begin(connection, people.bing.id, now(), "127.0.0.1")
    seal = Identity(installation, database, SECRET).seal(token)
    cookie = {cookie_name(installation): seal}
    _, *desks = nodes
    for node in desks:
        page = requests.get(node.address, cookies=cookie, timeout=30).text
        assert "丙某人" in page
    # what is sent at one desk is read at the other, and by the workbench
    state = requests.get(f"{desks[0].address}/report/state", cookies=cookie, timeout=30)
    assert state.status_code == 200
    # editors' pages are where the files are
    away = requests.get(f"{desks[0].address}/edit/?q=卡", cookies=cookie, timeout=30, allow_redirects=False)
    assert away.status_code == 302
    assert away.headers["Location"].startswith(f"{nodes[0].address}/edit/?q=")


def test_a_search_node_dies_and_nobody_notices(nodes, opensearch):  # A6
    _, first, second = nodes
    right = lambda answer: answer["cards"][0]["id"] == "replace-card"  # noqa: E731
    with Callers(first, QUESTION, right) as one, Callers(second, "网银盾坏了", lambda a: bool(a["cards"])) as two:
        until(lambda: one.asked > 5 and two.asked > 5)
        opensearch.kill(opensearch.elected())
        began = one.asked
        until(lambda: one.asked > began + 40)
    assert one.troubles == two.troubles == []
    opensearch.mend()


def test_a_cluster_that_hangs_is_said_plainly_and_comes_back(nodes, opensearch):  # A6
    _, desk, _ = nodes
    for name in opensearch.names:
        opensearch.pause(name)
    try:
        answer = requests.post(f"{desk.address}/api/v1/search", json={"q": "网银盾坏了怎么办呀"}, timeout=30)
        assert answer.status_code == 503
        assert "检索集群连不上" in answer.json()["error"]["message"]
        page = requests.get(desk.address, params={"q": "补卡带什么"}, timeout=30)
        assert "检索集群连不上" in page.text
        assert page.status_code == 503
        state = requests.get(f"{desk.address}/readyz", timeout=30)
        # the node stays in service, so that agents read the sentence
        assert state.status_code == 200
        assert state.json()["status"] == "degraded"
        assert any("连不上" in reason["text"] for reason in state.json()["reasons"])
    finally:
        for name in opensearch.names:
            opensearch.resume(name)
    until(lambda: requests.post(f"{desk.address}/api/v1/search", json={"q": QUESTION}, timeout=30).status_code == 200)


def test_a_desk_that_starts_before_everything_waits_and_says_so(installation, tmp_path):
    bare = replace(installation, articles=tmp_path / "nothing", var=tmp_path / "early")
    desk = Service(bare, tmp_path / "early.log", workers=1, **told(installation))
    try:
        until(lambda: desk.readiness().get("reason"))
        assert "还没有索引" in desk.readiness()["reason"]
        code, said = kb(installation, "index", "build", **told(installation))
        assert code == 0, said
        assert "检索集群已换成这一代" in said
        desk.ready()
        assert desk.first(QUESTION)
    finally:
        desk.end()


def test_the_last_search_node_goes_on_answering_and_publishing_waits(nodes, opensearch, installation, people):  # A6
    _, desk, _ = nodes
    people.workbench.take_up_files(people.at)
    draft = people.ready()
    for name in opensearch.names[:2]:
        opensearch.kill(name)
    until(lambda: desk.first(QUESTION))
    people.workbench.patience = 0
    waiting = people.approve(draft)
    assert waiting.state == "written"
    assert "检索集群" in waiting.reason
    assert "当场就能换" in desk.first(QUESTION)["text"]
    opensearch.mend()
    # the service on the machine of the workbench finishes it by itself
    until(lambda: "十分钟就能换" in desk.first(QUESTION)["text"], lambda: str(people.workbench.publications(5)))


def test_without_the_database_agents_go_on_asking(installation, postgres, tmp_path):
    gone = replace(installation, database_url=postgres.url("nothing-of-this-name"))
    code, said = kb(installation, "index", "build", **told(installation))
    assert code == 0, said
    bare = replace(gone, articles=tmp_path / "nothing", var=tmp_path / "alone")
    desk = Service(bare, tmp_path / "alone.log", workers=1, **told(gone))
    try:
        assert desk.ready().first(QUESTION)
        assert desk.readiness()["status"] == "degraded"
    finally:
        desk.end()
