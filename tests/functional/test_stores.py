"""Each store tells the same story on SQLite and on PostgreSQL."""

from datetime import timedelta

import pytest

from kb.db import audit, favourites, feedback, gaps, handovers, links, notices, readings, retention, sessions, users
from kb.db.readings import Reading
from kb.errors import Conflict, Refused
from kb.people import SYSTEM
from kb.settings import LEAST_DAYS

IDLE = sessions.Limits(timedelta(minutes=60), timedelta(hours=12))


@pytest.fixture
def writing(any_database):
    return any_database.writing


@pytest.fixture
def person(writing, at):
    """Add somebody with roles; who it is."""

    def add(name, *roles):
        with writing() as connection:
            return users.add(connection, name, f"{name}先生", roles, at, queues={"信用卡"}).actor

    return add


def test_users(writing, person, at):
    admin, editor = person("admin", "admin"), person("editor", "editor", "agent")
    with writing() as connection:
        found = users.find(connection, "editor")
        assert found.actor == editor
        assert (found.roles, found.queues, found.active, found.failures) == ({"editor", "agent"}, {"信用卡"}, True, 0)
        users.change(connection, editor.id, roles=frozenset({"approver"}), locked_until=at, active=False)
        changed = users.get(connection, editor.id)
        assert (changed.roles, changed.locked_until, changed.active) == ({"approver"}, at, False)
        assert [u.id for u in users.administrators(connection)] == [admin.id]
        with pytest.raises(Conflict):
            users.add(connection, "editor", "", [], at)
        # the refusal did not spoil the transaction
        assert users.count(connection) == 2
        assert users.get(connection, 10**12) is None


def test_sessions(writing, person, at):
    editor = person("editor", "editor")
    with writing() as connection:
        first, second = (sessions.begin(connection, editor.id, at, "10.0.0.1") for _ in range(2))
        found = sessions.find(connection, first, IDLE, at + timedelta(minutes=59))
        assert (found.user_id, found.address) == (editor.id, "10.0.0.1")
        sessions.seen(connection, found, at + timedelta(minutes=59))
        assert sessions.find(connection, first, IDLE, at + timedelta(minutes=90))
        assert sessions.find(connection, second, IDLE, at + timedelta(minutes=90)) is None
        sessions.forget_ended(connection, IDLE, at + timedelta(minutes=90))
        assert [s.token for s in sessions.of_user(connection, editor.id, IDLE, at)] == [sessions.digest(first)]
        assert sessions.end_all(connection, editor.id) == 1


def test_links(writing, person, at):
    editor = person("editor", "editor")
    with writing() as connection:
        old, token = (links.make(connection, "reset", editor.id, at) for _ in range(2))
        assert links.find(connection, old, ["reset"], at) is None
        link = links.find(connection, token, ["reset"], at)
        assert links.use(connection, link, at)
        assert not links.use(connection, link, at)
        setup = links.make(connection, "setup", None, at)
        assert links.find(connection, setup, ["setup"], at + timedelta(hours=25)) is None
        assert links.withdraw(connection, ["setup"], None, at) == 1


def test_feedback(writing, person, at):
    agent, editor = person("agent", "agent"), person("editor", "editor")
    due = at + timedelta(days=1)
    with writing() as connection:
        late = feedback.send(connection, agent, "wrong", "card@2", "挂失多少钱", "费用不对", at, at - timedelta(days=1))
        other = feedback.send(connection, agent, "outdated", "card@2", "", "", at, due)
        feedback.send(connection, agent, "praise", "card@2", "", "", at, due)
        assert [f.id for f in feedback.listed(connection, "open", at, 10)] == [late, other]
        assert feedback.counts(connection, at) == {"open": 2, "late": 1, "done": 0, "praise": 1, "all": 3}
        feedback.answer(connection, editor, late, "done", "已改", at)
        with pytest.raises(Conflict):
            feedback.answer(connection, editor, late, "declined", "不改", at)
        answered = feedback.of_reporter(connection, agent.id, 10)[0]
        assert (answered.id, answered.answered_by, answered.answered) == (late, "editor先生", at)
        assert feedback.unread_answers(connection, agent.id) == 1
        feedback.mark_read(connection, agent, [late], at)
        assert feedback.unread_answers(connection, agent.id) == 0
        feedback.undo(connection, agent, other, at)
        assert feedback.find(connection, other) is None


def test_gaps(writing, person, at):
    agent, editor = person("agent", "agent"), person("editor", "editor")
    with writing() as connection:
        numbers = [gaps.send(connection, agent, f"问题{n}", "fee", "card@1", n > 1, at) for n in range(3)]
        assert [g.id for g in gaps.open_ones(connection, 10)] == numbers[::-1]
        assert gaps.counts(connection) == (3, 0)
        assert gaps.decide(connection, editor, numbers[:2], "dismissed", at) == 2
        with pytest.raises(Conflict):
            gaps.decide(connection, editor, numbers[:2], "dismissed", at)
        assert gaps.counts(connection) == (1, 2)
        decided = gaps.decided_ones(connection, 10)[0]
        assert (decided.decided_by, decided.confident, decided.facet) == ("editor先生", False, "fee")


def test_notices(writing, person, at):
    lead, agent = person("lead", "lead"), person("agent", "agent")
    with writing() as connection:
        number = notices.publish(connection, lead, "停机", "今晚停机", "", ["agent"], at + timedelta(days=1), at)
        assert [n.id for n in notices.unread(connection, agent, at)] == [number]
        notices.acknowledge(connection, agent, number, at)
        notices.acknowledge(connection, agent, number, at)
        assert notices.unread(connection, agent, at) == []
        assert notices.read_by(connection, [number]) == {number: 1}
        found = notices.find(connection, number, agent.id)
        assert [(r.name, r.acknowledged) for r in notices.readers(connection, found)] == [("agent", at)]
        notices.end(connection, lead, number, at)
        with pytest.raises(Refused):
            notices.end(connection, lead, number, at)


def test_what_is_over_is_purged_and_the_trail_is_not(any_database, person, at):  # P6
    agent, editor = person("agent", "agent"), person("editor", "editor")
    later = at + timedelta(days=200)
    with any_database.writing() as connection:
        sessions.begin(connection, agent.id, at)
        links.make(connection, "reset", agent.id, at)
        old = feedback.send(connection, agent, "wrong", "card@1", "绝密问题一", "", at, at)
        feedback.answer(connection, editor, old, "done", "好", at)
        waits = feedback.send(connection, agent, "wrong", "card@1", "", "", at, at)
        fresh = feedback.send(connection, agent, "wrong", "card@1", "", "", at, at)
        feedback.answer(connection, editor, fresh, "done", "好", later - timedelta(days=100))
        gaps.decide(
            connection, editor, [gaps.send(connection, agent, "绝密问题二", "", "", False, at)], "dismissed", at
        )
        handovers.make(connection, agent.id, "绝密问题三", ["card"], at)
        for article, read in (("card", at), ("account", later - timedelta(days=100))):
            readings.note(connection, Reading(agent.id, article, 1, read))
        favourites.add(connection, agent.id, "card", at)
        before = audit.size(connection)
    gone = retention.purge(any_database, later, LEAST_DAYS)
    assert gone == {"sessions": 1, "links": 1, "feedback": 1, "gaps": 1, "handovers": 1, "readings": 1}
    with any_database.reading() as connection:
        assert [r.article_id for r in readings.of(connection, agent.id, 10)] == ["account"]
        assert favourites.of(connection, agent.id) == ["card"]
    with any_database.reading() as connection:
        assert {f.id for f in feedback.listed(connection, "all", at, 10)} == {waits, fresh}
        assert audit.size(connection) == before + 1
        assert audit.latest(connection, 1)[0].actor == SYSTEM.name
    with pytest.raises(ValueError, match="182"):
        retention.purge(any_database, later, 182)


def test_nothing_of_what_was_purged_remains_in_the_files(database, at):  # P3
    with database.writing() as connection:
        agent = users.add(connection, "agent", "", ["agent"], at).actor
        gaps.send(connection, agent, "绝密问题" * 20, "", "", False, at)
    folder = database.file.parent
    assert any("绝密问题".encode() in f.read_bytes() for f in folder.iterdir())
    with database.writing() as connection:
        gaps.decide(connection, agent, [1], "dismissed", at)
    retention.purge(database, at + timedelta(days=200), 190)
    assert not any("绝密问题".encode() in f.read_bytes() for f in folder.iterdir())
