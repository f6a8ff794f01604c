"""From an approval to the answer: files, index, history; scheduled, expired, rolled back; and what happens when something fails."""

import errno
import os
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from builders import write_article, write_facts
from publishing_desk import NEW, NOW, OLD, PATH, indexed_desk

from indexer import generations
from kb.articles import parse_article
from kb.clock import parse_moment
from kb.errors import ArticleError, Conflict, IndexLocked, IndexProblem, Missing, NotAllowed, Refused
from kb.library import load_library
from kb.locks import exclusive
from kb.publishing import releases
from kb.publishing.background import start_applier
from kb.publishing.workbench import DraftChanged, publish_lock
from kb.registry import Registry
from kb.visibility import ANYBODY


@pytest.fixture
def desk(settings, database):
    return indexed_desk(settings, database)


def test_two_people_and_the_right_answer(desk):  # row 46
    old = desk.answer()
    made = desk.publish()
    assert (made.state, made.path, made.approver, made.author) == ("applied", PATH, "jia", "bing")
    assert made.generation == generations.current_name(desk.settings.index)
    assert OLD in old
    assert NEW in desk.answer()
    assert desk.workbench.draft(made.draft_id).state == "published"
    front = parse_article(desk.read().encode(), PATH, Registry(facts={"fee.card": "x"})).article
    assert (front.version, front.author, front.approver) == (2, "丙某人", "甲某人")
    assert front.effective == desk.at
    assert f"{front.verified}" == "2026-11-24"
    assert [e.action for e in desk.events() if "approve" in e.action or "publication.done" in e.action] == [
        "draft.approve", "publication.done",
    ]  # fmt: skip


def test_the_rest_of_the_file_stays_as_it_was_written(desk):  # row 65
    before = desk.read()
    desk.publish()
    changed = {a for a in desk.read().split("\n") if a not in before.split("\n")}
    assert {line.partition(":")[0] for line in changed} == {
        "version", "effective", "author", "approver", "verified", "answer",
    }  # fmt: skip


def test_what_has_errors_is_not_published(desk):  # row 41
    draft = desk.ready(answer="长" * 81, category="")
    before = desk.read()
    with pytest.raises(ArticleError) as caught:
        desk.approve(draft)
    said = str(caught.value)
    assert "answer" in said
    assert "category" in said
    assert desk.read() == before
    assert desk.workbench.draft(draft.id).state == "review"
    assert desk.workbench.publications() == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("id: replace-card", "id: usb-key", "文件名"),
        ("type: process", "type: product\nrisk_level: 无\nprincipal_guaranteed: n/a", "products/"),
        ("当场办好", "见[别处](nowhere)", "没有这篇文章"),
        ("effective: '2026-01-01'", "effective: 明天", "不是有效的时间"),
        ("{{fact:fee.card}}", "{{fact:no.such}}", "共用数字"),
    ],
)
def test_what_does_not_go_together_is_not_published(desk, old, new, said):
    with pytest.raises(ArticleError, match=said):
        desk.approve(desk.ready(old=old, new=new))


def test_only_what_was_looked_at_is_published(desk):
    draft = desk.ready()
    desk.workbench.recall(desk.bing, draft.id, desk.later())
    desk.save(draft, draft.text + "\n另一句。\n")
    desk.workbench.submit(desk.bing, draft.id, desk.later())
    with pytest.raises(DraftChanged):
        desk.approve(draft)


def test_an_approval_takes_one_click(desk):
    draft = desk.ready()
    desk.approve(draft)
    with pytest.raises(Refused, match="已发布"):
        desk.approve(draft)
    assert len(desk.workbench.publications()) == 1


def test_a_new_article_is_found(desk):
    made = desk.new("coin-exchange", title="零钞兑换", answer="零钞整钞都能免费换。")
    assert made.state == "applied"
    assert desk.answer("coin-exchange") == "零钞整钞都能免费换。"
    assert [r.version for r in desk.workbench.history("coin-exchange")] == [1]


def test_tomorrow_is_a_file_of_its_own(desk):  # row 43
    old = desk.read()
    made = desk.publish(effective="2026-12-01")
    assert made.path == "processes/replace-card@2026-12-01.md"
    assert desk.read() == old
    assert OLD in desk.answer()
    assert NEW in desk.answer(at=parse_moment("2026-12-01"))
    assert [(v.phase, v.version, v.path) for v in desk.workbench.timeline("replace-card", desk.at)] == [
        ("in_force", 1, PATH), ("scheduled", 2, made.path),
    ]  # fmt: skip
    then = desk.workbench.timeline("replace-card", parse_moment("2026-12-02"))
    assert [(v.phase, v.end) for v in then] == [("expired", parse_moment("2026-12-01")), ("in_force", None)]


def test_a_day_that_is_taken_is_said(desk):
    desk.publish(effective="2026-12-01")
    with pytest.raises(ArticleError, match="同时生效"):
        desk.publish(new="八分钟就能换", effective="2026-12-01")
    assert NEW in desk.read("processes/replace-card@2026-12-01.md")
    assert desk.publish(new="八分钟就能换", effective="2026-12-01 08:30").path.endswith("@2026-12-01T0830.md")


def test_a_scheduled_version_is_moved_to_another_day(desk):  # row 43
    first = desk.publish(effective="2026-12-01").path
    moved = desk.publish(first, NEW, "五分钟就能换", effective="2026-12-15")
    assert moved.path == "processes/replace-card@2026-12-15.md"
    assert desk.read(first) is None
    assert [v.path for v in desk.workbench.timeline("replace-card", desk.at)] == [PATH, moved.path]
    assert OLD in desk.answer(at=parse_moment("2026-12-02"))
    now = desk.publish(moved.path, "五分钟就能换", "三分钟就能换", effective="2026-11-01")
    assert now.path == PATH
    assert desk.read(moved.path) is None
    assert "三分钟" in desk.answer()
    assert [r.removed for r in desk.workbench.history("replace-card")][:2] == [True, False]


def test_a_fix_today_does_not_touch_tomorrow(desk):
    later = desk.publish(effective="2026-12-01").path
    desk.publish(new="一小时就能换")
    assert "一小时" in desk.answer()
    assert NEW in desk.answer(at=parse_moment("2026-12-01"))
    assert [v.version for v in desk.workbench.timeline("replace-card", desk.at)] == [3, 2]
    assert NEW in desk.read(later)


def test_the_next_version_of_one_that_began_by_itself(desk):
    began = desk.publish(effective="2026-12-01").path
    desk.at = parse_moment("2026-12-02 09:00")
    assert NEW in desk.answer()
    made = desk.publish(began, NEW, "五分钟就能换")
    assert made.path == PATH
    assert "五分钟" in desk.answer()
    assert [(v.version, v.phase) for v in desk.workbench.timeline("replace-card", desk.at)] == [
        (2, "expired"),
        (3, "in_force"),
    ]


def test_urgent_texts_end_by_themselves(desk):  # row 61
    draft = desk.ready()
    desk.workbench.set_urgent(desk.bing, draft.id, True, desk.later())
    with pytest.raises(ArticleError, match="失效时间"):
        desk.approve(draft)
    desk.workbench.recall(desk.bing, draft.id, desk.later())
    for ends, fits in (("2027-06-01", False), ("2026-11-30", True)):
        draft = desk.workbench.draft(draft.id)
        draft = desk.save(draft, draft.text.replace("status: published", f"status: published\nexpires: {ends}"))
        desk.workbench.submit(desk.bing, draft.id, desk.later())
        if fits:
            assert desk.approve(draft).state == "applied"
        else:
            with pytest.raises(ArticleError, match="30 天"):
                desk.approve(draft)
            desk.workbench.recall(desk.bing, draft.id, desk.later())
            desk.save(draft, draft.text.replace(f"expires: {ends}\n", ""))
    assert NEW in desk.answer()
    assert desk.answer(at=parse_moment("2026-11-30")) is None


def test_a_version_is_taken_away_at_once(desk):  # row 61
    with pytest.raises(Refused, match="为什么撤下"):
        desk.workbench.expire(desk.jia, PATH, desk.later(), " ")
    made = desk.workbench.expire(desk.jia, PATH, desk.later(), "费用算错了，客户13812345678来电")
    assert made.state == "applied"
    assert desk.answer() is None
    assert "expires: 2026-11-24 10:00:02\n" in desk.read()
    (event,) = desk.events("publication.expire")
    assert '"reason"' in event.detail
    assert "13812345678" not in event.detail
    with pytest.raises(Refused, match="已经失效"):
        desk.workbench.expire(desk.jia, PATH, desk.later(), "再来")
    with pytest.raises(Missing):
        desk.workbench.expire(desk.jia, "processes/nothing.md", desk.later(), "没有")
    with pytest.raises(Refused):
        desk.workbench.expire(desk.jia, "_registry/facts.yml", desk.later(), "不行")


def test_what_was_published_this_second_can_be_taken_away(desk):
    desk.publish()
    desk.workbench.expire(desk.jia, PATH, desk.at, "发错了")
    assert desk.answer(at=desk.at + timedelta(seconds=1)) is None


def break_by_hand(desk, path):
    """A mistake in a file, as a bad merge leaves it; the index keeps the last good version."""
    file = desk.settings.articles / path
    file.write_text(file.read_text("utf-8").replace("type: process", "type: proces"), encoding="utf-8")
    desk.engine.take_up([file], desk.later())
    desk.workbench.take_up_files(desk.at)


def test_a_file_that_was_broken_by_hand_is_taken_away(desk):
    break_by_hand(desk, PATH)
    assert OLD in desk.answer()
    (version,) = desk.workbench.timeline("replace-card", desk.at)
    assert (version.phase, version.version, version.path) == ("in_force", 1, PATH)
    assert "type 写的是“proces”" in " ".join(p.message for p in version.problems)
    made = desk.workbench.expire(desk.jia, PATH, desk.later(), "误导客户")
    assert (made.action, made.state) == ("remove", "applied")
    assert desk.answer() is None
    assert desk.read() is None
    assert [r.removed for r in desk.workbench.history("replace-card")] == [True, False, False]
    (event,) = desk.events("publication.expire")
    assert '"reason"' in event.detail
    assert desk.workbench.timeline("replace-card", desk.at) == []


def test_what_a_broken_file_had_replaced_does_not_come_back(desk):
    path = desk.publish(effective="2026-12-01").path
    desk.at = parse_moment("2026-12-02")
    assert NEW in desk.answer()
    break_by_hand(desk, path)
    assert [(v.phase, bool(v.problems)) for v in desk.workbench.timeline("replace-card", desk.at)] == [
        ("expired", False), ("in_force", True),
    ]  # fmt: skip
    desk.workbench.expire(desk.jia, path, desk.later(), "误导客户")
    assert desk.answer() is None
    assert (desk.read(path), desk.read(PATH)) == (None, None)


def test_a_broken_version_that_waits_never_begins(desk):
    path = desk.publish(effective="2026-12-01").path
    break_by_hand(desk, path)
    desk.workbench.expire(desk.jia, path, desk.later(), "政策推迟")
    assert OLD in desk.answer(at=parse_moment("2026-12-02"))


def test_what_nobody_sees_cannot_be_taken_away(desk):
    write_article(desk.settings.articles, "never-good", type="process", status="draft")
    desk.engine.take_up([desk.settings.articles / "processes/never-good.md"], desk.later())
    assert desk.workbench.timeline("never-good", desk.at) == []
    with pytest.raises(Refused, match="本来就看不到"):
        desk.workbench.expire(desk.jia, "processes/never-good.md", desk.later(), "没有用")


def test_a_scheduled_version_never_begins(desk):
    path = desk.publish(effective="2026-12-01").path
    assert desk.workbench.expire(desk.yi, path, desk.later(), "政策推迟").action == "remove"
    assert desk.read(path) is None
    assert OLD in desk.answer(at=parse_moment("2026-12-02"))
    with pytest.raises(Missing, match="没有这一版"):
        desk.workbench.rollback(desk.jia, desk.workbench.history("replace-card")[0].id, desk.later())


def test_one_action_goes_back_to_any_version(desk):  # row 47, O3
    for text in ("一分钟就能换", "两分钟就能换"):
        desk.publish(old=OLD if "一" in text else "一分钟就能换", new=text)
    history = desk.workbench.history("replace-card")
    assert [(r.version, r.source) for r in history] == [(3, "workbench"), (2, "workbench"), (1, "files")]
    made = desk.workbench.rollback(desk.yi, history[2].id, desk.later())
    assert made.state == "applied"
    assert OLD in desk.answer()
    assert "version: 4\n" in desk.read()
    assert "change_note: 回退到第1版\n" in desk.read()
    assert "approver: 乙某人\n" in desk.read()
    desk.workbench.rollback(desk.yi, history[1].id, desk.later())
    assert "一分钟" in desk.answer()
    assert [e.actor for e in desk.events("publication.rollback")] == ["yi", "yi"]


def test_nobody_goes_back_to_his_own_text(desk):  # row 46
    draft = desk.begin()
    draft = desk.save(draft, draft.text.replace(OLD, NEW), desk.yi)
    desk.workbench.submit(desk.bing, draft.id, desk.later())
    desk.approve(draft)
    desk.publish(old=NEW, new="五分钟就能换")
    own = desk.workbench.history("replace-card")[1]
    with pytest.raises(NotAllowed, match="您写的"):
        desk.workbench.rollback(desk.yi, own.id, desk.later())
    desk.workbench.rollback(desk.jia, own.id, desk.later())
    # the text is still hers after it was rolled back to
    again = desk.workbench.history("replace-card")[0]
    with pytest.raises(NotAllowed):
        desk.workbench.rollback(desk.yi, again.id, desk.later())
    assert len(desk.events("publication.rollback", "denied")) == 2
    with pytest.raises(Missing):
        desk.workbench.rollback(desk.jia, 999, desk.later())


def test_what_is_no_longer_right_is_not_gone_back_to(desk):
    desk.publish(old="每张收{{fact:fee.card}}", new="收费")
    desk.publish(old="{{fact:fee.card}}", new="5元")
    first = desk.workbench.history("replace-card")[-1]
    write_facts(desk.settings.articles, other="1")
    with pytest.raises(ArticleError, match="共用数字"):
        desk.workbench.rollback(desk.yi, first.id, desk.later())


def test_an_expired_version_is_brought_back(desk):
    desk.workbench.expire(desk.jia, PATH, desk.later(), "弄错了")
    before = desk.workbench.history("replace-card")[1]
    desk.workbench.rollback(desk.jia, before.id, desk.later())
    assert OLD in desk.answer()


def test_shared_files_go_the_same_way(desk):  # row 53
    draft = desk.begin("_registry/facts.yml")
    assert (draft.kind, draft.article_id, draft.title) == ("file", "", "共用数字")
    draft = desk.save(draft, draft.text.replace("每张5元", "每张8元"))
    desk.workbench.submit(desk.bing, draft.id, desk.later())
    with pytest.raises(NotAllowed):
        desk.approve(draft, desk.bing)
    assert desk.approve(draft).state == "applied"
    assert "每张8元" in desk.answer()
    first = desk.workbench.history_of_file("_registry/facts.yml")[-1]
    desk.workbench.rollback(desk.yi, first.id, desk.later())
    assert "每张5元" in desk.answer()


def test_a_new_word_is_understood(desk):  # row 54
    draft = desk.begin("_lexicon/synonyms.txt")
    draft = desk.save(draft, draft.text + "网银盾 = 绿疙瘩\n".replace("网银盾", "换卡"))
    desk.workbench.submit(desk.bing, draft.id, desk.later())
    assert desk.approve(draft).state == "applied"
    assert desk.base.ask("绿疙瘩", ANYBODY, desk.at, 1).cards[0].id == "replace-card"


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("_registry/facts.yml", "fee.card: [没写完\n", "不符合“字段: 值”"),
        ("_registry/facts.yml", "other:\n  value: 1元\n", "1 篇文章会出错"),
        ("_registry/app_menu.yml", "手机银行:\n  首页: {}\n", "菜单里没有"),
        ("_lexicon/synonyms.txt", "只有一个词\n", "一行要写成"),
    ],
)
def test_a_shared_file_that_would_break_something_is_refused(desk, path, text, said):  # row 55
    draft = desk.begin(path)
    draft = desk.save(draft, text)
    desk.workbench.submit(desk.bing, draft.id, desk.later())
    with pytest.raises(ArticleError, match=said):
        desk.approve(draft)
    assert OLD in desk.answer()


def test_a_shared_file_as_it_was_is_refused(desk):
    draft = desk.begin("_registry/facts.yml")
    desk.workbench.submit(desk.bing, draft.id, desk.later())
    with pytest.raises(Refused, match="没有要发布的改动"):
        desk.approve(draft)


class Stumbling:
    """An engine that fails for a while."""

    def __init__(self, engine, error):
        self.engine, self.error, self.failing = engine, error, True

    def take_up(self, paths, now):
        if self.failing:
            raise self.error
        return self.engine.take_up(paths, now)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (IndexLocked("x"), "另一个任务正在写索引"),
        (IndexProblem("索引坏了。"), "索引坏了"),
        (OSError(errno.ENOSPC, "No space left on device"), "磁盘满了"),
    ],
)
def test_the_index_may_be_late(desk, error, said):  # D4
    stumbling = Stumbling(desk.engine, error)
    desk.workbench._applier._engine = stumbling
    made = desk.publish()
    assert made.state == "written"
    assert said in made.reason
    assert NEW in desk.read()
    assert desk.workbench.draft(made.draft_id).state == "approved"
    # another article goes its way, and takes the first one along
    stumbling.failing = False
    desk.new("coin-exchange")
    assert NEW in desk.answer()
    assert [p.state for p in desk.workbench.publications()] == ["applied", "applied"]
    assert {p.reason for p in desk.workbench.publications()} == {""}


def test_a_thread_finishes_what_was_late(desk):
    stumbling = Stumbling(desk.engine, IndexLocked("x"))
    desk.workbench._applier._engine = stumbling
    desk.publish()
    stumbling.failing = False
    start_applier(desk.workbench, every=0.01)
    waiting = threading.Event()
    for _ in range(500):
        if not desk.workbench.unfinished():
            break
        waiting.wait(0.01)
    assert NEW in desk.answer()


def no_space(desk, monkeypatch, number=errno.ENOSPC):
    """Writing to the disk fails."""
    real = os.fsync

    def full(descriptor):
        if Path(f"/proc/self/fd/{descriptor}").readlink().is_relative_to(desk.settings.articles):
            raise OSError(number, os.strerror(number))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)


@pytest.mark.parametrize(
    ("number", "said"), [(errno.ENOSPC, "磁盘满了"), (errno.EACCES, "没有写这个目录的权限"), (errno.EROFS, "只读")]
)
def test_a_full_disk_loses_nothing(desk, monkeypatch, number, said):  # D4
    before = desk.read()
    with monkeypatch.context() as patch:
        no_space(desk, patch, number)
        made = desk.publish()
    assert made.state == "pending"
    assert said in made.reason
    assert PATH in made.reason
    assert desk.read() == before
    assert not [p for p in (desk.settings.articles / "processes").iterdir() if p.name.startswith(".")]
    assert OLD in desk.answer()
    (done,) = desk.workbench.resume(desk.later())
    assert done.state == "applied"
    assert NEW in desk.answer()


def test_the_next_decision_about_a_file_waits_for_the_one_before(desk, monkeypatch):
    other = desk.ready(new="一小时就能换")
    with monkeypatch.context() as patch:
        no_space(desk, patch)
        desk.publish()
        with pytest.raises(Refused, match="上一次发布还没有完成"):
            desk.approve(other)
    with pytest.raises(Conflict):
        desk.approve(other)
    assert NEW in desk.answer()


def test_a_hand_is_faster_than_the_applier(desk, monkeypatch):  # C4
    draft = desk.ready()
    with monkeypatch.context() as patch:
        no_space(desk, patch)
        made = desk.approve(draft)
    file = desk.settings.articles / PATH
    file.write_text(desk.read().replace(OLD, "别人改的"), encoding="utf-8")
    (failed,) = desk.workbench.resume(desk.later())
    assert (failed.id, failed.state) == (made.id, "failed")
    assert "别人改过" in failed.reason
    assert "别人改的" in desk.read()
    back = desk.workbench.draft(draft.id)
    assert (back.state, back.text) == ("review", draft.text)
    assert "没有发布成" in desk.workbench.comments(draft.id)[-1].text
    assert [r.version for r in desk.workbench.history("replace-card")] == [1]
    assert [r.source for r in desk.workbench.take_up_files(desk.later())] == ["files"]
    assert desk.workbench.conflict(draft.id).merged is None


def test_what_stands_there_unseen_is_kept_before_it_is_replaced(desk):  # P7
    file = desk.settings.articles / PATH
    file.write_text(desk.read().replace(OLD, "手工改的"), encoding="utf-8")
    desk.publish(old="手工改的")
    assert [("手工改的" in r.text, r.source) for r in desk.workbench.history("replace-card")] == [
        (False, "workbench"), (True, "files"), (False, "files"),
    ]  # fmt: skip


def test_others_publish_meanwhile(desk, monkeypatch):
    monkeypatch.setattr(releases, "_FOR_OTHERS", 0.05)
    draft = desk.ready()
    with exclusive(publish_lock(desk.settings), 0), pytest.raises(Refused, match="另一项发布还没有结束"):
        desk.approve(draft)
    assert desk.approve(draft).state == "applied"


def test_approvers_at_once_do_not_disturb_one_another(desk):  # C3
    names = [f"article-{n}" for n in range(6)]
    for name in names:
        write_article(desk.settings.articles, name, answer=f"{name}旧的。")
    desk.engine.take_up([desk.settings.articles / f"processes/{n}.md" for n in names], NOW)
    ready = [desk.ready(f"processes/{n}.md", f"{n}旧的", f"{n}新的") for n in names]
    failures = []

    def approve(draft, actor):
        try:
            desk.workbench.approve(actor, draft.id, draft.number, desk.at)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=approve, args=(d, (desk.jia, desk.yi)[n % 2])) for n, d in enumerate(ready)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    desk.workbench.resume(desk.later())
    assert failures == []
    assert {p.state for p in desk.workbench.publications()} == {"applied"}
    assert all(desk.answer(n) == f"{n}新的。" for n in names)
    assert load_library(desk.settings.articles).errors == []


def test_what_an_article_said_at_a_moment(desk):  # P7
    told = {}
    text = OLD
    for n in range(4):
        told[desk.at] = text
        desk.later(hours=1)
        desk.publish(old=text, new=f"{n}分钟就能换")
        text = f"{n}分钟就能换"
        desk.later(hours=1)
    for moment, said in told.items():
        revision = next(r for r in desk.workbench.history("replace-card") if r.at <= moment)
        assert said in revision.text


def test_a_long_name_is_refused_in_words(desk):
    with pytest.raises(Refused):
        desk.begin(f"processes/{'x' * 250}.md")
