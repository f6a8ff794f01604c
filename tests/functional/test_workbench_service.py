"""Drafts: what is typed is kept, nobody overwrites anybody, and every step is taken by those who may, and written down."""

import json
import os
import threading
from itertools import product

import pytest
from builders import article_text
from publishing_desk import NEW, NOW, OLD, PATH, indexed_desk

from kb.db import audit, drafts
from kb.errors import ArticleError, Conflict, Missing, NotAllowed, Refused
from kb.files import digest
from kb.people import ANONYMOUS
from kb.publishing.workbench import DraftChanged
from kb.publishing.workflow import STATES, STEPS, refusal


@pytest.fixture
def desk(settings, database):
    return indexed_desk(settings, database)


def test_a_draft_of_an_article_is_its_next_version(desk):
    draft = desk.begin()
    assert draft.base == desk.read()
    assert draft.text == desk.read().replace("version: 1\n", "version: 2\n")
    assert (draft.state, draft.kind, draft.title, draft.article_id) == (
        "draft",
        "article",
        "银行卡补卡换卡",
        "replace-card",
    )
    assert draft.author.display == "丙某人"
    assert desk.workbench.drafts() == [row_of(draft)]


def row_of(draft):
    return drafts.DraftRow(**{name: getattr(draft, name) for name in drafts.DraftRow.__slots__})


def test_a_new_article_begins_with_its_template(desk):  # row 58
    draft = desk.workbench.begin_new(desk.bing, "alert", "fake-police-2", desk.later())
    assert draft.path == "alerts/fake-police-2.md"
    assert "type: alert" in draft.text
    assert draft.base_digest == ""


@pytest.mark.parametrize("slug", ["replace-card", "Big", "../x", "a b", "", "x" * 81, "一"])
def test_an_id_that_is_bad_or_taken_is_refused(desk, slug):
    with pytest.raises(Refused, match=r"编号"):
        desk.workbench.begin_new(desk.bing, "process", slug, NOW)


def test_two_people_cannot_begin_the_same_new_article(desk):
    desk.workbench.begin_new(desk.bing, "process", "new-one", NOW)
    with pytest.raises(Refused, match="有人正在起草"):
        desk.workbench.begin_new(desk.jia, "process", "new-one", NOW)


@pytest.mark.parametrize(
    "path",
    [
        "../outside.md", "/etc/passwd", "processes/../../x.md", "processes/.hidden.md", ".git/config", "processes/x.txt",
        "_lexicon/../x.txt", "_registry/sub/x.yml", "other/x.md", "processes/sub/x.md", "processes/a\0.md", "", "x" * 5000,
        "processes\\x.md", "_lexicon/synonyms.txt/x",
    ],
)  # fmt: skip
def test_nothing_outside_can_be_begun(desk, path):  # I9
    with pytest.raises(Refused):
        desk.begin(path)


def test_a_file_that_is_gone_cannot_be_begun(desk):
    with pytest.raises(Missing):
        desk.begin("processes/nothing.md")
    with pytest.raises(Missing):
        desk.workbench.draft(99)
    with pytest.raises(Missing):
        desk.workbench.draft(10**30)


def test_links_and_pipes_are_no_articles(desk, tmp_path):  # I9
    folder = desk.settings.articles / "processes"
    (tmp_path / "secret.md").write_text("geheim")
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    os.mkfifo(folder / "pipe.md")
    (desk.settings.articles / "regulations/sub.md").mkdir()
    for path in ("processes/link.md", "processes/pipe.md", "regulations/sub.md"):
        with pytest.raises(Refused, match="不是普通文件"):
            desk.begin(path)
    (desk.settings.articles / "_registry").rename(tmp_path / "away")
    (desk.settings.articles / "_registry").symlink_to(tmp_path / "away")
    with pytest.raises(Refused, match="不是普通目录"):
        desk.begin("_registry/facts.yml")


def test_a_text_is_kept_and_counted(desk):
    draft = desk.begin()
    saved = desk.save(draft, draft.text.replace("title: 银行卡", "title: 卡"))
    assert (saved.number, saved.title) == (draft.number + 1, "卡补卡换卡")
    assert desk.workbench.draft(draft.id) == saved
    assert desk.save(saved, saved.text) == saved


def test_a_text_that_is_broken_is_kept_all_the_same(desk):  # row 64
    draft = desk.begin()
    broken = "---\ntitle: [没写完\nquestions:\n"
    assert desk.save(draft, broken).text == broken
    assert desk.save(desk.workbench.draft(draft.id), "").title == "[没写完"


def test_odd_characters_do_no_harm(desk):
    draft = desk.begin()
    saved = desk.save(draft, "a\r\nb\rc\0d\ud800\n")
    assert saved.text == "a\nb\ncd?\n"
    with pytest.raises(Refused, match="请拆成几篇"):
        desk.save(saved, "长" * 400_000)


def test_whoever_saves_second_is_told(desk):  # row 64
    draft = desk.begin()
    desk.save(draft, draft.text + "\n一\n", desk.jia)
    with pytest.raises(DraftChanged) as caught:
        desk.save(draft, draft.text + "\n二\n")
    assert caught.value.draft.text.endswith("\n一\n")
    assert desk.workbench.draft(draft.id).editors == {desk.bing.id, desk.jia.id}


def test_of_two_savers_at_once_nobody_loses_anything(desk):  # C3
    draft = desk.workbench.begin_new(desk.bing, "process", "race", NOW, text="0")
    kept, lost = [[], []], []

    def write(mine, actor):
        number = draft.number
        for turn in range(250):
            while True:
                text = f"{actor.name} {turn}"
                try:
                    number = desk.workbench.save(actor, draft.id, number, text, NOW).number
                except DraftChanged as changed:
                    # what was refused is still in the hands of its writer, who sees what is stored
                    number = changed.draft.number
                    lost.append(text)
                else:
                    mine.append((number, text))
                    break

    people = [threading.Thread(target=write, args=pair) for pair in zip(kept, (desk.jia, desk.yi), strict=True)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    both = sorted([*kept[0], *kept[1]])
    # each of the 500 texts was the stored one exactly once, and none replaced one that its writer had not seen
    assert [number for number, _ in both] == list(range(2, 502))
    assert {text for _, text in both} == {f"{a.name} {n}" for a in (desk.jia, desk.yi) for n in range(250)}
    stored = desk.workbench.draft(draft.id)
    assert (stored.number, stored.text) == both[-1]


def test_the_way_of_a_draft(desk):  # row 46
    draft = desk.begin()
    work = desk.workbench
    assert work.submit(desk.bing, draft.id, desk.later()).state == "review"
    assert work.recall(desk.bing, draft.id, desk.later()).state == "draft"
    work.submit(desk.bing, draft.id, desk.later())
    back = work.send_back(desk.jia, draft.id, "请写明材料", desk.later())
    assert back.state == "draft"
    work.comment(desk.bing, draft.id, "好的", desk.later())
    assert [(c.author.display, c.text) for c in work.comments(draft.id)] == [
        ("甲某人", "请写明材料"),
        ("丙某人", "好的"),
    ]
    assert work.set_urgent(desk.bing, draft.id, True, desk.later()).urgent
    assert work.withdraw(desk.bing, draft.id, desk.later()).state == "withdrawn"
    assert [e.action for e in desk.events("draft.")] == [
        "draft.begin", "draft.submit", "draft.recall", "draft.submit", "draft.send_back", "draft.comment", "draft.urgent",
        "draft.withdraw",
    ]  # fmt: skip
    event = desk.events("draft.submit")[0]
    assert (event.actor, event.target) == ("bing", f"draft:{draft.id}")
    assert json.loads(event.detail)["digest"] == digest(draft.text.encode())


def test_numbers_of_customers_are_masked_in_what_is_said(desk):  # row 78
    draft = desk.begin()
    assert desk.workbench.comment(desk.bing, draft.id, "客户13812345678说", NOW).text == "客户［手机号］说"
    assert b"13812345678" not in desk.database.file.read_bytes()
    with pytest.raises(Refused):
        desk.workbench.comment(desk.bing, draft.id, " \n", NOW)


def test_typing_is_one_event_a_sitting(desk):
    draft = desk.begin()
    for n in range(5):
        draft = desk.save(draft, f"{draft.text}{n}")
    desk.later(minutes=11)
    draft = desk.save(draft, draft.text + "x")
    draft = desk.save(draft, draft.text + "y", desk.jia)
    assert [e.actor for e in desk.events("draft.save")] == ["bing", "bing", "jia"]


@pytest.mark.parametrize(("state", "step"), list(product(STATES, STEPS)))
def test_the_rules_hold_for_everybody_at_every_state(desk, state, step):  # row 42
    work, at = desk.workbench, desk.at
    take = {
        "save": lambda who, d: work.save(who, d.id, d.number, d.text + f"\n{who.name}\n", at),
        "submit": lambda who, d: work.submit(who, d.id, at),
        "recall": lambda who, d: work.recall(who, d.id, at),
        "send_back": lambda who, d: work.send_back(who, d.id, "请改", at),
        "approve": lambda who, d: work.approve(who, d.id, d.number, at),
        "withdraw": lambda who, d: work.withdraw(who, d.id, at),
        "comment": lambda who, d: work.comment(who, d.id, "看过", at),
        "urgent": lambda who, d: work.set_urgent(who, d.id, True, at),
    }[step]
    for who in (desk.jia, desk.yi, desk.bing, desk.agent, ANONYMOUS):
        draft = desk.begin(text=desk.read().replace(OLD, f"{who.id}分钟就能换").replace("version: 1\n", "version: 2\n"))
        draft = desk.save(draft, draft.text + "\n\n甲改过。\n", desk.jia)
        with desk.database.writing() as connection:
            drafts.change(connection, draft.id, state=state)
        draft = work.draft(draft.id)
        denied = len(desk.events("draft.", "denied"))
        why = refusal(step, draft.standing, who)
        if why is None:
            take(who, draft)
            assert len(desk.events("draft.", "denied")) == denied
            continue
        before = (desk.read(), len(work.comments(draft.id)))
        with pytest.raises(Refused) as caught:
            take(who, draft)
        assert str(caught.value) == why
        assert work.draft(draft.id) == draft
        assert (desk.read(), len(work.comments(draft.id))) == before
        event = desk.events("draft.", "denied")[-1]
        assert (event.actor, event.action, event.target) == (who.name, f"draft.{step}", f"draft:{draft.id}")


def test_nobody_approves_what_he_wrote_or_changed(desk):  # row 46
    draft = desk.begin()
    draft = desk.save(draft, draft.text.replace(OLD, NEW), desk.jia)
    desk.workbench.submit(desk.bing, draft.id, desk.later())
    with pytest.raises(NotAllowed, match="不能自己审核"):
        desk.approve(draft, desk.jia)
    with pytest.raises(NotAllowed):
        desk.approve(draft, desk.bing)
    assert desk.approve(draft, desk.yi).state == "applied"


@pytest.mark.parametrize("action", ["begin", "new", "expire", "rollback"])
def test_agents_change_nothing(desk, action):  # row 42
    work = desk.workbench
    take = {
        "begin": lambda: work.begin_from(desk.agent, PATH, NOW),
        "new": lambda: work.begin_new(desk.agent, "process", "mine", NOW),
        "expire": lambda: work.expire(desk.agent, PATH, NOW, "试试"),
        "rollback": lambda: work.rollback(desk.agent, work.history("replace-card")[0].id, NOW),
    }[action]
    before = desk.read()
    with pytest.raises(NotAllowed):
        take()
    assert desk.read() == before
    assert len(desk.events("", "denied")) == 1


def test_somebody_changed_the_file_since(desk):  # C4
    draft = desk.begin()
    draft = desk.save(draft, draft.text.replace(OLD, NEW))
    assert desk.workbench.conflict(draft.id) is None
    file = desk.settings.articles / PATH
    file.write_text(desk.read().replace("## 多久办好", "## 多久"), encoding="utf-8")
    found = desk.workbench.conflict(draft.id)
    assert found.base == draft.base
    assert found.mine == draft.text
    assert found.theirs == desk.read()
    assert NEW in found.merged
    assert "## 多久\n" in found.merged
    desk.workbench.submit(desk.bing, draft.id, desk.later())
    with pytest.raises(Conflict, match="没有覆盖它"):
        desk.approve(draft)
    assert "## 多久\n" in desk.read()
    desk.workbench.send_back(desk.jia, draft.id, "请先合并", desk.later())
    merged = desk.workbench.rebase(desk.bing, draft.id, draft.number, found.merged, desk.later(), seen=found.theirs)
    assert desk.workbench.conflict(draft.id) is None
    desk.workbench.submit(desk.bing, draft.id, desk.later())
    assert desk.approve(merged).state == "applied"
    assert NEW in desk.read()
    assert "## 多久\n" in desk.read()


def test_both_changed_one_line(desk):  # C4
    draft = desk.begin()
    draft = desk.save(draft, draft.text.replace(OLD, NEW))
    file = desk.settings.articles / PATH
    file.write_text(desk.read().replace(OLD, "一小时就能换"), encoding="utf-8")
    found = desk.workbench.conflict(draft.id)
    assert found.merged is None
    assert any(hunk.kind == "conflict" for hunk in found.hunks)
    file.write_text(desk.read().replace("一小时", "两小时"), encoding="utf-8")
    with pytest.raises(Conflict, match="又被改过"):
        desk.workbench.rebase(desk.bing, draft.id, draft.number, found.mine, desk.later(), seen=found.theirs)


def test_the_file_is_gone_or_came_meanwhile(desk):
    draft = desk.ready()
    (desk.settings.articles / PATH).unlink()
    assert desk.workbench.conflict(draft.id).theirs == ""
    with pytest.raises(Conflict):
        desk.approve(draft)
    fresh = desk.workbench.begin_new(desk.bing, "process", "new-one", desk.later(), text=article_text("new-one"))
    desk.workbench.submit(desk.bing, fresh.id, desk.later())
    (desk.settings.articles / fresh.path).write_text(article_text("new-one", title="别人的"), encoding="utf-8")
    with pytest.raises(Conflict):
        desk.approve(fresh)
    assert "别人的" in desk.read(fresh.path)


def test_a_file_that_cannot_be_read_is_begun_to_be_mended(desk):
    file = desk.settings.articles / PATH
    file.write_text("---\ntitle: [坏了\n---\n", encoding="utf-8")
    draft = desk.begin()
    assert draft.text == draft.base
    file.write_bytes("---\ntitle: 换卡\n---\n".encode("gbk"))
    with pytest.raises(ArticleError, match="UTF-8"):
        desk.begin()


def test_the_trail_holds(desk):  # P5
    desk.publish()
    with desk.database.reading() as connection:
        assert audit.broken_at(connection) is None


def test_it_works_the_same_on_every_database(settings, any_database):
    desk = indexed_desk(settings, any_database)
    draft = desk.begin()
    saved = desk.save(draft, draft.text.replace(OLD, NEW))
    desk.workbench.submit(desk.bing, draft.id, desk.later())
    assert desk.approve(saved).state == "applied"
    assert desk.workbench.draft(draft.id).state == "published"
    assert len(desk.workbench.history("replace-card")) == 2
