"""The rules of drafts, for every state, step and person."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kb.clock import SHANGHAI
from kb.people import ROLES, Actor
from kb.publishing.workflow import (
    PHASES,
    STATES,
    STEPS,
    Standing,
    after,
    allowed,
    file_name,
    phase,
    refusal,
    steps_for,
)

AT = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)
people = st.builds(
    Actor, st.integers(1, 4), st.just("x"), st.just("某"), st.frozensets(st.sampled_from(sorted(ROLES)), max_size=3)
)
standings = st.builds(
    Standing, st.sampled_from(sorted(STATES)), st.integers(1, 4), st.frozensets(st.integers(1, 4), max_size=3)
)
steps = st.sampled_from(sorted(STEPS))


@given(steps, standings, people)
def test_what_is_decided_stays_decided(step, draft, actor):  # row 42
    if draft.state in ("approved", "published", "withdrawn"):
        assert refusal(step, draft, actor)


@given(standings, people)
def test_two_pairs_of_eyes(draft, actor):  # row 46
    if refusal("approve", draft, actor) is None:
        assert actor.id not in draft.editors | {draft.author_id}
        assert actor.may("approve")
        assert draft.state == "review"


@given(steps, standings, people)
def test_nobody_without_a_right_takes_a_step(step, draft, actor):  # row 42
    if not actor.may("edit"):
        assert refusal(step, draft, actor)
        assert not allowed(step, actor)
    assert (step in steps_for(draft, actor)) == (refusal(step, draft, actor) is None)
    assert after(step, draft.state) in STATES


@given(st.integers(-3, 3), st.none() | st.integers(-2, 3))
def test_a_version_is_in_exactly_one_phase(start, length):
    begins = AT + timedelta(hours=start)
    ends = None if length is None else begins + timedelta(hours=max(length, 0))
    found = phase(begins, ends, AT)
    assert found in PHASES
    assert (found == "scheduled") == (begins > AT)
    assert (found == "in_force") == (begins <= AT and (ends is None or ends > AT))


def test_files_are_named_after_their_day():
    assert file_name("a", AT, AT) == "a.md"
    assert file_name("a", AT.replace(day=30, hour=0), AT) == "a@2026-11-30.md"
    later = AT.replace(day=30, hour=8, minute=30, second=5)
    assert file_name("a", later, AT) == "a@2026-11-30T0830.md"
    assert file_name("a", later, AT, {"a@2026-11-30T0830.md"}) == "a@2026-11-30T0830-05.md"
