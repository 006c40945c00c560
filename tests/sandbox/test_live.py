"""The sandbox's trickle: small changes that add up, never touch version or seq, and roll into the daily arrays."""

import copy
import datetime as dt
import json
import random
from typing import Any

import pytest

from triage.sandbox import book, live

TODAY = dt.date(2026, 11, 21)
NOW = dt.datetime(2026, 11, 21, 14, 30, 5, tzinfo=dt.UTC)
STAMP = "2026-11-21T14:30:05Z"
DAY = dt.timedelta(days=1)


def workspace(**changed: Any) -> dict[str, Any]:
    return {
        "id": "ws_1", "name": "Board", "hours_used": 9.9, "hours_included": 10.0, "hours_daily": [0.0] * 29 + [2.5],
        "hours_as_of": "2026-11-20", "lifetime_hours": 20.0, "locked": False, "hard_block": False,
        "blocked_since": None, "cap_reached_at": None, "seats_used": 2, "seats_licensed": 3,
        "cycle_start": "2026-11-01T00:00:00Z", "cycle_end": "2026-12-01T00:00:00Z", "usage_reset_at": None, **changed,
    }  # fmt: skip


def account(tier: str = "changemaker", logins: bool = True, **changed: Any) -> dict[str, Any]:
    signals = {"as_of": "2026-11-20", "active_users_daily": [2] * 180, "last_active_at": "2026-11-20T10:00:00Z"}
    admin = {"as_of": "2026-11-20", "last_at": None, "count_7d": 0, "count_30d": 0, "daily": [0] * 30}
    return {
        "id": "acc_1", "tier": tier, "workspaces": [workspace(**changed)], "signals": signals, "version": 4, "seq": 9,
        "admin_logins": admin if logins else None, "updated_at": "2026-11-21T00:01:00Z", "deleted": False,
    }  # fmt: skip


def settle(acc: dict[str, Any], steps: int, seed: int = 1) -> tuple[dict[str, Any], dict[str, Any]]:
    """The account and its day after some events."""
    rng, today = random.Random(seed), dict[str, Any]()
    for n in range(steps):
        result = live.trickle(acc, today, rng, NOW + dt.timedelta(minutes=n))
        if result is not None:
            acc, today = result
    return acc, today


def test_inputs_stay_as_they_were_and_control_is_never_touched() -> None:
    for seed in book.generate(200, 3, TODAY):
        before = copy.deepcopy(seed.account)
        today: dict[str, Any] = {}
        first = live.trickle(seed.account, today, random.Random(5), NOW)
        assert seed.account == before and today == {}
        if first is None:
            continue
        kept = copy.deepcopy(first)
        second = live.roll_day(*first, TODAY)
        assert first == kept
        for new in (first, second):
            assert new is not None
            assert {k: new[0][k] for k in ("version", "seq", "id", "tier", "contacts")} == {
                k: before[k] for k in ("version", "seq", "id", "tier", "contacts")
            }
            assert set(new[0]) == set(before) and new[0] != before
            json.dumps(new)


def test_the_running_day_is_the_sum_of_its_events() -> None:
    start = account(hours_used=0.0, hours_included=None)
    acc, today = settle(start, 40)
    space = acc["workspaces"][0]
    assert today["day"] == "2026-11-21" and set(today) == {"day", "logins", "hours", "active"}
    assert space["hours_used"] == pytest.approx(today["hours"]["ws_1"]) and space["hours_used"] > 0
    assert space["lifetime_hours"] == pytest.approx(20.0 + today["hours"]["ws_1"])
    assert acc["admin_logins"]["count_30d"] == acc["admin_logins"]["count_7d"] == today["logins"] > 0
    assert 1 <= today["active"] <= 2
    # The arrays hold complete days only.
    assert space["hours_daily"] == start["workspaces"][0]["hours_daily"]
    assert acc["admin_logins"]["daily"] == [0] * 30


@pytest.mark.parametrize(
    ("tier", "locked", "blocked"), [("free", True, False), ("pilot", True, True), ("guardian", False, False)]
)
def test_A2_A3_reaching_the_cap_stops_a_pilot_and_locks_a_free_one(tier: str, locked: bool, blocked: bool) -> None:
    start = account(tier, logins=False, hours_used=9.97)
    result = live.trickle(start, {}, random.Random(1), NOW)
    assert result is not None
    space = result[0]["workspaces"][0]
    assert space["hours_used"] >= 10.0
    assert (space["cap_reached_at"], space["locked"], space["hard_block"]) == (STAMP, locked, blocked)
    assert space["blocked_since"] == (STAMP if blocked else None)
    assert result[0]["signals"]["last_active_at"] == result[0]["updated_at"] == STAMP
    again = live.trickle(*result, random.Random(2), NOW + dt.timedelta(minutes=1))
    assert (again is None) == (tier != "guardian")
    if again is not None:
        assert again[0]["workspaces"][0]["cap_reached_at"] == STAMP


def test_nothing_fits_a_stopped_account_without_login_data() -> None:
    assert live.trickle(account(logins=False, locked=True), {}, random.Random(1), NOW) is None
    assert live.trickle(account(logins=False, hours_used=None), {}, random.Random(1), NOW) is None
    assert live.trickle({**account(), "deleted": True}, {}, random.Random(1), NOW) is None


def test_a_login_of_a_stopped_account_sets_last_and_counts() -> None:
    result = live.trickle(account(locked=True), {}, random.Random(1), NOW)
    assert result is not None
    assert result[0]["admin_logins"] == {**account()["admin_logins"], "last_at": STAMP, "count_7d": 1, "count_30d": 1}
    assert result[1] == {"day": "2026-11-21", "logins": 1, "hours": {}, "active": 1}


def test_a_day_that_is_over_waits_to_be_rolled() -> None:
    acc, today = settle(account(), 3)
    assert live.trickle(acc, today, random.Random(1), NOW + DAY) is None
    rolled = live.roll_day(acc, today, TODAY)
    assert rolled is not None
    assert live.trickle(*rolled, random.Random(1), NOW + DAY) is not None


def test_rolling_appends_the_days_figures() -> None:
    acc, today = settle(account(hours_used=0.0, hours_included=None), 12)
    result = live.roll_day(acc, today, TODAY)
    assert result is not None
    new, left = result
    assert left == {}
    space, logins, signals = new["workspaces"][0], new["admin_logins"], new["signals"]
    assert space["hours_as_of"] == logins["as_of"] == signals["as_of"] == "2026-11-21"
    assert space["hours_daily"] == [0.0] * 28 + [2.5, today["hours"]["ws_1"]]
    assert logins["daily"] == [0] * 29 + [today["logins"]]
    assert logins["count_7d"] == logins["count_30d"] == today["logins"]
    assert signals["active_users_daily"] == [2] * 179 + [today["active"]]
    assert new["updated_at"] == "2026-11-22T00:00:01Z"


def test_days_between_are_zeros() -> None:
    acc, today = settle(account(), 3)
    later = {**today, "day": "2026-11-24", "hours": {"ws_1": 0.7}, "logins": 2, "active": 2}
    result = live.roll_day(acc, later, dt.date(2026, 11, 24))
    assert result is not None
    assert result[0]["workspaces"][0]["hours_daily"][-5:] == [2.5, 0.0, 0.0, 0.0, 0.7]
    assert result[0]["admin_logins"]["daily"][-4:] == [0, 0, 0, 2]
    assert result[0]["signals"]["active_users_daily"][-5:] == [2, 0, 0, 0, 2]
    assert [len(result[0]["workspaces"][0]["hours_daily"]), len(result[0]["admin_logins"]["daily"])] == [30, 30]
    # Longer than the array: nothing of the old days is left.
    far = live.roll_day(acc, {**later, "day": "2027-03-01"}, dt.date(2027, 3, 1))
    assert far is not None and far[0]["workspaces"][0]["hours_daily"] == [0.0] * 29 + [0.7]


def test_a_day_the_server_slept_through_keeps_its_date() -> None:
    acc, today = settle(account(), 3)
    result = live.roll_day(acc, today, TODAY + 4 * DAY)
    assert result is not None and result[0]["workspaces"][0]["hours_as_of"] == "2026-11-21"


def test_only_accounts_with_activity_roll() -> None:
    quiet = {"day": "2026-11-21", "logins": 0, "hours": {}, "active": 0}
    assert live.roll_day(account(), {}, TODAY) is None
    assert live.roll_day(account(), quiet, TODAY) is None
    assert live.roll_day(account(), {**quiet, "logins": 1}, TODAY - DAY) is None
    assert live.roll_day(account(), {**quiet, "logins": 1}, TODAY) is not None


def test_a_cycle_that_is_over_starts_anew() -> None:
    over = account(
        "pilot", hours_used=10.2, locked=True, hard_block=True, blocked_since=STAMP, cap_reached_at=STAMP,
        cycle_start="2026-08-31T00:00:00Z", cycle_end="2026-09-30T00:00:00Z",
    )  # fmt: skip
    result = live.trickle(over, {}, random.Random(1), NOW)
    assert result is not None
    space = result[0]["workspaces"][0]
    assert (space["cycle_start"], space["cycle_end"]) == ("2026-10-30T00:00:00Z", "2026-11-30T00:00:00Z")
    assert (space["hours_used"], space["hard_block"], space["locked"], space["blocked_since"]) == (
        0.0,
        False,
        False,
        None,
    )
    assert space["lifetime_hours"] == 20.0


def test_weeks_of_life_keep_arrays_dated_and_figures_sane() -> None:
    rng = random.Random(9)
    book_ = [(s.account, dict[str, Any]()) for s in book.generate(100, 2, TODAY)]
    for n in range(40):
        now = NOW + n * DAY
        for index, (acc, today) in enumerate(book_):
            if rng.random() < 0.5 and (moved := live.trickle(acc, today, rng, now)):
                acc, today = moved
            book_[index] = live.roll_day(acc, today, now.date()) or (acc, today)
    for acc, _ in book_:
        for space in acc["workspaces"]:
            assert len(space["hours_daily"]) == 30 and space["hours_as_of"] <= "2026-12-30"
            assert space["hours_used"] is None or space["hours_used"] >= 0
        logins = acc["admin_logins"]
        if logins is not None:
            assert len(logins["daily"]) == 30 and logins["count_30d"] >= logins["count_7d"] >= 0
        assert len(acc["signals"]["active_users_daily"]) == 180
