"""Two people at one text: nothing of either is lost, nothing is decided for them."""

from hypothesis import given
from hypothesis import strategies as st

from kb.publishing.three_way import settled, three_way

texts = st.lists(st.sampled_from(["一", "二", "三", "", "x"]), max_size=8).map("\n".join)


def test_changes_in_different_places_go_together():  # row 64
    hunks = three_way("一\n二\n三\n四\n五", "甲\n二\n三\n四\n五", "一\n二\n三\n四\n乙")
    assert settled(hunks, {}) == "甲\n二\n三\n四\n乙"


def test_neighbouring_lines_go_together():  # row 64
    assert settled(three_way("a: 1\nb: 1\nc", "a: 2\nb: 1\nc", "a: 1\nb: 2\nc"), {}) == "a: 2\nb: 2\nc"


def test_changes_of_one_line_wait_for_a_decision():  # row 64
    hunks = three_way("一\n二\n三", "一\n甲\n三", "一\n乙\n三")
    at = next(n for n, hunk in enumerate(hunks) if hunk.kind == "conflict")
    assert (hunks[at].mine, hunks[at].theirs, hunks[at].base) == (("甲",), ("乙",), ("二",))
    assert settled(hunks, {}) is None
    assert settled(hunks, {at: "mine"}) == "一\n甲\n三"
    assert settled(hunks, {at: "theirs"}) == "一\n乙\n三"
    assert settled(hunks, {at: "both"}) == "一\n甲\n乙\n三"


@given(texts, texts, texts)
def test_each_side_can_have_its_way(base, mine, theirs):
    hunks = three_way(base, mine, theirs)
    assert settled(three_way(base, mine, base), {}) == mine
    assert settled(three_way(base, base, theirs), {}) == theirs
    conflicts = [n for n, hunk in enumerate(hunks) if hunk.kind == "conflict"]
    assert settled(hunks, dict.fromkeys(conflicts, "both")) is not None
