"""Alerts over time (M12): open, escalate, close, exactly once; frozen baselines; replay; 200 simulated days."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from kit.monitor import DAY, POLICY, account, clock, read

from data.health_book import EMPTY_BOOK
from data.health_monitor import Alert, MonitorState
from triage.rules.monitor import read_monitor, replay

OK, MODERATE, SEVERE = MonitorState.OK, MonitorState.MODERATE, MonitorState.SEVERE
START = DAY - timedelta(days=400)


def simulate(script, days=200, syncs=2, warm=180, **fields):
    """Play `script` (users by day, from `warm` days before the first sync); several syncs a day, alert stored between.

    Returns one reading a day; every sync of a day must say the same.
    """
    alert, found = None, []
    for step in range(days):
        end = warm + step
        day = START + timedelta(days=end)
        daily = [None] * max(180 - end - 1, 0) + list(script[max(end - 179, 0) : end + 1])
        one = account(daily, as_of=day, **fields)
        said = []
        for _ in range(syncs):
            said.append(read_monitor(one, POLICY, EMPTY_BOOK, clock(day), day, alert))
            alert = said[-1].alert
        assert all(again == said[0] for again in said), day
        found.append(said[0])
    return found


def events(readings):
    return [(step, one.event) for step, one in enumerate(readings) if one.event]


def names(readings):
    return [one.event for one in readings if one.event]


def test_M12_a_drop_that_deepens_and_recovers_opens_escalates_and_closes_once():
    script = [4] * 200 + [2] * 40 + [0] * 30 + [4] * 110
    readings = simulate(script)
    assert names(readings) == ["opened", "escalated", "closed"]
    opened, escalated, closed = (step for step, _ in events(readings))
    # day 200 of the script is step 20; U < 48 when more than 11.2 of 14 days are halved: the 12th
    assert opened == 20 + 11 and readings[opened].state is MODERATE
    assert readings[escalated].state is SEVERE and readings[escalated].alert.opened == readings[opened].day
    # back from step 90 on: U >= 56 takes 10 of 14 days at 4, and the third such day closes
    assert closed == 90 + 9 + 2 and readings[closed].state is OK
    assert {one.alert.baseline for one in readings[opened:closed]} == {readings[opened].baseline}
    assert readings[closed + 1].alert is None and readings[closed + 1].frozen is False


def test_M12_a_lasting_drop_is_never_its_own_cure():
    readings = simulate([4] * 200 + [2] * 180)
    assert names(readings) == ["opened"]
    assert readings[-1].state is MODERATE and readings[-1].ratio == pytest.approx(0.5, abs=0.02)
    live = read(account([2] * 180))
    assert live.state is OK, "against its own 90 days the same account looks cured"


def test_M12_severe_at_once_does_not_escalate_and_does_not_become_moderate():
    readings = simulate([4] * 200 + [0] * 20 + [2] * 160)
    assert names(readings) == ["opened", "escalated"]
    assert readings[-1].state is SEVERE and readings[-1].ratio == pytest.approx(0.5, abs=0.05)
    sudden = read(account([4] * 166 + [1] * 14))
    assert (sudden.event, sudden.state, sudden.alert.escalated) == ("opened", SEVERE, None)


def test_M12_flapping_around_the_alert_line_is_one_alert():
    script = [10] * 200 + ([5] * 9 + [7] * 9) * 12
    readings = simulate(script, seats=10)
    assert names(readings) == ["opened"]
    assert min(one.ratio for one in readings[60:]) < 0.6 < max(one.ratio for one in readings[60:]) < 0.7


@pytest.mark.parametrize(("users", "closes"), [(7000, True), (6999, False)])
def test_M12_the_closing_line(users, closes):
    alert = Alert(DAY - timedelta(days=9), MODERATE, 100.0)
    for ahead in range(3):
        found = read(
            account([10_000] * 166 + [users] * 14, seats=10_000, as_of=DAY + timedelta(days=ahead)),
            alert=alert,
            through=DAY + timedelta(days=ahead),
        )
        alert = found.alert
        assert found.event == ("closed" if closes and ahead == 2 else None)
    assert (alert.closed is not None) is closes and len(alert.calm) == (3 if closes else 0)


def test_M12_three_different_days_need_not_be_in_a_row_and_one_day_counts_once():
    calm = (DAY - timedelta(days=20), DAY - timedelta(days=5))
    waiting = Alert(DAY - timedelta(days=30), MODERATE, 80.0, None, calm)
    assert read(account([4] * 180), alert=waiting).event == "closed"
    today = msgspec.structs.replace(waiting, calm=(calm[0], DAY))
    found = read(account([4] * 180), alert=today)
    assert (found.event, found.alert) == (None, today)


def test_M12_an_alert_that_closed_is_not_reopened_on_that_day_but_may_be_on_the_next():
    falling = account([5] * 166 + [4] * 5 + [2] * 9, seats=5)  # U 54.3, against 100: 0.54
    closed = Alert(DAY - timedelta(days=30), MODERATE, 70.0, None, (DAY,) * 3, DAY)
    same = read(falling, alert=closed)
    assert (same.alert, same.event, same.state, same.route) == (closed, "closed", OK, None)
    past = msgspec.structs.replace(closed, closed=DAY - timedelta(days=1))
    assert read(falling, alert=past).event == "opened"


def test_M12_a_gap_keeps_the_alert_and_counts_no_calm_day():
    waiting = Alert(DAY - timedelta(days=30), MODERATE, 80.0, None, (DAY - timedelta(days=9),))
    found = read(account([4] * 160 + [None] * 20), alert=waiting)
    assert (found.state, found.alert, found.ratio, found.event) == (MonitorState.DATA_GAP, waiting, None, None)
    assert read(account(None), alert=waiting).alert == waiting


def test_M12_open_alerts_outrank_a_dormant_live_baseline():
    waiting = Alert(DAY - timedelta(days=120), SEVERE, 80.0)
    found = read(account([0] * 180), alert=waiting)
    assert (found.state, found.ratio, found.baseline, found.frozen) == (SEVERE, 0.0, 80.0, True)
    assert "80.0" in found.why and "Hardly" not in found.why


def test_M1_an_open_alert_of_an_account_that_is_gone_closes():
    waiting = Alert(DAY - timedelta(days=30), MODERATE, 80.0)
    found = read(account([4] * 180, flags=["cancelled"]), alert=waiting)
    assert (found.event, found.alert.closed) == ("closed", DAY)
    assert read(account([4] * 180, flags=["cancelled"]), alert=found.alert) == found


def test_M6_M12_a_new_account_that_never_starts_alarms_once_for_as_long_as_it_lasts():
    script = [None] * 180 + [0] * 250
    readings = simulate(script, days=200, created=START + timedelta(days=180))
    assert names(readings) == ["opened"] and events(readings) == [(6, "opened")]
    assert readings[6].baseline_from == "new_user" and readings[150].state is SEVERE
    assert {one.alert.baseline for one in readings[6:]} == {25.0}


def test_M9_M12_a_healthy_new_account_never_alarms():
    readings = simulate([None] * 180 + [3, 4, 3, 4, 3] * 50, days=200, created=START + timedelta(days=180))
    assert names(readings) == [] and {one.state for one in readings[6:]} == {OK}


def test_M12_weekends_and_a_holiday_do_not_alarm_and_an_outage_of_the_feed_neither():
    week = [4, 4, 4, 4, 4, 0, 0]
    script = week * 30 + [None] * 10 + week * 40
    assert names(simulate(script)) == []


def test_M12_two_separate_drops_are_two_alerts():
    script = [4] * 190 + [1] * 20 + [4] * 110 + [1] * 20 + [4] * 40
    readings = simulate(script)
    assert names(readings) == ["opened", "escalated", "closed"] * 2


def test_M12_replay_finds_what_the_simulation_has_stored():
    for script in ([4] * 200 + [2] * 180, [4] * 250 + [1] * 130, [4] * 340 + [2] * 12 + [0] * 30, [4] * 380):
        readings = simulate(script, days=190)
        day = readings[-1].day
        one = account(script[190:370], as_of=day)
        rebuilt, stored = replay(one, POLICY, EMPTY_BOOK, day), readings[-1].alert
        lost = stored is not None and (stored.opened - (day - timedelta(days=179))).days < 67
        if lost or stored is None:
            assert rebuilt is None
        else:
            assert rebuilt == msgspec.structs.replace(stored, replayed=True)


def test_M12_replay_of_unknown_seats_and_of_nothing():
    daily = [8] * 150 + [2] * 30
    rebuilt = replay(account(daily, seats=None), POLICY, EMPTY_BOOK, DAY)
    assert rebuilt.opened == DAY - timedelta(days=29 - 7) and rebuilt.escalated is not None and rebuilt.replayed
    assert replay(account(None), POLICY, EMPTY_BOOK, DAY) is None
    assert replay(account(daily, flags=["churned"]), POLICY, EMPTY_BOOK, DAY) is None


def test_M12_a_replay_counts_the_calm_days_of_an_open_alert():
    for back, calm in ((8, 0), (9, 1), (10, 2)):  # R = 0.25 + 0.75 k/14 reaches 0.70 with k = 9
        rebuilt = replay(account([4] * (160 - back) + [1] * 20 + [4] * back), POLICY, EMPTY_BOOK, DAY)
        assert rebuilt.calm == tuple(DAY - timedelta(days=one) for one in range(calm))[::-1]
        assert rebuilt.escalated is not None


RUNS = st.lists(st.tuples(st.integers(3, 50), st.one_of(st.integers(0, 6), st.none())), min_size=3, max_size=9)


@settings(max_examples=60, deadline=None)
@example([(3, 4), (3, 4), (3, None)], 0, 5)  # a single day, and nobody knows it
@given(RUNS, st.none() | st.integers(0, 270), st.sampled_from([2, 5, 40]))
def test_M12_replay_skips_only_days_on_which_nothing_can_change(runs, tenure, seats):
    daily = ([4] * 180 + [x for length, x in runs for _ in range(length)])[-180:]
    fields = {"created": None if tenure is None else DAY - timedelta(days=tenure), "seats": seats}
    alert, one = None, account(daily, **fields)
    for back in range(179, -1, -1):
        day = DAY - timedelta(days=back)
        known = account([None] * back + daily[: 180 - back], as_of=day, **fields)
        alert = read(known, alert=alert, through=day, today=day).alert
    rebuilt = replay(one, POLICY, EMPTY_BOOK, DAY)
    if alert is None or not alert.is_open:
        assert rebuilt is None
    else:
        assert rebuilt == msgspec.structs.replace(alert, replayed=True)


def machine(ratios):
    """rules.md M12 over (day, ratio): the events."""
    state, calm, said = None, set(), []
    for day, ratio in ratios:
        if state is None:
            if ratio < 0.6 - 1e-9:
                state, calm = ("severe" if ratio < 0.4 - 1e-9 else "moderate"), set()
                said.append((day, "opened"))
        elif state == "moderate" and ratio < 0.4 - 1e-9:
            state = "severe"
            said.append((day, "escalated"))
        elif ratio >= 0.7 - 1e-9:
            calm.add(day)
            if len(calm) == 3:
                state = None
                said.append((day, "closed"))
    return said


RUNS = st.lists(st.tuples(st.integers(5, 40), st.integers(0, 5)), min_size=3, max_size=8)


@settings(max_examples=25, deadline=None)
@given(RUNS)
def test_M12_every_story_follows_the_machine(runs):
    script = ([4] * 180 + [x for length, x in runs for _ in range(length)] + [4] * 60)[:240]
    readings = simulate(script, days=60)
    assert [(one.day, one.event) for one in readings if one.event] == machine(
        [(one.day, one.ratio) for one in readings if one.ratio is not None]
    )
    for one in readings:
        assert (one.alert is not None and one.alert.is_open) == (one.state in (MODERATE, SEVERE))
        assert one.ratio is None or one.ratio == pytest.approx(one.usage / one.baseline)


def test_M15_the_reading_carries_the_route():
    assert read(account([4] * 166 + [2] * 14)).route == "automatic"
