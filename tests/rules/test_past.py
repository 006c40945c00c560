"""The days that a cache keeps of an account (H13, H14): bounded whatever comes, enough for the rules that read them."""

from datetime import date, timedelta

from data.health_book import Snapshot, packed
from data.health_index import Risk
from data.health_monitor import MonitorState
from triage.rules.past import with_day

FIRST = date(2025, 1, 1)


def snapshot(number: int, critical: bool = False) -> Snapshot:
    """The day of that number; its score tells it apart."""
    return Snapshot(
        day=FIRST + timedelta(days=number),
        score=float(number),
        health=Risk.CRITICAL if critical else Risk.LOW,
        ratio=None,
        usage=None,
        monitor=MonitorState.OK,
        leaf="HEALTHY",
        composite=None,
        red=False,
        components=packed({}),
    )


def test_P0_two_years_of_days_stay_within_half_a_year_and_fifty_snapshots():
    kept: tuple[Snapshot, ...] = ()
    for number in range(730):
        kept = with_day(kept, snapshot(number, critical=number % 5 == 0))
        days = [one.day for one in kept]
        assert days == sorted(set(days)) and len(kept) <= 16 + 2 * 24 + 2
        today = days[-1]
        assert today == FIRST + timedelta(days=number) and (today - days[0]).days <= 182
        assert {today - timedelta(days=ago) for ago in range(min(number, 14) + 1)} <= set(
            days
        )  # H13 looks 14 days back
        if number >= 90:  # H14: one a week of the last 90 days at least
            gaps = [(later - earlier).days for earlier, later in zip(days, days[1:], strict=False)]
            assert max(gaps) <= 13 and (today - days[0]).days >= 90


def test_H13_the_only_critical_day_of_a_week_is_kept_for_half_a_year():
    kept: tuple[Snapshot, ...] = ()
    for number in range(250):
        kept = with_day(kept, snapshot(number, critical=number == 60))
        held = any(one.health is Risk.CRITICAL for one in kept)
        assert held is (60 <= number <= 60 + 182)


def test_P0_a_day_told_twice_is_kept_once_as_it_was_told_last():
    kept = with_day(with_day((), snapshot(1)), snapshot(2))
    again = with_day(kept, snapshot(2, critical=True))
    assert [one.health for one in again] == [Risk.LOW, Risk.CRITICAL]
    assert with_day(again, snapshot(2, critical=True)) == again
