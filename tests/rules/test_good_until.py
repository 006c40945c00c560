"""good_until: nothing shown changes by itself before it, and it always lies ahead."""

from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

AROUND = st.sampled_from(
    [
        timedelta(0),
        timedelta(microseconds=1),
        timedelta(microseconds=86),
        timedelta(microseconds=87),
        timedelta(seconds=1),
    ]
) | st.timedeltas(timedelta(0), timedelta(days=2))
EDGES = st.sampled_from([0, 5, 7, 14])


@st.composite
def moments(draw):
    """An instant at or near one of the rules' edges before or after now, as an offset from now."""
    offset = timedelta(days=draw(EDGES)) + draw(st.sampled_from([1, -1])) * draw(AROUND)
    return offset * draw(st.sampled_from([1, -1]))


@st.composite
def situations(draw):
    """Every field that a verdict may depend on together with the clock."""
    return {
        "downgraded": draw(st.none() | moments()),
        "login": draw(st.none() | moments()),
        "count": draw(st.sampled_from([None, 3, 8])),
        "cycle": draw(st.none() | moments()),
        "used": draw(st.floats(0.0, 11.0)),
        "rate": draw(st.floats(0.0, 3.0)),
        "snooze": draw(st.none() | moments()),
        "wake": draw(st.booleans()),
        "claim": draw(st.none() | moments()),
        "trial": draw(st.none() | moments()),
    }


def build(kit, one):
    def at(offset):
        return None if offset is None else kit.now + offset

    return kit.account(
        downgraded_at=at(one["downgraded"]),
        admin_logins=kit.logins(last_at=at(one["login"]), count_30d=one["count"]),
        tier_expires_at=at(one["trial"]),
        workspaces=[{"hours_used": one["used"], "hours_daily": [one["rate"]] * 30, "cycle_end": at(one["cycle"])}],
        snooze=None
        if one["snooze"] is None
        else {
            "staff_id": "stf_tom",
            "name": "Tom",
            "until": at(one["snooze"]),
            "reason": None,
            "category": "recently_downgraded",
            "wake_on_worse": one["wake"],
        },
        claim=None if one["claim"] is None else {"staff_id": "stf_ana", "name": "Ana", "until": at(one["claim"])},
    )


def shown(row):
    return (
        row.reasons,
        row.signals,
        row.logins.klass,
        row.snoozed,
        row.snooze,
        row.claim,
        row.suggested,
        row.reading,
        row.since,
        [(one.reason, one.by_ratio, one.by_projection) for one in row.workspaces],
    )


@settings(max_examples=300, deadline=None)
@given(situations(), st.floats(0, 1))
@example(
    {"downgraded": -timedelta(days=14), "login": -timedelta(days=7), "count": 8, "cycle": None, "used": 1.0}
    | {"rate": 0.0, "snooze": None, "wake": False, "trial": None, "claim": None},
    1.0,
)
def test_good_until_nothing_changes_before_it(kit, one, share):
    account = build(kit, one)
    row = kit.judge(account)
    assert row.good_until is None or row.good_until > kit.now
    end = row.good_until or kit.now + timedelta(days=400)
    last = end - timedelta(microseconds=1)
    for then in (kit.now + (last - kit.now) * share, last):
        assert shown(kit.judge(account, now=then)) == shown(row)


@settings(max_examples=100, deadline=None)
@given(situations())
def test_good_until_reassessing_at_it_comes_to_an_end(kit, one):
    account, then = build(kit, one | {"rate": 0.0}), kit.now  # a shown projection asks again every hour
    for _ in range(8):  # skew, downgrade, two login classes, snooze, claim, trial
        row = kit.judge(account, now=then)
        if row.good_until is None:
            return
        assert row.good_until > then
        then = row.good_until
    raise AssertionError("still changing")


def test_good_until_the_earliest_of_all(kit):
    assert kit.judge(admin_logins=None).good_until is None
    login = kit.judge().good_until
    assert login - datetime(2026, 11, 28, 7, 40, tzinfo=UTC) == timedelta(microseconds=87)
    downgraded = kit.judge(downgraded_at=kit.ago(days=10)).good_until
    assert downgraded == kit.now + timedelta(days=4, microseconds=87)
    ahead = kit.judge(downgraded_at=kit.now + timedelta(hours=2)).good_until
    assert ahead == kit.now + timedelta(hours=2) - timedelta(microseconds=86)


def test_good_until_a_shown_projection_is_looked_at_within_the_hour(kit):
    rooms = [{"hours_used": 6.0, "hours_daily": [1.0] * 30}]
    assert kit.judge(workspaces=rooms).good_until == kit.now + timedelta(hours=1)
    rooms[0]["cycle_end"] = kit.now + timedelta(days=4, minutes=10)
    near = kit.judge(workspaces=rooms).good_until
    assert abs(near - (kit.now + timedelta(minutes=10))) < timedelta(milliseconds=1)


def test_good_until_a_login_at_the_end_of_time_never_ages(kit):
    assert kit.judge(admin_logins=kit.logins(last_at="9999-12-31T23:59:59Z")).good_until is None


def test_good_until_lies_ahead_even_within_the_last_microsecond_of_a_projection(kit):
    end = kit.now + timedelta(days=5, microseconds=87)
    rooms = [{"hours_used": 5.0 - 0.55e-6 / 86400, "hours_daily": [1.0] * 30, "cycle_end": end}]
    row = kit.judge(workspaces=rooms)
    assert row.workspaces[0].by_projection
    assert row.good_until == kit.now + timedelta(microseconds=1)
