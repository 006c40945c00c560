"""A8–A10, A12, A16, A17: logins, readings, contact, levers, handled and snoozed."""

from datetime import date, timedelta

import pytest

from data.assessment import Category
from data.remedy import REMEDIES

CAPPED = [{"hours_used": 10.0}]
NEAR = [{"hours_used": 8.5}]


def klass(kit, **fields):
    return kit.judge(admin_logins=kit.logins(**fields)).logins.klass


@pytest.mark.parametrize(
    ("count", "age", "expected"),
    [
        (8, timedelta(days=7), "frequent"),
        (8, timedelta(days=7, microseconds=80), "frequent"),
        (8, timedelta(days=7, microseconds=100), "some"),
        (7, timedelta(hours=1), "some"),
        (38, timedelta(days=14), "some"),
        (38, timedelta(days=14, microseconds=100), "none recent"),
        (0, timedelta(days=13), "some"),
        (None, timedelta(days=1), "some"),
        (40, timedelta(hours=-1), "frequent"),
    ],
)
def test_A8_class_boundaries(kit, count, age, expected):
    assert klass(kit, last_at=kit.now - age, count_30d=count) == expected


def test_A8_never_is_none_recent_and_no_data_is_unknown(kit):
    assert klass(kit, last_at=None, count_30d=0) == "none recent"
    unknown = kit.judge(admin_logins=None).logins
    assert (unknown.klass, unknown.last_at, unknown.count_30d, unknown.daily) == ("unknown", None, None, ())


def test_A8_the_servers_count_stands_until_a_day_is_filled(kit):
    as_of = date(2026, 11, 18)
    logins = kit.logins(as_of=as_of, daily=[*range(27), None, 2, 1], count_30d=99)
    same = kit.judge(admin_logins=logins, through=as_of).logins
    assert (same.count_30d, same.as_of, same.daily[-1]) == (99, as_of, 1)
    filled = kit.judge(admin_logins=logins, through=date(2026, 11, 20)).logins
    assert filled.daily == (*range(2, 27), None, 2, 1, 0, 0)
    assert (filled.count_30d, filled.as_of) == (sum(range(2, 27)) + 3, date(2026, 11, 20))
    gone = kit.judge(admin_logins=logins, through=date(2027, 6, 1)).logins
    assert (gone.count_30d, gone.daily) == (0, (0,) * 30)


def test_A8_without_daily_figures_the_servers_count_stands(kit):
    logins = kit.judge(admin_logins=kit.logins(daily=None, as_of=date(2026, 11, 1))).logins
    assert (logins.count_30d, logins.daily) == (38, ())


def test_A8_a_short_series_starts_with_unknown_days(kit):
    assert kit.judge(admin_logins=kit.logins(daily=[1, 2])).logins.daily == (None,) * 28 + (1, 2)


def test_A9_every_cell_has_one_sentence_and_a_first_remedy(kit):
    for category in Category:
        for login_class in ("frequent", "some", "none recent", "unknown"):
            play = kit.policy.play(category, login_class)
            assert play.reading.endswith(".") and play.reading.count(".") == 1
            assert play.suggested and set(play.suggested) <= set(REMEDIES)


def test_A9_the_three_cells_of_the_seed(kit):
    growing = kit.judge(workspaces=NEAR)
    assert "growing into a paid tier" in growing.reading and growing.suggested[0] == "change_tier"
    gone = kit.judge(workspaces=CAPPED, admin_logins=kit.logins(last_at=None))
    assert "walked away" in gone.reading and gone.suggested[0] != "change_tier"
    for count in (38, 3):
        staying = kit.judge(downgraded_at=kit.now, admin_logins=kit.logins(count_30d=count))
        assert staying.reading == "Staying, spending less: find out what changed."


def test_A10_the_contact_is_the_first_reachable_admin_then_owner_then_any_admin(kit):
    def pick(*people):
        contacts = [kit.contact(user_id=f"u{at}", role=role, reachable=yes) for at, (role, yes) in enumerate(people)]
        chosen = kit.judge(contacts=contacts).contact
        return None if chosen is None else chosen.user_id

    assert pick(("owner", True), ("admin", False), ("admin", True), ("admin", True)) == "u2"
    assert pick(("admin", False), ("owner", False), ("owner", True)) == "u2"
    assert pick(("billing", True), ("admin", False), ("admin", None), ("owner", None)) == "u1"
    assert pick(("admin", None), ("member", True)) == "u0"
    assert pick(("owner", False), ("billing", True)) is None
    assert pick() is None


@pytest.mark.parametrize(
    ("people", "first"),
    [
        ([], "change_admin"),
        ([{"reachable": False}], "change_admin"),
        ([{"reachable": None}], "grant_trial"),
        ([{"reachable": False}, {"role": "owner"}], "grant_trial"),
    ],
)
def test_A10_nobody_reachable_is_a_change_admin_case(kit, people, first):
    row = kit.judge(workspaces=CAPPED, contacts=[kit.contact(**one) for one in people])
    assert row.suggested[0] == first
    assert len(set(row.suggested)) == len(row.suggested)


def test_A12_no_reset_where_nothing_can_be_reset(kit):
    frequent = kit.judge(workspaces=CAPPED)
    assert "reset_usage" in frequent.suggested
    empty = kit.judge(workspaces=[{"hours_used": 0.0, "hours_included": 0.0}])
    assert empty.category is Category.AT_CAP and "reset_usage" not in empty.suggested


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({"payment_mode": "subscription"}, {"grant_trial", "change_tier"}),
        ({"payment_mode": "managed"}, {"grant_trial"}),
        ({"tier": "guardian"}, {"grant_trial"}),
        ({"tier_expires_at": "2026-12-01T00:00:00Z"}, {"grant_trial"}),
        ({"tier_expires_at": "2026-11-21T09:41:00Z"}, set()),
        ({"payment_mode": None}, set()),
        ({"tier": "of_tomorrow"}, set()),
    ],
)
def test_A12_a_suggestion_that_plainly_cannot_work_is_left_out(kit, fields, missing):
    row = kit.judge(workspaces=CAPPED, **fields)
    assert row.suggested == tuple(kind for kind in ("grant_trial", "change_tier", "reset_usage") if kind not in missing)


def test_A16_the_latest_contact_or_remedy_since_the_category_began(kit):
    rooms = [{"hours_used": 10.0, "cap_reached_at": kit.ago(days=5)}]
    touches = (
        kit.touch("log_contact", kit.ago(days=6)),
        kit.touch("log_contact", kit.ago(days=5), "On the dot"),
        kit.touch("reset_usage", kit.ago(days=2), "Ada"),
        kit.touch("note", kit.ago(days=1), "Nobody"),
        kit.touch("log_outreach", kit.ago(days=3), "Bea"),
    )
    found = kit.judge(workspaces=rooms, touches=touches).handled
    assert (found.name, found.at, found.kind) == ("Ada", kit.ago(days=2), "reset_usage")
    assert kit.judge(workspaces=rooms, touches=touches[:2]).handled.name == "On the dot"
    assert kit.judge(workspaces=rooms, touches=touches[:1]).handled is None


@pytest.mark.parametrize("kind", ["log_contact", "log_outreach", *REMEDIES])
def test_A16_which_touches_count(kit, kind):
    touch = kit.touch(kind, kit.ago(hours=1))
    assert kit.judge(downgraded_at=kit.ago(days=1), touches=(touch,)).handled.kind == kind
    assert kit.judge(touches=(touch,)).handled is None


def test_A16_the_downgrade_that_began_the_category_has_handled_nothing(kit):
    began = kit.ago(days=1)
    touches = (kit.touch("change_tier", began + timedelta(microseconds=425_700)),)
    assert kit.judge(downgraded_at=began, touches=touches).handled is None
    later = (*touches, kit.touch("change_tier", began + timedelta(hours=1), "Ada"))
    assert kit.judge(downgraded_at=began, touches=later).handled.name == "Ada"


def test_A16_a_category_without_since_began_with_the_worst_workspaces_cycle(kit):
    rooms = [
        {"id": "ws_a", "cycle_start": kit.ago(days=2)},
        {"id": "ws_b", "hours_used": 9.0, "cycle_start": kit.ago(days=9)},
    ]
    inside, before = kit.touch("log_contact", kit.ago(days=8)), kit.touch("log_contact", kit.ago(days=10))
    assert kit.judge(workspaces=rooms, touches=(inside,)).handled is not None
    assert kit.judge(workspaces=rooms, touches=(before,)).handled is None
    unknown = [{"hours_used": 9.0, "cycle_start": None}]
    assert kit.judge(workspaces=unknown, touches=(inside,)).handled is None


def snooze(kit, until, category="approaching_cap", wake=False):
    return {
        "staff_id": "stf_tom",
        "name": "Tom",
        "until": kit.now + until,
        "reason": "call on Monday",
        "category": category,
        "wake_on_worse": wake,
    }


def test_A17_a_snooze_runs_until_its_time(kit):
    def running(until):
        return kit.judge(workspaces=NEAR, snooze=snooze(kit, until)).snoozed

    assert running(timedelta(microseconds=1))
    assert not running(timedelta(0))
    assert not running(timedelta(days=-1))
    assert kit.judge(workspaces=NEAR).snoozed is False


@pytest.mark.parametrize(
    ("category", "wake", "rooms", "snoozed"),
    [
        ("approaching_cap", True, NEAR, True),
        ("approaching_cap", True, CAPPED, False),
        ("approaching_cap", False, CAPPED, True),
        ("at_cap", True, NEAR, True),
        ("at_cap", True, [{}], True),
        (None, True, [{}], True),
        (None, True, NEAR, False),
        ("of_tomorrow", True, NEAR, False),
    ],
)
def test_A17_it_wakes_when_the_account_worsens(kit, category, wake, rooms, snoozed):
    row = kit.judge(workspaces=rooms, snooze=snooze(kit, timedelta(days=1), category, wake))
    assert row.snoozed is snoozed
    assert row.snooze is not None
