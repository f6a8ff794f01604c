"""What changed since a version that was read: the notes of the versions in between, as far as they were ever in force."""

from datetime import datetime, timedelta

import pytest
from builders import article_text

from kb.clock import SHANGHAI
from kb.db.revisions import Revision
from kb.publishing.changes import ChangeNote, since, text_of
from kb.visibility import ANYBODY, Viewer

START = datetime(2026, 11, 1, 9, 0, tzinfo=SHANGHAI)
CURRENT = ChangeNote(4, START + timedelta(days=9), "费用改为5元")


def revision(number, version, note="", days=0, path="processes/card.md", **more):
    """The text of a version, kept so many days after the start and in force from then on."""
    at = START + timedelta(days=days)
    fields = {"version": version, "change_note": note, "effective": f"{more.pop('effective', at):%Y-%m-%d %H:%M}"}
    return Revision(
        number, "card", path, version, "", article_text("card", **fields, **more.pop("fields", {})),
        more.pop("removed", False), None, at, "", "", "workbench", None, **more,
    )  # fmt: skip


def notes(revisions, known, viewer=ANYBODY, facts=None):
    newest_first = sorted(revisions, key=lambda r: r.id, reverse=True)
    return [(n.version, n.note) for n in since(newest_first, known, CURRENT, facts or {}, viewer)]


def test_every_version_after_the_one_that_was_read_oldest_first():  # row 34
    past = [
        revision(1, 1, "第一版"),
        revision(2, 2, "加了手机银行", 3),
        revision(3, 3, "改了时长", 6),
        revision(4, 4, "", 9),
    ]
    assert notes(past, 1) == [(2, "加了手机银行"), (3, "改了时长"), (4, "费用改为5元")]
    assert notes(past, 3) == [(4, "费用改为5元")]


def test_without_any_history_the_present_version_speaks():
    assert notes([], 1) == [(4, "费用改为5元")]


def test_a_note_that_was_only_taken_along_says_nothing():
    past = [revision(1, 2, "加了手机银行"), revision(2, 3, "加了手机银行", 3)]
    assert notes(past, 1) == [(2, "加了手机银行"), (3, ""), (4, "费用改为5元")]
    assert notes(past, 2) == [(3, ""), (4, "费用改为5元")]


def test_a_version_that_never_was_in_force_is_not_told():  # row 43
    ahead = START + timedelta(days=30)
    withdrawn = revision(2, 3, "秘密计划", 2, path="processes/card@later.md", effective=START + timedelta(days=5))
    gone = revision(3, 0, "", 4, path=withdrawn.path, removed=True)
    scheduled = revision(4, 5, "明年涨价", 8, path="processes/card@2027.md", effective=ahead)
    waiting = revision(5, 2, "等着的", 8, path="processes/card@2028.md", effective=ahead)
    assert notes([withdrawn, gone, scheduled, waiting], 1) == [(4, "费用改为5元")]


def test_a_version_that_was_for_others_is_not_told():  # row 42
    past = [revision(1, 3, "只给班长看的", fields={"audience": {"roles": ["班长"]}})]
    assert notes(past, 1) == [(4, "费用改为5元")]
    assert notes(past, 1, Viewer(frozenset({"班长"}))) == [(3, "只给班长看的"), (4, "费用改为5元")]


def test_shared_facts_are_said_as_values():
    past = [revision(1, 3, "改为{{fact:fee.card}}")]
    assert notes(past, 1, facts={"fee.card": "每张5元"})[0] == (3, "改为每张5元")


def test_only_what_was_in_force_can_be_read_again():  # rows 42 43
    ahead = START + timedelta(days=30)
    past = [
        revision(5, 5, path="processes/card@2027.md", effective=ahead),
        revision(4, 4, days=9),
        revision(3, 3, days=2, fields={"audience": {"roles": ["班长"]}}),
        revision(2, 2, days=1, fields={"status": "draft"}),
        revision(1, 1),
    ]
    now = START + timedelta(days=10)
    readable = [r.version for r in past if text_of(past, r.version, ANYBODY, now) == r.text]
    assert readable == [4, 1]
    assert text_of(past, 3, Viewer(frozenset({"班长"})), now) == past[2].text
    assert text_of(past, 5, ANYBODY, ahead) == past[0].text
    assert text_of(past, 9, ANYBODY, now) is None
    assert [version for version, _ in notes(past, 0)] == [1, 4]


@pytest.mark.parametrize("text", ["", "no front matter", "---\n: [\n---\n", "---\ntype: x\n---\n"])
def test_a_text_that_cannot_be_read_is_passed_over(text):
    broken = Revision(1, "card", "processes/card.md", 3, "", text, False, None, START, "", "", "files", None)
    assert notes([broken], 1) == [(4, "费用改为5元")]
