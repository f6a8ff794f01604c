"""“What did this article say then?” has one answer, and it is what agents were answered at that moment."""

import random
from datetime import timedelta

import pytest
from builders import article_text
from publishing_desk import OLD, PATH, indexed_desk

from kb.articles import parse_article
from kb.errors import KBError
from kb.registry import Registry

ID, FACTS = "replace-card", "_registry/facts.yml"


@pytest.fixture
def desk(settings, database):
    return indexed_desk(settings, database)


def random_step(desk, chance, number):
    """Something that people do to an article: publish, schedule, move, withdraw, roll back, edit and break by hand."""
    line = desk.workbench.timeline(ID, desk.at)
    action = chance.choice(["publish", "publish", "schedule", "expire", "rollback", "hand", "break", "fact"])
    version = chance.choice(line) if line else None
    at = desk.later(minutes=chance.randint(1, 300))
    if action == "expire" and version:
        desk.workbench.expire(desk.jia, version.path, at, "试一试")
    elif action == "rollback":
        desk.workbench.rollback(desk.yi, chance.choice(desk.workbench.history(ID)).id, at)
    elif action == "hand" and version:
        by_hand(desk, version.path, with_answer(desk.read(version.path), f"手工{number}"), at)
    elif action == "break" and version:
        by_hand(desk, version.path, desk.read(version.path).replace("type: process", "type: proces"), at)
    elif action == "fact":
        # without the number, the article has an error
        by_hand(desk, FACTS, f"fee.{chance.choice(['card', 'other'])}: {{value: 每张{number}元}}\n", at)
    elif version:
        draft = desk.workbench.begin_from(desk.bing, version.path, at)
        text = with_answer(draft.text, f"说法{number}")
        lines = [x for x in text.split("\n") if not x.startswith(("expires:", "effective:"))]
        begins = at + timedelta(minutes=chance.randint(10, 900)) if action == "schedule" else at
        lines.insert(1, f"effective: {begins:%Y-%m-%d %H:%M}")
        draft = desk.workbench.save(desk.bing, draft.id, draft.number, "\n".join(lines), at)
        desk.workbench.submit(desk.bing, draft.id, at)
        desk.workbench.approve(desk.jia, draft.id, draft.number, at)


def by_hand(desk, path, text, at):
    """A file is changed outside the workbench, and noticed."""
    file = desk.settings.articles / path
    file.write_text(text, encoding="utf-8")
    desk.engine.take_up([file], at)
    desk.workbench.take_up_files(at)


def with_answer(text, answer):
    return "\n".join(
        f"answer: {answer}，收{{{{fact:fee.card}}}}。" if x.startswith("answer:") else x for x in text.split("\n")
    )


def answer_in(revision):
    if revision is None:
        return None
    return parse_article(revision.text.encode(), revision.path, Registry()).article.answer


@pytest.mark.parametrize("seed", range(5))
def test_every_moment_can_be_told_afterwards(desk, seed):  # P7
    chance = random.Random(seed)
    told = {desk.at: desk.answer()}
    assert OLD in told[desk.at]
    for number in range(24):
        try:
            random_step(desk, chance, number)
        except KBError:
            # two versions at once, a text that is gone: refused, and nothing changed
            continue
        # until somebody does something again, agents are answered from these very files
        told.update({moment: desk.answer(at=moment) for moment in [desk.at, desk.later(seconds=30)]})
    assert len(told) > 20
    for moment, answer in told.items():
        assert answer_in(desk.workbench.said(ID, moment)) == answer, moment


def test_nothing_is_known_of_the_time_before(desk):
    assert desk.workbench.said(ID, desk.at - timedelta(days=1)) is None
    assert desk.workbench.said("nothing", desk.at) is None
    assert desk.workbench.said(ID, desk.at).path == PATH


def test_what_was_broken_by_hand_was_never_shown(desk):
    broken = desk.read().replace("当场就能换", "长" * 300).replace("version: 1", "version: 2")
    by_hand(desk, PATH, broken, desk.later())
    assert OLD in desk.answer()
    told = desk.workbench.said(ID, desk.at)
    assert told.version == 1
    assert OLD in told.text


def test_what_could_not_be_read_was_never_shown(desk):
    # signs that stand for bytes are as good as any others to the validator
    file = desk.settings.articles / PATH
    file.write_bytes(file.read_bytes().replace(OLD.encode(), b"\xb5\xb1\xb3\xa1"))
    desk.engine.take_up([file], desk.later())
    desk.workbench.take_up_files(desk.at)
    assert OLD in desk.answer()
    assert OLD in desk.workbench.said(ID, desk.at).text


def test_what_was_under_work_was_never_shown(desk):
    by_hand(desk, "processes/under-work.md", article_text("under-work", status="draft"), desk.later())
    assert desk.answer("under-work") is None
    assert desk.workbench.said("under-work", desk.at) is None


def test_the_numbers_are_those_of_the_day(desk):
    then = desk.at
    by_hand(desk, FACTS, "fee.card: {value: 每张9元}\n", desk.later(days=1))
    for moment, fee in ((then, "每张5元"), (desk.at, "每张9元")):
        told = desk.workbench.said(ID, moment).text
        assert fee in told
        assert "{{" not in told
