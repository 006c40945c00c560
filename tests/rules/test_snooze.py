"""A17 as a property: a snooze sleeps while nothing is graver than it was, and wakes for good when something is."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from data.assessment import NO_RANK, Category

CATEGORIES = st.none() | st.sampled_from([*Category])


def asleep(kit, until, category, wake):
    return {
        "staff_id": "stf_tom",
        "name": "Tom",
        "until": kit.now + until,
        "reason": "call on Monday",
        "category": category,
        "wake_on_worse": wake,
    }


def rank(category):
    return NO_RANK if category is None else Category(category).rank


def rooms(used, hours=10.0):
    return [{"hours_used": used, "hours_included": hours, "hours_daily": [0.0] * 30}]


@settings(max_examples=200, deadline=None)
@given(
    st.floats(0.0, 12.0),
    CATEGORIES,
    st.booleans(),
    st.timedeltas(timedelta(seconds=-5), timedelta(days=60)),
    st.booleans(),
)
def test_A17_it_sleeps_exactly_while_it_runs_and_nothing_is_graver(kit, used, category, wake, until, dropped):
    given_downgrade = {"downgraded_at": kit.ago(days=3)} if dropped else {}
    row = kit.judge(workspaces=rooms(used), snooze=asleep(kit, until, category, wake), **given_downgrade)
    runs = until > timedelta(0)
    graver = rank(row.category) < rank(category)
    assert row.snoozed is (runs and not (wake and graver))
    assert (row.snooze is not None) is runs, "a snooze that is over is nobody's any more"


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0.0, 12.0), min_size=2, max_size=6).map(sorted), CATEGORIES)
def test_A17_an_account_that_fills_up_wakes_once_and_stays_awake(kit, hours, category):
    woken = False
    for used in hours:
        row = kit.judge(workspaces=rooms(used), snooze=asleep(kit, timedelta(days=1), category, True))
        assert not (woken and row.snoozed), "worse still, and asleep again"
        woken = woken or not row.snoozed
    assert woken == (rank(row.category) < rank(category))


def test_A17_its_last_microsecond_is_when_the_row_is_looked_at_again(kit):
    until = timedelta(hours=2)
    row = kit.judge(workspaces=rooms(9.0), snooze=asleep(kit, until, "approaching_cap", True), admin_logins=None)
    assert row.snoozed and row.good_until is not None and row.good_until <= kit.now + until
    assert not kit.judge(
        workspaces=rooms(9.0), snooze=asleep(kit, until, "approaching_cap", True), now=kit.now + until
    ).snoozed
