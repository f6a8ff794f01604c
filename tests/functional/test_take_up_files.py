"""Files changed by hand, by a copy or by Git are taken up and kept; publications become commits where that is wanted."""

import os
import subprocess

import pytest
from builders import write_article
from publishing_desk import NEW, OLD, PATH, indexed_desk


@pytest.fixture
def desk(settings, database):
    return indexed_desk(settings, database)


def git(folder, *arguments, **env):
    run = subprocess.run(
        ["git", "-c", "user.name=丁某人", "-c", "user.email=ding@example.com", *arguments],
        cwd=folder, capture_output=True, text=True, check=True, env={**os.environ, **env},
    )  # fmt: skip
    return run.stdout


@pytest.fixture
def repository(settings):
    """The articles folder as a Git work tree with one commit."""
    git(settings.articles, "init", "-q", "-b", "main")
    git(settings.articles, "add", "-A")
    git(settings.articles, "commit", "-q", "-m", "first")
    return settings.articles


def test_a_hand_changed_file_becomes_a_revision(desk):  # rows 47 65
    file = desk.settings.articles / PATH
    file.write_text(desk.read().replace(OLD, NEW), encoding="utf-8")
    (found,) = desk.workbench.take_up_files(desk.later())
    assert (found.path, found.source, found.removed) == (PATH, "files", False)
    newest, before = desk.workbench.history("replace-card")
    assert NEW in newest.text
    assert OLD in before.text
    assert desk.workbench.take_up_files(desk.later()) == []


def test_new_and_deleted_files_are_noticed(desk):  # row 72
    write_article(desk.settings.articles, "fresh", title="新写的一篇")
    (desk.settings.articles / PATH).unlink()
    found = {r.path: r.removed for r in desk.workbench.take_up_files(desk.later())}
    assert found == {"processes/fresh.md": False, PATH: True}
    assert OLD in desk.workbench.history("replace-card")[1].text


def test_shared_files_are_taken_up_too(desk):  # row 53
    facts = desk.settings.articles / "_registry/facts.yml"
    facts.write_text(facts.read_text("utf-8").replace("每张5元", "每张8元"), encoding="utf-8")
    assert [r.path for r in desk.workbench.take_up_files(desk.later())] == ["_registry/facts.yml"]


def test_a_pull_names_who_wrote_it_and_stops_a_draft(settings, database, repository):  # row 65, C4
    desk = indexed_desk(settings, database)
    draft = desk.ready()
    (repository / PATH).write_text(desk.read().replace("约15分钟", "约20分钟"), encoding="utf-8")
    git(repository, "commit", "-q", "-a", "-m", "pulled", GIT_AUTHOR_NAME="戊某人", GIT_AUTHOR_EMAIL="wu@example.com")
    (found,) = desk.workbench.take_up_files(desk.later())
    assert (found.source, found.author) == ("git", "戊某人")
    merge = desk.workbench.conflict(draft.id)
    assert merge is not None
    assert NEW in merge.mine
    assert "约20分钟" in merge.theirs
    assert "约20分钟" in desk.read()


def test_a_publication_is_a_commit_of_its_approver(settings, database, repository):  # row 65
    desk = indexed_desk(settings, database, git_commit=True)
    (repository / "notes.txt").write_text("unfinished", encoding="utf-8")
    git(repository, "add", "notes.txt")
    publication = desk.publish()
    assert publication.reason == ""
    author, subject = git(repository, "log", "-1", "--format=%an%n%s").splitlines()
    assert author == "甲某人"
    assert subject.startswith("发布 银行卡补卡换卡")
    assert git(repository, "show", "--name-only", "--format=").split() == [PATH]
    assert "notes.txt" in git(repository, "diff", "--cached", "--name-only")
    assert NEW in git(repository, "show", f"HEAD:{PATH}")


def test_a_repository_runs_nothing(settings, database, repository):  # S4
    proof = settings.var.parent / "ran"
    hooks = repository / ".git/hooks"
    for name in ("pre-commit", "post-commit", "commit-msg", "reference-transaction", "post-index-change"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {proof}\n", encoding="utf-8")
        (hooks / name).chmod(0o755)
    (repository / ".gitattributes").write_text("*.md filter=evil\n", encoding="utf-8")
    git(repository, "config", "filter.evil.clean", f"sh -c 'touch {proof}; cat'")
    git(repository, "config", "core.fsmonitor", f"touch {proof}")
    proof.unlink(missing_ok=True)
    desk = indexed_desk(settings, database, git_commit=True)
    desk.publish()
    assert not proof.exists()
    assert NEW in git(repository, "-c", "core.fsmonitor=false", "show", f"HEAD:{PATH}")


def test_without_a_repository_it_is_published_all_the_same(settings, database):
    desk = indexed_desk(settings, database, git_commit=True)
    publication = desk.publish()
    assert publication.state == "applied"
    assert "没有提交到 Git" in publication.reason
    assert NEW in desk.answer()
