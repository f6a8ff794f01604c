"""“What did this article say then?” has one answer, and it is what agents were answered at that moment."""

import random
from datetime import timedelta

import pytest
from publishing_desk import OLD, PATH, indexed_desk

from kb.articles import parse_article
from kb.errors import KBError
from kb.registry import load_registry

ID = "replace-card"


@pytest.fixture
def desk(settings, database):
    return indexed_desk(settings, database)


def random_step(desk, chance, number):
    """Something that people do to an article: publish, schedule, move, withdraw, roll back, edit by hand."""
    line = desk.workbench.timeline(ID, desk.at)
    action = chance.choice(["publish", "publish", "schedule", "expire", "rollback", "hand"])
    version = chance.choice(line) if line else None
    at = desk.later(minutes=chance.randint(1, 300))
    if action == "expire" and version:
        desk.workbench.expire(desk.jia, version.path, at, "试一试")
    elif action == "rollback":
        desk.workbench.rollback(desk.yi, chance.choice(desk.workbench.history(ID)).id, at)
    elif action == "hand" and version:
        file = desk.settings.articles / version.path
        file.write_text(with_answer(file.read_text("utf-8"), f"手工{number}"), encoding="utf-8")
        desk.engine.take_up([file], at)
        desk.workbench.take_up_files(at)
    elif version:
        draft = desk.workbench.begin_from(desk.bing, version.path, at)
        text = with_answer(draft.text, f"说法{number}")
        lines = [x for x in text.split("\n") if not x.startswith(("expires:", "effective:"))]
        begins = at + timedelta(minutes=chance.randint(10, 900)) if action == "schedule" else at
        lines.insert(1, f"effective: {begins:%Y-%m-%d %H:%M}")
        draft = desk.workbench.save(desk.bing, draft.id, draft.number, "\n".join(lines), at)
        desk.workbench.submit(desk.bing, draft.id, at)
        desk.workbench.approve(desk.jia, draft.id, draft.number, at)


def with_answer(text, answer):
    return "\n".join(f"answer: {answer}" if x.startswith("answer:") else x for x in text.split("\n"))


def answer_in(desk, revision):
    if revision is None:
        return None
    registry = load_registry(desk.settings.articles)[0]
    return parse_article(revision.text.encode(), revision.path, registry).article.answer


@pytest.mark.parametrize("seed", range(8))
def test_every_moment_can_be_told_afterwards(desk, seed):  # P7
    chance = random.Random(seed)
    told = {desk.at: desk.answer()}
    assert OLD in told[desk.at]
    for number in range(14):
        try:
            random_step(desk, chance, number)
        except KBError:
            # two versions at once, a text that is gone: refused, and nothing changed
            continue
        # until somebody does something again, agents are answered from these very files
        told.update({moment: desk.answer(at=moment) for moment in [desk.at, desk.later(seconds=30)]})
    assert len(told) > 20
    for moment, answer in told.items():
        assert answer_in(desk, desk.workbench.said(ID, moment)) == answer, moment


def test_nothing_is_known_of_the_time_before(desk):
    assert desk.workbench.said(ID, desk.at - timedelta(days=1)) is None
    assert desk.workbench.said("nothing", desk.at) is None
    assert desk.workbench.said(ID, desk.at).path == PATH
